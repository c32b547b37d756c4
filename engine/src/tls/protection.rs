//! How a session that carries mail is protected, and if it is not, why.

use crate::peer::Peer;
use crate::tls::{TlsFacts, TlsRule};
use std::fmt;
use std::sync::Arc;

/// How a session is protected.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Protection {
    /// By TLS, proven or not.
    Tls(Arc<TlsFacts>),
    /// Not at all.
    Clear(ClearBecause),
}

/// Why a session is in clear.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ClearBecause {
    /// The rule says so.
    Rule,
    /// They do not offer TLS.
    NotOffered,
    /// Their handshake failed within the last day, and a failed handshake does not hold mail back here.
    Broken,
}

impl Protection {
    /// Of a session that is ready. `rule` is that of the host it was dialled for, `asked` what the connection was told.
    pub(crate) fn of(peer: &Peer, rule: TlsRule, asked: TlsRule) -> Protection {
        match &peer.tls {
            Some(facts) => Protection::Tls(facts.clone()),
            None if asked.wants() => Protection::Clear(ClearBecause::NotOffered),
            None if rule.wants() => Protection::Clear(ClearBecause::Broken),
            None => Protection::Clear(ClearBecause::Rule),
        }
    }

    /// Whether a session so protected may carry mail under a rule. `same_name`: the certificate was judged by the name
    /// of the exchanger that the mail is for.
    ///
    /// Mail that asks for TLS where it is offered rides in clear only where TLS was not to be had, never because
    /// somebody else's rule forwent it.
    pub(crate) fn serves(&self, rule: TlsRule, same_name: bool) -> bool {
        match (rule, self) {
            (TlsRule::None, Protection::Clear(_)) => true,
            (TlsRule::None, Protection::Tls(_)) => false,
            (TlsRule::Opportunistic, Protection::Clear(because)) => *because != ClearBecause::Rule,
            (TlsRule::Opportunistic | TlsRule::Require, Protection::Tls(_)) => true,
            (TlsRule::Require | TlsRule::Verify, Protection::Clear(_)) => false,
            (TlsRule::Verify, Protection::Tls(facts)) => same_name && facts.proof.is_ok(),
        }
    }
}

impl fmt::Display for Protection {
    /// As the log says it.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Protection::Tls(facts) => facts.fmt(f),
            Protection::Clear(ClearBecause::Rule) => f.write_str("clear: by rule"),
            Protection::Clear(ClearBecause::NotOffered) => f.write_str("clear: not offered"),
            Protection::Clear(ClearBecause::Broken) => f.write_str("clear: handshake failed before"),
        }
    }
}
