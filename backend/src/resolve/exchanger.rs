//! From exchangers' names to addresses that may be connected to.
//!
//! Promises: at most [`LOOKUPS_MAX`] names are looked up and [`ADDRESSES_MAX`] addresses kept of each; the list is cut
//! where it reaches ourselves (RFC 5321 §5.1); if nothing is left the failure says what was there.
//! Never: an address that the guard has not seen. The walk goes back to `resolve`.

use crate::connect::guard::Permit;
use crate::resolve::Asking;
use crate::resolve::dns::{MxRecords, NoAnswer};
use common::vocab::{Domain, TargetRule};
use common::words::Language;
use engine::failure::RouteFailure;
use engine::route::{ExchangerAnswer, NamedBy};
use futures_util::future::join_all;
use std::net::{IpAddr, SocketAddr};
use std::sync::Arc;
use std::time::Duration;

/// Exchangers whose addresses are looked up. An attempt uses five; the rest is for names that do not resolve.
pub const LOOKUPS_MAX: usize = 10;
/// Addresses kept of one exchanger.
pub const ADDRESSES_MAX: usize = 8;
/// Reasons that are spelled out when nothing is usable; a hostile zone may name hundreds of exchangers.
const REASONS_MAX: usize = 5;

/// A name to look up.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Candidate {
    /// Lower is tried first.
    pub preference: u16,
    /// The exchanger.
    pub name: Domain,
    /// The port to use at it.
    pub port: u16,
    /// By whose word.
    pub named_by: NamedBy,
}

/// Usable exchangers.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Found {
    /// In order of preference; at least one of them has an address (or the route discards).
    pub exchangers: Vec<ExchangerAnswer>,
    /// The shortest TTL of what was used, not clamped.
    pub ttl: Duration,
    /// That of the MX records alone; `None` where none named the exchangers.
    pub mx_ttl: Option<Duration>,
}

/// What became of a candidate.
struct Looked {
    preference: u16,
    name: Arc<str>,
    named_by: NamedBy,
    addresses: Vec<SocketAddr>,
    ttl: Duration,
    /// One of its addresses is a listener of ours.
    is_us: bool,
    /// Why it has no address.
    why: Option<Why>,
}

enum Why {
    Nothing(NoAnswer),
    Forbidden(IpAddr, TargetRule),
}

/// The exchangers of a domain's MX records.
pub(super) async fn of_records(room: &Asking, found: MxRecords) -> Result<Found, RouteFailure> {
    let mut candidates: Vec<Candidate> = Vec::new();
    let mut unusable: Vec<String> = Vec::new();
    for record in found.records.iter().filter(|record| record.exchange != ".") {
        match exchange_name(&record.exchange) {
            Ok(name) => {
                let (preference, port) = (record.preference, room.port);
                candidates.push(Candidate { preference, name, port, named_by: NamedBy::Dns });
            }
            Err(why) => unusable.push(why),
        }
    }
    if candidates.is_empty() && unusable.is_empty() {
        return Err(RouteFailure::NullMx);
    }
    let used = of_candidates(room, candidates, unusable, found.ttl).await?;
    Ok(Found { mx_ttl: Some(found.ttl), ..used })
}

/// A host name that may be asked for. Everything else in an MX record is a mistake of the zone.
fn exchange_name(exchange: &str) -> Result<Domain, String> {
    let shown = exchange.strip_suffix('.').unwrap_or(exchange);
    if shown.parse::<IpAddr>().is_ok() {
        return Err(format!("{shown} is an address in place of a name"));
    }
    shown.parse().map_err(|why| format!("{} is no host name ({why})", shown.escape_debug()))
}

/// The implicit exchanger: the domain itself (RFC 5321 §5.1). `none_ttl`: how long "no MX" may be believed.
pub(super) async fn of_own_address(room: &Asking, host: &Domain, none_ttl: Duration) -> Result<Found, RouteFailure> {
    let candidate = Candidate { preference: 0, name: host.clone(), port: room.port, named_by: NamedBy::Dns };
    of_candidates(room, vec![candidate], Vec::new(), none_ttl.min(room.negative_ttl_max)).await
}

/// A literal address of a route.
pub(super) fn of_literal(room: &Asking, address: SocketAddr) -> Result<Found, RouteFailure> {
    match room.guard.permits(address, Permit::of(NamedBy::RouteAddress, address.port())) {
        Ok(()) => {
            let name: Arc<str> = address.ip().to_string().into();
            let named_by = NamedBy::RouteAddress;
            let exchanger = ExchangerAnswer { preference: 0, name, named_by, addresses: vec![address] };
            Ok(Found { exchangers: vec![exchanger], ttl: room.ttl_max, mx_ttl: None })
        }
        Err(forbidden) if forbidden.rule == TargetRule::OurOwn => Err(RouteFailure::Loop),
        Err(forbidden) => Err(RouteFailure::Unusable(format!("{} is {forbidden}", address.ip()).into())),
    }
}

