//! `cargo xtask test [STEP] [NAME]`: every check there is, in steps.
//!
//! Promises that each step is announced with its number, that the first failure ends the run with the one line that repeats
//! that step alone, and that a table of times comes last. A name that no test carries is a failure, never a silent success.
//! The steps themselves are in `test/step.rs`.

mod plan;
mod report;
mod step;

use crate::arguments;
use crate::elapsed;
use crate::failure::{Failure, Outcome};
use crate::place::Place;
use crate::setup::{self, Purpose};
use report::{Ending, Report};
use std::ffi::OsString;
use std::fs;
use std::path::PathBuf;
use std::time::Instant;
use step::Step;

/// What the steps share.
struct Bench<'a> {
    place: &'a Place,
    /// Screenshots and whatever else is to be looked at.
    artefacts: PathBuf,
    /// Only tests whose name contains this.
    name: Option<String>,
}

/// Runs the plan.
pub fn run(place: &Place, words: &[OsString]) -> Outcome {
    let plan = plan::read(&arguments::text(words)?)?;
    let artefacts = place.target.join("artefacts");
    fs::create_dir_all(&artefacts).map_err(|error| Failure::system(format!("make {}", artefacts.display()), error))?;
    let bench = Bench { place, artefacts, name: plan.name };
    let mut report = Report::new(plan.steps.len() + 1);
    let ended = all(&bench, &plan.steps, &mut report);
    print!("\n{}", report.table());
    ended
}

fn all(bench: &Bench<'_>, steps: &[Step], report: &mut Report) -> Outcome {
    one("setup", "what the tests need", "cargo xtask setup", report, || {
        setup::prepare(bench.place, Purpose::Test).map(|()| Ending::Passed)
    })?;
    let mut matched = 0;
    for step in steps {
        let again = step.again(bench.name.as_deref());
        one(step.name(), step.title(), &again, report, || step.run(bench, &mut matched))?;
    }
    match &bench.name {
        Some(name) if matched == 0 => {
            let sentence = format!("no step and no test has `{name}` in its name. {}", plan::known());
            Err(Failure::usage(sentence))
        }
        _ => Ok(()),
    }
}

/// Announces a step, runs it, notes its time, and names the way to repeat it if it fails.
fn one(
    name: &'static str,
    title: &str,
    again: &str,
    report: &mut Report,
    work: impl FnOnce() -> Outcome<Ending>,
) -> Outcome {
    let place = report.place_of_next();
    eprintln!("\n{place} {name}: {title}");
    let begun = Instant::now();
    let answer = work();
    let took = begun.elapsed();
    let (ending, outcome) = match answer {
        Ok(ending) => (ending, Ok(())),
        Err(failure) => (
            Ending::Failed,
            Err(Failure { code: failure.code, sentence: format!("{failure}\nTo repeat only this step: {again}") }),
        ),
    };
    eprintln!("{place} {name}: {} after {}", ending.word(), elapsed::words(took));
    report.note(name, ending, took);
    outcome
}
