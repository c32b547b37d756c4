//! What the spool's threads and its handle know together: the index, the fresh bodies, the open files, the health.
//!
//! Promises: no lock is held over a call to the disk.
//! Never: decides anything; the writer alone changes the index.

use crate::spool::blob::registry::Blobs;
use crate::spool::disk::DiskFile;
use crate::spool::failure::{Pulse, SpoolHealth};
use crate::spool::frame::Seal;
use crate::spool::journal::cache::BodyCache;
use crate::spool::journal::index::{Index, Place};
use crate::spool::queue_db::QueueDb;
use common::vocab::MessageId;
use std::collections::{HashMap, HashSet};
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

/// Message numbers are promised to the disk in blocks of this size: so many may be skipped after a crash,
/// and so many may be given out without any of them being kept before a block has to be written.
pub const NUMBERS_BLOCK: u64 = 65_536;

/// A value behind a lock. A thread that panicked left it whole: every change is one call.
pub fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

type OpenFile = (Seal, Arc<dyn DiskFile>);

/// The open segments by number, for readers.
#[derive(Clone, Debug, Default)]
pub struct Files(Arc<Mutex<HashMap<u32, OpenFile>>>);

impl Files {
    /// A segment came into use.
    pub fn insert(&self, seal: Seal, file: Arc<dyn DiskFile>) {
        lock(&self.0).insert(seal.number, (seal, file));
    }
    /// A segment is no longer in use.
    pub fn remove(&self, number: u32) {
        lock(&self.0).remove(&number);
    }
    /// The segment with this number.
    pub fn get(&self, number: u32) -> Option<OpenFile> {
        lock(&self.0).get(&number).cloned()
    }
}

/// What changes with every group.
#[derive(Debug)]
pub struct State {
    /// Live messages.
    pub index: Index,
    /// Fresh bodies.
    pub cache: BodyCache,
    /// Messages whose record turned out to be damaged while we ran.
    pub damaged: HashSet<MessageId>,
}

/// What is there before the journal is read.
#[derive(Clone, Debug)]
pub struct LongTerm {
    /// The database.
    pub db: Arc<dyn QueueDb>,
    /// The files of large bodies.
    pub blobs: Arc<Blobs>,
    /// How the spool is.
    pub pulse: Arc<Pulse>,
}

/// See the top of this file.
#[derive(Debug)]
pub struct Shared {
    state: Mutex<State>,
    pulse: Arc<Pulse>,
    next: AtomicU64,
    /// Below this, numbers may be given out without telling the disk.
    ceiling: AtomicU64,
    asked: AtomicBool,
    /// The open segments.
    pub files: Files,
    /// The files of large bodies.
    pub blobs: Arc<Blobs>,
    /// What lives longer than they do.
    pub db: Arc<dyn QueueDb>,
}

impl Shared {
    /// At the start.
    pub fn new(index: Index, cache_bytes_max: usize, next: MessageId, files: Files, long_term: LongTerm) -> Shared {
        let cache = BodyCache::new(cache_bytes_max);
        let LongTerm { db, blobs, pulse } = long_term;
        Shared {
            state: Mutex::new(State { index, cache, damaged: HashSet::new() }),
            pulse,
            next: AtomicU64::new(next.0),
            ceiling: AtomicU64::new(next.0),
            asked: AtomicBool::new(true), // until the start has written the first block
            files,
            blobs,
            db,
        }
    }

    /// Index, cache and damage.
    pub fn state(&self) -> MutexGuard<'_, State> {
        lock(&self.state)
    }

    /// Where a live message lies.
    pub fn place(&self, mid: MessageId) -> Option<Place> {
        self.state().index.place(mid)
    }

    /// How the spool is.
    pub fn health(&self) -> SpoolHealth {
        self.pulse.get()
    }

    /// A failure stays; everything else may change.
    pub fn set_health(&self, health: SpoolHealth) {
        self.pulse.set(health);
    }

    /// A number never used before. `true`: a new block has to be written soon, and nobody else was told so.
    pub fn reserve(&self) -> (MessageId, bool) {
        let mid = self.next.fetch_add(1, Ordering::Relaxed);
        let near = mid + NUMBERS_BLOCK / 2 >= self.ceiling();
        (MessageId(mid), near && !self.asked.swap(true, Ordering::Relaxed))
    }

    /// The number that the next reservation gets.
    pub fn next(&self) -> u64 {
        self.next.load(Ordering::Relaxed)
    }

    /// Whether the present block is half used up.
    pub fn block_is_near_its_end(&self) -> bool {
        self.next() + NUMBERS_BLOCK / 2 >= self.ceiling.load(Ordering::Relaxed)
    }

    /// Numbers below this are promised to the disk.
    pub fn ceiling(&self) -> u64 {
        self.ceiling.load(Ordering::Relaxed)
    }

    /// Numbers below this are promised to the disk from now on.
    pub fn set_ceiling(&self, ceiling: u64) {
        self.ceiling.store(ceiling, Ordering::Relaxed);
        self.asked.store(false, Ordering::Relaxed);
    }
}
