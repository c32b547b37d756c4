//! The moves of legs between due, sent and waiting for a timer; each is counted and timed here.
//!
//! Promises: what a leg waited for is put down before it moves; the counts follow every move; a host that is released as
//! a whole touches no leg. Never: says which leg goes next; `due` does.

use super::{Counts, Host};
use crate::queue::{Leg, LegKey, LegStage, Spent};
use common::vocab::{RecipientId, Timestamp};

impl Host {
    /// A new leg enters, due or with a timer that was written down.
    pub fn insert(&mut self, key: LegKey, leg: Leg) {
        let count = leg.recipients();
        if leg.attempts == 0 {
            self.counts.unattempted += count;
        } else {
            self.counts.attempted += count;
        }
        self.idle_since = None;
        let until = match leg.stage {
            LegStage::Retry { until, braked, .. } => Some((until, braked)),
            LegStage::Due { .. } | LegStage::Sending { .. } => None,
        };
        self.legs.insert(key, leg);
        match until {
            Some((until, braked)) => self.enter_retry(key, until, braked),
            None => self.enter_due(key, self.epoch, false),
        }
    }

    /// A leg is about to move: what it waited for until now is put down.
    pub(super) fn account(&mut self, now: Timestamp, key: LegKey) {
        let Some(leg) = self.legs.get_mut(&key) else { return };
        if leg.since != now {
            let (since, own) = (std::mem::replace(&mut leg.since, now), leg.own());
            self.timeline.spend(since, now, own, leg.spent_mut());
        }
    }

    /// How long a leg has waited for what, until now.
    pub fn spent(&self, now: Timestamp, leg: &Leg) -> Spent {
        let mut spent = leg.spent();
        self.timeline.spend(leg.since, now, leg.own(), &mut spent);
        spent
    }

    /// Puts down which cause holds it from now on.
    pub fn note_cause(&mut self, now: Timestamp, guard_closed: bool, most: usize) {
        if self.legs.is_empty() {
            return self.timeline.forget();
        }
        let cause = self.host_cause(guard_closed);
        self.timeline.note(now, cause, self.epoch, most);
    }

    pub(super) fn enter_due(&mut self, key: LegKey, epoch: u32, in_front: bool) {
        let Some(leg) = self.legs.get_mut(&key) else { return };
        leg.stage = LegStage::Due { epoch };
        let queue = if leg.attempts == 0 { &mut self.fresh } else { &mut self.again };
        if queue.len() == queue.capacity() {
            queue.reserve_exact((queue.len() / 4).max(2)); // a million wait here: no room for twice as many
        }
        if in_front { queue.push_front(key) } else { queue.push_back(key) }
    }

    pub(super) fn enter_retry(&mut self, key: LegKey, until: Timestamp, braked: bool) {
        let Some(leg) = self.legs.get_mut(&key) else { return };
        leg.stage = LegStage::Retry { until, epoch: self.epoch, braked };
        *self.counts.timed(braked) += leg.recipients();
        self.retry.insert((until, key));
    }

    /// `Sending -> Due`, in front: the session broke before the attempt counted.
    pub fn give_back(&mut self, now: Timestamp, key: LegKey) {
        self.account(now, key);
        let Some(leg) = self.legs.get(&key) else { return };
        let LegStage::Sending { epoch, taken } = leg.stage else { return };
        self.counts.sending -= leg.recipients();
        self.counts.again_in_hand -= u32::from(leg.attempts > 0);
        // What was called while it was on its way was not called: it is due as of now.
        let epoch = if taken == self.epoch { epoch } else { self.epoch };
        if taken != self.epoch {
            self.uncover(key);
        }
        self.enter_due(key, epoch, true);
    }

    /// An attempt on a leg ended: `keep` are the recipients that stay. `Sending -> gone` if none does,
    /// else the leg counts one attempt more and must be sent to [`Host::defer`].
    pub fn end_attempt(&mut self, now: Timestamp, key: LegKey, keep: Vec<RecipientId>) {
        self.account(now, key);
        let Some(leg) = self.legs.get_mut(&key) else { return };
        let before = leg.recipients();
        self.counts.sending -= before;
        self.counts.again_in_hand -= u32::from(leg.attempts > 0);
        if leg.attempts == 0 {
            self.counts.unattempted -= before;
        } else {
            self.counts.attempted -= before;
        }
        leg.attempts = leg.attempts.saturating_add(1);
        if keep.is_empty() {
            self.legs.remove(&key);
            return;
        }
        leg.set_rids(&keep);
        leg.stage = LegStage::Due { epoch: self.epoch };
        self.counts.attempted += leg.recipients();
    }

