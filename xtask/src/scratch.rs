//! A folder of one test's own, gone with it. Tests only.

use std::fs;
use std::path::PathBuf;

/// The folder, empty at first.
pub struct Scratch {
    /// Where it lies.
    pub folder: PathBuf,
}

impl Scratch {
    /// A new one; `name` tells the tests of one run apart, the process tells runs apart.
    pub fn new(name: &str) -> Scratch {
        let unique = format!("nexthop-xtask-{name}-{}", std::process::id());
        let folder = std::env::temp_dir().join(unique);
        fs::create_dir_all(&folder).expect("the system's folder for temporary files is writable");
        Scratch { folder }
    }
}

impl Drop for Scratch {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(&self.folder); // what stays is the system's to clear
    }
}
