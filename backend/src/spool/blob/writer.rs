//! A large body on its way in: piece by piece into a file of its own.
//!
//! Promises: a piece is taken once the one before it is written, so that a client is no faster than the disk; the file
//! and its name are on disk when [`BlobWriter::finish`] answers; a writer that is dropped leaves nothing behind.
//! Never: keeps a piece.

use super::{Blob, BlobFile, BlobMark, BlobRoom, first_sum};
use crate::spool::disk::{DiskFile, is_full};
use crate::spool::{Answer, SpoolError, SpoolHealth};
use common::vocab::MessageId;
use std::sync::Arc;
use std::sync::atomic::AtomicBool;

/// Octets between two syncs: a large body in one piece would hold up the syncs of mail beside it.
const SYNC_BYTES: u64 = 4 << 20;

/// See the top of this file.
#[derive(Debug)]
pub struct BlobWriter {
    file: Arc<dyn DiskFile>,
    /// Dropped, it removes the file.
    blob: BlobFile,
}

/// Begins a file.
pub(super) fn begin(room: &Arc<BlobRoom>, mid: MessageId) -> Answer<BlobWriter> {
    let owner = room.clone();
    room.hands.ask(mid, move || {
        match owner.pulse.get() {
            SpoolHealth::Ok => {}
            SpoolHealth::Failed(why) => return Err(SpoolError::Failed(why)),
            SpoolHealth::Low | SpoolHealth::Full => return Err(SpoolError::Full),
        }
        let file = owner.disk.create(&owner.path(mid)).map_err(|error| owner.trouble("create", &error))?;
        let mark = BlobMark { length: 0, sum: first_sum(mid) };
        Ok(BlobWriter { file, blob: BlobFile { room: owner, mid, mark, doomed: AtomicBool::new(true) } })
    })
}

impl BlobWriter {
    /// The message whose body it is.
    pub fn mid(&self) -> MessageId {
        self.blob.mid
    }

    /// Writes the next piece; gives its memory back, emptied.
    ///
    /// # Errors
    /// The disk is full, or fails. What was written is of no use then.
    pub async fn write(&mut self, mut piece: Vec<u8>) -> Result<Vec<u8>, SpoolError> {
        let (file, room, mark) = (self.file.clone(), self.blob.room.clone(), self.blob.mark);
        let written = self.blob.room.hands.ask(self.blob.mid, move || {
            let sum = crc32c::crc32c_append(mark.sum, &piece);
            let length = mark.length + piece.len() as u64;
            file.write_at(&piece, mark.length).map_err(|error| room.trouble("write", &error))?;
            if length / SYNC_BYTES != mark.length / SYNC_BYTES {
                sync(&room, || file.sync_data())?;
            }
            piece.clear();
            Ok((piece, BlobMark { length, sum }))
        });
        let (piece, mark) = written.await.unwrap_or(Err(SpoolError::Stopped))?;
        self.blob.mark = mark;
        Ok(piece)
    }

    /// Syncs the file and its name. What comes back is removed unless a record speaks of it.
    ///
    /// # Errors
    /// As for [`BlobWriter::write`].
    pub async fn finish(self) -> Result<Blob, SpoolError> {
        let BlobWriter { file, blob } = self;
        let (room, mid) = (blob.room.clone(), blob.mid);
        let synced = room.clone().hands.ask(mid, move || {
            sync(&room, || file.sync_all())?;
            room.disk.sync_folder(&room.folder).map_err(|error| room.trouble("sync the name of", &error))?;
            Ok(Blob(Arc::new(blob)))
        });
        synced.await.unwrap_or(Err(SpoolError::Stopped))
    }
}

/// A sync that finds no room harms this file alone, and that is given up; after any other failure nobody can say what
/// is on disk.
fn sync(room: &BlobRoom, call: impl FnOnce() -> std::io::Result<()>) -> Result<(), SpoolError> {
    call().map_err(|error| if is_full(&error) { SpoolError::Full } else { room.trouble("sync", &error) })
}
