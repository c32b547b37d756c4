//! What is kept besides mail: suspensions and counters. A note is a named value between the doors and the driver, and the database.

use engine::HostScope;
use engine::count::CountMemory;
use engine::suspension::Suspension;

/// Something to write down.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Note {
    /// Delivery is suspended.
    Suspended(HostScope, Suspension),
    /// Delivery goes on. All: that of each host too.
    Resumed(HostScope),
    /// What has changed of the counters.
    Counted(CountMemory),
}

/// All that was noted, as a start finds it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Notes {
    /// Suspensions, those whose time is over among them.
    pub suspensions: Vec<(HostScope, Suspension)>,
    /// Counters.
    pub counts: CountMemory,
}
