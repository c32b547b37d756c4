//! `cargo xtask fuzz [TARGET] [--minutes N]`: octets that a fuzzer makes up, against the properties of `backend/src/fuzzing`.
//!
//! Each target runs for a minute unless more is asked for, starts from `fuzz/seeds` and from what earlier runs learned
//! (`fuzz/corpus`, not kept in git). An input that breaks a property ends the run with a failure; it belongs into
//! `fuzz/found/TARGET` with the repair, where the daily tests try it for ever. Needs a nightly compiler, for it alone
//! instruments, and cargo-fuzz; installs the second.

use crate::failure::{Failure, Outcome};
use crate::place::Place;
use crate::setup::tool;
use crate::{arguments, child};
use std::ffi::OsString;
use std::fs;
use std::process::Command;

/// Octets of an input: enough for everything that our grammars can say, small enough for speed.
const INPUT_BYTES_MAX: u32 = 4_096;

/// What was asked for.
#[derive(Debug, PartialEq, Eq)]
struct Wish {
    target: Option<String>,
    minutes: u64,
}

/// Runs one target, or all of them in turn.
pub fn run(place: &Place, words: &[OsString]) -> Outcome {
    let wish = read(&arguments::text(words)?)?;
    let known = targets(place)?;
    let chosen = match wish.target {
        None => known,
        Some(name) if known.contains(&name) => vec![name],
        Some(name) => {
            return Err(Failure::usage(format!("there is no fuzz target `{name}`. There are: {}.", known.join(", "))));
        }
    };
    if !child::answer(&mut nightly(place, &["--version"])).is_some_and(|answer| answer.contains("nightly")) {
        return Err(Failure::work("fuzzing needs a nightly compiler: `rustup toolchain install nightly`."));
    }
    tool::FUZZ.ensure(place)?;
    for target in chosen {
        one(place, &target, wish.minutes)?;
    }
    Ok(())
}

fn one(place: &Place, target: &str, minutes: u64) -> Outcome {
    let folder = place.root.join("fuzz");
    let kept =
        [folder.join("corpus").join(target), folder.join("seeds").join(target), folder.join("found").join(target)];
    fs::create_dir_all(&kept[0]).map_err(|error| Failure::system(format!("make {}", kept[0].display()), error))?;
    // By itself first: sources that do not compile are no finding.
    child::run(&mut cargo_fuzz(place, "build", target), &format!("building the fuzz target {target}"))?;
    let mut fuzz = cargo_fuzz(place, "run", target);
    fuzz.args(kept.iter().filter(|folder| folder.exists())).arg("--");
    fuzz.arg(format!("-max_total_time={}", minutes * 60)).arg(format!("-max_len={INPUT_BYTES_MAX}"));
    fuzz.args(["-print_final_stats=1", "-verbosity=0"]);
    let doing = format!("fuzzing {target} for {minutes} min");
    child::run(&mut fuzz, &doing).map_err(|failure| {
        let found = folder.join("artifacts").join(target);
        Failure::work(format!("{failure} What broke it lies in {}.", found.display()))
    })
}

/// No address sanitizer: our crates forbid unsafe code, and without it a run gets three times as far.
fn cargo_fuzz(place: &Place, verb: &str, target: &str) -> Command {
    nightly(place, &["fuzz", verb, "--fuzz-dir", "fuzz", "--sanitizer", "none", target])
}

/// Cargo of the nightly compiler; ours must not reach through.
fn nightly(place: &Place, words: &[&str]) -> Command {
    let mut command = child::command(place, "rustup");
    command.args(["run", "nightly", "cargo"]).args(words);
    for name in ["CARGO", "RUSTC", "RUSTDOC", "RUSTUP_TOOLCHAIN", "RUSTFLAGS"] {
        command.env_remove(name);
    }
    command
}

/// The targets by their files.
fn targets(place: &Place) -> Outcome<Vec<String>> {
    let folder = place.root.join("fuzz/fuzz_targets");
    let entries =
        fs::read_dir(&folder).map_err(|error| Failure::system(format!("read {}", folder.display()), error))?;
    let stem = |path: std::path::PathBuf| path.file_stem().map(|stem| stem.to_string_lossy().into_owned());
    let mut names: Vec<String> = entries.flatten().filter_map(|entry| stem(entry.path())).collect();
    names.sort();
    Ok(names)
}

fn read(words: &[&str]) -> Outcome<Wish> {
    let mut wish = Wish { target: None, minutes: 1 };
    let mut words = words.iter();
    while let Some(word) = words.next() {
        match *word {
            "--minutes" => {
                let minutes = words.next().and_then(|text| text.parse().ok()).filter(|minutes| *minutes > 0);
                wish.minutes = minutes.ok_or_else(|| Failure::usage("--minutes takes a whole number above 0."))?;
            }
            name if !name.starts_with('-') && wish.target.is_none() => wish.target = Some(name.to_owned()),
            other => {
                let sentence = format!("`fuzz` takes one target and --minutes N, but got `{other}`.");
                return Err(Failure::usage(sentence));
            }
        }
    }
    Ok(wish)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_wish_names_a_target_and_minutes_or_neither() {
        assert_eq!(read(&[]).unwrap(), Wish { target: None, minutes: 1 });
        let wish = Wish { target: Some("body".to_owned()), minutes: 60 };
        assert_eq!(read(&["body", "--minutes", "60"]).unwrap(), wish);
        for wrong in [&["--minutes"][..], &["--minutes", "0"], &["body", "reply"], &["--hours", "1"]] {
            assert_eq!(read(wrong).err().unwrap().code, 2, "{wrong:?}");
        }
    }
}
