//! What an attempt led to: delivered, deferred or given up, recipient by recipient; and what DNS answered.
//! The walk goes on in `ending`.

use super::calls::CameTo;
use super::ending::Ending;
use super::{Engine, Timer};
use crate::envelope::Settled;
use crate::failure::{Outcome, RouteFailure, Stage, Trouble};
use crate::host::Routing;
use crate::host_id::HostId;
use crate::lane::SessionState;
use crate::queue::{LegKey, Word};
use crate::route::{Answer, Route, RouteKind};
use crate::verdict::Judgement;
use crate::view::Evidence;
use crate::{Fact, Output, asked, schedule, verdict};
use common::vocab::{
    Domain, HardBounce, HostStatus, MessageId, RecipientId, Reply, ReplyCode, SessionId, Timestamp, VerdictCode,
    WaitCause,
};
use std::sync::Arc;
use std::time::Duration;

/// A domain that was found before is only believed to be gone when it is still gone so much later:
/// a name server that answers NXDOMAIN by mistake must not bounce a day's mail.
const NXDOMAIN_SECOND_LOOK: Duration = Duration::from_secs(3600);

/// What the outcomes of one transaction come to.
#[derive(Default)]
struct Sorted {
    delivered: Vec<(RecipientId, Reply)>,
    refused: Vec<(RecipientId, Judgement, Option<Reply>)>,
    kept: Vec<(RecipientId, Judgement, Option<Reply>)>,
}

impl Sorted {
    fn came_to(&self) -> CameTo {
        let [delivered, deferred, failed] =
            [self.delivered.len(), self.kept.len(), self.refused.len()].map(|count| count as u64);
        CameTo { delivered, deferred, failed }
    }

    /// What was refused for good and is held back by the brake stays.
    fn hold_back(&mut self, rids: &[RecipientId]) {
        let code = VerdictCode::GuardBrake;
        let held = self.refused.extract_if(.., |(rid, ..)| rids.contains(rid));
        let held = held.map(|(rid, _, reply)| (rid, Judgement { code, permanent: false, slow_down: false }, reply));
        self.kept.extend(held);
    }
}

impl Engine {
    pub(super) fn attempted(
        &mut self,
        now: Timestamp,
        session: SessionId,
        mid: MessageId,
        outcomes: Vec<Outcome>,
        reusable: bool,
        out: &mut Output,
    ) {
        let Some(book) = self.sessions.get(&session) else { return };
        let SessionState::Busy { leg: key, .. } = book.state else { return };
        let (id, messages, address) = (book.host, book.messages, book.hop.address);
        if key.0 != mid {
            return;
        }
        self.host_mut(id).busy -= 1;
        let broken = (!reusable).then(|| first_failure_code(&outcomes)).flatten();
        if messages > 1 && !reusable && outcomes.iter().all(broke_before_it_began) {
            // The peer closed an idle session just as we used it again: nobody refused anything.
            self.host_mut(id).give_back(now, key);
        } else {
            self.settle(now, id, key, session, outcomes, out);
        }
        if reusable {
            self.make_idle(now, session, out);
        } else {
            if broken.is_some() {
                self.host_mut(id).window.shrink();
                let memory = self.settings.extra_pause;
                if let Some(lane) = self.lanes.get_mut(&address) {
                    lane.failed_until = Some(now + memory);
                    self.timers.insert((now + memory, Timer::Lane(address)));
                }
            }
            self.forget_session(now, session, broken, out);
        }
    }

