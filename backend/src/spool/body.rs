//! The body of a message, as a named value between the rooms: what its record holds, and behind that, if it is large, a
//! file of its own.
//!
//! Promises: the front of a large body holds the whole header, so that whoever shows or tells of a message reads no file;
//! pieces come in order and are bounded; the last one comes only if all of them were right.
//! Never: in memory as a whole, unless asked for.

use crate::spool::SpoolError;
use crate::spool::blob::reader::BlobReader;
use crate::spool::blob::{Blob, PIECE_BYTES};
use bytes::Bytes;

/// A message as it will be sent: CRLF line ends, our Received field at the top, not dot-stuffed.
#[derive(Clone, Debug)]
pub struct Body {
    front: Bytes,
    blob: Option<Blob>,
}

impl From<Bytes> for Body {
    /// A small one: all of it is in memory.
    fn from(front: Bytes) -> Body {
        Body { front, blob: None }
    }
}

impl Body {
    /// `front`, and behind it the file.
    pub fn new(front: Bytes, blob: Option<Blob>) -> Body {
        Body { front, blob }
    }

    /// Its first octets: all of a small body, and at least the header of a large one.
    pub fn front(&self) -> &Bytes {
        &self.front
    }

    /// The file of a large one.
    pub fn blob(&self) -> Option<&Blob> {
        self.blob.as_ref()
    }

    /// Octets of it.
    pub fn size_bytes(&self) -> u64 {
        self.front.len() as u64 + self.blob.as_ref().map_or(0, |blob| blob.mark().length)
    }

    /// The parts: what is in memory, and the file.
    pub fn into_parts(self) -> (Bytes, Option<Blob>) {
        (self.front, self.blob)
    }

    /// Reads it from its start.
    pub fn pieces(self) -> Pieces {
        Pieces { front: self.front, blob: self.blob.map(BlobReader::new) }
    }

    /// All of it in memory. The caller has looked at [`Body::size_bytes`].
    ///
    /// # Errors
    /// As for [`Pieces::next`].
    pub async fn whole(self) -> Result<Bytes, SpoolError> {
        if self.blob.is_none() {
            return Ok(self.front);
        }
        let mut whole = Vec::with_capacity(usize::try_from(self.size_bytes()).unwrap_or(0));
        let mut pieces = self.pieces();
        while !pieces.is_done() {
            whole.extend_from_slice(&pieces.next().await?);
        }
        Ok(whole.into())
    }
}

/// A body that is being read.
#[derive(Debug)]
pub struct Pieces {
    front: Bytes,
    blob: Option<BlobReader>,
}

impl Pieces {
    /// Whether all of it was given out.
    pub fn is_done(&self) -> bool {
        self.front.is_empty() && self.blob.as_ref().is_none_or(BlobReader::is_done)
    }

    /// Looks whether what is not in memory is there.
    ///
    /// # Errors
    /// As for [`Pieces::next`].
    pub async fn open(&mut self) -> Result<(), SpoolError> {
        match &mut self.blob {
            Some(blob) => blob.open().await,
            None => Ok(()),
        }
    }

    /// The next piece, at most [`PIECE_BYTES`]; empty at the end.
    ///
    /// # Errors
    /// The file of a large body is missing or damaged, or cannot be read at this time. Its last piece is not given out
    /// then.
    pub async fn next(&mut self) -> Result<Bytes, SpoolError> {
        match &mut self.blob {
            Some(blob) if self.front.is_empty() => blob.next().await,
            _ => Ok(self.front.split_to(self.front.len().min(PIECE_BYTES))),
        }
    }
}
