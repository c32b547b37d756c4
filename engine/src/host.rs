//! A destination domain: its status, its legs by stage, its window, its timer, its counters.
//!
//! Promises: recipients are counted by stage at every move, so that a list costs nothing per message; what is
//! done to a host as a whole touches no leg. Never: asks the world for anything; the engine does.
//!
//! The parts: `moves` (of legs), `due` (which goes next), `wait` (what holds it as a whole), `evidence` (what was last
//! heard), `call` (an operator's retry), `limited` (by our own limits), `counts`, `window`, `backoff`, `timeline`, `holding`.

mod backoff;
mod call;
mod counts;
mod due;
mod evidence;
mod holding;
mod limited;
mod moves;
mod released;
mod timeline;
mod wait;
mod window;

pub use backoff::Backoff;
pub use call::{Call, Part, Then};
pub use counts::Counts;
pub use holding::CauseSet;
pub use limited::HeldBack;
pub use timeline::{Own, Timeline};
pub use window::Window;

use crate::count::Windows;
use crate::jump::Jump;
use crate::limit::HostLimits;
use crate::queue::{Leg, LegKey, LegStage};
use crate::route::Route;
use crate::settings::Settings;
use crate::shelf::Shelf;
use crate::suspension::Suspension;
use crate::tls::{Protection, TlsRule};
use crate::view::{Evidence, TlsTrouble};
use common::vocab::{Counters, Domain, HostStatus, Limit, Reply, Timestamp, WaitCause};
use released::Released;
use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::net::SocketAddr;
use std::sync::Arc;

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
    released: Released,
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
    /// The latest minute, hour and day; `None` until it has counted something, or something waited.
    pub windows: Option<Arc<Windows>>,
    /// Up, Down, Unknown.
    pub status: HostStatus,
    /// Since when.
    pub status_since: Option<Timestamp>,
    /// Deferring us: since when.
    pub limited_since: Option<Timestamp>,
    /// Held back by a limit of ours.
    pub held_back: Option<HeldBack>,
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
    /// Legs past their lifetime that are given up, some at a time.
    pub given_up: Vec<LegKey>,
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
            released: Released::default(),
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
            held_back: None,
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
            given_up: Vec::new(),
            last_chance: Vec::new(),
            overdue: Vec::new(),
            suspended: None,
            queued_for_slot: false,
            wake_at: None,
        }
    }

    /// The clock has jumped: what counts real time moves with it; what is only remembered stays as it was noted.
    pub fn jump(&mut self, jump: Jump) {
        self.heard = false;
        self.wake_at = None;
        self.timeline.jump(jump);
        let retry = std::mem::take(&mut self.retry);
        self.retry = retry.into_iter().map(|(until, key)| (jump.moved(until), key)).collect();
        self.released.jump(jump);
        for leg in self.legs.values_mut() {
            if let LegStage::Retry { until, .. } = &mut leg.stage {
                jump.shift(until);
            }
            jump.shift(&mut leg.since);
        }
        self.calls.iter_mut().for_each(|call| call.jump(jump));
        self.held_back.iter_mut().for_each(|held| held.jump(jump));
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
}
