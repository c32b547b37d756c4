//! The websocket, both ways, on one page.
//!
//! Every frame is `{"t":"delta","sid":3,"seq":41,"b":{…}}`: the kind first, then the body by kind, then
//! each row on its own, so that a frame of a newer server is ignored and one broken row stays one broken row.
//! `sid` numbers subscriptions (chosen by the client), `seq` counts the frames of one subscription from 1:
//! a snapshot replaces everything, a delta carries complete rows and `seq` = last + 1; on a gap the client
//! subscribes again.

use crate::vocab::{Domain, Timestamp};
use crate::wire::reading::{Unread, read};
use crate::wire::{
    Action, ActionRequest, ApiError, HostDetail, HostRow, LineEnd, Overview, ProbeEvent, TelnetRequest, Totals,
};
use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;

/// The subprotocol of `GET /api/v1/ws`. Its name carries the encoding.
pub const SUBPROTOCOL: &str = "nexthop.v1.json";
/// Octets of one frame from a client. A larger one closes the connection.
pub const FRAME_BYTES_MAX: usize = 64 * 1024;

/// What a client says.
#[derive(Clone, Debug, PartialEq)]
pub enum ClientFrame {
    /// First frame on a connection.
    Hello(Hello),
    /// Start following something, or start again after a gap.
    Subscribe {
        /// Chosen by the client, from 1.
        sid: u32,
        /// What to follow.
        topic: Topic,
    },
    /// Look at another part of a list.
    Tune {
        /// Which subscription.
        sid: u32,
        /// The new view.
        query: HostsQuery,
    },
    /// Stop following.
    Unsubscribe {
        /// Which subscription.
        sid: u32,
    },
    /// Painted up to here: the server may send more.
    Ack {
        /// Which subscription.
        sid: u32,
        /// The last frame that was painted.
        seq: u64,
    },
    /// Do something.
    Command {
        /// Repeated in the reply.
        id: u64,
        /// What.
        action: ActionRequest,
    },
    /// A line typed into an SMTP probe.
    Input {
        /// The probe's subscription.
        sid: u32,
        /// Without its line end.
        data: String,
        /// What to add.
        eol: LineEnd,
    },
    /// Are you there?
    Ping {
        /// Repeated in the pong.
        n: u64,
    },
}

/// What a server says.
#[derive(Clone, Debug)]
pub enum ServerFrame {
    /// First frame on a connection.
    Welcome(Welcome),
    /// Replaces all that was known of a list of hosts.
    Snapshot {
        /// Which subscription.
        sid: u32,
        /// Its frame number.
        seq: u64,
        /// The window.
        body: Snapshot,
    },
    /// Changes a list of hosts.
    Delta {
        /// Which subscription.
        sid: u32,
        /// Its frame number: last + 1.
        seq: u64,
        /// The changes.
        body: Delta,
    },
    /// Replaces all that was known of the server as a whole.
    Overview {
        /// Which subscription.
        sid: u32,
        /// Its frame number.
        seq: u64,
        /// The page.
        body: Box<Overview>,
    },
    /// Replaces all that was known of one host.
    Host {
        /// Which subscription.
        sid: u32,
        /// Its frame number.
        seq: u64,
        /// The host; `None` while there is no record of it.
        body: Option<Box<HostDetail>>,
    },
    /// What happened in a probe.
    Events {
        /// Which subscription.
        sid: u32,
        /// Its frame number.
        seq: u64,
        /// In order; never dropped.
        body: ProbeEvents,
    },
    /// A subscription is over.
    End {
        /// Which.
        sid: u32,
        /// Why.
        error: Option<ApiError>,
    },
    /// The answer to a command.
    Reply {
        /// The command's id.
        id: u64,
        /// The receipt, or why not.
        result: Result<Action, ApiError>,
    },
    /// Nothing else was said for 5 s.
    Tick {
        /// The server's time.
        now: Timestamp,
    },
    /// The answer to a ping.
    Pong {
        /// As in the ping.
        n: u64,
    },
    /// The server stops; come back later.
    Drain {
        /// Milliseconds to wait before trying.
        retry_ms: u64,
    },
    /// A frame of a newer server; to be ignored.
    Unknown,
}

