//! Every limit and interval of the engine, named, with its default and its reason.

use crate::brake::BrakeSettings;
use crate::limit::DestinationLimits;
use crate::tls::TlsRules;
use std::time::Duration;

/// The engine's settings. `Default` is what DESIGN 4 and 9 say.
#[derive(Clone, Debug)]
pub struct Settings {
    /// Waits after the first, second, … failed attempt of a leg; the last one repeats.
    /// RFC 5321 §4.5.4.1 asks for 30 min on the whole and allows a cause-aware start.
    pub retry_steps: Vec<Duration>,
    /// A retry moves by up to this share of its wait, so that a backlog does not return as one wave.
    pub jitter_percent: u64,
    /// A leg is given up so long after its acceptance (RFC 5321: 4–5 days).
    pub lifetime: Duration,
    /// The same for the null sender: nobody waits for a bounce of a bounce.
    pub lifetime_null_sender: Duration,
    /// A leg is given up after so many attempts, however young it is; `None`: its lifetime alone decides.
    pub tries_max: Option<u32>,
    /// Ages at which the sender of a message that still waits is told, whatever the cause; once each.
    pub warn: Vec<Duration>,
    /// Suspended mail does not expire in silence: its sender is told so long before the end of its lifetime.
    pub warn_suspended: Duration,
    /// First wait of a host that is down; doubles.
    pub host_first: Duration,
    /// Longest wait of a host that is down.
    pub host_max: Duration,
    /// First wait after a temporary DNS failure; doubles up to `host_max`.
    pub dns_first: Duration,
    /// First wait of a host that does not give the TLS that is demanded; doubles.
    pub tls_first: Duration,
    /// Longest wait of that kind: a person has to renew a certificate or change a rule.
    pub tls_max: Duration,
    /// How long evidence counts while nothing waits, and how long an idle host's record stays.
    pub host_memory: Duration,
    /// A failed extra connection does not make a host down so soon after a delivery.
    pub host_trust: Duration,
    /// After a failed extra connection no further one is dialled for so long.
    pub extra_pause: Duration,
    /// First pause of a host whose replies ask us to slow down; doubles with each pause in a row. A minute is the
    /// period that such replies mostly count by.
    pub backoff_first: Duration,
    /// Longest pause of that kind: half an hour is what shaping rules for large providers wait.
    pub backoff_max: Duration,
    /// Due mail that has waited so long for a limit of ours makes its host Limited: within a minute connections turn over,
    /// and nobody needs to hear of it.
    pub limited_after: Duration,
    /// An address that failed is tried after the others for so long (Momentum: 120 s).
    pub address_memory: Duration,
    /// Connections a host starts with; grows by one with each success.
    pub window_first: u32,
    /// Connections before their greeting to one address that has none past it: a silent peer holds no more.
    pub address_connecting_max: u32,
    /// Changes of its cause that a host remembers exactly: some 32 octets each, kept only while mail waits.
    pub cause_history_max: usize,
    /// Most connections of one host.
    pub window_max: u32,
    /// Most connections to one address that MX records named (several hosts may share it).
    pub address_connections_max: u32,
    /// Most connections to one address of a configured route, and to its host: our own relay.
    pub route_connections_max: u32,
    /// Most sessions past their greeting, over all.
    pub connections_max: u32,
    /// Most connections before their greeting, over all: silent peers hold only this pool.
    pub connecting_max: u32,
    /// After so long without a greeting the host says so, and the connection gives its place up to whoever wants it.
    pub greet_patience: Duration,
    /// Messages carried by one session before it is closed, by MX.
    pub session_messages_max: u32,
    /// The same for a configured route.
    pub route_session_messages_max: u32,
    /// A ready session without work is kept so long.
    pub session_idle: Duration,
    /// Recipients of one transaction (RFC 5321 §4.5.3.1.8 asks receivers for 100; Postfix sends 50).
    pub transaction_recipients_max: usize,
    /// When a fault of ours is suspected behind many refusals at once.
    pub brake: BrakeSettings,
    /// What the configuration allows each destination.
    pub destinations: DestinationLimits,
    /// With more messages in the queue than this their envelopes are folded: then they cost a fifth of the memory, and a
    /// microsecond more when they are tried.
    pub whole_envelopes_max: usize,
    /// What the exchangers of each destination must prove.
    pub tls: TlsRules,
}

impl Default for Settings {
    fn default() -> Settings {
        let minutes = |count: u64| Duration::from_secs(count * 60);
        let hours = |count: u64| Duration::from_secs(count * 3600);
        Settings {
            retry_steps: vec![minutes(5), minutes(10), minutes(20), minutes(40), hours(1), hours(2), hours(4)],
            jitter_percent: 10,
            lifetime: hours(5 * 24),
            lifetime_null_sender: hours(2 * 24),
            tries_max: None,
            warn: vec![hours(4), hours(24)],
            warn_suspended: hours(24),
            host_first: minutes(1),
            host_max: minutes(15),
            dns_first: minutes(5),
            tls_first: minutes(15),
            tls_max: hours(1),
            host_memory: hours(3),
            host_trust: Duration::from_secs(60),
            extra_pause: Duration::from_secs(10),
            backoff_first: minutes(1),
            backoff_max: minutes(30),
            limited_after: minutes(1),
            address_memory: Duration::from_secs(120),
            window_first: 2,
            address_connecting_max: 2,
            cause_history_max: 16,
            window_max: 10,
            address_connections_max: 20,
            route_connections_max: 50,
            connections_max: 500,
            connecting_max: 2_000,
            greet_patience: Duration::from_secs(30),
            session_messages_max: 50,
            route_session_messages_max: 1_000,
            session_idle: Duration::from_secs(10),
            transaction_recipients_max: 50,
            brake: BrakeSettings::default(),
            destinations: DestinationLimits::default(),
            whole_envelopes_max: 50_000,
            tls: TlsRules::default(),
        }
    }
}
