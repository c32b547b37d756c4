//! Configured routes: which rule is for a domain, and where it leads.
//!
//! Promises: exact domain before `.sub.domain` (the longest first) before `*`; a text that is no rule is refused with
//! the sentence that mends it. Never: DNS. The walk goes on to `exchanger`.

use crate::resolve::ResolveError;
use common::vocab::{Domain, DomainError};
use std::collections::HashMap;
use std::fmt;
use std::net::{IpAddr, SocketAddr};
use std::str::FromStr;

/// Targets of one route. Like exchangers, more would only prolong a dead relay's probe.
pub const TARGETS_MAX: usize = 5;

/// One `[[route]]`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RouteRule {
    /// For which domains.
    pub pattern: Pattern,
    /// Where to, in order of priority.
    pub to: Vec<Target>,
}

impl RouteRule {
    /// From the texts of the configuration: `match` and `to`.
    pub fn new(pattern: &str, to: &[&str]) -> Result<RouteRule, RuleError> {
        let pattern = pattern.parse()?;
        let to = to.iter().map(|target| target.parse()).collect::<Result<Vec<Target>, _>>()?;
        match to.len() {
            0 => Err(RuleError::NoTarget),
            1 => Ok(RouteRule { pattern, to }),
            count if count > TARGETS_MAX => Err(RuleError::TooManyTargets),
            _ if to.contains(&Target::Discard) => Err(RuleError::DiscardBesideOthers),
            _ => Ok(RouteRule { pattern, to }),
        }
    }
}

/// Which domains a rule is for.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum Pattern {
    /// This domain alone.
    Exact(Domain),
    /// Everything below this domain, not itself: `.example.com`.
    Below(Domain),
    /// Every domain: `*`.
    Any,
}

impl FromStr for Pattern {
    type Err = RuleError;

    fn from_str(text: &str) -> Result<Pattern, RuleError> {
        let domain = |name: &str| name.parse().map_err(|why| RuleError::Pattern(text.into(), why));
        match text {
            "*" => Ok(Pattern::Any),
            _ => match text.strip_prefix('.') {
                Some(parent) => Ok(Pattern::Below(domain(parent)?)),
                None => Ok(Pattern::Exact(domain(text)?)),
            },
        }
    }
}

impl fmt::Display for Pattern {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Pattern::Exact(domain) => domain.fmt(f),
            Pattern::Below(domain) => write!(f, ".{domain}"),
            Pattern::Any => f.write_str("*"),
        }
    }
}

/// Where a route leads.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Target {
    /// `192.0.2.1:25`, `[2001:db8::1]:25`.
    Address(SocketAddr),
    /// `relay.example.com:25`; without a port the delivery port.
    Name {
        /// The relay; its addresses are asked for, not its MX.
        name: Domain,
        /// As written.
        port: Option<u16>,
    },
    /// `mx:example.com`: to that domain's exchangers.
    Mx(Domain),
    /// `discard`: taken and thrown away.
    Discard,
}

impl Target {
    /// The port that is written in it.
    pub fn port(&self) -> Option<u16> {
        match self {
            Target::Address(address) => Some(address.port()),
            Target::Name { port, .. } => *port,
            Target::Mx(_) | Target::Discard => None,
        }
    }
}

impl FromStr for Target {
    type Err = RuleError;

    fn from_str(text: &str) -> Result<Target, RuleError> {
        let name = |part: &str| part.parse::<Domain>().map_err(|why| RuleError::Target(text.into(), why));
        if text.eq_ignore_ascii_case("discard") {
            return Ok(Target::Discard);
        }
        if let Some(domain) = text.strip_prefix("mx:") {
            return Ok(Target::Mx(name(domain)?));
        }
        if let Ok(address) = text.parse::<SocketAddr>() {
            return if address.port() == 0 { Err(RuleError::Port(text.into())) } else { Ok(Target::Address(address)) };
        }
        if text.parse::<IpAddr>().is_ok() || (text.starts_with('[') && text.ends_with(']')) {
            return Err(RuleError::Port(text.into()));
        }
        match text.split_once(':') {
            None => Ok(Target::Name { name: name(text)?, port: None }),
            Some((host, port)) => {
                let digits = !port.is_empty() && port.bytes().all(|byte| byte.is_ascii_digit());
                let port = digits.then(|| port.parse().ok()).flatten().filter(|port: &u16| *port != 0);
                let port = port.ok_or_else(|| RuleError::Port(text.into()))?;
                Ok(Target::Name { name: name(host)?, port: Some(port) })
            }
        }
    }
}

impl fmt::Display for Target {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Target::Address(address) => address.fmt(f),
            Target::Name { name, port: Some(port) } => write!(f, "{name}:{port}"),
            Target::Name { name, port: None } => name.fmt(f),
            Target::Mx(name) => write!(f, "mx:{name}"),
            Target::Discard => f.write_str("discard"),
        }
    }
}

/// Why a text is no route.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum RuleError {
    /// `match` holds no domain.
    Pattern(String, DomainError),
    /// A target holds no domain.
    Target(String, DomainError),
    /// A target without a usable port.
    Port(String),
    /// `to` is empty.
    NoTarget,
    /// More than [`TARGETS_MAX`].
    TooManyTargets,
    /// `discard` and something else.
    DiscardBesideOthers,
}

