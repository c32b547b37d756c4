//! How a session is protected, as it crosses the wire: in words and as data.
//!
//! Promises: names and issuer go out as the peer has them, hostile. Never: a judgement; the proof is in the facts.
//! The walk comes from `console/view` and from probes.

use common::wire::TlsState;
use common::words::{self, Language, Phrase};
use engine::tls::{ClearBecause, Protection, Unproven};

/// How a session is protected, in words and as data.
pub fn tls_state(how: &Protection, language: Language) -> TlsState {
    let facts = match how {
        Protection::Tls(facts) => Some(facts),
        Protection::Clear(_) => None,
    };
    let version = facts.map(|facts| facts.version.to_string());
    let because = facts.and_then(|facts| facts.proof.err()).map(Unproven::code);
    let shown = version.as_deref().unwrap_or_default();
    let words = match (how, because) {
        (Protection::Tls(_), None) => words::Protection::Verified { version: shown },
        (Protection::Tls(_), Some(because)) => words::Protection::NotVerified { version: shown, because },
        (Protection::Clear(ClearBecause::Rule), _) => words::Protection::ClearByRule,
        (Protection::Clear(ClearBecause::NotOffered), _) => words::Protection::ClearNotOffered,
        (Protection::Clear(ClearBecause::Broken), _) => words::Protection::ClearBroken,
    };
    TlsState {
        sentence: language.say(&Phrase::Protection(words)),
        cipher: facts.map(|facts| facts.cipher.to_string()),
        group: facts.map(|facts| facts.group.to_string()),
        verified: facts.is_some() && because.is_none(),
        because,
        names: facts.map(|facts| facts.names.iter().map(|name| name.to_string()).collect()).unwrap_or_default(),
        issuer: facts.and_then(|facts| facts.issuer.as_deref()).map(str::to_owned),
        not_after: facts.and_then(|facts| facts.not_after),
        version,
    }
}
