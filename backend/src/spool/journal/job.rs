//! What the database's thread is asked to do, and what came of it: named values between it and the writer.

use crate::spool::disk::DiskFile;
use crate::spool::frame::Seal;
use crate::spool::journal::index::{Deferred, Remaining, Spot};
use crate::spool::journal::op::Reply;
use crate::spool::note::Note;
use crate::spool::queue_db::{Change, DbError};
use common::vocab::MessageId;
use std::num::NonZeroU32;
use std::sync::Arc;

/// A message that moves: where its record lies, and how its recipients stand.
#[derive(Clone, Debug)]
pub struct Moving {
    /// Its number.
    pub mid: MessageId,
    /// Its record in the journal.
    pub spot: Spot,
    /// Who still waits.
    pub remaining: Remaining,
    /// Those of them that were deferred.
    pub deferred: Option<Box<Deferred>>,
}

/// One commit.
#[derive(Debug, Default)]
pub struct Commit {
    /// The number of the batch; 0 if nothing moves.
    pub batch: u64,
    /// What moves.
    pub moving: Vec<Moving>,
    /// The journal file stays, and becomes the database's: bodies are not copied.
    pub adopt: Option<(Seal, Arc<dyn DiskFile>)>,
    /// What happened to messages that are in the database, or were on their way, in order.
    pub changes: Vec<Owed>,
    /// Applied last: what the journal file that is emptied says of attempts begun, and what is forgotten.
    pub begun: Vec<Change>,
}

/// A change that the database has to hear of.
#[derive(Clone, Debug)]
pub struct Owed {
    /// The change.
    pub change: Change,
    /// The journal file that is held until then: its record says so.
    pub held: u32,
    /// The adopted journal file that loses a message by it.
    pub leaves: Option<NonZeroU32>,
}

/// What the database's thread takes in hand.
#[derive(Debug)]
pub enum Work {
    /// A job of the writer's, which hears what came of it.
    Job(Job),
    /// Write down what is kept besides mail. Comes at any time, and who asked is answered at once.
    Notes(Vec<Note>, Reply),
}

/// Work for mail. One at a time.
#[derive(Debug)]
pub enum Job {
    /// Commit this.
    Commit(Commit),
    /// Copy what is left of this adopted journal file.
    Copy(u32),
    /// Give back this adopted journal file, of which nothing is left.
    Release(u32, Arc<dyn DiskFile>),
    /// Bring the write-ahead log into the database.
    Checkpoint,
}

/// A message that cannot be read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Damaged {
    /// Its number.
    pub mid: MessageId,
    /// What is left of its record is in the quarantine; otherwise its journal file has to stay.
    pub set_aside: bool,
}

/// What came of a job.
#[derive(Debug)]
pub struct Landed {
    /// The job.
    pub job: Job,
    /// Whether it was done.
    pub result: Result<(), DbError>,
    /// Messages whose record turned out to be damaged: they did not move.
    pub damaged: Vec<Damaged>,
    /// Messages whose bodies were copied.
    pub copied: Vec<MessageId>,
    /// [`Job::Checkpoint`]: all of it is in the database.
    pub complete: bool,
    /// [`Job::Release`]: so many messages still lie there, so it was kept.
    pub left: u64,
}
