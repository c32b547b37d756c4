//! `cargo xtask soak [NAME]`: what takes minutes, needs root or millions of rows, against the release binary.
//!
//! Promises that a name that no scenario carries is a failure, and that figures are printed by the scenario itself.
//! Never part of `cargo xtask test`: a person runs it and writes the figures down. The scenarios are in `tests/soak`.

use crate::failure::{Failure, Outcome};
use crate::place::Place;
use crate::setup::{self, Purpose};
use crate::{arguments, binary, child, fuzz};
use std::ffi::OsString;

/// A scenario: a word of its test's name, and what it does.
struct Soak {
    name: &'static str,
    line: &'static str,
}

/// The one that is no test of `tests/soak`.
const FUZZ: &str = "fuzz";

const SOAKS: [Soak; 8] = [
    Soak { name: "power", line: "20 power cuts under load: copies of a loop-mounted disk (root)" },
    Soak { name: "full", line: "a disk that fills up and empties again (root)" },
    Soak { name: "readonly", line: "a file system that nobody may write to any more, and may again (root)" },
    Soak { name: "flips", line: "200 flipped bits, one at a time, in a spool at rest" },
    Soak { name: "restart", line: "a million queued: how soon a start listens and knows all, and what each costs" },
    Soak { name: "large", line: "50 messages of 20 MiB at once, and the memory that they take" },
    Soak { name: "calls", line: "the n-th write, sync, rename of the server failing, until none is left (strace)" },
    Soak { name: FUZZ, line: "made-up octets against every parser, a minute each (nightly compiler)" },
];

/// Runs one scenario, or all of them in turn.
pub fn run(place: &Place, words: &[OsString]) -> Outcome {
    let chosen = choose(&arguments::text(words)?)?;
    binary::release(place)?;
    setup::prepare(place, Purpose::Soak)?;
    for soak in chosen {
        eprintln!("\nsoak {}: {}", soak.name, soak.line);
        if soak.name == FUZZ {
            fuzz::run(place, &[])?;
            continue;
        }
        let mut cargo = child::cargo(place);
        cargo.args(["test", "--locked", "-p", "tests", "--test", "soak", "--", "--ignored", "--nocapture"]);
        cargo.arg(format!("::{}_", soak.name)).env("NEXTHOP_BIN", place.release_binary());
        child::run(&mut cargo, soak.line)?;
    }
    Ok(())
}

fn choose(words: &[&str]) -> Outcome<Vec<&'static Soak>> {
    let known = || SOAKS.iter().map(|soak| format!("  {:<10} {}\n", soak.name, soak.line)).collect::<String>();
    match words {
        [] => Ok(SOAKS.iter().collect()),
        [name] => match SOAKS.iter().find(|soak| soak.name == *name) {
            Some(soak) => Ok(vec![soak]),
            None => Err(Failure::usage(format!("there is no soak `{name}`. There are:\n{}", known()))),
        },
        _ => Err(Failure::usage(format!("`soak` takes one name or none. There are:\n{}", known()))),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_that_no_scenario_carries_is_refused_with_the_list() {
        let failure = choose(&["powr"]).err().unwrap();
        assert_eq!(failure.code, 2);
        assert!(SOAKS.iter().all(|soak| failure.sentence.contains(soak.name)));
        assert_eq!(choose(&[]).unwrap().len(), SOAKS.len());
        assert_eq!(choose(&["power"]).unwrap()[0].name, "power");
    }
}
