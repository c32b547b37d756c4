//! The start: what lies on the disk, in journal and database, becomes a queue again.
//!
//! Promises: every message that was acknowledged and not settled comes back, byte for byte; what is damaged is set
//! aside and counted, never sent, never dropped in silence; stale octets of an earlier use never count. When it answers,
//! what it reports is on disk, and the next message number is above all that were ever given out.
//! Never: trusts a length, a file name or a file's end without a sum.
//! Reads the journal, whose length is bounded, at once; the database is read by `stock` while mail is taken already.
//! The walk goes on in `journal`, which writes on from here.

mod condemned;
mod files;
mod merge;
mod replay;
mod scan;
mod stock;

pub use stock::Stock;

use crate::spool::blob::registry::Blobs;
use crate::spool::disk::{Disk, LockGuard, is_full};
use crate::spool::failure::{OpenError, Pulse, SpoolHealth};
use crate::spool::journal::chain::{Chain, Segment};
use crate::spool::journal::guard::Guard;
use crate::spool::journal::log::Log;
use crate::spool::journal::moves::Moves;
use crate::spool::journal::op::Op;
use crate::spool::journal::shared::{LongTerm, NUMBERS_BLOCK, Shared};
use crate::spool::journal::spares::Claim;
use crate::spool::quarantine::Quarantine;
use crate::spool::queue_db::DbError;
use crate::spool::settings::SpoolSettings;
use common::vocab::MessageId;
use files::Files;
use merge::Merge;
use replay::{Known, Replay};
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

/// What a start hands over.
#[derive(Debug)]
pub struct Start {
    /// Ready to write on.
    pub log: Log,
    /// For records that turn out to be damaged later.
    pub quarantine: Quarantine,
    /// What waits.
    pub stock: Stock,
}

/// Takes the lock, reads everything, and leaves a journal that can be written.
pub fn start(disk: Arc<dyn Disk>, dir: &Path, settings: &SpoolSettings) -> Result<Start, OpenError> {
    let folder = dir.join("journal");
    let quarantine = Quarantine::new(disk.clone(), dir);
    let lock = prepare_folders(&*disk, dir, &folder, &quarantine)?;
    quarantine.read_names();
    let pulse = Arc::new(Pulse::default());
    let blobs = Blobs::open(&disk, dir, &quarantine, pulse.clone()).map(Arc::new);
    let blobs = blobs.map_err(OpenError::io("list the blobs of", dir))?;
    let db_path = dir.join("queue.db");
    let said = OpenError::database(&db_path);
    let db = disk.database(&db_path).map_err(&said)?;
    disk.sync_folder(dir).map_err(OpenError::io("sync the folder", dir))?;
    let meta = db.meta().map_err(&said)?;
    let known = Known { db: &*db, meta: &meta, path: &db_path };
    let files = Files::read(&*disk, &folder, &quarantine, &meta)?;
    let mut replay = Replay::new(files.damaged, &meta);
    let mut chain = Chain::new(disk.clone(), folder.clone(), settings, files.next_number);
    let clean = read_journal(&files, &mut replay, &mut chain, &quarantine, &known)?;
    for spare in files.spares {
        chain.spares.push_found(spare).map_err(OpenError::io("remove a file of", &folder))?;
    }
    for (seal, file) in files.adopted {
        chain.files().insert(seal, file);
    }
    if replay.batch > meta.batch {
        tracing::error!(journal = replay.batch, database = meta.batch, "queue.db lost commits that were on disk");
    }
    let next = replay.next_message();
    let mut moves = Moves::new(replay.batch.max(meta.batch));
    let keys = replay.keys.clone();
    let merge =
        Merge { db: &*db, meta: &meta, chain: &mut chain, moves: &mut moves, blobs: &blobs, quarantine: &quarantine };
    let (index, mut stock) = merge.run(replay).map_err(&said)?;
    let checkpointed = db.checkpoint();
    moves.checkpointed(Duration::ZERO, checkpointed.as_ref().is_ok_and(|complete| *complete));
    if !matches!(checkpointed, Ok(_) | Err(DbError::Full)) {
        checkpointed.map_err(&said)?;
    }
    chain.set_checkpointed(!moves.is_dirty());
    let long_term = LongTerm { db, blobs, pulse };
    let shared = Arc::new(Shared::new(index, settings.cache_bytes_max, next, chain.files(), long_term));
    if let Some(last) = files.segments.last() {
        // A process that was killed leaves records that no power cut has tested yet: from here on they count.
        last.file.sync_data().map_err(OpenError::io("sync", &last.path))?;
    }
    let guard = Guard::new(disk.clone(), dir.to_owned(), settings);
    let mut log = open_log(chain, shared.clone(), moves, settings, (lock, guard), (next, clean), &folder)?;
    keys.iter().for_each(|(key, mid, at, _)| log.know_key(key, *mid, *at));
    stock.begin(shared, quarantine.clone(), settings.start_messages_max);
    Ok(Start { log, quarantine, stock })
}

/// Reads every segment in its order. Answers whether the last one may be written on.
fn read_journal(
    files: &Files,
    replay: &mut Replay,
    chain: &mut Chain,
    quarantine: &Quarantine,
    known: &Known<'_>,
) -> Result<bool, OpenError> {
    let mut clean = false;
    let mut buffer = Vec::new();
    for (at, file) in files.segments.iter().enumerate() {
        let completed = file.completed_by(files.segments.get(at + 1));
        file.read_records(completed, &mut buffer)?;
        let scan = scan::scan(&buffer, file.header.seal, completed.map(|previous| previous.synced));
        let pinned = replay.segment(file, &buffer, &scan, quarantine, known)?;
        clean = completed.is_none() && scan.is_clean() && !file.header.adopted;
        let written = scan.end as u32; // within a segment, whose length is 32 bits
        let durable = if clean { written } else { scan.synced as u32 };
        chain.push(Segment {
            seal: file.header.seal,
            capacity: file.capacity,
            written,
            durable,
            live: pinned,
            full_at: (at + 1 < files.segments.len()).then_some(Duration::ZERO),
            adopted: false,
            marked: file.header.adopted,
            file: file.file.clone(),
        });
    }
    Ok(clean)
}

/// A log that can be written, on from the next message number; `clean`: in the segment that was written last.
fn open_log(
    mut chain: Chain,
    shared: Arc<Shared>,
    moves: Moves,
    settings: &SpoolSettings,
    (lock, guard): (LockGuard, Guard),
    (next, clean): (MessageId, bool),
    folder: &Path,
) -> Result<Log, OpenError> {
    if !clean {
        let next = MessageId(next.0 + NUMBERS_BLOCK);
        chain.roll(0, Claim::Result, next).map_err(OpenError::io("begin a journal file in", folder))?;
        shared.set_ceiling(next.0);
    }
    let reserve = chain.retire().and_then(|()| chain.spares.ensure(1));
    let mut log = Log::new(chain, shared, moves, guard, settings, lock);
    if let Err(error) = reserve {
        if !is_full(&error) {
            return Err(OpenError::io("make a journal file in", folder)(error));
        }
        log.shared().set_health(SpoolHealth::Full);
    }
    log.run(&mut vec![Op::Numbers]);
    if let SpoolHealth::Failed(why) = log.shared().health() {
        return Err(OpenError::io("write to", folder)(std::io::Error::other(why)));
    }
    Ok(log)
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