    /// `-> Retry`: a leg that is in no queue waits until then, for a timer or because the brake holds it.
    pub fn defer(&mut self, key: LegKey, until: Timestamp, braked: bool) {
        self.enter_retry(key, until, braked);
    }

    /// A leg leaves that is not being sent.
    pub fn remove(&mut self, key: LegKey) -> Option<Leg> {
        let leg = self.legs.remove(&key)?;
        let count = leg.recipients();
        debug_assert!(!leg.stage.is_sending());
        if leg.attempts == 0 {
            self.counts.unattempted -= count;
        } else {
            self.counts.attempted -= count;
        }
        if let LegStage::Retry { until, epoch, braked } = leg.stage {
            self.retry.remove(&(until, key));
            self.released.remove(&(until, key));
            if epoch == self.epoch {
                *self.counts.timed(braked) -= count;
            }
        }
        Some(leg)
    }

    /// `Retry -> Due` for the legs whose timer has run out.
    pub fn ripen(&mut self, now: Timestamp) {
        while let Some(&(until, key)) = self.retry.first().filter(|(until, _)| *until <= now) {
            self.retry.remove(&(until, key));
            self.account(now, key);
            if let Some(leg) = self.legs.get(&key) {
                let braked = matches!(leg.stage, LegStage::Retry { braked: true, .. });
                let epoch = leg.stage.epoch();
                *self.counts.timed(braked) -= leg.recipients();
                self.enter_due(key, epoch, false);
            }
        }
    }

    /// One leg's timer is over at this moment, whatever it said.
    pub fn ripen_one(&mut self, now: Timestamp, key: LegKey) {
        self.account(now, key);
        let Some(leg) = self.legs.get(&key) else { return };
        let LegStage::Retry { until, epoch, braked } = leg.stage else { return };
        if epoch == self.epoch {
            *self.counts.timed(braked) -= leg.recipients();
        }
        self.retry.remove(&(until, key));
        self.released.remove(&(until, key));
        self.enter_due(key, epoch, true);
    }

    /// Everything that waits for a timer is due: the host's rest ends, and the legs' timers, without touching a leg.
    pub fn release(&mut self, now: Timestamp) {
        if let Some(rest) = &mut self.rest {
            rest.until = now;
        }
        self.pause_until = None;
        if let Some(backoff) = &mut self.backoff {
            backoff.until = None; // the window stays small, and the next pause is longer
        }
        self.epoch += 1;
        (self.counts.retrying, self.counts.braked) = (0, 0);
        if self.released.is_empty() {
            std::mem::swap(&mut self.released, &mut self.retry);
        } else {
            self.released.append(&mut self.retry);
        }
    }

    /// The counts, counted again leg by leg: what the running counts must equal.
    pub fn recount(&self) -> Counts {
        let mut counts = Counts::default();
        for leg in self.legs.values() {
            let recipients = leg.recipients();
            if leg.attempts == 0 {
                counts.unattempted += recipients;
            } else {
                counts.attempted += recipients;
            }
            match leg.stage {
                LegStage::Sending { .. } => {
                    counts.sending += recipients;
                    counts.again_in_hand += u32::from(leg.attempts > 0);
                }
                LegStage::Retry { epoch, braked, .. } if epoch == self.epoch => *counts.timed(braked) += recipients,
                LegStage::Retry { .. } | LegStage::Due { .. } => {}
            }
        }
        counts
    }

    /// Octets of memory of its queues.
    #[cfg(test)]
    pub fn queue_bytes(&self) -> usize {
        let keys = self.fresh.capacity() + self.again.capacity() + 2 * (self.retry.len() + self.released.len());
        self.legs.bytes() + keys * std::mem::size_of::<LegKey>()
    }
}
