//! What the cause of a wait rests on: until when, which limit, which rule, whose words. Read from the state as it is.

use super::Engine;
use super::outcome::asked_delay;
use crate::host::{HeldBack, Host};
use crate::queue::{Leg, LegStage};
use crate::schedule;
use crate::view::Basis;
use common::vocab::{Limit, VerdictCode, WaitCause};

impl Engine {
    /// The facts behind a limit that holds a host back.
    pub(super) fn limit_basis(&self, host: &Host, held: HeldBack) -> Basis {
        match held.cause {
            WaitCause::Slot => slot(host, held.limit),
            cause => self.basis(host, None, cause),
        }
    }

    /// The facts behind a cause of a host, and of a leg of it where the cause is the leg's own.
    pub(super) fn basis(&self, host: &Host, leg: Option<&Leg>, cause: WaitCause) -> Basis {
        let verdict = host.evidence.as_ref().map(|evidence| evidence.code);
        let timer = leg.and_then(|leg| match leg.stage {
            LegStage::Retry { until, braked, .. } => Some((until, braked)),
            _ => None,
        });
        match cause {
            WaitCause::Dns | WaitCause::TlsPolicy | WaitCause::HostDown => {
                Basis { until: host.rest.map(|rest| rest.until), verdict, ..Basis::default() }
            }
            WaitCause::Retry => {
                let until = timer.map(|(until, _)| until);
                let word = leg.and_then(|leg| leg.latest());
                let asked = word.and_then(|word| {
                    let asked = asked_delay(word.reply.as_ref())?;
                    schedule::is_asked(word.at?, until?, asked, &self.settings).then_some(asked)
                });
                Basis { until, verdict: word.map(|word| word.code), asked, ..Basis::default() }
            }
            WaitCause::Backoff => Basis {
                until: host.backoff.and_then(|backoff| backoff.until),
                verdict: host.backoff.map(|backoff| backoff.code),
                ..Basis::default()
            },
            WaitCause::Rate => host.limits.pace.as_ref().map_or_else(Basis::default, |pace| Basis {
                until: pace.until,
                limit: Some(Limit::Destination),
                most: Some(pace.rate.recipients),
                period: Some(pace.rate.period),
                rule: Some(pace.rule.clone()),
                ..Basis::default()
            }),
            WaitCause::Slot => slot(host, host.slot),
            WaitCause::Guard => match timer {
                Some((until, true)) if self.guard.is_none() => Basis {
                    until: Some(until),
                    verdict: Some(VerdictCode::GuardBrake),
                    guard: Some(self.refusals.guard()),
                    ..Basis::default()
                },
                _ => Basis { guard: self.guard, ..Basis::default() },
            },
            WaitCause::Suspended => Basis {
                until: host.suspended.as_ref().and_then(|suspension| suspension.until),
                verdict: Some(VerdictCode::Suspended),
                hold: host.suspended.clone(),
                ..Basis::default()
            },
            WaitCause::Sending | WaitCause::Held | WaitCause::Routing => Basis::default(),
        }
    }
}

fn slot(host: &Host, (limit, most): (Limit, u32)) -> Basis {
    let rule = host.limits.connections.as_ref().filter(|_| limit == Limit::Destination);
    let rule = rule.map(|(rule, _)| rule.clone());
    Basis { limit: Some(limit), most: Some(most), rule, ..Basis::default() }
}