    fn settle(
        &mut self,
        now: Timestamp,
        id: HostId,
        key: LegKey,
        session: SessionId,
        outcomes: Vec<Outcome>,
        out: &mut Output,
    ) {
        let Some(leg) = self.host(id).legs.get(&key) else { return };
        let rids = leg.rids().to_vec();
        debug_assert_eq!(rids.len(), outcomes.len(), "one outcome per recipient of the order");
        let mut ending = self.ending(self.envelope(key.0));
        let expired = ending.expires_at() <= now;
        let tries_max = self.settings.tries_max.unwrap_or(u32::MAX);
        if outcomes.iter().any(|outcome| !matches!(outcome, Outcome::Failed(_))) {
            self.answered(now, id, out);
        }
        let (exchanger, they_report) =
            self.sessions.get(&session).map(|book| (book.hop.exchanger.clone(), book.peer.reports)).unzip();
        let word = |code, reply: Option<&Reply>| Word {
            code,
            reply: reply.cloned(),
            exchanger: exchanger.clone(),
            at: Some(now),
        };
        let about_us: Vec<RecipientId> = self.about_us(id, key, &outcomes);
        let mut sorted = sort(&rids, outcomes);
        let braked = self.brake(now, exchanger.as_deref(), about_us.len() as u32, out);
        if braked {
            sorted.hold_back(&about_us);
        }
        let came_to = sorted.came_to();
        let said = sorted.refused.iter().chain(&sorted.kept).next();
        let said = said.map(|(_, judgement, reply)| word(judgement.code, reply.as_ref()));
        self.credit(id, key, came_to, said.as_ref());
        self.host_mut(id).end_attempt(now, key, sorted.kept.iter().map(|(rid, ..)| *rid).collect());
        for (rid, reply) in &sorted.delivered {
            let they_report = they_report.unwrap_or_default();
            ending.deliver(*rid, they_report, || word(VerdictCode::Ok, Some(reply)));
            out.facts.push(Fact::Delivered { mid: key.0, rid: *rid, session: Some(session), reply: reply.clone() });
        }
        self.count_delivered(now, id, sorted.delivered.len() as u64);
        for (rid, judgement, reply) in &sorted.refused {
            let kind =
                if judgement.code == VerdictCode::SmtpUnsupported { HardBounce::Other } else { HardBounce::FiveXx };
            self.bounce(id, *rid, kind, &word(judgement.code, reply.as_ref()), &mut ending, out);
        }
        self.note_replies(now, id, &sorted);
        // Who asks for the longest time speaks for the leg, else the last one: it has one timer.
        if let Some((_, judgement, reply)) = sorted.kept.iter().max_by_key(|(.., reply)| asked_delay(reply.as_ref())) {
            self.host_mut(id).counters.soft_bounced_events += sorted.kept.len() as u64;
            let word = word(judgement.code, reply.as_ref());
            self.defer(now, id, key, &sorted.kept, braked, word, &mut ending, out);
        }
        self.conclude(ending);
        let spent = self.host(id).legs.get(&key).is_some_and(|leg| leg.attempts >= tries_max);
        if expired || spent && !braked {
            self.give_up(id, key, out);
        }
        if self.host(id).pausing() {
            self.decide_last_chances(id, out);
        }
    }

    /// They answered a command about mail for this host: it is reached, over whichever host's session that was.
    fn answered(&mut self, now: Timestamp, id: HostId, out: &mut Output) {
        let host = self.host_mut(id);
        host.rest = None;
        host.failures = 0;
        self.move_host(now, id, HostStatus::Up, VerdictCode::Ok, out);
    }

    fn count_delivered(&mut self, now: Timestamp, id: HostId, count: u64) {
        let memory = self.settings.host_memory;
        let host = self.host_mut(id);
        host.hear(now);
        if count == 0 {
            return;
        }
        (0..count).for_each(|_| host.counters.delivered());
        host.last_delivery_at = Some(now);
        host.pause_until = None;
        if !host.pausing() {
            host.backoff = None;
            host.limited_since = None;
            host.window.grow();
        }
        if let Some(evidence) = host.evidence.take() {
            let well = host.well(now, memory, evidence.exchanger.zip(evidence.address));
            host.evidence = Some(Evidence { addresses_tried: evidence.addresses_tried, ..well });
        }
    }

