//! What may begin now: look-ups, connections, deliveries; within every limit. The only file that starts anything.

use super::Engine;
use crate::envelope::Order;
use crate::host::Routing;
use crate::host_id::HostId;
use crate::lane::{Session, SessionState};
use crate::peer::Peer;
use crate::route::{Hop, NamedBy, RouteKind};
use crate::{Effect, Fact, Output};
use common::vocab::{AttemptId, HostStatus, Limit, SessionId, Timestamp};
use std::net::SocketAddr;
use std::sync::Arc;

/// Why nothing more can be started for a host at this moment.
enum Dial {
    Started,
    /// The address has all the sessions it may have: stand in its queue.
    LaneFull(SocketAddr, u32),
    /// We have all the connections we may have: stand in the common queue.
    AllFull(u32),
    /// Every address of this attempt is being tried or has failed.
    NothingLeft,
}

impl Engine {
    /// Starts all that this host may start.
    pub(super) fn start(&mut self, now: Timestamp, id: HostId, out: &mut Output) {
        while self.may_start(now, id) {
            let route = match &self.host(id).routing {
                Routing::Asking(_) => break,
                Routing::Known(route) if route.expires_at > now => route.clone(),
                Routing::Known(_) | Routing::None => {
                    self.host_mut(id).routing = Routing::Asking(self.routing_epoch);
                    out.effects.push(Effect::Resolve { host: self.host(id).name.clone() });
                    break;
                }
            };
            if route.kind == RouteKind::Discard {
                self.discard_due(now, id, out);
                break;
            }
            if let Some(session) = self.idle_session(id, &route.hops) {
                self.deliver(now, id, session, out);
                continue;
            }
            match self.dial(now, id, &route.hops, out) {
                Dial::Started => {}
                Dial::NothingLeft => {
                    let host = self.host_mut(id);
                    host.slot = (Limit::Window, (host.connecting + host.busy).max(1));
                    break;
                }
                Dial::LaneFull(address, most) => {
                    self.stand_in_queue(id, Some(address), (Limit::Address, most));
                    break;
                }
                Dial::AllFull(most) => {
                    self.stand_in_queue(id, None, (Limit::Total, most));
                    break;
                }
            }
        }
        self.reschedule(now, id);
    }

    /// Whether the host itself allows one more start.
    fn may_start(&mut self, now: Timestamp, id: HostId) -> bool {
        let closed = self.guard.is_some();
        let host = self.host_mut(id);
        if closed || host.suspended.is_some() || !host.has_due() || (host.rests(now) && !host.calls()) {
            return false;
        }
        if host.connecting + host.busy >= host.connections_allowed() {
            host.slot = host.own_limit();
            return false;
        }
        host.rate_admits(now)
    }

    /// A ready session to one of the hops whose protection is enough for the host.
    fn idle_session(&self, id: HostId, hops: &[Arc<Hop>]) -> Option<SessionId> {
        let rule = self.host(id).tls_rule;
        let most = self.host(id).limits.session_messages.unwrap_or(u32::MAX);
        let fits = |session: &SessionId, hop: &Hop| {
            let book = self.sessions.get(session);
            book.is_some_and(|book| book.messages < most && book.serves(rule, &hop.exchanger))
        };
        hops.iter().find_map(|hop| {
            let mut idle = self.lanes.get(&hop.address)?.idle.iter().rev();
            idle.find(|session| fits(session, hop)).copied()
        })
    }

    /// Gives the host's next due leg to an idle session.
    pub(super) fn deliver(&mut self, now: Timestamp, id: HostId, session: SessionId, out: &mut Output) {
        let attempt = AttemptId(self.next_attempt);
        let Some(key) = self.host_mut(id).take_due(now) else { return };
        self.next_attempt += 1;
        self.host_mut(id).spend_rate(now, key);
        let host = self.host(id);
        let (rids, name) = (host.legs[&key].rids().to_vec(), host.name.clone());
        let only_host = self.messages.get(&key.0).and_then(|book| self.only_host(book));
        let Some(book) = self.messages.get_mut(&key.0) else { return };
        let order = Order { attempt, envelope: book.held.unfold(key.0, only_host.as_ref()), rids, host: name };
        self.hand_session_to(id, session);
        let book = self.sessions.get_mut(&session).expect("an idle session is in the books");
        book.state = SessionState::Busy { leg: key, attempt };
        book.messages += 1;
        let address = book.hop.address;
        if let Some(lane) = self.lanes.get_mut(&address) {
            lane.idle.retain(|idle| *idle != session);
        }
        self.host_mut(id).busy += 1;
        out.facts.push(Fact::AttemptStarted { attempt, session, mid: key.0, rids: order.rids.clone() });
        out.effects.push(Effect::Deliver { session, order });
    }

