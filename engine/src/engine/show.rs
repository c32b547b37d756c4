//! What the engine shows of itself: rows, details, messages; and what must hold at every step.

use super::{Engine, Timer};
use crate::host::{CauseSet, HeldBack, Host, Routing};
use crate::host_id::HostId;
use crate::lane::{Session, SessionState};
use crate::queue::{Leg, LegStage};
use crate::view::{HostDetailView, HostView, InHand, LimitedView, MessageView, RecipientView};
use common::vocab::{Badge, Counters, Domain, HostStatus, MessageId, RecipientId, Timestamp, WaitCause, badge};
use std::collections::BTreeMap;

impl Engine {
    /// Since when the counters count.
    pub fn counters_since(&self) -> Timestamp {
        self.counters_since
    }

    /// Counters of hosts whose record has ended; they belong to the totals.
    pub fn ended_counters(&self) -> Counters {
        self.ended_counters
    }

    /// Places for host records, used and free.
    pub fn places(&self) -> usize {
        self.hosts.len()
    }

    /// Messages with recipients in the queue.
    pub fn message_count(&self) -> usize {
        self.messages.len()
    }

    /// The rows of all hosts, by name.
    pub fn hosts(&self) -> impl Iterator<Item = HostView> + '_ {
        self.names.values().map(|id| self.row(self.host(*id)))
    }

    /// The rows that changed since the last call, and the hosts whose record ended.
    pub fn take_changes(&mut self, now: Timestamp) -> (Vec<HostView>, Vec<Domain>) {
        self.count_up(now);
        let changed = std::mem::take(&mut self.changed);
        let rows =
            changed.iter().filter_map(|id| self.hosts[id.0 as usize].as_ref()).map(|host| self.row(host)).collect();
        (rows, std::mem::take(&mut self.gone))
    }

    fn row(&self, host: &Host) -> HostView {
        let causes = host.causes(self.guard.is_some());
        let holding = host.holding(self.guard.is_some());
        let cause = host.has_due().then(|| holding.first());
        HostView {
            host: host.name.clone(),
            status: host.status,
            status_since: host.status_since,
            limited: self.limited(host),
            held: host.suspended.clone(),
            evidence: host.evidence.clone(),
            counters: host.counters,
            windows: host.windows.clone(),
            unattempted: host.counts.unattempted,
            attempted: host.counts.attempted,
            causes,
            cause,
            basis: cause.map(|cause| self.basis(host, None, cause)),
            also: if cause.is_some() { holding.others() } else { Vec::new() },
            connections: host.connected,
            pending: host.connecting,
            connections_max: host.window.open(),
            oldest_at: host.legs.first_key_value().map(|((mid, _), _)| self.messages[mid].held.received_at()),
            next_attempt_at: host.next_attempt_at(),
            last_activity_at: host.last_activity_at,
        }
    }

    fn limited(&self, host: &Host) -> Option<LimitedView> {
        let since = limited_since(host)?;
        let ours = held_back(host);
        Some(LimitedView { since, by: ours.map(|held| (held.cause, self.limit_basis(host, held))) })
    }

    /// What people see beside a host, and its recipients in the queue.
    pub(super) fn standing(&self, name: &Domain) -> (Badge, u64) {
        let Some(host) = self.names.get(name).map(|id| self.host(*id)) else { return Default::default() };
        let badge = badge(host.status, limited_since(host).is_some(), host.suspended.is_some());
        (badge, host.counts.active())
    }

    /// Everything known of one host.
    pub fn host_detail(&self, name: &Domain) -> Option<HostDetailView> {
        let host = self.host(*self.names.get(name)?);
        Some(HostDetailView {
            row: self.row(host),
            counters_since: self.counters_since,
            route: match &host.routing {
                Routing::Known(route) => Some(route.clone()),
                _ => None,
            },
            addresses: host.addresses.iter().map(|(address, evidence)| (*address, evidence.clone())).collect(),
            last_4xx: host.last_4xx.clone(),
            last_5xx: host.last_5xx.clone(),
            last_tls: host.last_tls.clone(),
            protection: host.protection.clone(),
        })
    }

    /// A queued message with its recipients that are still in the queue.
    pub fn message(&self, now: Timestamp, mid: MessageId) -> Option<MessageView> {
        let book = self.messages.get(&mid)?;
        let mut recipients = Vec::new();
        let expires_at = self.expires(&book.held);
        for id in book.hosts() {
            let Some(host) = self.hosts[id.0 as usize].as_ref() else { continue };
            for leg in host.legs.range((mid, 0)..=(mid, u16::MAX)).map(|(_, leg)| leg) {
                let recipients_of = leg.rids().iter();
                recipients.extend(recipients_of.map(|rid| self.recipient(now, host, leg, *rid, expires_at)));
            }
        }
        recipients.sort_by_key(|recipient| recipient.rid);
        Some(MessageView { envelope: self.envelope(mid), as_of: now, recipients })
    }

    fn recipient(
        &self,
        now: Timestamp,
        host: &Host,
        leg: &Leg,
        rid: RecipientId,
        expires_at: Timestamp,
    ) -> RecipientView {
        let holding = host.holding(self.guard.is_some());
        let over = host.pause_over_at();
        let (held_by, next_attempt_at) = match leg.stage {
            LegStage::Sending { .. } => (CauseSet::default().with(WaitCause::Sending), None),
            _ if host.is_due(leg) => (holding, over),
            LegStage::Retry { until, braked, .. } => {
                let own = if braked { WaitCause::Guard } else { WaitCause::Retry };
                // Not due, it wants no connection yet.
                (holding.without(WaitCause::Slot).with(own), Some(over.map_or(until, |over| over.max(until))))
            }
            LegStage::Due { .. } => (holding, None),
        };
        let next_attempt_at = match &host.suspended {
            Some(suspension) if !leg.stage.is_sending() => suspension.until,
            _ => next_attempt_at,
        };
        let cause = held_by.first();
        RecipientView {
            rid,
            cause,
            basis: self.basis(host, Some(leg), cause),
            also: held_by.others(),
            attempts: leg.attempts,
            next_attempt_at,
            expires_at,
            waited: host.spent(now, leg).iter().collect(),
            latest: leg.latest().map(|word| (word.code, word.reply.clone())),
        }
    }

    /// Octets of memory of the queue: what grows with each message, the hosts' own records left out.
    #[cfg(test)]
    pub(crate) fn queue_bytes(&self) -> usize {
        let folded: usize = self.messages.values().map(|book| book.held.bytes()).sum();
        let queues: usize = self.hosts.iter().flatten().map(Host::queue_bytes).sum();
        folded + queues + self.messages.bytes() + self.deadlines.bytes()
    }

    /// What sessions carry at this moment.
    pub fn in_hand(&self) -> Vec<InHand> {
        let carried = self.sessions.values().filter_map(|session| match session.state {
            SessionState::Busy { leg, attempt } => Some((session.host, leg, attempt)),
            _ => None,
        });
        let rids = |id: HostId, key| self.host(id).legs.get(&key).map(|leg| leg.rids().to_vec());
        carried.filter_map(|(id, key, attempt)| Some(InHand { attempt, mid: key.0, rids: rids(id, key)? })).collect()
    }

    /// Connections of each host before their greeting, past it, and of these at work: counted session by session.
    fn sessions_by_host(&self) -> BTreeMap<HostId, [u32; 3]> {
        let mut counts: BTreeMap<HostId, [u32; 3]> = BTreeMap::new();
        for session in self.sessions.values() {
            let [connecting, connected, busy] = counts.entry(session.host).or_default();
            match session.state {
                SessionState::Connecting | SessionState::GivenUp => *connecting += 1,
                SessionState::Idle { .. } | SessionState::Closing => *connected += 1,
                SessionState::Busy { .. } => (*connected, *busy) = (*connected + 1, *busy + 1),
            }
        }
        counts
    }

    /// What must hold after every step (DESIGN 4.2). Panics with what does not. Costs a walk over everything:
    /// for simulations, not for service.
    pub fn assert_consistent(&self) {
        let by_host = self.sessions_by_host();
        let (mut connecting, mut connected) = (0, 0);
        for (name, id) in &self.names {
            let host = self.host(*id);
            assert_eq!(host.counts, host.recount(), "{name}: running counts and legs differ");
            assert!(host.counters.add_up(), "{name}: {:?} do not add up", host.counters);
            let row = self.row(host);
            assert_eq!(row.causes.total(), row.active(), "{name}: wait causes do not sum to active recipients");
            connecting += host.connecting;
            connected += host.connected;
            let sessions = by_host.get(id).copied().unwrap_or_default();
            let running = [host.connecting, host.connected, host.busy];
            assert_eq!(running, sessions, "{name}: connecting, connected and busy differ from its sessions");
        }
        assert_eq!(
            (connecting, connected),
            (self.pools.connecting, self.pools.connected),
            "connections by host and in total differ"
        );
        let lanes = self.lanes.values().fold((0, 0), |sum, lane| (sum.0 + lane.connecting, sum.1 + lane.connected));
        assert_eq!(lanes, (self.pools.connecting, self.pools.connected), "connections by address and in total differ");
        for (provider, connections) in self.providers.all() {
            let open = self.sessions.values().filter(|session| session.provider.as_ref() == Some(provider)).count();
            assert_eq!(open as u32, connections, "connections of {provider} differ");
            assert!(connections <= self.settings.provider_connections_max, "{provider} has more than it may");
        }
        for (address, lane) in &self.lanes {
            let failed = lane.failed_until.is_some_and(|until| self.timers.contains(&(until, Timer::Lane(*address))));
            let used = lane.connecting + lane.connected > 0 || !lane.waiting.is_empty();
            assert!(failed || used, "{address} is remembered for nothing: {lane:?}");
        }
        self.assert_calls();
        for (at, timer) in &self.timers {
            if let Timer::Host(id) = timer {
                let host = self.hosts[id.0 as usize].as_ref();
                let known = host.is_some_and(|host| host.wake_at == Some(*at));
                assert!(known, "a timer at {at} names a place whose record does not know it");
            }
        }
        let queued: u64 = self.messages.values().map(|book| u64::from(book.recipients)).sum();
        let active: u64 = self.names.values().map(|id: &HostId| self.host(*id).counts.active()).sum();
        assert_eq!(queued, active, "recipients by message and by host differ");
        let ready = |session: &&Session| matches!(session.state, SessionState::Idle { .. } | SessionState::Busy { .. });
        let ready = self.sessions.values().filter(ready).count();
        assert!(ready <= self.settings.connections_max as usize, "more sessions past their greeting than allowed");
        assert!(self.pools.connecting <= self.settings.connecting_max, "more connections before it than allowed");
        let strangers = self.sessions.values().filter(|session| {
            session.stranger && matches!(session.state, SessionState::Connecting | SessionState::GivenUp)
        });
        assert_eq!(strangers.count(), self.pools.strangers as usize, "strangers in the pool differ");
    }
}

/// Since when a host is Limited: it defers us, or our own limits hold it back.
fn limited_since(host: &Host) -> Option<Timestamp> {
    let since = || host.limited_since.into_iter().chain(held_back(host).map(|held| held.since)).min();
    if host.status == HostStatus::Down { None } else { since() }
}

/// Which limit holds a host back, once that is worth showing.
fn held_back(host: &Host) -> Option<HeldBack> {
    host.held_back.filter(|held| held.shown)
}
