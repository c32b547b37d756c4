//! The room `resolve`: from a destination domain to its next hops.
//!
//! Promises: the most specific `[[route]]` wins, else MX, else the domain's own address (RFC 5321 §5.1); a null MX is
//! heard (RFC 7505); a list that leads back to us is cut there; every address was permitted by the guard; every
//! question is bounded in time and number, however many exchangers a hostile zone names. A fault of our resolver is
//! never told as a fault of theirs, and a fault in a route never as a missing domain.
//! Never: a connection to a next hop, an order among equal exchangers (the engine's), a bounce.
//! The walk comes from the driver (`Effect::Resolve`) and goes on as `Event::Resolved`.

pub mod dns;
pub mod exchanger;
pub mod rule;

use crate::connect::guard::TargetGuard;
use arc_swap::ArcSwap;
use common::vocab::Domain;
use dns::{Dns, NoAnswer};
use engine::failure::RouteFailure;
use engine::route::{Answer, NamedBy, RouteKind};
use exchanger::{Candidate, Found};
use futures_util::future::join_all;
use rule::{RouteRule, RouteTable, Target};
use std::fmt;
use std::net::{IpAddr, SocketAddr};
use std::sync::Arc;
use std::time::Duration;

/// Distance between the preferences of a route's targets: room for the exchangers of an `mx:` target.
const TARGET_PREFERENCE_STEP: u16 = 10;

/// What the room needs to know. `Default` is DESIGN 4 and 9.
#[derive(Clone, Debug)]
pub struct ResolveSettings {
    /// The name servers to ask; empty: the system's.
    pub servers: Vec<SocketAddr>,
    /// The port used at exchangers that DNS named.
    pub port: u16,
    /// The `[[route]]` rules, in any order.
    pub routes: Vec<RouteRule>,
    /// `hostname` and the names of `[local]`: an exchanger of such a name is ourselves.
    pub own_names: Vec<Domain>,
    /// The longest wait for one question, retries and the tail of an alias included.
    pub mx_timeout: Duration,
    /// Questions that may be under way at once.
    pub concurrency: usize,
    /// The shortest time an answer is used, whatever its TTL says.
    pub ttl_min: Duration,
    /// The longest time an answer is used.
    pub ttl_max: Duration,
    /// The longest time a "there is none" is kept.
    pub negative_ttl_max: Duration,
}

impl Default for ResolveSettings {
    fn default() -> ResolveSettings {
        ResolveSettings {
            servers: Vec::new(),
            port: 25,
            routes: Vec::new(),
            own_names: Vec::new(),
            mx_timeout: Duration::from_secs(5),
            concurrency: 128,
            ttl_min: Duration::from_secs(30),
            ttl_max: Duration::from_secs(3600),
            negative_ttl_max: Duration::from_secs(300),
        }
    }
}

/// Why the room cannot be opened.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ResolveError {
    /// The system's resolver configuration cannot be read, or names no server.
    System(String),
    /// hickory refused the settings.
    Settings(String),
    /// Two rules match the same.
    DuplicateRoute(String),
}

impl fmt::Display for ResolveError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            ResolveError::System(why) => {
                write!(f, "the system's name servers are not known ({why}); name them under [dns] servers")
            }
            ResolveError::Settings(why) => write!(f, "the resolver does not start: {why}"),
            ResolveError::DuplicateRoute(pattern) => {
                write!(f, "two routes match {pattern:?}; keep one, its `to` may hold several targets")
            }
        }
    }
}
impl std::error::Error for ResolveError {}

/// The room. One for the whole server; shared.
#[derive(Debug)]
pub struct Resolver {
    asking: ArcSwap<Asking>,
    guard: Arc<TargetGuard>,
}

/// By which servers and routes it is asked: replaced whole by a reload.
#[derive(Debug)]
struct Asking {
    dns: Dns,
    routes: RouteTable,
    own_names: Vec<Domain>,
    port: u16,
    ttl_min: Duration,
    ttl_max: Duration,
    negative_ttl_max: Duration,
    guard: Arc<TargetGuard>,
}

impl Resolver {
    /// Opens the room. Must be called within a tokio runtime. Asks nothing yet.
    pub fn new(settings: ResolveSettings, guard: Arc<TargetGuard>) -> Result<Resolver, ResolveError> {
        let asking = ArcSwap::from_pointee(Asking::new(settings, guard.clone())?);
        Ok(Resolver { asking, guard })
    }

    /// Other servers and routes from the next question on. What was cached is forgotten.
    ///
    /// # Errors
    /// As in [`Resolver::new`]; then everything stays as it was.
    pub fn reload(&self, settings: ResolveSettings) -> Result<(), ResolveError> {
        self.asking.store(Arc::new(Asking::new(settings, self.guard.clone())?));
        Ok(())
    }

    /// The name servers that are asked: what `dig` may ask too.
    pub fn servers(&self) -> Vec<SocketAddr> {
        self.asking.load().dns.servers().to_vec()
    }

    /// Forgets cached answers for one name, or all.
    pub fn flush(&self, name: Option<&Domain>) {
        self.asking.load().dns.flush(name);
    }

