//! What has to go to the database, and whether it may: the books, without a disk and without a clock of their own.
//!
//! Promises: one job at a time; a change goes to the database only once the journal's record of it is synced, so the
//! database is never ahead of the journal; while a batch moves, results for its messages wait behind it; a journal file
//! is held by every change, and every attempt begun, that only it knows. While a start still reads the database, no mail
//! is written to it: what is read is what was there, and results wait in the journal.
//! Never: frees a file; see `chain`. What goes next is chosen in `choice`.

use crate::spool::IdempotencyKey;
use crate::spool::journal::adopted::{Adopted, AdoptedFiles};
use crate::spool::journal::attempts::OpenAttempts;
use crate::spool::journal::chain::Chain;
use crate::spool::journal::index::{Index, Place, Touched};
use crate::spool::journal::job::{Commit, Job, Owed};
use crate::spool::journal::mover::outcome_of;
use crate::spool::queue_db::Change;
use crate::spool::settings::SpoolSettings;
use common::vocab::{MessageId, RecipientId, Timestamp};
use engine::envelope::Settlement;
use std::collections::{BTreeMap, HashSet};
use std::num::NonZeroU32;
use std::time::Duration;

/// After a commit that found the disk full the next one waits so long.
const FULL_WAIT: Duration = Duration::from_secs(2);

/// A journal file that is full of nothing that could move (pieces that could not be set aside, a damaged record that
/// could not be copied) is looked at again after so long.
const STUCK_WAIT: Duration = Duration::from_secs(10);

/// Where the one job stands.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
enum Stage {
    #[default]
    Idle,
    /// The database works.
    Running,
    /// Committed; the record that says so is not written yet.
    Landed,
    /// That record is written, and not synced yet.
    Recorded,
}

/// See the top of this file.
#[derive(Debug, Default)]
pub struct Moves {
    stage: Stage,
    /// The start has read all of the database.
    is_read: bool,
    /// Messages accepted into each journal file, those that ended since among them.
    pub(super) accepted: BTreeMap<u32, Vec<MessageId>>,
    /// Deferred since the last move.
    pub(super) deferred: Vec<MessageId>,
    /// Written and not synced yet.
    unsynced: Vec<Owed>,
    /// Synced, for the next commit.
    pub(super) changes: Vec<Owed>,
    /// Attempts begun and not ended.
    pub(super) begun: OpenAttempts,
    /// Messages of the batch that moves.
    pub(super) moving: HashSet<MessageId>,
    /// The file that is being adopted with them.
    pub(super) adopting: Option<NonZeroU32>,
    /// Journal files that belong to the database.
    pub(super) adopted: AdoptedFiles,
    /// The last batch.
    pub(super) batch: u64,
    /// Something was committed since the last checkpoint.
    pub(super) dirty: bool,
    /// Since when something waits for company.
    pub(super) since: Option<Duration>,
    /// No job before this time.
    not_before: Duration,
    /// The oldest file, where nothing of it could move, and when that was seen.
    pub(super) stuck: Option<(u32, Duration)>,
}

impl Moves {
    /// At the start, behind this batch.
    pub fn new(batch: u64) -> Moves {
        Moves { batch, ..Moves::default() }
    }

    /// The start has read all of the database; so much lies in each adopted file. From now on it is written to.
    pub fn all_read(&mut self, adopted: BTreeMap<u32, Adopted>) {
        (self.is_read, self.adopted) = (true, AdoptedFiles(adopted));
    }

    /// A message was accepted into this file.
    pub fn accepted(&mut self, mid: MessageId, number: u32) {
        self.accepted.entry(number).or_default().push(mid);
    }

    /// An attempt was begun, as this file says; answers how often that file is held for it.
    pub fn begun(&mut self, mid: MessageId, rids: &[RecipientId], number: u32) {
        self.begun.begin(mid, rids, number);
    }

    /// Recipients were settled by a record in this file. Answers the files that are no longer held for attempts begun,
    /// and whether this file is held for a change from now on.
    pub fn settled(&mut self, settlement: &Settlement, touched: Touched, number: u32) -> (Vec<u32>, bool) {
        let mid = settlement.mid;
        let ended = self.begun.settled(settlement, touched.ended);
        let stored = matches!(touched.place, Place::Stored { .. }) || self.moving.contains(&mid);
        if stored {
            let outcomes = || settlement.recipients.iter().map(|(rid, settled)| (*rid, outcome_of(*settled))).collect();
            let change = if touched.ended { Change::Remove(mid) } else { Change::Outcomes(mid, outcomes()) };
            let leaves = match touched.place {
                Place::Stored { segment } => segment,
                Place::Journal(_) | Place::Lost => self.adopting,
            };
            self.unsynced.push(Owed { change, held: number, leaves: leaves.filter(|_| touched.ended) });
        } else if !touched.ended && settlement.recipients.iter().any(|(_, settled)| outcome_of(*settled).is_some()) {
            self.deferred.push(mid);
        }
        (ended, stored)
    }

