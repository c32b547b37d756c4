//! The tables of `queue.db`, and how its connections are set.
//!
//! Promises: a database of a newer version is named, never written; the bundled SQLite is new enough.

use super::DbError;
use rusqlite::{Connection, OpenFlags};
use std::path::Path;
use std::time::Duration;

/// The version of the tables that this program writes.
const VERSION: i64 = 2;
/// Says whose file it is: `NXHP`.
const APPLICATION_ID: i64 = 0x4e58_4850;
/// The first SQLite without the race between two connections that reset the write-ahead log.
const SQLITE_VERSION_MIN: i32 = 3_051_003;
/// Only a checkpoint ever makes a reader wait, and for moments.
const BUSY_WAIT: Duration = Duration::from_secs(5);

/// Before any table is there: a page as large as common rows need, and no growth that is never given back.
const BEFORE: &str = "PRAGMA page_size=4096; PRAGMA journal_mode=WAL;";
const SETTINGS: &str = "PRAGMA synchronous=FULL; PRAGMA wal_autocheckpoint=4000; PRAGMA cache_size=-32768;
PRAGMA temp_store=MEMORY; PRAGMA journal_size_limit=67108864; PRAGMA mmap_size=0;";

/// `message.segment` is the adopted journal file of the body, or 0 for the table `body`. Times are milliseconds.
const TABLES: &str = "
CREATE TABLE meta(name TEXT PRIMARY KEY, value INTEGER NOT NULL) WITHOUT ROWID;
CREATE TABLE message(id INTEGER PRIMARY KEY, segment INTEGER NOT NULL, offset INTEGER NOT NULL,
    length INTEGER NOT NULL, envelope BLOB NOT NULL);
CREATE TABLE outcome(id INTEGER NOT NULL, rid INTEGER NOT NULL, gone INTEGER NOT NULL, attempts INTEGER NOT NULL,
    begun INTEGER NOT NULL, next INTEGER, sum INTEGER NOT NULL, braked INTEGER NOT NULL DEFAULT 0,
    PRIMARY KEY(id, rid)) WITHOUT ROWID;
CREATE TABLE body(id INTEGER PRIMARY KEY, sum INTEGER NOT NULL, data BLOB NOT NULL);
CREATE TABLE segment(number INTEGER PRIMARY KEY, salt INTEGER NOT NULL);
CREATE TABLE client_key(name BLOB PRIMARY KEY, request BLOB NOT NULL, id INTEGER NOT NULL, at INTEGER NOT NULL)
    WITHOUT ROWID;
CREATE INDEX client_key_at ON client_key(at);
";

/// What version 2 has more than version 1: a moment's work, however many rows there are.
const SINCE_1: &str = "ALTER TABLE outcome ADD COLUMN braked INTEGER NOT NULL DEFAULT 0;";

/// The connection that writes; makes the tables if the file is new.
pub fn open_to_write(path: &Path) -> Result<Connection, DbError> {
    if rusqlite::version_number() < SQLITE_VERSION_MIN {
        return Err(DbError::Failed(format!("SQLite {} is too old: 3.51.3 is needed", rusqlite::version())));
    }
    let db = Connection::open(path)?;
    db.busy_timeout(BUSY_WAIT)?;
    let version: i64 = db.query_row("PRAGMA user_version", [], |row| row.get(0))?;
    let application: i64 = db.query_row("PRAGMA application_id", [], |row| row.get(0))?;
    let tables: i64 = db.query_row("SELECT count(*) FROM sqlite_schema", [], |row| row.get(0))?;
    if version > VERSION {
        return Err(DbError::Newer(format!("tables of version {version}")));
    }
    if tables > 0 && application != APPLICATION_ID {
        return Err(DbError::Damaged("it is a database of another program".to_owned()));
    }
    db.execute_batch(BEFORE)?;
    db.execute_batch(SETTINGS)?;
    if tables == 0 {
        let made = format!(
            "BEGIN IMMEDIATE; {TABLES} PRAGMA application_id={APPLICATION_ID}; PRAGMA user_version={VERSION}; COMMIT;"
        );
        db.execute_batch(&made)?;
    } else if version < VERSION {
        db.execute_batch(&format!("BEGIN IMMEDIATE; {SINCE_1} PRAGMA user_version={VERSION}; COMMIT;"))?;
    }
    // Which messages lie in an adopted journal file is asked for each file, among a million rows that do not.
    db.execute_batch("CREATE INDEX IF NOT EXISTS message_segment ON message(segment) WHERE segment > 0;")?;
    db.execute_batch(super::notes::TABLES)?;
    db.execute_batch(super::counts::TABLES)?;
    db.set_prepared_statement_cache_capacity(64);
    Ok(db)
}

/// A connection that only reads.
pub fn open_to_read(path: &Path) -> Result<Connection, DbError> {
    let db = Connection::open_with_flags(path, OpenFlags::SQLITE_OPEN_READ_ONLY | OpenFlags::SQLITE_OPEN_NO_MUTEX)?;
    db.busy_timeout(BUSY_WAIT)?;
    db.execute_batch("PRAGMA mmap_size=0;")?;
    Ok(db)
}

impl From<rusqlite::Error> for DbError {
    fn from(error: rusqlite::Error) -> DbError {
        use rusqlite::ErrorCode;
        match error.sqlite_error_code() {
            Some(ErrorCode::DiskFull) => DbError::Full,
            Some(ErrorCode::DatabaseCorrupt | ErrorCode::NotADatabase) => DbError::Damaged(error.to_string()),
            _ => DbError::Failed(error.to_string()),
        }
    }
}
