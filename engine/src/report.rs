//! A report to the sender (RFC 3464) that the engine wants written: what it is about, not how it reads.
//!
//! Promises: a report of failure carries the settlement of the recipients it ends, so that the room that writes it can
//! keep both as one record: a recipient leaves only after what replaces it is on disk.
//! Never: about a message from the null sender, or a recipient whose sender asked not to hear.
//! The walk goes on in the room `report` of the backend.

use crate::envelope::{Envelope, Settlement};
use common::vocab::{Domain, RecipientId, Reply, Timestamp, VerdictCode};
use std::sync::Arc;

/// What happened to the recipients of a report (RFC 3464 §2.3.3).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ReportKind {
    /// Failed for good.
    Failed,
    /// Late, still being tried.
    Delayed,
    /// Accepted by a next hop that does not report by itself (`relayed`): only if `NOTIFY=SUCCESS` was asked.
    Relayed,
}

/// One recipient of a report.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Reported {
    /// Its number within the message.
    pub rid: RecipientId,
    /// What it means.
    pub verdict: VerdictCode,
    /// What they said, if they did.
    pub reply: Option<Reply>,
    /// The exchanger that said it, if one did.
    pub exchanger: Option<Domain>,
    /// When the last attempt ended, if there was one.
    pub last_attempt_at: Option<Timestamp>,
    /// Delayed: until when it is tried.
    pub expires_at: Timestamp,
}

/// A report to write.
#[derive(Clone, Debug)]
pub struct Report {
    /// The message that it is about; its sender is not the null sender.
    pub envelope: Arc<Envelope>,
    /// What happened.
    pub kind: ReportKind,
    /// To whom; all of one kind.
    pub recipients: Vec<Reported>,
    /// What takes effect with the report, in the same record. `None` for a delay.
    pub settlement: Option<Settlement>,
}
