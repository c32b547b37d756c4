//! What was last heard of a host: its status, the latest word of each of its addresses, and of a leg.

use super::{Host, Routing};
use crate::queue::{Leg, Word};
use crate::view::Evidence;
use common::vocab::{HostStatus, Owner, Timestamp, VerdictCode};
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

/// Addresses whose latest evidence is kept per host.
const ADDRESS_EVIDENCE_MAX: usize = 16;

impl Host {
    /// An attempt has ended.
    pub fn hear(&mut self, now: Timestamp) {
        self.last_activity_at = Some(now);
        self.heard = true;
    }

    /// Whether an attempt has ended since then, our start and the last jump of the clock.
    pub fn heard_since(&self, at: Timestamp) -> bool {
        self.heard && self.last_activity_at.is_some_and(|latest| latest >= at)
    }

    /// Remembers how the latest connection to an address ended.
    pub fn note_address(&mut self, address: SocketAddr, evidence: Evidence) {
        if self.addresses.len() >= ADDRESS_EVIDENCE_MAX && !self.addresses.contains_key(&address) {
            let oldest = self.addresses.iter().min_by_key(|(_, evidence)| evidence.at).map(|(address, _)| *address);
            oldest.map(|oldest| self.addresses.remove(&oldest));
        }
        self.addresses.insert(address, evidence);
    }

    /// What works of it at this moment, as of `at`: all, or some of its servers only. Then the one that does not is
    /// named, if that was seen within `memory`.
    pub fn well(&self, at: Timestamp, memory: Duration, seen_at: Option<(Arc<str>, SocketAddr)>) -> Evidence {
        let Routing::Known(route) = &self.routing else { return well_at(at, seen_at) };
        let lame = route.hops.iter().filter_map(|hop| self.addresses.get(&hop.address));
        let lame = lame.filter(|evidence| {
            // What only we cannot reach, say for want of IPv6, is no fault of theirs.
            let theirs = matches!(evidence.code.owner(), Owner::Theirs | Owner::Network);
            theirs && at.since(evidence.at) < memory
        });
        match lame.max_by_key(|evidence| evidence.at) {
            Some(lame) => Evidence { code: VerdictCode::OkPartial, ..lame.clone() },
            None => well_at(at, seen_at),
        }
    }

    /// Moves the status; says from where if it moved.
    pub fn move_status(&mut self, now: Timestamp, to: HostStatus) -> Option<HostStatus> {
        let from = self.status;
        if from == to {
            return None;
        }
        self.status = to;
        self.status_since = Some(now);
        Some(from)
    }

    /// Evidence without an address.
    pub fn evidence_of(code: VerdictCode, at: Timestamp) -> Evidence {
        Evidence { code, reply: None, exchanger: None, address: None, at, addresses_tried: 0 }
    }

    /// The last word on a leg of a message that was accepted then: its own, else the host's.
    pub fn last_word(&self, leg: &Leg, received_at: Timestamp) -> Word {
        if let Some(word) = leg.latest() {
            return word.clone();
        }
        let at = self.last_activity_at.filter(|at| *at >= received_at);
        match &self.evidence {
            Some(Evidence { code, reply, exchanger, .. }) if !code.is_well() => {
                Word { code: *code, reply: reply.clone(), exchanger: exchanger.clone(), at }
            }
            _ => Word { code: VerdictCode::SmtpDeferred, reply: None, exchanger: None, at },
        }
    }
}

fn well_at(at: Timestamp, seen_at: Option<(Arc<str>, SocketAddr)>) -> Evidence {
    let (exchanger, address) = seen_at.unzip();
    Evidence { exchanger, address, ..Host::evidence_of(VerdictCode::Ok, at) }
}