/// Looks candidates up. `unusable` are reasons already known, `ttl` is that of the records that named them.
pub(super) async fn of_candidates(
    room: &Asking,
    mut candidates: Vec<Candidate>,
    unusable: Vec<String>,
    ttl: Duration,
) -> Result<Found, RouteFailure> {
    candidates.sort_by_key(|candidate| candidate.preference);
    let mut seen: Vec<Domain> = Vec::new();
    candidates.retain(|candidate| {
        let is_new = !seen.contains(&candidate.name);
        if is_new && seen.len() <= LOOKUPS_MAX {
            seen.push(candidate.name.clone()); // no need to remember what is cut off below
        }
        is_new
    });
    let us = candidates.iter().find(|candidate| room.own_names.contains(&candidate.name)).map(|us| us.preference);
    let before_us = cut(&mut candidates, us, |candidate| candidate.preference)?;
    candidates.truncate(LOOKUPS_MAX);
    let mut looked = join_all(candidates.iter().map(|candidate| look(room, candidate))).await;
    let us = looked.iter().filter(|one| one.is_us).map(|one| one.preference).min();
    let before_us = cut(&mut looked, us, |one| one.preference)? || before_us;
    if looked.iter().all(|one| one.addresses.is_empty()) {
        return Err(failure(&looked, unusable, before_us));
    }
    let used = looked.iter().filter(|one| !one.addresses.is_empty()).map(|one| one.ttl);
    let ttl = used.fold(ttl, Duration::min);
    let exchangers = looked
        .into_iter()
        .map(|one| ExchangerAnswer {
            preference: one.preference,
            name: one.name,
            named_by: one.named_by,
            addresses: one.addresses,
        })
        .collect();
    Ok(Found { exchangers, ttl, mx_ttl: None })
}

/// Drops everything that is not strictly better than ourselves; if that is everything, mail would loop.
/// Answers whether something was dropped.
fn cut<T>(list: &mut Vec<T>, us: Option<u16>, preference: impl Fn(&T) -> u16) -> Result<bool, RouteFailure> {
    let Some(us) = us else { return Ok(false) };
    list.retain(|one| preference(one) < us);
    if list.is_empty() { Err(RouteFailure::Loop) } else { Ok(true) }
}

async fn look(room: &Asking, candidate: &Candidate) -> Looked {
    let found = room.dns.addresses(&candidate.name).await;
    let mut looked = Looked {
        preference: candidate.preference,
        name: candidate.name.as_str().into(),
        named_by: candidate.named_by,
        addresses: Vec::new(),
        ttl: found.ttl,
        is_us: false,
        why: found.trouble.map(Why::Nothing),
    };
    for ip in found.ips {
        let address = SocketAddr::new(ip, candidate.port);
        match room.guard.permits(address, Permit::of(candidate.named_by, candidate.port)) {
            Ok(()) if looked.addresses.len() < ADDRESSES_MAX && !looked.addresses.contains(&address) => {
                looked.addresses.push(address);
            }
            Ok(()) => {}
            Err(forbidden) => {
                looked.is_us |= forbidden.rule == TargetRule::OurOwn;
                looked.why.get_or_insert(Why::Forbidden(ip, forbidden.rule));
            }
        }
    }
    looked
}

/// Why none of the exchangers is usable. A failure of a look-up outweighs what is merely unusable: it may pass.
fn failure(looked: &[Looked], unusable: Vec<String>, before_us: bool) -> RouteFailure {
    let troubles = || looked.iter().filter_map(|one| one.why.as_ref());
    if troubles().any(|why| matches!(why, Why::Nothing(NoAnswer::Servfail))) {
        return RouteFailure::Servfail;
    }
    if let Some(ours) = troubles().find_map(|why| match why {
        Why::Nothing(NoAnswer::Ours(text)) => Some(text.clone()),
        _ => None,
    }) {
        return RouteFailure::Ours(ours);
    }
    let reasons = looked.iter().map(|one| match &one.why {
        Some(Why::Forbidden(ip, rule)) => format!("{} leads to {ip}, {}", one.name, Language::En.say_rule(*rule)),
        Some(Why::Nothing(NoAnswer::Nxdomain)) => format!("{} does not exist", one.name),
        _ => format!("{} has no address", one.name),
    });
    let reasons: Vec<String> = reasons.chain(unusable).collect();
    let mut text = reasons.iter().take(REASONS_MAX).cloned().collect::<Vec<_>>().join("; ");
    if reasons.len() > REASONS_MAX {
        text.push_str(&format!("; and {} more", reasons.len() - REASONS_MAX));
    }
    if before_us {
        text.push_str("; the next exchanger would be ourselves");
    }
    RouteFailure::Unusable(text.into())
}

/// A failure in words, for a route's list of what its targets lack.
pub fn describe(failure: &RouteFailure) -> String {
    match failure {
        RouteFailure::Nxdomain => "does not exist".into(),
        RouteFailure::NullMx => "takes no mail".into(),
        RouteFailure::Servfail => "its name servers fail".into(),
        RouteFailure::Ours(text) | RouteFailure::Unusable(text) => text.to_string(),
        RouteFailure::Loop => "leads back to this server".into(),
    }
}

/// Gives the exchangers of one target of a route the preferences from `base` to `base + room`, keeping their order.
pub fn rank(mut exchangers: Vec<ExchangerAnswer>, base: u16, room: u16) -> Vec<ExchangerAnswer> {
    exchangers.sort_by_key(|exchanger| exchanger.preference);
    let mut step = 0;
    let mut last = None;
    for exchanger in &mut exchangers {
        if last.is_some_and(|last| last != exchanger.preference) {
            step = (step + 1).min(room);
        }
        last = Some(exchanger.preference);
        exchanger.preference = base.saturating_add(step);
    }
    exchangers
}
