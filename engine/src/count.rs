//! What is kept of counting: the counters of hosts and of all, across records that end and processes that end.
//! Named values between the engine and the spool. The walk comes from `engine::count`.

pub mod trend;
pub mod windows;

pub use windows::Windows;

use common::vocab::{Counters, Domain, Timestamp};
use std::sync::Arc;
use std::time::Duration;

/// How long what is known of a host stays after it last changed: a month's partner is known again.
pub const HOST_KEPT: Duration = Duration::from_secs(30 * 24 * 3600);
/// Hosts without a record that are remembered, in memory and on disk: some 20 MB. The longest silent is forgotten first.
pub const HOSTS_KEPT_MAX: usize = 100_000;

/// What is kept of a host.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct HostMemory {
    /// What it counted since the base.
    pub counters: Counters,
    /// The base: counters of another base count nothing.
    pub since: Timestamp,
    /// When its next hops were last found; then one NXDOMAIN is not believed.
    pub resolved_at: Option<Timestamp>,
    /// When this last changed.
    pub at: Timestamp,
}

impl HostMemory {
    /// There is nothing to remember.
    pub fn is_empty(&self) -> bool {
        self.counters == Counters::default() && self.resolved_at.is_none()
    }
}

/// What is kept of all hosts together.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct TotalMemory {
    /// When counting first began.
    pub first: Timestamp,
    /// The base: since when counters count.
    pub since: Timestamp,
    /// Counted since the base, by hosts without a record too.
    pub counters: Counters,
    /// Counted before the base.
    pub before: Counters,
    /// Recipients in the queue at the base.
    pub active_at_base: u64,
    /// Messages accepted since counting began.
    pub messages: u64,
    /// Of these, before the base.
    pub messages_at_base: u64,
}

/// Some of what is kept, or all of it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct CountMemory {
    /// Hosts.
    pub hosts: Vec<(Domain, HostMemory)>,
    /// All of them together, as of the same moment; `None` before anything was kept.
    pub total: Option<TotalMemory>,
    /// Hosts that are forgotten.
    pub forgotten: Vec<Domain>,
}

/// The bases of what is counted, for those who show it: the counters themselves are the sums over hosts.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct CountsView {
    /// As it would be kept now.
    pub total: TotalMemory,
    /// Everything counted before this process started.
    pub counted_at_start: Counters,
    /// Messages accepted before it started.
    pub messages_at_start: u64,
    /// Recipients accepted since it started.
    pub recipients_accepted: u64,
    /// The latest minute, hour and day.
    pub windows: Arc<Windows>,
}
