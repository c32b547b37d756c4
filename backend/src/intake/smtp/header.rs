//! A look at the header block of a received message: only what intake must know of it.
//!
//! Promises: reads the block once and stops at its bounds; nothing behind the block, no MIME part, is ever parsed.
//! Never: changes a message.

use crate::intake::smtp::limits::{HEADER_BYTES_MAX, HEADER_FIELDS_MAX, RECEIVED_FIELDS_MAX, TEXT_LINE_BYTES_MAX};

/// Why a header block is not taken.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum HeaderFault {
    /// Over 256 KiB or over 1,000 fields.
    TooLarge,
    /// Over 50 Received fields: a loop (RFC 5321 §6.3).
    TooManyHops,
}

/// What is known of a header block that may be kept.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Header {
    /// It holds octets above 127.
    pub eight_bit: bool,
}

/// Checks the header block of `message` (CRLF line ends). The block ends at the first line that is neither a field nor
/// the continuation of one; by RFC 5322 that is an empty line.
pub fn check(message: &[u8]) -> Result<Header, HeaderFault> {
    let Block { end, received } = block(message)?;
    if received > RECEIVED_FIELDS_MAX {
        return Err(HeaderFault::TooManyHops);
    }
    Ok(Header { eight_bit: !message[..end].is_ascii() })
}

/// Octets of the header block and the line that ends it, at the start of a message that is not there as a whole; all of
/// it if the block is too large, and `None` while the block may go on.
pub fn front(message: &[u8]) -> Option<usize> {
    let Ok(Block { end, .. }) = block(message) else { return Some(message.len()) };
    let last = &message[end..];
    match memchr::memchr(b'\n', last) {
        Some(length) => Some(end + length + 1),
        // No line of mail is so long.
        None if last.len() as u64 > TEXT_LINE_BYTES_MAX + 2 => Some(end),
        None => None,
    }
}

struct Block {
    end: usize,
    received: usize,
}

fn block(message: &[u8]) -> Result<Block, HeaderFault> {
    let (mut at, mut fields, mut received) = (0, 0, 0);
    while let Some(length) = memchr::memchr(b'\n', &message[at..]) {
        let line = &message[at..at + length];
        match line.first() {
            Some(b' ' | b'\t') if fields > 0 => {}
            _ => match field_name(line) {
                Some(name) => {
                    fields += 1;
                    received += usize::from(name.eq_ignore_ascii_case(b"Received"));
                }
                None => break,
            },
        }
        at += length + 1;
        if at > HEADER_BYTES_MAX || fields > HEADER_FIELDS_MAX {
            return Err(HeaderFault::TooLarge);
        }
    }
    Ok(Block { end: at, received })
}

/// RFC 5322 §2.2: printable ASCII up to a colon; §4.5 lets blanks stand before the colon.
fn field_name(line: &[u8]) -> Option<&[u8]> {
    let colon = memchr::memchr(b':', line)?;
    let name = line[..colon].trim_ascii_end();
    (!name.is_empty() && name.iter().all(u8::is_ascii_graphic)).then_some(name)
}

#[cfg(test)]
mod tests {
    use super::*;

    const PLAIN: Header = Header { eight_bit: false };

    #[test]
    fn fifty_received_fields_are_a_long_way_and_one_more_is_a_loop() {
        let hops =
            |count: usize| format!("{}\r\nReceived: in the body\r\n", "reCeived : x\r\n\tby y\r\n".repeat(count));
        assert_eq!(check(hops(50).as_bytes()), Ok(PLAIN));
        assert_eq!(check(hops(51).as_bytes()), Err(HeaderFault::TooManyHops));
    }

    #[test]
    fn a_thousand_fields_or_256_kib_are_the_bound() {
        let fields = |count: usize| format!("{}\r\nbody\r\n", "X: y\r\n".repeat(count));
        assert_eq!(check(fields(1_000).as_bytes()), Ok(PLAIN));
        assert_eq!(check(fields(1_001).as_bytes()), Err(HeaderFault::TooLarge));
        let folded = |lines: usize| format!("X:\r\n{}\r\nbody\r\n", format!(" {}\r\n", "y".repeat(997)).repeat(lines));
        assert_eq!(check(folded(262).as_bytes()), Ok(PLAIN));
        assert_eq!(check(folded(263).as_bytes()), Err(HeaderFault::TooLarge));
    }

    #[test]
    fn the_front_is_the_block_with_the_line_that_ends_it_and_is_waited_for() {
        let whole = b"Subject: x\r\n y\r\n\r\nbody\r\nmore\r\n";
        assert_eq!(front(whole), Some(18));
        for cut in 0..18 {
            assert_eq!(front(&whole[..cut]), None, "{cut}");
        }
        assert_eq!(front(b"just text\r\nmore\r\n"), Some(11));
        assert_eq!(front(&[b'x'; 1_001]), Some(0));
        let huge = "X: y\r\n".repeat(1_001);
        assert_eq!(front(huge.as_bytes()), Some(huge.len()));
    }

    #[test]
    fn a_body_without_a_header_has_no_fields() {
        let lines = "just text\r\n".to_owned() + &"Received: x\r\n".repeat(60);
        assert_eq!(check(lines.as_bytes()), Ok(PLAIN));
        assert_eq!(check(b""), Ok(PLAIN));
        assert_eq!(check(("\r\n".to_owned() + &"Received: x\r\n".repeat(60)).as_bytes()), Ok(PLAIN));
    }

    #[test]
    fn only_octets_of_the_header_make_it_eight_bit() {
        assert_eq!(check("Subject: x\r\n\r\n\u{e9}\r\n".as_bytes()), Ok(PLAIN));
        assert_eq!(check("Subject: \u{e9}\r\n\r\nx\r\n".as_bytes()), Ok(Header { eight_bit: true }));
        assert_eq!(check("Subject: x\r\n \u{e9}\r\n".as_bytes()), Ok(Header { eight_bit: true }));
    }
}
