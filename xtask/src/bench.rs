//! `cargo xtask bench [ARGS]`: what a message costs us, Postfix, and a relay that does the least that can be done.
//! `cargo xtask bench pure [FILTER]`: what the parts of a message that do no I/O cost, each by itself (criterion).
//!
//! Promises that the release binary of these sources is what is measured, on the disk of the target folder. Never part of
//! `cargo xtask test`: a person runs it on a quiet machine and writes the table down. The harness is in `tests/bench`, the parts are in `tests/pure`.

use crate::failure::Outcome;
use crate::place::Place;
use crate::setup::{self, Purpose};
use crate::{arguments, binary, child};
use std::ffi::OsString;

/// The arguments are the harness's: `--rounds N`, `--divide N` (fewer messages, for a look), `--only TEXT`.
pub fn run(place: &Place, words: &[OsString]) -> Outcome {
    let words = arguments::text(words)?;
    if let ["pure", filter @ ..] = &words[..] {
        return pure(place, filter);
    }
    binary::release(place)?;
    setup::prepare(place, Purpose::Test)?;
    let mut cargo = child::cargo(place);
    cargo.args(["run", "--release", "--locked", "-p", "tests", "--bin", "bench", "--", "--nexthop"]);
    cargo.arg(place.release_binary()).args(words);
    child::run(&mut cargo, "messages through each of them in turn")
}

fn pure(place: &Place, filter: &[&str]) -> Outcome {
    let mut cargo = child::cargo(place);
    cargo.args([
        "bench",
        "--locked",
        "-p",
        "tests",
        "--no-default-features",
        "--features",
        "pure",
        "--bench",
        "pure",
        "--",
    ]);
    cargo.args(filter);
    child::run(&mut cargo, "the pure parts, each by itself")
}
