//! A leg: up to 50 recipients of one message for one host. It has one timer and one count of attempts.
//!
//! Moves (all made by [`crate::host::Host`], which counts recipients by stage):
//!
//! ```text
//! Due ──▶ Sending ──▶ (gone)            every recipient ended
//!  ▲         ├──────▶ Retry ──▶ Due     some were deferred; the timer ran out, or an operator said now
//!  └─────────┘                          the session broke before the attempt counted
//! ```

use crate::host::Own;
use crate::queue::{Spent, Word};
use common::vocab::{MessageId, RecipientId, Timestamp, WaitCause};

/// Names a leg within its host: the message, and which fifty of its recipients for this host.
pub type LegKey = (MessageId, u16);

/// Where a leg stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum LegStage {
    /// It may go as soon as the host lets it.
    Due {
        /// The host's epoch at which it came to wait as it does: what is older was called by every retry since.
        epoch: u32,
    },
    /// Its own timer runs. If `epoch` is older than the host's, an operator has made it due.
    Retry {
        /// When it is due.
        until: Timestamp,
        /// The host's epoch at which the timer was set.
        epoch: u32,
        /// The brake on mass bounces set it: a guard of ours, not a reply to the leg alone.
        braked: bool,
    },
    /// A session carries it: the session knows as which attempt.
    Sending {
        /// That of the stage before.
        epoch: u32,
        /// The host's epoch when it was taken.
        taken: u32,
    },
}

impl LegStage {
    /// The host's epoch at which it came to wait as it does, or did before it was taken.
    pub fn epoch(self) -> u32 {
        match self {
            LegStage::Due { epoch } | LegStage::Retry { epoch, .. } | LegStage::Sending { epoch, .. } => epoch,
        }
    }

    /// Whether a session carries it.
    pub fn is_sending(self) -> bool {
        matches!(self, LegStage::Sending { .. })
    }

    /// Whether it stood here when the host's epoch became this one, and was not being sent.
    pub fn waited_at(self, epoch: u32) -> bool {
        match self {
            LegStage::Sending { epoch: before, taken } => before < epoch && taken >= epoch,
            LegStage::Due { .. } | LegStage::Retry { .. } => self.epoch() < epoch,
        }
    }
}

/// See the head of this file. A million of them may wait: most have one recipient and were never answered.
#[derive(Clone, Debug)]
pub struct Leg {
    /// Where it stands.
    pub stage: LegStage,
    /// Since when it stands there.
    pub since: Timestamp,
    /// What most legs do not have.
    more: Option<Box<More>>,
    /// Attempts that ended with an answer for this leg. A host that was not reached does not count.
    pub attempts: u32,
    /// Its recipient, if it is one.
    rid: RecipientId,
}

#[derive(Clone, Debug, Default)]
struct More {
    /// Its recipients that are still in the queue, ascending, unless it is one.
    rids: Option<Box<[RecipientId]>>,
    /// How long it waited for what before it stood where it stands.
    spent: Spent,
    /// What the latest attempt came to.
    latest: Option<Word>,
}

impl Leg {
    /// What it says itself about its wait.
    pub fn own(&self) -> Own {
        match self.stage {
            LegStage::Due { .. } => Own::Due,
            LegStage::Retry { epoch, braked, .. } => {
                Own::Timer(if braked { WaitCause::Guard } else { WaitCause::Retry }, epoch)
            }
            LegStage::Sending { .. } => Own::Sending,
        }
    }

    /// A leg of these recipients, ascending, that is known from now on.
    pub fn new(now: Timestamp, rids: &[RecipientId], attempts: u32, stage: LegStage) -> Leg {
        let mut leg = Leg { stage, since: now, more: None, attempts, rid: RecipientId(0) };
        leg.set_rids(rids);
        leg
    }

    /// Its recipients that are still in the queue, ascending.
    pub fn rids(&self) -> &[RecipientId] {
        match self.more.as_ref().and_then(|more| more.rids.as_ref()) {
            Some(rids) => rids,
            None => std::slice::from_ref(&self.rid),
        }
    }

    /// From now on these.
    pub fn set_rids(&mut self, rids: &[RecipientId]) {
        if let [rid] = rids {
            self.rid = *rid;
            if let Some(more) = &mut self.more {
                more.rids = None;
            }
        } else {
            self.more.get_or_insert_default().rids = Some(rids.into());
        }
    }

    /// What the latest attempt came to.
    pub fn latest(&self) -> Option<&Word> {
        self.more.as_ref()?.latest.as_ref()
    }

    /// An attempt came to this.
    pub fn set_latest(&mut self, word: Word) {
        self.more.get_or_insert_default().latest = Some(word);
    }

    /// How long it waited for what before it stood where it stands.
    pub fn spent(&self) -> Spent {
        self.more.as_ref().map(|more| more.spent).unwrap_or_default()
    }

    /// The same, to be added to.
    pub fn spent_mut(&mut self) -> &mut Spent {
        &mut self.more.get_or_insert_default().spent
    }

    /// Recipients of the leg.
    pub fn recipients(&self) -> u64 {
        self.rids().len() as u64
    }
}
