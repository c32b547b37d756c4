//! Questions to the name servers, bounded in time and number, and what their answers mean.
//!
//! Promises: "there is none", "does not exist", "their servers fail" and "ours do not answer" are four different
//! answers; only records that belong to the question (through its aliases) count; one failing server of several does
//! not decide. Never: the hosts file, a search list, an address judged. The walk goes on to `exchanger`.

use crate::resolve::{ResolveError, ResolveSettings};
use common::vocab::Domain;
use hickory_resolver::config::{
    ConnectionConfig, LookupIpStrategy, NameServerConfig, ResolveHosts, ResolverConfig, ResolverOpts,
};
use hickory_resolver::lookup::Lookup;
use hickory_resolver::net::runtime::TokioRuntimeProvider;
use hickory_resolver::net::{DnsError, NetError};
use hickory_resolver::proto::op::ResponseCode;
use hickory_resolver::proto::rr::{Name, RData, Record, RecordType};
use hickory_resolver::{TokioResolver, system_conf};
use std::net::{IpAddr, SocketAddr};
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::Semaphore;

/// Answers that are kept. At about 0.5 KiB each this is 16 MiB; a queue over 100,000 hosts asks far fewer at a time.
const CACHE_ANSWERS: u64 = 32_768;
/// Octets of a UDP answer that we offer to take: what crosses every link unfragmented (DNS flag day 2020).
const UDP_PAYLOAD_BYTES: u16 = 1_232;
/// Aliases followed within one answer (the resolver below has the same bound for those in several).
const ALIASES_MAX: usize = 8;

/// Why there are no records.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum NoAnswer {
    /// The name does not exist.
    Nxdomain,
    /// The name exists, but has no record of this type.
    NoData {
        /// How long that may be kept.
        ttl: Option<Duration>,
    },
    /// Their servers failed: SERVFAIL, REFUSED and other error codes.
    Servfail,
    /// Nobody answered us, or what came was no DNS. In words.
    Ours(Arc<str>),
}

/// One MX record.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct MxRecord {
    /// Lower is tried first.
    pub preference: u16,
    /// The exchanger as DNS spells it, escaped, with its final dot; `.` is the null MX (RFC 7505).
    pub exchange: String,
}

/// The MX records of a domain.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct MxRecords {
    /// At least one.
    pub records: Vec<MxRecord>,
    /// How long they may be kept.
    pub ttl: Duration,
}

/// The addresses of a name.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Addresses {
    /// A before AAAA. May be empty.
    pub ips: Vec<IpAddr>,
    /// How long they may be kept; meaningless if there are none.
    pub ttl: Duration,
    /// If there are none: the worst of the two answers.
    pub trouble: Option<NoAnswer>,
}

/// The name servers.
#[derive(Debug)]
pub struct Dns {
    pool: TokioResolver,
    /// One resolver for each server, if there are several: asked in turn when the pool's answer is an error code.
    single: Vec<TokioResolver>,
    servers: Vec<SocketAddr>,
    slots: Semaphore,
    timeout: Duration,
}

impl Dns {
    /// Reads the system's configuration if no server is named. Asks nothing yet.
    pub fn new(settings: &ResolveSettings) -> Result<Dns, ResolveError> {
        let servers = match settings.servers.is_empty() {
            true => system_servers()?,
            false => settings.servers.clone(),
        };
        let build = |servers: &[SocketAddr]| {
            let config = ResolverConfig::from_name_servers(servers.iter().map(name_server).collect());
            let mut builder = TokioResolver::builder_with_config(config, TokioRuntimeProvider::default());
            set_options(builder.options_mut(), settings);
            builder.build().map_err(|error| ResolveError::Settings(error.to_string()))
        };
        let single = match servers.len() {
            1 => Vec::new(),
            _ => servers.iter().map(|server| build(&[*server])).collect::<Result<_, _>>()?,
        };
        let slots = Semaphore::new(settings.concurrency.max(1));
        Ok(Dns { pool: build(&servers)?, single, servers, slots, timeout: settings.mx_timeout })
    }

    /// Which servers are asked.
    pub fn servers(&self) -> &[SocketAddr] {
        &self.servers
    }

