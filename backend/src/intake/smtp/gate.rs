//! The gate: how many connections may be open, over all and from one address.
//!
//! Promises: whoever got a pass is counted until the pass is dropped; the table has at most as many entries as there
//! are passes. Never: waits.

use std::collections::HashMap;
use std::net::{IpAddr, Ipv6Addr};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

/// Counts connections.
#[derive(Debug)]
pub struct Gate {
    connections_max: usize,
    address_connections_max: u32,
    open: Mutex<Open>,
}

#[derive(Debug, Default)]
struct Open {
    total: usize,
    by_client: HashMap<IpAddr, u32>,
}

/// The right to have one connection. Dropping it gives the place back.
#[derive(Debug)]
pub struct Pass {
    gate: Arc<Gate>,
    client: IpAddr,
}

impl Gate {
    /// With these ceilings.
    pub fn new(connections_max: usize, address_connections_max: u32) -> Arc<Gate> {
        Arc::new(Gate { connections_max, address_connections_max, open: Mutex::default() })
    }

    /// Asks for a place; `None` if this client or the house is full.
    pub fn enter(self: &Arc<Gate>, address: IpAddr) -> Option<Pass> {
        let client = site(address);
        let mut open = self.lock();
        if open.total >= self.connections_max {
            return None;
        }
        let of_client = open.by_client.entry(client).or_default();
        if *of_client >= self.address_connections_max {
            if *of_client == 0 {
                open.by_client.remove(&client);
            }
            return None;
        }
        *of_client += 1;
        open.total += 1;
        drop(open);
        Some(Pass { gate: Arc::clone(self), client })
    }

    /// Connections open now.
    pub fn open(&self) -> usize {
        self.lock().total
    }

    fn lock(&self) -> MutexGuard<'_, Open> {
        self.open.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Drop for Pass {
    fn drop(&mut self) {
        let mut open = self.gate.lock();
        open.total -= 1;
        let left = open.by_client.get_mut(&self.client).map_or(0, |count| {
            *count -= 1;
            *count
        });
        if left == 0 {
            open.by_client.remove(&self.client);
        }
    }
}

/// Whom an address belongs to, as far as counting goes: IPv6 sites own a /64 at least.
fn site(address: IpAddr) -> IpAddr {
    match address.to_canonical() {
        IpAddr::V6(v6) => Ipv6Addr::from_bits(v6.to_bits() & !u128::from(u64::MAX)).into(),
        v4 => v4,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ip(text: &str) -> IpAddr {
        text.parse().unwrap()
    }

    #[test]
    fn one_client_cannot_take_the_places_of_all() {
        let gate = Gate::new(3, 2);
        let first = gate.enter(ip("192.0.2.1")).unwrap();
        let _second = gate.enter(ip("::ffff:192.0.2.1")).unwrap();
        assert!(gate.enter(ip("192.0.2.1")).is_none());
        let _third = gate.enter(ip("192.0.2.2")).unwrap();
        assert!(gate.enter(ip("192.0.2.3")).is_none());
        drop(first);
        assert!(gate.enter(ip("192.0.2.1")).is_some());
    }

    #[test]
    fn addresses_of_one_ipv6_network_are_one_client() {
        let gate = Gate::new(10, 1);
        let pass = gate.enter(ip("2001:db8::1")).unwrap();
        assert!(gate.enter(ip("2001:db8::ffff:1")).is_none());
        assert!(gate.enter(ip("2001:db8:0:1::1")).is_some());
        drop(pass);
        assert_eq!((gate.open(), gate.lock().by_client.len()), (0, 0));
    }
}
