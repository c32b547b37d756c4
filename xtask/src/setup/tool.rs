//! The tools that are compiled from crates: Trunk and wasm-bindgen for every build, cargo-fuzz for fuzzing alone.
//!
//! They lie in the user's cache by version, so checkouts share them and a new pin never meets an old tool. An install is
//! made in a folder of its own and moved into place when it has answered with its version: one that was cut off is never
//! taken for complete, and what it compiled is taken up again. Two set-ups at once wait for each other.

use super::Found;
use crate::failure::{Failure, Outcome};
use crate::place::Place;
use crate::{beat, child};
use std::fs::{self, File, TryLockError};
use std::path::{Path, PathBuf};

/// A tool of one exact version.
#[derive(Debug)]
pub struct Tool {
    /// The program, and the first part of its folder's name.
    pub program: &'static str,
    /// The version; with another one Trunk or wasm-bindgen refuse to work.
    pub version: &'static str,
    /// The crate that it comes from.
    package: &'static str,
    /// Settings of its release profile that shorten the compilation.
    profile: &'static [(&'static str, &'static str)],
    /// What an idle machine with two cores needs, for the person who waits.
    minutes: u8,
}

/// wasm-bindgen's version is also in Cargo.toml and Trunk.toml; a test below compares the three.
const WASM_BINDGEN_VERSION: &str = "0.2.129";

/// What every build needs, in the order of installation.
pub const ALL: [Tool; 2] = [
    Tool {
        program: "wasm-bindgen",
        version: WASM_BINDGEN_VERSION,
        package: "wasm-bindgen-cli",
        profile: &[],
        minutes: 2,
    },
    Tool {
        program: "trunk",
        version: "0.21.14",
        package: "trunk",
        // Its own profile is fat LTO in one unit: minutes of one core, for a tool that is never the slow part.
        profile: &[
            ("CARGO_PROFILE_RELEASE_LTO", "off"),
            ("CARGO_PROFILE_RELEASE_CODEGEN_UNITS", "16"),
            ("CARGO_PROFILE_RELEASE_OPT_LEVEL", "1"),
        ],
        minutes: 5,
    },
];

/// Only `fuzz` asks for it.
pub const FUZZ: Tool =
    Tool { program: "cargo-fuzz", version: "0.13.2", package: "cargo-fuzz", profile: &[], minutes: 2 };

impl Tool {
    /// Name and version, as printed.
    pub fn title(&self) -> String {
        format!("{} {}", self.program, self.version)
    }

    /// Where it lies below the folder of tools; the program is in `bin`.
    pub fn folder(&self, tools: &Path) -> PathBuf {
        tools.join(format!("{}-{}", self.program, self.version))
    }

    /// Looks for it on the children's PATH and compiles it if it is not there.
    pub fn ensure(&self, place: &Place) -> Outcome<Found> {
        if self.answers(place, self.program) {
            return Ok(Found::There);
        }
        let _lock = lock(&place.tools)?;
        if self.answers(place, self.program) {
            return Ok(Found::There); // whoever held the lock has installed it
        }
        put(&self.folder(&place.tools), |fresh| self.compile(place, fresh))?;
        Ok(Found::Installed)
    }

    /// Whether this program says that it is this version.
    fn answers(&self, place: &Place, program: impl AsRef<std::ffi::OsStr>) -> bool {
        child::answer(child::command(place, program).arg("--version")).is_some_and(|answer| self.is_named_by(&answer))
    }

    fn is_named_by(&self, answer: &str) -> bool {
        let mut words = answer.split_whitespace();
        words.next() == Some(self.program) && words.next() == Some(self.version)
    }

    fn compile(&self, place: &Place, fresh: &Path) -> Outcome {
        let title = self.title();
        eprintln!(
            "setup: {title} is compiled from its crate, once for this user: about {} minutes on two idle cores",
            self.minutes
        );
        let mut install = child::cargo(place);
        install
            .args(["install", self.package, "--version", self.version])
            .args(["--locked", "--no-default-features", "--no-track", "--root"])
            .arg(fresh)
            .arg("--target-dir")
            .arg(place.tools.join("build")) // kept: a second try goes on where the first was cut off
            .envs(self.profile.iter().copied());
        child::run(&mut install, &format!("compiling {title}")).map_err(|failure| {
            Failure::work(format!("{failure} `cargo xtask setup` tries again and keeps what is compiled."))
        })?;
        if self.answers(place, fresh.join("bin").join(self.program)) {
            return Ok(());
        }
        let sentence = format!("{title} was compiled, but does not answer to `--version`.");
        Err(Failure::work(sentence))
    }
}

