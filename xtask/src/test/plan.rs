//! Which steps a call means.
//!
//! The first word may be a step; then that step runs, with what it needs before it. Any other word is part of a test's
//! name; then all steps that run tests run those.

use super::step::{ALL, Step};
use crate::failure::{Failure, Outcome};

/// The steps in order, and the name that tests have to contain.
#[derive(Debug, PartialEq, Eq)]
pub struct Plan {
    pub steps: Vec<Step>,
    pub name: Option<String>,
}

/// Reads the words after `test`.
pub fn read(words: &[&str]) -> Outcome<Plan> {
    if let Some(flag) = words.iter().find(|word| word.starts_with('-')) {
        let sentence = format!("`test` takes no flags, but got `{flag}`. {}", known());
        return Err(Failure::usage(sentence));
    }
    let (step, name) = match words {
        [] => (None, None),
        [word] => match named(word) {
            Some(step) => (Some(step), None),
            None => (None, Some(*word)),
        },
        [step, name] => match named(step) {
            Some(step) if step.takes_name() => (Some(step), Some(*name)),
            Some(_) => {
                let sentence = format!("the step `{step}` runs no tests that `{name}` could name.");
                return Err(Failure::usage(sentence));
            }
            None => {
                let sentence = format!("there is no step `{step}`. {}", known());
                return Err(Failure::usage(sentence));
            }
        },
        _ => {
            let sentence = format!("`test` takes a step and a name, not more. {}", known());
            return Err(Failure::usage(sentence));
        }
    };
    let wanted = |candidate: &Step| match (step, name) {
        (Some(step), _) => *candidate == step,
        (None, Some(_)) => candidate.takes_name(),
        (None, None) => true,
    };
    let chosen: Vec<Step> = ALL.into_iter().filter(wanted).collect();
    let needed = |candidate: &Step| {
        let by = |step: &Step| step == candidate || step.needs().contains(candidate);
        chosen.iter().any(by)
    };
    Ok(Plan { steps: ALL.into_iter().filter(needed).collect(), name: name.map(str::to_owned) })
}

/// The steps, as a sentence.
pub fn known() -> String {
    let names: Vec<_> = ALL.iter().map(Step::name).collect();
    format!("Steps: {}.", names.join(", "))
}

fn named(word: &str) -> Option<Step> {
    ALL.into_iter().find(|step| step.name() == word)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn without_a_word_everything_runs() {
        let plan = read(&[]).unwrap();
        assert_eq!(plan.steps, ALL);
        assert_eq!(plan.name, None);
    }

    #[test]
    fn a_step_brings_what_it_needs_before_it_and_nothing_else() {
        let steps = |words: &[&str]| read(words).unwrap().steps;
        assert_eq!(steps(&["format"]), [Step::Format]);
        assert_eq!(steps(&["sim"]), [Step::Sim]);
        assert_eq!(steps(&["wire"]), [Step::Dist, Step::Binary, Step::Wire]);
        assert_eq!(steps(&["browser", "a_held_host"]), [Step::Dist, Step::Binary, Step::Browser]);
    }

    #[test]
    fn a_need_comes_before_the_step_that_has_it() {
        for (place, step) in ALL.iter().enumerate() {
            for need in step.needs() {
                assert!(ALL[..place].contains(need), "{need:?} before {step:?}");
            }
        }
    }

    #[test]
    fn any_other_word_is_a_name_for_all_steps_that_run_tests() {
        let plan = read(&["rested_host"]).unwrap();
        assert_eq!(plan.name.as_deref(), Some("rested_host"));
        assert!(plan.steps.contains(&Step::Unit) && plan.steps.contains(&Step::Browser));
        assert!(!plan.steps.contains(&Step::Format) && !plan.steps.contains(&Step::Lint));
    }

    #[test]
    fn wrong_calls_are_answered_with_the_steps() {
        for words in [&["--nocapture"][..], &["wier", "x"], &["wire", "x", "y"]] {
            let failure = read(words).unwrap_err();
            assert_eq!(failure.code, 2);
            assert!(failure.sentence.contains("browser"), "{}", failure.sentence);
        }
        assert!(read(&["format", "x"]).is_err());
    }
}
