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

/// Where Trunk serves the page; Trunk.toml says the same, a test compares the two.
const PORT: u16 = 8081;

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
    eprintln!("dev: http://127.0.0.1:{PORT} once Trunk has built the console; Ctrl-C ends both");
    loop {
        if let Some(failure) = lab.ended().or_else(|| trunk.ended()) {
            return Err(failure);
        }
        thread::sleep(LOOK);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_address_that_dev_prints_is_the_one_trunk_serves() {
        let config = include_str!("../../Trunk.toml");
        assert!(config.contains(&format!("\nport = {PORT}\n")));
    }
}