    /// A client's name for a message; this file holds its record.
    pub fn key(&mut self, key: IdempotencyKey, mid: MessageId, at: Timestamp, number: u32) {
        self.unsynced.push(Owed { change: Change::Key(key, mid, at), held: number, leaves: None });
    }

    /// A message that was found deferred in the journal.
    pub fn found_deferred(&mut self, mid: MessageId) {
        self.deferred.push(mid);
    }

    /// What the start found that the database has to hear of; the journal has it on disk.
    pub fn found(&mut self, owed: Owed) {
        self.changes.push(owed);
    }

    /// All that was written is on disk.
    pub fn synced(&mut self) {
        self.changes.append(&mut self.unsynced);
        if self.stage == Stage::Recorded {
            self.stage = Stage::Idle;
        }
    }

    /// The record of the last batch is written.
    pub fn recorded(&mut self) {
        self.stage = Stage::Recorded;
    }

    /// When to look again, if nothing happens before.
    pub fn wake_at(&self, chain: &Chain, settings: &SpoolSettings) -> Option<Duration> {
        if self.stage != Stage::Idle || !self.is_read {
            return None; // the end of the job, or of the start, wakes us
        }
        let again = self.stuck.filter(|(number, _)| *number == chain.oldest_number()).map(|(_, at)| at + STUCK_WAIT);
        let aged = chain.oldest_full_at().map(|at| (at + settings.segment_age).max(again.unwrap_or_default()));
        let company = self.since.map(|since| since + settings.move_wait);
        let empty = (self.dirty && chain.oldest_is_empty()).then_some(self.not_before);
        [aged, company, empty].into_iter().flatten().min().map(|at| at.max(self.not_before))
    }

    pub(super) fn has_something(&self) -> bool {
        !(self.deferred.is_empty() && self.changes.is_empty() && self.unsynced.is_empty())
    }

    /// Whether changes wait for a sync that no mail brings.
    pub fn wants_sync(&self, now: Duration, settings: &SpoolSettings) -> bool {
        !self.unsynced.is_empty() && self.since.is_some_and(|since| now >= since + settings.move_wait)
    }

    /// The next job, if there is one.
    pub fn next_job(&mut self, now: Duration, chain: &Chain, index: &Index, settings: &SpoolSettings) -> Option<Job> {
        if self.stage != Stage::Idle || !self.is_read || now < self.not_before {
            return None;
        }
        if self.since.is_none() && self.has_something() {
            self.since = Some(now);
        }
        let job = self.choose(now, chain, index, settings);
        if job.is_some() {
            self.stage = Stage::Running;
        }
        job
    }

    /// The disk was full: all of it is to be tried again, later.
    pub fn put_back(&mut self, now: Duration, job: Job) {
        self.stage = Stage::Idle;
        self.not_before = now + FULL_WAIT;
        let Job::Commit(commit) = job else { return };
        if let Some((seal, _)) = commit.adopt {
            self.adopted.0.remove(&seal.number);
        }
        for moving in commit.moving {
            self.accepted.entry(moving.spot.number).or_default().push(moving.mid);
            if moving.deferred.is_some() {
                self.deferred.push(moving.mid);
            }
        }
        self.moving.clear();
        self.adopting = None;
        self.changes.splice(..0, commit.changes); // attempts begun are still known
    }

    /// A commit is on disk. Answers the files that were held for it.
    pub fn committed(&mut self, commit: &Commit, damaged: u64) -> Vec<u32> {
        self.stage = if commit.batch > 0 { Stage::Landed } else { Stage::Idle };
        self.dirty = true;
        self.moving.clear();
        self.adopting = None;
        let mut freed: Vec<u32> = commit.changes.iter().map(|owed| owed.held).collect();
        if let Some(Change::BegunThrough(number)) = commit.begun.last() {
            freed.extend(self.begun.counted_in(*number));
        }
        for left in commit.changes.iter().filter_map(|owed| owed.leaves) {
            self.adopted.left(left.get(), 1);
        }
        if let Some((seal, _)) = &commit.adopt {
            self.adopted.left(seal.number, damaged);
        }
        freed
    }

    /// The copying out of an adopted file is over.
    pub fn copied(&mut self, number: u32) {
        self.stage = Stage::Idle;
        self.dirty = true;
        self.adopted.copied(number);
    }

    /// An adopted file may be used again, unless so many messages still lie there.
    pub fn released(&mut self, number: u32, left: u64) {
        self.stage = Stage::Idle;
        self.dirty = true;
        self.adopted.released(number, left);
    }

    /// A checkpoint ended; one that met a reader is tried again soon.
    pub fn checkpointed(&mut self, now: Duration, complete: bool) {
        self.stage = Stage::Idle;
        if complete {
            self.dirty = false;
        } else {
            self.not_before = now + Duration::from_millis(50);
        }
    }

    /// Whether the database holds something that is only in its write-ahead log.
    pub fn is_dirty(&self) -> bool {
        self.dirty
    }

    /// This file no longer exists for the journal.
    pub fn retired(&mut self, oldest: u32) {
        self.accepted = self.accepted.split_off(&oldest);
    }
}
