//! Large bodies: each in a file of its own, `blobs/NUMBER`, written while it arrives and read while it leaves.
//!
//! Promises: a file is on disk, name and all, before a record speaks of it; it stays from the moment such a record may be
//! on disk until the end of its message is; what nobody speaks of is removed, or set aside where damage may be the reason; a damaged file is set aside when it is found.
//! A file bears its length and sum in the record, so that one octet too many, too few or different is found before it
//! is sent as a whole. Never: holds more than a piece of it in memory.
//! The walk goes on in `writer` (in), `reader` (out) and `body`, which joins a file with what the record holds.

pub mod hands;
pub mod reader;
pub mod registry;
pub mod writer;

use crate::spool::SpoolError;
use crate::spool::disk::{Disk, is_full};
use crate::spool::failure::Pulse;
use crate::spool::quarantine::{Origin, Quarantine};
use common::vocab::MessageId;
use common::wire::DamageKind;
use hands::Hands;
use rustix::io::Errno;
use std::collections::BTreeSet;
use std::io;
use std::path::PathBuf;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

/// Octets that are written or read at once: few calls, and a session holds no more of a large body than this.
pub const PIECE_BYTES: usize = 64 * 1024;

/// What a record says of a file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct BlobMark {
    /// Octets of it.
    pub length: u64,
    /// CRC32C over the message's number and all octets.
    pub sum: u32,
}

/// The sum of a file before its first octet: another message's file does not pass.
fn first_sum(mid: MessageId) -> u32 {
    crc32c::crc32c(&mid.0.to_le_bytes())
}

/// What files, their writers and their readers share.
#[derive(Debug)]
pub struct BlobRoom {
    disk: Arc<dyn Disk>,
    folder: PathBuf,
    quarantine: Quarantine,
    hands: Hands,
    pulse: Arc<Pulse>,
    /// Messages whose file is missing or damaged.
    damaged: Mutex<BTreeSet<MessageId>>,
}

impl BlobRoom {
    fn path(&self, mid: MessageId) -> PathBuf {
        self.folder.join(mid.0.to_string())
    }

    /// The file of this message has this length and cannot be sent: it is set aside, and counted once.
    fn damage(&self, mid: MessageId, octets: u64) {
        if !self.damaged.lock().unwrap_or_else(PoisonError::into_inner).insert(mid) {
            return;
        }
        tracing::error!(%mid, "the body of a message, in blobs/, is damaged: it is set aside, not sent");
        if let Err(error) = self.quarantine.take_blob(mid, octets, &self.path(mid)) {
            tracing::error!(%mid, "a damaged file of blobs/ cannot be moved to the quarantine: {error}");
        }
    }

    /// The file of this message is not there: listed and counted once. It may be put back: the next
    /// start looks again.
    fn miss(&self, mid: MessageId) {
        if self.damaged.lock().unwrap_or_else(PoisonError::into_inner).insert(mid) {
            tracing::error!(%mid, "the body of a message is missing in blobs/: it is not sent");
            self.quarantine.leave(Origin::Blob(mid), Some(mid), DamageKind::Missing, 0);
        }
    }

    fn is_damaged(&self, mid: MessageId) -> bool {
        self.damaged.lock().unwrap_or_else(PoisonError::into_inner).contains(&mid)
    }

    /// What a failed write means: a full disk passes. What else fails is the disk itself, and that ends the process as
    /// a failure of the journal does.
    fn trouble(&self, doing: &str, error: &io::Error) -> SpoolError {
        if is_full(error) {
            return SpoolError::Full;
        }
        let why = format!("cannot {doing} a file of blobs/: {error}");
        if is_out_of_descriptors(error) {
            tracing::warn!("the spool {why}; a client is asked to try again");
            return SpoolError::Failed(why);
        }
        tracing::error!("the spool {why}; this process must end, the next one recovers from disk");
        self.pulse.set(crate::spool::SpoolHealth::Failed(why.clone()));
        SpoolError::Failed(why)
    }

    /// Takes a file away that nobody speaks of. One that stays is found by the next start.
    fn remove(&self, mid: MessageId) {
        match self.disk.remove(&self.path(mid)) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => {
                tracing::warn!(%mid, "a file of blobs/ cannot be removed, and is tried again at the next start: {error}");
            }
            _ => {}
        }
    }
}

/// That passes, and says nothing of the disk.
fn is_out_of_descriptors(error: &io::Error) -> bool {
    let number = error.raw_os_error();
    [Errno::MFILE, Errno::NFILE].iter().any(|starved| number == Some(starved.raw_os_error()))
}

/// A whole file. While `doomed` it goes with its last handle.
#[derive(Debug)]
struct BlobFile {
    room: Arc<BlobRoom>,
    mid: MessageId,
    mark: BlobMark,
    doomed: AtomicBool,
}

impl Drop for BlobFile {
    fn drop(&mut self) {
        if self.doomed.load(Ordering::Relaxed) {
            let (room, mid) = (self.room.clone(), self.mid);
            self.room.hands.give(mid, Box::new(move || room.remove(mid)));
        }
    }
}

/// A handle to a file that is whole; clones share it. Until [`Blob::stay`] it is removed with the last of them.
#[derive(Clone, Debug)]
pub struct Blob(Arc<BlobFile>);

impl Blob {
    /// What the record has to say of it.
    pub fn mark(&self) -> BlobMark {
        self.0.mark
    }

    /// A record that speaks of it may be on disk from now on.
    pub fn stay(&self) {
        self.0.doomed.store(false, Ordering::Relaxed);
    }

    /// No record speaks of it any more, and that is on disk: it goes once nobody reads it.
    pub fn go(&self) {
        self.0.doomed.store(true, Ordering::Relaxed);
    }
}
