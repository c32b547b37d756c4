//! The engine owns the queue, the hosts, the sessions' books; this file has its face and the one `match` over events.
//!
//! The parts: `accept` (mail enters), `alerts` (what is wrong on our side), `backoff` (they ask us to slow down), `start` (what may begin now), `session` (connections), `pool` (who gives a place up), `outcome` (what an attempt
//! led to), `ending` (what is written down of it), `timer` (what time brings), `warning` (a message is late), `clock` (it
//! jumped), `braking` (too many refusals at once), `count` (what is counted and kept), `tls` (which connection asks for
//! it), `retry` (an operator says now), `calls` (what came of that), `suspend` (not now), `search` (what a filter means), `show` (what it shows of
//! itself), `basis` (what a cause rests on).

mod accept;
mod alerts;
mod backoff;
mod basis;
mod braking;
mod calls;
mod clock;
mod configure;
mod count;
mod ending;
mod outcome;
mod pool;
mod retry;
mod search;
mod session;
mod show;
mod start;
mod suspend;
mod timer;
mod tls;
mod warning;

use crate::brake::{OutboundWatch, Refusals, ResolverWatch};
use crate::host::{Call, Host};
use crate::host_id::HostId;
use crate::lane::{Lane, Session};
use crate::queue::MessageBook;
use crate::random::Random;
use crate::shelf::Shelf;
use crate::tls::TlsMemory;
use crate::{Event, Output, Settings};
use common::vocab::{ActionId, Counters, Domain, Guard, MessageId, SessionId, Timestamp};
use std::collections::{BTreeMap, BTreeSet};
use std::net::SocketAddr;

/// What time may bring, besides the deadline of a message.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Timer {
    Host(HostId),
    IdleSession(SessionId),
    /// A greeting has not come within its time.
    Silent(SessionId),
    /// The failure of an address is not remembered any longer.
    Lane(SocketAddr),
    /// The earliest end of a suspension.
    Suspension,
    /// The earliest end of an alert.
    Alert,
}

/// Every decision of the queue. See the crate's front page.
#[derive(Debug)]
pub struct Engine {
    settings: Settings,
    random: Random,
    started_at: Timestamp,
    counters_since: Timestamp,
    /// Grows with each new set of routes; a look-up that began under another one is not believed.
    routing_epoch: u32,
    names: BTreeMap<Domain, HostId>,
    hosts: Vec<Option<Host>>,
    free_hosts: Vec<HostId>,
    /// The messages that have recipients in the queue.
    messages: Shelf<MessageId, MessageBook>,
    sessions: BTreeMap<SessionId, Session>,
    lanes: BTreeMap<SocketAddr, Lane>,
    tls_memory: TlsMemory,
    pools: pool::Pools,
    timers: BTreeSet<(Timestamp, Timer)>,
    /// When a warning of a message is due, or its lifetime is over.
    deadlines: Shelf<(Timestamp, MessageId), ()>,
    next_session: u64,
    next_attempt: u64,
    /// The guard of ours that stops delivery.
    guard: Option<Guard>,
    resolver_watch: ResolverWatch,
    outbound_watch: OutboundWatch,
    refusals: Refusals,
    suspensions: suspend::Suspensions,
    alerts: alerts::Alerts,
    /// What retries have come to.
    tallies: BTreeMap<ActionId, calls::Tally>,
    /// Canaries that were accepted in the event that is being dealt with.
    canaries_home: Vec<(HostId, Call)>,
    counts: count::CountBook,
    /// What became of recipients in the event that is being dealt with.
    endings: Vec<ending::Ending>,
    changed: BTreeSet<HostId>,
    /// Hosts that the event being dealt with has touched; some more than once.
    touched: Vec<HostId>,
    gone: Vec<Domain>,
    /// Counters of hosts whose record has ended.
    ended_counters: Counters,
}

