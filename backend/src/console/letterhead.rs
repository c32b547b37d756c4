//! What a person knows a message by: its Subject and its Message-ID, read from the header of a queued message.
//!
//! Promises: reads the header block alone, within its bound; words in other scripts are decoded (RFC 2047); what comes
//! out is short. Never: a look at the body, at a part, at another field. The text is hostile: it is shown as text.

use mail_parser::{HeaderName, MessageParser};

/// Octets of the head of a message that are looked through; the intake takes no larger header.
const HEADER_BYTES_MAX: usize = 256 * 1024 + 64 * 1024;
/// Characters of a field that are shown; a line of mail has 998.
const FIELD_CHARS_MAX: usize = 1_000;

/// The two fields; absent where the message has none.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Letterhead {
    /// Without its brackets.
    pub message_id: Option<String>,
    /// Decoded.
    pub subject: Option<String>,
}

impl Letterhead {
    /// Reads the head of a message.
    pub fn read(message: &[u8]) -> Letterhead {
        let head = header(&message[..message.len().min(HEADER_BYTES_MAX)]);
        let parser = MessageParser::new().with_message_ids().header_text(HeaderName::Subject).default_header_ignore();
        let Some(parsed) = parser.parse_headers(head) else { return Letterhead::default() };
        let short = |text: &str| text.chars().take(FIELD_CHARS_MAX).collect();
        Letterhead { message_id: parsed.message_id().map(short), subject: parsed.subject().map(short) }
    }
}

/// Up to the first empty line, with it.
fn header(message: &[u8]) -> &[u8] {
    let end = message.windows(4).position(|four| four == b"\r\n\r\n").map_or(message.len(), |at| at + 4);
    &message[..end]
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(message: &str) -> (Option<String>, Option<String>) {
        let Letterhead { message_id, subject } = Letterhead::read(message.as_bytes());
        (message_id, subject)
    }

    #[test]
    fn the_two_fields_are_read_decoded_and_unfolded() {
        let message = "Received: x\r\nSubject: =?utf-8?b?5pel5pys?=\r\n =?utf-8?q?=E8=AA=9E?=\r\nMessage-ID:\r\n <a@b.test>\r\n\r\ntext";
        assert_eq!(read(message), (Some("a@b.test".into()), Some("日本語".into())));
    }

    #[test]
    fn what_is_not_there_or_stands_in_the_text_is_absent() {
        assert_eq!(read("A: b\r\n\r\nSubject: x\r\nMessage-ID: <a@b>\r\n"), (None, None));
        assert_eq!(read(""), (None, None));
        assert_eq!(read("just text\r\n"), (None, None));
    }

    #[test]
    fn a_long_field_is_cut() {
        let (_, subject) = read(&format!("Subject: {}\r\n\r\n", "é".repeat(100_000)));
        assert_eq!(subject.unwrap().chars().count(), 1_000);
    }
}
