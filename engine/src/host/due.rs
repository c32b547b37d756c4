//! Which leg goes next, and whether the rate lets it go.
//!
//! Promises: what a person called goes first. While both wait, first attempts get at least half of the slots and later
//! ones the rest: it is slots that are shared, not starts, for a host may answer the one kind at once and keep the other
//! waiting. Where there is one slot they take turns. A slot that one kind does not want is the other's.

use super::Host;
use crate::queue::{Leg, LegKey, LegStage};
use common::vocab::Timestamp;

impl Host {
    /// `Due -> Sending`.
    pub fn take_due(&mut self, now: Timestamp) -> Option<LegKey> {
        let key = self.pop_due()?;
        self.account(now, key);
        let leg = self.legs.get_mut(&key)?;
        leg.stage = LegStage::Sending { epoch: leg.stage.epoch(), taken: self.epoch };
        self.counts.sending += leg.recipients();
        self.counts.again_in_hand += u32::from(leg.attempts > 0);
        Some(key)
    }

    fn pop_due(&mut self) -> Option<LegKey> {
        loop {
            let called = self.called.pop_front();
            if called.is_some_and(|key| self.legs.get(&key).is_some_and(|leg| self.is_due(leg))) {
                return called;
            } else if called.is_some() {
                continue;
            }
            let from_fresh = self.fresh_goes_next();
            let key = if from_fresh {
                self.fresh.pop_front()
            } else {
                self.again.pop_front().or_else(|| self.released.pop_first().map(|(_, key)| key))
            }?;
            // A leg may have ended or moved since it was queued: what the leg itself says is true.
            if self.legs.get(&key).is_some_and(|leg| self.is_due(leg)) {
                self.fresh_turn = !self.fresh_turn;
                return Some(key);
            }
        }
    }

    fn fresh_goes_next(&self) -> bool {
        if self.fresh.is_empty() || (self.again.is_empty() && self.released.is_empty()) {
            return !self.fresh.is_empty();
        }
        let (slots, again) = (self.connections_allowed(), self.counts.again_in_hand);
        let (of_again, of_fresh) = (slots / 2, slots - slots / 2);
        if slots > 1 && again >= of_again {
            true
        } else if slots > 1 && self.busy - again.min(self.busy) >= of_fresh {
            false
        } else {
            self.fresh_turn
        }
    }

    /// Whether the rate lets the next due leg go.
    pub fn rate_admits(&mut self, now: Timestamp) -> bool {
        let (turn, called) = (self.fresh_turn, self.calls());
        let Some(mut pace) = self.limits.pace.take() else { return true };
        let admitted = self.pop_due().is_none_or(|key| {
            let leg = &self.legs[&key];
            let (recipients, epoch) = (leg.recipients(), leg.stage.epoch());
            self.account(now, key);
            self.enter_due(key, epoch, true);
            if called {
                self.called.push_front(key);
            }
            self.fresh_turn = turn; // it was only looked at
            pace.admits(now, recipients)
        });
        self.limits.pace = Some(pace);
        admitted
    }

    /// A leg begins: its recipients count against the rate, whatever becomes of them.
    pub fn spend_rate(&mut self, now: Timestamp, key: LegKey) {
        if let (Some(pace), Some(leg)) = (&mut self.limits.pace, self.legs.get(&key)) {
            pace.take(now, leg.recipients());
        }
    }

    /// Whether a leg may go as far as it is concerned.
    pub fn is_due(&self, leg: &Leg) -> bool {
        match leg.stage {
            LegStage::Due { .. } => true,
            LegStage::Retry { epoch, .. } => epoch < self.epoch,
            LegStage::Sending { .. } => false,
        }
    }

    /// Whether any leg is due.
    pub fn has_due(&self) -> bool {
        self.counts.due() > 0
    }
}
