//! Setup: what building and testing need on this machine.
//!
//! Every step looks first, so a second call only looks. A step that does something says what, and how long it took.
//! Never removes a package and never replaces what the person installed. Steps: `setup/rust.rs`, `setup/tool.rs`,
//! `setup/debian.rs`, `setup/axe.rs`.

pub mod axe;
mod debian;
mod rust;
pub mod tool;

use crate::arguments;
use crate::elapsed;
use crate::failure::Outcome;
use crate::place::Place;
use std::ffi::OsString;
use std::time::Instant;

/// What is going to be done, and so how much has to be there.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Purpose {
    /// Build the binary with the console inside.
    Build,
    /// That, and run every test.
    Test,
    /// Run what takes minutes or root.
    Soak,
}

/// What a step found.
#[derive(Debug, PartialEq, Eq)]
pub enum Found {
    /// Nothing was to do.
    There,
    /// It was missing, and is there now.
    Installed,
}

/// `cargo xtask setup`: everything, for builds and tests.
pub fn run(place: &Place, words: &[OsString]) -> Outcome {
    arguments::none("setup", words)?;
    prepare(place, Purpose::Test)
}

/// Sees to it that everything for this purpose is there.
pub fn prepare(place: &Place, purpose: Purpose) -> Outcome {
    step("wasm target", || rust::wasm_target(place))?;
    step("crates of Cargo.lock", || rust::crates(place))?;
    for tool in &tool::ALL {
        step(&tool.title(), || tool.ensure(place))?;
    }
    let packages = debian::packages(purpose);
    let names: Vec<_> = packages.iter().map(|package| package.name).collect();
    step(&names.join(", "), || debian::ensure(place, &packages))?;
    if purpose == Purpose::Test {
        step(&format!("axe-core {}", axe::VERSION), || axe::ensure(place))?;
    }
    Ok(())
}

/// Does one step and says in one line how it went.
fn step(title: &str, work: impl FnOnce() -> Outcome<Found>) -> Outcome {
    let begun = Instant::now();
    let how = match work()? {
        Found::There => "there".to_owned(),
        Found::Installed => format!("installed in {}", elapsed::words(begun.elapsed())),
    };
    eprintln!("setup: {title}: {how}");
    Ok(())
}
