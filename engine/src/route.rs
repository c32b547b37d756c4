//! From DNS answers or a configured route to an ordered list of next hops.

use crate::random::Random;
use common::vocab::Timestamp;
use std::collections::BTreeSet;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

/// Exchangers of one attempt; more would only prolong a dead host's probe (Postfix, Stalwart: 5).
pub const EXCHANGERS_MAX: usize = 5;
/// Addresses of one attempt, over all exchangers.
pub const ADDRESSES_MAX: usize = 5;

/// Who named the next hops.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RouteKind {
    /// MX records.
    Mx,
    /// No MX record: the domain's own address (RFC 5321 §5.1).
    ImplicitMx,
    /// A `[[route]]` of the configuration: our own relay, larger limits.
    Configured,
    /// A `[[route]]` to `discard`: taken and thrown away.
    Discard,
}

/// By whose word an exchanger is one. Decides how far the guard lets it go, and which limits hold:
/// what DNS names is somebody else's, what a route names is our own relay.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum NamedBy {
    /// MX records or the domain's own address, behind an `mx:` route too.
    Dns,
    /// A literal address in a route.
    RouteAddress,
    /// A host name in a route.
    RouteName,
}

/// What the resolving room found: every address was checked by the guard.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Answer {
    /// Who named them.
    pub kind: RouteKind,
    /// By preference, ascending; any order within one preference.
    pub exchangers: Vec<ExchangerAnswer>,
    /// How long this may be used (already clamped to 30 s – 1 h).
    pub ttl: Duration,
    /// What the MX records themselves have left in our cache; `None` where none named them.
    pub mx_ttl: Option<Duration>,
}

/// One exchanger of an [`Answer`].
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ExchangerAnswer {
    /// Lower is tried first.
    pub preference: u16,
    /// Its name.
    pub name: Arc<str>,
    /// By whose word.
    pub named_by: NamedBy,
    /// Its addresses with the port to use. May be empty: the name did not resolve.
    pub addresses: Vec<SocketAddr>,
}

/// One address to connect to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Hop {
    /// The name of the exchanger.
    pub exchanger: Arc<str>,
    /// Its preference.
    pub preference: u16,
    /// Where to connect.
    pub address: SocketAddr,
    /// By whose word.
    pub named_by: NamedBy,
}

/// The next hops of a host in the order in which an attempt tries them.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Route {
    /// Who named them.
    pub kind: RouteKind,
    /// In order; at most [`ADDRESSES_MAX`].
    pub hops: Vec<Arc<Hop>>,
    /// The exchangers in order, those without an address too.
    pub exchangers: Vec<ExchangerAnswer>,
    /// The sorted names of all exchangers that MX records named: who they are run by. `None` where none did.
    pub provider: Option<Arc<str>>,
    /// When it must be asked for again.
    pub expires_at: Timestamp,
    /// When the MX records that named it run out; `None` where none did.
    pub mx_expire_at: Option<Timestamp>,
}

impl Route {
    /// Orders an answer: by preference, shuffled within one (RFC 5321 §5.1). The attempt has the first five exchangers
    /// that have an address: five names that lead nowhere must not hide the sixth.
    /// One address of each exchanger comes first, then their second ones: a dead server with many addresses
    /// must not use up the attempt.
    pub fn from_answer(now: Timestamp, answer: Answer, random: &mut Random) -> Route {
        let mut exchangers = answer.exchangers;
        exchangers.sort_by_key(|exchanger| exchanger.preference);
        for group in exchangers.chunk_by_mut(|a, b| a.preference == b.preference) {
            random.shuffle(group);
        }
        let usable = || exchangers.iter().filter(|exchanger| !exchanger.addresses.is_empty()).take(EXCHANGERS_MAX);
        let depth = usable().map(|exchanger| exchanger.addresses.len()).max().unwrap_or(0);
        let hops = (0..depth)
            .flat_map(|turn| usable().filter_map(move |e| e.addresses.get(turn).map(|address| (e, *address))))
            .take(ADDRESSES_MAX)
            .map(|(exchanger, address)| {
                Arc::new(Hop {
                    exchanger: exchanger.name.clone(),
                    preference: exchanger.preference,
                    address,
                    named_by: exchanger.named_by,
                })
            })
            .collect();
        let provider = (answer.kind == RouteKind::Mx).then(|| provider(&exchangers));
        Route {
            kind: answer.kind,
            hops,
            provider,
            exchangers,
            expires_at: now + answer.ttl,
            mx_expire_at: answer.mx_ttl.map(|ttl| now + ttl),
        }
    }
}

