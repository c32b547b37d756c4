//! What a folder holds, as one number: the same files with the same contents give the same number.
//!
//! Reads contents, not times, so a fresh clone, a checkout of another branch and a restored cache are all judged rightly.
//! It is no protection against an attacker, only against forgetting. Links to folders are not followed.

use std::fs;
use std::hash::{DefaultHasher, Hash, Hasher};
use std::io;
use std::path::{Path, PathBuf};

/// Grows by files and words; order matters.
#[derive(Default)]
pub struct Fingerprint(DefaultHasher);

impl Fingerprint {
    /// Takes in a word that decides the outcome, such as a compiler's version.
    pub fn word(&mut self, word: &str) {
        word.hash(&mut self.0);
    }

    /// Takes in a file, or all files below a folder: their paths below `base` and their contents.
    pub fn path(&mut self, base: &Path, path: &Path) -> io::Result<()> {
        let files = if path.is_dir() { files(path)? } else { vec![path.to_path_buf()] };
        for file in files {
            file.strip_prefix(base).unwrap_or(&file).hash(&mut self.0);
            fs::read(&file)?.hash(&mut self.0);
        }
        Ok(())
    }

    /// The number.
    pub fn finish(&self) -> u64 {
        self.0.finish()
    }
}

/// All files below a folder, sorted.
pub fn files(folder: &Path) -> io::Result<Vec<PathBuf>> {
    let mut found = Vec::new();
    let mut folders = vec![folder.to_path_buf()];
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(folder)? {
            let entry = entry?;
            let kind = entry.file_type()?;
            if kind.is_dir() {
                folders.push(entry.path());
            } else if kind.is_file() || entry.path().is_file() {
                found.push(entry.path());
            }
        }
    }
    found.sort();
    Ok(found)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::scratch::Scratch;

    fn of(folder: &Path) -> u64 {
        let mut fingerprint = Fingerprint::default();
        fingerprint.path(folder, folder).unwrap();
        fingerprint.finish()
    }

    #[test]
    fn contents_and_names_count_and_times_do_not() {
        let scratch = Scratch::new("fingerprint");
        let folder = &scratch.folder;
        fs::create_dir(folder.join("src")).unwrap();
        fs::write(folder.join("src/main.rs"), "fn main() {}").unwrap();
        let first = of(folder);

        fs::write(folder.join("src/main.rs"), "fn main() {}").unwrap();
        assert_eq!(of(folder), first, "the same text, written again");

        fs::write(folder.join("src/main.rs"), "fn main() { }").unwrap();
        assert_ne!(of(folder), first);

        fs::write(folder.join("src/main.rs"), "fn main() {}").unwrap();
        fs::rename(folder.join("src/main.rs"), folder.join("src/page.rs")).unwrap();
        assert_ne!(of(folder), first);
    }
}