/// See [`ClientFrame::Hello`].
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Hello {
    /// The build of the page.
    pub build: String,
    /// `en` or `ja`.
    #[serde(default)]
    pub locale: String,
}

/// See [`ServerFrame::Welcome`].
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Welcome {
    /// Number of this connection.
    pub conn: u64,
    /// Changes at every start of the server.
    pub epoch: u64,
    /// The build of the server.
    pub build: String,
    /// The server's time.
    pub now: Timestamp,
    /// The name the server greets with.
    pub hostname: String,
    /// Whether this is the lab.
    #[serde(default)]
    pub lab: bool,
    /// What the client may ask for.
    pub limits: Limits,
}

/// See [`Welcome::limits`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Limits {
    /// Subscriptions per connection.
    pub subscriptions: u32,
    /// Rows of a window.
    pub window_rows: u32,
    /// Octets of a frame from the client.
    pub frame_bytes: u32,
}

/// What can be followed.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "name", rename_all = "snake_case")]
pub enum Topic {
    /// The list of hosts with the totals.
    Hosts {
        /// Which part of it.
        query: HostsQuery,
    },
    /// The server as a whole, at most once a second. Its frames are not acknowledged.
    Overview,
    /// Everything known of one host, four times a second at most. Its frames are not acknowledged.
    Host {
        /// Which.
        host: Domain,
        /// The language of its sentences, `en` or `ja`; the server's where it is not known.
        #[serde(default)]
        locale: String,
    },
    /// A new SMTP session, followed line by line.
    Smtp {
        /// With whom.
        request: TelnetRequest,
    },
    /// A probe as it goes on, or as it went. Nothing is typed into it here.
    Probe {
        /// Its number.
        id: u64,
    },
    /// A topic of a newer client.
    #[serde(other)]
    Other,
}

/// Which part of the list of hosts, in which order.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct HostsQuery {
    /// Words that the domain must hold, a badge (`status:down`), a wait cause (`cause:retry`); empty for all.
    pub filter: String,
    /// By what.
    pub sort: HostSort,
    /// Smallest first instead of largest first.
    pub ascending: bool,
    /// The rows wanted.
    pub window: Window,
    /// The order stays as it is (a pointer rests on the table); values go on changing.
    pub freeze: bool,
}

/// A part of a list.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Window {
    /// Rows to skip.
    pub first: u32,
    /// Rows wanted, at most 200.
    pub len: u32,
}

impl Default for Window {
    fn default() -> Window {
        Window { first: 0, len: 100 }
    }
}

/// By what a list of hosts is sorted. The first five are the ancestor's keys.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum HostSort {
    /// `active_rcpts`
    #[default]
    ActiveRecipients,
    /// `conn_out`
    CurrentOutboundConnections,
    /// `delivered`
    DeliveredRecipients,
    /// `soft_bounced`
    SoftBouncedEvents,
    /// `hard_bounced`
    HardBouncedRecipients,
    /// A to Z.
    Host,
    /// Down, Limited, Held, Unknown with mail waiting, Up, Unknown.
    Status,
    /// Oldest message first.
    OldestMessageAt,
    /// Next attempt first.
    NextAttemptAt,
}

/// A window of the list of hosts, whole.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub struct Snapshot {
    /// Complete rows in order. Each is decoded on its own by [`Snapshot::decode_rows`].
    pub rows: Vec<Box<RawValue>>,
    /// Rows of the list before the first of these.
    #[serde(default)]
    pub first: u32,
    /// How many there are.
    pub count: HostsCount,
}

/// What changed in the window since the last frame.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub struct Delta {
    /// Complete rows that changed or came into the window.
    #[serde(default)]
    pub rows: Vec<Box<RawValue>>,
    /// The hosts of the window in order, when the order or the membership changed.
    #[serde(default)]
    pub order: Option<Vec<String>>,
    /// Rows of the list before the first of `order`.
    #[serde(default)]
    pub first: u32,
    /// How many there are, when that changed.
    #[serde(default)]
    pub count: Option<HostsCount>,
    /// Rows that would move if the order were not frozen.
    #[serde(default)]
    pub moved: u32,
}

