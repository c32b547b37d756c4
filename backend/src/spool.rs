//! The spool: `250` means on disk.
//!
//! Promises: when [`Spool::keep`] answers `Ok`, envelope and body survive a power cut; a recipient leaves only after
//! what replaces it is on disk; nothing damaged is ever sent or dropped in silence.
//! Never: decides when or where something is delivered. Nothing outside of this room knows which spool runs.
//! The walk goes on in `driver`: what is kept is told to it in batches.

mod backlog;
mod blob;
mod body;
pub mod disk;
mod failure;
pub(crate) mod frame;
mod journal;
mod note;
mod quarantine;
mod queue_db;
pub(crate) mod record;
mod recovery;
mod segment;
mod settings;
#[cfg(test)]
pub(crate) mod tests;

pub use backlog::{Backlog, Reading};
pub use blob::writer::BlobWriter;
pub use blob::{Blob, PIECE_BYTES};
pub use body::{Body, Pieces};
pub use failure::{OpenError, SpoolHealth};
pub use journal::JournalSpool;
pub use note::{Note, Notes};
pub use settings::SpoolSettings;

use common::vocab::{AttemptId, MessageId, RecipientId};
use engine::envelope::{Envelope, Settlement};
use std::fmt;
use std::sync::Arc;
use tokio::sync::oneshot;

/// A message to be kept. The number in its envelope came from [`Spool::reserve`].
#[derive(Clone, Debug)]
pub struct Submission {
    /// Who sends what to whom.
    pub envelope: Arc<Envelope>,
    /// The message as it will be sent.
    pub body: Body,
    /// Recipients of other messages that end with this record: a report settles what it replaces.
    pub settles: Vec<Settlement>,
    /// The client's name for this submission, so that asking twice keeps it once.
    pub key: Option<IdempotencyKey>,
}

/// A client's name for one submission (the HTTP field `Idempotency-Key`), kept for 24 hours with its message.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct IdempotencyKey {
    /// SHA-256 of who asks and the key they gave.
    pub name: [u8; 32],
    /// SHA-256 of what they asked for: the same key with something else is a mistake of theirs.
    pub request: [u8; 32],
}

/// What became of a submission.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kept {
    /// It is on disk under the number in its envelope.
    New,
    /// The same was kept before, under this number; nothing was written.
    Before(MessageId),
    /// The key was used for something else; nothing was written.
    OtherRequest(MessageId),
}

/// About to send the final dot of this attempt. Without a settlement behind it, a possible duplicate.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Begun {
    /// The attempt.
    pub attempt: AttemptId,
    /// The message.
    pub mid: MessageId,
    /// The recipients that were accepted at RCPT.
    pub rids: Vec<RecipientId>,
}

/// Why the spool cannot do what it was asked.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum SpoolError {
    /// The disk is full, or nearly: answer 452, try again when space returns.
    Full,
    /// Writing or syncing failed: answer 451. Nothing more is accepted by this process.
    Failed(String),
    /// There is no such message, or its record is damaged.
    Missing(MessageId),
    /// The spool has stopped.
    Stopped,
}

impl fmt::Display for SpoolError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            SpoolError::Full => f.write_str("the disk of the spool is full"),
            SpoolError::Failed(why) => write!(f, "the spool cannot write: {why}"),
            SpoolError::Missing(mid) => write!(f, "message {mid} is not in the spool or its record is damaged"),
            SpoolError::Stopped => f.write_str("the spool has stopped"),
        }
    }
}
impl std::error::Error for SpoolError {}

/// The answer to a question that the spool's own thread works on. A channel that closes without an answer means
/// the same as [`SpoolError::Stopped`].
pub type Answer<T> = oneshot::Receiver<Result<T, SpoolError>>;

/// What the start found, for the log, `status` and the page.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Report {
    /// Messages with recipients still in the queue.
    pub messages: u64,
    /// Recipients still in the queue.
    pub recipients: u64,
    /// Records that failed their checksum: set aside, never sent.
    pub damaged: u64,
    /// Octets after the last good record that were cut off (a write in progress when the power went).
    pub torn_bytes: u64,
    /// Recipients whose delivery had begun and whose end was not written: may be delivered twice.
    pub possibly_twice: u64,
    /// Batches of messages that had gone to the database and that it lost: what of them was left in the journal is back.
    pub lost_batches: u64,
    /// Files of large bodies that no message speaks of: they were arriving, or their message had ended.
    pub orphans: u64,
}

/// A place that keeps mail. One implementation today, the journal; a second one may share a database between nodes.
pub trait Spool: Send + Sync + 'static {
    /// A message number that was never used before and will never be used again, kept or not.
    fn reserve(&self) -> MessageId;

    /// Keeps a message; the answer comes after the sync. The message is also told to the driver, after the sync.
    fn keep(&self, submission: Submission) -> Answer<Kept>;

    /// Writes down that the final dot is about to be sent; answers when it is written, which a killed process survives.
    /// Not synced by itself: it rides with the next group, so that a power cut may take it.
    fn begun(&self, begun: Begun) -> Answer<()>;

    /// Writes down how recipients ended. Rides with the next group, at most 20 ms later.
    fn settle(&self, settlements: Vec<Settlement>);

    /// A body of so many octets or more is streamed; a smaller one is handed over with its message.
    fn blob_from(&self) -> usize;

    /// Begins a large body of the message with this number; answers once its file is there.
    fn stream(&self, mid: MessageId) -> Answer<BlobWriter>;

    /// The body of a message that is not done yet; from memory while it is fresh, as far as it is not a file.
    fn body(&self, mid: MessageId) -> Answer<Body>;

    /// Writes down what is kept besides mail, in order; answers when it is on disk.
    fn note(&self, notes: Vec<Note>) -> Answer<()>;

    /// Writes and syncs all that was handed over so far, then answers.
    fn flush(&self) -> Answer<()>;
}

/// What a spool hands over when it opens: itself, the stream of what waits from before, and that of what it keeps from
/// now on.
pub struct Opened<S> {
    /// The spool.
    pub spool: Arc<S>,
    /// What waits from before, as it is read.
    pub backlog: Backlog,
    /// What was kept besides mail.
    pub notes: Notes,
    /// Messages on disk, in batches of one sync each. The driver reads it; while it is full, `keep` waits.
    pub kept: tokio::sync::mpsc::Receiver<Vec<Arc<Envelope>>>,
}
