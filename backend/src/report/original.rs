//! What a report shows of the message that it is about.
//!
//! Promises: bounded whatever the message is; its fields are text of one line. Never: parses a body.

use crate::report::escape::cut;
use bytes::Bytes;
use common::words::printable;
use mail_parser::{HeaderValue, MessageParser};
use memchr::memmem;

/// Octets of a Message-ID that is believed (RFC 5322 leaves them open; a line has 998).
const MESSAGE_ID_BYTES_MAX: usize = 250;
/// Message-IDs kept of a chain of References: the newest, as mail programs do.
const REFERENCES_MAX: usize = 20;
/// Octets of a subject that are shown.
const SUBJECT_BYTES_MAX: usize = 200;

/// How much a report carries back.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Shows {
    /// Nothing: it only names it.
    Nothing,
    /// Header fields, cut to so many octets.
    Header(usize),
    /// All of it.
    Whole,
}

/// The part that is attached.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum Attached {
    /// The message cannot be read any more, or is one of many.
    #[default]
    Nothing,
    /// Header fields; whole lines.
    Header(Bytes),
    /// All of it.
    Whole(Bytes),
}

/// See the top of this file. `Default` is a message that cannot be read.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Original {
    /// Its subject, as a person may see it.
    pub subject: Option<String>,
    /// Its Message-ID without angle brackets, if it has a usable one.
    pub message_id: Option<String>,
    /// What it refers to.
    pub references: Vec<String>,
    /// What is attached of it.
    pub attached: Attached,
}

impl Original {
    /// From a message as the spool keeps it.
    pub fn of(body: &Bytes, shows: Shows, header_bytes_max: usize) -> Original {
        let header = header_of(body, header_bytes_max);
        let parsed = MessageParser::default().parse_headers(&header[..]);
        let subject = parsed.as_ref().and_then(|message| message.subject());
        let message_id = parsed.as_ref().and_then(|message| message.message_id()).and_then(usable_id);
        let references = parsed.as_ref().map(|message| ids(message.references())).unwrap_or_default();
        Original {
            subject: subject
                .map(|text| cut(&printable(text.trim()), SUBJECT_BYTES_MAX))
                .filter(|text| !text.is_empty()),
            message_id,
            references,
            attached: match shows {
                Shows::Nothing => Attached::Nothing,
                Shows::Header(most) => Attached::Header(header_of(body, most)),
                Shows::Whole => Attached::Whole(body.clone()),
            },
        }
    }

    /// What a report about it refers to: its own references and itself (RFC 5322 §3.6.4).
    pub fn thread(&self) -> Vec<String> {
        let skip = self.references.len().saturating_sub(REFERENCES_MAX - 1);
        self.references.iter().skip(skip).chain(&self.message_id).cloned().collect()
    }
}

/// The header fields with their last line end, at most so many octets, and never a part of a line.
fn header_of(body: &Bytes, most: usize) -> Bytes {
    let end = memmem::find(body, b"\r\n\r\n").map_or(body.len(), |end| end + 2);
    if end <= most {
        return body.slice(..end);
    }
    let whole_lines = memmem::rfind(&body[..most], b"\r\n").map_or(0, |end| end + 2);
    body.slice(..whole_lines)
}

fn ids(value: &HeaderValue<'_>) -> Vec<String> {
    match value {
        HeaderValue::Text(id) => usable_id(id).into_iter().collect(),
        HeaderValue::TextList(list) => list.iter().filter_map(|id| usable_id(id)).collect(),
        _ => Vec::new(),
    }
}

/// An id that can stand in a field of ours: visible ASCII without brackets, not too long.
fn usable_id(id: &str) -> Option<String> {
    let id = id.trim().trim_matches(['<', '>']);
    let fits = !id.is_empty() && id.len() <= MESSAGE_ID_BYTES_MAX;
    (fits && id.bytes().all(|b| b.is_ascii_graphic() && !matches!(b, b'<' | b'>'))).then(|| id.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    const HEADER: Shows = Shows::Header(50 * 1024);

    fn original(text: &str, shows: Shows) -> Original {
        Original::of(&Bytes::from(text.to_owned()), shows, 50 * 1024)
    }

    #[test]
    fn the_header_is_shown_and_the_body_is_not() {
        let found = original("Subject: hello\r\nMessage-ID: <1@a.test>\r\n\r\nsecret\r\n", HEADER);
        let header = Bytes::from_static(b"Subject: hello\r\nMessage-ID: <1@a.test>\r\n");
        assert_eq!(found.attached, Attached::Header(header));
        assert_eq!((found.subject.as_deref(), found.message_id.as_deref()), (Some("hello"), Some("1@a.test")));
    }

    #[test]
    fn a_huge_header_is_cut_at_a_line_end() {
        let huge = format!("Subject: x\r\n{}\r\nbody\r\n", "X-Filler: 0123456789\r\n".repeat(10_000));
        let Attached::Header(header) = original(&huge, HEADER).attached else { panic!("a header") };
        assert!(header.len() <= 50 * 1024 && header.len() > 50 * 1024 - 30 && header.ends_with(b"6789\r\n"));
        let Attached::Header(one_line) = original(&"x".repeat(100_000), HEADER).attached else { panic!("a header") };
        assert!(one_line.is_empty());
    }

    #[test]
    fn a_thread_keeps_its_newest_members_and_no_id_that_could_break_a_field() {
        let many: Vec<String> = (0..30).map(|n| format!("<{n}@a.test>")).collect();
        let text = format!("References: {}\r\nMessage-ID: <new@a.test>\r\n\r\n", many.join("\r\n "));
        let thread = original(&text, HEADER).thread();
        assert_eq!(thread.len(), REFERENCES_MAX);
        assert_eq!((thread[0].as_str(), thread[19].as_str()), ("11@a.test", "new@a.test"));
        for bad in ["<a b@c>", "<é@c>", "", "<>"] {
            let found = original(&format!("Message-ID: {bad}\r\nSubject: x\r\n\r\n"), HEADER);
            assert!(found.thread().iter().all(|id| id.bytes().all(|b| b.is_ascii_graphic())), "{bad}: {found:?}");
        }
    }

    #[test]
    fn a_subject_is_decoded_and_made_visible() {
        let subject = |text: &str| original(&format!("Subject: {text}\r\n\r\n"), HEADER).subject;
        assert_eq!(subject("=?utf-8?B?5pel5pys?=").as_deref(), Some("日本"));
        assert_eq!(subject("=?utf-8?Q?a=0D=0ABcc:_x=E2=80=AE?=").as_deref(), Some("a\\r\\nBcc: x\\u{202e}"));
        assert_eq!(subject("").as_deref(), None);
        assert!(subject(&"long ".repeat(200)).unwrap().len() <= SUBJECT_BYTES_MAX);
    }
}
