//! A stream with what belongs to it: a small input buffer, the reply that is being assembled, an output buffer.
//!
//! Promises: one write for all that was put into `out`; nothing heard in clear is read as an answer under TLS; a deadline holds for a whole reply and for a whole write;
//! never keeps more of a peer's talk than one input buffer and one bounded reply.
//! Never: knows what is being said. That is the dialogue's.

use crate::connect::tls::{Stream, TlsClient};
use common::vocab::Reply;
use engine::failure::Trouble;
use engine::smtp::{Command, ReplyReader};
use engine::tls::TlsFacts;
use std::future::poll_fn;
use std::io::{self, ErrorKind};
use std::ops::Range;
use std::pin::Pin;
use std::task::{Context, Poll};
use std::time::Duration;
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt, ReadBuf};
use tokio::time::timeout;
use tokio_rustls::rustls::pki_types::ServerName;

/// Octets taken from a socket at once. The answers to a full envelope of 50 recipients fit.
const INPUT_BYTES: usize = 4_096;

/// How a write ended.
#[derive(Debug, PartialEq, Eq)]
pub enum Written {
    /// All of it went out.
    All,
    /// The peer does not take it: it spoke or hung up in the middle. What it said, if anything, can be read.
    Interrupted,
}

/// A stream and its buffers.
pub struct Wire<S> {
    stream: Stream<S>,
    input: Box<[u8]>,
    unread: Range<usize>,
    reader: ReplyReader,
    /// What goes out next. Kept between messages, so that it is allocated once.
    pub out: Vec<u8>,
}

impl<S: AsyncRead + AsyncWrite + Unpin> Wire<S> {
    /// Over a stream in clear, of which nothing was read.
    pub fn new(stream: S) -> Wire<S> {
        let input = vec![0; INPUT_BYTES].into_boxed_slice();
        Wire { stream: Stream::Clear(stream), input, unread: 0..0, reader: ReplyReader::new(), out: Vec::new() }
    }

    /// Nothing of what came is waiting to be read. Where no answer is due, anything else is talk out of turn.
    pub fn is_quiet(&self) -> bool {
        self.unread.is_empty() && self.reader.is_between_replies()
    }

    /// Shakes hands over the stream. From then on everything goes under TLS; a stream whose handshake failed is gone.
    /// What came in clear behind the 220 is an answer that somebody slipped in (CVE-2021-38371): then nothing is shaken.
    pub async fn secure(
        &mut self,
        client: &TlsClient,
        name: &ServerName<'static>,
        within: Duration,
    ) -> Result<TlsFacts, Trouble> {
        let stream = self.stream.take_clear().ok_or_else(|| Trouble::Ours("the session has TLS already".into()))?;
        if !self.is_quiet() {
            return Err(Trouble::Protocol("they slipped an answer in before the handshake".into()));
        }
        let (stream, facts) =
            timeout(within, client.shake_hands(stream, name)).await.map_err(|_| Trouble::TimedOut)??;
        self.stream = Stream::Secure(Box::new(stream.into()));
        Ok(facts)
    }

    /// Says under TLS that nothing follows; a connection in clear just closes.
    pub async fn end(&mut self, within: Duration) {
        if let Stream::Secure(stream) = &mut self.stream {
            let _ = timeout(within, stream.shutdown()).await; // the peer may have closed already: all was said
        }
    }

    /// The next reply, complete within the deadline.
    pub async fn reply(&mut self, within: Duration) -> Result<Reply, Trouble> {
        match self.assemble()? {
            Some(reply) => Ok(reply),
            None => timeout(within, self.await_reply()).await.unwrap_or(Err(Trouble::TimedOut)),
        }
    }

    async fn await_reply(&mut self) -> Result<Reply, Trouble> {
        loop {
            let count = self.stream.read(&mut self.input).await.map_err(trouble_of)?;
            if count == 0 {
                return Err(Trouble::Dropped);
            }
            self.unread = 0..count;
            if let Some(reply) = self.assemble()? {
                return Ok(reply);
            }
        }
    }

    fn assemble(&mut self) -> Result<Option<Reply>, Trouble> {
        let mut input = &self.input[self.unread.clone()];
        let found = self.reader.read(&mut input);
        self.unread.start = self.unread.end - input.len();
        found.map_err(|error| Trouble::Protocol(error.to_string().into()))
    }

    /// Sends commands in one write.
    pub async fn send(&mut self, commands: &[Command], within: Duration) -> Result<Written, Trouble> {
        self.out.clear();
        commands.iter().for_each(|command| command.write_to(&mut self.out));
        let Wire { stream, out, .. } = self;
        let write = async {
            stream.write_all(out).await?;
            stream.flush().await // under TLS a write may still wait in a buffer
        };
        let written = timeout(within, write).await.map_err(|_| Trouble::TimedOut)?;
        Ok(written.map_or(Written::Interrupted, |()| Written::All))
    }

    /// Sends a block of a body: what was put into `out`. While the peer does not take it, listens whether it
    /// refuses what it has seen so far: many do that and then read no more.
    pub async fn send_block(&mut self, within: Duration) -> Result<Written, Trouble> {
        timeout(within, self.write_out_listening()).await.map_err(|_| Trouble::TimedOut)
    }

    async fn write_out_listening(&mut self) -> Written {
        let mut sent = 0;
        while sent < self.out.len() {
            match poll_fn(|cx| self.poll_write_or_hear(cx, sent)).await {
                Ok(count) if count > 0 => sent += count,
                _ => return Written::Interrupted,
            }
        }
        match poll_fn(|cx| self.poll_flush_or_hear(cx)).await {
            Ok(true) => Written::All,
            _ => Written::Interrupted,
        }
    }

    /// Octets written; 0 if the peer spoke or hung up instead of reading.
    fn poll_write_or_hear(&mut self, cx: &mut Context<'_>, sent: usize) -> Poll<io::Result<usize>> {
        if let Poll::Ready(written) = Pin::new(&mut self.stream).poll_write(cx, &self.out[sent..]) {
            return Poll::Ready(written);
        }
        self.poll_hear(cx).map_ok(|()| 0)
    }

    /// Whether what was written has left us; no, if the peer spoke or hung up instead of reading.
    fn poll_flush_or_hear(&mut self, cx: &mut Context<'_>) -> Poll<io::Result<bool>> {
        if let Poll::Ready(flushed) = Pin::new(&mut self.stream).poll_flush(cx) {
            return Poll::Ready(flushed.map(|()| true));
        }
        self.poll_hear(cx).map_ok(|()| false)
    }

    fn poll_hear(&mut self, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        let mut input = ReadBuf::new(&mut self.input);
        let heard = Pin::new(&mut self.stream).poll_read(cx, &mut input);
        heard.map_ok(|()| self.unread = 0..input.filled().len())
    }

    /// Waits until the peer of an idle session speaks or hangs up. Never ends while it is quiet; safe to drop.
    pub async fn disturbed(&mut self) {
        if self.is_quiet() {
            let count = self.stream.read(&mut self.input).await.unwrap_or(0);
            self.unread = 0..count;
        }
    }
}

/// What an error of an open connection says.
fn trouble_of(error: io::Error) -> Trouble {
    match error.kind() {
        ErrorKind::TimedOut => Trouble::TimedOut,
        _ => Trouble::Dropped,
    }
}
