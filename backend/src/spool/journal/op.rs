//! What the writer is asked to do: a closed list.
//!
//! Promises: whoever waits for an answer gets one.
//! The walk goes on in `writer`, which gathers them, and in `log`, which does them.

use crate::spool::journal::adopted::Adopted;
use crate::spool::journal::job::{Job, Landed};
use crate::spool::{Begun, Kept, Note, SpoolError, Submission};
use engine::envelope::Settlement;
use std::collections::BTreeMap;
use tokio::sync::oneshot;

/// Where the answer to an operation goes.
pub type Reply<T = ()> = oneshot::Sender<Result<T, SpoolError>>;

/// Something to write down.
#[derive(Debug)]
pub enum Op {
    /// A message; answered after the sync.
    Keep(Submission, Reply<Kept>),
    /// About to send the final dot; answered when it is written.
    Begun(Begun, Reply),
    /// How recipients ended.
    Settle(Vec<Settlement>),
    /// Everything up to here has to be on disk.
    Flush(Reply),
    /// What is kept besides mail; goes to the database at once.
    Note(Vec<Note>, Reply),
    /// Message numbers run short.
    Numbers,
    /// The database has done what it was asked.
    Landed(Landed),
    /// All that waits from before is known; so much of it lies in each adopted journal file.
    Indexed(BTreeMap<u32, Adopted>),
    /// Nobody has a handle any more: the last thing to do.
    Leave,
    /// The same as a flush, and the last thing to do.
    Stop(Reply),
}

impl Op {
    /// Whether it has to be written at once. The others wait a little for company.
    pub fn is_urgent(&self) -> bool {
        !matches!(self, Op::Settle(_))
    }

    /// Whether it only counts once it is synced.
    pub fn needs_sync(&self) -> bool {
        match self {
            Op::Begun(..) | Op::Settle(_) | Op::Indexed(_) | Op::Note(..) => false,
            Op::Landed(landed) => matches!(&landed.job, Job::Commit(commit) if commit.batch > 0),
            Op::Keep(..) | Op::Flush(_) | Op::Stop(_) | Op::Numbers | Op::Leave => true,
        }
    }

    /// Octets of its body that are to be written.
    pub fn body_bytes(&self) -> usize {
        if let Op::Keep(submission, _) = self { submission.body.front().len() } else { 0 }
    }

    /// Answers it without doing it.
    pub fn refuse(self, why: SpoolError) {
        // Who no longer listens needs no answer.
        match self {
            Op::Keep(_, reply) => drop(reply.send(Err(why))),
            Op::Begun(_, reply) | Op::Note(_, reply) | Op::Flush(reply) | Op::Stop(reply) => drop(reply.send(Err(why))),
            Op::Settle(_) | Op::Numbers | Op::Landed(_) | Op::Indexed(_) | Op::Leave => {}
        }
    }
}
