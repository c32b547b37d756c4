//! A bounded look at the outside: dig, telnet, diagnose (`POST /api/v1/probes`, topic `probe`).

use crate::vocab::{NotSent, SessionEnd, Timestamp, VerdictCode};
use crate::wire::{Diagnosis, TlsState, read};
use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;

/// Which look.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "snake_case")]
pub enum ProbeKind {
    /// A question to a name server.
    Dig,
    /// A line session with a mail server.
    Smtp,
    /// Every mail server of a domain, stage by stage.
    Diagnose,
    /// A kind of a newer server.
    #[serde(other)]
    Other,
}

/// The record types that may be asked for, as dig spells them.
pub const RECORD_TYPES: [&str; 9] = ["A", "AAAA", "MX", "TXT", "TLSA", "PTR", "NS", "CNAME", "SOA"];

/// A question to a name server.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct DigRequest {
    /// The name asked for.
    pub name: String,
    /// `A`, `AAAA`, `MX`, `TXT`, `TLSA`, `PTR`, `NS`, `CNAME`, `SOA`; any case. Empty means A.
    #[serde(default)]
    pub rtype: String,
    /// Which server to ask, `ADDRESS[:PORT]`; one that delivery uses, or one of `[probe] dns_servers`. `null`: the first.
    #[serde(default)]
    pub server: Option<String>,
    /// By TCP at once.
    #[serde(default)]
    pub tcp: bool,
    /// Asks for signatures too (the bit DO, RFC 4035 §3.2.1).
    #[serde(default)]
    pub dnssec: bool,
}

/// A line session with a mail server.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct TelnetRequest {
    /// A name or an address.
    pub host: String,
    /// The port; `null` means the delivery port.
    #[serde(default)]
    pub port: Option<u16>,
}

/// `POST /api/v1/probes`: `{"kind":"dig","target":"example.com","rtype":"MX"}`, `{"kind":"smtp","target":"mx.example.com","port":25}`,
/// `{"kind":"diagnose","target":"example.com"}`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct ProbeRequest {
    /// Which look.
    pub kind: ProbeKind,
    /// The name or address looked at.
    #[cfg_attr(feature = "openapi", schema(min_length = 1, max_length = 255))]
    pub target: String,
    /// For dig: the record type.
    #[serde(default)]
    pub rtype: Option<String>,
    /// For dig: the server.
    #[serde(default)]
    pub server: Option<String>,
    /// For dig: by TCP at once.
    #[serde(default)]
    pub tcp: bool,
    /// For dig: with signatures.
    #[serde(default)]
    pub dnssec: bool,
    /// For smtp: the port.
    #[serde(default)]
    #[cfg_attr(feature = "openapi", schema(minimum = 1))]
    pub port: Option<u16>,
    /// For smtp: stays open for lines (`POST /api/v1/probes/{id}/lines`). Else it says QUIT after the greeting.
    #[serde(default)]
    pub live: bool,
}

/// `POST /api/v1/probes/{id}/lines`: a line typed into a session that was begun with `live`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct LineRequest {
    /// Without its line end.
    #[cfg_attr(feature = "openapi", schema(max_length = 2048))]
    pub data: String,
    /// What is added.
    #[serde(default)]
    pub eol: LineEnd,
}

/// What `POST /api/v1/probes` answers.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct ProbeStarted {
    /// Its number, for `GET /api/v1/probes/{id}`.
    pub id: u64,
}

/// Where a probe stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "snake_case")]
pub enum ProbeState {
    /// At work.
    Running,
    /// Ended.
    Done,
    /// A word of a newer server.
    #[serde(other)]
    Other,
}

/// `GET /api/v1/probes/{id}`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Probe {
    /// Its number.
    pub id: u64,
    /// Which look.
    pub kind: ProbeKind,
    /// Where it stands.
    pub state: ProbeState,
    /// The name or address that is looked at, as it was asked for.
    #[serde(default)]
    pub target: String,
    /// For dig: the record type, as it was asked for.
    #[serde(default)]
    pub rtype: Option<String>,
    /// For smtp: the port that was asked for; `null` for the delivery port.
    #[serde(default)]
    pub port: Option<u16>,
    /// When it began.
    #[serde(default)]
    pub begun_at: Option<Timestamp>,
    /// The answer of a dig, once it is there.
    #[serde(default)]
    pub dig: Option<DigAnswer>,
    /// How far a diagnosis has come.
    #[serde(default)]
    pub diagnosis: Option<Diagnosis>,
    /// What happened so far in an SMTP session.
    #[serde(default)]
    pub events: Vec<ProbeEvent>,
}

