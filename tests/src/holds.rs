//! What an operator has suspended in a simulated world, as it would stand on disk.

use common::vocab::{Domain, Timestamp};
use engine::HostScope;
use engine::suspension::Suspension;
use std::time::Duration;

/// Suspensions by scope. Each has an end, so that every world ends.
#[derive(Clone, Debug, Default)]
pub struct Holds(Vec<(HostScope, Suspension)>);

impl Holds {
    /// Suspends, and says how.
    pub fn suspend(&mut self, now: Timestamp, scope: HostScope, span: Duration) -> Suspension {
        let (by, reason) = ("operator".into(), Some("they asked for it".into()));
        let suspension = Suspension { by, reason, since: now, until: Some(now + span) };
        self.0.retain(|(held, _)| *held != scope);
        self.0.push((scope, suspension.clone()));
        suspension
    }

    /// Resumes: all, or one host.
    pub fn resume(&mut self, scope: &HostScope) {
        self.0.retain(|(held, _)| *held != *scope && *scope != HostScope::All);
    }

    /// Whose time is over has ended, and a clock that is set back does not bring it back.
    pub fn pass(&mut self, now: Timestamp) {
        self.0.retain(|(_, one)| !one.is_over(now));
    }

    /// Whether nothing may be started for this host.
    pub fn hold(&self, host: &Domain, now: Timestamp) -> bool {
        let names = |scope: &HostScope| *scope == HostScope::All || *scope == HostScope::Host(host.clone());
        self.0.iter().any(|(scope, one)| names(scope) && !one.is_over(now))
    }

    /// When the last of them ends by itself.
    pub fn last_end(&self) -> Option<Timestamp> {
        self.0.iter().filter_map(|(_, one)| one.until).max()
    }

    /// What a start finds on disk.
    pub fn on_disk(&self) -> Vec<(HostScope, Suspension)> {
        self.0.clone()
    }
}
