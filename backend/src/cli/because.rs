//! Why something waits, as the verbs print it: the cause with what it rests on, what else holds, and the time by cause.
//!
//! Promises: the table's seconds, summed, are the age below them as long as the server's are. Never: a column behind
//! words, since the words of some languages are wider than they are long. Who prints it: `hoststatus`, `showmessage`.

use crate::cli::printable::printable;
use common::layout::column::{letters, right, thousands};
use common::vocab::{Timestamp, WaitCause};
use common::wire::{Because, RecipientRow};
use common::words::{Language, Phrase, VerbPhrase};

/// The last column of a number of seconds.
const SECONDS: usize = 18;

/// The sentence with the time that ends it, if one does, and how far off that is. It is said anew in the language of
/// the reader, which need not be the server's; where the cause is a newer server's, as the server said it.
pub(super) fn reason(cause: Option<WaitCause>, because: &Because, now: Timestamp, language: Language) -> String {
    let said = cause.map(|cause| language.say(&because.phrase(cause)));
    let sentence = printable(said.as_deref().unwrap_or(&because.sentence));
    let Some(until) = because.until else { return sentence };
    let left = (until > now).then(|| letters(until.since(now), " "));
    language.say_verb(&VerbPhrase::WaitsUntil { sentence: &sentence, at: &until.status_line(), left: left.as_deref() })
}

/// What else holds, in naming order; `None` where nothing does.
pub(super) fn also(causes: &[WaitCause], language: Language) -> Option<String> {
    (!causes.is_empty()).then(|| language.say_verb(&VerbPhrase::Causes(causes)))
}

/// How long a recipient has waited for what: a line to a cause, what is not recorded, and its age. Empty for one that
/// has just come.
pub(super) fn seconds_by_cause(row: &RecipientRow, age_seconds: u64, language: Language) -> Vec<String> {
    if age_seconds == 0 {
        return Vec::new();
    }
    let causes = row.waited_seconds.iter().map(|(cause, seconds)| (seconds, language.say(&Phrase::Cause(cause))));
    let unrecorded = (row.unrecorded_seconds > 0).then(|| language.say_verb(&VerbPhrase::NotRecorded));
    let unrecorded = unrecorded.map(|words| (row.unrecorded_seconds, words));
    let age = (age_seconds, language.say_verb(&VerbPhrase::Age));
    causes
        .chain(unrecorded)
        .chain([age])
        .map(|(seconds, words)| {
            let mut line = String::new();
            right(&mut line, SECONDS, &thousands(seconds));
            format!("{line} s   {words}")
        })
        .collect()
}
