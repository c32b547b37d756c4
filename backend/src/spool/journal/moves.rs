//! What has to go to the database, and when: the decisions, without a disk and without a clock of their own.
//!
//! Promises: one job at a time; a change goes to the database only once the journal's record of it is synced, so the
//! database is never ahead of the journal; while a batch moves, results for its messages wait behind it; a journal file
//! is held by every change, and every attempt begun, that only it knows. While a start still reads the database, nothing
//! is written to it: what is read is what was there, and results wait in the journal.
//! Never: frees a file; see `chain`.

use crate::spool::IdempotencyKey;
use crate::spool::journal::chain::Chain;
use crate::spool::journal::index::{Index, Place, Touched};
use crate::spool::journal::job::{Commit, Job, Moving, Owed};
use crate::spool::journal::keys::KEY_LIFE;
use crate::spool::journal::mover::outcome_of;
use crate::spool::queue_db::Change;
use crate::spool::settings::SpoolSettings;
use common::vocab::{MessageId, RecipientId, Timestamp};
use engine::envelope::Settlement;
use std::collections::{BTreeMap, HashMap, HashSet};
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

/// What is waiting of an adopted journal file.
#[derive(Clone, Copy, Debug, Default)]
pub struct Adopted {
    /// Messages that lie in it.
    pub live: u64,
    /// Messages that lay in it at first.
    pub first: u64,
    /// Their octets.
    pub bytes: u64,
    /// A copy was tried and left something behind: it is damaged.
    pub tried: bool,
}

/// See the top of this file.
#[derive(Debug, Default)]
pub struct Moves {
    stage: Stage,
    /// The start has read all of the database.
    is_read: bool,
    /// Messages accepted into each journal file, those that ended since among them.
    accepted: BTreeMap<u32, Vec<MessageId>>,
    /// Deferred since the last move.
    deferred: Vec<MessageId>,
    /// Written and not synced yet.
    unsynced: Vec<Owed>,
    /// Synced, for the next commit.
    changes: Vec<Owed>,
    /// Attempts begun and not ended, with the file that says so.
    begun: HashMap<MessageId, Vec<(RecipientId, u32)>>,
    /// Messages of the batch that moves.
    moving: HashSet<MessageId>,
    /// The file that is being adopted with them.
    adopting: Option<NonZeroU32>,
    /// Journal files that belong to the database.
    adopted: BTreeMap<u32, Adopted>,
    /// The last batch.
    batch: u64,
    /// Something was committed since the last checkpoint.
    dirty: bool,
    /// Since when something waits for company.
    since: Option<Duration>,
    /// No job before this time.
    not_before: Duration,
    /// The oldest file, where nothing of it could move, and when that was seen.
    stuck: Option<(u32, Duration)>,
}

impl Moves {
    /// At the start, behind this batch.
    pub fn new(batch: u64) -> Moves {
        Moves { batch, ..Moves::default() }
    }

    /// The start has read all of the database; so much lies in each adopted file. From now on it is written to.
    pub fn all_read(&mut self, adopted: BTreeMap<u32, Adopted>) {
        (self.is_read, self.adopted) = (true, adopted);
    }

    /// A message was accepted into this file.
    pub fn accepted(&mut self, mid: MessageId, number: u32) {
        self.accepted.entry(number).or_default().push(mid);
    }

    /// An attempt was begun, as this file says; answers how often that file is held for it.
    pub fn begun(&mut self, mid: MessageId, rids: &[RecipientId], number: u32) {
        self.begun.entry(mid).or_default().extend(rids.iter().map(|rid| (*rid, number)));
    }

