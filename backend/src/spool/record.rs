//! What the journal says: the records' payloads, written by hand in a compact binary form.
//!
//! Promises: what is written reads back as the same value; a payload of a newer version is named as such;
//! no octets whatever make the reader panic or allocate more than they are worth.
//! Never: touches a file or a sum; see `frame`.
//!
//! Every payload begins with the version of its kind. The walk goes on in `accept`, `settlement` and `wire`.

mod accept;
mod settlement;
#[cfg(test)]
mod tests;
mod wire;

pub use accept::{Accept, accept_overhead, put_accept, put_envelope, read_body, read_envelope};

use crate::spool::Begun;
use accept::{ACCEPT_VERSION, ACCEPT_VERSION_BLOB, ACCEPT_VERSION_OLD};
use common::vocab::{AttemptId, MessageId};
use engine::envelope::Settlement;
use wire::{Reader, put_number};

/// A message with its body.
pub const ACCEPT: u8 = 1;
/// The final dot is about to be sent.
pub const BEGUN: u8 = 2;
/// How recipients ended.
pub const DONE: u8 = 3;
// 4 is kept for `decided` (an operator's act).
/// Messages went to the database.
pub const MOVED: u8 = 5;
/// Message numbers below this one may have been given out.
pub const NUMBERS: u8 = 6;

/// The version of all payloads but the accept's.
const VERSION: u8 = 1;

/// A record of the journal.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Record {
    /// A message; its body, or the front of it, is the rest of the payload, see [`read_body`].
    Accept(Box<Accept>),
    /// The final dot is about to be sent.
    Begun(Begun),
    /// How recipients ended, or when they are tried again.
    Done(Settlement),
    /// These messages went to the database, in the batch of this number.
    Moved(u64, Vec<MessageId>),
    /// Message numbers below this one may have been given out. The last such record counts.
    Numbers(MessageId),
}

/// Why a payload whose sum is right cannot be read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ReadError {
    /// A newer program wrote it.
    Newer(String),
    /// It says nothing that makes sense.
    Malformed,
}

/// Appends a begun.
pub fn put_begun(buffer: &mut Vec<u8>, begun: &Begun) {
    buffer.push(VERSION);
    put_number(buffer, begun.attempt.0);
    put_number(buffer, begun.mid.0);
    put_number(buffer, begun.rids.len() as u64);
    for rid in &begun.rids {
        put_number(buffer, u64::from(rid.0));
    }
}

/// Appends a done.
pub fn put_done(buffer: &mut Vec<u8>, settlement: &Settlement) {
    buffer.push(VERSION);
    settlement::put_settlement(buffer, settlement);
}

/// Appends the number below which message numbers may have been given out.
pub fn put_numbers(buffer: &mut Vec<u8>, next: MessageId) {
    buffer.push(VERSION);
    put_number(buffer, next.0);
}

/// Appends that messages went to the database. Their numbers rise, so the steps between them are small.
pub fn put_moved(buffer: &mut Vec<u8>, batch: u64, mids: &[MessageId]) {
    buffer.push(VERSION);
    put_number(buffer, batch);
    put_number(buffer, mids.len() as u64);
    let mut before = 0;
    for mid in mids {
        put_number(buffer, mid.0.wrapping_sub(before));
        before = mid.0;
    }
}

/// Reads the payload of a frame that passed its sums.
pub fn read(kind: u8, payload: &[u8]) -> Result<Record, ReadError> {
    let known: &[u8] = match kind {
        ACCEPT => &[ACCEPT_VERSION_OLD, ACCEPT_VERSION, ACCEPT_VERSION_BLOB],
        BEGUN | DONE | MOVED | NUMBERS => &[VERSION],
        _ => return Err(ReadError::Newer(format!("record kind {kind}"))),
    };
    let (&version, rest) = payload.split_first().ok_or(ReadError::Malformed)?;
    if !known.contains(&version) {
        return Err(ReadError::Newer(format!("record kind {kind} version {version}")));
    }
    let record = match kind {
        ACCEPT => accept::read_accept(payload).map(Box::new).map(Record::Accept),
        BEGUN => read_begun(Reader(rest)).map(Record::Begun),
        MOVED => read_moved(Reader(rest)),
        DONE => Reader(rest).whole(settlement::read_settlement).map(Record::Done),
        _ => Reader(rest).whole(|reader| reader.number()).map(|next| Record::Numbers(MessageId(next))),
    };
    record.ok_or(ReadError::Malformed)
}

fn read_begun(reader: Reader<'_>) -> Option<Begun> {
    reader.whole(|reader| {
        let (attempt, mid) = (AttemptId(reader.number()?), MessageId(reader.number()?));
        Some(Begun { attempt, mid, rids: reader.list(1, Reader::rid)? })
    })
}

fn read_moved(reader: Reader<'_>) -> Option<Record> {
    reader.whole(|reader| {
        let batch = reader.number()?;
        let mut mids = reader.list(1, |reader| reader.number().map(MessageId))?;
        let mut before = 0u64;
        for mid in &mut mids {
            before = before.wrapping_add(mid.0);
            mid.0 = before;
        }
        Some(Record::Moved(batch, mids))
    })
}
