//! What the cause of a wait rests on: until when, which limit, which rule, whose words. Read from the state as it is.

use super::Engine;
use crate::host::Host;
use crate::queue::{Leg, LegStage};
use crate::view::Basis;
use common::vocab::{Limit, VerdictCode, WaitCause};

impl Engine {
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
                let verdict = leg.and_then(|leg| leg.latest()).map(|word| word.code);
                Basis { until, verdict, ..Basis::default() }
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
                verdict: None,
            }),
            WaitCause::Slot => {
                let (limit, most) = host.slot;
                let rule = host.limits.connections.as_ref().filter(|_| limit == Limit::Destination);
                let rule = rule.map(|(rule, _)| rule.clone());
                Basis { limit: Some(limit), most: Some(most), rule, ..Basis::default() }
            }
            WaitCause::Guard => match timer {
                Some((until, true)) if !self.guard_closed => {
                    Basis { until: Some(until), verdict: Some(VerdictCode::GuardBrake), ..Basis::default() }
                }
                _ => Basis::default(),
            },
            WaitCause::Suspended => {
                let until = host.suspended.as_ref().and_then(|suspension| suspension.until);
                Basis { until, verdict: Some(VerdictCode::Suspended), ..Basis::default() }
            }
            WaitCause::Sending | WaitCause::Held | WaitCause::Routing => Basis::default(),
        }
    }
}
