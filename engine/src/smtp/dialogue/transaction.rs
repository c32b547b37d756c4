//! One order under way: what became of each recipient so far.
//!
//! Promises: an outcome that was decided is never changed; [`Transaction::into_outcomes`] has one for everybody.

use crate::envelope::Order;
use crate::failure::{Failure, Outcome, Stage, Trouble};
use common::vocab::{RecipientId, Reply};
use std::time::Duration;

/// Where one recipient stands.
#[derive(Debug)]
enum Fate {
    /// Its RCPT was not answered.
    Open,
    /// Its RCPT was accepted.
    Taken,
    /// Settled.
    Decided(Outcome),
}

/// One order under way.
#[derive(Debug)]
pub(super) struct Transaction {
    order: Order,
    fates: Vec<Fate>,
    /// MAIL was accepted: the peer holds a transaction.
    pub(super) mail_taken: bool,
    /// DATA was answered: it is not sent again.
    pub(super) data_answered: bool,
}

impl Transaction {
    pub(super) fn new(order: Order) -> Transaction {
        let fates = order.rids.iter().map(|_| Fate::Open).collect();
        Transaction { order, fates, mail_taken: false, data_answered: false }
    }

    pub(super) fn order(&self) -> &Order {
        &self.order
    }

    /// Recipients in all.
    pub(super) fn len(&self) -> usize {
        self.fates.len()
    }

    /// RCPT of this one was answered 2xx. That counts only while it is open: after a refused MAIL it means nothing.
    pub(super) fn take(&mut self, place: usize) {
        if let Some(fate @ Fate::Open) = self.fates.get_mut(place) {
            *fate = Fate::Taken;
        }
    }

    /// RCPT of this one was refused.
    pub(super) fn refuse(&mut self, place: usize, stage: Stage, reply: Reply) {
        if let Some(fate @ Fate::Open) = self.fates.get_mut(place) {
            *fate = Fate::Decided(Outcome::Refused { stage, reply });
        }
    }

    /// Whoever has no outcome yet was refused by this reply.
    pub(super) fn refuse_rest(&mut self, stage: Stage, reply: &Reply) {
        self.decide_rest(|| Outcome::Refused { stage, reply: reply.clone() });
    }

    /// Whoever has no outcome yet failed.
    pub(super) fn fail_rest(&mut self, failure: Failure) {
        self.decide_rest(|| Outcome::Failed(failure.clone()));
    }

    /// The final dot was answered 2xx. Says whether there was anybody to deliver to.
    pub(super) fn deliver_taken(&mut self, reply: &Reply) -> bool {
        let somebody = self.has_taken();
        self.fates.iter_mut().filter(|fate| matches!(fate, Fate::Taken)).for_each(|fate| {
            *fate = Fate::Decided(Outcome::Delivered(reply.clone()));
        });
        somebody
    }

    /// Somebody was accepted and is not decided yet.
    pub(super) fn has_taken(&self) -> bool {
        self.fates.iter().any(|fate| matches!(fate, Fate::Taken))
    }

    /// Everybody has an outcome.
    pub(super) fn is_decided(&self) -> bool {
        self.fates.iter().all(|fate| matches!(fate, Fate::Decided(_)))
    }

    /// Who was accepted and is not decided yet.
    pub(super) fn accepted(&self) -> Vec<RecipientId> {
        let taken = |(rid, fate): (&RecipientId, &Fate)| matches!(fate, Fate::Taken).then_some(*rid);
        self.order.rids.iter().zip(&self.fates).filter_map(taken).collect()
    }

    /// One outcome per recipient. Somebody without one would be a mistake of ours, and is tried again.
    pub(super) fn into_outcomes(self) -> Vec<Outcome> {
        let undecided = || {
            debug_assert!(false, "a recipient was left without an outcome");
            let trouble = Trouble::Ours("the dialogue left this recipient without an outcome".into());
            Outcome::Failed(Failure { stage: Stage::EndOfData, trouble, elapsed: Duration::ZERO })
        };
        let outcome = |fate| match fate {
            Fate::Decided(outcome) => outcome,
            Fate::Open | Fate::Taken => undecided(),
        };
        self.fates.into_iter().map(outcome).collect()
    }

    fn decide_rest(&mut self, outcome: impl Fn() -> Outcome) {
        for fate in &mut self.fates {
            if !matches!(fate, Fate::Decided(_)) {
                *fate = Fate::Decided(outcome());
            }
        }
    }
}
