//! Where damaged octets are set aside, so that a person can look at them.
//!
//! Promises: a copy is on disk when [`Quarantine::put`] answers `Ok`. One file for each damaged place.
//! Never: feeds anything back into the queue.

use crate::spool::disk::Disk;
use std::io;
use std::path::PathBuf;
use std::sync::Arc;

/// The folder of damaged pieces.
#[derive(Clone, Debug)]
pub struct Quarantine {
    /// Its file system.
    pub disk: Arc<dyn Disk>,
    /// `DIR/quarantine`.
    pub folder: PathBuf,
}

impl Quarantine {
    /// Sets aside what lay at this offset of this segment. The same place again replaces what an earlier start copied.
    pub fn put(&self, number: u32, offset: u32, bytes: &[u8]) -> io::Result<()> {
        let path = self.folder.join(format!("{number:08}-{offset:010}.bin"));
        let file = match self.disk.create(&path) {
            Err(error) if error.kind() == io::ErrorKind::AlreadyExists => {
                if self.disk.open(&path)?.length()? == bytes.len() as u64 {
                    return Ok(());
                }
                self.disk.remove(&path)?;
                self.disk.create(&path)?
            }
            other => other?,
        };
        file.write_at(bytes, 0)?;
        file.sync_all()?;
        self.disk.sync_folder(&self.folder)
    }

    /// Moves a whole journal file here: its header cannot be read, so nothing in it can be trusted.
    pub fn take(&self, file: &std::path::Path) -> io::Result<()> {
        let name = file.file_name().unwrap_or_default();
        self.disk.rename(file, &self.folder.join(name))?;
        self.disk.sync_folder(&self.folder)
    }
}
