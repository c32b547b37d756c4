//! The steps of `cargo xtask test`, the quick ones first.
//!
//! Each is one command that could be typed by hand; what it hands to the tests is in `NEXTHOP_BIN` (the debug binary, built
//! with the features that are shipped), `NEXTHOP_ARTEFACTS` (a folder for screenshots) and `NEXTHOP_AXE` (axe-core's file).

use super::Bench;
use super::report::Ending;
use crate::failure::Outcome;
use crate::{child, console, setup};
use std::process::Command;

/// One check, or one thing that checks need.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Step {
    Format,
    Lint,
    LintConsole,
    Dist,
    Binary,
    Unit,
    Tidy,
    Sim,
    Wire,
    Browser,
    Console,
    Deny,
}

/// All of them, in order.
pub const ALL: [Step; 12] = [
    Step::Format,
    Step::Lint,
    Step::LintConsole,
    Step::Dist,
    Step::Binary,
    Step::Unit,
    Step::Tidy,
    Step::Sim,
    Step::Wire,
    Step::Browser,
    Step::Console,
    Step::Deny,
];

impl Step {
    /// As typed after `cargo xtask test`.
    pub fn name(&self) -> &'static str {
        match self {
            Step::Format => "format",
            Step::Lint => "lint",
            Step::LintConsole => "lint-console",
            Step::Dist => "dist",
            Step::Binary => "binary",
            Step::Unit => "unit",
            Step::Tidy => "tidy",
            Step::Sim => "sim",
            Step::Wire => "wire",
            Step::Browser => "browser",
            Step::Console => "console",
            Step::Deny => "deny",
        }
    }

    /// As announced.
    pub fn title(self) -> &'static str {
        match self {
            Step::Format => "every file is formatted",
            Step::Lint => "clippy on everything but the console",
            Step::LintConsole => "clippy on the console, for wasm",
            Step::Dist => "the console as it goes into the binary",
            Step::Binary => "the debug binary for the tests",
            Step::Unit => "tests inside common, engine, backend and xtask",
            Step::Tidy => "house rules",
            Step::Sim => "simulated worlds",
            Step::Wire => "real sockets and real peers",
            Step::Browser => "a real browser",
            Step::Console => "the console's pure parts",
            Step::Deny => "licences, banned crates, sources",
        }
    }

    /// What has to be done before.
    pub fn needs(self) -> &'static [Step] {
        match self {
            Step::Wire | Step::Browser => &[Step::Dist, Step::Binary],
            _ => &[],
        }
    }

    /// Whether it runs tests that have names.
    pub fn takes_name(self) -> bool {
        use Step::{Browser, Console, Sim, Tidy, Unit, Wire};
        matches!(self, Unit | Tidy | Sim | Wire | Browser | Console)
    }

    /// The line that repeats only this step.
    pub fn again(self, name: Option<&str>) -> String {
        let step = self.name();
        match name {
            Some(name) if self.takes_name() => format!("cargo xtask test {step} {name}"),
            _ => format!("cargo xtask test {step}"),
        }
    }

    /// Does it. `matched` grows by the tests that ran under the bench's name.
    pub fn run(self, bench: &Bench<'_>, matched: &mut usize) -> Outcome<Ending> {
        if self == Step::Deny && child::find(bench.place, "cargo-deny").is_none() {
            eprintln!("  skipped: there is no cargo-deny; `cargo install --locked cargo-deny` brings it");
            return Ok(Ending::Skipped);
        }
        if self == Step::Dist {
            console::ensure(bench.place)?;
            return Ok(Ending::Passed);
        }
        let mut command = child::cargo(bench.place);
        command
            .args(self.cargo_words())
            .env("NEXTHOP_BIN", bench.place.debug_binary())
            .env("NEXTHOP_ARTEFACTS", &bench.artefacts)
            .env("NEXTHOP_AXE", setup::axe::file(bench.place));
        let doing = format!("step `{}`", self.name());
        match &bench.name {
            Some(name) if self.takes_name() => run_named(&mut command, &doing, name, matched)?,
            _ => child::run(&mut command, &doing)?,
        }
        Ok(Ending::Passed)
    }

    fn cargo_words(self) -> &'static [&'static str] {
        match self {
            Step::Format => &["fmt", "--all", "--check"],
            Step::Lint => {
                &["clippy", "--locked", "--workspace", "--exclude", "frontend", "--all-targets", "--", "-D", "warnings"]
            }
            Step::LintConsole => &[
                "clippy",
                "--locked",
                "-p",
                "frontend",
                "--all-targets",
                "--target",
                "wasm32-unknown-unknown",
                "--",
                "-D",
                "warnings",
            ],
            Step::Dist => &[],
            Step::Binary => &["build", "--locked", "-p", "backend"],
            Step::Unit => &["test", "--locked", "-p", "common", "-p", "engine", "-p", "backend", "-p", "xtask"],
            Step::Tidy => &["test", "--locked", "-p", "tests", "--test", "tidy"],
            Step::Sim => &["test", "--locked", "-p", "tests", "--test", "sim"],
            Step::Wire => &["test", "--locked", "-p", "tests", "--test", "wire"],
            Step::Browser => &["test", "--locked", "-p", "tests", "--test", "browser"],
            Step::Console => &["test", "--locked", "-p", "frontend"],
            Step::Deny => &["deny", "--offline", "check", "licenses", "bans", "sources"],
        }
    }
}

/// Runs only tests whose name contains `name`, and counts them.
fn run_named(command: &mut Command, doing: &str, name: &str, matched: &mut usize) -> Outcome {
    command.arg(name);
    child::run_reading(command, doing, |line| *matched += tests_announced(line))
}

/// How many tests a line of the test harness announces: `running 3 tests`.
fn tests_announced(line: &str) -> usize {
    let count = line.strip_prefix("running ").and_then(|rest| {
        let (count, rest) = rest.split_once(' ')?;
        rest.starts_with("test").then(|| count.parse().ok())?
    });
    count.unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tests_that_ran_are_counted_from_the_harness_own_words() {
        assert_eq!(tests_announced("running 3 tests"), 3);
        assert_eq!(tests_announced("running 1 test"), 1);
        assert_eq!(tests_announced("running 0 tests"), 0);
        assert_eq!(tests_announced("running late"), 0);
        assert_eq!(tests_announced("test running 4 tests ... ok"), 0);
    }

    #[test]
    fn the_line_to_repeat_a_step_names_the_step_and_the_test() {
        assert_eq!(Step::Wire.again(Some("held")), "cargo xtask test wire held");
        assert_eq!(Step::Lint.again(Some("held")), "cargo xtask test lint");
        assert_eq!(Step::Sim.again(None), "cargo xtask test sim");
    }

    #[test]
    fn every_step_has_a_name_of_its_own() {
        for (place, step) in ALL.iter().enumerate() {
            let twin = ALL[..place].iter().any(|other| other.name() == step.name());
            assert!(!twin, "{}", step.name());
        }
    }
}
