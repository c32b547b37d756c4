//! A destination domain: its status, its legs by stage, its window, its timer, its counters.
//!
//! Promises: recipients are counted by stage at every move, so that a list costs nothing per message; what is
//! done to a host as a whole touches no leg. Never: asks the world for anything; the engine does.

mod backoff;
mod call;
mod holding;
mod timeline;
mod window;

pub use backoff::Backoff;
pub use call::{Call, Part, Then};
pub use holding::CauseSet;
pub use timeline::{Own, Timeline};
pub use window::Window;

use crate::count::Windows;
use crate::jump::Jump;
use crate::limit::HostLimits;
use crate::queue::{Leg, LegKey, LegStage, Spent, Word};
use crate::route::Route;
use crate::settings::Settings;
use crate::shelf::Shelf;
use crate::suspension::Suspension;
use crate::tls::{Protection, TlsRule};
use crate::view::{Evidence, TlsTrouble};
use common::vocab::{
    CauseCounts, Counters, Domain, HostStatus, Limit, RecipientId, Reply, Timestamp, VerdictCode, WaitCause,
};
use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::net::SocketAddr;
use std::sync::Arc;

/// Addresses whose latest evidence is kept per host.
const ADDRESS_EVIDENCE_MAX: usize = 16;

/// What is known of the next hops.
#[derive(Clone, Debug)]
pub enum Routing {
    /// Nothing, or it has expired.
    None,
    /// It was asked for, under the routes of this number.
    Asking(u32),
    /// Known until it expires.
    Known(Arc<Route>),
}

/// Why and until when the host as a whole is left alone.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Rest {
    /// When one leg may try it again.
    pub until: Timestamp,
    /// [`WaitCause::HostDown`], [`WaitCause::TlsPolicy`] or [`WaitCause::Dns`].
    pub cause: WaitCause,
}

/// Recipients by stage; kept at every move.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Counts {
    /// Never tried.
    pub unattempted: u64,
    /// Tried at least once.
    pub attempted: u64,
    /// In a session at this moment.
    pub sending: u64,
    /// Waiting for their own timer.
    pub retrying: u64,
    /// Waiting because the brake on mass bounces holds them.
    pub braked: u64,
}

impl Counts {
    /// In the queue.
    pub fn active(&self) -> u64 {
        self.unattempted + self.attempted
    }
    /// Ready to go as far as they themselves are concerned.
    pub fn due(&self) -> u64 {
        self.active() - self.sending - self.retrying - self.braked
    }
    fn timed(&mut self, braked: bool) -> &mut u64 {
        if braked { &mut self.braked } else { &mut self.retrying }
    }
}

/// See the head of this file.
#[derive(Debug)]
pub struct Host {
    /// The destination domain.
    pub name: Domain,
    /// All legs in the queue, by message, thus by age.
    pub legs: Shelf<LegKey, Leg>,
    fresh: VecDeque<LegKey>,
    again: VecDeque<LegKey>,
    retry: BTreeSet<(Timestamp, LegKey)>,
    released: BTreeSet<(Timestamp, LegKey)>,
    fresh_turn: bool,
    epoch: u32,
    /// Legs that a person called one by one, in front of all others; each stands in its queue as well.
    called: VecDeque<LegKey>,
    /// Retries that are not over here, the oldest first.
    pub calls: Vec<Call>,
    /// Which cause held it as a whole, and when.
    pub timeline: Timeline,
    /// Recipients by stage.
    pub counts: Counts,
    /// The ancestor's counters.
    pub counters: Counters,
    /// The same when they were last looked at: what came since is not in the totals and windows yet.
    pub noted: Counters,
    /// When that last changed.
    pub noted_at: Option<Timestamp>,
    /// The latest minute, hour and day; `None` until it has counted something.
    pub windows: Option<Arc<Windows>>,
    /// Up, Down, Unknown.
    pub status: HostStatus,
    /// Since when.
    pub status_since: Option<Timestamp>,
    /// Deferring us, or held back by a limit: since when.
    pub limited_since: Option<Timestamp>,
    /// Why it is as it is.
    pub evidence: Option<Evidence>,
    /// The latest evidence of each address.
    pub addresses: BTreeMap<SocketAddr, Evidence>,
    /// The latest 4xx.
    pub last_4xx: Option<(Reply, Timestamp)>,
    /// The latest 5xx.
    pub last_5xx: Option<(Reply, Timestamp)>,
    /// The latest failure of TLS.
    pub last_tls: Option<Arc<TlsTrouble>>,
    /// Its next hops.
    pub routing: Routing,
    /// Whether its next hops were found in the last 30 days, by an earlier process too: then one NXDOMAIN is not believed.
    pub resolved_before: bool,
    /// Since when DNS says that the domain does not exist, where that is not believed yet.
    pub gone_since: Option<Timestamp>,
    /// When they were last found.
    pub resolved_at: Option<Timestamp>,
    /// The same as it was last noted.
    pub resolved_noted: Option<Timestamp>,
    /// The host timer.
    pub rest: Option<Rest>,
    /// Failures in a row, for the host timer.
    pub failures: u32,
    /// No further connection is dialled until then.
    pub pause_until: Option<Timestamp>,
    /// Their replies made us slow down.
    pub backoff: Option<Backoff>,
    /// What a person allows it.
    pub limits: HostLimits,
    /// Which limit it met last when it could not start more, and what that allows.
    pub slot: (Limit, u32),
    /// Addresses that failed in the attempt that is under way.
    pub tried: Vec<SocketAddr>,
    /// Connections allowed.
    pub window: Window,
    /// Connections not greeted yet.
    pub connecting: u32,
    /// Sessions past their greeting that last worked for it.
    pub connected: u32,
    /// Of these, carrying something at this moment.
    pub busy: u32,
    /// When an attempt last ended.
    pub last_activity_at: Option<Timestamp>,
    /// Whether an attempt has ended since our start and the last jump of the clock.
    pub heard: bool,
    /// When a recipient was last delivered.
    pub last_delivery_at: Option<Timestamp>,
    /// When its last recipient left.
    pub idle_since: Option<Timestamp>,
    /// Legs past their lifetime that get the one attempt which decides.
    pub last_chance: Vec<LegKey>,
    /// Legs whose lifetime ended while it was suspended.
    pub overdue: Vec<LegKey>,
    /// Delivery to it, or all delivery, is suspended.
    pub suspended: Option<Arc<Suspension>>,
    /// It stands in a queue for a connection.
    pub queued_for_slot: bool,
    /// The wake-up that is registered for it.
    pub wake_at: Option<Timestamp>,
    /// What its exchangers must prove.
    pub tls_rule: TlsRule,
    /// How the session is or was protected that it used last.
    pub protection: Option<Protection>,
}

