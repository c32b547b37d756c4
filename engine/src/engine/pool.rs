//! The two pools of connections over all hosts: past their greeting, and before it; and who gives a place up.
//!
//! Promises: silent peers hold the second pool only, and half of that one is kept for hosts that have greeted us; hosts
//! that wait take turns; when a place is wanted, a connection that has been silent for longer than a greeting takes gives
//! its own up, the longest silent first. Never: a start. The walk goes on in `start`.

use super::{Engine, Timer};
use crate::failure::{Failure, Stage, Trouble};
use crate::host_id::HostId;
use crate::jump::Jump;
use crate::lane::SessionState;
use crate::provider::ProviderKey;
use crate::view::Evidence;
use crate::{Effect, Output, Settings};
use common::vocab::{HostStatus, SessionId, Timestamp, VerdictCode};
use std::collections::{BTreeSet, VecDeque};

/// See the head of this file.
#[derive(Debug, Default)]
pub(super) struct Pools {
    /// Connections before their greeting.
    pub connecting: u32,
    /// Of these, to hosts that had not greeted us when they were dialled.
    pub strangers: u32,
    /// Sessions past their greeting.
    pub connected: u32,
    /// Hosts that wait for a place because a limit over all is reached, in turn.
    waiting: VecDeque<HostId>,
    /// The same of hosts that have not greeted us.
    waiting_strangers: VecDeque<HostId>,
    /// Connections that have been silent for longer than a greeting takes, by when they were dialled.
    silent: BTreeSet<(Timestamp, SessionId)>,
}

impl Pools {
    /// Whether one more connection may be dialled; otherwise the limit in its way.
    pub fn admit(&self, stranger: bool, settings: &Settings) -> Result<(), u32> {
        if self.connecting >= settings.connecting_max {
            return Err(settings.connecting_max);
        }
        let kept = (settings.connecting_max / 2).max(1);
        if stranger && self.strangers >= kept {
            return Err(kept);
        }
        // Who has greeted us before will be past the greeting in a moment; of strangers most never will.
        let soon = self.connected + if stranger { 0 } else { self.connecting - self.strangers };
        if soon >= settings.connections_max { Err(settings.connections_max) } else { Ok(()) }
    }

    /// A host stands in the queue.
    pub fn wait(&mut self, id: HostId, stranger: bool) {
        self.queue(stranger).push_back(id);
    }

    /// How many hosts wait.
    pub fn waiting(&self, stranger: bool) -> usize {
        if stranger { self.waiting_strangers.len() } else { self.waiting.len() }
    }

    /// The next host in turn.
    pub fn next(&mut self, stranger: bool) -> Option<HostId> {
        self.queue(stranger).pop_front()
    }

    /// The clock has jumped.
    pub fn jump(&mut self, jump: Jump) {
        self.silent = std::mem::take(&mut self.silent).into_iter().map(|(at, id)| (jump.moved(at), id)).collect();
    }

    fn queue(&mut self, stranger: bool) -> &mut VecDeque<HostId> {
        if stranger { &mut self.waiting_strangers } else { &mut self.waiting }
    }
}

impl Engine {
    /// Whether a host is one that has not greeted us.
    pub(super) fn is_stranger(&self, id: HostId) -> bool {
        self.host(id).status != HostStatus::Up
    }

    /// A connection is dialled.
    pub(super) fn enter_pool(&mut self, now: Timestamp, session: SessionId, stranger: bool) {
        self.pools.connecting += 1;
        self.pools.strangers += u32::from(stranger);
        self.timers.insert((now + self.settings.greet_patience, Timer::Silent(session)));
    }

    /// A connection is no longer before its greeting.
    pub(super) fn leave_pool(&mut self, session: SessionId, dialled_at: Timestamp, stranger: bool) {
        self.pools.connecting -= 1;
        self.pools.strangers -= u32::from(stranger);
        self.pools.silent.remove(&(dialled_at, session));
        self.timers.remove(&(dialled_at + self.settings.greet_patience, Timer::Silent(session)));
    }

