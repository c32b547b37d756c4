//! Which connection asks for TLS, and what follows when it fails: the next address, then once in clear (RFC 7435),
//! never where a rule demands TLS or the address has shown lately that it can do it.

use super::Engine;
use crate::host::Routing;
use crate::host_id::HostId;
use crate::tls::TlsRule;
use common::vocab::{Timestamp, VerdictCode, WaitCause};
use std::net::SocketAddr;

impl Engine {
    /// What a connection of this host to this address is told to give.
    pub(super) fn tls_asked(&self, now: Timestamp, id: HostId, address: SocketAddr) -> TlsRule {
        match self.host(id).tls_rule {
            TlsRule::Opportunistic if self.tls_memory.is_broken(now, address) => TlsRule::None,
            rule => rule,
        }
    }

    /// Every address of the attempt has failed: those that failed at their handshake get the one try in clear that the
    /// rule allows. Says whether there is one.
    pub(super) fn falls_back_to_clear(&mut self, now: Timestamp, id: HostId) -> bool {
        let host = self.host(id);
        let Routing::Known(route) = &host.routing else { return false };
        // Latest evidence of another kind: the try in clear was made already, or TLS never came into it.
        let failed_at_tls = |address: &SocketAddr| {
            host.addresses.get(address).is_some_and(|evidence| evidence.code == VerdictCode::TlsHandshake)
        };
        let again: Vec<SocketAddr> = route
            .hops
            .iter()
            .map(|hop| hop.address)
            .filter(|address| failed_at_tls(address) && !self.tls_asked(now, id, *address).wants())
            .collect();
        self.host_mut(id).tried.retain(|address| !again.contains(address));
        !again.is_empty()
    }
}

/// What a host waits for that was not reached, by the verdict on its last address.
pub(super) fn rest_cause(code: VerdictCode) -> WaitCause {
    match code {
        VerdictCode::TlsNoneRequired
        | VerdictCode::TlsHandshake
        | VerdictCode::TlsCertExpired
        | VerdictCode::TlsCertName
        | VerdictCode::TlsCertChain => WaitCause::TlsPolicy,
        VerdictCode::DnsServfail => WaitCause::Dns,
        _ => WaitCause::HostDown,
    }
}

#[cfg(test)]
mod tests;