/// Numbers beside the window.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct HostsCount {
    /// Hosts in all.
    pub total: u64,
    /// Hosts that match the filter.
    pub matching: u64,
    /// Sums over all hosts.
    pub totals: Totals,
}

/// What happened in a probe.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ProbeEvents {
    /// In order.
    pub items: Vec<ProbeEvent>,
}

/// Why a text is no frame.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DecodeError(pub String);

impl std::fmt::Display for DecodeError {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "this is no frame of {SUBPROTOCOL}: {}", self.0)
    }
}
impl std::error::Error for DecodeError {}

impl From<serde_json::Error> for DecodeError {
    fn from(why: serde_json::Error) -> DecodeError {
        DecodeError(why.to_string())
    }
}

impl From<Unread> for DecodeError {
    fn from(why: Unread) -> DecodeError {
        DecodeError(why.to_string())
    }
}

/// Decodes rows one by one; counts those that could not be read.
pub fn decode_rows(rows: &[Box<RawValue>]) -> (Vec<HostRow>, usize) {
    let good: Vec<HostRow> = rows.iter().filter_map(|raw| read(raw.get()).ok()).collect();
    let broken = rows.len() - good.len();
    (good, broken)
}

impl Snapshot {
    /// The rows that could be read, and how many could not.
    pub fn decode_rows(&self) -> (Vec<HostRow>, usize) {
        decode_rows(&self.rows)
    }
}
impl Delta {
    /// The rows that could be read, and how many could not.
    pub fn decode_rows(&self) -> (Vec<HostRow>, usize) {
        decode_rows(&self.rows)
    }
}

fn is_zero<T: Default + PartialEq>(number: &T) -> bool {
    *number == T::default()
}

#[derive(Serialize)]
struct EnvelopeOut<'a, B> {
    t: &'a str,
    #[serde(skip_serializing_if = "is_zero")]
    sid: u32,
    #[serde(skip_serializing_if = "is_zero")]
    seq: u64,
    b: B,
}

#[derive(Deserialize)]
struct EnvelopeIn<'a> {
    #[serde(borrow)]
    t: std::borrow::Cow<'a, str>,
    #[serde(default)]
    sid: u32,
    #[serde(default)]
    seq: u64,
    #[serde(borrow, default)]
    b: Option<&'a RawValue>,
}

impl EnvelopeIn<'_> {
    fn body<'a, B: Deserialize<'a>>(&'a self) -> Result<B, DecodeError> {
        Ok(serde_json::from_str(self.b.map_or("null", RawValue::get))?)
    }

    fn read<'a, B: Deserialize<'a>>(&'a self) -> Result<B, DecodeError> {
        Ok(read(self.b.map_or("null", RawValue::get))?)
    }
}

#[derive(Serialize, Deserialize)]
struct SubscribeBody {
    topic: Topic,
}
#[derive(Serialize, Deserialize)]
struct TuneBody {
    query: HostsQuery,
}
#[derive(Serialize, Deserialize)]
struct CommandBody {
    id: u64,
    cmd: ActionRequest,
}
#[derive(Serialize, Deserialize)]
struct InputBody {
    data: String,
    #[serde(default)]
    eol: LineEnd,
}
#[derive(Serialize, Deserialize)]
struct PingBody {
    n: u64,
}
#[derive(Serialize, Deserialize)]
struct EndBody {
    #[serde(default)]
    error: Option<ApiError>,
}
#[derive(Serialize, Deserialize)]
struct ReplyBody {
    id: u64,
    #[serde(default)]
    ok: Option<Action>,
    #[serde(default)]
    error: Option<ApiError>,
}
#[derive(Serialize, Deserialize)]
struct TickBody {
    now: Timestamp,
}
#[derive(Serialize, Deserialize)]
struct DrainBody {
    retry_ms: u64,
}

