//! The files of the messages in the queue, by message; and at the start, those that nobody speaks of.
//!
//! Promises: a file that no record speaks of is removed at the start and counted; where a record or row is damaged it may
//! have been the one that spoke of it, so then it is set aside instead.
//! Never: opens a file.

use super::hands::Hands;
use super::writer::{self, BlobWriter};
use super::{Blob, BlobFile, BlobMark, BlobRoom};
use crate::spool::Answer;
use crate::spool::disk::Disk;
use crate::spool::failure::Pulse;
use crate::spool::journal::shared::lock;
use crate::spool::quarantine::Quarantine;
use common::vocab::MessageId;
use std::collections::{BTreeSet, HashMap};
use std::io;
use std::path::Path;
use std::sync::atomic::AtomicBool;
use std::sync::{Arc, Mutex};

/// See the top of this file.
#[derive(Debug)]
pub struct Blobs {
    room: Arc<BlobRoom>,
    live: Mutex<HashMap<MessageId, Blob>>,
    /// Files that were there at the start, and of which nothing was found yet that speaks of them.
    unclaimed: Mutex<BTreeSet<MessageId>>,
}

impl Blobs {
    /// Makes the folder below `dir` if it is not there, and lists it. Its name is durable after the next sync of `dir`.
    pub fn open(disk: &Arc<dyn Disk>, dir: &Path, quarantine: &Quarantine, pulse: Arc<Pulse>) -> io::Result<Blobs> {
        let folder = dir.join("blobs");
        disk.create_folder(&folder)?;
        let names = disk.names(&folder)?;
        let unclaimed = names.iter().filter_map(|name| number_of(name)).collect();
        let (hands, damaged) = (Hands::default(), Mutex::default());
        let (disk, quarantine) = (disk.clone(), quarantine.clone());
        let room = Arc::new(BlobRoom { disk, folder, quarantine, hands, pulse, damaged });
        Ok(Blobs { room, live: Mutex::default(), unclaimed: Mutex::new(unclaimed) })
    }

    /// Starts the threads.
    pub fn start_hands(&self) -> io::Result<()> {
        self.room.hands.start()
    }

    /// Begins the file of a message that arrives.
    pub fn begin(&self, mid: MessageId) -> Answer<BlobWriter> {
        writer::begin(&self.room, mid)
    }

    /// A message is in the queue, its file with it.
    pub fn keep(&self, mid: MessageId, blob: Blob) {
        lock(&self.live).insert(mid, blob);
    }

    /// The file of a message in the queue.
    pub fn get(&self, mid: MessageId) -> Option<Blob> {
        lock(&self.live).get(&mid).cloned()
    }

    /// A message left the queue.
    pub fn end(&self, mid: MessageId) -> Option<Blob> {
        lock(&self.live).remove(&mid)
    }

    /// Messages whose file turned out to be missing or damaged.
    pub fn damaged(&self) -> u64 {
        lock(&self.room.damaged).len() as u64
    }

    /// The start found a message that speaks of a file. Whether it is there.
    pub fn found(&self, mid: MessageId, mark: BlobMark) -> bool {
        let room = self.room.clone();
        self.keep(mid, Blob(Arc::new(BlobFile { room, mid, mark, doomed: AtomicBool::new(false) })));
        let there = self.claim(mid);
        if !there {
            self.room.miss(mid);
        }
        there
    }

    /// Something speaks of this file, though it cannot be read any more: it stays.
    pub fn claim(&self, mid: MessageId) -> bool {
        lock(&self.unclaimed).remove(&mid)
    }

    /// The start has read everything: what nobody spoke of goes, or is set aside if something is damaged. Answers how
    /// many those were.
    pub fn clear_unclaimed(&self, something_is_damaged: bool) -> u64 {
        let unclaimed = std::mem::take(&mut *lock(&self.unclaimed));
        for mid in &unclaimed {
            if something_is_damaged {
                self.set_aside(*mid);
            } else {
                self.room.remove(*mid);
            }
        }
        unclaimed.len() as u64
    }

    /// The record of a message is damaged: so that the next start does not take its file for one of nobody, it goes
    /// where the record went.
    pub fn set_aside(&self, mid: MessageId) {
        if let Err(error) = self.room.quarantine.take_body(&self.room.path(mid))
            && error.kind() != io::ErrorKind::NotFound
        {
            tracing::error!(%mid, "a file of blobs/ cannot be moved to the quarantine: {error}");
        }
    }
}

/// The number in a file name; `None` for names that are not ours.
fn number_of(name: &str) -> Option<MessageId> {
    let number: u64 = name.parse().ok()?;
    (number.to_string() == name).then_some(MessageId(number))
}
