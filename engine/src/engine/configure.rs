//! New settings while mail waits: what a reload of the configuration changes.
//!
//! Promises: every host has its limits and its rule of TLS by the new settings at once; next hops that were found
//! before are asked for again, and an answer that was on its way is not believed, for its question was of the old
//! routes. What is under way ends as it began. Timers of legs stand: the new schedule holds from their next failure.
//! Never: another size of the pools, another lifetime or other warnings; whoever reloads says that these need a start.

use super::Engine;
use crate::host::Routing;
use crate::host_id::HostId;
use crate::limit::HostLimits;
use crate::{Output, Settings};
use common::vocab::Timestamp;
use std::sync::Arc;

impl Settings {
    /// These settings as far as a running engine takes them over; the rest is as it was.
    pub fn over(self, before: &Settings) -> Settings {
        Settings {
            connections_max: before.connections_max,
            connecting_max: before.connecting_max,
            // Each message has its deadline in the books since it came.
            lifetime: before.lifetime,
            lifetime_null_sender: before.lifetime_null_sender,
            warn: before.warn.clone(),
            warn_suspended: before.warn_suspended,
            greet_patience: before.greet_patience,
            ..self
        }
    }
}

impl Engine {
    pub(super) fn configured(&mut self, now: Timestamp, settings: Settings, out: &mut Output) {
        self.settings = settings.over(&self.settings);
        self.routing_epoch += 1;
        let ids: Vec<HostId> = self.names.values().copied().collect();
        for id in ids {
            self.configure_host(now, id);
            self.start(now, id, out);
        }
    }

    fn configure_host(&mut self, now: Timestamp, id: HostId) {
        let name = self.host(id).name.clone();
        let (mut limits, tls) = (HostLimits::of(&name, &self.settings.destinations), self.settings.tls.of(&name));
        let most = self.settings.window_max;
        let host = self.host_mut(id);
        // What is used of a rate that stays is not forgotten.
        if let (Some(before), Some(after)) = (host.limits.pace.take(), &mut limits.pace)
            && before.rate == after.rate
        {
            *after = before;
        }
        (host.limits, host.tls_rule) = (limits, tls);
        let mut ceiling = host.limits.connections.as_ref().map_or(most, |(_, most)| *most);
        if let Routing::Known(route) = &self.host(id).routing {
            ceiling = self.window_ceiling(id, route);
        }
        let host = self.host_mut(id);
        host.window.set_ceiling(ceiling);
        if let Routing::Known(route) = &mut host.routing {
            let route = Arc::make_mut(route);
            route.expires_at = route.expires_at.min(now);
        }
    }
}