    /// What they said shows at the host: the latest 4xx and 5xx, and whether they defer us.
    fn note_replies(&mut self, now: Timestamp, id: HostId, sorted: &Sorted) {
        let host = self.host_mut(id);
        for (_, _, reply) in sorted.kept.iter().chain(&sorted.refused) {
            match reply {
                Some(reply) if reply.code.is_transient() => host.last_4xx = Some((reply.clone(), now)),
                Some(reply) if reply.code.is_permanent() => host.last_5xx = Some((reply.clone(), now)),
                _ => {}
            }
        }
        if let Some((_, judgement, _)) = sorted.kept.iter().find(|(_, judgement, _)| judgement.slow_down) {
            if sorted.delivered.is_empty() {
                self.back_off(now, id, judgement.code);
            } else {
                host.window.shrink();
            }
        }
        let host = self.host_mut(id);
        let Some((_, judgement, reply)) = sorted.kept.last() else { return };
        if sorted.delivered.is_empty() {
            host.limited_since.get_or_insert(now);
            let mut evidence = host.evidence.take().unwrap_or_else(|| Engine::evidence(judgement.code, now));
            evidence.code = judgement.code;
            evidence.reply = reply.clone();
            evidence.at = now;
            host.evidence = Some(evidence);
        }
    }

    /// Recipients that were not taken wait for the timer of their leg.
    #[allow(clippy::too_many_arguments)] // one fact, spread
    fn defer(
        &mut self,
        now: Timestamp,
        id: HostId,
        key: LegKey,
        kept: &[(RecipientId, Judgement, Option<Reply>)],
        braked: bool,
        word: Word,
        ending: &mut Ending,
        out: &mut Output,
    ) {
        let attempts = self.host(id).legs.get(&key).map_or(1, |leg| leg.attempts);
        let until = if braked {
            now + self.settings.brake.bounce_pause
        } else {
            let asked = asked_delay(word.reply.as_ref());
            schedule::retry_at_asked(now, attempts, asked, &self.settings, &mut self.random)
        };
        let host = self.host_mut(id);
        if let Some(leg) = host.legs.get_mut(&key) {
            leg.set_latest(word);
        }
        host.defer(key, until, braked);
        for (rid, judgement, reply) in kept {
            ending.settle(*rid, Settled::Deferred { attempts, next_attempt_at: until, braked });
            out.facts.push(Fact::Deferred {
                mid: key.0,
                rid: *rid,
                verdict: judgement.code,
                reply: reply.clone(),
                attempts,
                next_attempt_at: until,
            });
        }
    }

    /// Counts and tells a recipient that failed for good.
    fn bounce(
        &mut self,
        id: HostId,
        rid: RecipientId,
        kind: HardBounce,
        word: &Word,
        ending: &mut Ending,
        out: &mut Output,
    ) {
        self.host_mut(id).counters.hard_bounced(kind);
        ending.fail(rid, Settled::Bounced(kind), word);
        out.facts.push(Fact::Bounced { mid: ending.mid(), rid, kind, verdict: word.code, reply: word.reply.clone() });
    }

    /// A whole leg that is not being sent ends without delivery.
    fn bounce_leg(&mut self, id: HostId, key: LegKey, kind: HardBounce, word: &Word, out: &mut Output) {
        let failed = self.host(id).legs.get(&key).map_or(0, |leg| leg.recipients());
        self.credit(id, key, CameTo { failed, ..CameTo::default() }, Some(word));
        let Some(leg) = self.host_mut(id).remove(key) else { return };
        let mut ending = self.ending(self.envelope(key.0));
        for &rid in leg.rids() {
            self.bounce(id, rid, kind, word, &mut ending, out);
        }
        self.conclude(ending);
    }

