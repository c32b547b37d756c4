//! How often somebody may try to sign in: counted by address, by name, and by both.
//!
//! Promises: a try counts before its password is looked at, so that many at once gain nothing; nobody is locked out
//! for longer than the window; the answer is the same whether the name is known or not; memory is bounded.

use std::collections::{HashMap, VecDeque};
use std::net::IpAddr;
use std::time::Duration;
use tokio::time::Instant;

/// Over which failures count.
pub(super) const WINDOW: Duration = Duration::from_secs(15 * 60);
/// Failures of one name from one address: a person who mistypes has enough with five.
const BOTH_MAX: usize = 5;
/// Failures from one address, whatever the names: an office behind one address has enough with twenty.
const ADDRESS_MAX: usize = 20;
/// Failures of one name from anywhere: slows down many addresses, and takes a hundred tries to keep its owner out.
const NAME_MAX: usize = 100;
/// Keys that are kept; beyond it the oldest goes.
const KEYS_MAX: usize = 10_000;

/// What failures are counted by. An IPv6 client has a whole /64.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
enum Key {
    Both(Option<IpAddr>, String),
    Address(Option<IpAddr>),
    Name(String),
}

impl Key {
    fn most(&self) -> usize {
        match self {
            Key::Both(..) => BOTH_MAX,
            Key::Address(_) => ADDRESS_MAX,
            Key::Name(_) => NAME_MAX,
        }
    }
}

/// The tries of late.
#[derive(Debug, Default)]
pub(super) struct Attempts {
    failures: HashMap<Key, VecDeque<Instant>>,
    /// Keys in the order in which they came.
    order: VecDeque<Key>,
}

fn keys(address: Option<IpAddr>, name: &str) -> [Key; 3] {
    let address = address.map(network);
    [Key::Both(address, name.to_owned()), Key::Address(address), Key::Name(name.to_owned())]
}

fn network(address: IpAddr) -> IpAddr {
    match address {
        IpAddr::V4(_) => address,
        IpAddr::V6(v6) => IpAddr::V6((v6.to_bits() & !u128::from(u64::MAX)).into()),
    }
}

impl Attempts {
    /// Counts a try as failed until [`Attempts::succeeded`] takes it back. `false`: too many of late; it does not count.
    pub(super) fn begin(&mut self, address: Option<IpAddr>, name: &str, now: Instant) -> bool {
        let keys = keys(address, name);
        for key in &keys {
            let Some(failures) = self.failures.get_mut(key) else { continue };
            while failures.front().is_some_and(|at| now.saturating_duration_since(*at) >= WINDOW) {
                failures.pop_front();
            }
            if failures.len() >= key.most() {
                return false;
            }
        }
        for key in keys {
            if !self.failures.contains_key(&key) {
                self.make_room();
                self.order.push_back(key.clone());
            }
            self.failures.entry(key).or_default().push_back(now);
        }
        true
    }

    /// The try was good: it counts no more, and the failures of this name from this address are forgiven.
    pub(super) fn succeeded(&mut self, address: Option<IpAddr>, name: &str) {
        for key in keys(address, name) {
            let Some(failures) = self.failures.get_mut(&key) else { continue };
            match key {
                Key::Both(..) => failures.clear(),
                Key::Address(_) | Key::Name(_) => drop(failures.pop_back()),
            }
        }
    }

    fn make_room(&mut self) {
        while self.order.len() >= KEYS_MAX {
            if let Some(oldest) = self.order.pop_front() {
                self.failures.remove(&oldest);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(text: &str) -> Option<IpAddr> {
        Some(text.parse().unwrap())
    }

    #[test]
    fn five_failures_of_a_name_hold_it_back_there_and_only_there() {
        let (mut attempts, start) = (Attempts::default(), Instant::now());
        for _ in 0..BOTH_MAX {
            assert!(attempts.begin(at("192.0.2.1"), "ann", start));
        }
        assert!(!attempts.begin(at("192.0.2.1"), "ann", start));
        assert!(attempts.begin(at("192.0.2.1"), "ben", start));
        assert!(attempts.begin(at("192.0.2.2"), "ann", start));
        assert!(!attempts.begin(at("192.0.2.1"), "ann", start + WINDOW - Duration::from_secs(1)));
        assert!(attempts.begin(at("192.0.2.1"), "ann", start + WINDOW), "nobody is locked out for ever");
    }

    #[test]
    fn an_address_cannot_go_through_names_nor_through_its_own_network() {
        let (mut attempts, start) = (Attempts::default(), Instant::now());
        let tries = |attempts: &mut Attempts, address: &dyn Fn(usize) -> Option<IpAddr>| {
            (0..100).filter(|n| attempts.begin(address(*n), &format!("user{n}"), start)).count()
        };
        assert_eq!(tries(&mut attempts, &|_| at("192.0.2.1")), ADDRESS_MAX);
        assert_eq!(tries(&mut attempts, &|n| at(&format!("2001:db8::{n:x}"))), ADDRESS_MAX);
    }

    #[test]
    fn many_addresses_cannot_go_through_one_name() {
        let (mut attempts, start) = (Attempts::default(), Instant::now());
        let tries = (0..250).filter(|n| attempts.begin(at(&format!("10.0.{n}.1")), "ann", start)).count();
        assert_eq!(tries, NAME_MAX);
    }

    #[test]
    fn a_success_forgives_and_costs_nothing() {
        let (mut attempts, start) = (Attempts::default(), Instant::now());
        for _ in 0..1_000 {
            assert!(attempts.begin(at("192.0.2.1"), "ann", start));
            attempts.succeeded(at("192.0.2.1"), "ann");
        }
    }

    #[test]
    fn memory_is_bounded() {
        let (mut attempts, start) = (Attempts::default(), Instant::now());
        for n in 0..2 * KEYS_MAX as u32 {
            attempts.begin(Some(IpAddr::V4(n.into())), &format!("u{n}"), start);
        }
        assert!(attempts.failures.len() <= KEYS_MAX && attempts.order.len() <= KEYS_MAX);
    }
}