fn text<B: Serialize>(t: &str, sid: u32, seq: u64, b: B) -> String {
    serde_json::to_string(&EnvelopeOut { t, sid, seq, b })
        .expect("wire types always serialise: string keys, no fallible parts")
}

impl ClientFrame {
    /// The frame as text.
    pub fn encode(&self) -> String {
        match self {
            ClientFrame::Hello(hello) => text("hello", 0, 0, hello),
            ClientFrame::Subscribe { sid, topic } => text("sub", *sid, 0, SubscribeBody { topic: topic.clone() }),
            ClientFrame::Tune { sid, query } => text("tune", *sid, 0, TuneBody { query: query.clone() }),
            ClientFrame::Unsubscribe { sid } => text("unsub", *sid, 0, ()),
            ClientFrame::Ack { sid, seq } => text("ack", *sid, *seq, ()),
            ClientFrame::Command { id, action } => text("cmd", 0, 0, CommandBody { id: *id, cmd: action.clone() }),
            ClientFrame::Input { sid, data, eol } => {
                text("input", *sid, 0, InputBody { data: data.clone(), eol: *eol })
            }
            ClientFrame::Ping { n } => text("ping", 0, 0, PingBody { n: *n }),
        }
    }

    /// Reads a frame; a kind that is not known is an error, for a server must not guess.
    pub fn decode(frame: &str) -> Result<ClientFrame, DecodeError> {
        let envelope: EnvelopeIn<'_> = serde_json::from_str(frame)?;
        let sid = envelope.sid;
        Ok(match &*envelope.t {
            "hello" => ClientFrame::Hello(envelope.body()?),
            "sub" => ClientFrame::Subscribe { sid, topic: envelope.body::<SubscribeBody>()?.topic },
            "tune" => ClientFrame::Tune { sid, query: envelope.body::<TuneBody>()?.query },
            "unsub" => ClientFrame::Unsubscribe { sid },
            "ack" => ClientFrame::Ack { sid, seq: envelope.seq },
            "cmd" => {
                let body: CommandBody = envelope.body()?;
                ClientFrame::Command { id: body.id, action: body.cmd }
            }
            "input" => {
                let body: InputBody = envelope.body()?;
                ClientFrame::Input { sid, data: body.data, eol: body.eol }
            }
            "ping" => ClientFrame::Ping { n: envelope.body::<PingBody>()?.n },
            other => return Err(DecodeError(format!("unknown kind {other:?}"))),
        })
    }
}

impl ServerFrame {
    /// The frame as text.
    pub fn encode(&self) -> String {
        match self {
            ServerFrame::Welcome(welcome) => text("welcome", 0, 0, welcome),
            ServerFrame::Snapshot { sid, seq, body } => text("snap", *sid, *seq, body),
            ServerFrame::Delta { sid, seq, body } => text("delta", *sid, *seq, body),
            ServerFrame::Overview { sid, seq, body } => text("overview", *sid, *seq, body),
            ServerFrame::Host { sid, seq, body } => text("host", *sid, *seq, body),
            ServerFrame::Events { sid, seq, body } => text("events", *sid, *seq, body),
            ServerFrame::End { sid, error } => text("end", *sid, 0, EndBody { error: error.clone() }),
            ServerFrame::Reply { id, result } => {
                let (ok, error) = match result.clone() {
                    Ok(action) => (Some(action), None),
                    Err(error) => (None, Some(error)),
                };
                text("reply", 0, 0, ReplyBody { id: *id, ok, error })
            }
            ServerFrame::Tick { now } => text("tick", 0, 0, TickBody { now: *now }),
            ServerFrame::Pong { n } => text("pong", 0, 0, PingBody { n: *n }),
            ServerFrame::Drain { retry_ms } => text("drain", 0, 0, DrainBody { retry_ms: *retry_ms }),
            ServerFrame::Unknown => text("unknown", 0, 0, ()),
        }
    }

