//! Joins what the journal says with what the database holds, and hands the queue out.
//!
//! Promises: a message is handed out once, from one of both; what the database has to hear of is owed to it, and holds
//! the journal's oldest file until it has heard; a row whose sum is wrong is counted, never sent, and left where it is.
//! Never: writes to the database while it starts.

use super::replay::{Later, Message, Other, Replay};
use crate::spool::Report;
use crate::spool::blob::BlobMark;
use crate::spool::blob::registry::Blobs;
use crate::spool::journal::chain::Chain;
use crate::spool::journal::index::{Entry, Index, Place, Remaining};
use crate::spool::journal::job::Owed;
use crate::spool::journal::moves::{Adopted, Moves};
use crate::spool::journal::shared::Shared;
use crate::spool::queue_db::{Change, DbError, Meta, Outcome, QueueDb, Row, Stored, Waiting};
use common::vocab::{MessageId, RecipientId};
use engine::envelope::{Recovered, RecoveredRecipient};
use std::collections::{HashMap, VecDeque};
use std::num::NonZeroU32;
use std::sync::Arc;

/// Messages that are read from the database, and handed out, at once.
const BATCH_MESSAGES: usize = 1_000;

/// The queue that was found: the journal's part in memory, the database's to be read batch by batch.
#[derive(Debug)]
pub struct Stock {
    shared: Option<Arc<Shared>>,
    /// Found in the journal, oldest first.
    journal: VecDeque<Recovered>,
    /// What rows of the database have become, by the journal; an empty list: they are done.
    changed: HashMap<MessageId, Vec<Outcome>>,
    /// Rows up to this number are read.
    behind: MessageId,
    /// Rows from this number on were not there at the start.
    until: MessageId,
    rows_left: bool,
    /// The numbers, so far.
    pub report: Report,
}

/// The journal's part, joined with what the database holds of it.
pub struct Merge<'a> {
    /// The database.
    pub db: &'a dyn QueueDb,
    /// What it says of itself.
    pub meta: &'a Meta,
    /// The journal's files, which are held from here on.
    pub chain: &'a mut Chain,
    /// What the database is owed.
    pub moves: &'a mut Moves,
    /// The files of large bodies.
    pub blobs: &'a Blobs,
}

