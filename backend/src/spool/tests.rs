//! Tests of the room, from the contract of the trait down to the power cut.

mod blobs;
mod conformance;
mod crash;
mod damage;
mod faults;
mod guard;
mod kill;
mod ledger;
mod moves;
mod os;
mod restart;
mod set_aside;
mod sim_db;
pub(crate) mod sim_disk;

use crate::spool::blob::registry::Blobs;
use crate::spool::disk::Disk;
use crate::spool::journal::job::Job;
use crate::spool::journal::log::Log;
use crate::spool::journal::mover;
use crate::spool::journal::op::Op;
use crate::spool::journal::read_body;
use crate::spool::journal::shared::Shared;
use crate::spool::quarantine::Quarantine;
use crate::spool::recovery::Stock;
use crate::spool::recovery::{self, Start};
use crate::spool::{Answer, BlobWriter, Body, OpenError, Opened, Report, Spool, SpoolError, SpoolSettings, Submission};
use bytes::Bytes;
use common::vocab::{MessageId, Timestamp};
use engine::envelope::{Envelope, Recovered};
use engine::random::Random;
use futures_util::FutureExt;
use sim_disk::SimDisk;
use std::path::{Path, PathBuf};
use std::sync::Arc;

/// Small files and no thread beside the writer, so that many files are used and a seed stays a seed.
fn small() -> SpoolSettings {
    let (segment_bytes, start_messages_max, disk_free_min) = (64 << 10, 3, 0);
    SpoolSettings { segment_bytes, start_messages_max, disk_free_min, prepare_ahead: false, ..SpoolSettings::default() }
}

/// A message whose every octet follows from its number.
pub(super) fn message(mid: MessageId, recipients: usize, size: usize) -> Submission {
    let body = body_of(mid, size);
    let address = |local: String| format!("{local}@host{}.test", mid.0 % 7).parse().unwrap();
    let envelope = Envelope {
        mid,
        from: (!mid.0.is_multiple_of(5)).then(|| address("sender".to_owned())),
        recipients: (0..recipients).map(|rid| address(format!("rcpt{rid}"))).collect(),
        size_bytes: body.len() as u64,
        received_at: Timestamp(1_795_000_000_000 + mid.0),
        eight_bit: mid.0.is_multiple_of(3),
        smtputf8: false,
        dsn: Default::default(),
    };
    Submission { envelope: Arc::new(envelope), body: body.into(), settles: Vec::new(), key: None }
}

/// Files of large bodies on a disk in memory, for doubles of the spool.
#[derive(Debug)]
pub(crate) struct BlobDouble {
    /// The disk.
    pub(crate) disk: SimDisk,
    /// The files.
    blobs: Blobs,
}

impl Default for BlobDouble {
    fn default() -> BlobDouble {
        let disk = SimDisk::default();
        let shared: Arc<dyn Disk> = Arc::new(disk.clone());
        let quarantine = Quarantine::new(shared.clone(), Path::new("/spool"));
        let blobs = Blobs::open(&shared, Path::new("/spool"), &quarantine, Arc::default()).unwrap();
        BlobDouble { disk, blobs }
    }
}

impl BlobDouble {
    /// Begins a file.
    pub(crate) fn begin(&self, mid: MessageId) -> Answer<BlobWriter> {
        self.blobs.begin(mid)
    }

    /// A body with all but its first octets in a file.
    pub(crate) fn body(&self, mid: MessageId, octets: &[u8]) -> Body {
        let (front, rest) = octets.split_at(FRONT_BYTES);
        let mut writer = at_once(self.begin(mid)).unwrap().unwrap();
        rest.chunks(WRITTEN_BYTES).for_each(|piece| drop(at_once(writer.write(piece.to_vec())).unwrap()));
        Body::new(Bytes::copy_from_slice(front), Some(at_once(writer.finish()).unwrap()))
    }

    /// How many there are.
    pub(crate) fn count(&self) -> usize {
        blob_files(&self.disk).len()
    }
}

/// Octets of a large body that stay in its record.
const FRONT_BYTES: usize = 300;
/// Octets of a large body that are written at once.
const WRITTEN_BYTES: usize = 4_000;

