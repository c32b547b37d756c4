//! The words after a command's name.
//!
//! Promises that a word nobody asked for is refused, never ignored. Knows no command by name.

use crate::failure::{Failure, Outcome};
use std::ffi::OsString;

/// Refuses any argument: for commands that take none.
pub fn none(command: &str, words: &[OsString]) -> Outcome {
    match words.first() {
        None => Ok(()),
        Some(word) => Err(Failure::usage(format!(
            "`cargo xtask {command}` takes no argument, but got `{}`.",
            word.to_string_lossy()
        ))),
    }
}

/// The words as text; they must be UTF-8.
pub fn text(words: &[OsString]) -> Outcome<Vec<&str>> {
    words
        .iter()
        .map(|word| {
            word.to_str().ok_or_else(|| {
                let shown = word.to_string_lossy();
                Failure::usage(format!("the argument `{shown}` is not UTF-8."))
            })
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_word_too_many_is_refused_by_name() {
        assert!(none("build", &[]).is_ok());
        let failure = none("build", &[OsString::from("--relase")]).unwrap_err();
        assert_eq!(failure.code, 2);
        assert!(failure.sentence.contains("--relase"));
    }
}
