//! Octets from a peer to replies (RFC 5321 §4.2), piece by piece as they arrive.
//!
//! Promises: keeps a bounded part of whatever comes and gives up on what never ends; the same octets give the same
//! replies, however they were cut into pieces. Text is kept as it came, control characters included: whoever shows
//! it escapes it. A line may end in LF alone here (replies are not message data; some servers do).
//! The walk goes on in `dialogue`, which knows what each reply answers.

use common::vocab::{REPLY_TEXT_BYTES_MAX, Reply, ReplyCode};
use memchr::memchr;
use std::fmt;
use std::sync::Arc;

/// Octets kept of one line; RFC 5321 §4.5.3.1.5 allows 512, real servers send more.
pub const LINE_BYTES_KEPT: usize = 2_048;
/// Lines of one reply. Real ones have some tens; more is an attack or a loop.
pub const REPLY_LINES_MAX: usize = 1_000;
/// Octets of one reply that are read at all, kept or not.
pub const REPLY_BYTES_MAX: usize = 1024 * 1024;
/// Octets of a line that is no reply which are quoted in the error.
const QUOTED_BYTES_MAX: usize = 80;

/// Why what came is no SMTP reply. The stream is out of step after it: close it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ReplyError {
    /// A line without a code from 200 to 599, or with something other than space or hyphen behind it.
    /// Holds the begin of the line, escaped.
    NotAReply(Arc<str>),
    /// The lines of one reply bear different codes.
    MixedCodes(ReplyCode, ReplyCode),
    /// More than [`REPLY_LINES_MAX`] lines.
    TooManyLines,
    /// More than [`REPLY_BYTES_MAX`] octets.
    TooLong,
}

impl fmt::Display for ReplyError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            ReplyError::NotAReply(line) => write!(f, "not an SMTP reply: \"{line}\""),
            ReplyError::MixedCodes(first, then) => write!(f, "one reply with two codes, {first} and {then}"),
            ReplyError::TooManyLines => write!(f, "a reply of more than {REPLY_LINES_MAX} lines"),
            ReplyError::TooLong => write!(f, "a reply of more than {REPLY_BYTES_MAX} octets"),
        }
    }
}
impl std::error::Error for ReplyError {}

/// Assembles replies from pieces. Holds at most one unfinished reply.
#[derive(Debug, Default)]
pub struct ReplyReader {
    /// What is kept of the line that is coming.
    line: Vec<u8>,
    /// The code of the earlier lines of this reply.
    code: Option<ReplyCode>,
    /// The text of the earlier lines, joined by LF.
    text: Vec<u8>,
    lines: usize,
    bytes: usize,
}

impl ReplyReader {
    /// A reader at the start of a reply.
    pub fn new() -> ReplyReader {
        ReplyReader::default()
    }

    /// Takes octets off the front of `input` up to the end of one reply; what stands behind it stays.
    /// `None`: all was taken and the reply is not complete yet.
    pub fn read(&mut self, input: &mut &[u8]) -> Result<Option<Reply>, ReplyError> {
        while !input.is_empty() {
            let line_end = memchr(b'\n', input);
            let (piece, rest) = input.split_at(line_end.map_or(input.len(), |at| at + 1));
            *input = rest;
            self.bytes += piece.len();
            if self.bytes > REPLY_BYTES_MAX {
                return Err(ReplyError::TooLong);
            }
            let room = LINE_BYTES_KEPT - self.line.len();
            let content = &piece[..line_end.unwrap_or(piece.len())];
            self.line.extend_from_slice(&content[..content.len().min(room)]);
            if line_end.is_some()
                && let Some(reply) = self.end_line()?
            {
                return Ok(Some(reply));
            }
        }
        Ok(None)
    }

    /// No octet of a next reply has come.
    pub fn is_between_replies(&self) -> bool {
        self.bytes == 0
    }

    fn end_line(&mut self) -> Result<Option<Reply>, ReplyError> {
        let (code, last, text) = split_line(&self.line)?;
        if let Some(first) = self.code
            && first != code
        {
            return Err(ReplyError::MixedCodes(first, code));
        }
        self.lines += 1;
        if self.lines > REPLY_LINES_MAX {
            return Err(ReplyError::TooManyLines);
        }
        if self.code.is_some() && self.text.len() < REPLY_TEXT_BYTES_MAX {
            self.text.push(b'\n');
        }
        let room = REPLY_TEXT_BYTES_MAX - self.text.len();
        self.text.extend_from_slice(&text[..text.len().min(room)]);
        self.code = Some(code);
        self.line.clear();
        if !last {
            return Ok(None);
        }
        let reply = finish(code, &self.text);
        self.text.clear();
        (self.code, self.lines, self.bytes) = (None, 0, 0);
        Ok(Some(reply))
    }
}

/// Code, whether it is the last line, text.
fn split_line(line: &[u8]) -> Result<(ReplyCode, bool, &[u8]), ReplyError> {
    let line = line.strip_suffix(b"\r").unwrap_or(line);
    let (code, last, text) = match *line {
        [a @ b'2'..=b'5', b @ b'0'..=b'9', c @ b'0'..=b'9', ref rest @ ..] => {
            let code = ReplyCode([a, b, c].iter().fold(0, |code, digit| code * 10 + u16::from(digit - b'0')));
            match rest {
                [] => (code, true, rest),
                [b' ', text @ ..] => (code, true, text),
                [b'-', text @ ..] => (code, false, text),
                _ => return Err(not_a_reply(line)),
            }
        }
        _ => return Err(not_a_reply(line)),
    };
    Ok((code, last, text))
}

fn not_a_reply(line: &[u8]) -> ReplyError {
    let quoted = String::from_utf8_lossy(&line[..line.len().min(QUOTED_BYTES_MAX)]);
    ReplyError::NotAReply(quoted.escape_debug().to_string().into())
}

/// Replacing what is no UTF-8 can make a text longer, so it is cut once more.
fn finish(code: ReplyCode, text: &[u8]) -> Reply {
    let text = String::from_utf8_lossy(text);
    Reply::new(code, &text[..text.floor_char_boundary(REPLY_TEXT_BYTES_MAX)])
}

#[cfg(test)]
mod tests;
