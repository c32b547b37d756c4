//! Connections: what became of a dial, what an idle session does next, and what a host is after it.

use super::tls::rest_cause;
use super::{Engine, Timer};
use crate::failure::{Failure, Trouble};
use crate::host::{Host, Rest, Routing};
use crate::host_id::HostId;
use crate::lane::{Session, SessionState};
use crate::peer::Peer;
use crate::route::{Hop, NamedBy, Route};
use crate::tls::Protection;
use crate::view::{Evidence, TlsTrouble};
use crate::{Effect, Fact, Output, schedule, verdict};
use common::vocab::{HostStatus, SessionId, Timestamp, VerdictCode, WaitCause};
use std::net::SocketAddr;
use std::sync::Arc;

impl Engine {
    pub(super) fn session_ready(&mut self, now: Timestamp, session: SessionId, peer: Peer, out: &mut Output) {
        let Some(book) = self.sessions.get_mut(&session) else { return };
        let given_up = book.state == SessionState::GivenUp; // it greeted just as we gave it up
        if !given_up && book.state != SessionState::Connecting {
            return;
        }
        book.state = if given_up { SessionState::Closing } else { SessionState::Idle { since: now } };
        book.peer = peer;
        let (dialled_at, stranger) = (book.dialled_at, book.stranger);
        let (id, hop, protection) = (book.host, book.hop.clone(), book.protection());
        if let Protection::Tls(_) = protection {
            self.tls_memory.completed(now, hop.address);
        }
        out.facts.push(Fact::SessionReady { session, protection: protection.clone() });
        if hop.named_by == NamedBy::Dns {
            self.outbound_watch.answered();
        }
        let memory = self.settings.host_memory;
        let lane = self.lanes.entry(hop.address).or_default();
        lane.connecting -= 1;
        lane.connected += 1;
        lane.failed_until = None;
        self.leave_pool(session, dialled_at, stranger);
        self.pools.connected += 1;
        let host = self.host_mut(id);
        host.connecting -= 1;
        host.connected += 1;
        host.protection = Some(protection);
        let evidence = Evidence {
            code: VerdictCode::Ok,
            reply: None,
            exchanger: Some(hop.exchanger.clone()),
            address: Some(hop.address),
            at: now,
            addresses_tried: host.tried.len() as u32 + 1,
        };
        let tried = evidence.addresses_tried;
        host.note_address(hop.address, evidence);
        let well = host.well(now, memory, Some((hop.exchanger.clone(), hop.address)));
        self.reached(now, id, Evidence { addresses_tried: tried, ..well }, out);
        if given_up {
            return;
        }
        if self.pools.connected > self.settings.connections_max && !self.close_longest_idle(Some(session), out) {
            self.close(session, out); // many strangers greeted at once: it has shown that the host is up
            return self.start(now, id, out);
        }
        self.make_idle(now, session, out);
    }

    /// An address greeted and took EHLO: the host is up, and what waited for it goes on the ramp of its window.
    fn reached(&mut self, now: Timestamp, id: HostId, evidence: Evidence, out: &mut Output) {
        let first = self.settings.window_first;
        let host = self.host_mut(id);
        host.tried.clear();
        host.rest = None;
        host.failures = 0;
        host.last_activity_at = Some(now);
        if host.limited_since.is_none() || host.status == HostStatus::Down {
            host.evidence = Some(evidence);
        }
        if host.status == HostStatus::Down {
            let ceiling = match &self.host(id).routing {
                Routing::Known(route) => self.window_ceiling(id, route),
                _ => self.settings.window_max,
            };
            self.host_mut(id).window = crate::host::Window::new(first, ceiling);
        }
        self.move_host(now, id, HostStatus::Up, VerdictCode::Ok, out);
    }

    /// Most connections of a host: what a person allows it, else more for our own relay than for somebody else's exchangers.
    pub(super) fn window_ceiling(&self, id: HostId, route: &Route) -> u32 {
        if let Some((_, most)) = &self.host(id).limits.connections {
            return *most;
        }
        let ours = !route.hops.is_empty() && route.hops.iter().all(|hop| hop.named_by != NamedBy::Dns);
        if ours { self.settings.route_connections_max } else { self.settings.window_max }
    }

    pub(super) fn move_host(
        &mut self,
        now: Timestamp,
        id: HostId,
        to: HostStatus,
        code: VerdictCode,
        out: &mut Output,
    ) {
        let host = self.host_mut(id);
        if let Some(from) = host.move_status(now, to) {
            out.facts.push(Fact::HostMoved { host: host.name.clone(), from, to, verdict: code });
        }
    }