    /// A connection has been silent for longer than a greeting takes: its host says so, and where a place is wanted it
    /// gives its own up.
    pub(super) fn is_silent(&mut self, now: Timestamp, session: SessionId, out: &mut Output) {
        let Some(book) = self.sessions.get(&session) else { return };
        if book.state != SessionState::Connecting {
            return;
        }
        let (id, hop, dialled_at) = (book.host, book.hop.clone(), book.dialled_at);
        self.pools.silent.insert((dialled_at, session));
        let host = self.host_mut(id);
        if host.connected == 0 {
            host.evidence = Some(Evidence {
                code: VerdictCode::SmtpGreetDelay,
                reply: None,
                exchanger: Some(hop.exchanger.clone()),
                address: Some(hop.address),
                at: now,
                addresses_tried: host.tried.len() as u32 + 1,
            });
        }
        for stranger in [false, true] {
            if self.pools.waiting(stranger) > 0 && self.pools.admit(stranger, &self.settings).is_err() {
                self.give_silent_up(stranger, out);
            }
        }
    }

    /// Makes room before the greeting: the connection that has been silent longest is given up. A stranger takes the
    /// place of a stranger.
    pub(super) fn give_silent_up(&mut self, stranger: bool, out: &mut Output) {
        let fits = |session: &SessionId| self.sessions.get(session).is_some_and(|book| book.stranger || !stranger);
        let Some(oldest) = self.pools.silent.iter().find(|(_, session)| fits(session)).copied() else { return };
        self.pools.silent.remove(&oldest);
        if let Some(book) = self.sessions.get_mut(&oldest.1) {
            book.state = SessionState::GivenUp;
            out.effects.push(Effect::Close { session: oldest.1 });
        }
    }

    /// Makes room past the greeting: the session that has been idle longest is closed; not this one. Says whether there
    /// was one.
    pub(super) fn close_longest_idle(&mut self, but: Option<SessionId>, out: &mut Output) -> bool {
        let idle = self.sessions.iter().filter_map(|(id, session)| match session.state {
            SessionState::Idle { since } if Some(*id) != but => Some((since, *id)),
            _ => None,
        });
        let longest = idle.min();
        if let Some((_, session)) = longest {
            self.close(session, out);
        }
        longest.is_some()
    }

    /// Lets hosts that stand in the common queues start, as long as there is room.
    pub(super) fn serve_common_queues(&mut self, now: Timestamp, out: &mut Output) {
        for stranger in [false, true] {
            for _ in 0..self.pools.waiting(stranger) {
                if self.pools.admit(stranger, &self.settings).is_err() {
                    break;
                }
                let Some(id) = self.pools.next(stranger) else { break };
                self.host_mut(id).queued_for_slot = false;
                self.start(now, id, out);
            }
        }
    }
}

impl Engine {
    /// Whether the hosts of one MX set have all the connections that they may have together.
    pub(super) fn provider_is_full(&self, provider: &ProviderKey) -> bool {
        self.providers.connections(provider) >= self.settings.provider_connections_max
    }

    /// What idles there does not serve the host that wants a connection: the one that has been idle longest makes room.
    pub(super) fn close_idle_of_provider(&mut self, provider: &ProviderKey, out: &mut Output) {
        let idle = self.sessions.iter().filter_map(|(id, session)| match session.state {
            SessionState::Idle { since } if session.provider.as_ref() == Some(provider) => Some((since, *id)),
            _ => None,
        });
        if let Some((_, session)) = idle.min() {
            self.close(session, out);
        }
    }

    /// Lets hosts that wait for a provider start, as long as that changes something.
    pub(super) fn serve_provider(&mut self, now: Timestamp, provider: Option<&ProviderKey>, out: &mut Output) {
        let Some(provider) = provider else { return };
        for _ in 0..self.providers.waiting(provider) {
            let before = out.effects.len();
            let Some(id) = self.providers.next(provider) else { break };
            self.host_mut(id).queued_for_slot = false;
            self.start(now, id, out);
            if out.effects.len() == before && self.host(id).queued_for_slot {
                break; // it is still full: the others would only find the same
            }
        }
    }
}

/// What a connection that we gave up failed by: their silence.
pub(super) fn silence(elapsed: std::time::Duration) -> Failure {
    Failure { stage: Stage::Greeting, trouble: Trouble::TimedOut, elapsed }
}
