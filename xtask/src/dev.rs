//! `cargo xtask dev`: the lab beside a console that rebuilds itself on every saved file.
//!
//! Trunk serves the page on its own port and passes everything live on to the lab (Trunk.toml). Its debug console goes to
//! a folder of its own, so `dist/` stays what the release binary embeds. Both servers end with this command; if one ends
//! by itself, so does the other.

use crate::companion::{Companion, LOOK};
use crate::failure::Outcome;
use crate::place::Place;
use crate::setup::{self, Purpose};
use crate::{arguments, child};
use std::ffi::OsString;
use std::path::Path;
use std::thread;

/// Never comes back but by a failure, or by the person's Ctrl-C.
pub fn run(place: &Place, words: &[OsString]) -> Outcome {
    arguments::none("dev", words)?;
    setup::prepare(place, Purpose::Build)?;
    let mut cargo = child::cargo(place);
    cargo.args(["build", "--locked", "-p", "backend"]);
    child::run(&mut cargo, "building the server")?;
    let folder = place.target.join("dist-dev");
    let folder = folder.to_string_lossy();
    let mut lab = Companion::start(place, "the lab", &place.debug_binary(), &["lab"])?;
    let words = ["serve", "--dist", &folder];
    let mut trunk = Companion::start(place, "trunk serve", Path::new("trunk"), &words)?;
    eprintln!(
        "dev: the console is on http://127.0.0.1:8081 once Trunk has built it; Ctrl-C ends both"
    );
    loop {
        if let Some(failure) = lab.ended().or_else(|| trunk.ended()) {
            return Err(failure);
        }
        thread::sleep(LOOK);
    }
}