    pub(super) fn session_failed(&mut self, now: Timestamp, session: SessionId, failure: &Failure, out: &mut Output) {
        let Some(book) = self.sessions.remove(&session) else { return };
        self.leave_pool(session, book.dialled_at, book.stranger);
        let silence = super::pool::silence(failure.elapsed);
        let failure = if book.state == SessionState::GivenUp { &silence } else { failure };
        let judgement = verdict::of_failure(failure);
        let code = self.heard_outside(now, judgement.code, &book.hop);
        let detail = match &failure.trouble {
            Trouble::Handshake(why) => Some(why.clone()),
            _ => None,
        };
        let said = detail.clone();
        out.facts.push(Fact::SessionEnded { session, messages: 0, verdict: Some(code), detail: said });
        if judgement.code == VerdictCode::TlsHandshake {
            self.tls_memory.broke(now, book.hop.address);
        }
        let (id, address) = (book.host, book.hop.address);
        let memory = self.settings.address_memory;
        if let Some(lane) = self.lanes.get_mut(&address) {
            lane.connecting -= 1;
            lane.failed_until = Some(now + memory);
            self.timers.insert((now + memory, Timer::Lane(address)));
        }
        let host = self.host_mut(id);
        host.connecting -= 1;
        host.tried.push(address);
        let evidence = Evidence {
            code,
            reply: match &failure.trouble {
                Trouble::Reply(reply) => Some(reply.clone()),
                _ => None,
            },
            exchanger: Some(book.hop.exchanger.clone()),
            address: Some(address),
            at: now,
            addresses_tried: host.tried.len() as u32,
        };
        host.note_address(address, evidence.clone());
        if rest_cause(evidence.code) == WaitCause::TlsPolicy {
            let trouble = TlsTrouble { evidence: evidence.clone(), asked: host.tls_rule, detail };
            host.last_tls = Some(Arc::new(trouble));
        }
        if book.state == SessionState::GivenUp {
            self.serve_queues(now, address, out); // who wanted the place gets it before the host's next address does
        }
        if self.has_untried_hop(id) {
            self.start(now, id, out);
        } else if self.host(id).connecting == 0 {
            if self.falls_back_to_clear(now, id) {
                self.start(now, id, out);
            } else {
                self.attempt_failed(now, id, evidence, out);
            }
        }
        self.serve_queues(now, address, out);
    }

    /// What a failed connection means beside what all the others came to: where nobody answers, it is our own wall.
    fn heard_outside(&mut self, now: Timestamp, code: VerdictCode, hop: &Hop) -> VerdictCode {
        match code {
            // A relay of ours says nothing about the way out.
            VerdictCode::TcpTimeout if hop.named_by == NamedBy::Dns => {
                let nobody = self.outbound_watch.silent(now, &hop.exchanger);
                if nobody { VerdictCode::TcpTimeoutAll } else { code }
            }
            VerdictCode::TcpNoRoute | VerdictCode::LimitOurs | VerdictCode::GuardTarget => code,
            _ if hop.named_by == NamedBy::Dns => {
                self.outbound_watch.answered();
                code
            }
            _ => code,
        }
    }

    fn has_untried_hop(&self, id: HostId) -> bool {
        let host = self.host(id);
        match &host.routing {
            Routing::Known(route) => route.hops.iter().any(|hop| !host.tried.contains(&hop.address)),
            _ => false,
        }
    }

    /// Whether a session to the host is open or delivered so lately that one failure does not make it down.
    pub(super) fn is_trusted(&self, now: Timestamp, id: HostId) -> bool {
        let host = self.host(id);
        host.connected > 0 || host.last_delivery_at.is_some_and(|at| now.since(at) < self.settings.host_trust)
    }

    /// Every address of an attempt has failed: one attempt has ended. An extra connection beside working ones only shrinks the window.
    fn attempt_failed(&mut self, now: Timestamp, id: HostId, evidence: Evidence, out: &mut Output) {
        let (pause, trusted) = (self.settings.extra_pause, self.is_trusted(now, id));
        let host = self.host_mut(id);
        host.tried.clear();
        if matches!(evidence.code, VerdictCode::TcpNoRoute | VerdictCode::TcpTimeoutAll) && !trusted {
            // Our network has no way there, or to anybody: that says nothing about them, but it was an attempt.
            return self.host_is_beyond_us(now, id, evidence, out);
        }
        if evidence.code != VerdictCode::LimitOurs {
            host.hear(now); // a lack of our own decides nothing about their mail
        }
        // Our own lack (descriptors, a stop) says nothing about them.
        if trusted || evidence.code == VerdictCode::LimitOurs {
            let code = evidence.code;
            host.evidence = Some(evidence);
            if code == VerdictCode::SmtpBanner4xx {
                self.back_off(now, id, code);
                self.decide_last_chances(id, out);
            } else {
                host.window.shrink();
                host.limited_since.get_or_insert(now);
                host.pause_until = Some(now + pause);
            }
            return self.reschedule(now, id);
        }
        let cause = rest_cause(evidence.code);
        self.host_is_down(now, id, evidence, cause, out);
    }

    /// The host was not reached, on every address, or has none: it rests, and one leg tries it after the rest.
    pub(super) fn host_is_down(
        &mut self,
        now: Timestamp,
        id: HostId,
        evidence: Evidence,
        cause: WaitCause,
        out: &mut Output,
    ) {
        let code = evidence.code;
        self.rest_host(now, id, cause);
        let host = self.host_mut(id);
        host.hear(now);
        host.evidence = Some(evidence);
        host.limited_since = None;
        host.held_back = None;
        self.move_host(now, id, HostStatus::Down, code, out);
        self.end_calls(id);
        self.decide_last_chances(id, out);
        self.reschedule(now, id);
    }

