//! Lines of a stream, read by the block: what a generator and a sink do must cost less than what they measure.

use std::io;
use tokio::io::{AsyncRead, AsyncReadExt};

/// What has been read and not yet been looked at.
#[derive(Default)]
pub struct Lines {
    buffer: Vec<u8>,
    /// Where the unread part begins.
    start: usize,
}

impl Lines {
    /// The unread octets.
    pub fn unread(&self) -> &[u8] {
        &self.buffer[self.start..]
    }

    /// Takes so many of them.
    pub fn take(&mut self, octets: usize) {
        self.start += octets;
        if self.start == self.buffer.len() {
            self.buffer.clear();
            self.start = 0;
        }
    }

    /// Reads at least one octet more; `false` at the end.
    pub async fn more(&mut self, stream: &mut (impl AsyncRead + Unpin)) -> io::Result<bool> {
        if self.start > 64 * 1024 {
            self.buffer.drain(..self.start);
            self.start = 0;
        }
        self.buffer.reserve(32 * 1024);
        Ok(stream.read_buf(&mut self.buffer).await? > 0)
    }

    /// The next whole line, without its end; `None` where it has not come whole yet.
    pub fn line(&mut self) -> Option<Vec<u8>> {
        let end = memchr::memchr(b'\n', self.unread())?;
        let line = self.unread()[..end].strip_suffix(b"\r").unwrap_or(&self.unread()[..end]).to_vec();
        self.take(end + 1);
        Some(line)
    }

    /// Waits for the last line of a reply; its code.
    pub async fn reply(&mut self, stream: &mut (impl AsyncRead + Unpin)) -> io::Result<u16> {
        loop {
            while let Some(line) = self.line() {
                if line.get(3) != Some(&b'-') {
                    let code = line.get(..3).and_then(|code| std::str::from_utf8(code).ok()?.parse().ok());
                    return code.ok_or_else(|| io::Error::other(String::from_utf8_lossy(&line).into_owned()));
                }
            }
            if !self.more(stream).await? {
                return Err(io::ErrorKind::UnexpectedEof.into());
            }
        }
    }

    /// The same, and it has to be this code.
    pub async fn expect(&mut self, stream: &mut (impl AsyncRead + Unpin), code: u16) -> io::Result<()> {
        let said = self.reply(stream).await?;
        if said == code { Ok(()) } else { Err(io::Error::other(format!("{said} in place of {code}"))) }
    }
}
