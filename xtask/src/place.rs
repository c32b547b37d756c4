//! Where things lie: the project, what is built from it, and the tools that build it.
//!
//! Promises absolute paths. Never creates anything; whoever writes somewhere makes the folder.

use crate::failure::{Failure, Outcome};
use std::env;
use std::path::{Path, PathBuf};

/// The folders that every command works with.
#[derive(Clone, Debug)]
pub struct Place {
    /// The project: the folder of the root `Cargo.toml`.
    pub root: PathBuf,
    /// What cargo builds.
    pub target: PathBuf,
    /// The console as it goes into the binary.
    pub dist: PathBuf,
    /// Tools of pinned versions, shared by all checkouts of this user.
    pub tools: PathBuf,
}

impl Place {
    /// Reads the environment: cargo names the package's folder, XDG the cache.
    pub fn find() -> Outcome<Place> {
        let package = env::var_os("CARGO_MANIFEST_DIR")
            .ok_or_else(|| Failure::usage("call this as `cargo xtask COMMAND`: cargo says where the project is."))?;
        let root =
            Path::new(&package).parent().ok_or_else(|| Failure::usage("the package xtask has no folder above it."))?;
        let set = |name: &str| env::var_os(name).filter(|value| !value.is_empty());
        let cache = match (set("XDG_CACHE_HOME"), set("HOME")) {
            (Some(cache), _) if Path::new(&cache).is_absolute() => PathBuf::from(cache),
            (_, Some(home)) => Path::new(&home).join(".cache"),
            _ => return Err(Failure::usage("neither HOME nor XDG_CACHE_HOME is set.")),
        };
        let target = set("CARGO_TARGET_DIR").unwrap_or_else(|| "target".into());
        Ok(Place {
            target: root.join(target),
            dist: root.join("dist"),
            tools: cache.join("nexthop/tools"),
            root: root.to_path_buf(),
        })
    }

    /// The binary that is shipped.
    pub fn release_binary(&self) -> PathBuf {
        self.target.join("release/nexthop")
    }

    /// The binary that tests and `dev` start.
    pub fn debug_binary(&self) -> PathBuf {
        self.target.join("debug/nexthop")
    }

    /// A path as the person sees it: relative to the project where it lies inside.
    pub fn shown(&self, path: &Path) -> String {
        let inside = path.strip_prefix(&self.root).unwrap_or(path);
        inside.display().to_string()
    }
}
