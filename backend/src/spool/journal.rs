//! The journal: the spool that runs. A handle; the work is done by one writer thread and a few readers.
//!
//! Promises and format: see `spool`, `segment`, `frame`, `record`. What a start finds: `recovery`.
//! Never: blocks its caller; every question is a message to a thread, every answer a one-shot channel.

pub(super) mod adopted;
mod attempts;
mod cache;
pub(super) mod chain;
mod choice;
mod count;
pub(super) mod guard;
pub(super) mod index;
pub(super) mod job;
mod keys;
mod landing;
pub(super) mod log;
pub(super) mod mover;
pub(super) mod moves;
pub(super) mod op;
mod pending;
pub(super) mod reader;
pub(super) mod shared;
pub(super) mod spares;
mod trouble;
mod writer;

use crate::spool::backlog::Teller;
use crate::spool::disk::{Disk, OsDisk};
use crate::spool::failure::{OpenError, SpoolHealth};
use crate::spool::quarantine::Quarantine;
use crate::spool::recovery::{self, Start};
use crate::spool::settings::SpoolSettings;
use crate::spool::{Answer, Begun, BlobWriter, Body, Kept, Note, Opened, Spool, SpoolError, Submission};
use common::vocab::MessageId;
use common::wire::Quarantined;
use engine::envelope::Settlement;
use job::Work;
use op::{Op, Reply};
use reader::Readers;
use shared::Shared;
use std::path::Path;
use std::sync::Arc;
use std::sync::mpsc::Sender;
use std::thread::JoinHandle;
use tokio::sync::oneshot;
use writer::Writer;

pub(super) use writer::Alarm;

#[cfg(test)]
pub(super) use reader::read as read_body;

/// The spool in `DIR/journal`. When the last handle goes, the writer writes what waits and ends.
#[derive(Debug)]
pub struct JournalSpool {
    ops: Sender<Op>,
    readers: Readers,
    shared: Arc<Shared>,
    quarantine: Quarantine,
    blob_from: usize,
}

impl JournalSpool {
    /// Takes the lock of the folder, recovers what the journal says, and starts the threads; one of them reads what
    /// else waits. Blocks while it reads the journal.
    ///
    /// # Errors
    /// Another process has the folder, a newer program wrote in it, or the file system failed.
    pub fn open(dir: &Path, settings: SpoolSettings) -> Result<Opened<JournalSpool>, OpenError> {
        JournalSpool::open_on(Arc::new(OsDisk), dir, settings)
    }

    /// The same on another file system.
    pub fn open_on(
        disk: Arc<dyn Disk>,
        dir: &Path,
        settings: SpoolSettings,
    ) -> Result<Opened<JournalSpool>, OpenError> {
        let Start { log, quarantine, stock } = recovery::start(disk, dir, &settings)?;
        let shared = log.shared().clone();
        let notes = shared.db.notes().map_err(OpenError::database(&dir.join("queue.db")))?;
        let (sender, ops) = std::sync::mpsc::channel();
        let (kept_sender, kept) = tokio::sync::mpsc::channel(settings.kept_batches_max.max(1));
        shared.blobs.start_hands().map_err(OpenError::io("start a thread for", dir))?;
        let readers = Readers::start(&shared, &quarantine).map_err(OpenError::io("start a thread for", dir))?;
        let (jobs, hands) = start_hands(&shared, quarantine.clone(), sender.clone())
            .map_err(OpenError::io("start a thread for", dir))?;
        let blob_from = settings.blob_from;
        let backlog = Teller::start(stock, shared.clone(), sender.clone(), dir.join("queue.db"))
            .map_err(OpenError::io("start a thread for", dir))?;
        let writer = Writer { log, ops, kept: kept_sender, jobs, hands, settings };
        std::thread::Builder::new()
            .name("spool-write".to_owned())
            .spawn(move || writer.work())
            .map_err(OpenError::io("start a thread for", dir))?;
        let spool = Arc::new(JournalSpool { ops: sender, readers, shared, blob_from, quarantine });
        Ok(Opened { spool, backlog, notes, kept })
    }

    /// How it is. After `Failed` the process has to end.
    pub fn health(&self) -> SpoolHealth {
        self.shared.health()
    }

    /// Records that turned out to be damaged while we ran: their messages are in the queue but cannot be sent.
    pub fn quarantined(&self) -> u64 {
        self.shared.state().damaged.len() as u64 + self.shared.blobs.damaged()
    }

    /// Writes and syncs what waits, gives the folder free, then answers. Every later question gets `Stopped`, and no
    /// number may be reserved any more. Needs a driver that takes, or has dropped, what was kept.
    pub fn stop(&self) -> Answer<()> {
        self.ask(Op::Stop)
    }

    fn ask<T>(&self, question: impl FnOnce(Reply<T>) -> Op) -> Answer<T> {
        let (reply, answer) = oneshot::channel();
        self.send(question(reply));
        answer
    }

    fn send(&self, op: Op) {
        if let Err(unsent) = self.ops.send(op) {
            unsent.0.refuse(SpoolError::Stopped);
        }
    }
}

/// Starts the database's thread: does one job after the other, and tells the writer.
fn start_hands(
    shared: &Arc<Shared>,
    quarantine: Quarantine,
    ops: Sender<Op>,
) -> std::io::Result<(Sender<Work>, JoinHandle<()>)> {
    let shared = shared.clone();
    let (sender, jobs) = std::sync::mpsc::channel();
    let hands = std::thread::Builder::new().name("spool-db".to_owned()).spawn(move || {
        let _alarm = Alarm(shared.clone());
        for work in jobs {
            match work {
                Work::Notes(notes, reply) => mover::write_notes(&*shared.db, notes, reply),
                Work::Job(job) => {
                    if ops.send(Op::Landed(mover::carry_out(&shared, &quarantine, job))).is_err() {
                        break; // the writer has ended
                    }
                }
            }
        }
    })?;
    Ok((sender, hands))
}

impl Drop for JournalSpool {
    /// The writer writes what waits and ends.
    fn drop(&mut self) {
        let _ = self.ops.send(Op::Leave); // or it has ended already
    }
}

impl Spool for JournalSpool {
    fn reserve(&self) -> MessageId {
        let (mid, block_is_short) = self.shared.reserve();
        if block_is_short {
            self.send(Op::Numbers);
        }
        mid
    }

    fn keep(&self, submission: Submission) -> Answer<Kept> {
        self.ask(|reply| Op::Keep(submission, reply))
    }

    fn begun(&self, begun: Begun) -> Answer<()> {
        self.ask(|reply| Op::Begun(begun, reply))
    }

    fn settle(&self, settlements: Vec<Settlement>) {
        self.send(Op::Settle(settlements));
    }

    fn blob_from(&self) -> usize {
        self.blob_from
    }

    fn stream(&self, mid: MessageId) -> Answer<BlobWriter> {
        self.shared.blobs.begin(mid)
    }

    fn body(&self, mid: MessageId) -> Answer<Body> {
        let (reply, answer) = oneshot::channel();
        let fresh = self.shared.state().cache.get(mid);
        match fresh {
            Some(front) => {
                let _ = reply.send(Ok(Body::new(front, self.shared.blobs.get(mid)))); // the receiver is in our hand
            }
            None => self.readers.ask(mid, reply),
        }
        answer
    }

    fn note(&self, notes: Vec<Note>) -> Answer<()> {
        self.ask(|reply| Op::Note(notes, reply))
    }

    fn damaged(&self) -> Quarantined {
        self.quarantine.list()
    }

    fn flush(&self) -> Answer<()> {
        self.ask(Op::Flush)
    }
}
