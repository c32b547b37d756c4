//! What an exchanger of a destination must prove: the rule, and which destination has which.

use crate::pattern::ByDestination;
use common::vocab::{Domain, DomainError};

/// What a connection must give. Each demands more than the one before it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub enum TlsRule {
    /// Clear text, always.
    None,
    /// TLS where it is offered, whoever the peer is (RFC 7435).
    #[default]
    Opportunistic,
    /// TLS or no delivery.
    Require,
    /// TLS with a certificate that proves the exchanger's name, or no delivery.
    Verify,
}

impl TlsRule {
    /// As the configuration writes it.
    pub fn as_str(self) -> &'static str {
        match self {
            TlsRule::None => "none",
            TlsRule::Opportunistic => "opportunistic",
            TlsRule::Require => "require",
            TlsRule::Verify => "verify",
        }
    }

    /// STARTTLS is said where it is offered.
    pub fn wants(self) -> bool {
        self > TlsRule::None
    }

    /// Without TLS nothing is delivered.
    pub fn demands(self) -> bool {
        self >= TlsRule::Require
    }
}

/// The rules of the configuration. Where none is for a host, [`TlsRule::Opportunistic`] holds.
#[derive(Clone, Debug, Default)]
pub struct TlsRules(ByDestination<TlsRule>);

impl TlsRules {
    /// From patterns as the configuration writes them: `example.com`, `.example.com`, `*`.
    ///
    /// # Errors
    /// What is no domain in a pattern.
    pub fn new<'a>(rules: impl IntoIterator<Item = (&'a str, TlsRule)>) -> Result<TlsRules, DomainError> {
        ByDestination::new(rules).map(TlsRules)
    }

    /// The rule for a host.
    pub fn of(&self, host: &Domain) -> TlsRule {
        self.0.of(host).map(|(_, rule)| *rule).unwrap_or_default()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_nearest_rule_holds_and_tls_is_opportunistic_where_none_does() {
        let of = |rules: &TlsRules, host: &str| rules.of(&host.parse().unwrap());
        let rules = TlsRules::new([
            (".bank.test", TlsRule::Require),
            ("deep.sub.bank.test", TlsRule::Verify),
            (".old.bank.test", TlsRule::None),
        ])
        .unwrap();
        for (host, rule) in [
            ("bank.test", TlsRule::Opportunistic),
            ("a.bank.test", TlsRule::Require),
            ("deep.sub.bank.test", TlsRule::Verify),
            ("x.deep.sub.bank.test", TlsRule::Require),
            ("a.old.bank.test", TlsRule::None),
            ("notbank.test", TlsRule::Opportunistic),
        ] {
            assert_eq!(of(&rules, host), rule, "{host}");
        }
        let all = TlsRules::new([("*", TlsRule::Require), ("a.test", TlsRule::None)]).unwrap();
        assert_eq!((of(&all, "b.test"), of(&all, "a.test")), (TlsRule::Require, TlsRule::None));
    }
}
