//! How a next hop of the lab behaves. Can be changed while it runs.

use std::sync::Arc;
use std::time::Duration;

/// What a next hop does.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Behaviour {
    /// Takes everything at once.
    Healthy,
    /// Takes everything, but answers each command (and greets) only after this long.
    Slow(Duration),
    /// Takes everything, but greets only after this long.
    SlowBanner(Duration),
    /// Cuts every other connection without a word, the first one too, and takes everything over the rest.
    Flapping,
    /// `451 4.7.1` for each new pair of sender and recipient until this long has passed since its first try.
    Greylist(Duration),
    /// Nothing listens; open connections are cut.
    Refused,
    /// Accepts connections and never says anything.
    Silent,
    /// Healthy, but at one moment it answers with this line.
    Answers {
        /// When.
        at: Moment,
        /// Code and text, without the line end: `452 4.2.2 Mailbox full`.
        line: Arc<str>,
    },
    /// Healthy, but at one moment it closes the connection without a word.
    Drops {
        /// When.
        at: Moment,
    },
}

impl Behaviour {
    /// [`Behaviour::Answers`] from a literal.
    pub fn answers(at: Moment, line: &str) -> Behaviour {
        Behaviour::Answers { at, line: line.into() }
    }
}

/// A moment of the dialogue at which a next hop may misbehave.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Moment {
    /// In place of the greeting.
    Greeting,
    /// Answer to EHLO or HELO.
    Ehlo,
    /// Answer to STARTTLS.
    StartTls,
    /// Answer to MAIL.
    MailFrom,
    /// Answer to RCPT.
    RcptTo,
    /// Answer to DATA.
    Data,
    /// Answer to the final dot; the message is not taken.
    EndOfData,
}
