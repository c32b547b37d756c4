//! What came from the client and was not used yet; cut into command lines.
//!
//! Promises: a line ends at CRLF and nowhere else; a line that is too long is dropped as it comes, never collected;
//! octets behind a line stay for the next one, or for the body.
//! Never: waits (except where it reads for its caller), answers, or looks at what a line says.

use crate::intake::smtp::limits::{BODY_BUFFER_BYTES, COMMAND_BUFFER_BYTES, COMMAND_LINE_BYTES_MAX};
use std::future::poll_fn;
use std::io;
use std::ops::Range;
use std::pin::Pin;
use std::task::Poll;
use tokio::io::{AsyncRead, AsyncReadExt, ReadBuf};

/// The next thing in the buffer, seen as a command line.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Line {
    /// A line without its CRLF, to be fetched with [`Input::text`].
    Text(Range<usize>),
    /// A line that ended with a bare LF, or held a CR. Its octets, for a look at what it might be.
    BadLineEnd(Range<usize>),
    /// A line with a NUL.
    Nul,
    /// A line over 4,096 octets; all of it is gone.
    TooLong,
    /// No whole line yet.
    Incomplete,
}

/// The read buffer of a session.
#[derive(Debug)]
pub struct Input {
    buffer: Vec<u8>,
    start: usize,
    end: usize,
    /// Up to here, from `start`, no LF was found.
    searched: usize,
    /// A line that is too long is being dropped.
    dropping: bool,
}

impl Default for Input {
    fn default() -> Input {
        Input { buffer: vec![0; COMMAND_BUFFER_BYTES], start: 0, end: 0, searched: 0, dropping: false }
    }
}

impl Input {
    /// What was not used yet.
    pub fn unread(&self) -> &[u8] {
        &self.buffer[self.start..self.end]
    }

    /// Marks the first `count` octets of [`Input::unread`] as used.
    pub fn consume(&mut self, count: usize) {
        self.start += count;
        self.searched = 0;
        if self.start == self.end {
            (self.start, self.end) = (0, 0);
        }
    }

    /// The octets of a line that [`Input::next_line`] found; valid until the next read.
    pub fn text(&self, range: Range<usize>) -> &[u8] {
        &self.buffer[range]
    }

    /// Takes the next command line out of the buffer.
    pub fn next_line(&mut self) -> Line {
        let unread = &self.buffer[self.start..self.end];
        let Some(at) = memchr::memchr(b'\n', &unread[self.searched..]).map(|at| at + self.searched) else {
            self.searched = unread.len();
            if unread.len() >= COMMAND_LINE_BYTES_MAX || self.dropping {
                self.dropping = true;
                self.consume(self.end - self.start);
            }
            return Line::Incomplete;
        };
        let line = self.start..self.start + at;
        self.start += at + 1;
        self.searched = 0;
        // No reset to the start of the buffer here: the line that is handed out lies in it.
        if std::mem::take(&mut self.dropping) || at + 1 > COMMAND_LINE_BYTES_MAX {
            return Line::TooLong;
        }
        let octets = &self.buffer[line.clone()];
        match octets.split_last() {
            Some((b'\r', text)) if !text.contains(&b'\r') => {
                if text.contains(&0) {
                    return Line::Nul;
                }
                Line::Text(line.start..line.end - 1)
            }
            _ => Line::BadLineEnd(line),
        }
    }

    /// Reads once. `Ok(0)`: the client has ended its side.
    pub async fn read_from<S: AsyncRead + Unpin>(&mut self, stream: &mut S) -> io::Result<usize> {
        self.make_room();
        let count = stream.read(&mut self.buffer[self.end..]).await?;
        self.end += count;
        Ok(count)
    }

    /// Reads what is there at this very moment, without waiting. Whether anything is unread now.
    pub async fn peek<S: AsyncRead + Unpin>(&mut self, stream: &mut S) -> bool {
        self.make_room();
        let Input { buffer, end, .. } = self;
        poll_fn(|context| {
            let mut room = ReadBuf::new(&mut buffer[*end..]);
            // An error or an end shows again at the next real read.
            if let Poll::Ready(Ok(())) = Pin::new(&mut *stream).poll_read(context, &mut room) {
                *end += room.filled().len();
            }
            Poll::Ready(())
        })
        .await;
        !self.unread().is_empty()
    }