    /// Forgets what was answered for one name, or everything.
    pub fn flush(&self, name: Option<&Domain>) {
        for resolver in std::iter::once(&self.pool).chain(&self.single) {
            match name.map(question_name) {
                None => resolver.clear_cache(),
                Some(Err(_)) => {}
                Some(Ok(name)) => {
                    for rtype in [RecordType::MX, RecordType::A, RecordType::AAAA] {
                        resolver.clear_lookup_cache(name.clone(), rtype);
                    }
                }
            }
        }
    }

    /// The MX records of a domain.
    pub async fn mx(&self, domain: &Domain) -> Result<MxRecords, NoAnswer> {
        let name = question_name(domain)?;
        let lookup = self.ask(&name, RecordType::MX).await?;
        let mut ttl = u32::MAX;
        let records: Vec<MxRecord> = owned(&lookup, &name)
            .filter_map(|record| {
                let RData::MX(mx) = &record.data else { return None };
                ttl = ttl.min(record.ttl);
                Some(MxRecord { preference: mx.preference, exchange: mx.exchange.to_ascii() })
            })
            .collect();
        match records.is_empty() {
            true => Err(NoAnswer::NoData { ttl: None }),
            false => Ok(MxRecords { records, ttl: Duration::from_secs(ttl.into()) }),
        }
    }

    /// The addresses of a name, both families asked at once. One family suffices.
    pub async fn addresses(&self, domain: &Domain) -> Addresses {
        let (four, six) = tokio::join!(self.family(domain, RecordType::A), self.family(domain, RecordType::AAAA));
        let mut found = Addresses { ips: Vec::new(), ttl: Duration::MAX, trouble: None };
        for family in [four, six] {
            match family {
                Ok((ips, ttl)) => {
                    found.ips.extend(ips);
                    found.ttl = found.ttl.min(ttl);
                }
                Err(trouble) if found.trouble.as_ref().is_none_or(|known| weight(&trouble) > weight(known)) => {
                    found.trouble = Some(trouble);
                }
                Err(_) => {}
            }
        }
        if !found.ips.is_empty() {
            found.trouble = None;
        }
        found
    }

    async fn family(&self, domain: &Domain, rtype: RecordType) -> Result<(Vec<IpAddr>, Duration), NoAnswer> {
        let name = question_name(domain)?;
        let lookup = self.ask(&name, rtype).await?;
        let mut ttl = u32::MAX;
        let ips: Vec<IpAddr> = owned(&lookup, &name)
            .filter_map(|record| {
                let ip = match &record.data {
                    RData::A(a) if rtype == RecordType::A => IpAddr::V4(a.0),
                    RData::AAAA(aaaa) if rtype == RecordType::AAAA => IpAddr::V6(aaaa.0),
                    _ => return None,
                };
                ttl = ttl.min(record.ttl);
                Some(ip)
            })
            .collect();
        match ips.is_empty() {
            true => Err(NoAnswer::NoData { ttl: None }),
            false => Ok((ips, Duration::from_secs(ttl.into()))),
        }
    }

    /// One question. Waits for a slot first; the time limit counts from then on.
    async fn ask(&self, name: &Name, rtype: RecordType) -> Result<Lookup, NoAnswer> {
        let _slot = self.slots.acquire().await.map_err(|_| NoAnswer::Ours("the resolver is closed".into()))?;
        match tokio::time::timeout(self.timeout, self.ask_all(name, rtype)).await {
            Ok(Ok(lookup)) => Ok(lookup),
            Ok(Err(error)) => Err(self.meaning(error)),
            Err(_) => Err(self.silence()),
        }
    }

    /// The pool asks the two fastest servers and takes the first answer, an error code too. Before such a code is
    /// believed, each server is asked by itself: one broken server of two must not stop the mail.
    async fn ask_all(&self, name: &Name, rtype: RecordType) -> Result<Lookup, NetError> {
        let mut answer = self.pool.lookup(name.clone(), rtype).await;
        for server in &self.single {
            match answer {
                Err(NetError::Dns(DnsError::ResponseCode(_))) => answer = server.lookup(name.clone(), rtype).await,
                _ => return answer,
            }
        }
        answer
    }

