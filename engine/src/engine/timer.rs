//! What time brings: timers of legs and hosts that run out, sessions that were idle too long, lifetimes that end.

use super::{Engine, Timer};
use crate::Output;
use crate::host_id::HostId;
use crate::lane::SessionState;
use crate::queue::LegKey;
use common::vocab::Timestamp;

impl Engine {
    /// Deals with every timer that has run out.
    pub(super) fn run_timers(&mut self, now: Timestamp, out: &mut Output) {
        loop {
            let deadline =
                self.deadlines.first_key_value().map(|(deadline, ())| *deadline).filter(|(at, _)| *at <= now);
            let timer = self.timers.first().copied().filter(|(at, _)| *at <= now);
            if let Some((at, mid)) = deadline
                && timer.is_none_or(|(sooner, _)| at < sooner)
            {
                self.deadlines.remove(&(at, mid));
                self.message_is_late(now, mid, out);
                continue;
            }
            let Some((at, timer)) = timer else { break };
            self.timers.remove(&(at, timer));
            match timer {
                Timer::Host(id) => self.host_woke(now, id, out),
                Timer::IdleSession(session) => {
                    let idle = self.settings.session_idle;
                    let since = self.sessions.get(&session).and_then(|book| match book.state {
                        SessionState::Idle { since } => Some(since),
                        _ => None,
                    });
                    if since.is_some_and(|since| now.since(since) >= idle) {
                        self.close(session, out);
                    }
                }
                Timer::Silent(session) => self.is_silent(now, session, out),
                Timer::Lane(address) => self.forget_lane(now, address),
                Timer::Suspension => self.end_suspensions(now, out),
                Timer::Alert => self.end_alerts(now, out),
            }
        }
    }

    fn host_woke(&mut self, now: Timestamp, id: HostId, out: &mut Output) {
        if self.hosts[id.0 as usize].is_none() {
            return;
        }
        let memory = self.settings.host_memory;
        let host = self.host_mut(id);
        host.wake_at = None;
        host.ripen(now);
        host.end_pauses(now);
        let over = host.idle_since.is_some_and(|since| now.since(since) >= memory);
        if over && host.connecting + host.connected == 0 && !host.queued_for_slot {
            self.note(now, id);
            return self.end_record(id);
        }
        self.start(now, id, out);
    }

    /// The record of a host without mail ends; its counters live on in the totals.
    fn end_record(&mut self, id: HostId) {
        let Some(host) = self.hosts[id.0 as usize].take() else { return };
        self.bid_farewell(&host);
        self.names.remove(&host.name);
        self.gone.push(host.name.clone());
        self.changed.remove(&id);
        if let Some(at) = host.wake_at {
            self.timers.remove(&(at, Timer::Host(id)));
        }
        // Nothing names the place any more: it has no timer, stands in no queue, and no session works for it. The book
        // of an older message may, but looks there by its own number, which no leg of the next host has.
        self.free_hosts.push(id);
    }

    /// A leg has reached the end of its lifetime. An attempt since its acceptance, our start and
    /// the last jump of the clock has decided;
    /// if there was none, one is made now and decides.
    pub(super) fn lifetime_over(&mut self, now: Timestamp, id: HostId, key: LegKey, out: &mut Output) {
        let Some(host) = self.hosts[id.0 as usize].as_ref() else { return };
        let Some(leg) = host.legs.get(&key) else { return };
        if leg.stage.is_sending() {
            return; // the attempt under way decides
        }
        if host.suspended.is_some() {
            self.host_mut(id).overdue.push(key);
            return;
        }
        let received_at = self.messages[&key.0].held.received_at();
        if host.heard_since(received_at) {
            self.give_up(id, key, out);
            return self.reschedule(now, id);
        }
        let host = self.host_mut(id);
        host.ripen_one(now, key);
        host.last_chance.push(key);
        if let Some(rest) = &mut host.rest {
            rest.until = rest.until.min(now);
        }
        self.start(now, id, out);
    }

    /// Registers when the host must be looked at again; notes when its last mail has left.
    pub(super) fn reschedule(&mut self, now: Timestamp, id: HostId) {
        let settings = &self.settings;
        let Some(host) = self.hosts[id.0 as usize].as_mut() else { return };
        self.changed.insert(id);
        if host.legs.is_empty() {
            if host.idle_since.is_none() {
                host.idle_since = Some(now);
                host.limited_since = None; // nothing waits that could be deferred or held back
            }
        } else {
            host.idle_since = None;
        }
        let wake_at = host.next_wakeup(now, settings);
        if wake_at != host.wake_at {
            if let Some(before) = host.wake_at {
                self.timers.remove(&(before, Timer::Host(id)));
            }
            if let Some(at) = wake_at {
                self.timers.insert((at, Timer::Host(id)));
            }
            host.wake_at = wake_at;
        }
    }
}
