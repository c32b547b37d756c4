//! The tables of the file, typed, each key with its default and its limits.

use crate::config::sheet::{self, Section};
use crate::config::{network, parse_span, write_span};
use common::words::{CertificatePhrase, SettingPhrase};
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::time::Duration;

/// Listeners of the intake. More is a port range in disguise.
const LISTENERS_MAX: usize = 32;
/// Connections from one address: what the intake takes over all.
const CONNECTIONS_PER_ADDRESS_MAX: u64 = 2_000;
/// Networks in one list; each client is compared with all of them.
const NETWORKS_MAX: usize = 1_000;
/// Name servers; each is asked in turn, so more would only make an outage slower.
const NAME_SERVERS_MAX: usize = 8;
/// Octets of a message: 1 GiB, far above what any receiver takes.
const MESSAGE_BYTES_MAX: u64 = 1 << 30;
/// Sessions at once: what one process can hold open files for.
const CONNECTIONS_MAX: u64 = 100_000;
/// Ports a probe may look at.
const PROBE_PORTS_MAX: usize = 64;
/// Name servers that `dig` may ask besides delivery's own: a list that a person still reads in a refusal.
const PROBE_NAME_SERVERS_MAX: usize = 16;
/// Octets that a guard may ask for: 1 TiB, above which it is no guard of a mail queue.
const GUARD_BYTES_MAX: u64 = 1 << 40;
/// Inodes that a guard may ask for.
const GUARD_INODES_MAX: u64 = 1_000_000_000;
/// Memory of messages at least: with less no large message could begin.
const GUARD_MEMORY_MIN: u64 = 1 << 20;
/// Waits of a schedule; the last one repeats.
const STEPS_MAX: usize = 64;
/// Delay warnings of one message.
const WARNINGS_MAX: usize = 10;
/// Attempts of one leg that may be asked for.
const TRIES_MAX: u64 = 10_000;
/// A wait shorter than a second would be a loop, not a schedule.
const SPAN_MIN: Duration = Duration::from_secs(1);
/// No mail is worth sending after a year.
const SPAN_MAX: Duration = Duration::from_secs(365 * 86_400);

/// `[smtp]`: the intake.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Smtp {
    /// Where it listens; may be empty.
    pub listen: Vec<SocketAddr>,
    /// Networks whose mail is taken for any destination, as written: `ADDRESS` or `ADDRESS/BITS`, checked.
    pub relay_from: Vec<String>,
    /// The largest message, in octets.
    pub max_message_bytes: u64,
    /// Connections at once from one address; nobody is exempt.
    pub max_connections_per_address: u32,
    /// The PEM files of certificate chain and key; with them STARTTLS is offered.
    pub certificate: Option<CertificateFiles>,
}

/// Where a certificate and its key are.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CertificateFiles {
    /// The chain, our own certificate first.
    pub chain: PathBuf,
    /// The private key.
    pub key: PathBuf,
}

impl Smtp {
    pub(super) fn read(table: &Section<'_, '_>, base: &Path) -> Smtp {
        let listen = table.texts("listen", 0..=LISTENERS_MAX, "[\"127.0.0.1:2525\"]", network::listener);
        if let Some(twice) =
            listen.iter().flatten().enumerate().find(|(at, a)| listen.iter().flatten().take(*at).any(|b| b == *a))
        {
            let (key, value) = (table.name("listen").into(), twice.1.to_string().into());
            table.complain("listen", SettingPhrase::Twice { key, value });
        }
        let relay_from = table.texts("relay_from", 0..=NETWORKS_MAX, "[\"127.0.0.0/8\", \"::1\"]", network::network);
        Smtp {
            listen: listen.unwrap_or_else(|| vec![SocketAddr::from(([127, 0, 0, 1], 2525))]),
            relay_from: relay_from.unwrap_or_else(|| vec!["127.0.0.0/8".into(), "::1".into()]),
            max_message_bytes: table
                .number("max_message_bytes", 1..=MESSAGE_BYTES_MAX, "26214400")
                .unwrap_or(26_214_400),
            max_connections_per_address: table
                .number("max_connections_per_address", 1..=CONNECTIONS_PER_ADDRESS_MAX, "100")
                .and_then(|count| u32::try_from(count).ok())
                .unwrap_or(100),
            certificate: certificate(table, base),
        }
    }
}

