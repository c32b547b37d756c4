//! `[[route]]` and `[[destination]]`: what holds for some destinations only.
//!
//! Routes stay text: the resolving room has the types and reads the same text; here it is only made sure that it will.

use crate::config::section::{connections, span, word};
use crate::config::sheet::Section;
use common::vocab::{Domain, DomainError};
use common::words::SettingPhrase;
use engine::limit::Rate;
use engine::tls::TlsRule;
use std::net::{IpAddr, SocketAddr};
use std::time::Duration;

/// Entries of one kind in a file.
pub(super) const ENTRIES_MAX: usize = 10_000;
/// Targets of one route: an attempt tries no more.
const TARGETS_MAX: usize = 5;

/// Messages of one connection: far above what any receiver takes.
const MESSAGES_MAX: u64 = 100_000;
/// Recipients of one message in one go: receivers must take 100 (RFC 5321 §4.5.3.1.8), few take 1,000.
const RECIPIENTS_MAX: u64 = 1_000;
/// A rate that counts longer than a day would forget at every start what it has used.
const RATE_PERIOD_MAX: Duration = Duration::from_secs(86_400);

/// One `[[route]]`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Route {
    /// `example.com`, `.example.com` (everything below it) or `*`; folded to lower case.
    pub pattern: String,
    /// `192.0.2.1:25`, `relay.example.com[:25]`, `mx:example.com` or `discard`, in order of priority.
    pub to: Vec<String>,
}

/// One `[[destination]]`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Destination {
    /// As a route's.
    pub pattern: String,
    /// Connections at most, of each host that it matches.
    pub max_connections: Option<u32>,
    /// Recipients per period, of each host that it matches.
    pub rate: Option<Rate>,
    /// Messages carried by one connection.
    pub messages_per_connection: Option<u32>,
    /// Recipients of one message in one go.
    pub recipients_per_message: Option<u32>,
    /// What its exchangers must prove.
    pub tls: Option<TlsRule>,
}

pub(super) fn routes(top: &Section<'_, '_>) -> Vec<Route> {
    let mut routes: Vec<Route> = Vec::new();
    for table in top.sections("route", ENTRIES_MAX) {
        let pattern = pattern_of(&table, routes.iter().map(|route| &route.pattern));
        let example = "[\"192.0.2.1:25\"]";
        let to = table.texts("to", 1..=TARGETS_MAX, example, target);
        if !table.has("to") {
            let key = table.name("to").into();
            table.complain("to", SettingPhrase::Missing { key, example: format!("to = {example}").into() });
        }
        let (Some(pattern), Some(to)) = (pattern, to) else { continue };
        if to.len() > 1 && to.iter().any(|target| target == "discard") {
            table.complain("to", SettingPhrase::DiscardBesideOthers(table.name("to").into()));
        }
        routes.push(Route { pattern, to });
    }
    routes
}

pub(super) fn destinations(top: &Section<'_, '_>) -> Vec<Destination> {
    let mut destinations: Vec<Destination> = Vec::new();
    let rules = [
        ("none", TlsRule::None),
        ("opportunistic", TlsRule::Opportunistic),
        ("require", TlsRule::Require),
        ("verify", TlsRule::Verify),
    ];
    for table in top.sections("destination", ENTRIES_MAX) {
        let pattern = pattern_of(&table, destinations.iter().map(|destination| &destination.pattern));
        let max_connections = connections(&table);
        let tls = word(&table, "tls", &rules);
        let number = |key, most, example| {
            let written: Option<u64> = table.number(key, 1..=most, example);
            written.and_then(|count| u32::try_from(count).ok())
        };
        let rate = table.text("rate", "\"100/m\"", rate);
        let messages_per_connection = number("messages_per_connection", MESSAGES_MAX, "50");
        let recipients_per_message = number("recipients_per_message", RECIPIENTS_MAX, "50");
        destinations.extend(pattern.map(|pattern| Destination {
            pattern,
            max_connections,
            rate,
            messages_per_connection,
            recipients_per_message,
            tls,
        }));
    }
    destinations
}

/// Recipients per period: `100/m`, `100/10m`, `5000/1h30m`. A unit alone is one of it.
fn rate(key: &str, text: &str) -> Result<Rate, SettingPhrase<'static>> {
    let wrong = || super::network::bad(key, text, "100/m");
    let (count, period) = text.split_once('/').ok_or_else(wrong)?;
    let digits = !count.is_empty() && count.bytes().all(|byte| byte.is_ascii_digit());
    let recipients =
        digits.then(|| count.parse::<u32>().ok()).flatten().filter(|count| *count > 0).ok_or_else(wrong)?;
    let unit_alone = period.chars().next().is_some_and(|first| first.is_ascii_alphabetic());
    let written = if unit_alone { format!("1{period}") } else { period.to_owned() };
    let period = span(key, &written).map_err(|_| wrong())?;
    if period > RATE_PERIOD_MAX {
        return Err(wrong());
    }
    Ok(Rate { recipients, period })
}

/// `match`: must be there, must mean something, and must not be there twice.
fn pattern_of<'p>(table: &Section<'_, '_>, mut before: impl Iterator<Item = &'p String>) -> Option<String> {
    let found = table.text("match", "\"example.com\"", pattern);
    let key = table.name("match");
    if !table.has("match") {
        let example = "match = \"example.com\"".into();
        table.complain("match", SettingPhrase::Missing { key: key.into(), example });
        return None;
    }
    let found = found?;
    if before.any(|other| *other == found) {
        table.complain("match", SettingPhrase::Twice { key: key.into(), value: found.clone().into() });
    }
    Some(found)
}

fn pattern(key: &str, text: &str) -> Result<String, SettingPhrase<'static>> {
    if text == "*" {
        return Ok(text.into());
    }
    match text.strip_prefix('.') {
        Some(parent) => domain(key, text, parent).map(|parent| format!(".{parent}")),
        None => domain(key, text, text).map(|domain| domain.to_string()),
    }
}

fn target(key: &str, text: &str) -> Result<String, SettingPhrase<'static>> {
    if text.eq_ignore_ascii_case("discard") {
        return Ok("discard".into());
    }
    if let Some(name) = text.strip_prefix("mx:") {
        return domain(key, text, name).map(|name| format!("mx:{name}"));
    }
    let no_port = || super::network::bad(key, text, "192.0.2.1:25");
    if let Ok(address) = text.parse::<SocketAddr>() {
        return if address.port() == 0 { Err(no_port()) } else { Ok(text.into()) };
    }
    if text.parse::<IpAddr>().is_ok() || text.starts_with('[') {
        return Err(no_port());
    }
    let Some((name, port)) = text.split_once(':') else { return domain(key, text, text).map(|name| name.to_string()) };
    let digits = !port.is_empty() && port.bytes().all(|byte| byte.is_ascii_digit());
    let port = digits.then(|| port.parse::<u16>().ok()).flatten().filter(|port| *port != 0).ok_or_else(no_port)?;
    domain(key, text, name).map(|name| format!("{name}:{port}"))
}

fn domain(key: &str, text: &str, part: &str) -> Result<Domain, SettingPhrase<'static>> {
    part.parse().map_err(|why: DomainError| SettingPhrase::BadBecause {
        key: key.to_owned().into(),
        value: text.to_owned().into(),
        why: why.to_string().into(),
    })
}
