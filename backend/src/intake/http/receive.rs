//! The octets of a request's body, read within the limits of the SMTP door: its memory, its pace.
//!
//! Promises: what is held is counted before more is read; a client that is too slow or too long is sent away; after a
//! refusal a bounded rest is read and dropped, so that the answer is not lost in a reset.
//! Never: keeps anything.

use crate::intake::http::json::JsonBody;
use crate::intake::http::lines::Letter;
use crate::intake::http::{HttpIntake, refusal};
use crate::intake::smtp::memory::Hold;
use crate::intake::smtp::pace::Pace;
use crate::spool::PIECE_BYTES;
use bytes::Bytes;
use common::wire::{ApiError, NewMessage};
use futures_util::{Stream, StreamExt};
use tokio::time::{Instant, timeout, timeout_at};

/// Octets that are read and dropped after a refusal, at most: what is in flight, no gift.
const DRAIN_BYTES_MAX: usize = 8 * 1024 * 1024;

/// Where the octets go.
trait Sink {
    async fn take(&mut self, chunk: &[u8]) -> Result<(), ApiError>;
    fn capacity(&self) -> usize;
}

struct IntoLetter<'a>(&'a mut Letter, u64);

impl Sink for IntoLetter<'_> {
    async fn take(&mut self, chunk: &[u8]) -> Result<(), ApiError> {
        for piece in chunk.chunks(PIECE_BYTES) {
            self.0.feed(piece);
            self.0.write_out().await;
        }
        self.0.loss().map_or(Ok(()), |loss| Err(refusal::lost(loss, self.1)))
    }
    fn capacity(&self) -> usize {
        self.0.memory_bytes()
    }
}

/// JSON, and the message in it on its way into a letter.
struct Parted<'a> {
    json: &'a mut JsonBody,
    letter: IntoLetter<'a>,
    /// Empty between two pieces.
    message: Vec<u8>,
}

impl Sink for Parted<'_> {
    async fn take(&mut self, chunk: &[u8]) -> Result<(), ApiError> {
        for piece in chunk.chunks(PIECE_BYTES) {
            self.json.feed(piece, &mut self.message)?;
            self.letter.take(&self.message).await?;
            self.message.clear();
        }
        Ok(())
    }
    fn capacity(&self) -> usize {
        self.json.capacity() + self.letter.capacity() + self.message.capacity()
    }
}

impl HttpIntake {
    /// Reads a body that is the message itself.
    ///
    /// # Errors
    /// It is too large, too slow, or broke off; or there is no memory for it.
    pub async fn receive<S, E>(&self, body: S, letter: &mut Letter, hold: &mut Hold) -> Result<(), ApiError>
    where
        S: Stream<Item = Result<Bytes, E>> + Unpin,
    {
        self.read(body, &mut IntoLetter(letter, self.max_message_bytes()), hold).await
    }

    /// Reads a body that is JSON, the message in it into the letter as it comes; answers what else it says.
    ///
    /// # Errors
    /// As for [`HttpIntake::receive`]; or it is not what belongs here.
    pub async fn receive_json<S, E>(
        &self,
        body: S,
        letter: &mut Letter,
        hold: &mut Hold,
    ) -> Result<NewMessage, ApiError>
    where
        S: Stream<Item = Result<Bytes, E>> + Unpin,
    {
        let mut json = JsonBody::new(self.max_json_bytes());
        let most = self.max_message_bytes();
        let mut parted = Parted { json: &mut json, letter: IntoLetter(&mut *letter, most), message: Vec::new() };
        self.read(body, &mut parted, hold).await?;
        let asked = json.read()?;
        // A name with escapes is as good as one without, and such a message is short.
        IntoLetter(letter, most).take(asked.raw.as_bytes()).await?;
        Ok(asked)
    }

    async fn read<S, E>(&self, mut body: S, sink: &mut impl Sink, hold: &mut Hold) -> Result<(), ApiError>
    where
        S: Stream<Item = Result<Bytes, E>> + Unpin,
    {
        let read = self.read_to_end(&mut body, sink, hold).await;
        if read.is_err() {
            self.drain(body).await;
        }
        read
    }

    async fn read_to_end<S, E>(&self, body: &mut S, sink: &mut impl Sink, hold: &mut Hold) -> Result<(), ApiError>
    where
        S: Stream<Item = Result<Bytes, E>> + Unpin,
    {
        let now = Instant::now();
        let mut pace = Pace::new(now, now, &self.settings.load().limits);
        loop {
            match timeout_at(pace.deadline(), body.next()).await {
                Err(_) => {}
                Ok(None) => return Ok(()),
                Ok(Some(Err(_))) => return Err(refusal::broke_off()),
                Ok(Some(Ok(chunk))) => {
                    pace.count(chunk.len());
                    let asked = Instant::now();
                    sink.take(&chunk).await?;
                    hold.grow_to(sink.capacity()).await.map_err(|_| refusal::no_memory())?;
                    hold.shrink_to(sink.capacity());
                    pace.forgive(asked.elapsed());
                }
            }
            pace.judge(Instant::now()).map_err(|_| refusal::too_slow())?;
        }
    }

    /// Reads and drops a little of what still comes.
    pub async fn drain<S, E>(&self, mut body: S)
    where
        S: Stream<Item = Result<Bytes, E>> + Unpin,
    {
        let reading = async {
            let mut left = DRAIN_BYTES_MAX;
            while let Some(Ok(chunk)) = body.next().await {
                left = left.saturating_sub(chunk.len());
                if left == 0 {
                    break;
                }
            }
        };
        let _ = timeout(self.settings.load().limits.linger, reading).await;
    }
}