    /// A session that worked for one host works for another from now on.
    fn hand_session_to(&mut self, id: HostId, session: SessionId) {
        let Some(book) = self.sessions.get_mut(&session) else { return };
        let before = std::mem::replace(&mut book.host, id);
        let protection = book.protection();
        self.host_mut(id).protection = Some(protection);
        if before != id {
            self.host_mut(before).connected -= 1;
            self.host_mut(id).connected += 1;
        }
    }

    /// Opens one more connection for the host, if the limits of address and total allow it.
    fn dial(&mut self, now: Timestamp, id: HostId, hops: &[Arc<Hop>], out: &mut Output) -> Dial {
        let host = self.host(id);
        let legs_without_session = host.counts.due();
        let first_contact = host.status != HostStatus::Up && host.connecting > 0;
        let paused = host.pause_until.is_some_and(|until| until > now);
        if first_contact || paused || u64::from(host.connecting) >= legs_without_session {
            return Dial::NothingLeft;
        }
        let Some(hop) = self.next_hop(now, id, hops) else { return Dial::NothingLeft };
        let lane = self.lanes.entry(hop.address).or_default();
        let lane_limit = match hop.named_by {
            NamedBy::Dns => self.settings.address_connections_max,
            NamedBy::RouteAddress | NamedBy::RouteName => self.settings.route_connections_max,
        };
        let unproven = lane.connected == 0 && lane.connecting >= self.settings.address_connecting_max;
        if unproven || lane.connecting + lane.connected >= lane_limit {
            // What idles there does not give what this host asks for: one makes room.
            if let Some(unfit) = lane.idle.first().copied() {
                self.close(unfit, out);
            }
            let most = if unproven { self.settings.address_connecting_max } else { lane_limit };
            return Dial::LaneFull(hop.address, most);
        }
        let stranger = self.is_stranger(id);
        if let Err(most) = self.pools.admit(stranger, &self.settings) {
            if most == self.settings.connections_max {
                self.close_longest_idle(None, out);
            } else {
                self.give_silent_up(stranger, out);
            }
            self.forget_lane(now, hop.address);
            return Dial::AllFull(most);
        }
        self.lanes.entry(hop.address).or_default().connecting += 1;
        let session = SessionId(self.next_session);
        self.next_session += 1;
        self.enter_pool(now, session, stranger);
        let (rule, asked) = (self.host(id).tls_rule, self.tls_asked(now, id, hop.address));
        let (state, peer, dialled_at) = (SessionState::Connecting, Peer::default(), now);
        let book = Session { hop: hop.clone(), host: id, state, peer, rule, asked, messages: 0, dialled_at, stranger };
        self.sessions.insert(session, book);
        let host = self.host_mut(id);
        host.connecting += 1;
        let name = host.name.clone();
        out.facts.push(Fact::SessionStarted { session, host: name.clone(), address: hop.address });
        out.effects.push(Effect::Connect { session, hop, host: name, tls: asked });
        Dial::Started
    }

    /// The next address of this attempt: one that did not fail lately, else one that did; one that can do the TLS that
    /// is asked for before one that cannot.
    fn next_hop(&self, now: Timestamp, id: HostId, hops: &[Arc<Hop>]) -> Option<Arc<Hop>> {
        let tried = &self.host(id).tried;
        let untried = || hops.iter().filter(|hop| !tried.contains(&hop.address));
        let failed_lately = |hop: &Hop| {
            let lane = self.lanes.get(&hop.address);
            lane.and_then(|lane| lane.failed_until).is_some_and(|until| until > now)
        };
        let in_clear = |hop: &Hop| self.tls_asked(now, id, hop.address) != self.host(id).tls_rule;
        untried().min_by_key(|hop| (failed_lately(hop), in_clear(hop))).cloned()
    }

    fn stand_in_queue(&mut self, id: HostId, lane: Option<SocketAddr>, limit: (Limit, u32)) {
        let host = self.host_mut(id);
        host.slot = limit;
        if std::mem::replace(&mut host.queued_for_slot, true) {
            return;
        }
        match lane.and_then(|address| self.lanes.get_mut(&address)) {
            Some(lane) => lane.waiting.push_back(id),
            None => self.pools.wait(id, self.is_stranger(id)),
        }
    }

    /// The next host that stands in the queue of an address.
    pub(super) fn next_in_lane(&mut self, address: SocketAddr) -> Option<HostId> {
        let id = self.lanes.get_mut(&address)?.waiting.pop_front()?;
        self.host_mut(id).queued_for_slot = false;
        Some(id)
    }
}
