//! The start: what lies on the disk becomes a queue again.
//!
//! Promises: every message that was acknowledged and not settled comes back, byte for byte; what is damaged is set
//! aside and counted, never sent, never dropped in silence; stale octets of an earlier use never count. When it answers,
//! what it reports is on disk, and the next message number is above all that were ever given out.
//! Never: trusts a length, a file name or a file's end without a sum.
//! The walk goes on in `journal`, which writes on from here.

mod files;
mod replay;
mod scan;

use crate::spool::Report;
use crate::spool::disk::{Disk, LockGuard, is_full};
use crate::spool::failure::{OpenError, SpoolHealth};
use crate::spool::journal::chain::{Chain, Segment};
use crate::spool::journal::log::Log;
use crate::spool::journal::op::Op;
use crate::spool::journal::shared::{NUMBERS_BLOCK, Shared};
use crate::spool::quarantine::Quarantine;
use crate::spool::settings::SpoolSettings;
use common::vocab::MessageId;
use engine::envelope::Recovered;
use files::Files;
use replay::Replay;
use std::path::Path;
use std::sync::Arc;

/// What a start hands over.
#[derive(Debug)]
pub struct Start {
    /// Ready to write on.
    pub log: Log,
    /// For records that turn out to be damaged later.
    pub quarantine: Quarantine,
    /// What waits, oldest first.
    pub recovered: Vec<Recovered>,
    /// What was found, in numbers.
    pub report: Report,
}

/// Takes the lock, reads everything, and leaves a journal that can be written.
pub fn start(disk: Arc<dyn Disk>, dir: &Path, settings: &SpoolSettings) -> Result<Start, OpenError> {
    let folder = dir.join("journal");
    let quarantine = Quarantine { disk: disk.clone(), folder: dir.join("quarantine") };
    let lock = prepare_folders(&*disk, dir, &folder, &quarantine)?;
    let files = Files::read(&*disk, &folder, &quarantine)?;
    let mut replay = Replay::new(files.damaged);
    let mut chain = Chain::new(disk.clone(), folder.clone(), settings, files.next_number);
    for spare in files.spares {
        chain.push_spare(spare).map_err(OpenError::io("remove a file of", &folder))?;
    }
    let mut clean = false;
    let mut buffer = Vec::new();
    for (at, file) in files.segments.iter().enumerate() {
        let completed = file.completed_by(files.segments.get(at + 1));
        file.read_records(completed, &mut buffer)?;
        let scan = scan::scan(&buffer, file.header.seal, completed.map(|previous| previous.synced));
        let pinned = replay.segment(file, &buffer, &scan, &quarantine)?;
        clean = completed.is_none() && scan.is_clean();
        let written = scan.end as u32; // within a segment, whose length is 32 bits
        let durable = if clean { written } else { scan.synced as u32 };
        let (seal, capacity) = (file.header.seal, file.capacity);
        chain.push(Segment { seal, capacity, written, durable, live: pinned, file: file.file.clone() });
    }
    let next = replay.next_message();
    let (index, recovered, report) = replay.finish(&mut chain);
    let shared = Arc::new(Shared::new(index, settings.cache_bytes_max, next, chain.files()));
    if let Some(last) = files.segments.last() {
        // A process that was killed leaves records that no power cut has tested yet: from here on they count.
        last.file.sync_data().map_err(OpenError::io("sync", &last.path))?;
    }
    if !clean {
        let next = MessageId(next.0 + NUMBERS_BLOCK);
        chain.roll(0, true, next).map_err(OpenError::io("begin a journal file in", &folder))?;
        shared.set_ceiling(next.0);
    }
    let reserve = chain.retire().and_then(|()| chain.ensure_spares(1));
    let mut log = Log::new(chain, shared, lock);
    if let Err(error) = reserve {
        if !is_full(&error) {
            return Err(OpenError::io("make a journal file in", &folder)(error));
        }
        log.shared().set_health(SpoolHealth::Full);
    }
    log.run(&mut vec![Op::Numbers]);
    if let SpoolHealth::Failed(why) = log.shared().health() {
        return Err(OpenError::io("write to", &folder)(std::io::Error::other(why)));
    }
    Ok(Start { log, quarantine, recovered, report })
}

/// Makes the folders durable and takes the lock.
fn prepare_folders(
    disk: &dyn Disk,
    dir: &Path,
    folder: &Path,
    quarantine: &Quarantine,
) -> Result<LockGuard, OpenError> {
    disk.create_folder(dir).map_err(OpenError::io("make the folder", dir))?;
    let lock_path = dir.join("lock");
    let lock = disk.lock(&lock_path).map_err(OpenError::io("lock", &lock_path))?;
    let lock = lock.ok_or_else(|| OpenError::Locked(dir.to_owned()))?;
    for path in [folder, &quarantine.folder] {
        disk.create_folder(path).map_err(OpenError::io("make the folder", path))?;
    }
    disk.sync_folder(dir).map_err(OpenError::io("sync the folder", dir))?;
    if let Some(parent) = dir.parent().filter(|parent| !parent.as_os_str().is_empty()) {
        match disk.sync_folder(parent) {
            // Not ours to read, so not ours to have made: it was there before.
            Err(error) if error.kind() == std::io::ErrorKind::PermissionDenied => {}
            other => other.map_err(OpenError::io("sync the folder", parent))?,
        }
    }
    Ok(lock)
}
