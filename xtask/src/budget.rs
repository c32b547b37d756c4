//! `cargo xtask budget`: what the console weighs, how soon it answers, and what it costs a browser before 100,000 hosts.
//!
//! Promises that every figure is printed beside its goal, and that a gate that is passed over is a failure. Run by hand:
//! the second half takes minutes. The scenario in the browser is in `tests/soak`.

use crate::failure::{Failure, Outcome};
use crate::place::Place;
use crate::setup::{self, Purpose};
use crate::{binary, child};
use std::ffi::OsString;
use std::fs;

/// Octets of the first load, packed by brotli, that are let pass: a second on a line of 2.4 Mbit/s.
const FIRST_LOAD_MAX: u64 = 300_000;

/// Weighs the console, then runs the scenario.
pub fn run(place: &Place, words: &[OsString]) -> Outcome {
    if !words.is_empty() {
        return Err(Failure::usage("`budget` takes no words"));
    }
    binary::release(place)?;
    weigh(place)?;
    setup::prepare(place, Purpose::Test)?;
    let mut cargo = child::cargo(place);
    cargo.args(["test", "--locked", "-p", "tests", "--test", "soak", "--", "--ignored", "--nocapture", "::budget_"]);
    cargo.env("NEXTHOP_BIN", place.release_binary());
    child::run(&mut cargo, "the console's first answer, and the console before 100,000 hosts")
}

/// Everything in `dist/` is part of the first load; what is packed counts as it is packed.
fn weigh(place: &Place) -> Outcome {
    let refuse = |error| Failure::system("weigh the console", error);
    let mut all = 0;
    for entry in fs::read_dir(&place.dist).map_err(refuse)? {
        let path = entry.map_err(refuse)?.path();
        let name = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
        if name.ends_with(".br") || name.ends_with(".gz") {
            continue;
        }
        let packed = path.with_file_name(format!("{name}.br"));
        let octets = fs::metadata(&packed).or_else(|_| fs::metadata(&path)).map_err(refuse)?.len();
        println!("  {octets:>9} octets  {name}");
        all += octets;
    }
    println!("  {all:>9} octets in all by brotli; gate {FIRST_LOAD_MAX}");
    if all > FIRST_LOAD_MAX {
        return Err(Failure::usage(format!("the console weighs {all} octets: more than {FIRST_LOAD_MAX}")));
    }
    Ok(())
}