/// `tls_cert` and `tls_key`: both or neither.
fn certificate(table: &Section<'_, '_>, base: &Path) -> Option<CertificateFiles> {
    let half = |given: &str, missing: &str| {
        let problem = CertificatePhrase::Half { given: table.name(given).into(), missing: table.name(missing).into() };
        table.complain(given, SettingPhrase::Certificate(problem));
        None
    };
    match (optional_file(table, "tls_cert", base), optional_file(table, "tls_key", base)) {
        (Some(chain), Some(key)) => Some(CertificateFiles { chain, key }),
        (Some(_), None) => half("tls_cert", "tls_key"),
        (None, Some(_)) => half("tls_key", "tls_cert"),
        (None, None) => None,
    }
}

/// How a person signs in to the console.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Auth {
    /// By password.
    Password,
    /// Not at all: loopback listeners only.
    None,
}

/// `[console]`: page and API.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Console {
    /// Where it listens.
    pub listen: SocketAddr,
    /// Who gets in.
    pub auth: Auth,
    /// The PEM files of certificate chain and key; with them the listener speaks TLS.
    pub certificate: Option<CertificateFiles>,
    /// Names by which browsers reach it besides its address: `NAME`, `NAME:PORT`, `https://NAME`.
    pub public: Vec<String>,
    /// Networks of proxies whose `X-Forwarded-For` or `Forwarded` is believed; nobody's unless they are named.
    pub proxies: Vec<String>,
}

/// Names of a console.
const PUBLIC_MAX: usize = 32;

impl Console {
    /// Where a browser on this machine finds it.
    pub fn url(&self) -> String {
        let scheme = if self.certificate.is_some() { "https" } else { "http" };
        format!("{scheme}://{}/", self.listen)
    }

    pub(super) fn read(table: &Section<'_, '_>, base: &Path) -> Console {
        let default = SocketAddr::from(([127, 0, 0, 1], 8025));
        let listen = table.text("listen", "\"127.0.0.1:8025\"", network::listener).unwrap_or(default);
        let auth = word(table, "auth", &[("password", Auth::Password), ("none", Auth::None)]).unwrap_or(Auth::Password);
        let certificate = certificate(table, base);
        if !listen.ip().to_canonical().is_loopback() {
            let address = listen.to_string().into();
            match (auth, &certificate) {
                (Auth::None, _) => table.complain("listen", SettingPhrase::ConsoleOpen(address)),
                (Auth::Password, None) => table.complain("listen", SettingPhrase::ConsoleInClear(address)),
                (Auth::Password, Some(_)) => {}
            }
        }
        let public = table.texts("public", 0..=PUBLIC_MAX, "[\"queue.example.net\"]", network::public_name);
        let proxies = table.texts("proxies", 0..=NETWORKS_MAX, "[\"127.0.0.1\"]", network::network);
        let (public, proxies) = (public.unwrap_or_default(), proxies.unwrap_or_default());
        Console { listen, auth, certificate, public, proxies }
    }
}

/// Whether certificates are looked for in DNS (RFC 7672).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Dane {
    /// Once the root's signature validates.
    Auto,
    /// Never.
    Off,
}

/// `[dns]`: name servers.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Dns {
    /// Whom to ask; empty for the system's.
    pub servers: Vec<SocketAddr>,
    /// A file with the trust anchor; `None` for the root's.
    pub trust_anchor: Option<PathBuf>,
    /// Whether DANE is used.
    pub dane: Dane,
}

impl Dns {
    pub(super) fn read(table: &Section<'_, '_>, base: &Path) -> Dns {
        let servers = table.texts("servers", 0..=NAME_SERVERS_MAX, "[\"127.0.0.1:53\"]", network::name_server);
        Dns {
            servers: servers.unwrap_or_default(),
            trust_anchor: optional_file(table, "trust_anchor", base),
            dane: word(table, "dane", &[("auto", Dane::Auto), ("off", Dane::Off)]).unwrap_or(Dane::Auto),
        }
    }
}

/// `[tls]`: roots and policies.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Tls {
    /// A file with more roots.
    pub ca_file: Option<PathBuf>,
    /// Where MTA-STS policies are fetched.
    pub policy_port: u16,
}