impl Host {
    /// A host without mail or knowledge.
    pub fn new(name: Domain, settings: &Settings) -> Host {
        let limits = HostLimits::of(&name, &settings.destinations);
        let ceiling = limits.connections.as_ref().map_or(settings.window_max, |(_, most)| *most);
        let window = Window::new(settings.window_first, ceiling);
        Host {
            tls_rule: settings.tls.of(&name),
            limits,
            backoff: None,
            slot: (Limit::Window, window.open()),
            protection: None,
            name,
            legs: Shelf::default(),
            fresh: VecDeque::new(),
            again: VecDeque::new(),
            retry: BTreeSet::new(),
            released: BTreeSet::new(),
            fresh_turn: true,
            epoch: 0,
            called: VecDeque::new(),
            calls: Vec::new(),
            timeline: Timeline::default(),
            counts: Counts::default(),
            counters: Counters::default(),
            noted: Counters::default(),
            noted_at: None,
            windows: None,
            status: HostStatus::Unknown,
            status_since: None,
            limited_since: None,
            evidence: None,
            addresses: BTreeMap::new(),
            last_4xx: None,
            last_5xx: None,
            last_tls: None,
            routing: Routing::None,
            resolved_before: false,
            gone_since: None,
            resolved_at: None,
            resolved_noted: None,
            rest: None,
            failures: 0,
            pause_until: None,
            tried: Vec::new(),
            window,
            connecting: 0,
            connected: 0,
            busy: 0,
            last_activity_at: None,
            heard: false,
            last_delivery_at: None,
            idle_since: None,
            last_chance: Vec::new(),
            overdue: Vec::new(),
            suspended: None,
            queued_for_slot: false,
            wake_at: None,
        }
    }

