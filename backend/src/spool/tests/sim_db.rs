//! A database in memory behind the simulated disk: a commit is one call, which is done whole or not at all.
//!
//! When the power goes at a commit, it is there or it is not; what was committed before stays, unless a test makes the
//! database forget it.

use super::sim_disk::{Fault, SimDisk};
use crate::spool::frame::Seal;
use crate::spool::journal::index::Spot;
use crate::spool::note::Notes;
use crate::spool::queue_db::{Change, DbError, Meta, QueueDb, Row, RowRead, Stored, Waiting};
use bytes::Bytes;
use common::vocab::{MessageId, Timestamp};
use std::collections::BTreeMap;
use std::io;

/// What is in it.
#[derive(Clone, Debug, Default)]
pub struct Tables {
    rows: BTreeMap<MessageId, Row>,
    bodies: BTreeMap<MessageId, Bytes>,
    /// Messages whose row or body bears a wrong sum.
    rotten: BTreeMap<MessageId, Rot>,
    segments: BTreeMap<u32, Seal>,
    keys: BTreeMap<[u8; 32], ([u8; 32], MessageId, Timestamp)>,
    batch: u64,
    begun_through: u32,
    oldest: u32,
}

/// What of a stored message is damaged.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Rot {
    /// Its row.
    Row,
    /// Its body.
    Body,
}

/// A handle to the tables of a disk.
#[derive(Debug)]
pub struct SimDb(pub SimDisk);

impl Tables {
    /// Messages in it.
    pub fn messages(&self) -> usize {
        self.rows.len()
    }

    /// Journal files that belong to it.
    pub fn adopted(&self) -> usize {
        self.segments.len()
    }

    /// Damages a message.
    pub fn rot(&mut self, mid: MessageId, what: Rot) {
        assert!(self.rows.contains_key(&mid), "{mid} is not here");
        self.rotten.insert(mid, what);
    }

    fn apply(&mut self, change: &Change) {
        match change {
            Change::Put { row, body } => {
                self.rotten.remove(&row.mid());
                self.bodies.remove(&row.mid());
                self.bodies.extend(body.clone().map(|body| (row.mid(), body)));
                self.rows.insert(row.mid(), row.clone());
            }
            Change::Outcomes(mid, outcomes) => {
                let Some(row) = self.rows.get_mut(mid) else { return };
                for (rid, waiting) in outcomes {
                    row.outcomes.retain(|(of, _)| of != rid);
                    row.outcomes.push((*rid, *waiting));
                }
            }
            Change::Begun(mid, rid, more) => {
                let Some(row) = self.rows.get_mut(mid) else { return };
                let at = row.outcomes.iter().position(|(of, _)| of == rid);
                let known = at.map_or(Some(Waiting::default()), |at| row.outcomes.remove(at).1);
                row.outcomes.push((*rid, known.map(|w| Waiting { begun: w.begun + more, ..w })));
            }
            Change::Remove(mid) => {
                self.rotten.remove(mid);
                self.rows.remove(mid);
                self.bodies.remove(mid);
            }
            Change::Copy(mid, body) => {
                let Some(row) = self.rows.get_mut(mid) else { return };
                row.stored = Stored::Here;
                self.bodies.insert(*mid, body.clone());
            }
            Change::Adopt(seal) => {
                self.segments.insert(seal.number, *seal);
                self.oldest = seal.number + 1;
            }
            Change::Release(number) => drop(self.segments.remove(number)),
            Change::Batch(batch) => self.batch = *batch,
            Change::BegunThrough(number) => self.begun_through = *number,
            Change::Key(key, mid, at) => drop(self.keys.insert(key.name, (key.request, *mid, *at))),
            Change::Note(_) => {} // `queue_db::notes` has its own tests, on the real database
            Change::ForgetKeys(before) => self.keys.retain(|_, (_, _, at)| *at >= *before),
        }
    }
}

impl QueueDb for SimDb {
    fn meta(&self) -> Result<Meta, DbError> {
        Ok(self.0.tables(|tables| Meta {
            batch: tables.batch,
            begun_through: tables.begun_through,
            oldest: tables.oldest,
            adopted: tables.segments.values().copied().collect(),
            above_seen: tables.rows.keys().last().map_or(0, |mid| mid.0 + 1),
        }))
    }

    fn count(&self) -> Result<u64, DbError> {
        Ok(self.0.tables(|tables| tables.rows.len() as u64))
    }

    fn rows(&self, behind: MessageId, limit: usize) -> Result<Vec<RowRead>, DbError> {
        let behind = MessageId(behind.0 + 1);
        Ok(self.0.tables(|tables| {
            let read = |(mid, row): (&MessageId, &Row)| match tables.rotten.get(mid) {
                Some(Rot::Row) => Err(*mid),
                Some(Rot::Body) | None => Ok(row.clone()),
            };
            tables.rows.range(behind..).take(limit).map(read).collect()
        }))
    }

    fn rows_in(&self, segment: u32) -> Result<Vec<(MessageId, Spot)>, DbError> {
        let there = |row: &Row| match row.stored {
            Stored::Segment(spot) if spot.number == segment => Some((row.mid(), spot)),
            Stored::Segment(_) | Stored::Here => None,
        };
        Ok(self.0.tables(|tables| tables.rows.values().filter_map(there).collect()))
    }

    fn stored(&self, mid: MessageId) -> Result<Option<Stored>, DbError> {
        Ok(self.0.tables(|tables| tables.rows.get(&mid).map(|row| row.stored)))
    }

    fn body(&self, mid: MessageId) -> Result<Option<Bytes>, DbError> {
        Ok(self.0.tables(|tables| {
            let sound = tables.rotten.get(&mid) != Some(&Rot::Body);
            tables.bodies.get(&mid).filter(|_| sound).cloned()
        }))
    }

    fn octets(&self, mid: MessageId) -> Result<Option<Vec<u8>>, DbError> {
        Ok(self.0.tables(|tables| {
            let body = tables.bodies.get(&mid).cloned().unwrap_or_default();
            tables.rows.get(&mid).map(|row| [&row.envelope.mid.0.to_le_bytes()[..], &body].concat())
        }))
    }

    fn key(&self, name: &[u8; 32]) -> Result<Option<([u8; 32], MessageId, Timestamp)>, DbError> {
        Ok(self.0.tables(|tables| tables.keys.get(name).copied()))
    }

    fn notes(&self) -> Result<Notes, DbError> {
        Ok(Notes::default())
    }

    fn commit(&self, changes: &[Change]) -> Result<(), DbError> {
        let (called, number, fault) = self.0.count_call();
        let arrives = match (&called, fault) {
            (Ok(()), _) => true,
            (Err(_), Fault::PowerCut(at)) => at == number && number % 2 == 0,
            (Err(_), _) => false,
        };
        if arrives {
            self.0.tables(|tables| changes.iter().for_each(|change| tables.apply(change)));
        }
        called.map_err(|error| match error.kind() {
            io::ErrorKind::StorageFull => DbError::Full,
            _ => DbError::Failed(error.to_string()),
        })
    }

    fn checkpoint(&self) -> Result<bool, DbError> {
        let (called, _, _) = self.0.count_call();
        called.map(|()| true).map_err(|error| DbError::Failed(error.to_string()))
    }
}
