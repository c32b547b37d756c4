//! Why a command ended: one sentence for the person and one exit code for the shell.
//!
//! Promises that a sentence says what to do next where something can be done. Never carries a backtrace.

use std::fmt;

/// What every command answers.
pub type Outcome<T = ()> = Result<T, Failure>;

/// A command that did not do what was asked.
#[derive(Debug)]
pub struct Failure {
    /// The exit code: 1 the work failed, 2 the call was wrong.
    pub code: u8,
    /// What happened, and what to do about it.
    pub sentence: String,
}

impl Failure {
    /// The work failed.
    pub fn work(sentence: impl Into<String>) -> Failure {
        Failure { code: 1, sentence: sentence.into() }
    }

    /// The call was wrong.
    pub fn usage(sentence: impl Into<String>) -> Failure {
        Failure { code: 2, sentence: sentence.into() }
    }

    /// The system refused something: `doing` completes the sentence "could not …".
    pub fn system(doing: impl fmt::Display, error: impl fmt::Display) -> Failure {
        Failure::work(format!("could not {doing}: {error}"))
    }
}

impl fmt::Display for Failure {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str(&self.sentence)
    }
}
