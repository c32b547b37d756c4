//! Everything that can happen to the engine: a closed list. Past tense, and each carries what it knows.

use crate::envelope::{Envelope, Recovered};
use crate::failure::{Failure, Outcome, RouteFailure};
use crate::jump::Jump;
use crate::peer::Peer;
use crate::route::Answer;
use crate::settings::Settings;
use crate::suspension::Suspension;
use common::vocab::{ActionId, Domain, Guard, MessageId, SessionId};
use std::sync::Arc;

/// Something that happened in the world.
#[derive(Clone, Debug)]
pub enum Event {
    /// A message is on disk (only then does the engine hear of it).
    Accepted(Arc<Envelope>),
    /// A message was found on disk at the start.
    Recovered(Recovered),
    /// The answer to [`crate::Effect::Resolve`].
    Resolved {
        /// The destination domain that was asked for.
        host: Domain,
        /// Its next hops, or why there are none.
        answer: Result<Answer, RouteFailure>,
    },
    /// A session greeted us and took our EHLO: it can carry messages.
    SessionReady {
        /// Which.
        session: SessionId,
        /// What it is.
        peer: Peer,
    },
    /// A connection ended before it was ready.
    SessionFailed {
        /// Which.
        session: SessionId,
        /// At which stage and why.
        failure: Failure,
    },
    /// A transaction ended; every recipient of the order has one outcome.
    Attempted {
        /// On which session.
        session: SessionId,
        /// Of which message.
        mid: MessageId,
        /// One per recipient of the order, in its order.
        outcomes: Vec<Outcome>,
        /// Whether the session can carry another message.
        reusable: bool,
    },
    /// A session that carried nothing at that moment is gone: after [`crate::Effect::Close`], or the peer left.
    SessionClosed {
        /// Which.
        session: SessionId,
    },
    /// An operator wants what waits for a timer to be tried now.
    Retry {
        /// Names the action in the facts. A retry of named legs may come in several events.
        action: ActionId,
        /// Of what.
        scope: RetryScope,
        /// One leg of each host goes first; the others follow if it is accepted, else they stay as they are.
        canary: bool,
    },
    /// An operator takes a retry back: what was not tried since waits for the timers it had. Said again until
    /// [`crate::Engine::progress`] says that all is back.
    UndoRetry {
        /// Which.
        action: ActionId,
    },
    /// An operator wants every counter to begin anew.
    ResetCounters {
        /// Names the action in the facts.
        action: ActionId,
    },
    /// Delivery is suspended: nothing in scope is started. It was written down before.
    Suspend {
        /// Names the action in the facts; `None`: found on disk at the start.
        action: Option<ActionId>,
        /// One host, or all.
        scope: HostScope,
        /// By whom, why, until when.
        suspension: Suspension,
    },
    /// Delivery goes on. All: that of each host too.
    Resume {
        /// Names the action in the facts.
        action: ActionId,
        /// One host, or all.
        scope: HostScope,
    },
    /// The configuration was read again: from now on these hold, as far as [`Settings::over`] goes.
    Configured(Box<Settings>),
    /// The time of [`crate::Engine::next_wakeup`] has come.
    Woke,
    /// Wall and steady time have parted: the clock was set, or the machine slept. The time of this event is the new one.
    ClockJumped(Jump),
    /// A guard of ours closed or opened: while closed nothing new is started.
    /// `None`: it opened.
    Guard(Option<Guard>),
}

/// What is to be tried.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum RetryScope {
    /// Everything.
    All,
    /// All of these hosts.
    Hosts(Vec<Domain>),
    /// These legs.
    Legs(Vec<LegName>),
}

/// Names up to fifty recipients of a message at one host that are tried together.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LegName {
    /// Their destination domain.
    pub host: Domain,
    /// Their message.
    pub mid: MessageId,
    /// Which fifty of its recipients there.
    pub part: u16,
}

/// What something is done to that is done to hosts as a whole.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum HostScope {
    /// Every host.
    All,
    /// One host.
    Host(Domain),
}
