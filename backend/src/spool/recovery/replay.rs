//! Applies the journal's records in their order: what each message that it speaks of has come to.
//!
//! Promises: a `done`, and what an `accept` settles, ends its recipients wherever the message lies; a `begun` without a
//! `done` counts as an attempt, so a message that kills the process cannot loop; whatever is damaged is copied before it
//! is counted. Never: keeps a body. The walk goes on in `merge`, which joins this with the database.

use super::files::SegmentFile;
use super::scan::Scan;
use crate::spool::IdempotencyKey;
use crate::spool::blob::BlobMark;
use crate::spool::failure::OpenError;
use crate::spool::frame::{FRAME_BYTES, Head};
use crate::spool::journal::index::Spot;
use crate::spool::journal::shared::NUMBERS_BLOCK;
use crate::spool::quarantine::{Origin, Quarantine};
use crate::spool::queue_db::{DbError, Meta, QueueDb, Waiting};
use crate::spool::record::{self, Accept, ReadError, Record};
use common::vocab::{MessageId, RecipientId, Timestamp};
use common::wire::DamageKind;
use engine::envelope::{Envelope, Settled, Settlement};
use std::collections::{BTreeMap, BTreeSet};
use std::ops::Range;
use std::sync::Arc;

/// A message whose accept lies in the journal: all that ever happened to it is known from there.
#[derive(Debug)]
pub struct Message {
    /// Its envelope.
    pub envelope: Arc<Envelope>,
    /// Its record.
    pub spot: Spot,
    /// The file in which its body goes on.
    pub blob: Option<BlobMark>,
    /// How each recipient stands; `None` once it has left.
    pub recipients: Vec<Option<Waiting>>,
    /// Attempts begun and not ended, and the segments that say so.
    pub begun: Vec<(RecipientId, u32)>,
}

/// What the journal says of a recipient whose message was accepted before it begins.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Later {
    /// It left.
    Gone,
    /// It stands so.
    Stands(Waiting),
    /// So many more attempts were begun.
    Begun(u32),
}

/// A message of the database, as far as the journal speaks of it.
#[derive(Debug, Default)]
pub struct Other {
    /// By recipient.
    pub recipients: BTreeMap<RecipientId, Later>,
    /// Attempts begun and not ended, and the segments that say so.
    pub begun: Vec<(RecipientId, u32)>,
}

/// See the top of this file.
#[derive(Debug, Default)]
pub struct Replay {
    /// Messages whose accept lies in the journal, and of which somebody waits.
    pub messages: BTreeMap<MessageId, Message>,
    /// Those of which nobody waits.
    pub ended: BTreeSet<MessageId>,
    /// Messages of the database.
    pub others: BTreeMap<MessageId, Other>,
    /// Clients' names, and the segments that say so.
    pub keys: Vec<(IdempotencyKey, MessageId, Timestamp, u32)>,
    /// The last batch that went to the database.
    pub batch: u64,
    /// From the last header or record that says so.
    promised: u64,
    /// Above every number in a record.
    above_seen: u64,
    /// Damaged pieces.
    pub damaged: u64,
    /// Octets that were being written when the power went.
    pub torn_bytes: u64,
}

impl Replay {
    /// Begins with what was damaged already, and with what the database knows.
    pub fn new(damaged: u64, meta: &Meta) -> Replay {
        Replay { damaged, promised: 1, above_seen: meta.above_seen, ..Replay::default() }
    }

    /// Applies one segment; answers how many damaged pieces could not be copied, which then hold the file.
    pub fn segment(
        &mut self,
        file: &SegmentFile,
        bytes: &[u8],
        scan: &Scan,
        quarantine: &Quarantine,
        known: &Known<'_>,
    ) -> Result<u32, OpenError> {
        let number = file.header.seal.number;
        self.promised = file.header.next_message.0;
        let mut pinned = 0;
        let mut set_aside = |piece: Range<usize>, why: DamageKind| {
            tracing::error!(file = %file.path.display(), from = piece.start, to = piece.end, "damaged: set aside");
            let copied = quarantine.put(Origin::Journal(number, piece.start as u32), None, why, &bytes[piece]);
            if let Err(error) = copied {
                tracing::error!("a damaged piece cannot be copied to the quarantine: {error}");
                pinned += 1;
            }
        };
        scan.lost.iter().for_each(|piece| set_aside(piece.clone(), DamageKind::Checksum));
        scan.torn.iter().for_each(|piece| set_aside(piece.clone(), DamageKind::Torn));
        self.damaged += scan.lost.len() as u64;
        self.torn_bytes += scan.torn.iter().map(|piece| piece.len() as u64).sum::<u64>();
        for (offset, head) in &scan.records {
            let end = offset + head.total();
            let spot = Spot { number, offset: *offset as u32, length: head.total() as u32 };
            match self.record(head, &bytes[offset + FRAME_BYTES..end], spot, known) {
                Ok(()) => {}
                Err(ReplayError::Read(ReadError::Newer(what))) => {
                    return Err(OpenError::NewerFormat { file: file.path.clone(), what });
                }
                Err(ReplayError::Read(ReadError::Malformed)) => {
                    set_aside(*offset..end, DamageKind::Malformed);
                    self.damaged += 1;
                }
                Err(ReplayError::Database(error)) => return Err(OpenError::database(known.path)(error)),
            }
        }
        Ok(pinned)
    }

