//! A message on its way in: its octets with every line end made CRLF, behind the room for our fields.
//!
//! A client of HTTP hands in what its files and libraries hold, where a line ends as its system likes: CRLF, LF or CR.
//! Promises: one line end in, one CRLF out, however the octets are cut into chunks (several CRs right before a LF, which
//! broken text modes write, are one line end); the last line gets its end; nothing else changes; once the message is
//! too large nothing of it is kept. Never: judges; what is wrong is noted for who asks.

use crate::intake::http::key::Key;
use crate::intake::incoming::{Incoming, Loss};
use crate::intake::smtp::received::Trace;

/// What was seen.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Findings {
    /// An octet above 127.
    pub(super) eight_bit: bool,
    /// A NUL.
    pub(super) nul: bool,
    /// Octets of the longest line, without its CRLF.
    pub(super) longest_line: u64,
    /// Larger than the limit.
    pub(super) oversize: bool,
}

/// A message on its way in.
pub struct Letter {
    trace: Trace,
    key: Option<Key>,
    limit: u64,
    message: Incoming,
    size_bytes: u64,
    /// CRs that came last and may belong to a LF.
    crs: usize,
    /// Octets of the line that is coming.
    column: u64,
    findings: Findings,
}

impl Letter {
    /// An empty one of at most `limit` octets.
    pub(super) fn new(mut message: Incoming, limit: u64, trace: Trace, key: Option<Key>) -> Letter {
        let findings = Findings::default();
        message.expect(0);
        Letter { trace, key, limit, message, size_bytes: 0, crs: 0, column: 0, findings }
    }

    /// Octets of memory that it takes.
    pub(super) fn memory_bytes(&self) -> usize {
        self.message.memory_bytes()
    }

    /// Why nothing of it is kept, if so.
    pub(super) fn loss(&self) -> Option<&Loss> {
        self.message.loss()
    }

    /// Writes what is due to the file of a large message.
    pub(super) async fn write_out(&mut self) {
        if self.message.is_due() {
            self.message.write_out().await;
        }
    }

    /// Takes what came next.
    pub fn feed(&mut self, mut chunk: &[u8]) {
        self.findings.eight_bit |= !chunk.is_ascii();
        self.findings.nul |= memchr::memchr(0, chunk).is_some();
        while let Some((&first, rest)) = chunk.split_first() {
            match first {
                b'\r' => {
                    self.crs += 1;
                    chunk = rest;
                }
                b'\n' => {
                    self.crs = 0;
                    self.end_line();
                    chunk = rest;
                }
                _ => {
                    self.end_bare_crs();
                    let length = memchr::memchr2(b'\r', b'\n', chunk).unwrap_or(chunk.len());
                    self.column += length as u64;
                    self.append(&chunk[..length]);
                    chunk = &chunk[length..];
                }
            }
        }
    }

    fn end_bare_crs(&mut self) {
        for _ in 0..std::mem::take(&mut self.crs) {
            self.end_line();
        }
    }

    fn end_line(&mut self) {
        self.findings.longest_line = self.findings.longest_line.max(self.column);
        self.column = 0;
        self.append(b"\r\n");
    }

    fn append(&mut self, octets: &[u8]) {
        self.size_bytes += octets.len() as u64;
        if self.size_bytes > self.limit {
            self.findings.oversize = true;
            self.message.give_up(Loss::Oversize);
        } else if self.message.loss().is_none() {
            self.message.octets().extend_from_slice(octets);
        }
    }

    /// The whole: what our Received field says, the client's name for it, the message, what was seen.
    pub(super) fn finish(mut self) -> (Trace, Option<Key>, Incoming, Findings) {
        self.end_bare_crs();
        if self.column > 0 {
            self.end_line();
        }
        (self.trace, self.key, self.message, self.findings)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::intake::smtp::tests::double::MemorySpool;
    use proptest::prelude::*;
    use std::sync::Arc;

    fn read(wire: &[u8], piece: usize, limit: u64) -> (String, Findings) {
        let spool = Arc::new(MemorySpool::default());
        let mut letter =
            Letter::new(Incoming::new(spool, 3), limit, Trace::by_http(None, &"mail.test".parse().unwrap()), None);
        wire.chunks(piece).for_each(|chunk| letter.feed(chunk));
        let (_, _, message, findings) = letter.finish();
        (String::from_utf8_lossy(message.front()).into_owned(), findings)
    }

    #[test]
    fn every_kind_of_line_end_becomes_crlf() {
        for (wire, message) in [
            ("a\r\nb\r\n", "a\r\nb\r\n"),
            ("a\nb\n", "a\r\nb\r\n"),
            ("a\rb\r", "a\r\nb\r\n"),
            ("a\r\r\nb", "a\r\nb\r\n"),
            ("a\n\nb\r\rc", "a\r\n\r\nb\r\n\r\nc\r\n"),
            ("", ""),
            ("\n", "\r\n"),
            ("no end", "no end\r\n"),
            ("..\n.\n", "..\r\n.\r\n"),
        ] {
            assert_eq!(read(wire.as_bytes(), 1_000, 1_000).0, message, "{wire:?}");
        }
    }

    #[test]
    fn what_is_unusual_is_noted() {
        let seen = |wire: &[u8]| read(wire, 2, 1_000_000).1;
        assert_eq!(seen(b"plain\n"), Findings { longest_line: 5, ..Findings::default() });
        assert!(seen(b"\xc3\xa9").eight_bit && seen(b"a\0b").nul);
        assert_eq!(seen(&[vec![b'x'; 999], b"\r\nyy".to_vec()].concat()).longest_line, 999);
    }

    #[test]
    fn the_limit_counts_the_message_as_it_is_kept() {
        assert!(!read(b"12345678\n", 3, 10).1.oversize);
        let (kept, seen) = read(b"123456789\n", 3, 10);
        assert!(seen.oversize && kept.is_empty());
        assert!(read(b"12345678\n1", 3, 10).1.oversize);
    }

    proptest! {
        #[test]
        fn the_borders_of_chunks_change_nothing(wire in "(\r|\n|\0|é|aa){0,40}", piece in 1usize..7) {
            let whole = read(wire.as_bytes(), 1_000, 60);
            prop_assert_eq!(&read(wire.as_bytes(), piece, 60), &whole);
            prop_assert!(!whole.0.replace("\r\n", "").contains(['\r', '\n']));
        }
    }
}
