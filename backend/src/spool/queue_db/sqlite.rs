//! `queue.db` on the disk of the machine: one connection that writes, a few that read.
//!
//! Promises: see the trait. One statement of a kind is prepared once.

use super::row::{body_sum, columns, outcome, outcome_sum, pack, unpack};
use super::schema::{open_to_read, open_to_write};
use super::{Change, DbError, Meta, Outcome, QueueDb, Row, RowRead, Stored, Waiting, notes};
use crate::spool::frame::Seal;
use crate::spool::journal::index::Spot;
use crate::spool::journal::shared::lock;
use crate::spool::note::Notes;
use bytes::Bytes;
use common::vocab::{MessageId, RecipientId, Timestamp};
use rusqlite::{Connection, OptionalExtension, Statement, params};
use std::path::{Path, PathBuf};
use std::sync::Mutex;

/// See the top of this file.
#[derive(Debug)]
pub struct SqliteDb {
    path: PathBuf,
    writer: Mutex<Connection>,
    /// Connections that read and are free at the moment.
    readers: Mutex<Vec<Connection>>,
}

impl SqliteDb {
    /// Opens the database, or makes it.
    pub fn open(path: &Path) -> Result<SqliteDb, DbError> {
        let writer = Mutex::new(open_to_write(path)?);
        Ok(SqliteDb { path: path.to_owned(), writer, readers: Mutex::default() })
    }

    /// Lends a connection that reads.
    fn read<T>(&self, ask: impl FnOnce(&Connection) -> Result<T, DbError>) -> Result<T, DbError> {
        let free = lock(&self.readers).pop();
        let reader = match free {
            Some(reader) => reader,
            None => open_to_read(&self.path)?,
        };
        let answer = ask(&reader);
        lock(&self.readers).push(reader);
        answer
    }
}

impl QueueDb for SqliteDb {
    fn meta(&self) -> Result<Meta, DbError> {
        self.read(|db| {
            let number = |name: &str| -> Result<i64, DbError> {
                let found = db.query_row("SELECT value FROM meta WHERE name = ?1", [name], |row| row.get(0));
                Ok(found.optional()?.unwrap_or(0))
            };
            let newest: Option<i64> = db.query_row("SELECT max(id) FROM message", [], |row| row.get(0))?;
            let mut segments = db.prepare("SELECT number, salt FROM segment ORDER BY number")?;
            let adopted =
                segments.query_map([], |row| Ok(Seal { number: row.get(0)?, salt: row.get::<_, i64>(1)? as u64 }))?;
            Ok(Meta {
                batch: number("batch")? as u64,
                begun_through: number("begun_through")? as u32,
                oldest: number("oldest")? as u32,
                adopted: adopted.collect::<Result<_, _>>()?,
                above_seen: newest.map_or(0, |newest| newest as u64 + 1),
            })
        })
    }

    fn count(&self) -> Result<u64, DbError> {
        self.read(|db| Ok(db.query_row("SELECT count(*) FROM message", [], |row| row.get::<_, i64>(0))? as u64))
    }

    fn rows(&self, behind: MessageId, limit: usize) -> Result<Vec<RowRead>, DbError> {
        self.read(|db| {
            let mut messages = db.prepare_cached(
                "SELECT id, segment, offset, length, envelope FROM message WHERE id > ?1 ORDER BY id LIMIT ?2",
            )?;
            let mut outcomes =
                db.prepare_cached("SELECT rid, gone, attempts, begun, next, braked, sum FROM outcome WHERE id = ?1")?;
            let mut found = messages.query(params![behind.0 as i64, limit as i64])?;
            let mut rows = Vec::with_capacity(limit.min(1_024));
            while let Some(row) = found.next()? {
                let mid = MessageId(row.get::<_, i64>(0)? as u64);
                let stored = stored_at(row.get(1)?, row.get(2)?, row.get(3)?);
                let envelope = unpack(mid, row.get_ref(4)?.as_blob().unwrap_or(&[]));
                let states = read_outcomes(&mut outcomes, mid)?;
                rows.push(match (envelope, states) {
                    (Some((envelope, blob)), Some(outcomes)) => {
                        Ok(Row { envelope: envelope.into(), stored, blob, outcomes })
                    }
                    _ => Err(mid),
                });
            }
            Ok(rows)
        })
    }

    fn rows_in(&self, segment: u32) -> Result<Vec<(MessageId, Spot)>, DbError> {
        self.read(|db| {
            let mut found =
                db.prepare_cached("SELECT id, offset, length FROM message WHERE segment = ?1 AND segment > 0")?;
            let rows = found.query_map([segment], |row| {
                let spot = Spot { number: segment, offset: row.get(1)?, length: row.get(2)? };
                Ok((MessageId(row.get::<_, i64>(0)? as u64), spot))
            })?;
            Ok(rows.collect::<Result<_, _>>()?)
        })
    }

