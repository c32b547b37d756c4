//! A leg: up to 50 recipients of one message for one host. It has one timer and one count of attempts.
//!
//! Moves (all made by [`crate::host::Host`], which counts recipients by stage):
//!
//! ```text
//! Due ──▶ Sending ──▶ (gone)            every recipient ended
//!  ▲         ├──────▶ Retry ──▶ Due     some were deferred; the timer ran out, or an operator said now
//!  └─────────┘                          the session broke before the attempt counted
//! ```

use crate::envelope::Envelope;
use crate::host::Own;
use crate::queue::{Spent, Word};
use common::vocab::{AttemptId, MessageId, RecipientId, SessionId, Timestamp, WaitCause};
use std::sync::Arc;

/// Names a leg within its host: the message, and which fifty of its recipients for this host.
pub type LegKey = (MessageId, u16);

/// Where a leg stands.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum LegStage {
    /// It may go as soon as the host lets it.
    Due,
    /// Its own timer runs. If `epoch` is older than the host's, an operator has made it due.
    Retry {
        /// When it is due.
        until: Timestamp,
        /// The host's epoch at which the timer was set.
        epoch: u32,
        /// The brake on mass bounces set it: a guard of ours, not a reply to the leg alone.
        braked: bool,
    },
    /// A session carries it.
    Sending {
        /// Which session.
        session: SessionId,
        /// Which attempt.
        attempt: AttemptId,
    },
}

/// See the head of this file.
#[derive(Clone, Debug)]
pub struct Leg {
    /// The message.
    pub envelope: Arc<Envelope>,
    /// Its recipients that are still in the queue, ascending.
    pub rids: Vec<RecipientId>,
    /// Attempts that ended with an answer for this leg. A host that was not reached does not count.
    pub attempts: u32,
    /// Where it stands.
    pub stage: LegStage,
    /// Since when it stands there.
    pub since: Timestamp,
    /// How long it waited for what before that; nothing while it was never tried.
    pub spent: Option<Box<Spent>>,
    /// What the latest attempt came to.
    pub latest: Option<Box<Word>>,
}

impl Leg {
    /// What it says itself about its wait.
    pub fn own(&self) -> Own {
        match self.stage {
            LegStage::Due => Own::Due,
            LegStage::Retry { epoch, braked, .. } => {
                Own::Timer(if braked { WaitCause::Guard } else { WaitCause::Retry }, epoch)
            }
            LegStage::Sending { .. } => Own::Sending,
        }
    }

    /// Recipients of the leg.
    pub fn recipients(&self) -> u64 {
        self.rids.len() as u64
    }
}
