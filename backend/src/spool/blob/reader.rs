//! A large body on its way out: piece by piece from its file.
//!
//! Promises: the last piece is given out only if length and sum are right, so that a damaged body is never sent to its
//! end; damage is counted once, and from then on nothing of that body is given out.
//! Never: reads ahead.

use super::{Blob, PIECE_BYTES, first_sum};
use crate::spool::SpoolError;
use crate::spool::disk::DiskFile;
use bytes::Bytes;
use std::io::ErrorKind;
use std::sync::Arc;

/// See the top of this file.
#[derive(Debug)]
pub struct BlobReader {
    blob: Blob,
    /// Open once the first piece was asked for.
    file: Option<Arc<dyn DiskFile>>,
    at: u64,
    sum: u32,
}

impl BlobReader {
    /// At its start.
    pub fn new(blob: Blob) -> BlobReader {
        let sum = first_sum(blob.0.mid);
        BlobReader { blob, file: None, at: 0, sum }
    }

    /// Whether all of it was given out.
    pub fn is_done(&self) -> bool {
        self.at == self.blob.mark().length
    }

    /// Opens the file, so that one that is missing is known before anything is sent.
    ///
    /// # Errors
    /// As for [`BlobReader::next`].
    pub async fn open(&mut self) -> Result<(), SpoolError> {
        let blob = self.blob.clone();
        let opened = self.blob.0.room.hands.ask(self.blob.0.mid, move || open(&blob));
        self.file = Some(opened.await.unwrap_or(Err(SpoolError::Stopped))?);
        Ok(())
    }

    /// The next piece; empty at the end.
    ///
    /// # Errors
    /// The file is missing or damaged, or cannot be read at this time.
    pub async fn next(&mut self) -> Result<Bytes, SpoolError> {
        let (blob, file, at, sum) = (self.blob.clone(), self.file.clone(), self.at, self.sum);
        let read = self.blob.0.room.hands.ask(self.blob.0.mid, move || read(&blob, file, at, sum));
        let (file, piece, sum) = read.await.unwrap_or(Err(SpoolError::Stopped))?;
        (self.file, self.sum, self.at) = (Some(file), sum, self.at + piece.len() as u64);
        Ok(piece)
    }
}

type Piece = (Arc<dyn DiskFile>, Bytes, u32);

fn read(blob: &Blob, file: Option<Arc<dyn DiskFile>>, at: u64, sum: u32) -> Result<Piece, SpoolError> {
    let file = match file {
        Some(file) => file,
        None => open(blob)?,
    };
    let (room, mid, mark) = (&blob.0.room, blob.0.mid, blob.mark());
    let mut piece = vec![0; usize::try_from(mark.length - at).map_or(PIECE_BYTES, |left| left.min(PIECE_BYTES))];
    file.read_at(&mut piece, at).map_err(|error| cannot_read(&error))?;
    let sum = crc32c::crc32c_append(sum, &piece);
    if at + piece.len() as u64 == mark.length && sum != mark.sum {
        room.damage(mid, mark.length);
        return Err(SpoolError::Missing(mid));
    }
    Ok((file, Bytes::from(piece), sum))
}

/// Opens a file that has its length, and was not found damaged before.
fn open(blob: &Blob) -> Result<Arc<dyn DiskFile>, SpoolError> {
    let (room, mid) = (&blob.0.room, blob.0.mid);
    if room.is_damaged(mid) {
        return Err(SpoolError::Missing(mid));
    }
    let file = match room.disk.open(&room.path(mid)) {
        Err(error) if error.kind() == ErrorKind::NotFound => {
            room.miss(mid);
            return Err(SpoolError::Missing(mid));
        }
        opened => opened.map_err(|error| cannot_read(&error))?,
    };
    let octets = file.length().map_err(|error| cannot_read(&error))?;
    if octets != blob.mark().length {
        room.damage(mid, octets);
        return Err(SpoolError::Missing(mid));
    }
    Ok(file)
}

/// The disk may give it out another time.
fn cannot_read(error: &std::io::Error) -> SpoolError {
    SpoolError::Failed(format!("cannot read a file of blobs/: {error}"))
}
