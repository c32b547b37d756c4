//! What is remembered of addresses and TLS: which of them cannot do it, and which have shown that they can.
//!
//! Promises: an address that completed TLS lately is never one that clear text goes to after a failure, whatever is
//! forced upon the connection; memory is bounded, the entry that was touched longest ago goes first.
//! Never: outlives the process. After a restart a broken address costs one more handshake, and a proven one has to
//! prove itself once more.

use common::vocab::Timestamp;
use std::collections::{BTreeMap, BTreeSet};
use std::net::SocketAddr;
use std::time::Duration;

/// After a failed handshake an address gets clear text for so long before TLS is tried again.
pub const TLS_BROKEN_FOR: Duration = Duration::from_secs(24 * 3600);
/// An address that completed TLS is not given clear text for a failed handshake within this time: a server does not
/// unlearn TLS, but somebody between us may break it.
pub const TLS_PROVEN_FOR: Duration = Duration::from_secs(30 * 24 * 3600);
/// Addresses that are remembered: some 100 octets each, and more than one server talks to in a month.
pub const TLS_ADDRESSES_MAX: usize = 50_000;

/// What is known of one address.
#[derive(Clone, Copy, Debug, Default)]
struct Known {
    completed_at: Option<Timestamp>,
    broken_at: Option<Timestamp>,
    touched_at: Timestamp,
}

/// See the head of this file.
#[derive(Debug, Default)]
pub struct TlsMemory {
    known: BTreeMap<SocketAddr, Known>,
    by_age: BTreeSet<(Timestamp, SocketAddr)>,
}

impl TlsMemory {
    /// A session to this address has TLS.
    pub fn completed(&mut self, now: Timestamp, address: SocketAddr) {
        self.touch(now, address, |known| (known.completed_at, known.broken_at) = (Some(now), None));
    }

    /// The handshake with this address failed.
    pub fn broke(&mut self, now: Timestamp, address: SocketAddr) {
        self.touch(now, address, |known| known.broken_at = Some(now));
    }

    /// Whether clear text may go to this address because its handshake fails.
    pub fn is_broken(&self, now: Timestamp, address: SocketAddr) -> bool {
        let Some(known) = self.known.get(&address) else { return false };
        let within = |at: Option<Timestamp>, span| at.is_some_and(|at| now.since(at) < span);
        within(known.broken_at, TLS_BROKEN_FOR) && !within(known.completed_at, TLS_PROVEN_FOR)
    }

    fn touch(&mut self, now: Timestamp, address: SocketAddr, note: impl FnOnce(&mut Known)) {
        let known = self.known.entry(address).or_default();
        self.by_age.remove(&(known.touched_at, address));
        known.touched_at = now;
        note(known);
        self.by_age.insert((now, address));
        if self.known.len() > TLS_ADDRESSES_MAX
            && let Some((_, oldest)) = self.by_age.pop_first()
        {
            self.known.remove(&oldest);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOW: Timestamp = Timestamp(1_800_000_000_000);

    fn address(number: u32) -> SocketAddr {
        SocketAddr::from((std::net::Ipv4Addr::from(0x0a00_0000 + number), 25))
    }

    #[test]
    fn a_failed_handshake_is_remembered_for_a_day() {
        let mut memory = TlsMemory::default();
        memory.broke(NOW, address(1));
        assert!(memory.is_broken(NOW + TLS_BROKEN_FOR - Duration::from_secs(1), address(1)));
        assert!(!memory.is_broken(NOW + TLS_BROKEN_FOR, address(1)));
        assert!(!memory.is_broken(NOW, address(2)));
    }

    #[test]
    fn an_address_that_completed_tls_within_thirty_days_gets_no_clear_text() {
        let mut memory = TlsMemory::default();
        memory.completed(NOW, address(1));
        let later = NOW + TLS_PROVEN_FOR - Duration::from_secs(1);
        memory.broke(later, address(1));
        assert!(!memory.is_broken(later, address(1)));
        assert!(memory.is_broken(NOW + TLS_PROVEN_FOR, address(1)));
        memory.completed(NOW + TLS_PROVEN_FOR, address(1));
        assert!(!memory.is_broken(NOW + TLS_PROVEN_FOR, address(1)));
    }

    #[test]
    fn memory_is_bounded_and_forgets_what_was_touched_longest_ago() {
        let mut memory = TlsMemory::default();
        for number in 0..=TLS_ADDRESSES_MAX as u32 {
            memory.broke(Timestamp(NOW.millis() + u64::from(number)), address(number));
        }
        assert_eq!((memory.known.len(), memory.by_age.len()), (TLS_ADDRESSES_MAX, TLS_ADDRESSES_MAX));
        assert!(!memory.is_broken(NOW, address(0)) && memory.is_broken(NOW, address(1)));
    }
}
