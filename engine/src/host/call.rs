//! A retry as one host knows it: which of its legs were called, how many have not been tried yet, and the timers they had.
//!
//! A host that is called as a whole keeps no list: its epoch says which legs stood there (`LegStage::waited_at`).
//! Promises: `left` is the recipients of the legs that a call covers, counted at every move; what is taken back has the
//! timer that it had. Never: what a retry came to in all; the engine adds that up (`engine/calls`).

use super::{Host, LegStage, Rest};
use crate::jump::Jump;
use crate::queue::{Leg, LegKey};
use common::vocab::{ActionId, Timestamp};
use std::collections::BTreeMap;

/// Legs of a host that stand in front of all others because a person called them: a bulk retry must not keep fresh
/// mail from the host, so what is beyond goes in turn.
const CALLED_IN_FRONT_MAX: usize = 16;

/// One retry at one host.
#[derive(Clone, Debug)]
pub struct Call {
    /// Which.
    pub action: ActionId,
    /// What it covers.
    pub part: Part,
    /// Recipients that it covers and that have not been tried since.
    pub left: u64,
    /// What follows if the canary is accepted.
    pub then: Option<Then>,
    /// Recipients of what follows, as they were counted when the canary was sent.
    pub expected: u64,
}

/// What a call covers.
#[derive(Clone, Debug)]
pub enum Part {
    /// All that stood there.
    Whole {
        /// The host's epoch since then.
        epoch: u32,
        /// The timers of the host before.
        before: HostTimers,
    },
    /// These, with the timer each of them had, and whether the brake had set it.
    Legs(BTreeMap<LegKey, Option<(Timestamp, bool)>>),
}

/// What follows a canary.
#[derive(Clone, Debug)]
pub enum Then {
    /// The whole host.
    Whole,
    /// These.
    Legs(Vec<LegKey>),
}

/// The timers of a host before a retry ended them.
#[derive(Clone, Copy, Debug)]
pub struct HostTimers {
    at: Timestamp,
    rest: Option<Rest>,
    pause: Option<Timestamp>,
}

impl Call {
    /// Whether it covers a leg.
    pub fn covers(&self, key: LegKey, leg: &Leg) -> bool {
        match &self.part {
            Part::Whole { epoch, .. } => leg.stage.waited_at(*epoch),
            Part::Legs(legs) => legs.contains_key(&key),
        }
    }

    /// The clock has jumped: timers that may come back move with it.
    pub fn jump(&mut self, jump: Jump) {
        match &mut self.part {
            Part::Whole { before, .. } => {
                jump.shift(&mut before.at);
                let timers = [before.rest.as_mut().map(|rest| &mut rest.until), before.pause.as_mut()];
                timers.into_iter().flatten().for_each(|at| jump.shift(at));
            }
            Part::Legs(legs) => legs.values_mut().flatten().for_each(|(until, _)| jump.shift(until)),
        }
    }
}

impl Host {
    /// Whether a leg that was called by itself may go although the host rests: one at a time, as its probe.
    pub fn calls(&self) -> bool {
        let due = |key: &LegKey| self.legs.get(key).is_some_and(|leg| self.is_due(leg));
        self.connecting + self.busy == 0 && self.called.iter().any(due)
    }

    /// A leg is about to wait anew without having been tried: calls of the whole host do not cover it any more.
    pub(super) fn uncover(&mut self, key: LegKey) {
        let Some(leg) = self.legs.get(&key) else { return };
        for call in &mut self.calls {
            if matches!(call.part, Part::Whole { .. }) && call.covers(key, leg) {
                call.left -= leg.recipients();
            }
        }
    }

    /// Nothing goes in front any more; what was called is due as before.
    pub fn forget_called(&mut self) {
        self.called.clear();
    }

    /// A leg is due and goes in front. Answers its recipients and the timer it had; nothing if it is being sent.
    pub fn call_leg(&mut self, now: Timestamp, key: LegKey) -> Option<(u64, Option<(Timestamp, bool)>)> {
        let leg = self.legs.get(&key)?;
        let (recipients, stage) = (leg.recipients(), leg.stage);
        let timer = match stage {
            LegStage::Sending { .. } => return None,
            LegStage::Retry { until, epoch, braked } if epoch == self.epoch => Some((until, braked)),
            LegStage::Retry { .. } | LegStage::Due { .. } => None,
        };
        self.ripen_one(now, key);
        if self.called.len() < CALLED_IN_FRONT_MAX && !self.called.contains(&key) {
            self.called.push_back(key);
        }
        Some((recipients, timer))
    }

    /// Everything is due. Answers what that covers.
    pub fn call_all(&mut self, now: Timestamp) -> (Part, u64) {
        let before = HostTimers { at: now, rest: self.rest, pause: self.backoff.and_then(|backoff| backoff.until) };
        self.release(now);
        (Part::Whole { epoch: self.epoch, before }, self.counts.active() - self.counts.sending)
    }

    /// The leg that goes first: one that would go next anyway, best one that has no trouble of its own.
    pub fn canary(&self) -> Option<LegKey> {
        let waits = |key: &LegKey| self.legs.get(key).is_some_and(|leg| !leg.stage.is_sending());
        let queued = self.fresh.iter().chain(&self.again).copied();
        let timed = self.released.iter().chain(&self.retry).map(|(_, key)| *key);
        queued.chain(timed).find(waits)
    }

    /// A leg that was called and not tried waits for its timer again. Answers its recipients.
    pub fn uncall_leg(&mut self, now: Timestamp, key: LegKey, (until, braked): (Timestamp, bool)) -> u64 {
        self.account(now, key);
        let Some(leg) = self.legs.get(&key).filter(|leg| matches!(leg.stage, LegStage::Due { .. })) else { return 0 };
        let recipients = leg.recipients();
        self.uncover(key);
        self.enter_retry(key, until, braked);
        recipients
    }

    /// The same for up to `most` legs of a host that was called as a whole at this epoch, and for its own timers.
    /// Answers their recipients, and whether that was all.
    pub fn uncall_all(&mut self, now: Timestamp, epoch: u32, before: HostTimers, most: usize) -> (u64, bool) {
        let before_it = epoch.saturating_sub(1);
        let keys: Vec<(Timestamp, LegKey)> = self.released.of(before_it).take(most).copied().collect();
        let mut recipients = 0;
        for &(until, key) in &keys {
            self.account(now, key);
            self.released.remove(before_it, &(until, key));
            let Some(leg) = self.legs.get(&key) else { continue };
            recipients += leg.recipients();
            let braked = matches!(leg.stage, LegStage::Retry { braked: true, .. });
            self.uncover(key);
            self.enter_retry(key, until, braked);
        }
        if let (Some(rest), Some(former)) = (&mut self.rest, before.rest)
            && rest.until == before.at
        {
            rest.until = former.until;
        }
        if let (Some(backoff), Some(pause)) = (&mut self.backoff, before.pause)
            && backoff.until.is_none()
            && pause > now
        {
            backoff.until = Some(pause);
        }
        (recipients, keys.len() < most)
    }
}
