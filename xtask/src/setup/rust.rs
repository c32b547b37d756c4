//! What rustup and cargo have to bring: the wasm target and the crates of the lock file.
//!
//! The crates come here because Trunk is told never to use the network (`offline` in Trunk.toml).

use super::Found;
use crate::child;
use crate::failure::{Failure, Outcome};
use crate::place::Place;
use std::path::Path;

/// The target of the console.
const WASM: &str = "wasm32-unknown-unknown";

/// The standard library for wasm.
pub fn wasm_target(place: &Place) -> Outcome<Found> {
    if has_wasm(place) {
        return Ok(Found::There);
    }
    let mut add = child::command(place, "rustup");
    add.args(["target", "add", WASM]);
    child::run(&mut add, "adding the wasm target").map_err(|failure| {
        Failure::work(format!(
            "{failure} Without rustup, install Rust's standard library for {WASM} the way this Rust was installed."
        ))
    })?;
    if has_wasm(place) {
        Ok(Found::Installed)
    } else {
        let sentence = format!("rustup added {WASM}, but not to the Rust that builds here.");
        Err(Failure::work(sentence))
    }
}

fn has_wasm(place: &Place) -> bool {
    let mut ask = child::command(place, "rustc");
    ask.args(["--print", "target-libdir", "--target", WASM]);
    child::answer(&mut ask).is_some_and(|folder| Path::new(&folder).is_dir())
}

/// Every crate for this machine and for wasm. Cargo looks by itself and is quick when all are there.
pub fn crates(place: &Place) -> Outcome<Found> {
    let mut ask = child::command(place, "rustc");
    ask.args(["--print", "host-tuple"]);
    let host = child::answer(&mut ask).ok_or_else(|| Failure::work("rustc does not say which machine this is."))?;
    let fetch = |offline: bool| {
        let mut fetch = child::cargo(place);
        fetch.args(["fetch", "--locked", "--target", WASM, "--target", &host]);
        if offline {
            fetch.arg("--offline");
        }
        fetch
    };
    if child::answer(&mut fetch(true)).is_some() {
        return Ok(Found::There);
    }
    child::run(&mut fetch(false), "fetching crates")?;
    Ok(Found::Installed)
}
