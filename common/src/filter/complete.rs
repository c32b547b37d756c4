//! What may come next while a filter over hosts is typed: fields, then the values of those that have few.

use super::Standing;
use super::parse::{FIELDS, HOST_FIELDS};
use crate::vocab::WaitCause;

/// One way to go on.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Completion {
    /// The whole term, as it is shown.
    pub term: String,
    /// The whole text with that term as its last.
    pub text: String,
}

/// Ways to complete the last term of a text; none where it is complete, or where a value is free.
pub fn complete(text: &str) -> Vec<Completion> {
    let begin =
        text.rfind(char::is_whitespace).map_or(0, |at| at + text[at..].chars().next().map_or(0, char::len_utf8));
    let (before, last) = text.split_at(begin);
    let (turn, last) = last.strip_prefix('-').map_or(("", last), |rest| ("-", rest));
    let last = last.to_ascii_lowercase();
    let (terms, is_done): (Vec<String>, bool) = match last.split_once(':') {
        Some((field, _)) => (values(field).iter().map(|value| format!("{field}:{value}")).collect(), true),
        None => (HOST_FIELDS.iter().map(|field| format!("{field}{}", sign(field))).collect(), false),
    };
    let fitting = terms.into_iter().filter(|term| term.starts_with(&last) && *term != last);
    let space = if is_done { " " } else { "" };
    fitting
        .map(|term| Completion { text: format!("{before}{turn}{term}{space}"), term: format!("{turn}{term}") })
        .collect()
}

fn sign(field: &str) -> char {
    if FIELDS.iter().any(|(known, compared)| *known == field && *compared) { '>' } else { ':' }
}

fn values(field: &str) -> Vec<&'static str> {
    match field {
        "status" => Standing::ALL.map(Standing::as_str).into(),
        "cause" => WaitCause::ALL.map(WaitCause::as_str).into(),
        _ => Vec::new(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn terms(text: &str) -> Vec<String> {
        complete(text).into_iter().map(|completion| completion.term).collect()
    }

    #[test]
    fn fields_come_first_and_then_the_values_that_begin_so() {
        assert_eq!(terms(""), ["host:", "domain:", "status:", "active>", "cause:"]);
        assert_eq!(terms("jp a"), ["active>"]);
        assert_eq!(terms("status:u"), ["status:up", "status:unknown"]);
        assert_eq!(terms("-cause:host"), ["-cause:host_down"]);
        assert_eq!(terms("status:down"), [""; 0], "it is complete");
        assert_eq!(terms("host:exa"), [""; 0], "any name may stand there");
    }

    #[test]
    fn what_is_taken_replaces_the_last_term_alone() {
        let taken = |text: &str| complete(text).first().map(|found| found.text.clone()).unwrap_or_default();
        assert_eq!(taken("jp\u{3000}status:d"), "jp\u{3000}status:down ");
        assert_eq!(taken("jp ca"), "jp cause:");
    }
}