impl Engine {
    /// An empty engine. `seed` decides its chance; the same seed and events give the same run.
    pub fn new(now: Timestamp, settings: Settings, seed: u64) -> Engine {
        Engine {
            settings,
            random: Random::new(seed),
            started_at: now,
            counters_since: now,
            routing_epoch: 0,
            names: BTreeMap::new(),
            hosts: Vec::new(),
            free_hosts: Vec::new(),
            messages: Shelf::default(),
            sessions: BTreeMap::new(),
            lanes: BTreeMap::new(),
            tls_memory: TlsMemory::default(),
            pools: pool::Pools::default(),
            timers: BTreeSet::new(),
            deadlines: Shelf::default(),
            next_session: 1,
            next_attempt: 1,
            guard: None,
            resolver_watch: ResolverWatch::default(),
            outbound_watch: OutboundWatch::default(),
            refusals: Refusals::default(),
            suspensions: suspend::Suspensions::default(),
            alerts: alerts::Alerts::default(),
            tallies: BTreeMap::new(),
            canaries_home: Vec::new(),
            counts: count::CountBook::new(now),
            endings: Vec::new(),
            changed: BTreeSet::new(),
            touched: Vec::new(),
            gone: Vec::new(),
            ended_counters: Counters::default(),
        }
    }

    /// Takes one thing that happened and appends what must be done and told about it. Time that has passed
    /// since the last call is dealt with first.
    pub fn handle(&mut self, now: Timestamp, event: Event, out: &mut Output) {
        if let Event::ClockJumped(jump) = event {
            self.clock_jumped(now, jump, out); // before any timer is believed
        }
        self.run_timers(now, out);
        match event {
            Event::Accepted(envelope) => self.accepted(now, envelope, out),
            Event::Recovered(recovered) => self.recovered(now, recovered, out),
            Event::Resolved { host, answer } => self.resolved(now, &host, answer, out),
            Event::SessionReady { session, peer } => self.session_ready(now, session, peer, out),
            Event::SessionFailed { session, failure } => self.session_failed(now, session, &failure, out),
            Event::Attempted { session, mid, outcomes, reusable } => {
                self.attempted(now, session, mid, outcomes, reusable, out);
            }
            Event::SessionClosed { session } => self.session_closed(now, session, out),
            Event::Retry { action, scope, canary } => self.retried(now, action, scope, canary, out),
            Event::UndoRetry { action } => self.undo_retry(now, action, out),
            Event::ResetCounters { action } => self.reset_counters(now, action, out),
            Event::Suspend { action, scope, suspension } => self.suspended(now, action, scope, suspension, out),
            Event::Resume { action, scope } => self.resumed(now, action, scope, out),
            Event::Configured(settings) => self.configured(now, *settings, out),
            Event::Woke | Event::ClockJumped(_) => {}
            Event::Guard(guard) => self.guarded(now, guard, out),
        }
        self.tend_calls(now, out);
        self.write_endings(out);
        self.note_causes(now);
    }

    /// Puts down at each host that was touched which cause holds it from now on.
    fn note_causes(&mut self, now: Timestamp) {
        let (guard_closed, most) = (self.guard.is_some(), self.settings.cause_history_max);
        let mut touched = std::mem::take(&mut self.touched);
        for id in touched.drain(..) {
            let Some(host) = self.hosts[id.0 as usize].as_mut() else { continue };
            host.note_cause(now, guard_closed, most);
            host.note_limit(now, guard_closed, self.settings.limited_after);
            if host.look_at_limit().is_some_and(|at| host.wake_at.is_none_or(|wake| at < wake)) {
                self.reschedule(now, id);
            }
        }
        self.touched = touched; // with its room
    }

    /// When the engine wants to be woken if nothing else happens first.
    pub fn next_wakeup(&self) -> Option<Timestamp> {
        let deadline = self.deadlines.first_key_value().map(|((at, _), ())| *at);
        self.timers.first().map(|(at, _)| *at).into_iter().chain(deadline).min()
    }

    fn host(&self, id: HostId) -> &Host {
        self.hosts[id.0 as usize].as_ref().expect("a host id is only kept while its record stands")
    }

    fn host_mut(&mut self, id: HostId) -> &mut Host {
        self.changed.insert(id);
        if self.touched.last() != Some(&id) {
            self.touched.push(id);
        }
        self.hosts[id.0 as usize].as_mut().expect("a host id is only kept while its record stands")
    }

    fn guarded(&mut self, now: Timestamp, guard: Option<Guard>, out: &mut Output) {
        self.guard = guard;
        let ids: Vec<HostId> = self.names.values().copied().collect();
        self.changed.extend(ids.iter().copied());
        self.touched.extend(ids.iter().copied());
        if guard.is_none() {
            ids.into_iter().for_each(|id| self.start(now, id, out));
        }
    }
}
