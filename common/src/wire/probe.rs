//! A bounded look at the outside: dig and telnet (`POST /api/v1/probes`, topic `probe`).

use crate::vocab::{NotSent, Timestamp};
use serde::{Deserialize, Serialize};

/// Which look.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "snake_case")]
pub enum ProbeKind {
    /// A question to a name server.
    Dig,
    /// A line session with a mail server.
    Smtp,
    /// A kind of a newer server.
    #[serde(other)]
    Other,
}

/// A question to a name server.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct DigRequest {
    /// The name asked for.
    pub name: String,
    /// `A`, `AAAA`, `MX`, `TXT`, `TLSA`, `PTR`, `NS`, `CNAME`, `SOA`; any case. Empty means A.
    #[serde(default)]
    pub rtype: String,
    /// Which server to ask, `ADDRESS[:PORT]`; only one that delivery uses is allowed. `null`: the first.
    #[serde(default)]
    pub server: Option<String>,
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

/// `POST /api/v1/probes`: `{"kind":"dig","target":"example.com","rtype":"MX"}`, `{"kind":"smtp","target":"mx.example.com","port":25}`.
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
    /// For smtp: the port.
    #[serde(default)]
    #[cfg_attr(feature = "openapi", schema(minimum = 1))]
    pub port: Option<u16>,
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
    /// The answer of a dig, once it is there.
    #[serde(default)]
    pub dig: Option<DigAnswer>,
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
#[serde(tag = "what", rename_all = "snake_case")]
pub enum ProbeEvent {
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
        /// Why, in words.
        reason: String,
    },
    /// An event of a newer server.
    #[serde(other)]
    Other,
}
