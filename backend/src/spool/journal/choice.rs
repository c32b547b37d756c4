//! What goes to the database next: a checkpoint, the oldest journal file, what was put off, or an adopted file's rest.
//!
//! Promises: a commit is bounded, unless a whole file is adopted by it; what does not fit waits for the next.
//! Never: looks whether the database is free; see `moves`.

use crate::spool::journal::adopted::Adopted;
use crate::spool::journal::chain::Chain;
use crate::spool::journal::index::{Index, Place};
use crate::spool::journal::job::{Commit, Job, Moving, Owed};
use crate::spool::journal::keys::KEY_LIFE;
use crate::spool::journal::moves::Moves;
use crate::spool::queue_db::Change;
use crate::spool::settings::SpoolSettings;
use common::vocab::{MessageId, Timestamp};
use std::collections::HashSet;
use std::num::NonZeroU32;
use std::time::Duration;

impl Moves {
    /// The next job, if there is one.
    pub(super) fn choose(
        &mut self,
        now: Duration,
        chain: &Chain,
        index: &Index,
        settings: &SpoolSettings,
    ) -> Option<Job> {
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
        self.adopted.job(chain, settings)
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
            self.adopted.0.insert(number, Adopted { live: first, first, bytes, tried: false });
        }
        if last {
            commit.begun.extend(self.begun.of_file(number));
        }
        let nothing = commit.moving.is_empty() && commit.changes.is_empty() && commit.begun.is_empty();
        (!nothing).then_some(commit)
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
}

fn bytes_of(place: Place) -> Option<u64> {
    match place {
        Place::Journal(spot) => Some(u64::from(spot.length)),
        Place::Stored { .. } | Place::Lost => None,
    }
}
