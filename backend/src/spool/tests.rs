//! Tests of the room, from the contract of the trait down to the power cut.

mod conformance;
mod crash;
mod damage;
mod faults;
mod kill;
mod ledger;
mod moves;
mod os;
mod restart;
mod sim_db;
pub(crate) mod sim_disk;

use crate::spool::journal::job::Job;
use crate::spool::journal::log::Log;
use crate::spool::journal::mover;
use crate::spool::journal::op::Op;
use crate::spool::quarantine::Quarantine;
use crate::spool::recovery::Stock;
use crate::spool::recovery::{self, Start};
use crate::spool::{OpenError, Opened, Report, SpoolSettings, Submission};
use bytes::Bytes;
use common::vocab::{MessageId, Timestamp};
use engine::envelope::{Envelope, Recovered};
use engine::random::Random;
use sim_disk::SimDisk;
use std::path::Path;
use std::sync::Arc;

/// Small files and no thread beside the writer, so that many files are used and a seed stays a seed.
fn small() -> SpoolSettings {
    SpoolSettings { segment_bytes: 64 << 10, prepare_ahead: false, start_messages_max: 3, ..SpoolSettings::default() }
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
    Submission { envelope: Arc::new(envelope), body, settles: Vec::new(), key: None }
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
