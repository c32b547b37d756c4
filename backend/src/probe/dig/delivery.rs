//! What delivery would use for a domain, beside what a name server says of it.
//!
//! Promises: the answer is that of the room `resolve` (routes, cache, guard), in the engine's order, its failures by the
//! engine's verdict. Never: a question of its own. The walk goes back to the console with the answer of `dig`.

use common::vocab::{Domain, Timestamp};
use common::wire::{DigAnswer, DigDelivery, DigHop};
use engine::failure::RouteFailure;
use engine::random::Random;
use engine::route::{Answer, Route, RouteKind};
use engine::verdict;

/// The domain whose delivery is asked about together with this answer: the name of a question for MX.
pub fn domain_of(answer: &DigAnswer) -> Option<Domain> {
    let name = answer.name.strip_suffix('.').unwrap_or(&answer.name);
    if answer.rtype == "MX" { name.parse().ok() } else { None }
}

/// Puts the resolver's answer into the engine's order.
pub fn would_use(now: Timestamp, answer: Result<Answer, RouteFailure>) -> DigDelivery {
    match answer {
        Ok(answer) => {
            let ttl_seconds = Some(answer.ttl.as_secs());
            let route = Route::from_answer(now, answer, &mut Random::new(now.millis()));
            let hops = route.hops.iter().map(|hop| DigHop {
                preference: hop.preference,
                exchanger: hop.exchanger.to_string(),
                address: hop.address.to_string(),
            });
            DigDelivery {
                by_route: matches!(route.kind, RouteKind::Configured | RouteKind::Discard),
                discards: route.kind == RouteKind::Discard,
                hops: hops.collect(),
                ttl_seconds,
                ..DigDelivery::default()
            }
        }
        Err(failure) => {
            let because = Some(verdict::of_route(&failure).code);
            let detail = match failure {
                RouteFailure::Ours(why) | RouteFailure::Unusable(why) => Some(why.to_string()),
                RouteFailure::Nxdomain | RouteFailure::NullMx | RouteFailure::Servfail | RouteFailure::Loop => None,
            };
            DigDelivery { because, detail, ..DigDelivery::default() }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use common::vocab::VerdictCode;
    use engine::route::{ExchangerAnswer, NamedBy};
    use std::time::Duration;

    fn exchanger(preference: u16, name: &str, addresses: &[&str]) -> ExchangerAnswer {
        let addresses = addresses.iter().map(|address| address.parse().unwrap()).collect();
        ExchangerAnswer { preference, name: name.into(), named_by: NamedBy::Dns, addresses }
    }

    #[test]
    fn hops_come_in_the_order_of_an_attempt() {
        let second = exchanger(20, "b.test", &["192.0.2.3:25"]);
        let first = exchanger(10, "a.test", &["192.0.2.1:25", "192.0.2.2:25"]);
        let answer = Answer {
            kind: RouteKind::Mx,
            exchangers: vec![second, first],
            ttl: Duration::from_secs(300),
            mx_ttl: None,
        };
        let said = would_use(Timestamp::default(), Ok(answer));
        let hops: Vec<String> =
            said.hops.iter().map(|h| format!("{} {} {}", h.preference, h.exchanger, h.address)).collect();
        assert_eq!(hops, ["10 a.test 192.0.2.1:25", "20 b.test 192.0.2.3:25", "10 a.test 192.0.2.2:25"]);
        assert_eq!((said.ttl_seconds, said.by_route, said.because), (Some(300), false, None));
    }

    #[test]
    fn a_failure_is_told_by_its_verdict() {
        let said = would_use(Timestamp::default(), Err(RouteFailure::Unusable("mx.test has no address".into())));
        assert_eq!(said.because, Some(VerdictCode::DnsMxUnusable));
        assert_eq!(said.detail.as_deref(), Some("mx.test has no address"));
        assert_eq!(would_use(Timestamp::default(), Err(RouteFailure::NullMx)).because, Some(VerdictCode::DnsNullMx));
    }
}
