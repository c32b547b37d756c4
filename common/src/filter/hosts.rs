//! The same grammar over lists of hosts: its fields `host domain status active cause`, and a bare word is part of a name.
//!
//! Promises: a [`HostFilter`] holds terms that can be said of a host and no others; [`of_recipients`] gives the filter over
//! recipients that means what waits for the hosts of a list.

use super::parse::{Reader, read};
use super::{Filter, FilterError, HostPattern, Standing, Term, Test};
use crate::vocab::Badge;

/// A filter over hosts. The default lets everything pass.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
pub struct HostFilter(Filter);

/// What a filter over hosts is held against.
#[derive(Clone, Copy, Debug)]
pub struct HostCandidate<'a> {
    /// Its name, lower-case A-labels.
    pub host: &'a str,
    /// What people see beside it.
    pub badge: Badge,
    /// Recipients in its queue.
    pub active: u64,
    /// The causes under which they wait: bit `n` for the `n`-th of `WaitCause::ALL`.
    pub causes: u16,
}

impl HostFilter {
    /// Reads a whole filter. Errors name the place at fault.
    pub fn read(text: &str) -> Result<HostFilter, FilterError> {
        read(text, Reader { hosts: true, ..Reader::default() }).map(HostFilter)
    }

    /// Reads a filter while it is typed: `status:do` is Down already, and `status:` is not yet a term.
    pub fn typed(text: &str) -> Result<HostFilter, FilterError> {
        read(text, Reader { hosts: true, typing: true, ..Reader::default() }).map(HostFilter)
    }

    /// A filter that no host passes.
    pub fn nothing() -> HostFilter {
        HostFilter::of(Test::Status(0))
    }

    /// Hosts that are in trouble while mail waits for them: `status:attention`.
    pub fn attention() -> HostFilter {
        let bits = Standing::ALL.iter().position(|standing| *standing == Standing::Attention).map_or(0, |at| 1 << at);
        HostFilter::of(Test::Status(bits))
    }

    fn of(test: Test) -> HostFilter {
        HostFilter(Filter { terms: vec![Term { turned: false, test }] })
    }

    /// Whether every host passes.
    pub fn is_everything(&self) -> bool {
        self.0.is_everything()
    }

    /// Whether a host passes.
    pub fn passes(&self, host: &HostCandidate<'_>) -> bool {
        self.0.terms.iter().all(|term| term.test.holds_host(host) != term.turned)
    }
}

impl Test {
    /// Whether it holds for a host. What is said of a recipient alone never does; no [`HostFilter`] has such a term.
    pub(super) fn holds_host(&self, it: &HostCandidate<'_>) -> bool {
        match self {
            Test::Host(HostPattern::Is(name)) => it.host == name,
            Test::Host(HostPattern::EndsWith(end)) => it.host.ends_with(end.as_str()),
            Test::Domain(part) => it.host.contains(part.as_str()),
            Test::Status(bits) => {
                let meant = Standing::ALL.iter().enumerate().filter(|(at, _)| bits & 1 << at != 0);
                meant.into_iter().any(|(_, standing)| standing.holds(it.badge, it.active))
            }
            Test::Active(comparison, count) => comparison.holds(it.active, *count),
            Test::Cause(bits) => it.causes & bits != 0,
            _ => false,
        }
    }
}

/// A list's filter as one over recipients: its bare words become `domain:`, all else stays as it was typed.
pub fn of_recipients(text: &str) -> String {
    let (mut out, mut quoted, mut start) = (String::new(), false, 0);
    let mut finish = |term: &str| {
        let (sign, body) = term.strip_prefix('-').map_or(("", term), |body| ("-", body));
        let named = body.split('"').next().is_some_and(|open| open.contains([':', '<', '>', '=']));
        let space = if out.is_empty() { "" } else { " " };
        match (body.is_empty(), named) {
            (true, _) => {}
            (false, true) => out.push_str(&format!("{space}{term}")),
            (false, false) => out.push_str(&format!("{space}{sign}domain:{body}")),
        }
    };
    for (at, character) in text.char_indices() {
        quoted ^= character == '"';
        if character.is_whitespace() && !quoted {
            finish(&text[start..at]);
            start = at + character.len_utf8();
        }
    }
    finish(&text[start..]);
    out
}

