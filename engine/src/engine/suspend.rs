//! An operator says: not now. Nothing of a suspended host is started; what is in hand ends.
//!
//! Promises: each host's own suspension and the one of all delivery are kept apart, and both may name hosts without a
//! record; one that has an end ends by itself, by the wall clock as it then is; a retry changes nothing of it. Suspended
//! mail does not expire: whose lifetime is over meanwhile gets the one attempt that decides when delivery resumes.
//! Never: a word to the disk. Who asks has written it down before.

use super::slices::SLICE_LEGS;
use super::{Engine, Timer};
use crate::host_id::HostId;
use crate::queue::LegKey;
use crate::suspension::Suspension;
use crate::view::SuspendView;
use crate::{Fact, HostScope, Output};
use common::vocab::{ActionId, Domain, Timestamp};
use std::collections::BTreeMap;
use std::sync::Arc;

/// Hosts named in a preview.
const SAMPLE_MAX: usize = 10;

/// What is suspended.
#[derive(Debug, Default)]
pub(super) struct Suspensions {
    all: Option<Arc<Suspension>>,
    hosts: BTreeMap<Domain, Arc<Suspension>>,
    /// The timer that is registered for the earliest end.
    wake_at: Option<Timestamp>,
}

impl Suspensions {
    /// What holds for a host: its own, else that of all.
    pub(super) fn of(&self, host: &Domain) -> Option<Arc<Suspension>> {
        self.hosts.get(host).or(self.all.as_ref()).cloned()
    }

    fn next_end(&self) -> Option<Timestamp> {
        self.all.iter().chain(self.hosts.values()).filter_map(|one| one.until).min()
    }
}

impl Engine {
    pub(super) fn suspended(
        &mut self,
        now: Timestamp,
        action: Option<ActionId>,
        scope: HostScope,
        suspension: Suspension,
        out: &mut Output,
    ) {
        if suspension.is_over(now) {
            return;
        }
        let suspension = Arc::new(suspension);
        match &scope {
            HostScope::All => self.suspensions.all = Some(suspension.clone()),
            HostScope::Host(name) => drop(self.suspensions.hosts.insert(name.clone(), suspension.clone())),
        }
        out.facts.push(Fact::Suspended { action, scope, suspension });
        self.look_at_suspensions(now, out);
    }

    pub(super) fn resumed(&mut self, now: Timestamp, action: ActionId, scope: HostScope, out: &mut Output) {
        match &scope {
            HostScope::All => {
                self.suspensions.all = None;
                self.suspensions.hosts.clear();
            }
            HostScope::Host(name) => drop(self.suspensions.hosts.remove(name)),
        }
        out.facts.push(Fact::Resumed { action: Some(action), scope });
        self.look_at_suspensions(now, out);
    }

    /// Suspensions whose time is over end.
    pub(super) fn end_suspensions(&mut self, now: Timestamp, out: &mut Output) {
        self.suspensions.wake_at = None;
        if self.suspensions.all.take_if(|all| all.is_over(now)).is_some() {
            out.facts.push(Fact::Resumed { action: None, scope: HostScope::All });
        }
        for (name, _) in self.suspensions.hosts.extract_if(.., |_, one| one.is_over(now)) {
            out.facts.push(Fact::Resumed { action: None, scope: HostScope::Host(name) });
        }
        self.look_at_suspensions(now, out);
    }

    /// Tells every host what holds for it, lets those start that may, and registers the next end.
    fn look_at_suspensions(&mut self, now: Timestamp, out: &mut Output) {
        self.watch_suspensions();
        let ids: Vec<HostId> = self.names.values().copied().collect();
        for id in ids {
            let holds = self.suspensions.of(&self.host(id).name);
            if self.host(id).suspended == holds {
                continue;
            }
            let ended = holds.is_none();
            self.host_mut(id).suspended = holds;
            if !ended {
                self.end_calls(id);
            }
            if ended {
                self.give_last_chances(now, id);
            }
            self.start(now, id, out);
        }
    }

    /// Registers the next end anew.
    pub(super) fn watch_suspensions(&mut self) {
        let next = self.suspensions.next_end();
        if let Some(before) = std::mem::replace(&mut self.suspensions.wake_at, next) {
            self.timers.remove(&(before, Timer::Suspension));
        }
        self.timers.extend(next.map(|at| (at, Timer::Suspension)));
    }

    /// Legs whose lifetime ended while the host was suspended are due, in front; that attempt decides.
    pub(super) fn give_last_chances(&mut self, now: Timestamp, id: HostId) {
        let overdue = &mut self.host_mut(id).overdue;
        let some: Vec<LegKey> = overdue.drain(..overdue.len().min(SLICE_LEGS)).collect();
        if !overdue.is_empty() {
            self.slice_follows(now, id);
        }
        for key in some {
            if !self.host(id).legs.contains_key(&key) {
                continue;
            }
            if self.expires(&self.messages[&key.0].held) <= now {
                let host = self.host_mut(id);
                host.ripen_one(now, key);
                host.last_chance.push(key);
            } // else the clock was set back meanwhile, and the message has a timer again
        }
    }

    /// What holds for a host by itself, or for all delivery.
    pub fn suspension(&self, scope: &HostScope) -> Option<Arc<Suspension>> {
        match scope {
            HostScope::All => self.suspensions.all.clone(),
            HostScope::Host(name) => self.suspensions.hosts.get(name).cloned(),
        }
    }

    /// What a suspension would touch.
    pub fn preview_suspend(&self, scope: &HostScope) -> SuspendView {
        let touched = |host: &crate::host::Host| host.suspended.is_none();
        self.preview(scope, touched)
    }

    /// What a resumption would touch.
    pub fn preview_resume(&self, scope: &HostScope) -> SuspendView {
        let remains = self.suspensions.all.as_ref().filter(|_| matches!(scope, HostScope::Host(_)));
        let touched = |host: &crate::host::Host| host.suspended.is_some() && remains.is_none();
        let named = match scope {
            HostScope::All => self.suspensions.all.is_some() || !self.suspensions.hosts.is_empty(),
            HostScope::Host(name) => self.suspensions.hosts.contains_key(name),
        };
        SuspendView { suspended: named, all_remains: remains.is_some(), ..self.preview(scope, touched) }
    }

    fn preview(&self, scope: &HostScope, touched: impl Fn(&crate::host::Host) -> bool) -> SuspendView {
        let mut view = SuspendView { suspended: self.suspension(scope).is_some(), ..SuspendView::default() };
        let mut sample = Vec::new();
        for host in self.in_scope(scope).into_iter().map(|id| self.host(id)).filter(|host| touched(host)) {
            view.recipients += host.counts.active();
            view.sending += host.counts.sending;
            view.hosts += 1;
            sample.push((std::cmp::Reverse(host.counts.active()), &host.name));
        }
        sample.sort();
        view.sample = sample.into_iter().take(SAMPLE_MAX).map(|(_, name)| name.clone()).collect();
        view
    }
}
