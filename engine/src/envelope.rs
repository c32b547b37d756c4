//! What moves through the house: the accepted envelope, the order for a session, the settlement for the spool.

use crate::dsn::Dsn;
use common::vocab::{Address, AttemptId, Domain, HardBounce, MessageId, RecipientId, ReversePath, Timestamp};
use std::sync::Arc;

/// An accepted message without its body. The index of a recipient in `recipients` is its RID.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Envelope {
    /// Its number.
    pub mid: MessageId,
    /// Whom to tell when it fails.
    pub from: ReversePath,
    /// The envelope recipients in the order in which they came.
    pub recipients: Vec<Address>,
    /// Octets of the body as kept, our Received field included.
    pub size_bytes: u64,
    /// When it was accepted.
    pub received_at: Timestamp,
    /// The body holds octets above 127 (RFC 6152).
    pub eight_bit: bool,
    /// An address or a header field holds UTF-8: only a next hop with SMTPUTF8 may have it (RFC 6531).
    pub smtputf8: bool,
    /// What the sender asked about reports (RFC 3461).
    pub dsn: Dsn,
}

/// A message found on disk at the start, with its recipients that are not settled yet.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Recovered {
    /// The message.
    pub envelope: Arc<Envelope>,
    /// What waits of it. Recipients that are not named here are settled.
    pub waiting: Vec<RecoveredRecipient>,
}

/// A recipient that still waits.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct RecoveredRecipient {
    /// Its number within the message.
    pub rid: RecipientId,
    /// Attempts so far. A `begun` without its `done` counts as one.
    pub attempts: u32,
    /// When it is to be tried, if that was written down; else it is due.
    pub next_attempt_at: Option<Timestamp>,
    /// The brake on mass bounces holds it until then.
    pub braked: bool,
}

/// One message to carry over one session: at most 50 recipients, all of one host.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Order {
    /// Names this try in log and journal.
    pub attempt: AttemptId,
    /// The message; its body is asked of the spool.
    pub envelope: Arc<Envelope>,
    /// Which of its recipients, ascending.
    pub rids: Vec<RecipientId>,
    /// Their destination domain.
    pub host: Domain,
}

/// How some recipients of a message ended, or when they are tried again.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Settlement {
    /// The message.
    pub mid: MessageId,
    /// Which recipients, and how.
    pub recipients: Vec<(RecipientId, Settled)>,
    /// No recipient of the message is left in the queue: the spool may forget its body.
    pub message_done: bool,
}

/// How a recipient ended, or that it has not.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Settled {
    /// Accepted by the next hop.
    Delivered,
    /// Failed for good.
    Bounced(HardBounce),
    /// Removed by an operator.
    Deleted,
    /// Still in the queue: tried so often, to be tried again then.
    Deferred {
        /// Attempts so far.
        attempts: u32,
        /// When it is due.
        next_attempt_at: Timestamp,
        /// The brake on mass bounces holds it until then.
        braked: bool,
    },
}