    fn stored(&self, mid: MessageId) -> Result<Option<Stored>, DbError> {
        self.read(|db| {
            let mut found = db.prepare_cached("SELECT segment, offset, length FROM message WHERE id = ?1")?;
            let row = found.query_row([mid.0 as i64], |row| Ok(stored_at(row.get(0)?, row.get(1)?, row.get(2)?)));
            Ok(row.optional()?)
        })
    }

    fn body(&self, mid: MessageId) -> Result<Option<Bytes>, DbError> {
        self.read(|db| {
            let mut found = db.prepare_cached("SELECT sum, data FROM body WHERE id = ?1")?;
            let row = found.query_row([mid.0 as i64], |row| Ok((row.get::<_, u32>(0)?, row.get::<_, Vec<u8>>(1)?)));
            let row = row.optional()?;
            Ok(row.filter(|(sum, data)| body_sum(mid, data) == *sum).map(|(_, data)| Bytes::from(data)))
        })
    }

    fn octets(&self, mid: MessageId) -> Result<Option<Vec<u8>>, DbError> {
        self.read(|db| {
            let sql = "SELECT envelope, data FROM message LEFT JOIN body USING (id) WHERE message.id = ?1";
            let row = db.prepare_cached(sql)?.query_row([mid.0 as i64], |row| {
                let envelope = row.get_ref(0)?.as_bytes_or_null().unwrap_or_default().unwrap_or_default();
                let body = row.get_ref(1)?.as_bytes_or_null().unwrap_or_default().unwrap_or_default();
                Ok([envelope, body].concat())
            });
            Ok(row.optional()?)
        })
    }

    fn key(&self, name: &[u8; 32]) -> Result<Option<([u8; 32], MessageId, Timestamp)>, DbError> {
        self.read(|db| {
            let mut found = db.prepare_cached("SELECT request, id, at FROM client_key WHERE name = ?1")?;
            let row = found.query_row([name.as_slice()], |row| {
                let request = row.get::<_, [u8; 32]>(0)?;
                Ok((request, MessageId(row.get::<_, i64>(1)? as u64), Timestamp(row.get::<_, i64>(2)? as u64)))
            });
            Ok(row.optional()?)
        })
    }

    fn notes(&self) -> Result<Notes, DbError> {
        self.read(notes::read)
    }

    fn commit(&self, changes: &[Change]) -> Result<(), DbError> {
        let mut db = lock(&self.writer);
        let transaction = db.transaction()?;
        for change in changes {
            apply(&transaction, change)?;
        }
        Ok(transaction.commit()?)
    }

    fn checkpoint(&self) -> Result<bool, DbError> {
        let db = lock(&self.writer);
        let done = db.query_row("PRAGMA wal_checkpoint(PASSIVE)", [], |row| {
            let (log, moved): (i64, i64) = (row.get(1)?, row.get(2)?);
            Ok(log == moved)
        })?;
        Ok(done)
    }
}

fn stored_at(number: u32, offset: u32, length: u32) -> Stored {
    if number == 0 { Stored::Here } else { Stored::Segment(Spot { number, offset, length }) }
}

/// `None` if one of the sums is wrong.
fn read_outcomes(statement: &mut Statement<'_>, mid: MessageId) -> Result<Option<Vec<Outcome>>, DbError> {
    let mut found = statement.query([mid.0 as i64])?;
    let mut outcomes = Vec::new();
    while let Some(row) = found.next()? {
        let rid: u32 = row.get(0)?;
        let next: Option<i64> = row.get(4)?;
        let state = (row.get(1)?, row.get(2)?, row.get(3)?, next.map(|next| next as u64), row.get(5)?);
        if outcome_sum(mid, rid, state) != row.get::<_, u32>(6)? {
            return Ok(None);
        }
        outcomes.push(outcome(rid, state));
    }
    Ok(Some(outcomes))
}

const PUT_OUTCOME: &str = "INSERT OR REPLACE INTO outcome (id, rid, gone, attempts, begun, next, braked, sum) \
                           VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8)";

fn put_outcome(db: &Connection, mid: MessageId, rid: RecipientId, waiting: Option<Waiting>) -> Result<(), DbError> {
    let state = columns(waiting);
    let (gone, attempts, begun, next, braked) = state;
    db.prepare_cached(PUT_OUTCOME)?.execute(params![
        mid.0 as i64,
        rid.0,
        gone,
        attempts,
        begun,
        next.map(|next| next as i64),
        braked,
        outcome_sum(mid, rid.0, state)
    ])?;
    Ok(())
}

fn is_here(db: &Connection, mid: MessageId) -> Result<bool, DbError> {
    Ok(db.prepare_cached("SELECT 1 FROM message WHERE id = ?1")?.exists([mid.0 as i64])?)
}

