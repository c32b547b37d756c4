//! The journal's pen: turns operations into records, writes a group of them at once, syncs once, then answers.
//!
//! Promises: nobody is answered `Ok` before the sync; what was refused is wiped; after a failed write or sync nothing is
//! written any more, since nobody can say what is on disk. Everything here runs on one thread, in the order of arrival.
//! Never: waits for anybody but the disk; reads a clock.
//! The walk goes on in `writer`, which feeds it, and in the driver, which gets what was kept.

use crate::spool::blob::Blob;
use crate::spool::disk::LockGuard;
use crate::spool::failure::SpoolHealth;
use crate::spool::frame::{self, END_BYTES};
use crate::spool::journal::chain::Chain;
use crate::spool::journal::guard::Guard;
use crate::spool::journal::index::Spot;
use crate::spool::journal::keys::Keys;
use crate::spool::journal::moves::Moves;
use crate::spool::journal::op::{Op, Reply};
use crate::spool::journal::pending::{Pending, Rider};
use crate::spool::journal::shared::{NUMBERS_BLOCK, Shared};
use crate::spool::journal::spares::Claim;
use crate::spool::record;
use crate::spool::settings::SpoolSettings;
use crate::spool::{IdempotencyKey, Kept, SpoolError, Submission};
use common::vocab::{MessageId, Timestamp};
use engine::envelope::Envelope;
use std::sync::Arc;
use std::time::Duration;

/// A record, its frame and a header fit in 32 bits with room to spare.
const RECORD_BYTES_MAX: usize = u32::MAX as usize - (1 << 20);
/// The buffer of a group is given back when a huge message has grown it beyond this.
const BUFFER_BYTES_KEPT: usize = 8 << 20;

/// See the top of this file.
#[derive(Debug)]
pub struct Log {
    pub(super) chain: Chain,
    pub(super) shared: Arc<Shared>,
    pub(super) buffer: Vec<u8>,
    pub(super) pending: Vec<Pending>,
    /// Riders that found no room, for the next time.
    pub(super) held: Vec<Rider>,
    /// Segments that are held once less by a record that is not synced yet.
    pub(super) freed: Vec<u32>,
    /// Segments that are held once less when the record of the last batch is synced.
    pub(super) landed: Vec<u32>,
    /// Files of messages that ended, until that is on disk.
    pub(super) ended_blobs: Vec<Blob>,
    /// Since when they wait for a sync.
    pub(super) ended_since: Option<Duration>,
    /// What goes to the database.
    pub(super) moves: Moves,
    /// Names of clients that do not go by the database yet.
    pub(super) keys: Keys,
    pub(super) settings: SpoolSettings,
    /// Kept by this group, for the driver.
    pub(super) kept: Vec<Arc<Envelope>>,
    /// Message numbers below this are promised to the disk, or about to be.
    ceiling: u64,
    guard: Guard,
    /// The lock of the spool's folder; it ends with the log.
    _lock: LockGuard,
}

impl Log {
    /// Continues an open chain.
    pub fn new(
        chain: Chain,
        shared: Arc<Shared>,
        moves: Moves,
        guard: Guard,
        settings: &SpoolSettings,
        lock: LockGuard,
    ) -> Log {
        let ceiling = shared.ceiling();
        Log {
            chain,
            shared,
            buffer: Vec::new(),
            pending: Vec::new(),
            held: Vec::new(),
            freed: Vec::new(),
            landed: Vec::new(),
            ended_blobs: Vec::new(),
            ended_since: None,
            moves,
            keys: Keys::default(),
            settings: settings.clone(),
            kept: Vec::new(),
            ceiling,
            guard,
            _lock: lock,
        }
    }

    /// What the threads share.
    pub fn shared(&self) -> &Arc<Shared> {
        &self.shared
    }