    /// Reads a frame; a kind that is not known is [`ServerFrame::Unknown`], for a page outlives an upgrade.
    pub fn decode(frame: &str) -> Result<ServerFrame, DecodeError> {
        let envelope: EnvelopeIn<'_> = read(frame)?;
        let (sid, seq) = (envelope.sid, envelope.seq);
        Ok(match &*envelope.t {
            "welcome" => ServerFrame::Welcome(envelope.read()?),
            "snap" => ServerFrame::Snapshot { sid, seq, body: envelope.read()? },
            "delta" => ServerFrame::Delta { sid, seq, body: envelope.read()? },
            "overview" => ServerFrame::Overview { sid, seq, body: envelope.read()? },
            "host" => ServerFrame::Host { sid, seq, body: envelope.read()? },
            "events" => ServerFrame::Events { sid, seq, body: envelope.read()? },
            "end" => ServerFrame::End { sid, error: envelope.read::<EndBody>()?.error },
            "reply" => {
                let body: ReplyBody = envelope.read()?;
                let result = match (body.ok, body.error) {
                    (_, Some(error)) => Err(error),
                    (Some(action), None) => Ok(action),
                    (None, None) => return Err(DecodeError("a reply without ok or error".into())),
                };
                ServerFrame::Reply { id: body.id, result }
            }
            "tick" => ServerFrame::Tick { now: envelope.read::<TickBody>()?.now },
            "pong" => ServerFrame::Pong { n: envelope.read::<PingBody>()?.n },
            "drain" => ServerFrame::Drain { retry_ms: envelope.read::<DrainBody>()?.retry_ms },
            _ => ServerFrame::Unknown,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_client_frame_reads_back_as_itself() {
        let query = HostsQuery {
            filter: "status:down".into(),
            sort: HostSort::Host,
            ascending: true,
            window: Window { first: 3, len: 9 },
            freeze: true,
        };
        for frame in [
            ClientFrame::Hello(Hello { build: "1".into(), locale: "ja".into() }),
            ClientFrame::Subscribe { sid: 1, topic: Topic::Hosts { query: query.clone() } },
            ClientFrame::Subscribe {
                sid: 2,
                topic: Topic::Smtp { request: TelnetRequest { host: "mx.test".into(), port: Some(25) } },
            },
            ClientFrame::Tune { sid: 1, query },
            ClientFrame::Unsubscribe { sid: 1 },
            ClientFrame::Ack { sid: 1, seq: 41 },
            ClientFrame::Input { sid: 2, data: "EHLO x".into(), eol: LineEnd::Crlf },
            ClientFrame::Ping { n: 7 },
        ] {
            assert_eq!(ClientFrame::decode(&frame.encode()).unwrap(), frame);
        }
    }

    #[test]
    fn a_server_frame_of_a_newer_server_is_ignored_and_a_newer_client_is_told() {
        assert!(matches!(ServerFrame::decode(r#"{"t":"hologram","b":{"x":1}}"#), Ok(ServerFrame::Unknown)));
        assert!(ClientFrame::decode(r#"{"t":"hologram"}"#).is_err());
    }

    #[test]
    fn one_broken_row_is_one_broken_row() {
        let frame = r#"{"t":"snap","sid":1,"seq":1,"b":{"rows":[{"host":"a..b"},{"nonsense":1}],"count":{"total":2,"matching":2,"totals":{}}}}"#;
        let Ok(ServerFrame::Snapshot { sid: 1, seq: 1, body }) = ServerFrame::decode(frame) else {
            panic!("a snapshot")
        };
        assert_eq!(body.decode_rows().1, 2);
        assert_eq!(body.count.total, 2);
    }

    #[test]
    fn the_envelope_is_as_promised() {
        assert_eq!(ClientFrame::Ack { sid: 3, seq: 41 }.encode(), r#"{"t":"ack","sid":3,"seq":41,"b":null}"#);
        assert_eq!(ServerFrame::Pong { n: 1 }.encode(), r#"{"t":"pong","b":{"n":1}}"#);
    }
}
