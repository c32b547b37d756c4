//! Where the configuration file is when nobody says.

use std::path::{Path, PathBuf};

/// The file of this directory.
const HERE: &str = "nexthop.toml";
/// The file of the machine.
const OF_MACHINE: &str = "/etc/nexthop/nexthop.toml";

/// A file to read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Found {
    /// Which.
    pub file: PathBuf,
    /// Whether somebody named it; else it was looked for.
    pub named: bool,
}

/// The file that was named, else `./nexthop.toml`, else `/etc/nexthop/nexthop.toml`, else none.
/// A file that is there and cannot be read is found: silence would only hide the reason.
pub fn find(named: Option<&Path>) -> Option<Found> {
    if let Some(file) = named {
        return Some(Found { file: file.to_owned(), named: true });
    }
    [HERE, OF_MACHINE]
        .into_iter()
        .map(PathBuf::from)
        .find(|file| is_there(file))
        .map(|file| Found { file, named: false })
}

/// Whether there is such a file, even one behind a directory that may not be searched.
fn is_there(file: &Path) -> bool {
    match file.symlink_metadata() {
        Ok(_) => true,
        Err(why) => why.kind() == std::io::ErrorKind::PermissionDenied,
    }
}
