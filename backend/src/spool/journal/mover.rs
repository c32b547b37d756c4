//! The hands of the database: carries one job out.
//!
//! Promises: what moves is read from its record and passes its sum, or it does not move; a journal file says by itself
//! that it was adopted before the database says so, and no longer before it is used again.
//! Never: decides what moves, or waits for the writer. The walk goes on in `log`, which hears what came of it.

use crate::spool::SpoolError;
use crate::spool::disk::DiskFile;
use crate::spool::frame::{self, FRAME_BYTES};
use crate::spool::journal::index::Spot;
use crate::spool::journal::job::{Commit, Damaged, Job, Landed, Moving};
use crate::spool::journal::op::Reply;
use crate::spool::journal::reader::set_aside;
use crate::spool::journal::shared::{Files, Shared};
use crate::spool::note::Note;
use crate::spool::quarantine::Quarantine;
use crate::spool::queue_db::{Change, DbError, QueueDb, Row, Stored, Waiting};
use crate::spool::record::{self, Record};
use crate::spool::segment::{COPY_BYTES, HEADER_BYTES, Header, HeaderRead};
use bytes::Bytes;
use common::vocab::{MessageId, RecipientId};
use std::io;

/// Bodies that are copied out of an adopted file in one commit.
const COPIES_MAX: usize = 200;

/// Carries out a job.
pub fn carry_out(shared: &Shared, quarantine: &Quarantine, job: Job) -> Landed {
    let (db, files) = (&*shared.db, &shared.files);
    let mut landed = Landed { job, result: Ok(()), damaged: Vec::new(), copied: Vec::new(), complete: false, left: 0 };
    landed.result = match &landed.job {
        Job::Commit(commit) => carry_commit(db, files, commit, &mut landed.damaged),
        Job::Copy(number) => copy(db, files, *number, &mut landed.copied),
        Job::Release(number, file) => release(db, *number, &**file).map(|left| landed.left = left),
        Job::Checkpoint => db.checkpoint().map(|complete| landed.complete = complete),
    };
    if let Job::Commit(commit) = &landed.job {
        for damaged in &mut landed.damaged {
            let spot = commit.moving.iter().find(|moving| moving.mid == damaged.mid).map(|moving| moving.spot);
            damaged.set_aside = spot.is_some_and(|spot| set_aside(shared, quarantine, damaged.mid, spot));
            if damaged.set_aside {
                shared.blobs.set_aside(damaged.mid);
            }
        }
    }
    landed
}

/// Writes down what is kept besides mail, and answers.
pub fn write_notes(db: &dyn QueueDb, notes: Vec<Note>, reply: Reply) {
    let changes: Vec<Change> = notes.into_iter().map(Change::Note).collect();
    let written = db.commit(&changes).map_err(|why| match why {
        DbError::Full => SpoolError::Full,
        other => SpoolError::Failed(other.to_string()),
    });
    let _ = reply.send(written); // or nobody listens any more
}

fn carry_commit(db: &dyn QueueDb, files: &Files, commit: &Commit, damaged: &mut Vec<Damaged>) -> Result<(), DbError> {
    let mut changes = Vec::with_capacity(commit.moving.len() + commit.changes.len() + commit.begun.len() + 3);
    for moving in &commit.moving {
        match read(files, moving, commit.adopt.is_some()) {
            Some(put) => changes.push(put),
            None => damaged.push(Damaged { mid: moving.mid, set_aside: false }),
        }
    }
    if let Some((seal, file)) = &commit.adopt {
        mark(&**file, seal.number, true).map_err(failed)?;
        changes.push(Change::Adopt(*seal));
    }
    if commit.batch > 0 {
        changes.push(Change::Batch(commit.batch));
    }
    changes.extend(commit.changes.iter().map(|owed| owed.change.clone()));
    changes.extend(commit.begun.iter().cloned());
    let committed = db.commit(&changes);
    if let (Err(DbError::Full), Some((seal, file))) = (&committed, &commit.adopt) {
        mark(&**file, seal.number, false).map_err(|error| DbError::Failed(error.to_string()))?;
    }
    committed
}

