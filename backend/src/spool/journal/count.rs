//! The pen lets count what it has written: index and cache learn of it, waiters are answered, what is empty comes free.
//!
//! Promises: nothing comes free before the record that says so is synced; a file of a large body goes after that as well.
//! Never: touches the disk but to free a journal file.

use crate::spool::journal::index::{Entry, Place, Remaining, Spot};
use crate::spool::journal::log::Log;
use crate::spool::journal::pending::{Pending, Rider};
use crate::spool::journal::shared::State;
use crate::spool::{Kept, Submission};
use engine::envelope::Settlement;

impl Log {
    /// What is written counts: index and cache learn of it, waiters are answered, what is empty is freed.
    pub(super) fn count(&mut self) {
        let mut answers = Vec::with_capacity(self.pending.len());
        let shared = self.shared.clone();
        {
            let mut state = shared.state();
            for pending in std::mem::take(&mut self.pending) {
                match pending {
                    Pending::Keep { submission, reply, spot } => {
                        self.count_kept(&mut state, submission, spot);
                        answers.push((Kept::New, reply));
                    }
                    Pending::Echo(kept, reply) => answers.push((kept, reply)),
                    Pending::Rider(rider, number) => self.count_rider(&mut state, rider, number),
                }
            }
        }
        for (kept, reply) in answers {
            let _ = reply.send(Ok(kept)); // whoever left before the answer: the message is kept all the same
        }
        if self.chain.is_synced() {
            self.ended_blobs.drain(..).for_each(|blob| blob.go());
            self.ended_since = None;
            for number in self.freed.drain(..) {
                self.chain.release(number);
            }
            self.moves.synced();
            self.chain.set_checkpointed(!self.moves.is_dirty());
            if let Err(error) = self.chain.retire() {
                self.fail("free a journal file", &error);
            }
            self.moves.retired(self.chain.oldest_number());
        }
    }

    fn count_kept(&mut self, state: &mut State, submission: Submission, spot: Spot) {
        let Submission { envelope, body, settles, key } = submission;
        let remaining = Remaining::of(envelope.recipients.len(), |_| true);
        if !remaining.is_empty() {
            self.chain.hold(spot.number);
            self.moves.accepted(envelope.mid, spot.number);
            state.index.insert(envelope.mid, Entry::new(spot, remaining));
            let (front, blob) = body.into_parts();
            state.cache.put(envelope.mid, front);
            if let Some(blob) = blob {
                self.shared.blobs.keep(envelope.mid, blob);
            }
        } else if let Some(blob) = body.blob() {
            blob.go(); // for nobody
        }
        for settlement in &settles {
            self.count_settled(state, settlement, spot.number);
        }
        if let Some(key) = key {
            self.chain.hold(spot.number);
            self.moves.key(key, envelope.mid, envelope.received_at, spot.number);
        }
        self.kept.push(envelope);
    }

    fn count_rider(&mut self, state: &mut State, rider: Rider, number: u32) {
        match rider {
            Rider::Done(settlement) => self.count_settled(state, &settlement, number),
            Rider::Begun(begun, _) if state.index.place(begun.mid).is_some() => {
                begun.rids.iter().for_each(|_| self.chain.hold(number));
                self.moves.begun(begun.mid, &begun.rids, number);
            }
            Rider::Begun(..) => {}
            Rider::Moved(..) => self.count_moved(),
            Rider::Numbers(ceiling) => self.shared.set_ceiling(ceiling),
        }
    }

    /// Recipients ended, or wait for another try, as a record in this segment says.
    fn count_settled(&mut self, state: &mut State, settlement: &Settlement, number: u32) {
        let Some(touched) = state.index.settle(settlement) else { return };
        if touched.ended {
            state.cache.remove(settlement.mid);
            if let Some(blob) = self.shared.blobs.end(settlement.mid) {
                self.ended_blobs.push(blob);
                self.ended_since.get_or_insert(self.chain.now());
            }
            if let Place::Journal(spot) = touched.place {
                self.freed.push(spot.number);
            }
        }
        let (ended, held) = self.moves.settled(settlement, touched, number);
        self.freed.extend(ended);
        if held {
            self.chain.hold(number);
        }
    }
}