impl Tls {
    pub(super) fn read(table: &Section<'_, '_>, base: &Path) -> Tls {
        Tls { ca_file: optional_file(table, "ca_file", base), policy_port: port(table, "policy_port", 443) }
    }
}

/// `[delivery]`: outbound connections.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Delivery {
    /// The port used at exchangers that MX records name.
    pub port: u16,
    /// Sessions past their greeting, over all.
    pub max_connections: u32,
    /// Connections before their greeting, over all.
    pub max_connecting: u32,
    /// Networks that the guard would refuse and that are allowed all the same, as written, checked.
    pub allow_targets: Vec<String>,
}

impl Delivery {
    pub(super) fn read(table: &Section<'_, '_>) -> Delivery {
        let allow = table.texts("allow_targets", 0..=NETWORKS_MAX, "[\"127.0.0.0/8\"]", network::network);
        Delivery {
            port: port(table, "port", 25),
            max_connections: connections(table).unwrap_or(500),
            max_connecting: table
                .number("max_connecting", 1..=CONNECTIONS_MAX, "2000")
                .and_then(|count| u32::try_from(count).ok())
                .unwrap_or(2_000),
            allow_targets: allow.unwrap_or_default(),
        }
    }
}

/// `max_connections`, of `[delivery]` or of one destination.
pub(super) fn connections(table: &Section<'_, '_>) -> Option<u32> {
    table.number("max_connections", 1..=CONNECTIONS_MAX, "500").and_then(|count| u32::try_from(count).ok())
}

/// `[probe]`: what dig, telnet and diagnosis may look at.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Probe {
    /// Ports, besides the delivery port and those of routes.
    pub ports: Vec<u16>,
    /// Name servers that `dig` may ask besides those of `[dns]`.
    pub dns_servers: Vec<SocketAddr>,
}

impl Probe {
    pub(super) fn read(table: &Section<'_, '_>) -> Probe {
        let ports = table.numbers("ports", 0..=PROBE_PORTS_MAX, 1..=65_535, "[25, 465, 587, 2525]");
        let ports = ports.unwrap_or_else(|| vec![25, 465, 587, 2525]);
        let others =
            table.texts("dns_servers", 0..=PROBE_NAME_SERVERS_MAX, "[\"192.0.2.53:53\"]", network::name_server);
        Probe {
            ports: ports.into_iter().filter_map(|port| u16::try_from(port).ok()).collect(),
            dns_servers: others.unwrap_or_default(),
        }
    }
}

/// `[guard]`: what we leave to others, and to the emptying of our own queue.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Guard {
    /// Octets of the disk of `data_dir` below which no mail is taken.
    pub disk_free_min: u64,
    /// The same in inodes.
    pub inodes_free_min: u64,
    /// Octets of messages that are arriving which may be in memory, over all sessions.
    pub memory_max: u64,
}

impl Guard {
    pub(super) fn read(table: &Section<'_, '_>) -> Guard {
        let bytes = table.number("disk_free_min", 0..=GUARD_BYTES_MAX, "67108864");
        let inodes = table.number("inodes_free_min", 0..=GUARD_INODES_MAX, "2000");
        let memory = table.number("memory_max", GUARD_MEMORY_MIN..=GUARD_BYTES_MAX, "268435456");
        Guard {
            disk_free_min: bytes.unwrap_or(67_108_864),
            inodes_free_min: inodes.unwrap_or(2_000),
            memory_max: memory.unwrap_or(268_435_456),
        }
    }
}

/// `[retry]`: a profile, and what differs from it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Retry {
    /// Waits after the first, second, … failed attempt of a leg; the last repeats.
    pub steps: Vec<Duration>,
    /// When a leg is given up.
    pub lifetime: Duration,
    /// After so many attempts it is given up before that; `None`: its lifetime alone decides.
    pub max_tries: Option<u32>,
    /// Ages at which the sender is warned.
    pub warn: Vec<Duration>,
    /// First wait of a host that is down; doubles.
    pub host_first: Duration,
    /// Longest wait of a host that is down.
    pub host_max: Duration,
    /// How long evidence about a host counts while nothing waits for it.
    pub window: Duration,
}

/// What a profile says where the file does not; times of lists in minutes.
struct Profile {
    steps: &'static [u64],
    lifetime: &'static str,
    max_tries: Option<u32>,
    warn: &'static [u64],
    host_first: &'static str,
    host_max: &'static str,
}

