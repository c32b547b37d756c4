//! A body as it goes over the wire after 354 (RFC 5321 §4.5.2): leading dots doubled, then the final dot.
//!
//! Promises, whatever the chunks hold and wherever they are cut: every line ends in CRLF, no line but the last is a
//! single dot, and no CR or LF stands alone. A stray one, which the intake should not have let in, becomes a space:
//! the size stays, and nobody can smuggle a second message past us. For a body of proper lines nothing else changes.
//! Octets above 127 go as they are.
//! Never: sends. The walk goes on in `backend::deliver`, which writes what was appended.

use memchr::memchr2;

/// Encodes one body, chunk by chunk.
#[derive(Debug)]
pub struct BodyEncoder {
    /// The next octet begins a line.
    at_line_start: bool,
    /// The latest chunk ended in CR; what comes next decides what it was.
    cr_held: bool,
}

impl Default for BodyEncoder {
    fn default() -> BodyEncoder {
        BodyEncoder::new()
    }
}

impl BodyEncoder {
    /// An encoder at the start of a body.
    pub fn new() -> BodyEncoder {
        BodyEncoder { at_line_start: true, cr_held: false }
    }

    /// Appends the wire form of the next chunk to `out`.
    pub fn encode(&mut self, chunk: &[u8], out: &mut Vec<u8>) {
        let Some(&first) = chunk.first() else { return };
        let mut rest = chunk;
        if std::mem::take(&mut self.cr_held) {
            self.at_line_start = first == b'\n';
            if first == b'\n' {
                out.extend_from_slice(b"\r\n");
                rest = &chunk[1..];
            } else {
                out.push(b' ');
            }
        }
        self.encode_from_known_place(rest, out);
    }

    /// Copies runs that need no change as a whole: mostly the whole chunk.
    fn encode_from_known_place(&mut self, chunk: &[u8], out: &mut Vec<u8>) {
        let (mut copied, mut at) = (0, 0);
        while at < chunk.len() {
            if self.at_line_start && chunk[at] == b'.' {
                out.extend_from_slice(&chunk[copied..at]);
                out.push(b'.');
                copied = at;
            }
            let Some(run) = memchr2(b'\r', b'\n', &chunk[at..]) else {
                self.at_line_start = false;
                break;
            };
            self.at_line_start &= run == 0;
            at += run;
            match chunk[at..] {
                [b'\r'] => {
                    self.cr_held = true;
                    out.extend_from_slice(&chunk[copied..at]);
                    return;
                }
                [b'\r', b'\n', ..] => {
                    self.at_line_start = true;
                    at += 2;
                }
                _ => {
                    out.extend_from_slice(&chunk[copied..at]);
                    out.push(b' ');
                    self.at_line_start = false;
                    at += 1;
                    copied = at;
                }
            }
        }
        out.extend_from_slice(&chunk[copied..]);
    }

    /// Appends the end: a line end if the body lacks its last one, and the final dot.
    pub fn finish(self, out: &mut Vec<u8>) {
        if self.cr_held {
            out.push(b' ');
        }
        if self.cr_held || !self.at_line_start {
            out.extend_from_slice(b"\r\n");
        }
        out.extend_from_slice(b".\r\n");
    }
}

#[cfg(test)]
mod tests;
