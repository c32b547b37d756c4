//! `cargo xtask sim`: seeded worlds for the engine.
//!
//! Passes `NEXTHOP_SIM_SEED` and `NEXTHOP_SIM_WORLDS` to the test `sim`; a variable that is not asked for is not set, and
//! the test's own default holds. A seed printed by a failed world brings that world back.

use crate::failure::{Failure, Outcome};
use crate::place::Place;
use crate::{arguments, child};
use std::ffi::OsString;

/// What was asked for.
#[derive(Debug, Default, PartialEq, Eq)]
struct Wish {
    seed: Option<u64>,
    worlds: Option<u64>,
}

/// `cargo xtask sim [--seed N] [--worlds N]`.
pub fn run(place: &Place, words: &[OsString]) -> Outcome {
    let wish = read(&arguments::text(words)?)?;
    let mut cargo = child::cargo(place);
    cargo.args(["test", "--locked", "-p", "tests", "--no-default-features", "--test", "sim"]);
    cargo.args(["--", "--nocapture"]);
    for (name, number) in [("NEXTHOP_SIM_SEED", wish.seed), ("NEXTHOP_SIM_WORLDS", wish.worlds)] {
        if let Some(number) = number {
            cargo.env(name, number.to_string());
            eprintln!("  {name}={number}");
        }
    }
    child::run(&mut cargo, "the simulation")
}

fn read(words: &[&str]) -> Outcome<Wish> {
    let mut wish = Wish::default();
    let mut words = words.iter();
    while let Some(word) = words.next() {
        let (name, value) = match word.split_once('=') {
            Some((name, value)) => (name, Some(value)),
            None => (*word, words.next().copied()),
        };
        let slot = match name {
            "--seed" => &mut wish.seed,
            "--worlds" => &mut wish.worlds,
            _ => {
                let sentence = format!("`sim` takes --seed N and --worlds N, but got `{word}`.");
                return Err(Failure::usage(sentence));
            }
        };
        *slot = Some(number(name, value.unwrap_or_default())?);
    }
    if wish.worlds == Some(0) {
        return Err(Failure::usage("--worlds 0 would prove nothing; ask for at least 1."));
    }
    Ok(wish)
}

/// Decimal, or hexadecimal after `0x`.
fn number(name: &str, text: &str) -> Outcome<u64> {
    let read = match text.strip_prefix("0x") {
        Some(digits) => u64::from_str_radix(digits, 16),
        None => text.parse(),
    };
    read.map_err(|error| Failure::usage(format!("{name} needs a number, but got `{text}`: {error}.")))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_seed_is_taken_in_both_notations_and_both_forms() {
        let wish = read(&["--seed", "0xff", "--worlds=1000"]).unwrap();
        assert_eq!((wish.seed, wish.worlds), (Some(255), Some(1000)));
        assert_eq!(read(&[]).unwrap(), Wish::default());
    }

    #[test]
    fn what_is_no_number_or_no_flag_is_refused_by_name() {
        for (words, told) in [
            (vec!["--seed"], "--seed needs a number"),
            (vec!["--worlds", "many"], "`many`"),
            (vec!["--worlds", "0"], "at least 1"),
            (vec!["--world", "3"], "`--world`"),
        ] {
            let failure = read(&words).unwrap_err();
            assert_eq!(failure.code, 2);
            assert!(failure.sentence.contains(told), "{}", failure.sentence);
        }
    }
}