    pub(super) fn resolved(
        &mut self,
        now: Timestamp,
        name: &Domain,
        answer: Result<Answer, RouteFailure>,
        out: &mut Output,
    ) {
        let Some(&id) = self.names.get(name) else { return };
        if matches!(self.host(id).routing, Routing::Asking(epoch) if epoch != self.routing_epoch) {
            self.host_mut(id).routing = Routing::None;
            return self.start(now, id, out);
        }
        match self.believed(now, name, answer, out) {
            Ok(answer) => {
                let route = Arc::new(Route::from_answer(now, answer, &mut self.random));
                if route.hops.is_empty() && route.kind != RouteKind::Discard {
                    let nothing = RouteFailure::Unusable("no exchanger has an address".into());
                    self.not_resolved(now, id, &nothing, out);
                    return self.start(now, id, out);
                }
                let ceiling = self.window_ceiling(id, &route);
                let host = self.host_mut(id);
                host.window.set_ceiling(ceiling);
                host.tried.retain(|address| route.hops.iter().any(|hop| hop.address == *address));
                if host.rest.is_some_and(|rest| rest.cause == WaitCause::Dns) {
                    host.rest = None;
                }
                host.resolved_before = true;
                host.gone_since = None;
                host.resolved_at = Some(now);
                host.routing = Routing::Known(route);
            }
            Err(failure) => self.not_resolved(now, id, &failure, out),
        }
        self.start(now, id, out);
    }

    fn not_resolved(&mut self, now: Timestamp, id: HostId, failure: &RouteFailure, out: &mut Output) {
        let judgement = verdict::of_route(failure);
        let word = Word { code: judgement.code, reply: None, exchanger: None, at: Some(now) };
        let evidence = Engine::evidence(judgement.code, now);
        let host = self.host_mut(id);
        host.routing = Routing::None;
        if matches!(failure, RouteFailure::Ours(_)) {
            // A fault of ours says nothing about them: the status stays, the evidence says whose fault it is.
            host.evidence = Some(evidence);
            self.rest_host(now, id, WaitCause::Dns);
            self.end_calls(id);
            return self.reschedule(now, id);
        }
        let doubted_until = (*failure == RouteFailure::Nxdomain && host.resolved_before)
            .then(|| *host.gone_since.get_or_insert(now) + NXDOMAIN_SECOND_LOOK)
            .filter(|until| *until > now);
        let doubted = doubted_until.is_some();
        if judgement.permanent && !doubted {
            (host.resolved_before, host.gone_since) = (false, None);
            self.bounce_due(id, &word, out);
        }
        match failure {
            // A name server that fails once says nothing about a mail server that works.
            RouteFailure::Servfail if self.is_trusted(now, id) => self.host_is_beyond_us(now, id, evidence, out),
            RouteFailure::Servfail | RouteFailure::Nxdomain | RouteFailure::NullMx => {
                self.host_is_down(now, id, evidence, WaitCause::Dns, out);
            }
            _ => self.host_is_down(now, id, evidence, WaitCause::HostDown, out),
        }
        if let Some(until) = doubted_until
            && let Some(rest) = &mut self.host_mut(id).rest
        {
            rest.until = until;
        } else if judgement.permanent {
            // Nothing waits for a final answer to change. Whoever writes next is answered at once, by the resolver's memory.
            self.host_mut(id).rest = None;
        }
        self.reschedule(now, id);
    }

    fn bounce_due(&mut self, id: HostId, word: &Word, out: &mut Output) {
        let host = self.host(id);
        if host.suspended.is_some() {
            return; // suspended mail stays: it is looked up again when delivery goes on
        }
        let due: Vec<LegKey> = host.legs.iter().filter(|(_, leg)| host.is_due(leg)).map(|(key, _)| *key).collect();
        for key in due {
            self.bounce_leg(id, key, HardBounce::Dns, word, out);
        }
    }