/// The row of a message, from its record; `None` if that is damaged.
fn read(files: &Files, moving: &Moving, stays: bool) -> Option<Change> {
    let payload = read_record(files, moving.spot)?;
    let Ok(Record::Accept(accept)) = record::read(record::ACCEPT, &payload) else { return None };
    if accept.envelope.mid != moving.mid {
        return None;
    }
    let body = if stays { None } else { Some(record::read_body(payload, moving.mid)?) };
    let stored = if stays { Stored::Segment(moving.spot) } else { Stored::Here };
    let mut outcomes = Vec::new();
    let deferred = moving.deferred.as_deref().map_or(&[][..], Vec::as_slice);
    for rid in (0..accept.envelope.recipients.len() as u32).map(RecipientId) {
        let known = deferred.binary_search_by_key(&rid, |(rid, _)| *rid);
        match known {
            _ if !moving.remaining.contains(rid) => outcomes.push((rid, None)),
            Ok(at) => outcomes.push((rid, Some(deferred[at].1))),
            Err(_) => {}
        }
    }
    let row = Row { envelope: accept.envelope.into(), stored, blob: accept.blob, outcomes };
    Some(Change::Put { row, body })
}

/// The payload of the accept that lies there, if it passes its sums.
pub fn read_record(files: &Files, spot: Spot) -> Option<Bytes> {
    let (seal, file) = files.get(spot.number)?;
    let mut bytes = vec![0; spot.length as usize];
    file.read_at(&mut bytes, u64::from(spot.offset)).ok()?;
    let head = frame::read_head(&bytes, seal, spot.offset)?;
    let passes = head.kind == record::ACCEPT && frame::payload_passes(&head, &bytes[FRAME_BYTES..], seal, spot.offset);
    passes.then(|| Bytes::from(bytes).slice(FRAME_BYTES..))
}

/// Brings bodies out of an adopted file into the database; what cannot be read stays there.
fn copy(db: &dyn QueueDb, files: &Files, number: u32, copied: &mut Vec<MessageId>) -> Result<(), DbError> {
    for rows in db.rows_in(number)?.chunks(COPIES_MAX) {
        let body = |(mid, spot): &(MessageId, Spot)| {
            let body = record::read_body(read_record(files, *spot)?, *mid)?;
            Some(Change::Copy(*mid, body))
        };
        let changes: Vec<Change> = rows.iter().filter_map(body).collect();
        db.commit(&changes)?;
        copied.extend(changes.iter().filter_map(|change| match change {
            Change::Copy(mid, _) => Some(*mid),
            _ => None,
        }));
    }
    Ok(())
}

/// The file first, the database then: while only one of them knows, it is not used again. Answers how many messages
/// still lie there; then nothing is done.
fn release(db: &dyn QueueDb, number: u32, file: &dyn DiskFile) -> Result<u64, DbError> {
    let left = db.rows_in(number)?.len() as u64;
    if left > 0 {
        return Ok(left);
    }
    mark(file, number, false).map_err(failed)?;
    db.commit(&[Change::Release(number)]).map(|()| 0)
}

/// Writes into the header whether the file was adopted, one copy after the other.
pub fn mark(file: &dyn DiskFile, number: u32, adopted: bool) -> io::Result<()> {
    let mut start = vec![0; HEADER_BYTES as usize];
    file.read_at(&mut start, 0)?;
    let copy = match Header::read(&start, number) {
        HeaderRead::Own(header) => Header { adopted, ..header }.encode_copy(),
        _ if adopted => return Ok(()), // it cannot be read any more; the database knows the seal
        _ => [0; COPY_BYTES],
    };
    for at in [0, COPY_BYTES as u64] {
        file.write_at(&copy, at)?;
        file.sync_data()?;
    }
    Ok(())
}

fn failed(error: io::Error) -> DbError {
    if crate::spool::disk::is_full(&error) { DbError::Full } else { DbError::Failed(error.to_string()) }
}

/// How a recipient stands after a result, in the database's words; `None` once it has left.
pub fn outcome_of(settled: engine::envelope::Settled) -> Option<Waiting> {
    match settled {
        engine::envelope::Settled::Deferred { attempts, next_attempt_at, braked } => {
            Some(Waiting { attempts, begun: 0, next_attempt_at: Some(next_attempt_at), braked })
        }
        _ => None,
    }
}
