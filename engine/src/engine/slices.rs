//! What is done to many legs of one host at once is done some at a time, so that no event takes long.
//!
//! Promises: one event ends or wakes at most [`SLICE_LEGS`] legs of a host for one reason; the rest follows a millisecond
//! later, after whatever else has happened meanwhile. Where a person acts on a host as a whole, no leg is touched at all.

use super::{Engine, Timer};
use crate::Output;
use crate::host_id::HostId;
use common::vocab::Timestamp;
use std::time::Duration;

/// Legs of one slice: each costs a few microseconds, so a slice stays below a millisecond.
pub(super) const SLICE_LEGS: usize = 200;
/// When the next slice follows: after the events that wait already.
const NEXT_SLICE: Duration = Duration::from_millis(1);

impl Engine {
    /// There is more to do for the host.
    pub(super) fn slice_follows(&mut self, now: Timestamp, id: HostId) {
        self.timers.insert((now + NEXT_SLICE, Timer::Slice(id)));
    }

    /// The next slice of whatever there is to do for a host.
    pub(super) fn next_slice(&mut self, now: Timestamp, id: HostId, out: &mut Output) {
        if self.hosts[id.0 as usize].is_none() {
            return;
        }
        let host = self.host_mut(id);
        if host.suspended.is_some() {
            host.overdue.append(&mut host.given_up); // suspended meanwhile: it does not expire
        } else {
            self.give_up_some(now, id, out);
            self.give_last_chances(now, id);
        }
        self.start(now, id, out);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::dsn::Dsn;
    use crate::envelope::Envelope;
    use crate::failure::RouteFailure;
    use crate::route::{Answer, RouteKind};
    use crate::suspension::Suspension;
    use crate::{Effect, Event, Fact, HostScope, RetryScope, Settings};
    use common::vocab::{ActionId, Domain, MessageId};
    use std::sync::Arc;

    const NOW: Timestamp = Timestamp(1_800_000_000_000);
    const LEGS: usize = 1_000;

    fn envelope(mid: u64) -> Arc<Envelope> {
        Arc::new(Envelope {
            mid: MessageId(mid),
            from: None,
            recipients: vec!["a@a.test".parse().unwrap()],
            size_bytes: 1,
            received_at: NOW,
            eight_bit: false,
            smtputf8: false,
            dsn: Dsn::default(),
        })
    }

    fn filled() -> (Engine, HostId) {
        let mut engine = Engine::new(NOW, Settings::default(), 1);
        (1..=LEGS as u64).for_each(|mid| drop(told(&mut engine, NOW, Event::Accepted(envelope(mid)))));
        (engine, HostId(0))
    }

    fn told(engine: &mut Engine, now: Timestamp, event: Event) -> Output {
        let mut out = Output::default();
        engine.handle(now, event, &mut out);
        engine.assert_consistent();
        out
    }

    fn counted(out: &Output, is: impl Fn(&Fact) -> bool) -> usize {
        out.facts.iter().filter(|fact| is(fact)).count()
    }

    fn answered(answer: Result<Answer, RouteFailure>) -> Event {
        Event::Resolved { host: "a.test".parse().unwrap(), answer }
    }

    #[test]
    fn a_domain_that_does_not_exist_bounces_its_mail_some_at_a_time() {
        let (mut engine, id) = filled();
        let mut bounced = Vec::new();
        while engine.host(id).counts.active() > 0 {
            let out = told(&mut engine, NOW, answered(Err(RouteFailure::Nxdomain)));
            bounced.push(counted(&out, |fact| matches!(fact, Fact::Bounced { .. })));
            let asks = out.effects.iter().any(|effect| matches!(effect, Effect::Resolve { .. }));
            assert_eq!(asks, engine.host(id).counts.active() > 0, "the rest asks again, and then nobody does");
        }
        assert_eq!(bounced, [SLICE_LEGS; LEGS / SLICE_LEGS]);
    }

    #[test]
    fn a_route_to_nowhere_takes_mail_some_at_a_time() {
        let (mut engine, id) = filled();
        let ttl = Duration::from_secs(60);
        let nowhere = Answer { kind: RouteKind::Discard, exchangers: Vec::new(), ttl, mx_ttl: None };
        let delivered = |out: &Output| counted(out, |fact| matches!(fact, Fact::Delivered { .. }));
        let mut taken = vec![delivered(&told(&mut engine, NOW, answered(Ok(nowhere))))];
        while engine.host(id).counts.active() > 0 {
            let at = engine.next_wakeup().expect("a next slice");
            taken.push(delivered(&told(&mut engine, at, Event::Woke)));
        }
        assert_eq!(taken, [SLICE_LEGS; LEGS / SLICE_LEGS]);
    }

    #[test]
    fn mail_that_outlived_a_suspension_is_woken_some_at_a_time_and_given_up_so() {
        let (mut engine, id) = filled();
        let suspension = Suspension { by: "ann".into(), reason: None, since: NOW, until: None };
        let scope: HostScope = HostScope::Host("a.test".parse::<Domain>().unwrap());
        told(&mut engine, NOW, Event::Suspend { action: None, scope: scope.clone(), suspension });
        let late = NOW + Duration::from_secs(3 * 24 * 3600);
        told(&mut engine, late, Event::Woke);
        assert_eq!(engine.host(id).overdue.len(), LEGS);
        told(&mut engine, late, Event::Resume { action: ActionId(1), scope });
        let mut woken = vec![engine.host(id).last_chance.len()];
        while woken.last().is_some_and(|woken| *woken < LEGS) {
            let at = engine.next_wakeup().expect("a next slice");
            told(&mut engine, at, Event::Woke);
            woken.push(engine.host(id).last_chance.len());
        }
        assert_eq!(woken, [1, 2, 3, 4, 5].map(|slices| slices * SLICE_LEGS));
        let mut at = late + Duration::from_secs(1);
        let mut ended = counted(&told(&mut engine, at, answered(Err(RouteFailure::Servfail))), is_bounce);
        assert_eq!(ended, SLICE_LEGS);
        while engine.host(id).counts.active() > 0 {
            at = engine.next_wakeup().expect("a next slice");
            let slice = counted(&told(&mut engine, at, Event::Woke), is_bounce);
            assert!(slice <= SLICE_LEGS, "{slice}");
            ended += slice;
        }
        assert_eq!(ended, LEGS);
    }

    fn is_bounce(fact: &Fact) -> bool {
        matches!(fact, Fact::Bounced { .. })
    }

    #[test]
    fn what_a_person_does_to_a_host_as_a_whole_touches_no_leg() {
        let (mut engine, id) = filled();
        let later = NOW + Duration::from_secs(60);
        let suspension = Suspension { by: "ann".into(), reason: None, since: later, until: None };
        let retry = || Event::Retry { action: ActionId(1), scope: RetryScope::All, canary: false };
        for event in [
            retry(),
            Event::Suspend { action: None, scope: HostScope::All, suspension },
            Event::Resume { action: ActionId(2), scope: HostScope::All },
            retry(),
        ] {
            let out = told(&mut engine, later, event);
            let touched = engine.host(id).legs.values().filter(|leg| leg.since == later).count();
            assert!(touched == 0 && out.facts.len() + out.effects.len() <= 2, "{touched} {out:?}");
        }
    }
}