/// The same message with all but its first octets in a file, written at once on this thread.
fn streamed(shared: &Shared, submission: Submission) -> Result<Submission, SpoolError> {
    let (front, _) = submission.body.clone().into_parts();
    let rest = front.slice(FRONT_BYTES.min(front.len())..);
    let mut writer = at_once(shared.blobs.begin(submission.envelope.mid)).unwrap()?;
    for piece in rest.chunks(WRITTEN_BYTES) {
        at_once(writer.write(piece.to_vec()))?;
    }
    let blob = at_once(writer.finish())?;
    Ok(Submission { body: Body::new(front.slice(..front.len() - rest.len()), Some(blob)), ..submission })
}

/// All octets of a body, read at once on this thread.
fn read_whole(shared: &Shared, quarantine: &Quarantine, mid: MessageId) -> Result<Bytes, SpoolError> {
    at_once(Body::new(read_body(shared, quarantine, mid)?, shared.blobs.get(mid)).whole())
}

/// Without its threads a spool is never waited for.
pub(crate) fn at_once<T>(answer: impl Future<Output = T>) -> T {
    tokio::task::unconstrained(answer).now_or_never().expect("it is there at once")
}

/// The files of large bodies, by message.
fn blob_files(disk: &SimDisk) -> Vec<MessageId> {
    let files = disk.contents(Path::new("/spool/blobs"));
    let number = |path: &PathBuf| path.file_name().unwrap().to_str().unwrap().parse().map(MessageId).unwrap();
    let mut found: Vec<MessageId> = files.iter().map(|(path, _)| number(path)).collect();
    found.sort_unstable();
    found
}

/// All octets of a body.
pub(crate) async fn whole_body(spool: &impl Spool, mid: MessageId) -> Result<Bytes, SpoolError> {
    spool.body(mid).await.unwrap()?.whole().await
}

pub(super) fn body_of(mid: MessageId, size: usize) -> Bytes {
    let mut random = Random::new(mid.0);
    let mut body = Vec::with_capacity(size + 8);
    while body.len() < size {
        body.extend_from_slice(&random.next_u64().to_le_bytes());
    }
    body.truncate(size);
    Bytes::from(body)
}

/// What a start on the simulated disk found.
struct Found {
    log: Log,
    quarantine: Quarantine,
    recovered: Vec<Recovered>,
    report: Report,
    /// What is not handed out yet.
    stock: Stock,
    /// Work of the database that is not done yet.
    job: Option<Job>,
}

/// Opens the spool of a simulated disk without its threads.
fn start(disk: &SimDisk, settings: &SpoolSettings) -> Result<Found, OpenError> {
    let mut found = begin(disk, settings)?;
    while found.read_on().map_err(OpenError::database(Path::new("/spool/queue.db")))? {}
    Ok(found)
}

/// The same, with nothing read of the database yet.
fn begin(disk: &SimDisk, settings: &SpoolSettings) -> Result<Found, OpenError> {
    let Start { log, quarantine, stock } = recovery::start(Arc::new(disk.clone()), Path::new("/spool"), settings)?;
    Ok(Found { log, quarantine, recovered: Vec::new(), report: Report::default(), stock, job: None })
}

/// A spool that was opened, with all that waits from before.
pub(crate) struct Whole<S> {
    pub spool: Arc<S>,
    pub recovered: Vec<Recovered>,
    pub report: Report,
    pub kept: tokio::sync::mpsc::Receiver<Vec<Arc<Envelope>>>,
}

/// Reads all that waits, on a thread of its own: the caller may be a task.
pub(crate) fn whole<S>(opened: Opened<S>) -> Whole<S> {
    let Opened { spool, mut backlog, kept, .. } = opened;
    let reader = std::thread::spawn(move || {
        let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
        runtime.block_on(backlog.whole())
    });
    let (recovered, report) = reader.join().unwrap();
    Whole { spool, recovered, report, kept }
}

impl Found {
    /// Hands out the next messages; `false` once all are known, and the database is written to.
    fn read_on(&mut self) -> Result<bool, crate::spool::queue_db::DbError> {
        let batch = self.stock.next_batch()?;
        let more = batch.is_some();
        self.recovered.extend(batch.into_iter().flatten());
        self.report = self.stock.report.clone();
        if !more {
            self.log.run(&mut vec![Op::Indexed(self.stock.take_adopted())]);
        }
        Ok(more)
    }

    /// Does what the database was asked, if it was, and asks for the next.
    fn work(&mut self) -> bool {
        let Some(job) = self.job.take().or_else(|| self.log.next_job()) else { return false };
        let shared = self.log.shared().clone();
        let landed = mover::carry_out(&shared, &self.quarantine, job);
        self.log.run(&mut vec![Op::Landed(landed)]);
        self.job = self.log.next_job();
        true
    }
}
