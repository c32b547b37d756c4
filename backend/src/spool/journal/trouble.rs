//! The pen cannot write: what was in its hand is taken back, or given up.
//!
//! Promises: a full disk passes, and nothing of what was refused is found later; anything else ends the process, since
//! nobody can say what is on disk. Whoever waits is answered in both cases.
//! Never: tries the same sync again.

use crate::spool::disk::is_full;
use crate::spool::journal::log::Log;
use crate::spool::journal::pending::{Pending, Rider};
use crate::spool::{SpoolError, SpoolHealth};
use std::io;

/// Results that may wait in memory while not even the reserve has room. What goes beyond is forgotten: its messages are
/// delivered twice after a crash, which is better than no memory left.
const HELD_MAX: usize = 100_000;

impl Log {
    /// The buffer could not be written: mail is refused, riders wait, and nothing of it may be found later.
    pub(super) fn take_back(&mut self, error: &io::Error) {
        self.trouble("write to the journal", error);
        if matches!(self.shared.health(), SpoolHealth::Failed(_)) {
            return;
        }
        if let Err(error) = self.wipe_durably() {
            return self.fail("wipe what could not be written to", &error);
        }
        for pending in std::mem::take(&mut self.pending) {
            match pending {
                Pending::Keep { submission, reply, .. } => {
                    if let Some(key) = &submission.key {
                        self.keys.remove(key, submission.envelope.mid);
                    }
                    if let Some(blob) = submission.body.blob() {
                        blob.go();
                    }
                    let _ = reply.send(Err(SpoolError::Full));
                }
                Pending::Echo(_, reply) => drop(reply.send(Err(SpoolError::Full))),
                Pending::Rider(rider, _) => self.hold_back(rider),
            }
        }
    }

    /// A record that speaks of a file must not be found once that is removed.
    fn wipe_durably(&mut self) -> io::Result<()> {
        self.chain.wipe(self.buffer.len());
        let speaks =
            |pending: &Pending| matches!(pending, Pending::Keep { submission, .. } if submission.body.blob().is_some());
        if self.pending.iter().any(speaks) { self.chain.sync_wiped() } else { Ok(()) }
    }

    pub(super) fn hold_back(&mut self, mut rider: Rider) {
        match &mut rider {
            Rider::Numbers(_) => return, // the block is still near its end, so the next group asks again
            // A full disk does not stop delivery: that frees room.
            Rider::Begun(_, reply) => drop(reply.take().map(|reply| reply.send(Err(SpoolError::Full)))),
            Rider::Done(_) | Rider::Moved(..) => {}
        }
        if self.held.len() < HELD_MAX {
            self.held.push(rider);
        } else {
            tracing::error!("no room for results: some messages may be delivered again after a restart");
        }
    }

    /// A full disk passes; anything else does not.
    pub(super) fn trouble(&mut self, doing: &str, error: &io::Error) {
        if !is_full(error) {
            self.fail(doing, error);
        } else if self.shared.health() != SpoolHealth::Full {
            tracing::error!("the disk of the spool is full: mail is refused until there is room, delivery goes on");
            self.shared.set_health(SpoolHealth::Full);
        }
    }

    /// Nothing is written any more by this process.
    pub(super) fn fail(&mut self, doing: &str, error: &io::Error) {
        let why = format!("cannot {doing}: {error}");
        tracing::error!("the spool {why}; this process must end, the next one recovers from disk");
        self.shared.set_health(SpoolHealth::Failed(why.clone()));
        self.buffer.clear();
        self.held.clear();
        let failed = || SpoolError::Failed(why.clone());
        for pending in self.pending.drain(..) {
            match pending {
                Pending::Keep { reply, .. } | Pending::Echo(_, reply) => drop(reply.send(Err(failed()))),
                Pending::Rider(Rider::Begun(_, Some(reply)), _) => drop(reply.send(Err(failed()))),
                Pending::Rider(..) => {}
            }
        }
    }
}