/// Makes a folder complete or not at all: `make` fills a fresh one beside it, which then takes its place.
pub(super) fn put(folder: &Path, make: impl FnOnce(&Path) -> Outcome) -> Outcome {
    let fresh = folder.with_added_extension("partial");
    remove(&fresh)?;
    make(&fresh)?;
    remove(folder)?;
    fs::rename(&fresh, folder).map_err(|error| Failure::system(format!("move {}", folder.display()), error))
}

fn remove(folder: &Path) -> Outcome {
    match fs::remove_dir_all(folder) {
        Err(error) if error.kind() != std::io::ErrorKind::NotFound => {
            Err(Failure::system(format!("remove {}", folder.display()), error))
        }
        _ => Ok(()),
    }
}

/// Waits until no other set-up installs tools. Held until the answer is dropped, or the process ends in whatever way.
pub(super) fn lock(tools: &Path) -> Outcome<File> {
    let path = tools.join("lock");
    let refuse = |error| Failure::system(format!("lock {}", path.display()), error);
    fs::create_dir_all(tools).map_err(refuse)?;
    let file = File::create(&path).map_err(refuse)?;
    match file.try_lock() {
        Ok(()) => {}
        Err(TryLockError::Error(error)) => return Err(refuse(error)),
        Err(TryLockError::WouldBlock) => {
            eprintln!("setup: another set-up is installing tools; waiting for it");
            beat::during("waiting for the other set-up", || file.lock()).map_err(refuse)?;
        }
    }
    Ok(file)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::scratch::Scratch;

    const CARGO: &str = include_str!("../../../Cargo.toml");
    const LOCK: &str = include_str!("../../../Cargo.lock");
    const TRUNK: &str = include_str!("../../../Trunk.toml");

    #[test]
    fn wasm_bindgen_has_one_version_in_manifest_lock_trunk_and_setup() {
        let version = WASM_BINDGEN_VERSION;
        let has = |text: &str, line: &str| text.lines().any(|have| have.starts_with(line));
        assert!(has(CARGO, &format!("wasm-bindgen = \"={version}\"")));
        assert!(has(TRUNK, &format!("wasm_bindgen = \"{version}\"")));
        assert!(LOCK.contains(&format!("name = \"wasm-bindgen\"\nversion = \"{version}\"")));
    }

    #[test]
    fn trunk_has_one_version_in_its_own_file_and_setup() {
        let trunk = ALL.iter().find(|tool| tool.program == "trunk").unwrap();
        let line = format!("trunk_version = \"={}\"", trunk.version);
        assert!(TRUNK.lines().any(|have| have.starts_with(&line)));
    }

    #[test]
    fn another_version_or_another_program_is_not_the_tool() {
        let trunk = ALL.iter().find(|tool| tool.program == "trunk").unwrap();
        assert!(trunk.is_named_by("trunk 0.21.14"));
        assert!(!trunk.is_named_by("trunk 0.21.14-beta.1"));
        assert!(!trunk.is_named_by("trunk 0.22.0"));
        assert!(!trunk.is_named_by("trunks 0.21.14"));
        assert!(!trunk.is_named_by(""));
    }

    #[test]
    fn an_install_that_was_cut_off_leaves_nothing_in_place() {
        let scratch = Scratch::new("cut-off");
        let folder = scratch.folder.join("trunk-0.21.14");
        let cut = put(&folder, |fresh| {
            fs::create_dir_all(fresh.join("bin")).unwrap();
            fs::write(fresh.join("bin/trunk"), "half").unwrap();
            Err(Failure::work("cut off"))
        });
        assert!(cut.is_err());
        assert!(!folder.exists());

        put(&folder, |fresh| {
            assert!(!fresh.exists(), "the second try starts clean");
            fs::create_dir_all(fresh.join("bin")).unwrap();
            fs::write(fresh.join("bin/trunk"), "whole").unwrap();
            Ok(())
        })
        .unwrap();
        let text = fs::read_to_string(folder.join("bin/trunk")).unwrap();
        assert_eq!(text, "whole");
    }

    #[test]
    fn what_is_in_place_stays_until_its_successor_is_whole() {
        let scratch = Scratch::new("successor");
        let folder = scratch.folder.join("trunk-0.21.14");
        fs::create_dir_all(&folder).unwrap();
        assert!(put(&folder, |_| Err(Failure::work("no network"))).is_err());
        assert!(folder.exists());
    }

    #[test]
    fn two_set_ups_do_not_install_at_once() {
        let scratch = Scratch::new("lock");
        let held = lock(&scratch.folder).unwrap();
        let second = File::open(scratch.folder.join("lock")).unwrap();
        assert!(matches!(second.try_lock(), Err(TryLockError::WouldBlock)));
        drop(held);
        assert!(second.try_lock().is_ok());
    }
}
