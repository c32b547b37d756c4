//! The long-term half of the spool: what is deferred, or outlives its journal file, in one SQLite database.
//!
//! Promises: a commit is all or nothing and on disk when it answers `Ok`; every row that mail depends on bears a sum of
//! ours; a database that cannot be trusted is refused with a sentence and left as it is.
//! Never: decides what moves here, or when; see `journal/moves`. The trait is narrow, so that a test can put a database
//! in memory in its place that loses what was not committed.

mod counts;
mod notes;
mod row;
mod schema;
mod sqlite;
#[cfg(test)]
mod tests;

pub use row::Row;
pub use sqlite::SqliteDb;

use crate::spool::IdempotencyKey;
use crate::spool::frame::Seal;
use crate::spool::journal::index::Spot;
use crate::spool::note::{Note, Notes};
use bytes::Bytes;
use common::vocab::{MessageId, RecipientId, Timestamp};
use std::fmt::{self, Debug};

/// Where the body of a stored message lies.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Stored {
    /// In the database.
    Here,
    /// In the journal file that was adopted.
    Segment(Spot),
}

impl Stored {
    /// The adopted journal file, if it lies in one.
    pub fn segment(self) -> Option<u32> {
        match self {
            Stored::Here => None,
            Stored::Segment(spot) => Some(spot.number),
        }
    }
}

/// How a recipient stands.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Waiting {
    /// Attempts that ended.
    pub attempts: u32,
    /// Final dots begun since the last result.
    pub begun: u32,
    /// When it is to be tried; due if that is not known.
    pub next_attempt_at: Option<Timestamp>,
    /// The brake on mass bounces holds it until then.
    pub braked: bool,
}

/// A recipient with how it stands; `None` once it has left. Those that were never tried are not named.
pub type Outcome = (RecipientId, Option<Waiting>);

/// One change. A commit is a list of them, in order.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Change {
    /// A message comes.
    Put {
        /// Who sends what to whom, and how its recipients stand.
        row: Row,
        /// Its body, unless that lies elsewhere.
        body: Option<Bytes>,
    },
    /// Recipients stand otherwise. A message that is not here changes nothing.
    Outcomes(MessageId, Vec<Outcome>),
    /// Final dots were begun for a recipient, so many more.
    Begun(MessageId, RecipientId, u32),
    /// A message is done.
    Remove(MessageId),
    /// The body of a message comes here from an adopted journal file.
    Copy(MessageId, Bytes),
    /// A journal file belongs to the database from now on. It was the oldest: those before it count no more.
    Adopt(Seal),
    /// And no longer.
    Release(u32),
    /// A batch of this number moved here.
    Batch(u64),
    /// Begun records in journal files up to this number are counted in.
    BegunThrough(u32),
    /// A client's name for a message, and when it was used.
    Key(IdempotencyKey, MessageId, Timestamp),
    /// Names used before this time are forgotten.
    ForgetKeys(Timestamp),
    /// Something besides mail.
    Note(Note),
}

/// What the database says of itself.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Meta {
    /// The last batch that moved here.
    pub batch: u64,
    /// Begun records in journal files up to this number are counted in.
    pub begun_through: u32,
    /// Journal files that belong to it.
    pub adopted: Vec<Seal>,
    /// Journal files before this number count no more, unless they belong to it.
    pub oldest: u32,
    /// Above every message number in it.
    pub above_seen: u64,
}

/// Why the database did not do what it was asked.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum DbError {
    /// The disk is full; nothing of the commit is there.
    Full,
    /// Its file is damaged, or is no database.
    Damaged(String),
    /// A newer program wrote it.
    Newer(String),
    /// Anything else.
    Failed(String),
}

impl fmt::Display for DbError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            DbError::Full => f.write_str("the disk is full"),
            DbError::Damaged(why) | DbError::Newer(why) | DbError::Failed(why) => f.write_str(why),
        }
    }
}
impl std::error::Error for DbError {}

/// A row, or the number of one whose sum is wrong.
pub type RowRead = Result<Row, MessageId>;

/// The database, as far as the spool needs one. All calls block. Reading does not wait for a commit.
pub trait QueueDb: Debug + Send + Sync + 'static {
    /// What it says of itself.
    fn meta(&self) -> Result<Meta, DbError>;
    /// Rows.
    fn count(&self) -> Result<u64, DbError>;
    /// At most so many rows behind this number, in their order.
    fn rows(&self, behind: MessageId, limit: usize) -> Result<Vec<RowRead>, DbError>;
    /// The messages whose bodies lie in this adopted journal file.
    fn rows_in(&self, segment: u32) -> Result<Vec<(MessageId, Spot)>, DbError>;
    /// Where a body lies.
    fn stored(&self, mid: MessageId) -> Result<Option<Stored>, DbError>;
    /// A body that lies here; `None` if it is not there or its sum is wrong.
    fn body(&self, mid: MessageId) -> Result<Option<Bytes>, DbError>;
    /// All octets of a message as they lie here, its envelope and its body, whatever their sums say: for the quarantine.
    fn octets(&self, mid: MessageId) -> Result<Option<Vec<u8>>, DbError>;
    /// What a client's name was used for, and when.
    fn key(&self, name: &[u8; 32]) -> Result<Option<([u8; 32], MessageId, Timestamp)>, DbError>;
    /// What is kept besides mail.
    fn notes(&self) -> Result<Notes, DbError>;
    /// All of it, or nothing; on disk when it answers.
    fn commit(&self, changes: &[Change]) -> Result<(), DbError>;
    /// Brings what was committed from the write-ahead log into the database itself. `false`: somebody still reads.
    fn checkpoint(&self) -> Result<bool, DbError>;
}