    /// A body comes: from now on large reads.
    pub fn expect_body(&mut self) {
        if self.buffer.len() < BODY_BUFFER_BYTES {
            self.buffer.resize(BODY_BUFFER_BYTES, 0);
        }
    }

    /// Whether [`Input::shrink`] would give memory back.
    pub fn is_large(&self) -> bool {
        self.buffer.len() > COMMAND_BUFFER_BYTES && self.unread().is_empty()
    }

    /// The client is idle: gives the large buffer back. Only while nothing is unread.
    pub fn shrink(&mut self) {
        if self.is_large() {
            let dropping = self.dropping;
            *self = Input { dropping, ..Input::default() };
        }
    }

    /// Moves what is unread to the front when no room is left behind it. A line or chunk never fills the whole buffer:
    /// lines are cut at 4,096 octets, bodies are consumed whole.
    fn make_room(&mut self) {
        if self.start == self.end {
            (self.start, self.end) = (0, 0);
        } else if self.end == self.buffer.len() {
            self.buffer.copy_within(self.start..self.end, 0);
            (self.start, self.end) = (0, self.end - self.start);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    /// Feeds `wire` in pieces of `size` and names what comes out.
    fn lines(wire: &[u8], size: usize) -> Vec<String> {
        let mut input = Input::default();
        let mut seen = Vec::new();
        for piece in wire.chunks(size.min(1_000)) {
            input.make_room();
            input.buffer[input.end..input.end + piece.len()].copy_from_slice(piece);
            input.end += piece.len();
            loop {
                seen.push(match input.next_line() {
                    Line::Incomplete => break,
                    Line::Text(range) => String::from_utf8_lossy(input.text(range)).into_owned(),
                    Line::BadLineEnd(_) => "(bad line end)".into(),
                    other => format!("({other:?})"),
                });
            }
        }
        seen
    }

    #[test]
    fn only_crlf_ends_a_command() {
        assert_eq!(lines(b"NOOP\r\nQUIT\r\n", 3), ["NOOP", "QUIT"]);
        assert_eq!(lines(b"NOOP\nQUIT\r\n", 100), ["(bad line end)", "QUIT"]);
        assert_eq!(lines(b"NO\rOP\r\n\r\r\n\r\n", 1), ["(bad line end)", "(bad line end)", ""]);
        assert_eq!(lines(b"NO\0OP\r\nNOOP\r", 2), ["(Nul)"]);
    }

    #[test]
    fn a_line_that_is_too_long_is_dropped_and_the_next_one_is_read() {
        for size in [1, 7, 1_000] {
            let longest = [vec![b'a'; 4_094], b"\r\nNOOP\r\n".to_vec()].concat();
            assert_eq!(lines(&longest, size).len(), 2);
            assert_eq!(lines(&longest, size)[0].len(), 4_094);
            let longer = [vec![b'a'; 4_095], b"\r\nNOOP\r\n".to_vec()].concat();
            assert_eq!(lines(&longer, size), ["(TooLong)", "NOOP"]);
            let endless = [vec![b'a'; 100_000], b"\nNOOP\r\n".to_vec()].concat();
            assert_eq!(lines(&endless, size), ["(TooLong)", "NOOP"]);
        }
    }

    #[tokio::test]
    async fn an_idle_buffer_is_given_back_only_while_nothing_is_unread() {
        let mut input = Input::default();
        input.expect_body();
        assert!(input.peek(&mut &b"NO"[..]).await);
        input.shrink();
        assert_eq!((input.unread(), input.buffer.len()), (&b"NO"[..], BODY_BUFFER_BYTES));
        input.consume(2);
        input.shrink();
        assert_eq!((input.unread(), input.buffer.len()), (&b""[..], COMMAND_BUFFER_BYTES));
    }

    proptest! {
        #[test]
        fn the_borders_of_reads_do_not_change_the_lines(wire in "(NOOP|\r\n|\n|\r|\0|aa){0,40}", size in 1usize..50) {
            prop_assert_eq!(lines(wire.as_bytes(), size), lines(wire.as_bytes(), 1_000));
        }
    }
}