/// One resource record, as dig prints it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct DigRecord {
    /// The owner, with its final dot.
    pub name: String,
    /// Seconds it may be kept.
    pub ttl: u32,
    /// `IN`.
    pub class: String,
    /// `MX`.
    pub rtype: String,
    /// In presentation format: `10 mx.example.com.`
    pub data: String,
}

/// What a name server answered.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct DigAnswer {
    /// The question: name with its final dot.
    pub name: String,
    /// The question: type.
    pub rtype: String,
    /// `NOERROR`, `NXDOMAIN`, `SERVFAIL`, …
    pub status: String,
    /// The message id.
    pub id: u16,
    /// Header flags in dig's order: `qr`, `aa`, `tc`, `rd`, `ra`, `ad`.
    pub flags: Vec<String>,
    /// ANSWER SECTION.
    pub answer: Vec<DigRecord>,
    /// AUTHORITY SECTION.
    pub authority: Vec<DigRecord>,
    /// ADDITIONAL SECTION, without OPT.
    pub additional: Vec<DigRecord>,
    /// Records that are not shown: their text would be too much.
    #[serde(default)]
    pub left_out: u64,
    /// Milliseconds from question to answer.
    pub query_ms: u64,
    /// `127.0.0.1:53`.
    pub server: String,
    /// `UDP` or `TCP`.
    pub transport: String,
    /// When it was asked.
    pub at: Timestamp,
    /// Octets of the answer.
    pub size_bytes: u64,
    /// For a question for MX: where delivery would go, by its own resolver, routes and cache.
    #[serde(default)]
    pub delivery: Option<DigDelivery>,
}

/// What delivery would use for mail to a domain.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct DigDelivery {
    /// Whether a configured route decides, and not DNS.
    pub by_route: bool,
    /// A route throws this domain's mail away.
    pub discards: bool,
    /// In the order of an attempt; those of one preference take turns, so that the next attempt may begin with another.
    pub hops: Vec<DigHop>,
    /// Seconds until delivery asks again; `null` without a hop.
    pub ttl_seconds: Option<u64>,
    /// Why there is no hop.
    pub because: Option<VerdictCode>,
    /// The same in detail, where there is more to say. Holds names of theirs, hostile.
    pub detail: Option<String>,
}

/// One address that delivery would connect to.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct DigHop {
    /// Lower is tried first.
    pub preference: u16,
    /// Its name, or the address of a route.
    pub exchanger: String,
    /// `192.0.2.25:25`.
    pub address: String,
}

/// How a typed line ends.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "snake_case")]
pub enum LineEnd {
    /// As SMTP wants it.
    #[default]
    Crlf,
    /// To test a broken peer.
    Lf,
    /// Nothing is added.
    None,
}

/// Something that happened in an SMTP probe, in order, with milliseconds since its start.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(tag = "what", rename_all = "snake_case", from = "Flat")]
pub enum ProbeEvent {
    /// The session begins, with its limits.
    Opened {
        /// Since the start.
        ms: u64,
        /// Its number: it is kept under `/probes/{id}`.
        id: u64,
        /// Lines of each side at most.
        lines_max: u64,
        /// Octets of the peer at most.
        octets_max: u64,
        /// It ends after so many seconds without a word of either side,
        idle_seconds: u64,
        /// and after so many in all.
        total_seconds: u64,
    },
    /// An address is dialled.
    Trying {
        /// Since the start.
        ms: u64,
        /// `192.0.2.25:25`.
        address: String,
    },
    /// It answered.
    Connected {
        /// Since the start.
        ms: u64,
        /// `192.0.2.25:25`.
        address: String,
        /// The name that was asked for.
        host: String,
    },
    /// A line came. Hostile text; control characters were kept.
    Line {
        /// Since the start.
        ms: u64,
        /// Without its line end, at most 2,048 octets.
        text: String,
    },
    /// A line went.
    Sent {
        /// Since the start.
        ms: u64,
        /// Without its line end.
        text: String,
    },
    /// Their reply is due and does not come. Said again while it lasts.
    Waiting {
        /// Since the start.
        ms: u64,
        /// Since it is due.
        seconds: u64,
    },
    /// STARTTLS was answered with 220, and the handshake succeeded. What follows goes under TLS.
    Secured {
        /// Since the start.
        ms: u64,
        /// What was proved.
        tls: TlsState,
    },
    /// A typed line was not sent. Said by this server: what the peer says is always a `line`.
    NotSent {
        /// Since the start.
        ms: u64,
        /// Why.
        why: NotSent,
    },
    /// It is over.
    Ended {
        /// Since the start.
        ms: u64,
        /// Whether a connection was ever made.
        connected: bool,
        /// Why, in English.
        reason: String,
        /// The same for whoever says it in another language.
        #[serde(default)]
        why: SessionEnd,
    },
    /// An event of a newer server.
    Other,
}

