//! The console as it goes into the binary: `dist/`, built by Trunk in release form.
//!
//! Builds only if something has changed since: in the sources, or in `dist/` itself (a debug build by hand would otherwise
//! end up in the binary). When in doubt it builds. Next on the walk: Trunk.toml, whose hook is `compress.rs`.

use crate::child;
use crate::failure::{Failure, Outcome};
use crate::fingerprint::Fingerprint;
use crate::place::Place;
use std::fs;
use std::io;

/// What at the top of the project cannot change the console. What is not named here counts.
const NOT_THE_CONSOLE: [&str; 10] = [
    "backend",
    "deny.toml",
    "dist",
    "engine",
    "fuzz",
    "LICENSE-APACHE",
    "LICENSE-MIT",
    "nexthop-data",
    "target",
    "tests",
];

/// Sees to it that `dist/` is the release console of these sources.
pub fn ensure(place: &Place) -> Outcome {
    let refuse = |error| Failure::system("read the console's sources", error);
    let sources = sources(place).map_err(refuse)?;
    let stamp = place.target.join("xtask/console.stamp");
    let built = |place: &Place| {
        let dist = dist(place)?;
        io::Result::Ok(format!("{sources:016x} {dist:016x}\n"))
    };
    if let (Ok(then), Ok(now)) = (fs::read_to_string(&stamp), built(place))
        && then == now
    {
        eprintln!("  {} is up to date", place.shown(&place.dist));
        return Ok(());
    }
    let mut trunk = child::command(place, "trunk");
    trunk.args(["build", "--release"]);
    child::run(&mut trunk, "building the console")?;
    let now = built(place).map_err(refuse)?;
    fs::create_dir_all(place.target.join("xtask"))
        .and_then(|()| fs::write(&stamp, now))
        .map_err(|error| Failure::system("note what was built", error))
}

fn sources(place: &Place) -> io::Result<u64> {
    let mut fingerprint = Fingerprint::default();
    fingerprint.word(&compiler(place));
    let mut entries: Vec<_> = fs::read_dir(&place.root)?.collect::<io::Result<_>>()?;
    entries.sort_by_key(fs::DirEntry::file_name);
    for entry in entries {
        if counts(&entry.file_name().to_string_lossy()) {
            fingerprint.path(&place.root, &entry.path())?;
        }
    }
    Ok(fingerprint.finish())
}

fn dist(place: &Place) -> io::Result<u64> {
    let mut fingerprint = Fingerprint::default();
    fingerprint.path(&place.dist, &place.dist.join("index.html"))?; // an error if there is none
    fingerprint.path(&place.dist, &place.dist)?;
    Ok(fingerprint.finish())
}

fn compiler(place: &Place) -> String {
    child::answer(child::command(place, "rustc").arg("-vV")).unwrap_or_default()
}

fn counts(name: &str) -> bool {
    let hidden = name.starts_with('.') && name != ".cargo";
    !hidden && !name.ends_with(".md") && !NOT_THE_CONSOLE.contains(&name)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::scratch::Scratch;

    #[test]
    fn the_console_depends_on_its_own_files_and_on_anything_unknown() {
        for name in ["frontend", "common", "styles", "index.html", "Cargo.lock", ".cargo"] {
            assert!(counts(name), "{name}");
        }
        assert!(counts("a-folder-of-next-year"));
        for name in ["engine", "backend", "tests", "dist", "target", ".git", "README.md"] {
            assert!(!counts(name), "{name}");
        }
    }

    #[test]
    fn a_change_in_the_frontend_is_seen_and_one_in_the_engine_is_not() {
        let scratch = Scratch::new("console");
        let root = scratch.folder.clone();
        let place = Place {
            target: root.join("target"),
            dist: root.join("dist"),
            tools: root.join("tools"),
            root: root.clone(),
        };
        for folder in ["frontend", "engine"] {
            fs::create_dir(root.join(folder)).unwrap();
        }
        let before = sources(&place).unwrap();
        fs::write(root.join("engine/lib.rs"), "//! changed").unwrap();
        assert_eq!(sources(&place).unwrap(), before);
        fs::write(root.join("frontend/main.rs"), "//! changed").unwrap();
        assert_ne!(sources(&place).unwrap(), before);
    }
}
