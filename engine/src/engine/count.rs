//! Counting, beyond the counters of a host that stands: totals, windows, what is remembered of hosts whose record ended,
//! and what is to be written down of it.
//!
//! Promises: counting costs the hot path nothing: what a host has counted is looked at when its row is published, four
//! times a second. The totals are always the sum over standing hosts and those that ended. A host's counters return with
//! its record. Never: a count of what was accepted that disagrees: accepted is active + completed, by definition, and is
//! not kept.

use super::Engine;
use crate::count::{CountMemory, CountsView, HOST_KEPT, HOSTS_KEPT_MAX, HostMemory, TotalMemory, Windows};
use crate::host::Host;
use crate::host_id::HostId;
use crate::{Fact, Output};
use common::vocab::{ActionId, Counters, Domain, Timestamp};
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use std::time::Duration;

/// That next hops were found is written down again after so long: not with every look-up.
const RESOLVED_ANEW: Duration = Duration::from_secs(24 * 3600);

/// The books of counting.
#[derive(Debug, Default)]
pub(super) struct CountBook {
    pub(super) total: TotalMemory,
    at_start: Counters,
    messages_at_start: u64,
    pub(super) recipients_accepted: u64,
    windows: Arc<Windows>,
    /// Hosts without a record.
    remembered: BTreeMap<Domain, HostMemory>,
    /// The same by when they last changed.
    by_age: BTreeSet<(Timestamp, Domain)>,
    /// Hosts that changed since they were written down.
    unsaved: BTreeSet<Domain>,
    forgotten: Vec<Domain>,
}

impl CountBook {
    pub(super) fn new(now: Timestamp) -> CountBook {
        CountBook { total: TotalMemory { first: now, since: now, ..TotalMemory::default() }, ..CountBook::default() }
    }

    fn remember(&mut self, host: Domain, memory: HostMemory) {
        self.by_age.insert((memory.at, host.clone()));
        self.remembered.insert(host, memory);
        while self.remembered.len() > HOSTS_KEPT_MAX {
            let Some((_, oldest)) = self.by_age.pop_first() else { return };
            self.remembered.remove(&oldest);
            self.forgotten.push(oldest);
        }
    }

    fn recall(&mut self, host: &Domain) -> Option<HostMemory> {
        let memory = self.remembered.remove(host)?;
        self.by_age.remove(&(memory.at, host.clone()));
        Some(memory)
    }

    /// Forgets hosts that have been silent for a month; what they counted stays in the totals.
    fn forget(&mut self, now: Timestamp) {
        while let Some((at, host)) = self.by_age.first().filter(|(at, _)| now.since(*at) > HOST_KEPT).cloned() {
            self.by_age.remove(&(at, host.clone()));
            self.remembered.remove(&host);
            self.forgotten.push(host);
        }
    }

    fn counted(&self) -> Counters {
        let mut all = self.total.before;
        all.add(&self.total.counters);
        all
    }
}

impl Engine {
    /// Takes up counting where an earlier process left off. Before any mail.
    pub fn restore_counters(&mut self, memory: CountMemory) {
        let Some(total) = memory.total else { return };
        self.counters_since = total.since;
        self.ended_counters = total.counters;
        self.counts.total = total;
        (self.counts.at_start, self.counts.messages_at_start) = (self.counts.counted(), self.counts.total.messages);
        for (host, mut kept) in memory.hosts {
            if kept.since != self.counters_since {
                (kept.counters, kept.since) = (Counters::default(), self.counters_since);
            }
            if !kept.is_empty() {
                self.counts.remember(host, kept);
            }
        }
    }

    /// A record begins: what was known of the host returns with it.
    pub(super) fn recall(&mut self, now: Timestamp, host: &mut Host) {
        let Some(kept) = self.counts.recall(&host.name) else { return };
        self.ended_counters.sub(&kept.counters);
        (host.counters, host.noted, host.noted_at) = (kept.counters, kept.counters, Some(kept.at));
        let resolved_at = kept.resolved_at.filter(|at| now.since(*at) <= HOST_KEPT);
        (host.resolved_at, host.resolved_noted) = (resolved_at, kept.resolved_at);
        host.resolved_before = resolved_at.is_some();
    }

    /// A record has ended: its counters live on in the totals, and with its name.
    pub(super) fn bid_farewell(&mut self, host: &Host) {
        self.ended_counters.add(&host.counters);
        let memory = self.memory_of(host);
        if !memory.is_empty() {
            self.counts.remember(host.name.clone(), memory);
        }
    }

