//! The way out: name servers, routes, guard, TLS and policies, as delivery uses them, and lent to looks at the outside.
//!
//! Promises: a look goes the way that mail would go at that moment, a reload included. Never: a look by itself. The walk goes
//! on in `driver` and in `probe`.

use crate::app::{AppError, settings};
use crate::clock::Clock;
use crate::config::Config;
use crate::connect::guard::{Permit, TargetGuard};
use crate::connect::tls::{Roots, TlsClient};
use crate::console::{Digger, Looks};
use crate::deliver::HopGuard;
use crate::driver::desk::Desk;
use crate::probe::diagnose::{Diagnose, DiagnoseLimits};
use crate::probe::dig;
use crate::probe::telnet::{Telnet, TelnetSettings};
use crate::resolve::Resolver;
use arc_swap::ArcSwap;
use common::vocab::{Domain, SessionEnd};
use common::wire::{DigRequest, RealAttempt};
use common::words::Language;
use engine::failure::RouteFailure;
use engine::tls::TlsRules;
use engine::view::Evidence;
use futures_util::future::BoxFuture;
use std::net::SocketAddr;
use std::sync::Arc;

/// See the head of this file.
pub(super) struct Way {
    pub(super) guard: Arc<TargetGuard>,
    pub(super) resolver: Arc<Resolver>,
    pub(super) tls: Arc<TlsClient>,
    /// As the last SIGHUP left them; the engine has its own.
    pub(super) rules: Arc<ArcSwap<TlsRules>>,
}

impl Way {
    /// As the configuration says it.
    pub(super) fn new(
        config: &Config,
        own_listeners: Vec<SocketAddr>,
        roots: Roots,
        rules: TlsRules,
    ) -> Result<Way, AppError> {
        let guard = Arc::new(TargetGuard::new(settings::guard(config, own_listeners)?));
        let resolver = Resolver::new(settings::resolve(config)?, guard.clone());
        let resolver = Arc::new(resolver.map_err(|why| AppError::later(why.to_string()))?);
        let tls = Arc::new(TlsClient::new(roots, Clock));
        Ok(Way { guard, resolver, tls, rules: Arc::new(ArcSwap::from_pointee(rules)) })
    }

    /// What is asked right before an address is dialled.
    pub(super) fn hop_guard(&self) -> HopGuard {
        let guard = self.guard.clone();
        Arc::new(move |hop| guard.permits(hop.address, Permit::of(hop.named_by, hop.address.port())).is_ok())
    }

    /// What the console may look by.
    pub(super) fn looks(&self, config: &Config, desk: Desk, clock: Clock) -> Looks {
        Looks {
            digger: digger(config, self.resolver.clone(), clock),
            telnet: telnet(config, self.resolver.clone(), self.guard.clone(), self.tls.clone()),
            diagnose: self.diagnose(config, desk, clock),
        }
    }

    fn diagnose(&self, config: &Config, desk: Desk, clock: Clock) -> Diagnose {
        let (resolver, rules) = (self.resolver.clone(), self.rules.clone());
        let find = move |host: Domain| -> BoxFuture<'static, _> {
            let resolver = resolver.clone();
            Box::pin(async move { resolver.resolve(&host).await })
        };
        let real = move |host: Domain| -> BoxFuture<'static, _> {
            let desk = desk.clone();
            Box::pin(async move {
                let known = desk.host(host).await.ok().flatten();
                known.map(|detail| detail.addresses.iter().map(met).collect()).unwrap_or_default()
            })
        };
        Diagnose {
            find: Arc::new(find),
            real: Arc::new(real),
            may_dial: self.hop_guard(),
            rule_of: Arc::new(move |host| rules.load().of(host)),
            tls: self.tls.clone(),
            hello: config.hostname.clone(),
            clock,
            limits: DiagnoseLimits::default(),
        }
    }
}

fn met((address, evidence): &(SocketAddr, Evidence)) -> (SocketAddr, RealAttempt) {
    let said = evidence.reply.as_ref().map(ToString::to_string);
    (*address, RealAttempt { verdict: evidence.code, at: evidence.at, said })
}

/// `dig` asks the servers that delivery asks, and those that were written for it alone.
fn digger(config: &Config, resolver: Arc<Resolver>, clock: Clock) -> Arc<dyn Digger> {
    let besides = config.probe.dns_servers.clone();
    Arc::new(move |request: DigRequest, language: Language| -> BoxFuture<'static, _> {
        let resolver = resolver.clone();
        let servers: Vec<SocketAddr> = resolver.servers().into_iter().chain(besides.iter().copied()).collect();
        Box::pin(async move {
            let mut answer = dig::dig(&request, &servers, clock, language).await?;
            if let Some(host) = dig::delivery::domain_of(&answer) {
                let found = tokio::time::timeout(dig::TIME_LIMIT, resolver.resolve(&host)).await;
                let found = found.unwrap_or_else(|_| Err(RouteFailure::Ours("the name servers are slow".into())));
                answer.delivery = Some(dig::delivery::would_use(clock.now(), found));
            }
            Ok(answer)
        })
    })
}

fn telnet(config: &Config, resolver: Arc<Resolver>, guard: Arc<TargetGuard>, tls: Arc<TlsClient>) -> Telnet {
    let lookup = move |host: Domain, port: u16| -> BoxFuture<'static, _> {
        let resolver = resolver.clone();
        Box::pin(async move {
            let found = resolver.addresses(&host).await.map_err(|why| not_found(&host, why))?;
            Ok(found.into_iter().map(|ip| SocketAddr::new(ip, port)).collect())
        })
    };
    let may = move |address: SocketAddr| guard.permits(address, Permit::Probe).map_err(|why| why.rule);
    Telnet::new(
        Arc::new(lookup),
        Arc::new(may),
        tls,
        TelnetSettings { port: config.delivery.port, ..TelnetSettings::default() },
    )
}

/// Why a probe has no address to dial.
fn not_found(host: &Domain, why: RouteFailure) -> SessionEnd {
    let (host, verdict) = (host.to_string(), engine::verdict::of_route(&why).code);
    match why {
        RouteFailure::Unusable(_) => SessionEnd::NoAddress { host },
        RouteFailure::Ours(detail) => SessionEnd::NotFound { host, verdict, detail: detail.to_string() },
        RouteFailure::Nxdomain | RouteFailure::NullMx | RouteFailure::Servfail | RouteFailure::Loop => {
            SessionEnd::NotFound { host, verdict, detail: String::new() }
        }
    }
}