    /// Recipients were settled by a record in this file. Answers the files that are no longer held for attempts begun,
    /// and whether this file is held for a change from now on.
    pub fn settled(&mut self, settlement: &Settlement, touched: Touched, number: u32) -> (Vec<u32>, bool) {
        let mid = settlement.mid;
        let mut ended = Vec::new();
        if let Some(open) = self.begun.get_mut(&mid) {
            let over = |rid: RecipientId| touched.ended || settlement.recipients.iter().any(|(of, _)| *of == rid);
            open.retain(|(rid, number)| {
                let over = over(*rid);
                if over {
                    ended.push(*number);
                }
                !over
            });
            if open.is_empty() {
                self.begun.remove(&mid);
            }
        }
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

    fn has_something(&self) -> bool {
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

    fn choose(&mut self, now: Duration, chain: &Chain, index: &Index, settings: &SpoolSettings) -> Option<Job> {
        if chain.oldest_is_empty() && self.dirty {
            return Some(Job::Checkpoint);
        }
        let aged = chain.oldest_full_at().is_some_and(|at| now >= at + settings.segment_age);
        if aged || chain.count() > settings.segments_max {
            match self.empty_oldest(chain, index, settings) {
                Some(commit) => return Some(Job::Commit(commit)),
                None => self.stuck = Some((chain.oldest_number(), now)),
            }
        }
        let waited = self.since.is_some_and(|since| now >= since + settings.move_wait);
        let enough = self.deferred.len() >= settings.move_messages_max || self.changes.len() >= settings.changes_max;
        if waited || enough {
            let deferred = std::mem::take(&mut self.deferred);
            let (moving, left) = self.gather(deferred, index, settings, |_| true);
            self.deferred = left;
            let commit = self.commit(moving, settings.changes_max);
            self.since = self.has_something().then_some(now);
            if !(commit.moving.is_empty() && commit.changes.is_empty()) {
                return Some(Job::Commit(commit));
            }
        }
        self.adopted_job(chain, settings)
    }

    /// What is left of adopted files: nothing, or too little to keep one for.
    fn adopted_job(&self, chain: &Chain, settings: &SpoolSettings) -> Option<Job> {
        for (number, adopted) in &self.adopted {
            if adopted.live == 0 {
                let (_, file) = chain.files().get(*number)?;
                return Some(Job::Release(*number, file));
            }
            let bytes = adopted.bytes / adopted.first.max(1) * adopted.live;
            if !adopted.tried && bytes * 100 < chain.segment_bytes() * settings.copy_percent {
                return Some(Job::Copy(*number));
            }
        }
        None
    }

    /// The next step to empty the oldest file: everything of it that counts goes to the database.
    fn empty_oldest(&mut self, chain: &Chain, index: &Index, settings: &SpoolSettings) -> Option<Commit> {
        let oldest = chain.oldest_to_empty()?;
        let number = oldest.seal.number;
        let lies_there = |place: Place| matches!(place, Place::Journal(spot) if spot.number == number);
        let mids = self.accepted.remove(&number).unwrap_or_default();
        let live: Vec<MessageId> = mids.into_iter().filter(|mid| index.place(*mid).is_some_and(lies_there)).collect();
        let bytes: u64 = live.iter().filter_map(|mid| bytes_of(index.place(*mid)?)).sum();
        let adopt = bytes * 100 > u64::from(oldest.capacity) * settings.adopt_percent;
        let (moving, left) = if adopt {
            let all = SpoolSettings { move_messages_max: usize::MAX, move_bytes_max: usize::MAX, ..settings.clone() };
            self.gather(live, index, &all, lies_there)
        } else {
            self.gather(live, index, settings, lies_there)
        };
        let last = left.is_empty();
        if !last {
            self.accepted.insert(number, left);
        }
        // A start does not read an adopted file: all that it says has to be in the database with it.
        let changes_max = if adopt { usize::MAX } else { settings.changes_max };
        let mut commit = self.commit(moving, changes_max);
        if adopt {
            commit.adopt = Some((oldest.seal, oldest.file.clone()));
            self.adopting = NonZeroU32::new(number);
            let first = commit.moving.len() as u64;
            self.adopted.insert(number, Adopted { live: first, first, bytes, tried: false });
        }
        if last {
            self.count_begun(number, &mut commit);
        }
        let nothing = commit.moving.is_empty() && commit.changes.is_empty() && commit.begun.is_empty();
        (!nothing).then_some(commit)
    }

    /// Attempts begun that only this file knows of.
    fn count_begun(&mut self, number: u32, commit: &mut Commit) {
        let mut open: Vec<(MessageId, RecipientId)> = Vec::new();
        for (mid, begun) in &self.begun {
            open.extend(begun.iter().filter(|(_, of)| *of == number).map(|(rid, _)| (*mid, *rid)));
        }
        open.sort_unstable();
        if !open.is_empty() {
            commit.begun.extend(open.into_iter().map(|(mid, rid)| Change::Begun(mid, rid, 1)));
            commit.begun.push(Change::BegunThrough(number));
        }
    }

    /// So many of these as one commit takes, and the others.
    fn gather(
        &self,
        mids: Vec<MessageId>,
        index: &Index,
        settings: &SpoolSettings,
        here: impl Fn(Place) -> bool,
    ) -> (Vec<Moving>, Vec<MessageId>) {
        let (mut moving, mut left, mut bytes) = (Vec::new(), Vec::new(), 0usize);
        let mut seen = HashSet::new();
        for mid in mids {
            let Some(entry) = index.in_journal(mid) else { continue };
            let Place::Journal(spot) = entry.place else { continue };
            if !here(entry.place) || !seen.insert(mid) {
                continue;
            }
            if moving.len() >= settings.move_messages_max || bytes >= settings.move_bytes_max {
                left.push(mid);
                continue;
            }
            bytes += spot.length as usize;
            let (remaining, deferred) = (entry.remaining.clone(), entry.deferred.clone());
            moving.push(Moving { mid, spot, remaining, deferred });
        }
        (moving, left)
    }

    fn commit(&mut self, moving: Vec<Moving>, changes_max: usize) -> Commit {
        let count = self.changes.len().min(changes_max.max(1));
        let changes: Vec<Owed> = self.changes.drain(..count).collect();
        let used = changes.iter().filter_map(|owed| match owed.change {
            Change::Key(_, _, at) => Some(at),
            _ => None,
        });
        let forget =
            used.max().map(|at| Change::ForgetKeys(Timestamp(at.0.saturating_sub(KEY_LIFE.as_millis() as u64))));
        let begun = forget.into_iter().collect();
        self.moving = moving.iter().map(|moving| moving.mid).collect();
        if !moving.is_empty() {
            self.batch += 1;
        }
        Commit { batch: if moving.is_empty() { 0 } else { self.batch }, moving, changes, begun, ..Commit::default() }
    }

    /// The disk was full: all of it is to be tried again, later.
    pub fn put_back(&mut self, now: Duration, job: Job) {
        self.stage = Stage::Idle;
        self.not_before = now + FULL_WAIT;
        let Job::Commit(commit) = job else { return };
        if let Some((seal, _)) = commit.adopt {
            self.adopted.remove(&seal.number);
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
            self.begun.retain(|_, open| {
                open.retain(|(_, of)| {
                    freed.extend((of == number).then_some(*of));
                    of != number
                });
                !open.is_empty()
            });
        }
        for left in commit.changes.iter().filter_map(|owed| owed.leaves) {
            self.left_adopted(left.get(), 1);
        }
        if let Some((seal, _)) = &commit.adopt {
            self.left_adopted(seal.number, damaged);
        }
        freed
    }

    /// A message of an adopted file is no longer there.
    pub fn left_adopted(&mut self, number: u32, count: u64) {
        if let Some(adopted) = self.adopted.get_mut(&number) {
            adopted.live = adopted.live.saturating_sub(count);
        }
    }

    /// The copying out of an adopted file is over.
    pub fn copied(&mut self, number: u32) {
        self.stage = Stage::Idle;
        self.dirty = true;
        if let Some(adopted) = self.adopted.get_mut(&number) {
            // What could not be read is found when the file is to be released.
            (adopted.tried, adopted.live) = (true, 0);
        }
    }

    /// An adopted file may be used again, unless so many messages still lie there.
    pub fn released(&mut self, number: u32, left: u64) {
        self.stage = Stage::Idle;
        self.dirty = true;
        if left == 0 {
            self.adopted.remove(&number);
        } else if let Some(adopted) = self.adopted.get_mut(&number) {
            adopted.live = left;
        }
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

fn bytes_of(place: Place) -> Option<u64> {
    match place {
        Place::Journal(spot) => Some(u64::from(spot.length)),
        Place::Stored { .. } | Place::Lost => None,
    }
}