#[cfg(test)]
mod tests {
    use super::super::FilterProblem;
    use super::*;
    use crate::vocab::WaitCause;

    const IDLE: HostCandidate<'static> = HostCandidate { host: "a.test", badge: Badge::Up, active: 0, causes: 0 };

    fn typed(filter: &str, host: &str, badge: Badge, active: u64) -> bool {
        let read = HostFilter::typed(filter).unwrap_or_else(|error| panic!("{filter}: {error:?}"));
        read.passes(&HostCandidate { host, badge, active, ..IDLE })
    }

    #[test]
    fn every_term_must_hold_and_may_be_turned_round() {
        assert!(typed("", "a.test", Badge::Up, 0));
        assert!(typed("EXAMPLE status:down", "mail.example.com", Badge::Down, 0));
        assert!(!typed("example status:down", "mail.example.com", Badge::Up, 0));
        assert!(!typed("example jp", "mail.example.com", Badge::Up, 0));
        assert!(typed("domain:example -jp", "mail.example.com", Badge::Up, 0));
        assert!(!typed("-example", "mail.example.com", Badge::Up, 0));
        assert!(typed("host:*.example.com active>=7", "mail.example.com", Badge::Up, 7));
        assert!(!typed("host:example.com", "mail.example.com", Badge::Up, 7));
    }

    #[test]
    fn a_status_may_be_half_typed_but_not_invented() {
        assert!(typed("status:", "a.test", Badge::Up, 0), "not yet a term");
        assert!(typed("status:do", "a.test", Badge::Down, 0));
        assert!(!typed("status:u", "a.test", Badge::Down, 0));
        assert!(typed("\"a.te", "a.test", Badge::Down, 0), "a quotation mark that will be closed");
        let problem = |filter: &str| HostFilter::typed(filter).unwrap_err().problem;
        assert_eq!(problem("status:asleep"), FilterProblem::UnknownStatus("asleep".into()));
        assert_eq!(HostFilter::read("status:do").unwrap_err().problem, FilterProblem::UnknownStatus("do".into()));
        assert_eq!(problem("from:ann"), FilterProblem::NotOfHosts("from"));
        assert!(!HostFilter::nothing().passes(&IDLE));
    }

    #[test]
    fn waiting_is_any_badge_with_mail_and_attention_one_of_trouble() {
        assert!(typed("status:waiting", "a.test", Badge::Up, 1));
        assert!(!typed("status:waiting", "a.test", Badge::Up, 0));
        for (badge, active, shown) in [
            (Badge::Down, 1, true),
            (Badge::Limited, 1, true),
            (Badge::Held, 1, true),
            (Badge::Down, 0, false),
            (Badge::Up, 9, false),
        ] {
            assert_eq!(typed("status:attention", "a.test", badge, active), shown, "{badge:?} {active}");
        }
        assert_eq!(HostFilter::read("status:attention").unwrap(), HostFilter::attention());
    }

    #[test]
    fn a_cause_shows_hosts_with_mail_that_waits_for_it() {
        let host = HostCandidate { causes: WaitCause::HostDown.bit() | WaitCause::Slot.bit(), ..IDLE };
        for (filter, shown) in
            [("cause:host_down", true), ("cause:h", true), ("cause:held", false), ("cause:slot", true)]
        {
            assert_eq!(HostFilter::typed(filter).unwrap().passes(&host), shown, "{filter}");
        }
    }

    #[test]
    fn a_lists_filter_means_what_waits_for_its_hosts() {
        for (hosts, recipients) in [
            ("", ""),
            ("  jp   status:down ", "domain:jp status:down"),
            ("-jp active>3", "-domain:jp active>3"),
            ("\"a b\" host:x.test", "domain:\"a b\" host:x.test"),
            ("-", ""),
        ] {
            assert_eq!(of_recipients(hosts), recipients, "{hosts:?}");
            assert!(recipients.parse::<Filter>().is_ok(), "{recipients:?}");
        }
    }
}
