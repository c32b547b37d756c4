//! Sessions, and the lane of each address they go to. Sessions are shared by hosts: what counts is where they lead.

use crate::host_id::HostId;
use crate::peer::Peer;
use crate::provider::ProviderKey;
use crate::queue::LegKey;
use crate::route::Hop;
use crate::tls::{Protection, TlsRule};
use common::vocab::{AttemptId, SessionId, Timestamp};
use std::collections::VecDeque;
use std::sync::Arc;

/// Where a session stands.
///
/// ```text
/// Connecting ──▶ Idle ──▶ Busy ──▶ Idle …
///     │           └─────▶ Closing          every arm may end in (gone)
///     └─▶ GivenUp ──────────▲
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum SessionState {
    /// Dialled, not ready yet.
    Connecting,
    /// Dialled, silent for too long, and told to close: somebody else wants the place.
    GivenUp,
    /// Can carry something.
    Idle {
        /// Since when.
        since: Timestamp,
    },
    /// Carries a leg.
    Busy {
        /// Which.
        leg: LegKey,
        /// As which attempt.
        attempt: AttemptId,
    },
    /// Was told to close.
    Closing,
}

/// One connection to one address.
#[derive(Clone, Debug)]
pub struct Session {
    /// Where it leads.
    pub hop: Arc<Hop>,
    /// For whom it works or last worked.
    pub host: HostId,
    /// Where it stands.
    pub state: SessionState,
    /// What is known of the other side; nothing before it is ready.
    pub peer: Peer,
    /// The rule of the host it was dialled for.
    pub rule: TlsRule,
    /// What the connection was told to give: the rule, or clear text after TLS was tried in vain.
    pub asked: TlsRule,
    /// Messages it has carried.
    pub messages: u32,
    /// When it was dialled.
    pub dialled_at: Timestamp,
    /// Its host had not greeted us then.
    pub stranger: bool,
    /// Whose limit it counts against, besides those of host and address.
    pub provider: Option<ProviderKey>,
}

impl Session {
    /// How it is protected, once it is ready.
    pub fn protection(&self) -> Protection {
        Protection::of(&self.peer, self.rule, self.asked)
    }

    /// Whether it may carry mail under this rule, meant for an exchanger of this name.
    pub fn serves(&self, rule: TlsRule, exchanger: &str) -> bool {
        self.protection().serves(rule, self.hop.exchanger.eq_ignore_ascii_case(exchanger))
    }
}

/// All sessions to one address.
#[derive(Clone, Debug, Default)]
pub struct Lane {
    /// Not greeted yet.
    pub connecting: u32,
    /// Past their greeting.
    pub connected: u32,
    /// Able to carry something; the one used last is used first.
    pub idle: Vec<SessionId>,
    /// Hosts that wait for a session here, in turn.
    pub waiting: VecDeque<HostId>,
    /// The latest connection failed: others are tried first until then.
    pub failed_until: Option<Timestamp>,
}

impl Lane {
    /// Nothing is left to remember.
    pub fn is_empty(&self, now: Timestamp) -> bool {
        self.connecting + self.connected == 0
            && self.waiting.is_empty()
            && self.failed_until.is_none_or(|until| until <= now)
    }
}
