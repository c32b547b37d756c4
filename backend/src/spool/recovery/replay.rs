//! Applies the journal's records in their order: what is left is the queue.
//!
//! Promises: a `done`, and what an `accept` settles, ends its recipients wherever the message lies; a `begun` without a `done` counts as an attempt, so
//! a message that kills the process cannot loop; whatever is damaged is copied before it is counted.
//! Never: keeps a body.

use super::files::SegmentFile;
use super::scan::Scan;
use crate::spool::Report;
use crate::spool::failure::OpenError;
use crate::spool::frame::{FRAME_BYTES, Head};
use crate::spool::journal::chain::Chain;
use crate::spool::journal::index::{Entry, Index, Place, Remaining};
use crate::spool::journal::shared::NUMBERS_BLOCK;
use crate::spool::quarantine::Quarantine;
use crate::spool::record::{self, Accept, ReadError, Record};
use common::vocab::{MessageId, RecipientId, Timestamp};
use engine::envelope::{Envelope, Recovered, RecoveredRecipient, Settled, Settlement};
use std::collections::BTreeMap;
use std::ops::Range;
use std::sync::Arc;

/// A recipient that waits.
#[derive(Clone, Copy, Debug, Default)]
struct Waiting {
    attempts: u32,
    /// Final dots begun since the last result.
    begun: u32,
    next_attempt_at: Option<Timestamp>,
}

/// A message of which somebody waits.
#[derive(Debug)]
struct Message {
    envelope: Arc<Envelope>,
    place: Place,
    recipients: Vec<Option<Waiting>>,
}

/// See the top of this file.
#[derive(Debug, Default)]
pub struct Replay {
    messages: BTreeMap<MessageId, Message>,
    /// From the last header or record that says so.
    promised: u64,
    /// Above every number in a record.
    above_seen: u64,
    damaged: u64,
    torn_bytes: u64,
}

impl Replay {
    /// Begins with what was damaged already.
    pub fn new(damaged: u64) -> Replay {
        Replay { damaged, promised: 1, ..Replay::default() }
    }

    /// Applies one segment; answers how many damaged pieces could not be copied, which then hold the file.
    pub fn segment(
        &mut self,
        file: &SegmentFile,
        bytes: &[u8],
        scan: &Scan,
        quarantine: &Quarantine,
    ) -> Result<u32, OpenError> {
        let number = file.header.seal.number;
        self.promised = file.header.next_message.0;
        let mut pinned = 0;
        let mut set_aside = |piece: Range<usize>| {
            tracing::error!(file = %file.path.display(), from = piece.start, to = piece.end, "damaged: set aside");
            let copied = quarantine.put(number, piece.start as u32, &bytes[piece]);
            if let Err(error) = copied {
                tracing::error!("a damaged piece cannot be copied to the quarantine: {error}");
                pinned += 1;
            }
        };
        for piece in scan.lost.iter().chain(&scan.torn) {
            set_aside(piece.clone());
        }
        self.damaged += scan.lost.len() as u64;
        self.torn_bytes += scan.torn.iter().map(|piece| piece.len() as u64).sum::<u64>();
        for (offset, head) in &scan.records {
            let end = offset + head.total();
            let place = Place { number, offset: *offset as u32, length: head.total() as u32 };
            match self.record(head, &bytes[offset + FRAME_BYTES..end], place) {
                Ok(()) => {}
                Err(ReadError::Newer(what)) => {
                    return Err(OpenError::NewerFormat { file: file.path.clone(), what });
                }
                Err(ReadError::Malformed) => {
                    set_aside(*offset..end);
                    self.damaged += 1;
                }
            }
        }
        Ok(pinned)
    }

    fn record(&mut self, head: &Head, payload: &[u8], place: Place) -> Result<(), ReadError> {
        match record::read(head.kind, payload)? {
            Record::Accept(Accept { envelope, settles, .. }) => {
                settles.iter().for_each(|settlement| self.done(settlement));
                self.accept(envelope, place);
            }
            Record::Begun(begun) => {
                for rid in begun.rids {
                    if let Some(Some(waiting)) = self.waiting(begun.mid, rid) {
                        waiting.begun += 1;
                    }
                }
            }
            Record::Done(settlement) => self.done(&settlement),
            Record::Numbers(next) => self.promised = next.0,
        }
        Ok(())
    }

    fn accept(&mut self, envelope: Envelope, place: Place) {
        let mid = envelope.mid;
        self.above_seen = self.above_seen.max(mid.0.saturating_add(1));
        let recipients = vec![Some(Waiting::default()); envelope.recipients.len()];
        if !recipients.is_empty() {
            self.messages.insert(mid, Message { envelope: Arc::new(envelope), place, recipients });
        }
    }

    fn waiting(&mut self, mid: MessageId, rid: RecipientId) -> Option<&mut Option<Waiting>> {
        self.messages.get_mut(&mid)?.recipients.get_mut(rid.0 as usize)
    }

    fn done(&mut self, settlement: &Settlement) {
        self.above_seen = self.above_seen.max(settlement.mid.0.saturating_add(1));
        for (rid, settled) in &settlement.recipients {
            let Some(slot) = self.waiting(settlement.mid, *rid) else { continue };
            match *settled {
                Settled::Deferred { attempts, next_attempt_at } if slot.is_some() => {
                    *slot = Some(Waiting { attempts, begun: 0, next_attempt_at: Some(next_attempt_at) });
                }
                Settled::Deferred { .. } => {}
                Settled::Delivered | Settled::Bounced(_) | Settled::Deleted => *slot = None,
            }
        }
        let left = |message: &Message| message.recipients.iter().any(Option::is_some);
        if self.messages.get(&settlement.mid).is_some_and(|message| !left(message)) {
            self.messages.remove(&settlement.mid);
        }
    }

    /// The next message number: above all that were ever given out. Where something is damaged, the record that
    /// promised a block may be among it, so a block is skipped.
    pub fn next_message(&self) -> MessageId {
        let doubt = if self.damaged > 0 || self.torn_bytes > 0 { NUMBERS_BLOCK } else { 0 };
        MessageId(self.promised.max(self.above_seen) + doubt)
    }

    /// The queue: what the spool remembers, what the driver is told, and the numbers of the report.
    pub fn finish(self, chain: &mut Chain) -> (Index, Vec<Recovered>, Report) {
        let mut report = Report { damaged: self.damaged, torn_bytes: self.torn_bytes, ..Report::default() };
        let mut index = Index::default();
        let mut recovered = Vec::with_capacity(self.messages.len());
        for (mid, Message { envelope, place, recipients }) in self.messages {
            let remaining = Remaining::of(recipients.len(), |rid| recipients[rid].is_some());
            chain.hold(place.number);
            index.insert(mid, Entry { place, remaining });
            let mut waiting = Vec::new();
            for (rid, slot) in recipients.iter().enumerate() {
                let Some(slot) = slot else { continue };
                if slot.begun > 0 {
                    report.possibly_twice += 1;
                    tracing::warn!(%mid, rid, "the end of its delivery was not written down: it may arrive twice");
                }
                waiting.push(RecoveredRecipient {
                    rid: RecipientId(rid as u32),
                    attempts: slot.attempts.saturating_add(slot.begun),
                    next_attempt_at: slot.next_attempt_at,
                });
            }
            report.messages += 1;
            report.recipients += waiting.len() as u64;
            recovered.push(Recovered { envelope, waiting });
        }
        (index, recovered, report)
    }
}