impl ProbeEvent {
    /// Milliseconds since the start of the session.
    pub fn ms(&self) -> u64 {
        match self {
            ProbeEvent::Opened { ms, .. }
            | ProbeEvent::Trying { ms, .. }
            | ProbeEvent::Connected { ms, .. }
            | ProbeEvent::Line { ms, .. }
            | ProbeEvent::Sent { ms, .. }
            | ProbeEvent::Waiting { ms, .. }
            | ProbeEvent::Secured { ms, .. }
            | ProbeEvent::NotSent { ms, .. }
            | ProbeEvent::Ended { ms, .. } => *ms,
            ProbeEvent::Other => 0,
        }
    }
}

/// All events with all that any of them says: read at once, and then told apart. A reader made for each variant would be
/// many times as large.
#[derive(Deserialize, Default)]
#[serde(default)]
struct Flat {
    what: String,
    ms: u64,
    id: u64,
    lines_max: u64,
    octets_max: u64,
    idle_seconds: u64,
    total_seconds: u64,
    address: String,
    host: String,
    text: String,
    seconds: u64,
    tls: TlsState,
    connected: bool,
    reason: String,
    why: Option<Box<RawValue>>,
}

impl From<Flat> for ProbeEvent {
    fn from(flat: Flat) -> ProbeEvent {
        let Flat { ms, id, address, host, text, seconds, tls, connected, reason, .. } = flat;
        let (lines_max, octets_max) = (flat.lines_max, flat.octets_max);
        let (idle_seconds, total_seconds) = (flat.idle_seconds, flat.total_seconds);
        let why = flat.why.as_ref().map_or("null", |why| why.get());
        match &*flat.what {
            "opened" => ProbeEvent::Opened { ms, id, lines_max, octets_max, idle_seconds, total_seconds },
            "trying" => ProbeEvent::Trying { ms, address },
            "connected" => ProbeEvent::Connected { ms, address, host },
            "line" => ProbeEvent::Line { ms, text },
            "sent" => ProbeEvent::Sent { ms, text },
            "waiting" => ProbeEvent::Waiting { ms, seconds },
            "secured" => ProbeEvent::Secured { ms, tls },
            "not_sent" => ProbeEvent::NotSent { ms, why: read(why).unwrap_or_default() },
            "ended" => ProbeEvent::Ended { ms, connected, reason, why: read(why).unwrap_or_default() },
            _ => ProbeEvent::Other,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_event_reads_back_as_itself_and_a_newer_one_is_other() {
        let address = || "192.0.2.1:25".to_owned();
        let all = vec![
            ProbeEvent::Opened {
                ms: 0,
                id: 7,
                lines_max: 200,
                octets_max: 1_048_576,
                idle_seconds: 60,
                total_seconds: 300,
            },
            ProbeEvent::Trying { ms: 1, address: address() },
            ProbeEvent::Connected { ms: 2, address: address(), host: "mx.test".into() },
            ProbeEvent::Line { ms: 3, text: "220 x".into() },
            ProbeEvent::Sent { ms: 4, text: "NOOP".into() },
            ProbeEvent::Waiting { ms: 5, seconds: 10 },
            ProbeEvent::Secured { ms: 6, tls: TlsState { version: Some("TLS 1.3".into()), ..TlsState::default() } },
            ProbeEvent::NotSent { ms: 7, why: NotSent::BeginsMessage },
            ProbeEvent::Ended {
                ms: 8,
                connected: true,
                reason: "It was quiet.".into(),
                why: SessionEnd::Quiet { seconds: 60 },
            },
        ];
        let json = serde_json::to_string(&all).unwrap();
        assert_eq!(serde_json::from_str::<Vec<ProbeEvent>>(&json).unwrap(), all);
        let newer = r#"{"what":"hologram","ms":1,"why":[1,{"x":2}]}"#;
        assert_eq!(serde_json::from_str::<ProbeEvent>(newer).unwrap(), ProbeEvent::Other);
    }
}
