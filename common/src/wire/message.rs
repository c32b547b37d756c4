//! A message and its recipients (`GET /api/v1/messages/{mid}`).

use crate::vocab::{Address, Domain, MessageId, RecipientId, Timestamp, WaitCause};
use serde::{Deserialize, Serialize};

/// Where a recipient stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
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
pub struct RecipientRow {
    /// Its number within the message.
    pub rid: RecipientId,
    /// The envelope address.
    pub address: Address,
    /// Its destination domain.
    pub host: Domain,
    /// Where it stands.
    pub state: RecipientState,
    /// Why it waits, while it is queued.
    pub cause: Option<WaitCause>,
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
    /// Its recipients still in the queue.
    pub recipients: Vec<RecipientRow>,
}
