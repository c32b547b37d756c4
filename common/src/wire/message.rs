//! A message and its recipients (`POST /api/v1/messages`, `GET /api/v1/messages/{mid}`).

use crate::vocab::{Address, CauseCounts, Domain, MessageId, RecipientId, Timestamp, WaitCause};
use crate::wire::Because;
use serde::{Deserialize, Serialize};

/// Where a recipient stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "snake_case")]
pub enum RecipientState {
    /// Waits in the queue.
    Queued,
    /// A session is delivering it.
    Sending,
    /// Held by a person or a rule.
    Held,
    /// Accepted by the next hop.
    Delivered,
    /// Failed for good.
    Bounced,
    /// Its lifetime ran out.
    Expired,
    /// Removed by an operator.
    Deleted,
    /// A word of a newer server.
    #[serde(other)]
    Other,
}

/// One recipient of a message.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct RecipientRow {
    /// Its number within the message.
    pub rid: RecipientId,
    /// The envelope address as it was accepted, for people to read: whoever shows it needs no rules of addresses.
    pub address: String,
    /// Its destination domain.
    pub host: Domain,
    /// Where it stands.
    pub state: RecipientState,
    /// Why it waits, while it is queued.
    pub cause: Option<WaitCause>,
    /// What that rests on.
    #[serde(default)]
    pub because: Option<Because>,
    /// What else holds it, in naming order.
    #[serde(default)]
    pub also: Vec<WaitCause>,
    /// How many seconds it has waited for what; with `unrecorded_seconds` they sum to its age.
    #[serde(default)]
    pub waited_seconds: CauseCounts,
    /// Seconds of its age that this process has not seen: before it started, or while the machine slept.
    #[serde(default)]
    pub unrecorded_seconds: u64,
    /// Attempts so far.
    pub attempts: u32,
    /// When it is tried next, if a timer decides.
    pub next_attempt_at: Option<Timestamp>,
    /// When it is given up.
    pub expires_at: Option<Timestamp>,
    /// The latest reply to it. Hostile text.
    pub reply: Option<String>,
}

/// A queued message.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct MessageDetail {
    /// Its number.
    pub mid: MessageId,
    /// The envelope sender; empty for the null sender.
    pub from: String,
    /// Octets as accepted, our Received field included.
    pub size_bytes: u64,
    /// When it was accepted.
    pub received_at: Timestamp,
    /// The Message-ID field, when known.
    pub message_id: Option<String>,
    /// The Subject field, when known.
    pub subject: Option<String>,
    /// When this answer was made.
    #[serde(default)]
    pub as_of: Option<Timestamp>,
    /// Its recipients still in the queue.
    pub recipients: Vec<RecipientRow>,
}

/// `POST /api/v1/messages` as JSON. As `message/rfc822` the body is `raw`, and the rest stands behind `?`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(deny_unknown_fields)]
pub struct NewMessage {
    /// The envelope sender; empty for the null sender.
    pub from: String,
    /// The envelope recipients.
    #[cfg_attr(feature = "openapi", schema(min_items = 1, max_items = 1000))]
    pub to: Vec<String>,
    /// The message: header fields, an empty line, the text. Lines may end with CRLF, LF or CR.
    pub raw: String,
    /// What the sender wants to hear (RFC 3461): `never`, or some of `success`, `failure`, `delay` with commas between.
    #[serde(default)]
    pub notify: Option<String>,
    /// How much of the message a report brings back: `full` or `hdrs`.
    #[serde(default)]
    pub ret: Option<String>,
    /// A name of the sender's own that a report brings back.
    #[serde(default)]
    pub envid: Option<String>,
}

/// What `POST /api/v1/messages` answers once the message is on disk.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct AcceptedMessage {
    /// Its number.
    pub mid: MessageId,
    /// Its recipients: aliases of our own names followed, each once.
    pub recipients: Vec<AcceptedRecipient>,
}

/// One recipient of a message that was taken.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct AcceptedRecipient {
    /// Its number within the message.
    pub rid: RecipientId,
    /// The envelope address.
    pub address: Address,
    /// Its destination domain.
    pub host: Domain,
}
