//! `cargo xtask bench [ARGS]`: what a message costs us, Postfix, and a relay that does the least that can be done.
//!
//! Promises that the release binary of these sources is what is measured, on the disk of the target folder. Never part of
//! `cargo xtask test`: a person runs it on a quiet machine and writes the table down. The harness is in `tests/bench`.

use crate::failure::Outcome;
use crate::place::Place;
use crate::setup::{self, Purpose};
use crate::{arguments, binary, child};
use std::ffi::OsString;

/// The arguments are the harness's: `--rounds N`, `--divide N` (fewer messages, for a look), `--only TEXT`.
pub fn run(place: &Place, words: &[OsString]) -> Outcome {
    let words = arguments::text(words)?;
    binary::release(place)?;
    setup::prepare(place, Purpose::Test)?;
    let mut cargo = child::cargo(place);
    cargo.args(["run", "--release", "--locked", "-p", "tests", "--bin", "bench", "--", "--nexthop"]);
    cargo.arg(place.release_binary()).args(words);
    child::run(&mut cargo, "messages through each of them in turn")
}
