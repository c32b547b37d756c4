//! An operator says: now. What waits for a timer is due; limits, windows and counts of tries stay as they are.

use super::Engine;
use crate::host_id::HostId;
use crate::view::RetryView;
use crate::{Fact, HostScope, Output};
use common::vocab::{ActionId, Timestamp};

/// Hosts named in a preview.
const SAMPLE_MAX: usize = 10;

impl Engine {
    pub(super) fn retried(&mut self, now: Timestamp, action: ActionId, scope: &HostScope, out: &mut Output) {
        let view = self.preview_retry(now, scope);
        let ids = self.in_scope(scope);
        for id in &ids {
            self.host_mut(*id).release(now);
        }
        for id in ids {
            self.start(now, id, out);
        }
        out.facts.push(Fact::Retried { action, recipients: view.recipients, hosts: view.hosts });
    }

    pub(super) fn in_scope(&self, scope: &HostScope) -> Vec<HostId> {
        match scope {
            HostScope::All => self.names.values().copied().filter(|id| self.host(*id).counts.active() > 0).collect(),
            HostScope::Host(name) => self.names.get(name).copied().into_iter().collect(),
        }
    }

    /// What a retry would touch.
    pub fn preview_retry(&self, now: Timestamp, scope: &HostScope) -> RetryView {
        let mut view = RetryView::default();
        let mut touched = Vec::new();
        for id in self.in_scope(scope) {
            let host = self.host(id);
            let waiting = host.waiting_for_timer(now);
            if host.suspended.is_some() {
                view.suspended += host.counts.active();
            }
            view.already_due += host.counts.active() - host.counts.sending - waiting;
            if waiting > 0 {
                view.recipients += waiting;
                view.hosts += 1;
                touched.push((std::cmp::Reverse(waiting), &host.name));
            }
        }
        touched.sort();
        view.sample = touched.into_iter().take(SAMPLE_MAX).map(|(_, name)| name.clone()).collect();
        view
    }
}