/// DNS tells no capitals from small letters and has no order.
fn provider(exchangers: &[ExchangerAnswer]) -> Arc<str> {
    let names: BTreeSet<String> = exchangers.iter().map(|exchanger| exchanger.name.to_ascii_lowercase()).collect();
    names.into_iter().collect::<Vec<_>>().join(" ").into()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn exchanger(preference: u16, name: &str, addresses: &[&str]) -> ExchangerAnswer {
        ExchangerAnswer {
            preference,
            name: name.into(),
            named_by: NamedBy::Dns,
            addresses: addresses.iter().map(|a| a.parse().unwrap()).collect(),
        }
    }

    fn order(exchangers: Vec<ExchangerAnswer>, seed: u64) -> Vec<String> {
        let answer = Answer { kind: RouteKind::Mx, exchangers, ttl: Duration::from_secs(60), mx_ttl: None };
        let route = Route::from_answer(Timestamp(0), answer, &mut Random::new(seed));
        route.hops.iter().map(|hop| hop.exchanger.to_string()).collect()
    }

    #[test]
    fn hosts_with_the_same_exchangers_have_one_provider_whatever_the_order_and_the_letters() {
        let provider = |kind, names: [&str; 2]| {
            let exchangers = names.map(|name| exchanger(10, name, &["127.0.0.1:25"])).into();
            let answer = Answer { kind, exchangers, ttl: Duration::from_secs(60), mx_ttl: None };
            Route::from_answer(Timestamp(0), answer, &mut Random::new(1)).provider
        };
        let one = provider(RouteKind::Mx, ["mx2.test", "MX1.test"]);
        assert_eq!(one.as_deref(), Some("mx1.test mx2.test"));
        assert_eq!(provider(RouteKind::Mx, ["mx1.test", "mx2.test"]), one);
        assert_ne!(provider(RouteKind::Mx, ["mx1.test", "mx3.test"]), one);
        assert_eq!(provider(RouteKind::Configured, ["mx1.test", "mx2.test"]), None);
    }

    #[test]
    fn lower_preference_goes_first_whatever_the_seed() {
        for seed in 0..50 {
            let found = order(vec![exchanger(20, "b", &["127.0.0.2:25"]), exchanger(5, "a", &["127.0.0.1:25"])], seed);
            assert_eq!(found, ["a", "b"]);
        }
    }

    #[test]
    fn equal_preferences_take_turns() {
        let first = |seed| {
            let equal = ["a", "b", "c"].map(|name| exchanger(10, name, &["127.0.0.1:25"]));
            order(equal.into(), seed)[0].clone()
        };
        let seen: std::collections::BTreeSet<String> = (0..50).map(first).collect();
        assert_eq!(seen.len(), 3);
    }

    #[test]
    fn exchangers_without_an_address_do_not_use_up_the_attempt() {
        let mut exchangers: Vec<ExchangerAnswer> = (1..=8).map(|n| exchanger(n, "dead", &[])).collect();
        exchangers.push(exchanger(9, "alive", &["127.0.0.9:25"]));
        assert_eq!(order(exchangers, 1), ["alive"]);
    }

    #[test]
    fn an_exchanger_with_many_addresses_leaves_room_for_the_next() {
        let many = ["127.0.0.1:25", "127.0.0.2:25", "127.0.0.3:25", "127.0.0.4:25", "127.0.0.5:25", "127.0.0.6:25"];
        let found = order(vec![exchanger(10, "a", &many), exchanger(20, "b", &["127.0.0.9:25"])], 1);
        assert_eq!(found, ["a", "b", "a", "a", "a"]);
    }
}