impl fmt::Display for RuleError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            RuleError::Pattern(text, why) => {
                write!(f, "{text:?} matches no domain ({why}); write example.com, .example.com or *")
            }
            RuleError::Target(text, why) => {
                write!(
                    f,
                    "{text:?} is no target ({why}); write 192.0.2.1:25, relay.example.com:25, mx:example.com or discard"
                )
            }
            RuleError::Port(text) => {
                write!(f, "{text:?} has no port from 1 to 65535; write 192.0.2.1:25 or [2001:db8::1]:25")
            }
            RuleError::NoTarget => f.write_str("a route needs a target; write at least one in `to`"),
            RuleError::TooManyTargets => write!(f, "a route has at most {TARGETS_MAX} targets"),
            RuleError::DiscardBesideOthers => f.write_str("`discard` stands alone; remove the other targets"),
        }
    }
}
impl std::error::Error for RuleError {}

/// All rules, ready to be asked for each domain.
#[derive(Debug, Default)]
pub struct RouteTable {
    exact: HashMap<Domain, Vec<Target>>,
    below: HashMap<Domain, Vec<Target>>,
    any: Option<Vec<Target>>,
}

impl RouteTable {
    /// Sorts the rules. Two rules that match the same are an error: which one is meant?
    pub fn new(rules: Vec<RouteRule>) -> Result<RouteTable, ResolveError> {
        let mut table = RouteTable::default();
        for RouteRule { pattern, to } in rules {
            let text = pattern.to_string();
            let replaced = match pattern {
                Pattern::Exact(domain) => table.exact.insert(domain, to),
                Pattern::Below(domain) => table.below.insert(domain, to),
                Pattern::Any => table.any.replace(to),
            };
            if replaced.is_some() {
                return Err(ResolveError::DuplicateRoute(text));
            }
        }
        Ok(table)
    }

    /// The targets for a domain, if a rule is for it.
    pub fn find(&self, host: &Domain) -> Option<&[Target]> {
        if let Some(targets) = self.exact.get(host) {
            return Some(targets);
        }
        let mut rest = host.as_str();
        while let Some((_, parent)) = rest.split_once('.') {
            if let Some(targets) = self.below.get(parent) {
                return Some(targets);
            }
            rest = parent;
        }
        self.any.as_deref()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_most_specific_rule_wins() {
        let rules =
            [("*", "any"), (".example.com", "below"), (".deep.example.com", "deeper"), ("a.example.com", "exact")];
        let rules = rules.map(|(pattern, to)| RouteRule::new(pattern, &[&format!("{to}:25")]).unwrap());
        let table = RouteTable::new(rules.into()).unwrap();
        for (host, expected) in [
            ("a.example.com", "exact:25"),
            ("b.example.com", "below:25"),
            ("x.a.example.com", "below:25"),
            ("x.deep.example.com", "deeper:25"),
            ("deep.example.com", "below:25"),
            ("example.com", "any:25"),
            ("badexample.com", "any:25"),
        ] {
            let found = table.find(&host.parse().unwrap()).unwrap();
            assert_eq!(found[0].to_string(), expected, "{host}");
        }
    }

    #[test]
    fn without_a_rule_there_is_no_route() {
        let table = RouteTable::new(vec![RouteRule::new("a.test", &["discard"]).unwrap()]).unwrap();
        assert_eq!(table.find(&"b.test".parse().unwrap()), None);
    }

    #[test]
    fn two_rules_for_the_same_are_refused() {
        let rule = || RouteRule::new(".a.test", &["discard"]).unwrap();
        let error = RouteTable::new(vec![rule(), rule()]).unwrap_err();
        assert_eq!(error, ResolveError::DuplicateRoute(".a.test".into()));
    }

    #[test]
    fn targets_are_printed_as_they_are_read() {
        for text in ["192.0.2.1:25", "[2001:db8::1]:2525", "relay.test:26", "relay.test", "mx:other.test", "discard"] {
            assert_eq!(text.parse::<Target>().unwrap().to_string(), text);
        }
    }

    #[test]
    fn what_is_no_route_is_refused_with_what_to_write() {
        let error = |pattern: &str, to: &[&str]| RouteRule::new(pattern, to).unwrap_err();
        assert_eq!(error("a..test", &["discard"]), RuleError::Pattern("a..test".into(), DomainError::EmptyLabel));
        assert_eq!(error("*.test", &["discard"]), RuleError::Pattern("*.test".into(), DomainError::BadCharacter));
        assert_eq!(error("*", &[]), RuleError::NoTarget);
        assert_eq!(error("*", &["a:1", "b:1", "c:1", "d:1", "e:1", "f:1"]), RuleError::TooManyTargets);
        assert_eq!(error("*", &["discard", "a:25"]), RuleError::DiscardBesideOthers);
        for bad in ["192.0.2.1", "192.0.2.1:0", "[2001:db8::1]", "2001:db8::1", "a:", "a:0", "a:65536", "a:+1"] {
            assert_eq!(error("*", &[bad]), RuleError::Port(bad.into()), "{bad}");
        }
        for bad in ["", "a b:25", "mx:", "-a:25"] {
            assert!(matches!(error("*", &[bad]), RuleError::Target(..)), "{bad}");
        }
    }
}