    /// Looks at what the hosts that changed have counted since they were last looked at.
    pub(super) fn count_up(&mut self, now: Timestamp) {
        let changed: Vec<HostId> = self.changed.iter().copied().collect();
        changed.into_iter().for_each(|id| self.note(now, id));
    }

    /// The same of one host.
    pub(super) fn note(&mut self, now: Timestamp, id: HostId) {
        let Some(host) = self.hosts[id.0 as usize].as_mut() else { return };
        let waiting = host.counts.active();
        if waiting != host.windows.as_deref().map_or(0, Windows::waiting) {
            Arc::make_mut(host.windows.get_or_insert_default()).wait(now, waiting);
        }
        let mut more = host.counters;
        more.sub(&host.noted);
        let resolved = host.resolved_at.filter(|_| host.resolved_before);
        let news = match (resolved, host.resolved_noted) {
            (Some(at), Some(noted)) => at.since(noted) > RESOLVED_ANEW,
            (now, noted) => now.is_some() != noted.is_some(),
        };
        if more == Counters::default() && !news {
            return;
        }
        (host.noted, host.noted_at, host.resolved_noted) = (host.counters, Some(now), resolved);
        if more != Counters::default() {
            Arc::make_mut(host.windows.get_or_insert_default()).add(now, &more);
            Arc::make_mut(&mut self.counts.windows).add(now, &more);
            self.counts.total.counters.add(&more);
        }
        self.counts.unsaved.insert(host.name.clone());
    }

    fn memory_of(&self, host: &Host) -> HostMemory {
        HostMemory {
            counters: host.noted,
            since: self.counters_since,
            resolved_at: host.resolved_noted,
            at: host.noted_at.unwrap_or(self.started_at),
        }
    }

    /// What has changed since it was last taken, of so many hosts at most; to be written down in one transaction.
    pub fn take_unsaved(&mut self, now: Timestamp, hosts_max: usize) -> CountMemory {
        self.count_up(now);
        self.counts.forget(now);
        let last = self.counts.unsaved.iter().nth(hosts_max).cloned();
        let rest = last.map(|last| self.counts.unsaved.split_off(&last)).unwrap_or_default();
        let names = std::mem::replace(&mut self.counts.unsaved, rest);
        let memory = |name: Domain| {
            let standing = self.names.get(&name).map(|id| self.memory_of(self.host(*id)));
            let kept = standing.or_else(|| self.counts.remembered.get(&name).cloned())?;
            Some((name, kept))
        };
        let hosts = names.into_iter().filter_map(memory).collect();
        let forgotten = std::mem::take(&mut self.counts.forgotten);
        let forgotten = forgotten.into_iter().filter(|name| !self.names.contains_key(name)).collect();
        CountMemory { hosts, total: Some(self.counts.total.clone()), forgotten }
    }

    /// Whether anything has changed that is not written down.
    pub fn has_unsaved(&self) -> bool {
        !self.counts.unsaved.is_empty()
    }

    /// It could not be written down: it is to be tried again.
    pub fn not_saved(&mut self, memory: CountMemory) {
        self.counts.unsaved.extend(memory.hosts.into_iter().map(|(name, _)| name));
        self.counts.forgotten.extend(memory.forgotten);
    }

    /// An operator sets a new base: every counter begins anew. The windows go on.
    pub(super) fn reset_counters(&mut self, now: Timestamp, action: ActionId, out: &mut Output) {
        self.count_up(now);
        let total = &mut self.counts.total;
        let counted = std::mem::take(&mut total.counters);
        total.before.add(&counted);
        (total.since, total.messages_at_base) = (now, total.messages);
        total.active_at_base = self.messages.values().map(|book| u64::from(book.recipients)).sum();
        self.counters_since = now;
        self.ended_counters = Counters::default();
        for kept in self.counts.remembered.values_mut() {
            (kept.counters, kept.since) = (Counters::default(), now);
        }
        let ids: Vec<HostId> = self.names.values().copied().collect();
        for id in ids {
            let host = self.host_mut(id);
            (host.counters, host.noted) = (Counters::default(), Counters::default());
        }
        out.facts.push(Fact::CountersReset { action });
    }

    /// The bases of what is counted, as of the last look.
    pub fn counts(&self) -> CountsView {
        CountsView {
            total: self.counts.total.clone(),
            counted_at_start: self.counts.at_start,
            messages_at_start: self.counts.messages_at_start,
            recipients_accepted: self.counts.recipients_accepted,
            windows: self.counts.windows.clone(),
        }
    }
}
