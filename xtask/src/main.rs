//! `cargo xtask COMMAND`: everything a person may run, by name.
//!
//! This file holds the list of commands and picks one. It promises that what stands in the list works, that a wrong word is
//! answered with the list and exit code 2, and that a failed command ends with a code other than 0 and one sentence.
//! It never reaches beyond the project folder, its target folder and the user's cache (setup alone installs packages).
//! Next on the walk: the command's own file, `setup.rs` first, because the others begin with it.

mod arguments;
mod beat;
mod bench;
mod binary;
mod budget;
mod child;
mod companion;
mod compress;
mod console;
mod dev;
mod elapsed;
mod failure;
mod fingerprint;
mod fuzz;
mod place;
#[cfg(test)]
mod scratch;
mod setup;
mod shorten;
mod sim;
mod soak;
mod test;
mod tour;

use failure::{Failure, Outcome};
use place::Place;
use std::ffi::OsString;
use std::process::ExitCode;

/// One thing a person may run.
struct Verb {
    name: &'static str,
    /// What may follow the name, as printed in the list.
    arguments: &'static str,
    /// What it does, in one line.
    line: &'static str,
    run: fn(&Place, &[OsString]) -> Outcome,
}

/// The list, in the order in which it is printed.
const VERBS: [Verb; 12] = [
    Verb {
        name: "run",
        arguments: "[ARGS]",
        line: "build everything and start the lab: a playground on loopback (ARGS go to `nexthop lab`)",
        run: binary::run,
    },
    Verb {
        name: "test",
        arguments: "[STEP] [NAME]",
        line: "every check there is; with STEP only that one, with NAME only tests whose name contains it",
        run: test::run,
    },
    Verb {
        name: "build",
        arguments: "",
        line: "the release binary target/release/nexthop with the console inside",
        run: binary::build,
    },
    Verb {
        name: "dev",
        arguments: "",
        line: "the lab beside a console that rebuilds itself on every saved file",
        run: dev::run,
    },
    Verb {
        name: "sim",
        arguments: "[--seed N] [--worlds N]",
        line: "simulated worlds: one seed again, or as many as you like",
        run: sim::run,
    },
    Verb {
        name: "soak",
        arguments: "[NAME]",
        line: "what takes minutes or root: power cuts, full disks, damaged files; figures to write down",
        run: soak::run,
    },
    Verb {
        name: "bench",
        arguments: "[pure] [--rounds N] [--divide N] [--only TEXT]",
        line: "messages through us, Postfix and a bare relay in turn, or the pure parts; tables to write down",
        run: bench::run,
    },
    Verb {
        name: "budget",
        arguments: "",
        line: "what the console weighs, and costs a browser before 100,000 hosts; figures to write down",
        run: budget::run,
    },
    Verb {
        name: "tour",
        arguments: "",
        line: "pictures of each page of the console into docs/tour, out of a running lab",
        run: tour::run,
    },
    Verb {
        name: "fuzz",
        arguments: "[TARGET] [--minutes N]",
        line: "made-up octets against every parser; a minute each unless more is asked for",
        run: fuzz::run,
    },
    Verb {
        name: "setup",
        arguments: "",
        line: "what building and testing need; the other commands call it themselves",
        run: setup::run,
    },
    Verb {
        name: "compress",
        arguments: "",
        line: "brotli and gzip beside the console's files (called by Trunk after a release build)",
        run: compress::run,
    },
];

fn main() -> ExitCode {
    let words: Vec<OsString> = std::env::args_os().skip(1).collect();
    match start(&words) {
        Ok(()) => ExitCode::SUCCESS,
        Err(failure) => {
            eprintln!("xtask: {failure}");
            ExitCode::from(failure.code)
        }
    }
}

/// Picks the command and runs it.
fn start(words: &[OsString]) -> Outcome {
    let Some(first) = words.first() else {
        print!("{}", list());
        return Ok(());
    };
    let first = first.to_string_lossy();
    if ["help", "-h", "--help"].contains(&first.as_ref()) {
        print!("{}", list());
        return Ok(());
    }
    let Some(verb) = VERBS.iter().find(|verb| verb.name == first) else {
        let sentence = format!("there is no command `{first}`.\n\n{}", list());
        return Err(Failure::usage(sentence));
    };
    (verb.run)(&Place::find()?, &words[1..])
}

/// The list of commands, one line each.
fn list() -> String {
    let mut text = String::from("cargo xtask COMMAND\n\n");
    for verb in &VERBS {
        let call = format!("{} {}", verb.name, verb.arguments);
        text.push_str(&format!("  {:<29} {}\n", call.trim_end(), verb.line));
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_unknown_command_is_answered_with_the_list_and_code_2() {
        let failure = start(&[OsString::from("tset")]).unwrap_err();
        assert_eq!(failure.code, 2);
        assert!(failure.sentence.contains("`tset`"));
        for verb in &VERBS {
            assert!(failure.sentence.contains(verb.name), "{}", verb.name);
        }
    }

    #[test]
    fn every_command_is_explained_in_one_line() {
        assert_eq!(list().lines().count(), VERBS.len() + 2);
    }
}
