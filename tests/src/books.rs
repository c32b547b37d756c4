//! The counters of a simulated world as they stand on disk: what was taken of the engine, in the order it was taken.

use common::vocab::{Counters, Domain, Timestamp};
use engine::Engine;
use engine::count::{CountMemory, HostMemory, TotalMemory};
use std::collections::BTreeMap;

/// See the head of this file.
#[derive(Clone, Debug, Default)]
pub struct Books {
    hosts: BTreeMap<Domain, HostMemory>,
    total: Option<TotalMemory>,
}

impl Books {
    /// Writes down what has changed, of so many hosts at most.
    pub fn save(&mut self, engine: &mut Engine, now: Timestamp, hosts_max: usize) {
        let memory = engine.take_unsaved(now, hosts_max);
        for host in &memory.forgotten {
            self.hosts.remove(host);
        }
        self.hosts.extend(memory.hosts);
        self.total = memory.total;
    }

    /// Gives it back to a new engine; what it had counted.
    pub fn restore(&self, engine: &mut Engine) -> Counters {
        let hosts = self.hosts.iter().map(|(host, kept)| (host.clone(), kept.clone())).collect();
        engine.restore_counters(CountMemory { hosts, total: self.total.clone(), forgotten: Vec::new() });
        self.total.as_ref().map(|total| total.counters).unwrap_or_default()
    }
}
