//! The low-water guard: stops taking mail before the disk is full, and takes it again by itself.
//!
//! Promises: while there is too little room, what empties the queue still finds some; mail is taken again only once
//! there is a quarter more than has to be, so that the two do not alternate with every message.
//! Never: counts what we wrote; it asks the file system, which others fill too.
//! The walk goes on in `log`, which refuses.

use crate::spool::disk::{Disk, Room};
use crate::spool::failure::SpoolHealth;
use crate::spool::settings::SpoolSettings;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

/// See the top of this file.
#[derive(Debug)]
pub struct Guard {
    disk: Arc<dyn Disk>,
    folder: PathBuf,
    least: Room,
    every: Duration,
    looked_at: Option<Duration>,
}

impl Guard {
    /// Over the file system of this folder.
    pub fn new(disk: Arc<dyn Disk>, folder: PathBuf, settings: &SpoolSettings) -> Guard {
        let least = Room { bytes: settings.disk_free_min, inodes: settings.inodes_free_min };
        Guard { disk, folder, least, every: settings.room_every, looked_at: None }
    }

    /// How the spool is from now on, if that is otherwise than it was.
    pub fn look(&mut self, now: Duration, health: &SpoolHealth) -> Option<SpoolHealth> {
        let low = match health {
            SpoolHealth::Ok => false,
            SpoolHealth::Low => true,
            SpoolHealth::Full | SpoolHealth::Failed(_) => {
                self.looked_at = None; // once that has passed, at once
                return None;
            }
        };
        if self.looked_at.is_some_and(|at| now < at + self.every) {
            return None;
        }
        self.looked_at = Some(now);
        let room = self.disk.room(&self.folder).ok()?; // who cannot say it is not judged: a write will tell
        let Room { bytes, inodes } = self.least;
        let more = |least: u64| if low { least.saturating_add(least / 4) } else { least };
        let enough = room.bytes >= more(bytes) && room.inodes >= more(inodes);
        match (low, enough) {
            (false, false) => {
                tracing::error!(
                    free_bytes = room.bytes,
                    free_inodes = room.inodes,
                    "the disk of the spool has less room than [guard] demands ({bytes} octets, {inodes} inodes): mail \
                     is refused until there is more, delivery goes on"
                );
                Some(SpoolHealth::Low)
            }
            (true, true) => {
                tracing::info!("the disk of the spool has room again: mail is taken");
                Some(SpoolHealth::Ok)
            }
            _ => None,
        }
    }
}