impl Merge<'_> {
    /// Everything but the rows that the journal does not speak of.
    pub fn run(mut self, replay: Replay) -> Result<(Index, Stock), DbError> {
        let until = replay.next_message();
        let report = Report { damaged: replay.damaged, torn_bytes: replay.torn_bytes, ..Report::default() };
        let mut stock = Stock {
            shared: None,
            journal: VecDeque::new(),
            changed: HashMap::new(),
            behind: MessageId(0),
            until,
            rows_left: true,
            report,
        };
        stock.report.lost_batches = replay.batch.saturating_sub(self.meta.batch);
        let mut index = Index::default();
        self.count_adopted(&mut stock.report)?;
        for (key, mid, at, number) in &replay.keys {
            self.chain.hold(*number);
            self.moves.found(Owed { change: Change::Key(*key, *mid, *at), held: *number, leaves: None });
        }
        for (mid, message) in replay.messages {
            self.message(mid, message, &mut index, &mut stock)?;
        }
        for mid in replay.ended {
            if let Some(stored) = self.stored(mid)? {
                stock.changed.insert(mid, Vec::new());
                self.owe(Change::Remove(mid), stored.segment());
            }
        }
        for (mid, other) in replay.others {
            self.other(mid, other, &mut stock)?;
        }
        Ok((index, stock))
    }

    fn stored(&self, mid: MessageId) -> Result<Option<Stored>, DbError> {
        if mid.0 < self.meta.above_seen { self.db.stored(mid) } else { Ok(None) }
    }

    /// The journal has it on disk, so the oldest file waits until the database has it too.
    fn owe(&mut self, change: Change, leaves: Option<u32>) {
        let held = self.chain.oldest_number();
        self.chain.hold(held);
        self.moves.found(Owed { change, held, leaves: leaves.and_then(NonZeroU32::new) });
    }

    fn count_adopted(&mut self, report: &mut Report) -> Result<(), DbError> {
        for seal in &self.meta.adopted {
            let rows = self.db.rows_in(seal.number)?;
            let live = rows.len() as u64;
            let bytes = rows.iter().map(|(_, spot)| u64::from(spot.length)).sum();
            if self.chain.files().get(seal.number).is_none() {
                tracing::error!(number = seal.number, messages = live, "a journal file of queue.db is missing");
                report.damaged += live;
                continue;
            }
            self.moves.adopted.insert(seal.number, Adopted { live, first: live, bytes, tried: false });
        }
        Ok(())
    }

    /// A message whose accept lies in the journal, so that all of it is known from there.
    fn message(
        &mut self,
        mid: MessageId,
        message: Message,
        index: &mut Index,
        stock: &mut Stock,
    ) -> Result<(), DbError> {
        let Message { envelope, spot, blob, recipients, begun } = message;
        stock.find_blob(self.blobs, mid, blob);
        let remaining = Remaining::of(recipients.len(), |rid| recipients[rid].is_some());
        let outcomes = recipients.iter().enumerate().map(|(rid, waiting)| (RecipientId(rid as u32), *waiting));
        let outcomes: Vec<Outcome> = outcomes.collect();
        let stored = self.stored(mid)?;
        let mut entry = Entry::new(spot, remaining);
        match stored {
            Some(stored) => {
                entry.place = Place::Stored { segment: stored.segment().and_then(NonZeroU32::new) };
                stock.changed.insert(mid, Vec::new()); // it is handed out from here
                // What was begun is held by its own segment.
                let told = outcomes.iter().map(|(rid, waiting)| (*rid, waiting.map(|w| Waiting { begun: 0, ..w })));
                self.owe(Change::Outcomes(mid, told.collect()), None);
            }
            None => {
                self.chain.hold(spot.number);
                self.moves.accepted(mid, spot.number);
                let deferred = outcomes.iter().filter_map(|(rid, waiting)| Some((*rid, (*waiting)?)));
                let deferred = deferred.filter(|(_, waiting)| waiting.next_attempt_at.is_some());
                let deferred: Vec<_> = deferred.map(|(rid, w)| (rid, Waiting { begun: 0, ..w })).collect();
                if !deferred.is_empty() {
                    entry.deferred = Some(Box::new(deferred));
                    self.moves.found_deferred(mid);
                }
            }
        }
        self.begun(mid, &begun);
        index.insert(mid, entry);
        let recovered = stock.recovered(envelope, &outcomes);
        stock.journal.push_back(recovered);
        Ok(())
    }

    fn begun(&mut self, mid: MessageId, begun: &[(RecipientId, u32)]) {
        for (rid, number) in begun {
            self.chain.hold(*number);
            self.moves.begun(mid, &[*rid], *number);
        }
    }

    /// A message of the database of which the journal speaks.
    fn other(&mut self, mid: MessageId, other: Other, stock: &mut Stock) -> Result<(), DbError> {
        let row = self.db.rows(MessageId(mid.0 - 1), 1)?.pop();
        let Some(Ok(row)) = row.filter(|row| row.as_ref().is_ok_and(|row| row.mid() == mid)) else {
            return Ok(()); // damaged, and counted when the rows are read
        };
        let outcomes = applied(&row, &other);
        if outcomes.iter().all(|(_, waiting)| waiting.is_none()) {
            stock.changed.insert(mid, Vec::new());
            self.owe(Change::Remove(mid), row.stored.segment());
            return Ok(());
        }
        let settled = |rid: &RecipientId| matches!(other.recipients.get(rid), Some(Later::Gone | Later::Stands(_)));
        let open = |rid: &RecipientId| other.begun.iter().any(|(of, _)| of == rid);
        let told = outcomes.iter().filter(|(rid, _)| settled(rid)).map(|(rid, waiting)| {
            // Attempts begun since then are held by their own segments.
            (*rid, if open(rid) { waiting.map(|w| Waiting { begun: 0, ..w }) } else { *waiting })
        });
        let told: Vec<Outcome> = told.collect();
        if !told.is_empty() {
            self.owe(Change::Outcomes(mid, told), None);
        }
        self.begun(mid, &other.begun);
        stock.changed.insert(mid, outcomes);
        Ok(())
    }
}

/// How the recipients of a row stand, all of them.
fn standing(row: &Row) -> Vec<Outcome> {
    let count = row.envelope.recipients.len();
    let mut all: Vec<Outcome> = (0..count).map(|rid| (RecipientId(rid as u32), Some(Waiting::default()))).collect();
    for (rid, waiting) in &row.outcomes {
        if let Some(slot) = all.get_mut(rid.0 as usize) {
            slot.1 = *waiting;
        }
    }
    all
}