    /// The addresses of a name, A before AAAA, not yet seen by the guard. For probes.
    pub async fn addresses(&self, name: &Domain) -> Result<Vec<IpAddr>, RouteFailure> {
        let found = self.asking.load_full().dns.addresses(name).await;
        if !found.ips.is_empty() {
            return Ok(found.ips);
        }
        Err(match found.trouble {
            Some(NoAnswer::Nxdomain) => RouteFailure::Nxdomain,
            Some(NoAnswer::Servfail) => RouteFailure::Servfail,
            Some(NoAnswer::Ours(why)) => RouteFailure::Ours(why),
            Some(NoAnswer::NoData { .. }) | None => RouteFailure::Unusable(format!("{name} has no address").into()),
        })
    }

    /// The next hops of a destination domain.
    ///
    /// Failures: see [`RouteFailure`]. Only `Nxdomain` and `NullMx` are statements of the destination's own zone.
    pub async fn resolve(&self, host: &Domain) -> Result<Answer, RouteFailure> {
        let asking = self.asking.load_full();
        let answer = match asking.routes.find(host) {
            Some(targets) => asking.by_route(host, targets).await,
            None => asking.by_mx(host).await,
        };
        match &answer {
            Ok(answer) => tracing::debug!(%host, kind = ?answer.kind, exchangers = answer.exchangers.len(), "resolved"),
            Err(failure) => tracing::debug!(%host, ?failure, "not resolved"),
        }
        answer
    }
}

impl Asking {
    fn new(settings: ResolveSettings, guard: Arc<TargetGuard>) -> Result<Asking, ResolveError> {
        Ok(Asking {
            dns: Dns::new(&settings)?,
            routes: RouteTable::new(settings.routes)?,
            own_names: settings.own_names,
            port: settings.port,
            ttl_min: settings.ttl_min,
            ttl_max: settings.ttl_max,
            negative_ttl_max: settings.negative_ttl_max,
            guard,
        })
    }

    fn answer(&self, kind: RouteKind, found: Found) -> Answer {
        Answer {
            kind,
            exchangers: found.exchangers,
            ttl: found.ttl.clamp(self.ttl_min, self.ttl_max),
            mx_ttl: found.mx_ttl,
        }
    }

    async fn by_mx(&self, host: &Domain) -> Result<Answer, RouteFailure> {
        match self.dns.mx(host).await {
            Ok(records) => {
                let found = exchanger::of_records(self, records).await?;
                Ok(self.answer(RouteKind::Mx, found))
            }
            Err(NoAnswer::NoData { ttl }) => {
                let found = exchanger::of_own_address(self, host, ttl.unwrap_or(self.negative_ttl_max)).await?;
                Ok(self.answer(RouteKind::ImplicitMx, found))
            }
            Err(NoAnswer::Nxdomain) => Err(RouteFailure::Nxdomain),
            Err(NoAnswer::Servfail) => Err(RouteFailure::Servfail),
            Err(NoAnswer::Ours(why)) => Err(RouteFailure::Ours(why)),
        }
    }

    /// A configured route. Whatever fails here is ours: the domain itself said nothing.
    async fn by_route(&self, host: &Domain, targets: &[Target]) -> Result<Answer, RouteFailure> {
        if targets == [Target::Discard] {
            return Ok(Answer { kind: RouteKind::Discard, exchangers: Vec::new(), ttl: self.ttl_max, mx_ttl: None });
        }
        let looked = join_all(targets.iter().map(|target| self.by_target(target))).await;
        let mut all = Found { exchangers: Vec::new(), ttl: self.ttl_max, mx_ttl: None };
        let mut troubles: Vec<String> = Vec::new();
        let mut loops = false;
        for ((target, found), step) in targets.iter().zip(looked).zip(0u16..) {
            match found {
                Ok(found) => {
                    all.ttl = all.ttl.min(found.ttl);
                    let base = step.saturating_mul(TARGET_PREFERENCE_STEP);
                    all.exchangers.extend(exchanger::rank(found.exchangers, base, TARGET_PREFERENCE_STEP - 1));
                }
                Err(RouteFailure::Loop) => {
                    loops = true; // what follows lies behind ourselves
                    break;
                }
                Err(failure) => troubles.push(format!("{target}: {}", exchanger::describe(&failure))),
            }
        }
        if !all.exchangers.is_empty() {
            return Ok(self.answer(RouteKind::Configured, all));
        }
        if loops && troubles.is_empty() {
            return Err(RouteFailure::Loop);
        }
        Err(RouteFailure::Ours(format!("the route of {host} leads nowhere: {}", troubles.join("; ")).into()))
    }

    async fn by_target(&self, target: &Target) -> Result<Found, RouteFailure> {
        match target {
            Target::Address(address) => exchanger::of_literal(self, *address),
            Target::Name { name, port } => {
                let port = port.unwrap_or(self.port);
                let named_by = NamedBy::RouteName;
                let candidate = Candidate { preference: 0, name: name.clone(), port, named_by };
                exchanger::of_candidates(self, vec![candidate], Vec::new(), self.ttl_max).await
            }
            Target::Mx(name) => {
                let answer = self.by_mx(name).await?;
                Ok(Found { exchangers: answer.exchangers, ttl: answer.ttl, mx_ttl: None })
            }
            Target::Discard => Ok(Found { exchangers: Vec::new(), ttl: self.ttl_max, mx_ttl: None }),
        }
    }
}

#[cfg(test)]
pub mod fake;
#[cfg(test)]
mod tests;