fn apply(db: &Connection, change: &Change) -> Result<(), DbError> {
    match change {
        Change::Put { row, body } => put(db, row, body.as_ref())?,
        Change::Outcomes(mid, outcomes) => {
            if is_here(db, *mid)? {
                for (rid, waiting) in outcomes {
                    put_outcome(db, *mid, *rid, *waiting)?;
                }
            }
        }
        Change::Begun(mid, rid, more) => begun(db, *mid, *rid, *more)?,
        Change::Remove(mid) => remove(db, *mid)?,
        Change::Copy(mid, body) => {
            let here = "UPDATE message SET segment = 0, offset = 0, length = 0 WHERE id = ?1";
            if db.prepare_cached(here)?.execute([mid.0 as i64])? > 0 {
                put_body(db, *mid, body)?;
            }
        }
        Change::Adopt(seal) => {
            let sql = "INSERT OR REPLACE INTO segment VALUES (?1, ?2)";
            db.prepare_cached(sql)?.execute(params![seal.number, seal.salt as i64])?;
            set_meta(db, "oldest", i64::from(seal.number) + 1)?;
        }
        Change::Release(number) => {
            db.prepare_cached("DELETE FROM segment WHERE number = ?1")?.execute([number])?;
        }
        Change::Note(note) => notes::apply(db, note)?,
        Change::Batch(batch) => set_meta(db, "batch", *batch as i64)?,
        Change::BegunThrough(number) => set_meta(db, "begun_through", i64::from(*number))?,
        Change::Key(key, mid, at) => {
            let sql = "INSERT OR REPLACE INTO client_key VALUES (?1, ?2, ?3, ?4)";
            let (name, request) = (key.name.as_slice(), key.request.as_slice());
            db.prepare_cached(sql)?.execute(params![name, request, mid.0 as i64, at.0 as i64])?;
        }
        Change::ForgetKeys(before) => {
            db.prepare_cached("DELETE FROM client_key WHERE at < ?1")?.execute([before.0 as i64])?;
        }
    }
    Ok(())
}

fn set_meta(db: &Connection, name: &str, value: i64) -> Result<(), DbError> {
    db.prepare_cached("INSERT OR REPLACE INTO meta VALUES (?1, ?2)")?.execute(params![name, value])?;
    Ok(())
}

fn put(db: &Connection, row: &Row, body: Option<&Bytes>) -> Result<(), DbError> {
    let mid = row.mid();
    let spot = match row.stored {
        Stored::Here => Spot { number: 0, offset: 0, length: 0 },
        Stored::Segment(spot) => spot,
    };
    remove(db, mid)?;
    db.prepare_cached("INSERT INTO message VALUES (?1, ?2, ?3, ?4, ?5)")?.execute(params![
        mid.0 as i64,
        spot.number,
        spot.offset,
        spot.length,
        pack(&row.envelope, row.blob)
    ])?;
    for (rid, waiting) in &row.outcomes {
        put_outcome(db, mid, *rid, *waiting)?;
    }
    body.map_or(Ok(()), |body| put_body(db, mid, body))
}

fn put_body(db: &Connection, mid: MessageId, body: &Bytes) -> Result<(), DbError> {
    let sql = "INSERT OR REPLACE INTO body VALUES (?1, ?2, ?3)";
    db.prepare_cached(sql)?.execute(params![mid.0 as i64, body_sum(mid, body), &body[..]])?;
    Ok(())
}

fn begun(db: &Connection, mid: MessageId, rid: RecipientId, more: u32) -> Result<(), DbError> {
    if !is_here(db, mid)? {
        return Ok(());
    }
    let known = db
        .prepare_cached("SELECT gone, attempts, begun, next, braked FROM outcome WHERE id = ?1 AND rid = ?2")?
        .query_row(params![mid.0 as i64, rid.0], |row| {
            let next: Option<i64> = row.get(3)?;
            Ok(outcome(rid.0, (row.get(0)?, row.get(1)?, row.get(2)?, next.map(|next| next as u64), row.get(4)?)).1)
        });
    match known.optional()?.unwrap_or_else(|| Some(Waiting::default())) {
        None => Ok(()), // it has left
        Some(waiting) => {
            let waiting = Waiting { begun: waiting.begun.saturating_add(more), ..waiting };
            put_outcome(db, mid, rid, Some(waiting))
        }
    }
}

fn remove(db: &Connection, mid: MessageId) -> Result<(), DbError> {
    for sql in
        ["DELETE FROM message WHERE id = ?1", "DELETE FROM outcome WHERE id = ?1", "DELETE FROM body WHERE id = ?1"]
    {
        db.prepare_cached(sql)?.execute([mid.0 as i64])?;
    }
    Ok(())
}