    fn record(&mut self, head: &Head, payload: &[u8], spot: Spot, known: &Known<'_>) -> Result<(), ReplayError> {
        match record::read(head.kind, payload).map_err(ReplayError::Read)? {
            Record::Accept(accept) => {
                let Accept { envelope, settles, key, blob } = *accept;
                self.keys.extend(key.map(|key| (key, envelope.mid, envelope.received_at, spot.number)));
                for settlement in &settles {
                    self.done(settlement, known)?;
                }
                self.accept(envelope, spot, blob);
            }
            Record::Begun(begun) => {
                for rid in begun.rids {
                    self.begun(begun.mid, rid, spot.number, known)?;
                }
            }
            Record::Done(settlement) => self.done(&settlement, known)?,
            Record::Moved(batch, mids) => {
                self.batch = self.batch.max(batch);
                self.seen(mids.last().copied().unwrap_or_default());
            }
            Record::Numbers(next) => self.promised = next.0,
        }
        Ok(())
    }

    fn seen(&mut self, mid: MessageId) {
        self.above_seen = self.above_seen.max(mid.0.saturating_add(1));
    }

    fn accept(&mut self, envelope: Envelope, spot: Spot, blob: Option<BlobMark>) {
        let mid = envelope.mid;
        self.seen(mid);
        self.others.remove(&mid); // from here on all of it is known
        let recipients = vec![Some(Waiting::default()); envelope.recipients.len()];
        if !recipients.is_empty() {
            let (envelope, begun) = (Arc::new(envelope), Vec::new());
            self.messages.insert(mid, Message { envelope, spot, blob, recipients, begun });
        }
    }

    /// A message of the database; `None` if it is not there.
    fn other(&mut self, mid: MessageId, known: &Known<'_>) -> Result<Option<&mut Other>, ReplayError> {
        if self.ended.contains(&mid) || !known.holds(mid, self.others.contains_key(&mid))? {
            return Ok(None);
        }
        Ok(Some(self.others.entry(mid).or_default()))
    }

    fn begun(&mut self, mid: MessageId, rid: RecipientId, number: u32, known: &Known<'_>) -> Result<(), ReplayError> {
        if let Some(message) = self.messages.get_mut(&mid) {
            if let Some(Some(waiting)) = message.recipients.get_mut(rid.0 as usize) {
                waiting.begun += 1;
                message.begun.push((rid, number));
            }
            return Ok(());
        }
        if number <= known.meta.begun_through {
            return Ok(()); // counted in
        }
        let Some(other) = self.other(mid, known)? else { return Ok(()) };
        other.begun.push((rid, number));
        let later = other.recipients.entry(rid).or_insert(Later::Begun(0));
        *later = match *later {
            Later::Gone => Later::Gone,
            Later::Stands(waiting) => Later::Stands(Waiting { begun: waiting.begun + 1, ..waiting }),
            Later::Begun(count) => Later::Begun(count + 1),
        };
        Ok(())
    }

    fn done(&mut self, settlement: &Settlement, known: &Known<'_>) -> Result<(), ReplayError> {
        let mid = settlement.mid;
        self.seen(mid);
        if let Some(message) = self.messages.get_mut(&mid) {
            for (rid, settled) in &settlement.recipients {
                message.settle(*rid, *settled);
            }
            if message.recipients.iter().all(Option::is_none) {
                self.messages.remove(&mid);
                self.ended.insert(mid);
            }
            return Ok(());
        }
        let Some(other) = self.other(mid, known)? else { return Ok(()) };
        for (rid, settled) in &settlement.recipients {
            other.begun.retain(|(of, _)| of != rid);
            let later = other.recipients.entry(*rid).or_insert(Later::Begun(0));
            match (*settled, *later) {
                (Settled::Deferred { .. }, Later::Gone) => {}
                (Settled::Deferred { attempts, next_attempt_at, braked }, _) => {
                    let next_attempt_at = Some(next_attempt_at);
                    *later = Later::Stands(Waiting { attempts, begun: 0, next_attempt_at, braked });
                }
                (Settled::Delivered | Settled::Bounced(_) | Settled::Deleted, _) => *later = Later::Gone,
            }
        }
        Ok(())
    }

    /// The next message number: above all that were ever given out. Where something is damaged, the record that
    /// promised a block may be among it, so a block is skipped.
    pub fn next_message(&self) -> MessageId {
        let doubt = if self.damaged > 0 || self.torn_bytes > 0 { NUMBERS_BLOCK } else { 0 };
        MessageId(self.promised.max(self.above_seen) + doubt)
    }
}

impl Message {
    fn settle(&mut self, rid: RecipientId, settled: Settled) {
        let Some(slot) = self.recipients.get_mut(rid.0 as usize) else { return };
        self.begun.retain(|(of, _)| *of != rid);
        match settled {
            Settled::Deferred { attempts, next_attempt_at, braked } if slot.is_some() => {
                *slot = Some(Waiting { attempts, begun: 0, next_attempt_at: Some(next_attempt_at), braked });
            }
            Settled::Deferred { .. } => {}
            Settled::Delivered | Settled::Bounced(_) | Settled::Deleted => *slot = None,
        }
    }
}

/// What the database says, for records whose message was accepted before the journal begins.
#[derive(Clone, Copy)]
pub struct Known<'a> {
    /// The database.
    pub db: &'a dyn QueueDb,
    /// What it says of itself.
    pub meta: &'a Meta,
    /// Its path, for messages.
    pub path: &'a std::path::Path,
}

impl Known<'_> {
    fn holds(&self, mid: MessageId, asked_before: bool) -> Result<bool, ReplayError> {
        let may = mid.0 < self.meta.above_seen;
        Ok(asked_before || may && self.db.stored(mid).map_err(ReplayError::Database)?.is_some())
    }
}

enum ReplayError {
    Read(ReadError),
    Database(DbError),
}

impl From<DbError> for ReplayError {
    fn from(error: DbError) -> ReplayError {
        ReplayError::Database(error)
    }
}
