//! What a session owes the engine, as values that pay when they are dropped.
//!
//! Promises: one `SessionReady` or `SessionFailed`; one `Attempted` per order; one `SessionClosed` after a session
//! that had been ready, unless an order in hand was answered with `reusable: false`. All of it also when the task
//! panics, when the runtime stops, and when an order is handed to a session that has just ended.

use crate::deliver::session::EventSender;
use common::vocab::SessionId;
use engine::Event;
use engine::envelope::Order;
use engine::failure::{Failure, Outcome, Stage, Trouble};
use engine::peer::Peer;
use std::time::Duration;

/// What the engine still waits for from this session itself.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Due {
    /// `SessionReady` or `SessionFailed`.
    Opened,
    /// `SessionClosed`.
    Closed,
    /// Nothing: it was told, or an order in hand will tell.
    Nothing,
}

/// The debt of the session.
pub(super) struct OwedBySession {
    session: SessionId,
    events: EventSender,
    due: Due,
}

impl OwedBySession {
    pub(super) fn new(session: SessionId, events: EventSender) -> OwedBySession {
        OwedBySession { session, events, due: Due::Opened }
    }

    /// The session can carry orders.
    pub(super) fn ready(&mut self, peer: Peer) {
        self.due = Due::Closed;
        tell(&self.events, Event::SessionReady { session: self.session, peer });
    }

    /// The session ended before it was ready.
    pub(super) fn failed(mut self, failure: Failure) {
        self.due = Due::Nothing;
        tell(&self.events, Event::SessionFailed { session: self.session, failure });
    }

    /// An order is in hand; its answer says whether the session lives on.
    pub(super) fn lend(&mut self) {
        self.due = Due::Nothing;
    }

    /// The order was answered and the session can carry another one.
    pub(super) fn take_back(&mut self) {
        self.due = Due::Closed;
    }
}

impl Drop for OwedBySession {
    fn drop(&mut self) {
        let session = self.session;
        match self.due {
            Due::Opened => {
                let failure = unexpected_end(Stage::Connect);
                tell(&self.events, Event::SessionFailed { session, failure });
            }
            Due::Closed => tell(&self.events, Event::SessionClosed { session }),
            Due::Nothing => {}
        }
    }
}

/// An order with the debt of its answer.
pub(super) struct OrderInHand {
    order: Order,
    session: SessionId,
    events: EventSender,
    /// What it is answered with if nobody answers it.
    otherwise: Failure,
    answered: bool,
}

impl OrderInHand {
    /// An order on its way to a session. If the session has ended, it is as if the peer had hung up at MAIL.
    pub(super) fn new(order: Order, session: SessionId, events: EventSender) -> OrderInHand {
        let otherwise = Failure { stage: Stage::MailFrom, trouble: Trouble::Dropped, elapsed: Duration::ZERO };
        OrderInHand { order, session, events, otherwise, answered: false }
    }

    pub(super) fn order(&self) -> &Order {
        &self.order
    }

    /// The session works on it: from now on an end without an answer is a fault of ours.
    pub(super) fn work_began(&mut self) {
        self.otherwise = unexpected_end(Stage::MailFrom);
    }

    /// The final dot is about to go out: from now on the peer may have taken it.
    pub(super) fn dot_goes_out(&mut self) {
        self.otherwise = unexpected_end(Stage::EndOfData);
    }

    /// Answers it.
    pub(super) fn answer(mut self, outcomes: Vec<Outcome>, reusable: bool) {
        self.tell_attempted(outcomes, reusable);
    }

    fn tell_attempted(&mut self, outcomes: Vec<Outcome>, reusable: bool) {
        self.answered = true;
        let (session, mid) = (self.session, self.order.envelope.mid);
        tell(&self.events, Event::Attempted { session, mid, outcomes, reusable });
    }
}

impl Drop for OrderInHand {
    fn drop(&mut self) {
        if !self.answered {
            let outcomes = self.order.rids.iter().map(|_| Outcome::Failed(self.otherwise.clone())).collect();
            self.tell_attempted(outcomes, false);
        }
    }
}

fn unexpected_end(stage: Stage) -> Failure {
    let trouble = Trouble::Ours("the session ended unexpectedly".into());
    Failure { stage, trouble, elapsed: Duration::ZERO }
}

/// The driver may have stopped: then nobody needs to know.
fn tell(events: &EventSender, event: Event) {
    let _ = events.send(event);
}
