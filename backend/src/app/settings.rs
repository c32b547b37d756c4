//! From the configuration to what each room is told. Everything is checked before a room is opened or reloaded.

use super::AppError;
use crate::config::{CertificateFiles, Config};
use crate::connect::guard::GuardSettings;
use crate::connect::tls::{Roots, TlsClient};
use crate::console::ConsoleSettings;
use crate::deliver::SessionSettings;
use crate::descriptor::Descriptors;
use crate::intake::IntakeSettings;
use crate::intake::certificate::Certificate;
use crate::intake::smtp::limits::Limits;
use crate::report::{OwnNames, ReportLimits, ReportSettings};
use crate::resolve::ResolveSettings;
use crate::resolve::rule::{RouteRule, Target};
use crate::spool::SpoolSettings;
use arc_swap::ArcSwap;
use common::vocab::{DomainError, Timestamp};
use common::words::Language;
use engine::Settings;
use engine::limit::DestinationLimits;
use engine::pattern::ByDestination;
use engine::tls::TlsRules;
use std::net::SocketAddr;
use std::sync::Arc;

/// The authorities by which certificates are judged.
pub(super) fn roots(config: &Config) -> Result<Roots, AppError> {
    Roots::with_file(config.tls.ca_file.as_deref())
        .map_err(|problem| AppError::configuration(Language::En.say_setting(&problem)))
}

pub(super) fn engine(config: &Config, descriptors: Descriptors) -> Result<Settings, AppError> {
    let defaults = Settings::default();
    let rules = config.destinations.iter().filter_map(|one| Some((one.pattern.as_str(), one.tls?)));
    let limits =
        limits(&config.destinations).map_err(|why| AppError::configuration(format!("a destination's match: {why}")))?;
    Ok(Settings {
        brake: config.brake.clone(),
        destinations: limits,
        retry_steps: config.retry.steps.clone(),
        lifetime: config.retry.lifetime,
        // Nobody waits for a bounce of a bounce; a shorter lifetime of all holds for it too.
        lifetime_null_sender: defaults.lifetime_null_sender.min(config.retry.lifetime),
        warn: config.retry.warn.clone(),
        tries_max: config.retry.max_tries,
        host_first: config.retry.host_first,
        host_max: config.retry.host_max,
        host_memory: config.retry.window,
        connections_max: descriptors.outgoing(config.delivery.max_connections),
        connecting_max: descriptors.outgoing(config.delivery.max_connecting),
        tls: TlsRules::new(rules).map_err(|why| AppError::configuration(format!("a destination's match: {why}")))?,
        ..defaults
    })
}

/// What the configuration allows each destination, key by key.
fn limits(destinations: &[crate::config::Destination]) -> Result<DestinationLimits, DomainError> {
    fn table<T>(
        all: &[crate::config::Destination],
        value: impl Fn(&crate::config::Destination) -> Option<T>,
    ) -> Result<ByDestination<T>, DomainError> {
        ByDestination::new(all.iter().filter_map(|one| Some((one.pattern.as_str(), value(one)?))))
    }
    Ok(DestinationLimits {
        connections: table(destinations, |one| one.max_connections)?,
        rate: table(destinations, |one| one.rate)?,
        session_messages: table(destinations, |one| one.messages_per_connection)?,
        transaction_recipients: table(destinations, |one| one.recipients_per_message)?,
    })
}

pub(super) fn guard(config: &Config, own: Vec<SocketAddr>) -> Result<GuardSettings, AppError> {
    let allow =
        config.delivery.allow_targets.iter().map(|text| text.parse().map_err(|why| AppError::later(format!("{why}"))));
    let mut probe_ports = config.probe.ports.clone();
    probe_ports.push(config.delivery.port);
    let targets = config.routes.iter().flat_map(|route| &route.to);
    probe_ports.extend(targets.filter_map(|target| target.parse::<Target>().ok()?.port()));
    Ok(GuardSettings { allow: allow.collect::<Result<_, AppError>>()?, own, probe_ports })
}

pub(super) fn resolve(config: &Config) -> Result<ResolveSettings, AppError> {
    let rule = |route: &crate::config::Route| {
        let to: Vec<&str> = route.to.iter().map(String::as_str).collect();
        RouteRule::new(&route.pattern, &to).map_err(|why| AppError::later(why.to_string()))
    };
    let mut own_names = config.local.names.clone();
    own_names.push(config.hostname.clone());
    Ok(ResolveSettings {
        servers: config.dns.servers.clone(),
        port: config.delivery.port,
        routes: config.routes.iter().map(rule).collect::<Result<_, AppError>>()?,
        own_names,
        ..ResolveSettings::default()
    })
}

pub(super) fn intake(
    config: &Config,
    descriptors: Descriptors,
    certificate: Option<Arc<Certificate>>,
) -> Result<IntakeSettings, AppError> {
    let relay = config.smtp.relay_from.iter().map(|text| text.parse().map_err(|why| AppError::later(format!("{why}"))));
    let defaults = Limits::default();
    let limits = Limits {
        connections_max: descriptors.incoming(defaults.connections_max),
        address_connections_max: config.smtp.max_connections_per_address,
        memory_bytes: usize::try_from(config.guard.memory_max).unwrap_or(usize::MAX),
        ..defaults
    };
    Ok(IntakeSettings {
        hostname: config.hostname.clone(),
        names: config.local.names.iter().cloned().collect(),
        aliases: config.local.aliases.clone(),
        relay_from: relay.collect::<Result<_, AppError>>()?,
        certificate,
        max_message_bytes: config.smtp.max_message_bytes,
        limits,
    })
}

pub(super) fn console(config: &Config, lab: bool, up_since: Timestamp) -> Result<ConsoleSettings, AppError> {
    let proxies = config.console.proxies.iter();
    let proxies = proxies.map(|text| text.parse().map_err(|why| AppError::later(format!("{why}"))));
    Ok(ConsoleSettings {
        hostname: config.hostname.to_string(),
        lab,
        up_since,
        public: config.console.public.clone(),
        proxies: proxies.collect::<Result<_, AppError>>()?,
        ..ConsoleSettings::default()
    })
}

pub(super) fn spool(config: &Config) -> SpoolSettings {
    let (disk_free_min, inodes_free_min) = (config.guard.disk_free_min, config.guard.inodes_free_min);
    SpoolSettings { disk_free_min, inodes_free_min, ..SpoolSettings::default() }
}

pub(super) fn session(config: &Config, tls: Arc<TlsClient>) -> SessionSettings {
    SessionSettings { hello_name: config.hostname.clone(), tls, ..SessionSettings::default() }
}

pub(super) fn report(config: &Config, own: Arc<ArcSwap<OwnNames>>) -> ReportSettings {
    ReportSettings { hostname: config.hostname.clone(), own, limits: ReportLimits::default() }
}

/// Mail for ourselves.
pub(super) fn own_names(config: &Config) -> OwnNames {
    OwnNames { names: config.local.names.clone(), aliases: config.local.aliases.clone() }
}

/// A certificate and its key; `None` where none is configured.
pub(super) fn certificate(files: Option<&CertificateFiles>) -> Result<Option<Arc<Certificate>>, AppError> {
    let loaded = files.map(|files| Certificate::load(&files.chain, &files.key));
    Ok(loaded.transpose().map_err(|why| AppError::configuration(why.to_string()))?.map(Arc::new))
}
