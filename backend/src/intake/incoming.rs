//! A message on its way in: in memory while it is small; then its header in memory, and the rest in a file of the spool.
//!
//! Promises: what is held of a large message is its header and a piece; the client is no faster than the disk; whoever
//! gives up leaves nothing behind.
//! Never: looks at what a line says; judges.
//! The walk goes on in `spool`, which writes the file.

use crate::intake::smtp::header;
use crate::spool::{Blob, BlobWriter, Body, PIECE_BYTES, Spool, SpoolError};
use bytes::Bytes;
use common::vocab::MessageId;
use sha2::{Digest, Sha256};
use std::sync::Arc;

/// Why nothing more is kept of a message, though it is read to its end.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Loss {
    /// It is larger than is taken.
    Oversize,
    /// There was no memory for it.
    Memory,
    /// The spool could not write it.
    Spool(SpoolError),
}

/// See the top of this file.
pub struct Incoming {
    spool: Arc<dyn Spool>,
    /// Octets in front for fields of ours.
    room: usize,
    /// What came last; before there is a file, all of it behind the room.
    octets: Vec<u8>,
    file: Option<Filed>,
    loss: Option<Loss>,
    /// Over what stands behind the header, where somebody wants it.
    digest: Option<Sha256>,
}

/// The file, and what stands before it.
struct Filed {
    front: Vec<u8>,
    writer: BlobWriter,
}

/// A message that has come to its end, with its number.
pub struct Whole {
    /// Its number.
    pub mid: MessageId,
    /// The room and what follows it: all of a small message, the header of a large one.
    pub front: Vec<u8>,
    /// The rest of a large one.
    pub blob: Option<Blob>,
    /// What stands behind the header, if it was asked for.
    pub rest: Option<Rest>,
}

/// What stands behind the header and the line that ends it.
#[derive(Clone, Copy, Debug)]
pub struct Rest {
    /// Octets of it at the end of the front.
    pub in_front: usize,
    /// SHA-256 of it.
    pub sum: [u8; 32],
}

impl Incoming {
    /// Nothing yet, behind `room` octets.
    pub fn new(spool: Arc<dyn Spool>, room: usize) -> Incoming {
        Incoming { spool, room, octets: Vec::new(), file: None, loss: None, digest: None }
    }

    /// The same, with a sum of what stands behind the header.
    pub fn summed(spool: Arc<dyn Spool>, room: usize) -> Incoming {
        Incoming { digest: Some(Sha256::new()), ..Incoming::new(spool, room) }
    }

    /// Octets in front.
    pub fn room(&self) -> usize {
        self.room
    }

    /// So many octets are about to be appended. Most messages are one chunk: then this is all they ever take.
    pub fn expect(&mut self, count: usize) {
        if self.octets.is_empty() && self.file.is_none() && self.loss.is_none() {
            self.octets.reserve_exact(self.room + count);
            self.octets.resize(self.room, 0);
        }
    }

    /// Where what comes is appended, after [`Incoming::expect`].
    pub fn octets(&mut self) -> &mut Vec<u8> {
        &mut self.octets
    }

    /// Octets of memory that it takes.
    pub fn memory_bytes(&self) -> usize {
        self.octets.capacity() + self.file.as_ref().map_or(0, |file| file.front.capacity())
    }

    /// Why nothing of it is kept, if so.
    pub fn loss(&self) -> Option<&Loss> {
        self.loss.as_ref()
    }

    /// Keeps nothing of it from now on; the first reason counts.
    pub fn give_up(&mut self, why: Loss) {
        self.loss.get_or_insert(why);
        (self.octets, self.file) = (Vec::new(), None);
    }

    /// Whether [`Incoming::write_out`] has something to do.
    pub fn is_due(&self) -> bool {
        let most = if self.file.is_some() { PIECE_BYTES } else { self.spool.blob_from().saturating_add(self.room) };
        self.loss.is_none() && self.octets.len() >= most
    }

    /// Writes what is due to the file; begins it if there is none.
    pub async fn write_out(&mut self) {
        let written = match self.file {
            Some(_) => self.write_piece().await,
            None => self.begin_file().await,
        };
        if let Err(why) = written {
            self.give_up(Loss::Spool(why));
        }
    }

    async fn begin_file(&mut self) -> Result<(), SpoolError> {
        // While the header may go on, it waits: its end is near, or it is refused.
        let Some(front) = header::front(&self.octets[self.room..]) else { return Ok(()) };
        let writer = self.spool.stream(self.spool.reserve()).await.unwrap_or(Err(SpoolError::Stopped))?;
        let rest = self.octets.split_off(self.room + front);
        let mut front = std::mem::replace(&mut self.octets, rest);
        front.shrink_to_fit();
        self.file = Some(Filed { front, writer });
        self.write_piece().await?;
        self.octets = Vec::with_capacity(2 * PIECE_BYTES);
        Ok(())
    }

    async fn write_piece(&mut self) -> Result<(), SpoolError> {
        let Some(file) = &mut self.file else { return Ok(()) };
        if let Some(digest) = &mut self.digest {
            digest.update(&self.octets);
        }
        self.octets = file.writer.write(std::mem::take(&mut self.octets)).await?;
        Ok(())
    }

    /// The message has come to its end, and is wanted. What it has of a file is on disk when this answers.
    ///
    /// # Errors
    /// The spool could not write it.
    pub async fn finish(mut self) -> Result<Whole, SpoolError> {
        if !self.octets.is_empty() {
            self.write_piece().await?;
        }
        let Some(Filed { front, writer }) = self.file else {
            let (mid, front) = (self.spool.reserve(), self.octets);
            let rest = self.digest.map(|digest| rest_of(&front[self.room..], digest));
            return Ok(Whole { mid, front, blob: None, rest });
        };
        let mid = writer.mid();
        let rest = self.digest.map(|digest| Rest { in_front: 0, sum: digest.finalize().into() });
        Ok(Whole { mid, front, blob: Some(writer.finish().await?), rest })
    }

    /// The header and what follows it in memory, behind the room.
    pub fn front(&self) -> &[u8] {
        let front = self.file.as_ref().map_or(&self.octets, |file| &file.front);
        front.get(self.room..).unwrap_or_default()
    }
}

/// Of a message that is in memory as a whole.
fn rest_of(message: &[u8], digest: Sha256) -> Rest {
    let rest = &message[header::front(message).unwrap_or(message.len())..];
    Rest { in_front: rest.len(), sum: digest.chain_update(rest).finalize().into() }
}

impl Whole {
    /// The body, which begins at `start` of the front.
    pub fn into_body(mut self, start: usize) -> Body {
        if self.front.capacity() - self.front.len() > self.front.len() / 4 {
            // The spool may hold on to it: it shall not hold twice of it.
            self.front.shrink_to_fit();
        }
        Body::new(Bytes::from(self.front).slice(start..), self.blob)
    }
}