    /// Octets of memory of its queues.
    #[cfg(test)]
    pub fn queue_bytes(&self) -> usize {
        let keys = self.fresh.capacity() + self.again.capacity() + 2 * (self.retry.len() + self.released.len());
        self.legs.bytes() + keys * std::mem::size_of::<LegKey>()
    }

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
    fn account(&mut self, now: Timestamp, key: LegKey) {
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

    fn enter_due(&mut self, key: LegKey, epoch: u32, in_front: bool) {
        let Some(leg) = self.legs.get_mut(&key) else { return };
        leg.stage = LegStage::Due { epoch };
        let queue = if leg.attempts == 0 { &mut self.fresh } else { &mut self.again };
        if queue.len() == queue.capacity() {
            queue.reserve_exact((queue.len() / 4).max(2)); // a million wait here: no room for twice as many
        }
        if in_front { queue.push_front(key) } else { queue.push_back(key) }
    }

    fn enter_retry(&mut self, key: LegKey, until: Timestamp, braked: bool) {
        let Some(leg) = self.legs.get_mut(&key) else { return };
        leg.stage = LegStage::Retry { until, epoch: self.epoch, braked };
        *self.counts.timed(braked) += leg.recipients();
        self.retry.insert((until, key));
    }

    /// `Due -> Sending`. Takes turns between first attempts and later ones, so that a backlog of retries
    /// never takes more than half of the slots from fresh mail.
    pub fn take_due(&mut self, now: Timestamp) -> Option<LegKey> {
        let key = self.pop_due()?;
        self.account(now, key);
        let leg = self.legs.get_mut(&key)?;
        leg.stage = LegStage::Sending { epoch: leg.stage.epoch(), taken: self.epoch };
        self.counts.sending += leg.recipients();
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
            let from_fresh = if self.fresh.is_empty() {
                false
            } else if self.again.is_empty() && self.released.is_empty() {
                true
            } else {
                self.fresh_turn
            };
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

    /// Pauses that are over are over: nothing shows them any more.
    pub fn end_pauses(&mut self, now: Timestamp) {
        let pause = self.backoff.as_mut().map(|backoff| &mut backoff.until);
        let rate = self.limits.pace.as_mut().map(|pace| &mut pace.until);
        let all = [Some(&mut self.pause_until), pause, rate].into_iter().flatten();
        all.filter(|until| until.is_some_and(|at| at <= now)).for_each(|until| *until = None);
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

    /// `Sending -> Due`, in front: the session broke before the attempt counted.
    pub fn give_back(&mut self, now: Timestamp, key: LegKey) {
        self.account(now, key);
        let Some(leg) = self.legs.get(&key) else { return };
        let LegStage::Sending { epoch, taken } = leg.stage else { return };
        self.counts.sending -= leg.recipients();
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

    /// An attempt has ended.
    pub fn hear(&mut self, now: Timestamp) {
        self.last_activity_at = Some(now);
        self.heard = true;
    }

    /// Whether an attempt has ended since then, our start and the last jump of the clock.
    pub fn heard_since(&self, at: Timestamp) -> bool {
        self.heard && self.last_activity_at.is_some_and(|latest| latest >= at)
    }

    /// The clock has jumped: what counts real time moves with it; what is only remembered stays as it was noted.
    pub fn jump(&mut self, jump: Jump) {
        self.heard = false;
        self.wake_at = None;
        self.timeline.jump(jump);
        for timers in [&mut self.retry, &mut self.released] {
            *timers = std::mem::take(timers).into_iter().map(|(until, key)| (jump.moved(until), key)).collect();
        }
        for leg in self.legs.values_mut() {
            if let LegStage::Retry { until, .. } = &mut leg.stage {
                jump.shift(until);
            }
            jump.shift(&mut leg.since);
        }
        self.calls.iter_mut().for_each(|call| call.jump(jump));
        let rest = self.rest.as_mut().map(|rest| &mut rest.until);
        if let Some(pace) = &mut self.limits.pace {
            pace.jump(jump);
        }
        let pause = self.backoff.as_mut().and_then(|backoff| backoff.until.as_mut());
        let others = [
            pause,
            self.pause_until.as_mut(),
            self.last_delivery_at.as_mut(),
            self.idle_since.as_mut(),
            self.gone_since.as_mut(),
        ];
        rest.into_iter().chain(others.into_iter().flatten()).for_each(|at| jump.shift(at));
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
        let timers = [rest, pause, backoff, self.rate_until()].into_iter().flatten().filter(|at| *at > now);
        // A record that could not end yet (a session still closes) is looked at again a little later.
        let forget = self.idle_since.map(|since| (since + settings.host_memory).max(now + settings.session_idle));
        timers.chain(forget).chain(self.next_retry_at()).min()
    }

    /// Remembers how the latest connection to an address ended.
    pub fn note_address(&mut self, address: SocketAddr, evidence: Evidence) {
        if self.addresses.len() >= ADDRESS_EVIDENCE_MAX && !self.addresses.contains_key(&address) {
            let oldest = self.addresses.iter().min_by_key(|(_, evidence)| evidence.at).map(|(address, _)| *address);
            oldest.map(|oldest| self.addresses.remove(&oldest));
        }
        self.addresses.insert(address, evidence);
    }

    /// Moves the status; says from where if it moved.
    pub fn move_status(&mut self, now: Timestamp, to: HostStatus) -> Option<HostStatus> {
        let from = self.status;
        if from == to {
            return None;
        }
        self.status = to;
        self.status_since = Some(now);
        Some(from)
    }

    /// Evidence without an address.
    pub fn evidence_of(code: VerdictCode, at: Timestamp) -> Evidence {
        Evidence { code, reply: None, exchanger: None, address: None, at, addresses_tried: 0 }
    }

    /// The last word on a leg of a message that was accepted then: its own, else the host's.
    pub fn last_word(&self, leg: &Leg, received_at: Timestamp) -> Word {
        if let Some(word) = leg.latest() {
            return word.clone();
        }
        let at = self.last_activity_at.filter(|at| *at >= received_at);
        match &self.evidence {
            Some(Evidence { code, reply, exchanger, .. }) if *code != VerdictCode::Ok => {
                Word { code: *code, reply: reply.clone(), exchanger: exchanger.clone(), at }
            }
            _ => Word { code: VerdictCode::SmtpDeferred, reply: None, exchanger: None, at },
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
                LegStage::Sending { .. } => counts.sending += recipients,
                LegStage::Retry { epoch, braked, .. } if epoch == self.epoch => *counts.timed(braked) += recipients,
                LegStage::Retry { .. } | LegStage::Due { .. } => {}
            }
        }
        counts
    }
}