    /// Writes a group, syncs if anything in it asks for that, answers; returns the messages kept.
    pub fn run(&mut self, ops: &mut Vec<Op>) -> Vec<Arc<Envelope>> {
        let mut flushes = Vec::new();
        let needs_sync = ops.iter().any(Op::needs_sync);
        let sync = self.extend_numbers() || needs_sync;
        for rider in std::mem::take(&mut self.held) {
            self.put_rider(rider);
        }
        for op in ops.drain(..) {
            match op {
                Op::Keep(submission, reply) => self.put_keep(submission, reply),
                Op::Begun(begun, reply) => self.put_rider(Rider::Begun(begun, Some(reply))),
                Op::Settle(settlements) => settlements.into_iter().for_each(|s| self.put_rider(Rider::Done(s))),
                Op::Flush(reply) | Op::Stop(reply) => flushes.push(reply),
                Op::Landed(landed) => self.landed(landed),
                Op::Indexed(adopted) => self.moves.all_read(adopted),
                // Notes have gone to the database's thread before.
                Op::Numbers | Op::Leave | Op::Note(..) => {}
            }
        }
        self.commit(sync);
        for reply in flushes {
            let _ = reply.send(self.standing());
        }
        std::mem::take(&mut self.kept)
    }

    /// Syncs what was written.
    pub(super) fn sync(&mut self) {
        self.commit(true);
    }

    /// The last record: the next start goes on with the very next message number.
    pub fn finish(&mut self) -> Result<(), SpoolError> {
        self.put_rider(Rider::Numbers(self.shared.next()));
        self.commit(true);
        self.standing()
    }

    /// Looks whether a full disk has room again: by files that came free, or, if it is time to `try_to_make` one, by that.
    pub fn ask_for_room(&mut self, try_to_make: bool) {
        if self.shared.health() != SpoolHealth::Full || !(try_to_make || self.chain.spares.is_ready_for_mail()) {
            return;
        }
        match self.chain.spares.make_ready_for_mail() {
            Ok(()) => {
                tracing::info!("the disk of the spool has room again: mail is taken");
                self.shared.set_health(SpoolHealth::Ok);
            }
            Err(error) => self.trouble("make a journal file", &error),
        }
    }

    /// Looks whether the disk has the room that it has to have.
    pub fn watch_room(&mut self) {
        if let Some(health) = self.guard.look(self.chain.now(), &self.shared.health()) {
            self.shared.set_health(health);
        }
    }

    /// Whether all that was handed over is on disk, or why not.
    fn standing(&self) -> Result<(), SpoolError> {
        match self.shared.health() {
            SpoolHealth::Failed(why) => Err(SpoolError::Failed(why)),
            SpoolHealth::Full if !self.held.is_empty() => Err(SpoolError::Full),
            SpoolHealth::Ok | SpoolHealth::Low | SpoolHealth::Full => Ok(()),
        }
    }

    /// Promises another block of numbers to the disk before the present one is used up. `true`: it needs a sync.
    fn extend_numbers(&mut self) -> bool {
        let due = self.shared.block_is_near_its_end();
        if due {
            self.ceiling = self.shared.next() + NUMBERS_BLOCK;
            self.put_rider(Rider::Numbers(self.ceiling));
        }
        due
    }

    fn put_keep(&mut self, submission: Submission, reply: Reply<Kept>) {
        let claim = if submission.settles.is_empty() { Claim::Mail } else { Claim::Report };
        let refusal = match self.shared.health() {
            SpoolHealth::Failed(why) => Some(SpoolError::Failed(why)),
            SpoolHealth::Low | SpoolHealth::Full if claim == Claim::Mail => Some(SpoolError::Full),
            SpoolHealth::Ok | SpoolHealth::Low | SpoolHealth::Full => too_large(&submission),
        };
        if let Some(why) = refusal {
            let _ = reply.send(Err(why));
            return;
        }
        match self.kept_before(&submission) {
            Ok(None) => {}
            Ok(Some(kept)) => return self.pending.push(Pending::Echo(kept, reply)),
            Err(why) => {
                let _ = reply.send(Err(why));
                return;
            }
        }
        let start = frame::begin(&mut self.buffer);
        let Submission { envelope, body, settles, key } = &submission;
        let blob = body.blob();
        record::put_accept(&mut self.buffer, envelope, settles, key.as_ref(), blob.map(Blob::mark), body.front());
        match self.seat(start, record::ACCEPT, claim) {
            Ok(spot) => {
                if let Some(blob) = blob {
                    blob.stay();
                }
                if let Submission { envelope, key: Some(key), .. } = &submission {
                    self.keys.add(key, envelope.mid, envelope.received_at);
                }
                self.pending.push(Pending::Keep { submission, reply, spot });
            }
            Err(why) => {
                let _ = reply.send(Err(why));
            }
        }
    }

