//! The last word on a leg: what the latest attempt came to, and who said it.

use crate::report::Reported;
use common::vocab::{Domain, RecipientId, Reply, Timestamp, VerdictCode};
use std::sync::Arc;

/// See the head of this file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Word {
    /// What it means.
    pub code: VerdictCode,
    /// What they said, if they did.
    pub reply: Option<Reply>,
    /// The exchanger that said it, if one did; a route may name an address instead.
    pub exchanger: Option<Arc<str>>,
    /// When the attempt ended, if there was one.
    pub at: Option<Timestamp>,
}

impl Word {
    /// The same as a report carries it.
    pub fn reported(&self, rid: RecipientId, expires_at: Timestamp) -> Reported {
        let exchanger: Option<Domain> = self.exchanger.as_ref().and_then(|name| name.parse().ok());
        Reported { rid, verdict: self.code, reply: self.reply.clone(), exchanger, last_attempt_at: self.at, expires_at }
    }
}
