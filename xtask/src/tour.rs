//! `cargo xtask tour`: pictures of each page of the console into `docs/tour`, out of a running lab.
//!
//! Promises that the pictures show the console of these sources in the binary that is shipped, and that all of them are
//! made anew or none. What is on them is in `tests/browser/tour.rs`. Run by hand, looked at, and kept with the sources.

use crate::failure::{Failure, Outcome};
use crate::place::Place;
use crate::setup::{self, Purpose};
use crate::{arguments, binary, child};
use std::ffi::OsString;
use std::fs;

/// Octets of all pictures: more is not looked at, and everybody who takes the sources carries it.
const ALL_PICTURES_MAX: u64 = 1_000_000;

/// Makes the pictures and says what they weigh.
pub fn run(place: &Place, words: &[OsString]) -> Outcome {
    arguments::none("tour", words)?;
    binary::release(place)?;
    setup::prepare(place, Purpose::Test)?;
    let refuse = |error| Failure::system("keep the pictures", error);
    let fresh = place.target.join("tour");
    if fresh.exists() {
        fs::remove_dir_all(&fresh).map_err(refuse)?;
    }
    fs::create_dir_all(&fresh).map_err(refuse)?;
    let mut cargo = child::cargo(place);
    cargo.args(["test", "--locked", "-p", "tests", "--test", "browser", "--", "--ignored", "tour::"]);
    cargo.env("NEXTHOP_BIN", place.release_binary()).env("NEXTHOP_TOUR", &fresh);
    child::run(&mut cargo, "making the pictures")?;
    let pictures: Vec<_> = fs::read_dir(&fresh).map_err(refuse)?.collect::<Result<_, _>>().map_err(refuse)?;
    let mut octets = 0;
    for picture in &pictures {
        octets += picture.metadata().map_err(refuse)?.len();
    }
    println!("{} pictures, {octets} octets", pictures.len());
    if pictures.is_empty() || octets > ALL_PICTURES_MAX {
        return Err(Failure::work(format!("{octets} octets of pictures; between 1 and {ALL_PICTURES_MAX} are kept.")));
    }
    let kept = place.root.join("docs/tour");
    fs::create_dir_all(&kept).map_err(refuse)?;
    for picture in &pictures {
        fs::copy(picture.path(), kept.join(picture.file_name())).map_err(refuse)?;
    }
    Ok(())
}
