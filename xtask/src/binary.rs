//! `cargo xtask build` and `cargo xtask run`: the release binary, and the lab that it opens.
//!
//! Promises that the binary holds the console of the same sources. `run` gives its place to the lab, so Ctrl-C and signals
//! reach it directly and its exit code is ours.

use crate::failure::{Failure, Outcome};
use crate::place::Place;
use crate::setup::{self, Purpose};
use crate::{arguments, child, console};
use std::env;
use std::ffi::OsString;
use std::fs;
use std::os::unix::process::CommandExt;
use std::process::Stdio;

/// `cargo xtask build`.
pub fn build(place: &Place, words: &[OsString]) -> Outcome {
    arguments::none("build", words)?;
    release(place)
}

/// `cargo xtask run [ARGS]`: the arguments are the lab's.
pub fn run(place: &Place, words: &[OsString]) -> Outcome {
    release(place)?;
    let mut lab = child::command(place, place.release_binary());
    lab.arg("lab").args(words).stdin(Stdio::inherit());
    if let Ok(folder) = env::current_dir() {
        lab.current_dir(folder); // a path among the arguments means what it means to the person
    }
    eprintln!("  $ {}", child::line(&lab));
    Err(Failure::system("start the lab", lab.exec())) // comes back only if it could not start
}

/// The release binary, built with the console of the same sources.
pub fn release(place: &Place) -> Outcome {
    setup::prepare(place, Purpose::Build)?;
    console::ensure(place)?;
    let mut cargo = child::cargo(place);
    cargo.args(["build", "--release", "--locked", "-p", "backend"]);
    child::run(&mut cargo, "building the release binary")?;
    let binary = place.release_binary();
    let size =
        fs::metadata(&binary).map_err(|error| Failure::system(format!("find {}", binary.display()), error))?.len();
    println!("{} ({:.1} MB)", place.shown(&binary), size as f64 / 1e6);
    Ok(())
}
