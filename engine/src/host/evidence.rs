//! What was last heard of a host: its status, the latest word of each of its addresses, and of a leg.

use super::Host;
use crate::queue::{Leg, Word};
use crate::view::Evidence;
use common::vocab::{HostStatus, Timestamp, VerdictCode};
use std::net::SocketAddr;

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
            Some(Evidence { code, reply, exchanger, .. }) if *code != VerdictCode::Ok => {
                Word { code: *code, reply: reply.clone(), exchanger: exchanger.clone(), at }
            }
            _ => Word { code: VerdictCode::SmtpDeferred, reply: None, exchanger: None, at },
        }
    }
}