    /// The start found that this name was used.
    pub fn know_key(&mut self, key: &IdempotencyKey, mid: MessageId, at: Timestamp) {
        self.keys.add(key, mid, at);
    }

    /// What was kept under the client's name for this submission.
    fn kept_before(&mut self, submission: &Submission) -> Result<Option<Kept>, SpoolError> {
        let Some(key) = &submission.key else { return Ok(None) };
        let found = self.keys.find(&*self.shared.db, key, submission.envelope.received_at);
        found.map_err(|why| {
            let why = SpoolError::Failed(format!("cannot read queue.db: {why}"));
            tracing::error!("{why}");
            why
        })
    }

    /// Writes down that a batch went to the database.
    pub(super) fn put_moved(&mut self, batch: u64, mids: Vec<MessageId>) {
        self.put_rider(Rider::Moved(batch, mids));
    }

    fn put_rider(&mut self, rider: Rider) {
        if matches!(self.shared.health(), SpoolHealth::Failed(_)) {
            return;
        }
        let start = frame::begin(&mut self.buffer);
        let kind = rider.put(&mut self.buffer);
        match self.seat(start, kind, Claim::Result) {
            Ok(spot) => self.pending.push(Pending::Rider(rider, spot.number)),
            Err(_) => self.hold_back(rider),
        }
    }

    /// Gives the record that ends the buffer its place; goes to a new segment if it has no room in this one.
    fn seat(&mut self, start: usize, kind: u8, claim: Claim) -> Result<Spot, SpoolError> {
        let mut start = start;
        if !self.chain.fits(self.buffer.len()) {
            let record = self.buffer.split_off(start);
            self.commit(true);
            self.standing_for(claim)?;
            if !self.chain.fits(record.len())
                && let Err(error) = self.chain.roll(record.len(), claim, MessageId(self.ceiling))
            {
                self.trouble("begin a journal file", &error);
                self.standing_for(claim)?;
                return Err(SpoolError::Full);
            }
            start = self.buffer.len();
            self.buffer.extend_from_slice(&record);
        }
        let current = self.chain.current();
        let (seal, durable) = (current.seal, current.durable);
        let offset = current.written + start as u32; // fits in the segment, whose length is 32 bits
        frame::finish(&mut self.buffer, start, kind, seal, offset, durable);
        let length = (self.buffer.len() - start) as u32;
        Ok(Spot { number: seal.number, offset, length })
    }

    /// Whether a new segment may be begun for this.
    fn standing_for(&self, claim: Claim) -> Result<(), SpoolError> {
        match (self.shared.health(), claim) {
            (SpoolHealth::Failed(why), _) => Err(SpoolError::Failed(why)),
            (SpoolHealth::Full, Claim::Mail) => Err(SpoolError::Full),
            // Nothing but spares: to fill a full disk with zeros for each report would leave no time for results.
            (SpoolHealth::Full, Claim::Report) if !self.chain.spares.is_ready_for_a_report() => Err(SpoolError::Full),
            _ => Ok(()),
        }
    }

    /// Writes the buffer, syncs if asked to, and lets it count. With mail in the buffer it is always asked to.
    fn commit(&mut self, sync: bool) {
        if !self.buffer.is_empty() {
            self.buffer.extend_from_slice(&[0; END_BYTES]);
            if let Err(error) = self.chain.write(&self.buffer) {
                self.take_back(&error);
            }
            self.buffer.clear();
            self.buffer.shrink_to(BUFFER_BYTES_KEPT);
        }
        if matches!(self.shared.health(), SpoolHealth::Failed(_)) {
            return;
        }
        self.answer_begun();
        if sync && let Err(error) = self.chain.sync() {
            self.fail("sync the journal", &error);
            return;
        }
        self.count();
    }

    /// What is written outlives this process: whoever waits for that goes on, without the sync.
    fn answer_begun(&mut self) {
        for pending in &mut self.pending {
            if let Pending::Rider(Rider::Begun(_, reply), _) = pending
                && let Some(reply) = reply.take()
            {
                let _ = reply.send(Ok(())); // a session that has ended needs no answer
            }
        }
    }
}

fn too_large(submission: &Submission) -> Option<SpoolError> {
    let bytes = submission.body.front().len() + record::accept_overhead(&submission.envelope, &submission.settles);
    (bytes > RECORD_BYTES_MAX).then(|| SpoolError::Failed("a message of 4 GiB fits in no journal file".to_owned()))
}
