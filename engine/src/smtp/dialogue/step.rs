//! What a dialogue asks of the session that lends it a stream.

use crate::failure::{Failure, Outcome};
use crate::smtp::Command;
use common::vocab::RecipientId;

/// What to do next.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Step {
    /// Read the next reply.
    Read,
    /// Send these in one write, then read.
    Send(Vec<Command>),
    /// Send the body and its final dot, say so by [`crate::smtp::Dialogue::on_body_sent`], then read.
    SendBody {
        /// The recipients that were accepted at RCPT.
        accepted: Vec<RecipientId>,
    },
    /// The peer awaits our ClientHello, and nothing that came before it may be read any more. Shake hands and say so by
    /// [`crate::smtp::Dialogue::on_secured`], or by `on_failure`.
    ShakeHands,
    /// The session can carry orders.
    Ready,
    /// The session never became ready. Close it.
    Failed(Failure),
    /// The order is answered.
    TransactionDone {
        /// One per recipient, in the order's order.
        outcomes: Vec<Outcome>,
        /// Whether the next order may follow; else close.
        reusable: bool,
    },
    /// The session carried nothing and is over. Close it.
    Closed,
}