    fn meaning(&self, error: NetError) -> NoAnswer {
        match error {
            NetError::Dns(DnsError::NoRecordsFound(none)) => match none.response_code {
                ResponseCode::NXDomain => NoAnswer::Nxdomain,
                _ => NoAnswer::NoData { ttl: none.negative_ttl.map(|ttl| Duration::from_secs(ttl.into())) },
            },
            NetError::Dns(_) => NoAnswer::Servfail,
            NetError::Timeout => self.silence(),
            other => {
                let servers = list(&self.servers);
                NoAnswer::Ours(format!("asking the name servers failed ({servers}): {other}").into())
            }
        }
    }

    fn silence(&self) -> NoAnswer {
        let (servers, limit) = (list(&self.servers), self.timeout);
        NoAnswer::Ours(format!("no name server answered within {limit:?} (asked {servers})").into())
    }
}

/// How much a failure says: a fault of ours before one of theirs before "there is none".
fn weight(trouble: &NoAnswer) -> u8 {
    match trouble {
        NoAnswer::Nxdomain => 0,
        NoAnswer::NoData { .. } => 1,
        NoAnswer::Servfail => 2,
        NoAnswer::Ours(_) => 3,
    }
}

fn list(servers: &[SocketAddr]) -> String {
    servers.iter().map(SocketAddr::to_string).collect::<Vec<_>>().join(", ")
}

/// The name with its final dot, so that no search list applies.
fn question_name(domain: &Domain) -> Result<Name, NoAnswer> {
    let mut name = Name::from_ascii(domain.as_str())
        .map_err(|error| NoAnswer::Ours(format!("{domain} cannot be asked for: {error}").into()))?;
    name.set_fqdn(true);
    Ok(name)
}

/// The answer's records that belong to the name at the end of the aliases; a server may add others.
fn owned<'a>(lookup: &'a Lookup, asked: &Name) -> impl Iterator<Item = &'a Record> {
    let mut owner = asked.clone();
    for _ in 0..ALIASES_MAX {
        let alias = lookup.answers().iter().find_map(|record| match &record.data {
            RData::CNAME(target) if record.name == owner => Some(target.0.clone()),
            _ => None,
        });
        match alias {
            Some(target) => owner = target,
            None => break,
        }
    }
    lookup.answers().iter().filter(move |record| record.name == owner)
}

fn name_server(server: &SocketAddr) -> NameServerConfig {
    let connections = [ConnectionConfig::udp(), ConnectionConfig::tcp()].map(|mut connection| {
        connection.port = server.port();
        connection
    });
    NameServerConfig::new(server.ip(), true, connections.into())
}

fn set_options(options: &mut ResolverOpts, settings: &ResolveSettings) {
    options.timeout = settings.mx_timeout / 2; // the second half is for the second try
    options.attempts = 1;
    options.edns0 = true;
    options.edns_payload_len = UDP_PAYLOAD_BYTES;
    options.ip_strategy = LookupIpStrategy::Ipv4AndIpv6;
    options.cache_size = CACHE_ANSWERS;
    options.use_hosts_file = ResolveHosts::Never;
    options.positive_min_ttl = Some(settings.ttl_min);
    options.positive_max_ttl = Some(settings.ttl_max);
    options.negative_max_ttl = Some(settings.negative_ttl_max);
    options.max_active_requests = settings.concurrency.max(1) * 2;
    options.case_randomization = false; // some name servers still fold the case of their answers
}

fn system_servers() -> Result<Vec<SocketAddr>, ResolveError> {
    let (config, _) = system_conf::read_system_conf().map_err(|error| ResolveError::System(error.to_string()))?;
    let mut servers: Vec<SocketAddr> = Vec::new();
    for server in config.name_servers() {
        let port = server.connections.first().map_or(53, |connection| connection.port);
        let address = SocketAddr::new(server.ip, port);
        if !servers.contains(&address) {
            servers.push(address);
        }
    }
    match servers.is_empty() {
        true => Err(ResolveError::System("none is configured".into())),
        false => Ok(servers),
    }
}
