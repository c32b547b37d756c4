//! A limit of our own holds a host back: which, since when, and whether that is worth a word.
//!
//! The rule: mail that is due has waited for `limited_after` (a minute) for a connection or for the rate, and what is in
//! its way is a limit that a person can change (the destination's, an address's, that of all hosts). A host that uses
//! its whole window for a moment is not limited: the window is there to be used, it grows by itself, and where they
//! made it small the host is limited by them. Less than a minute is the ordinary breath of a queue.
//! Promises: what is said stays until the mail that goes next has waited less than half as long, or none is due, or
//! the limit has not been met for as long: it does not flicker with each message that moves.

use super::Host;
use crate::jump::Jump;
use crate::queue::LegKey;
use common::vocab::{Limit, Timestamp, WaitCause};
use std::time::Duration;

/// Keys at the head of a queue that are looked at for the leg that goes next: some may have moved since they were queued.
const HEAD_MAX: usize = 8;

/// See the head of this file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct HeldBack {
    /// [`WaitCause::Rate`] or [`WaitCause::Slot`].
    pub cause: WaitCause,
    /// Which limit, and what it allows.
    pub limit: (Limit, u32),
    /// When it was first met by what waits now.
    pub since: Timestamp,
    /// It is worth a word.
    pub shown: bool,
    met_at: Timestamp,
    look_at: Timestamp,
}

impl HeldBack {
    /// The clock has jumped. `since` stays: it is only remembered.
    pub fn jump(&mut self, jump: Jump) {
        jump.shift(&mut self.met_at);
        jump.shift(&mut self.look_at);
    }
}

impl Host {
    /// Takes note of a limit that is in the way, or is so no longer.
    pub fn note_limit(&mut self, now: Timestamp, guard_closed: bool, after: Duration) {
        let cause = self.host_cause(guard_closed);
        let may_pass = matches!(cause, WaitCause::Slot | WaitCause::Rate | WaitCause::Routing);
        if !self.has_due() || !may_pass {
            self.held_back = None;
            return;
        }
        let met = self.limit_in_the_way(cause);
        let Some((cause, limit)) = met.or(self.held_back.map(|held| (held.cause, held.limit))) else { return };
        let before = self.held_back;
        let since = before.map_or(now, |held| held.since);
        let waited = self.next_has_waited(now).min(now.since(since));
        let met_at = before.map_or(now, |held| if met.is_some() { now } else { held.met_at });
        if now.since(met_at) >= after {
            self.held_back = None;
            return;
        }
        let shown = waited >= if before.is_some_and(|held| held.shown) { after / 2 } else { after };
        let look_at = now + after.saturating_sub(waited).max(after / 2);
        self.held_back = Some(HeldBack { cause, limit, since, shown, met_at, look_at });
    }

    /// When that is looked at again though nothing happens.
    pub fn look_at_limit(&self) -> Option<Timestamp> {
        self.held_back.map(|held| held.look_at)
    }

    fn limit_in_the_way(&self, cause: WaitCause) -> Option<(WaitCause, (Limit, u32))> {
        match cause {
            WaitCause::Rate => {
                self.limits.pace.as_ref().map(|pace| (cause, (Limit::Destination, pace.rate.recipients)))
            }
            WaitCause::Slot if self.slot.0 != Limit::Window => Some((cause, self.slot)),
            _ => None,
        }
    }

    /// How long the leg that goes next has waited for a connection or the rate, the longer of fresh ones and others.
    fn next_has_waited(&self, now: Timestamp) -> Duration {
        let is_due = |key: &&LegKey| self.legs.get(key).is_some_and(|leg| self.is_due(leg));
        let heads = [
            self.fresh.iter().take(HEAD_MAX).find(is_due),
            self.again.iter().take(HEAD_MAX).find(is_due),
            self.released.first().map(|(_, key)| key).filter(is_due),
        ];
        let waited = |key: &LegKey| {
            let spent = self.legs.get(key).map(|leg| self.spent(now, leg)).unwrap_or_default();
            let ours = spent.iter().filter(|(cause, _)| matches!(cause, WaitCause::Rate | WaitCause::Slot));
            ours.map(|(_, time)| time).sum()
        };
        heads.into_iter().flatten().map(waited).max().unwrap_or_default()
    }
}