const DEFAULT: Profile = Profile {
    steps: &[5, 10, 20, 40, 60, 120, 240],
    lifetime: "5d",
    max_tries: None,
    warn: &[240, 1_440],
    host_first: "1m",
    host_max: "15m",
};

/// As the appliance's bounce profile comes: 60 s doubling to 3,600 s, 100 tries, 72 h. Its warnings are off; ours stay.
const ASYNCOS: Profile = Profile {
    steps: &[1, 2, 4, 8, 16, 32, 60],
    lifetime: "3d",
    max_tries: Some(100),
    warn: &[240, 1_440],
    host_first: "1m",
    host_max: "1h",
};

impl Retry {
    pub(super) fn read(table: &Section<'_, '_>) -> Retry {
        let profile = word(table, "profile", &[("default", &DEFAULT), ("asyncos", &ASYNCOS)]).unwrap_or(&DEFAULT);
        let minutes = |counts: &[u64]| counts.iter().map(|count| Duration::from_secs(count * 60)).collect::<Vec<_>>();
        let steps = table.texts("steps", 1..=STEPS_MAX, "[\"5m\", \"10m\", \"1h\", \"4h\"]", span);
        let warn = table.texts("warn", 0..=WARNINGS_MAX, "[\"4h\", \"24h\"]", span);
        let one = |key, default: &str| {
            let example = format!("\"{default}\"");
            table.text(key, &example, span).unwrap_or_else(|| parse_span(default).expect("a constant span"))
        };
        let retry = Retry {
            steps: steps.unwrap_or_else(|| minutes(profile.steps)),
            lifetime: one("lifetime", profile.lifetime),
            max_tries: table
                .number("max_tries", 1..=TRIES_MAX, "100")
                .and_then(|count| u32::try_from(count).ok())
                .or(profile.max_tries),
            warn: warn.unwrap_or_else(|| minutes(profile.warn)),
            host_first: one("host_first", profile.host_first),
            host_max: one("host_max", profile.host_max),
            window: one("window", "3h"),
        };
        if retry.host_first > retry.host_max {
            let (first, most) = (table.name("host_first").into(), table.name("host_max").into());
            let key = if table.has("host_first") { "host_first" } else { "host_max" };
            table.complain(key, SettingPhrase::FirstAboveMost { first, most });
        }
        retry
    }
}

/// A span of time between a second and a year.
pub(super) fn span(key: &str, text: &str) -> Result<Duration, SettingPhrase<'static>> {
    let found = parse_span(text).ok_or_else(|| network::bad(key, text, "5m"))?;
    if (SPAN_MIN..=SPAN_MAX).contains(&found) {
        return Ok(found);
    }
    Err(SettingPhrase::OutOfRange {
        key: key.to_owned().into(),
        value: text.to_owned().into(),
        least: write_span(SPAN_MIN).into(),
        most: write_span(SPAN_MAX).into(),
    })
}

/// A port, 1 to 65535.
fn port(table: &Section<'_, '_>, key: &'static str, default: u16) -> u16 {
    let written = table.number(key, 1..=65_535, &default.to_string());
    written.and_then(|port| u16::try_from(port).ok()).unwrap_or(default)
}

/// A file; empty means none.
fn optional_file(table: &Section<'_, '_>, key: &'static str, base: &Path) -> Option<PathBuf> {
    let read = |key: &str, text: &str| if text.is_empty() { Ok(None) } else { sheet::path(key, text).map(Some) };
    table.text(key, "\"roots.pem\"", read).flatten().map(|path| base.join(path))
}

/// One of a few words.
pub(super) fn word<T: Copy>(table: &Section<'_, '_>, key: &'static str, words: &[(&str, T)]) -> Option<T> {
    let allowed = || words.iter().map(|(word, _)| format!("\"{word}\"")).collect::<Vec<_>>();
    table.text(key, &allowed()[0], |key, text| {
        let found = words.iter().find(|(word, _)| *word == text).map(|(_, value)| *value);
        found.ok_or_else(|| SettingPhrase::NotOneOf {
            key: key.to_owned().into(),
            value: text.to_owned().into(),
            allowed: allowed().join(", ").into(),
        })
    })
}