/// The same after what the journal says of them.
fn applied(row: &Row, other: &Other) -> Vec<Outcome> {
    let mut all = standing(row);
    for (rid, later) in &other.recipients {
        let Some((_, slot)) = all.get_mut(rid.0 as usize) else { continue };
        *slot = match (*later, *slot) {
            (_, None) | (Later::Gone, _) => None,
            (Later::Stands(waiting), _) => Some(waiting),
            (Later::Begun(more), Some(waiting)) => Some(Waiting { begun: waiting.begun + more, ..waiting }),
        };
    }
    all
}

impl Stock {
    /// Readers and writer are there: rows that are handed out are known to them before.
    pub fn begin(&mut self, shared: Arc<Shared>) {
        self.shared = Some(shared);
    }

    /// The next messages, oldest first; `None` when there are no more.
    pub fn next_batch(&mut self) -> Result<Option<Vec<Recovered>>, DbError> {
        let Some(shared) = self.shared.clone() else { return Ok(None) };
        let rows = if self.rows_left { shared.db.rows(self.behind, BATCH_MESSAGES)? } else { Vec::new() };
        if rows.is_empty() {
            self.rows_left = false;
            let rest = self.journal.len().min(BATCH_MESSAGES);
            if rest == 0 {
                self.report.orphans += shared.blobs.clear_unclaimed(self.report.damaged > 0);
            }
            return Ok((rest > 0).then(|| self.journal.drain(..rest).collect()));
        }
        let mut batch = Vec::with_capacity(rows.len());
        let mut state = shared.state();
        for row in rows {
            let mid = *row.as_ref().map_or_else(|mid| mid, |row| &row.envelope.mid);
            self.behind = mid;
            if mid >= self.until {
                self.rows_left = false;
                break;
            }
            while self.journal.front().is_some_and(|found| found.envelope.mid < mid) {
                batch.extend(self.journal.pop_front());
            }
            let Ok(row) = row else {
                tracing::error!(%mid, "the row of a message in queue.db is damaged: it is not sent");
                self.report.damaged += 1;
                shared.blobs.claim(mid);
                continue;
            };
            batch.extend(self.row(row, &mut state.index, &shared.blobs));
        }
        Ok(Some(batch))
    }

    fn row(&mut self, row: Row, index: &mut Index, blobs: &Blobs) -> Option<Recovered> {
        let mid = row.mid();
        if index.get(mid).is_some() {
            return None; // handed out from the journal, or moved here since
        }
        let outcomes = self.changed.remove(&mid).unwrap_or_else(|| standing(&row));
        if outcomes.iter().all(|(_, waiting)| waiting.is_none()) {
            return None;
        }
        let remaining = Remaining::of(outcomes.len(), |rid| outcomes[rid].1.is_some());
        self.find_blob(blobs, mid, row.blob);
        let place = Place::Stored { segment: row.stored.segment().and_then(NonZeroU32::new) };
        index.insert(mid, Entry { place, remaining, deferred: None });
        Some(self.recovered(row.envelope, &outcomes))
    }

    /// The body of a message that waits goes on in this file; one that is missing is damage.
    fn find_blob(&mut self, blobs: &Blobs, mid: MessageId, blob: Option<BlobMark>) {
        if blob.is_some_and(|mark| !blobs.found(mid, mark)) {
            self.report.damaged += 1;
        }
    }

    fn recovered(&mut self, envelope: Arc<engine::envelope::Envelope>, outcomes: &[Outcome]) -> Recovered {
        let mut waiting = Vec::new();
        for (rid, state) in outcomes {
            let Some(state) = state else { continue };
            if state.begun > 0 {
                self.report.possibly_twice += 1;
                let mid = envelope.mid;
                tracing::warn!(%mid, %rid, "the end of its delivery was not written down: it may arrive twice");
            }
            waiting.push(RecoveredRecipient {
                rid: *rid,
                attempts: state.attempts.saturating_add(state.begun),
                next_attempt_at: state.next_attempt_at,
            });
        }
        self.report.messages += 1;
        self.report.recipients += waiting.len() as u64;
        Recovered { envelope, waiting }
    }
}
