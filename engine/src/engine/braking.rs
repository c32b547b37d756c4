//! Where the brake on mass bounces takes hold: what the resolver said, and what a transaction came to.

use super::Engine;
use crate::failure::{Outcome, RouteFailure};
use crate::host_id::HostId;
use crate::queue::LegKey;
use crate::route::Answer;
use crate::{Fact, Output, verdict};
use common::vocab::{Alert, Domain, RecipientId, Timestamp, VerdictCode};

impl Engine {
    /// The answer as far as it is believed: while the resolver is suspected, nothing it says is final.
    pub(super) fn believed(
        &mut self,
        now: Timestamp,
        name: &Domain,
        answer: Result<Answer, RouteFailure>,
        out: &mut Output,
    ) -> Result<Answer, RouteFailure> {
        let gone = match &answer {
            Ok(_) => false,
            Err(failure) if verdict::of_route(failure).permanent => true,
            Err(_) => return answer, // no answer at all says nothing about the answers
        };
        let Some(found) = self.resolver_watch.heard(now, name, gone, &self.settings.brake) else {
            self.calm(Alert::ResolverSuspected { domains: 0, gone: 0 }, out);
            return answer;
        };
        let (domains, said_gone) = (u64::from(found.domains), u64::from(found.gone));
        let until = now + self.settings.brake.resolver_pause;
        self.alert(now, Alert::ResolverSuspected { domains, gone: said_gone }, until);
        if found.is_new {
            out.facts.push(Fact::ResolverSuspected { domains: found.domains, gone: found.gone });
        }
        if gone { Err(RouteFailure::Ours("too many domains at once are said not to exist".into())) } else { answer }
    }

    /// Which recipients of a leg were refused for good for who we are. None of a leg that the brake has held before: its
    /// time is over, or a person has released it.
    pub(super) fn about_us(&self, id: HostId, key: LegKey, outcomes: &[Outcome]) -> Vec<RecipientId> {
        let Some(leg) = self.host(id).legs.get(&key) else { return Vec::new() };
        if leg.latest().is_some_and(|word| word.code == VerdictCode::GuardBrake) {
            return Vec::new();
        }
        let refused = |outcome: &Outcome| match outcome {
            Outcome::Refused { stage, reply } => verdict::is_about_us(*stage, reply),
            Outcome::Delivered(_) | Outcome::Failed(_) => false,
        };
        leg.rids().iter().zip(outcomes).filter(|(_, outcome)| refused(outcome)).map(|(rid, _)| *rid).collect()
    }

    /// Whether so many more refusals by this exchanger must wait.
    pub(super) fn brake(&mut self, now: Timestamp, exchanger: Option<&str>, count: u32, out: &mut Output) -> bool {
        if count == 0 {
            return false;
        }
        let by = exchanger.unwrap_or_default();
        let Some(pulled) = self.refusals.heard(now, by, count, &self.settings.brake) else { return false };
        let until = now + self.settings.brake.bounce_pause;
        self.alert(now, Alert::BrakePulled { refused: pulled.recipients, hosts: pulled.hosts }, until);
        if pulled.is_new {
            out.facts.push(Fact::BrakePulled { recipients: pulled.recipients, hosts: pulled.hosts, until });
        }
        true
    }
}
