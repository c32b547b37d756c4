//! What holds a host as a whole, and until when: its rest, a pause, its rate, its connections.
//!
//! Promises: recipients by cause sum to the active ones and cost the same however many wait; a cause is state, never the
//! clock: what is over is taken away in an event.

use super::{CauseSet, Host, Routing};
use crate::settings::Settings;
use common::vocab::{CauseCounts, HostStatus, Limit, Timestamp, WaitCause};

impl Host {
    /// Pauses that are over are over: nothing shows them any more.
    pub fn end_pauses(&mut self, now: Timestamp) {
        let pause = self.backoff.as_mut().map(|backoff| &mut backoff.until);
        let rate = self.limits.pace.as_mut().map(|pace| &mut pace.until);
        let all = [Some(&mut self.pause_until), pause, rate].into_iter().flatten();
        all.filter(|until| until.is_some_and(|at| at <= now)).for_each(|until| *until = None);
    }

    /// Recipients that wait for a timer of their own or of the host.
    pub fn waiting_for_timer(&self, now: Timestamp) -> u64 {
        let resting = self.rests(now);
        self.counts.retrying + self.counts.braked + if resting { self.counts.due() } else { 0 }
    }

    /// Whether it is left alone for now: it was not reached, or asked for that.
    pub fn rests(&self, now: Timestamp) -> bool {
        self.rest.is_some_and(|rest| rest.until > now) || self.pausing()
    }

    /// Whether it is left alone because their replies asked for that.
    pub fn pausing(&self) -> bool {
        self.backoff.is_some_and(|backoff| backoff.until.is_some())
    }

    /// Until when its rate is used up.
    pub fn rate_until(&self) -> Option<Timestamp> {
        self.limits.pace.as_ref().and_then(|pace| pace.until)
    }

    /// Connections it may have at this moment: one where it is down or has not answered since.
    pub fn connections_allowed(&self) -> u32 {
        if self.status == HostStatus::Down { 1 } else { self.window.open() }
    }

    /// The limit of its own that is reached, and what it allows.
    pub fn own_limit(&self) -> (Limit, u32) {
        let open = self.connections_allowed();
        match &self.limits.connections {
            Some((_, most)) if *most <= open => (Limit::Destination, open),
            _ => (Limit::Window, open),
        }
    }

    /// Everything that holds the host as a whole, thus each recipient that is due.
    pub fn holding(&self, guard_closed: bool) -> CauseSet {
        let timer = match &self.rest {
            Some(rest) => Some(rest.cause),
            None => (self.status == HostStatus::Down).then_some(WaitCause::HostDown),
        };
        let set = CauseSet::default()
            .with_if(WaitCause::Suspended, self.suspended.is_some())
            .with_if(WaitCause::Guard, guard_closed)
            .with_if(WaitCause::Routing, matches!(self.routing, Routing::Asking(_)))
            .with_if(WaitCause::Backoff, self.pausing())
            .with_if(WaitCause::Rate, self.rate_until().is_some());
        let set = timer.map_or(set, |cause| set.with(cause));
        let full = self.connecting + self.busy >= self.connections_allowed();
        set.with_if(WaitCause::Slot, set == CauseSet::default() || full && self.has_due())
    }

    /// The cause that names the host's due recipients.
    pub fn host_cause(&self, guard_closed: bool) -> WaitCause {
        self.holding(guard_closed).first()
    }

    /// Recipients by the one cause of their waiting: sums to the active ones, in O(1).
    pub fn causes(&self, guard_closed: bool) -> CauseCounts {
        let mut causes = CauseCounts::default();
        let host_cause = self.host_cause(guard_closed);
        causes[WaitCause::Sending] = self.counts.sending;
        causes[host_cause] += self.counts.due();
        // What stands before `retry` in the list and holds the host names the others too.
        causes[host_cause.min(WaitCause::Retry)] += self.counts.retrying;
        causes[host_cause.min(WaitCause::Guard)] += self.counts.braked;
        causes
    }

    /// When the earliest leg timer runs out.
    pub fn next_retry_at(&self) -> Option<Timestamp> {
        self.retry.first().map(|(until, _)| *until)
    }

    /// When the host timer, a pause and a rate that hold it as a whole are all over.
    pub fn pause_over_at(&self) -> Option<Timestamp> {
        let pause = self.backoff.and_then(|backoff| backoff.until);
        [self.rest.map(|rest| rest.until), pause, self.rate_until()].into_iter().flatten().max()
    }

    /// When something of it will be tried, as far as timers decide.
    pub fn next_attempt_at(&self) -> Option<Timestamp> {
        if let Some(suspension) = &self.suspended {
            return suspension.until.filter(|_| self.counts.active() > 0);
        }
        let rest = self.pause_over_at().filter(|_| self.counts.active() > 0);
        if self.has_due() { rest } else { self.next_retry_at().map(|retry| rest.map_or(retry, |rest| rest.max(retry))) }
    }

    /// When it must be looked at even if nothing happens: always later than `now`, for what is over needs no waking.
    pub fn next_wakeup(&self, now: Timestamp, settings: &Settings) -> Option<Timestamp> {
        let rest = self.rest.filter(|_| self.has_due()).map(|rest| rest.until);
        // The ends of a pause and of a rate are looked at even if nothing is due: what is over must not be shown.
        let backoff = self.backoff.and_then(|backoff| backoff.until);
        let pause = self.pause_until.filter(|_| self.has_due());
        let timers = [rest, pause, backoff, self.rate_until(), self.look_at_limit()]
            .into_iter()
            .flatten()
            .filter(|at| *at > now);
        // A record that could not end yet (a session still closes) is looked at again a little later.
        let forget = self.idle_since.map(|since| (since + settings.host_memory).max(now + settings.session_idle));
        timers.chain(forget).chain(self.next_retry_at()).min()
    }
}
