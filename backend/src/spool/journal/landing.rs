//! The pen's dealings with the database: hands out jobs, and lets count what they came to.
//!
//! Promises: a batch counts once the record that names it is synced; a database that fails ends the process, one whose
//! disk is full is asked again later, while the journal keeps what it could not take.
//! Never: waits for the database.

use crate::spool::journal::index::Place;
use crate::spool::journal::job::{Commit, Damaged, Job, Landed};
use crate::spool::journal::log::Log;
use crate::spool::journal::shared::State;
use crate::spool::queue_db::{Change, DbError};
use crate::spool::{SpoolHealth, disk::DiskFile};
use common::vocab::MessageId;
use std::io;
use std::num::NonZeroU32;
use std::sync::Arc;
use std::time::Duration;

impl Log {
    /// Tells the time, on a clock that only ever goes forward.
    pub fn at(&mut self, now: Duration) {
        self.chain.at(now);
    }

    /// What the database is to do next. `None` while it works, or if there is nothing.
    pub fn next_job(&mut self) -> Option<Job> {
        // Large bodies that have left would take room until the next mail came.
        let ended = self.ended_at().is_some_and(|at| self.chain.now() >= at);
        if ended || self.moves.wants_sync(self.chain.now(), &self.settings) {
            self.sync();
        }
        if matches!(self.shared.health(), SpoolHealth::Failed(_)) {
            return None;
        }
        let state = self.shared.state();
        self.moves.next_job(self.chain.now(), &self.chain, &state.index, &self.settings)
    }

    /// When to look for a job again, if nothing happens before.
    pub fn wake_at(&self) -> Option<Duration> {
        [self.moves.wake_at(&self.chain, &self.settings), self.ended_at()].into_iter().flatten().min()
    }

    /// When the files of messages that ended have waited long enough for a sync that mail brings.
    fn ended_at(&self) -> Option<Duration> {
        self.ended_since.map(|since| since + self.settings.move_wait)
    }

    /// A job came back.
    pub(super) fn landed(&mut self, landed: Landed) {
        let Landed { job, result, damaged, copied, complete, left } = landed;
        match result {
            Ok(()) => {}
            Err(DbError::Full) => {
                tracing::error!("the disk of the spool is full: messages stay in the journal for now");
                return self.moves.put_back(self.chain.now(), job);
            }
            Err(why) => return self.fail("write to queue.db", &io::Error::other(why.to_string())),
        }
        match job {
            Job::Commit(commit) => self.landed_commit(commit, &damaged),
            Job::Copy(number) => {
                let shared = self.shared.clone();
                let mut state = shared.state();
                copied.iter().for_each(|mid| move_stored(&mut state, *mid, None));
                self.moves.copied(number);
            }
            Job::Release(number, file) => self.landed_release(number, file, left),
            Job::Checkpoint => self.moves.checkpointed(self.chain.now(), complete),
        }
        self.chain.set_checkpointed(!self.moves.is_dirty());
    }

    fn landed_commit(&mut self, commit: Commit, damaged: &[Damaged]) {
        let freed = self.moves.committed(&commit, damaged.len() as u64);
        freed.into_iter().for_each(|number| self.chain.release(number));
        let segment = commit.adopt.as_ref().and_then(|(seal, _)| NonZeroU32::new(seal.number));
        if let Some((seal, _)) = &commit.adopt {
            self.chain.adopt(seal.number);
        }
        {
            let shared = self.shared.clone();
            let mut state = shared.state();
            for moving in &commit.moving {
                let place = match damaged.iter().find(|damaged| damaged.mid == moving.mid) {
                    Some(Damaged { set_aside: true, .. }) => Place::Lost,
                    Some(_) => continue, // its file keeps it
                    None => Place::Stored { segment },
                };
                // One that ended meanwhile has given its segment free already.
                if state.index.place(moving.mid) == Some(Place::Journal(moving.spot)) {
                    state.index.move_to(moving.mid, place);
                    state.cache.remove(moving.mid); // it is no longer fresh
                    self.landed.push(moving.spot.number);
                }
            }
            state.index.shrink();
        }
        for owed in &commit.changes {
            if let Change::Key(key, mid, _) = &owed.change {
                self.keys.remove(key, *mid);
            }
        }
        if commit.batch > 0 {
            let stayed = |mid| damaged.iter().any(|damaged| damaged.mid == mid);
            let mids = commit.moving.iter().map(|moving| moving.mid).filter(|mid| !stayed(*mid));
            let mut mids: Vec<MessageId> = mids.collect();
            mids.sort_unstable();
            self.put_moved(commit.batch, mids);
        }
    }

    /// The record of the last batch is written: with its sync the journal holds its messages no longer.
    pub(super) fn count_moved(&mut self) {
        let landed = std::mem::take(&mut self.landed);
        self.freed.extend(landed);
        self.moves.recorded();
    }

    fn landed_release(&mut self, number: u32, file: Arc<dyn DiskFile>, left: u64) {
        self.moves.released(number, left);
        if left == 0
            && let Err(error) = self.chain.give_back(number, file)
        {
            self.fail("give a journal file back", &error);
        }
    }
}

fn move_stored(state: &mut State, mid: MessageId, segment: Option<NonZeroU32>) {
    if matches!(state.index.place(mid), Some(Place::Stored { .. })) {
        state.index.move_to(mid, Place::Stored { segment });
    }
}
