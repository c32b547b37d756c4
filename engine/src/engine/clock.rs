//! The wall clock has jumped: every timer that counts real time moves with it, and nothing expires unheard.
//!
//! Promises: rests, retries and idle sessions run out after the same real time as without the jump; a lifetime is
//! counted by the clock as it now is, but ends only after an attempt of the leg, or a failed one of its host; a warning
//! that the jump passed over counts as sent. Costs a walk over the queue: clocks jump rarely.

use super::alerts::JUMP_SHOWN;
use super::{Engine, Timer};
use crate::host_id::HostId;
use crate::jump::Jump;
use crate::lane::SessionState;
use crate::shelf::Shelf;
use crate::{Fact, Output};
use common::vocab::{Alert, MessageId, Timestamp};

impl Engine {
    pub(super) fn clock_jumped(&mut self, now: Timestamp, jump: Jump, out: &mut Output) {
        out.facts.push(Fact::ClockJumped { from: jump.from, to: jump.to });
        self.deadlines = Shelf::default();
        let before = std::mem::take(&mut self.timers);
        // Those of hosts, suspensions and alerts are registered anew below.
        let of_connections = |timer: &Timer| matches!(timer, Timer::IdleSession(_) | Timer::Silent(_) | Timer::Lane(_));
        let kept = before.into_iter().filter(|(_, timer)| of_connections(timer));
        self.timers = kept.map(|(at, timer)| (jump.moved(at), timer)).collect();
        self.resolver_watch.jump(jump);
        self.outbound_watch.jump(jump);
        self.refusals.jump(jump);
        self.pools.jump(jump);
        for book in self.sessions.values_mut() {
            jump.shift(&mut book.dialled_at);
            if let SessionState::Idle { since } = &mut book.state {
                jump.shift(since);
            }
        }
        self.lanes.values_mut().filter_map(|lane| lane.failed_until.as_mut()).for_each(|until| jump.shift(until));
        self.alerts.jump(jump);
        self.alert(now, Alert::ClockJumped { from: jump.from, to: jump.to }, now + JUMP_SHOWN);
        self.watch_suspensions(); // their ends are times of the wall clock
        let ids: Vec<HostId> = self.names.values().copied().collect();
        for id in ids {
            self.host_mut(id).jump(jump);
            self.reschedule(now, id);
        }
        let messages: Vec<MessageId> = self.messages.keys().copied().collect();
        messages.into_iter().for_each(|mid| self.reschedule_message(now, mid));
    }
}