    /// The same, where the status stays as it was: the fault is ours, or the host was reached a moment ago.
    pub(super) fn host_is_beyond_us(&mut self, now: Timestamp, id: HostId, evidence: Evidence, out: &mut Output) {
        let cause = rest_cause(evidence.code);
        self.rest_host(now, id, cause);
        let host = self.host_mut(id);
        host.hear(now);
        host.evidence = Some(evidence);
        self.end_calls(id);
        self.decide_last_chances(id, out);
        self.reschedule(now, id);
    }

    /// Sets the host timer. By itself that is no attempt: our own resolver may have failed.
    pub(super) fn rest_host(&mut self, now: Timestamp, id: HostId, cause: WaitCause) {
        let failures = self.host(id).failures.saturating_add(1);
        let until = schedule::host_rest(now, cause, failures, &self.settings, &mut self.random);
        let host = self.host_mut(id);
        host.failures = failures;
        host.rest = Some(Rest { until, cause });
    }

    /// A ready session has nothing in hand: the next host that stands in the queue of its address gets it,
    /// else its own host, else it rests for a while.
    pub(super) fn make_idle(&mut self, now: Timestamp, session: SessionId, out: &mut Output) {
        let Some(book) = self.sessions.get_mut(&session) else { return };
        book.state = SessionState::Idle { since: now };
        let (own, address) = (book.host, book.hop.address);
        let (messages, named_by) = (book.messages, book.hop.named_by);
        let most = self.host(own).limits.session_messages.unwrap_or(match named_by {
            NamedBy::Dns => self.settings.session_messages_max,
            NamedBy::RouteAddress | NamedBy::RouteName => self.settings.route_session_messages_max,
        });
        if messages >= most {
            self.close(session, out);
            return self.start(now, own, out);
        }
        let idle = self.settings.session_idle;
        self.lanes.entry(address).or_default().idle.push(session);
        self.timers.insert((now + idle, Timer::IdleSession(session)));
        self.serve_queues(now, address, out);
        self.start(now, own, out);
    }

    /// Lets hosts that stand in a queue start, as long as that changes something.
    fn serve_queues(&mut self, now: Timestamp, address: SocketAddr, out: &mut Output) {
        let turns = self.lanes.get(&address).map_or(0, |lane| lane.waiting.len());
        for _ in 0..turns {
            let before = out.effects.len();
            let Some(id) = self.next_in_lane(address) else { break };
            self.start(now, id, out);
            let nothing_started = out.effects.len() == before;
            if nothing_started && self.host(id).queued_for_slot {
                break; // the address is still full: the others would only find the same
            }
        }
        self.serve_common_queues(now, out);
    }

    /// QUIT.
    pub(super) fn close(&mut self, session: SessionId, out: &mut Output) {
        let Some(book) = self.sessions.get_mut(&session) else { return };
        book.state = SessionState::Closing;
        let address = book.hop.address;
        if let Some(lane) = self.lanes.get_mut(&address) {
            lane.idle.retain(|idle| *idle != session);
        }
        out.effects.push(Effect::Close { session });
    }

    pub(super) fn session_closed(&mut self, now: Timestamp, session: SessionId, out: &mut Output) {
        let Some(book) = self.sessions.get(&session) else { return };
        // A busy session is answered by `Attempted`; only an idle or closing one may end like this.
        if matches!(book.state, SessionState::Idle { .. } | SessionState::Closing) {
            self.forget_session(now, session, None, out);
        }
    }

    /// Takes a session that was past its greeting out of the books and lets others have its place.
    pub(super) fn forget_session(
        &mut self,
        now: Timestamp,
        session: SessionId,
        code: Option<VerdictCode>,
        out: &mut Output,
    ) {
        let Some(Session { hop, host: id, messages, .. }) = self.sessions.remove(&session) else { return };
        out.facts.push(Fact::SessionEnded { session, messages, verdict: code, detail: None });
        if let Some(lane) = self.lanes.get_mut(&hop.address) {
            lane.connected -= 1;
            lane.idle.retain(|idle| *idle != session);
        }
        self.pools.connected -= 1;
        self.host_mut(id).connected -= 1;
        self.serve_queues(now, hop.address, out);
        self.start(now, id, out);
        self.forget_lane(now, hop.address);
    }

    /// An address of which nothing is left to remember is forgotten.
    pub(super) fn forget_lane(&mut self, now: Timestamp, address: SocketAddr) {
        if self.lanes.get(&address).is_some_and(|lane| lane.is_empty(now)) {
            self.lanes.remove(&address);
        }
    }

    /// Evidence of a verdict that has no address.
    pub(super) fn evidence(code: VerdictCode, now: Timestamp) -> Evidence {
        Host::evidence_of(code, now)
    }
}
