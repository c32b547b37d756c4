//! Which recipients or hosts are meant: one grammar for the console, the command line and the API.
//!
//! ```text
//! host:example.com -cause:retry to:"@jp" age>2h attempts>=3 reply:greylist status:down
//! ```
//! Every term must hold; `-` before a term turns it round; quotes keep blanks. A word without a field is looked for in
//! sender and recipient. Promises: pure and bounded; what is wrong is said with its place. `parse` reads, `Filter` tests;
//! `hosts` is the part of the grammar that lists of hosts understand, `complete` what may come next while one types.

mod complete;
mod hosts;
mod parse;
mod problem;
mod standing;
#[cfg(test)]
mod tests;

pub use complete::{Completion, complete};
pub use hosts::{HostCandidate, HostFilter, of_recipients};
pub use problem::{FilterError, FilterProblem};
pub use standing::Standing;

use crate::vocab::{Badge, MessageId, WaitCause};
use crate::wire::RecipientState;
use std::time::Duration;

/// Characters of a filter: nobody types more, and every recipient in the queue is held against it.
pub const FILTER_CHARS_MAX: usize = 1_024;
/// Terms of a filter, for the same reason.
pub const FILTER_TERMS_MAX: usize = 32;

/// A filter that was read. The default lets everything pass.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
pub struct Filter {
    terms: Vec<Term>,
}

#[derive(Clone, Debug, PartialEq, Eq, Hash)]
struct Term {
    turned: bool,
    test: Test,
}

/// Texts are lower-case here.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
enum Test {
    Word(String),
    From(String),
    To(String),
    Reply(String),
    Host(HostPattern),
    /// Part of a host's name.
    Domain(String),
    /// One of these must be so: bit `n` for the `n`-th of [`Standing::ALL`].
    Status(u16),
    /// Recipients of the host.
    Active(Comparison, u64),
    Mid(MessageId),
    /// One of these: bit `n` for the `n`-th of [`WaitCause::ALL`].
    Cause(u16),
    State(RecipientState),
    Age(Comparison, Duration),
    Attempts(Comparison, u64),
    Size(Comparison, u64),
}

#[derive(Clone, Debug, PartialEq, Eq, Hash)]
enum HostPattern {
    Is(String),
    /// `*.jp`: whatever ends so.
    EndsWith(String),
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
enum Comparison {
    Less,
    AtMost,
    Equal,
    AtLeast,
    More,
}

impl Comparison {
    fn holds<T: Ord>(self, left: T, right: T) -> bool {
        match self {
            Comparison::Less => left < right,
            Comparison::AtMost => left <= right,
            Comparison::Equal => left == right,
            Comparison::AtLeast => left >= right,
            Comparison::More => left > right,
        }
    }
}

/// What a filter is held against: one recipient in the queue.
#[derive(Clone, Copy, Debug)]
pub struct Candidate<'a> {
    /// Its message.
    pub mid: MessageId,
    /// The envelope sender; empty for the null sender.
    pub from: &'a str,
    /// The envelope recipient.
    pub to: &'a str,
    /// Its destination domain, lower-case A-labels.
    pub host: &'a str,
    /// What people see beside that.
    pub badge: Badge,
    /// All recipients in the queue of that host.
    pub active: u64,
    /// Why it waits.
    pub cause: WaitCause,
    /// Attempts so far.
    pub attempts: u32,
    /// The latest reply to it.
    pub reply: Option<&'a str>,
    /// Since it was accepted.
    pub age: Duration,
    /// Octets of the message.
    pub size_bytes: u64,
}

impl Filter {
    /// Reads a filter of somebody who sees addresses masked: a term that would tell by its matches what is behind the mask
    /// is refused. Domains, `from:@lab.test` too, and the null sender are in the open.
    pub fn masked(text: &str) -> Result<Filter, FilterError> {
        parse::read(text, parse::Reader { masked: true, ..parse::Reader::default() })
    }

    /// Whether every recipient passes.
    pub fn is_everything(&self) -> bool {
        self.terms.is_empty()
    }

    /// Whether a recipient passes.
    pub fn passes(&self, candidate: &Candidate<'_>) -> bool {
        self.terms.iter().all(|term| term.test.holds(candidate) != term.turned)
    }
}

impl Test {
    /// Whether its matches depend on a local part, or on a reply, which may quote one.
    fn looks_behind_the_mask(&self) -> bool {
        match self {
            Test::From(word) if word.is_empty() => false,
            Test::Word(word) | Test::From(word) | Test::To(word) => !word.starts_with('@'),
            Test::Reply(_) => true,
            _ => false,
        }
    }

    fn holds(&self, it: &Candidate<'_>) -> bool {
        match self {
            Test::Word(word) => holds_part(it.from, word) || holds_part(it.to, word),
            Test::From(word) if word.is_empty() => it.from.is_empty(),
            Test::From(word) => holds_part(it.from, word),
            Test::To(word) => holds_part(it.to, word),
            Test::Reply(word) => it.reply.is_some_and(|reply| holds_word(reply, word)),
            Test::Host(_) | Test::Domain(_) | Test::Status(_) | Test::Active(..) | Test::Cause(_) => {
                let (badge, active, causes) = (it.badge, it.active, it.cause.bit());
                self.holds_host(&HostCandidate { host: it.host, badge, active, causes })
            }
            Test::Mid(mid) => it.mid == *mid,
            Test::State(state) => state_of(it.cause) == *state,
            Test::Age(comparison, age) => comparison.holds(it.age, *age),
            Test::Attempts(comparison, count) => comparison.holds(u64::from(it.attempts), *count),
            Test::Size(comparison, bytes) => comparison.holds(it.size_bytes, *bytes),
        }
    }
}

/// The state of a recipient that is in the queue for this cause.
pub fn state_of(cause: WaitCause) -> RecipientState {
    match cause {
        WaitCause::Sending => RecipientState::Sending,
        WaitCause::Held => RecipientState::Held,
        _ => RecipientState::Queued,
    }
}

/// Whether an address holds a lower-case word; what begins with `@` is its domain's beginning, and no quoted local part is
/// looked at for it.
fn holds_part(address: &str, word: &str) -> bool {
    let start = if word.starts_with('@') { address.rfind('@').unwrap_or(0) } else { 0 };
    holds_word(&address[start..], word)
}

/// Whether a text holds a lower-case word, in whatever case.
fn holds_word(text: &str, word: &str) -> bool {
    if text.is_ascii() {
        let (text, word) = (text.as_bytes(), word.as_bytes());
        return word.is_empty() || text.windows(word.len()).any(|part| part.eq_ignore_ascii_case(word));
    }
    text.to_lowercase().contains(word)
}