    /// A route to `discard`: everything that is due is taken and thrown away.
    pub(super) fn discard_due(&mut self, now: Timestamp, id: HostId, out: &mut Output) {
        let host = self.host(id);
        let due: Vec<LegKey> = host.legs.iter().filter(|(_, leg)| host.is_due(leg)).map(|(key, _)| *key).collect();
        for key in due {
            let delivered = self.host(id).legs.get(&key).map_or(0, |leg| leg.recipients());
            self.credit(id, key, CameTo { delivered, ..CameTo::default() }, None);
            let Some(leg) = self.host_mut(id).remove(key) else { continue };
            self.count_delivered(now, id, leg.recipients());
            let reply = Reply::new(ReplyCode(250), "2.0.0 discarded by a route");
            let tell =
                |rid: &RecipientId| Fact::Delivered { mid: key.0, rid: *rid, session: None, reply: reply.clone() };
            out.facts.extend(leg.rids().iter().map(tell));
            let word = || Word { code: VerdictCode::Ok, reply: Some(reply.clone()), exchanger: None, at: Some(now) };
            let mut ending = self.ending(self.envelope(key.0));
            leg.rids().iter().for_each(|rid| ending.deliver(*rid, false, word));
            self.conclude(ending);
        }
        self.move_host(now, id, HostStatus::Up, VerdictCode::Ok, out);
    }

    /// The lifetime of a leg is over and an attempt has decided: whoever is left of it is given up.
    pub(super) fn give_up(&mut self, id: HostId, key: LegKey, out: &mut Output) {
        let host = self.host(id);
        let Some(leg) = host.legs.get(&key) else { return };
        if leg.stage.is_sending() {
            return;
        }
        let word = host.last_word(leg, self.messages[&key.0].held.received_at());
        self.bounce_leg(id, key, HardBounce::Expired, &word, out);
    }

    /// The host was not reached, or sent us away: legs past their lifetime that waited only for it are given up. Where it is reached,
    /// each of them gets its own attempt: the clock may have jumped, and one success must not end a whole queue.
    pub(super) fn decide_last_chances(&mut self, id: HostId, out: &mut Output) {
        for key in std::mem::take(&mut self.host_mut(id).last_chance) {
            if self.host(id).legs.get(&key).is_some_and(|leg| leg.stage.is_sending()) {
                continue; // its own attempt is under way and decides when it ends
            }
            self.give_up(id, key, out);
        }
    }
}

fn sort(rids: &[RecipientId], outcomes: Vec<Outcome>) -> Sorted {
    let mut sorted = Sorted::default();
    for (&rid, outcome) in rids.iter().zip(outcomes) {
        let (judgement, reply) = match outcome {
            Outcome::Delivered(reply) => {
                sorted.delivered.push((rid, reply));
                continue;
            }
            Outcome::Refused { reply, .. } => (verdict::of_reply(&reply), Some(reply)),
            Outcome::Failed(failure) => {
                let judgement = verdict::of_failure(&failure);
                let reply = match failure.trouble {
                    Trouble::Reply(reply) => Some(reply),
                    _ => None,
                };
                (judgement, reply)
            }
        };
        let side = if judgement.permanent { &mut sorted.refused } else { &mut sorted.kept };
        side.push((rid, judgement, reply));
    }
    sorted
}

/// For how long they ask to be left alone.
pub(super) fn asked_delay(reply: Option<&Reply>) -> Option<Duration> {
    asked::delay(&reply.filter(|reply| reply.code.is_transient())?.text)
}

fn broke_before_it_began(outcome: &Outcome) -> bool {
    matches!(outcome, Outcome::Failed(failure) if failure.stage == Stage::MailFrom && failure.trouble == Trouble::Dropped)
}

fn first_failure_code(outcomes: &[Outcome]) -> Option<VerdictCode> {
    outcomes.iter().find_map(|outcome| match outcome {
        Outcome::Failed(failure) => Some(verdict::of_failure(failure).code),
        _ => None,
    })
}
