//! The header block of a message that a client hands in: strictly read, so that none of it is taken for text.
//!
//! Promises: every line up to the first empty one is a field or the continuation of one, or the first that is none is
//! named; the fields that must not travel are found whatever their case and folding.
//! Never: reads a value.

use std::ops::Range;

/// Fields that the sender's own system has to take out. `Bcc` would betray the blind copies (RFC 5322 §3.6.3: one of
/// its three ways), `Return-Path` is the receiver's to write (RFC 5321 §4.4), `Content-Length` is of mailbox files and
/// becomes wrong on the way.
const TAKEN_OUT: [&[u8]; 4] = [b"Bcc", b"Resent-Bcc", b"Return-Path", b"Content-Length"];

/// What was found.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Fields {
    /// There is a Date.
    pub(super) date: bool,
    /// There is a From.
    pub(super) from: bool,
    /// There is a Message-ID.
    pub(super) message_id: bool,
    /// Where the fields stand that must not travel, first to last.
    out: Vec<Range<usize>>,
}

impl Fields {
    /// Reads the block at the head of `message` (CRLF line ends).
    ///
    /// # Errors
    /// The number, from 1, of the first line that is neither a field nor the continuation of one.
    pub(super) fn read(message: &[u8]) -> Result<Fields, usize> {
        let mut found = Fields::default();
        let (mut at, mut taking_out) = (0, false);
        for (number, line) in (1_usize..).zip(message.split_inclusive(|&octet| octet == b'\n')) {
            let here = at..at + line.len();
            at = here.end;
            match line {
                b"\r\n" => break,
                [b' ' | b'\t', ..] if number > 1 => {
                    if let (true, Some(last)) = (taking_out, found.out.last_mut()) {
                        last.end = here.end;
                    }
                }
                _ => {
                    let name = name(line).ok_or(number)?;
                    let is = |known: &[u8]| name.eq_ignore_ascii_case(known);
                    found.date |= is(b"Date");
                    found.from |= is(b"From");
                    found.message_id |= is(b"Message-ID");
                    taking_out = TAKEN_OUT.into_iter().any(is);
                    if taking_out {
                        found.out.push(here);
                    }
                }
            }
        }
        Ok(found)
    }

    /// Takes out what must not travel, from a `message` that begins behind `room` octets.
    pub(super) fn take_out(&self, message: &mut Vec<u8>, room: usize) {
        for range in self.out.iter().rev() {
            message.drain(room + range.start..room + range.end);
        }
    }
}

/// RFC 5322 §2.2: printable ASCII up to a colon; §4.5 lets blanks stand before the colon.
fn name(line: &[u8]) -> Option<&[u8]> {
    let colon = memchr::memchr(b':', line)?;
    let name = line[..colon].trim_ascii_end();
    (!name.is_empty() && name.iter().all(u8::is_ascii_graphic)).then_some(name)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn travels(message: &str) -> String {
        let mut octets = [b"room", message.as_bytes()].concat();
        Fields::read(message.as_bytes()).unwrap().take_out(&mut octets, 4);
        String::from_utf8(octets[4..].to_vec()).unwrap()
    }

    #[test]
    fn blind_copies_are_taken_out_with_their_folds_and_nothing_else_is() {
        assert_eq!(
            travels("To: a\r\nBCC : b,\r\n c,\r\n\td\r\nSubject: x\r\n y\r\nresent-bcc: e\r\n\r\nBcc: in the text\r\n"),
            "To: a\r\nSubject: x\r\n y\r\n\r\nBcc: in the text\r\n"
        );
        assert_eq!(travels("Return-Path: <a>\r\nContent-Length: 5\r\nX: y\r\n"), "X: y\r\n");
        assert_eq!(travels("Bcc: a\r\n\r\ntext\r\n"), "\r\ntext\r\n");
    }

    #[test]
    fn a_line_that_is_no_field_is_named() {
        for (message, line) in [
            ("just text\r\n", 1),
            (" folded from nothing\r\n", 1),
            ("Subject: x\r\nno field\r\n", 2),
            ("A: b\r\n: nameless\r\n", 2),
            ("A: b\r\nB\u{e9}: c\r\n", 2),
            ("A: b\r\nB C: d\r\n", 2),
            ("From someone Tue Nov 24\r\nA: b\r\n", 1),
        ] {
            assert_eq!(Fields::read(message.as_bytes()), Err(line), "{message:?}");
        }
    }

    #[test]
    fn what_is_there_is_known_by_its_name_in_any_case() {
        let found = Fields::read(b"date: x\r\nFROM: y\r\nmessage-id : z\r\n\r\n").unwrap();
        assert!(found.date && found.from && found.message_id);
        let found = Fields::read(b"Subject: x\r\n\r\nDate: x\r\nFrom: y\r\nMessage-ID: z\r\n").unwrap();
        assert_eq!(found, Fields::default());
        assert_eq!(Fields::read(b""), Ok(Fields::default()));
    }
}
