//! axe-core, which the browser tests put into each page to look for what keeps people out.
//!
//! Promises that the file is the one whose sum stands here, at every set-up anew: a cache that was tampered with, or another
//! answer of the registry, is refused before a browser sees it. It is a tool of the tests alone and never part of the console.

use super::Found;
use super::tool::{lock, put};
use crate::child;
use crate::failure::{Failure, Outcome};
use crate::place::Place;
use sha2::{Digest, Sha256};
use std::fs;
use std::path::{Path, PathBuf};

/// Its version at npm.
pub const VERSION: &str = "4.14.1";
/// SHA-256 of that version's `axe.min.js`.
const SUM: &str = "29348999450cdf2849a8e70b7912fc2da85a849da39c0d0d5394f51d4a9ed95c";

/// Where it lies once it is there.
pub fn file(place: &Place) -> PathBuf {
    folder(place).join("axe.min.js")
}

fn folder(place: &Place) -> PathBuf {
    place.tools.join(format!("axe-core-{VERSION}"))
}

/// Looks for it, and fetches it if it is not there or not itself.
pub fn ensure(place: &Place) -> Outcome<Found> {
    if is_itself(&file(place)) {
        return Ok(Found::There);
    }
    let _lock = lock(&place.tools)?;
    if is_itself(&file(place)) {
        return Ok(Found::There); // whoever held the lock has fetched it
    }
    put(&folder(place), |fresh| fetch(place, fresh))?;
    Ok(Found::Installed)
}

fn is_itself(file: &Path) -> bool {
    fs::read(file).is_ok_and(|octets| sum(&octets) == SUM)
}

fn sum(octets: &[u8]) -> String {
    Sha256::digest(octets).iter().map(|octet| format!("{octet:02x}")).collect()
}

fn fetch(place: &Place, fresh: &Path) -> Outcome {
    fs::create_dir_all(fresh).map_err(|error| Failure::system(format!("make {}", fresh.display()), error))?;
    let mut pack = child::command(place, "npm");
    pack.args(["pack", &format!("axe-core@{VERSION}"), "--silent", "--pack-destination"]).arg(fresh);
    child::run(&mut pack, "fetching axe-core")?;
    let mut unpack = child::command(place, "tar");
    unpack.arg("-xzf").arg(fresh.join(format!("axe-core-{VERSION}.tgz"))).arg("-C").arg(fresh);
    unpack.args(["--strip-components=1", "package/axe.min.js", "package/LICENSE"]);
    child::run(&mut unpack, "unpacking axe-core")?;
    if is_itself(&fresh.join("axe.min.js")) {
        return Ok(());
    }
    Err(Failure::work(format!("what npm gave as axe-core {VERSION} is not what was looked at: its sum is another.")))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::scratch::Scratch;

    #[test]
    fn a_file_with_another_sum_is_not_taken_for_it() {
        let scratch = Scratch::new("axe");
        let file = scratch.folder.join("axe.min.js");
        assert!(!is_itself(&file), "nothing is there");
        fs::write(&file, "alert(1)").unwrap();
        assert!(!is_itself(&file));
        assert_eq!(sum(b"abc"), "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
    }
}
