//! What is wrong on our own side, beyond any one host: what stands, since when, and until when it is shown.
//!
//! Promises: one of each kind; what happens again renews its figures and its end and keeps its beginning; each ends by
//! itself, and that is told. Never: decides anything.

use super::{Engine, Timer};
use crate::jump::Jump;
use crate::view::AlertView;
use crate::{Fact, Output};
use common::vocab::{Alert, Timestamp};
use std::time::Duration;

/// How long a jump of the clock is shown: whoever looks once a day sees it.
pub(super) const JUMP_SHOWN: Duration = Duration::from_secs(24 * 3600);

/// See the head of this file.
#[derive(Debug, Default)]
pub(super) struct Alerts {
    standing: Vec<AlertView>,
    /// The timer that is registered for the earliest end.
    wake_at: Option<Timestamp>,
}

impl Alerts {
    /// The clock has jumped: what counts real time moves with it.
    pub(super) fn jump(&mut self, jump: Jump) {
        self.wake_at = None;
        self.standing.iter_mut().for_each(|alert| jump.shift(&mut alert.until));
    }
}

impl Engine {
    /// What stands at this moment, the oldest first.
    pub fn alerts(&self) -> Vec<AlertView> {
        self.alerts.standing.clone()
    }

    /// It is shown until then.
    pub(super) fn alert(&mut self, now: Timestamp, what: Alert, until: Timestamp) {
        match self.alerts.standing.iter_mut().find(|standing| standing.what.is_like(&what)) {
            Some(standing) => {
                standing.what = what;
                standing.until = standing.until.max(until);
            }
            None => self.alerts.standing.push(AlertView { what, since: now, until }),
        }
        self.watch_alerts();
    }

    /// What it warned of has passed before its time.
    pub(super) fn calm(&mut self, like: Alert, out: &mut Output) {
        self.end_where(|standing| standing.what.is_like(&like), out);
    }

    /// Whatever has come to its end is over.
    pub(super) fn end_alerts(&mut self, now: Timestamp, out: &mut Output) {
        self.alerts.wake_at = None;
        self.end_where(|standing| standing.until <= now, out);
    }

    fn end_where(&mut self, over: impl Fn(&AlertView) -> bool, out: &mut Output) {
        for ended in self.alerts.standing.extract_if(.., |standing| over(standing)) {
            out.facts.push(Fact::AlertEnded { what: ended.what, since: ended.since });
        }
        self.watch_alerts();
    }

    /// Registers the next end anew.
    pub(super) fn watch_alerts(&mut self) {
        let next = self.alerts.standing.iter().map(|standing| standing.until).min();
        if let Some(before) = std::mem::replace(&mut self.alerts.wake_at, next) {
            self.timers.remove(&(before, Timer::Alert));
        }
        self.timers.extend(next.map(|at| (at, Timer::Alert)));
    }
}
