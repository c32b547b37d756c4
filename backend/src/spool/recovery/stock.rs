//! The queue that was found: the journal's part in memory, the database's read batch by batch while mail is taken already.
//!
//! Promises: a message is handed out once, oldest first, and is in the index before; a row whose sum is wrong is counted,
//! never sent, and set aside. Relies on it that no mail is written to the database until all of it is read.
//! The walk goes on in `backlog`.

use crate::spool::Report;
use crate::spool::blob::BlobMark;
use crate::spool::blob::registry::Blobs;
use crate::spool::journal::adopted::Adopted;
use crate::spool::journal::index::{Entry, Index, Place, Remaining};
use crate::spool::journal::reader::set_row_aside;
use crate::spool::journal::shared::Shared;
use crate::spool::quarantine::Quarantine;
use crate::spool::queue_db::{DbError, Outcome, Row, Stored, Waiting};
use common::vocab::{MessageId, RecipientId};
use engine::envelope::{Envelope, Recovered, RecoveredRecipient};
use std::collections::{BTreeMap, HashMap, VecDeque};
use std::num::NonZeroU32;
use std::sync::Arc;

/// See the top of this file.
#[derive(Debug)]
pub struct Stock {
    shared: Option<(Arc<Shared>, Quarantine)>,
    batch_messages: usize,
    /// Found in the journal, oldest first.
    journal: VecDeque<Recovered>,
    /// What rows of the database have become, by the journal; an empty list: they are done.
    changed: HashMap<MessageId, Vec<Outcome>>,
    /// Rows up to this number are read.
    behind: MessageId,
    /// Rows from this number on were not there at the start.
    until: MessageId,
    rows_left: bool,
    /// Messages looked at.
    read: u64,
    /// What lies in the adopted journal files, as far as it is read; `None`: the file is missing.
    adopted: BTreeMap<u32, Option<Adopted>>,
    /// The numbers, so far.
    pub report: Report,
}

impl Stock {
    /// Nothing yet. `adopted`: the journal files of the database, and whether they are there.
    pub fn new(until: MessageId, adopted: BTreeMap<u32, bool>, report: Report) -> Stock {
        let adopted = adopted.into_iter().map(|(number, there)| (number, there.then(Adopted::default)));
        Stock {
            shared: None,
            batch_messages: 1,
            journal: VecDeque::new(),
            changed: HashMap::new(),
            behind: MessageId(0),
            until,
            rows_left: true,
            read: 0,
            adopted: adopted.collect(),
            report,
        }
    }

    /// A message of the journal, found in the order of the numbers.
    pub fn found(&mut self, envelope: Arc<Envelope>, outcomes: &[Outcome]) {
        let recovered = self.recovered(envelope, outcomes);
        self.journal.push_back(recovered);
    }

    /// What a row has become by what the journal says of it; nothing: it is not handed out from there.
    pub fn changed(&mut self, mid: MessageId, outcomes: Vec<Outcome>) {
        self.changed.insert(mid, outcomes);
    }

    /// Readers and writer are there: rows that are handed out are known to them before. So many messages at once.
    pub fn begin(&mut self, shared: Arc<Shared>, quarantine: Quarantine, batch_messages: usize) {
        (self.shared, self.batch_messages) = (Some((shared, quarantine)), batch_messages.max(1));
    }

    /// Messages to look at.
    pub fn count(&self) -> Result<u64, DbError> {
        let rows = self.shared.as_ref().map_or(Ok(0), |(shared, _)| shared.db.count())?;
        Ok(rows + self.journal.len() as u64)
    }

    /// Messages looked at so far.
    pub fn read(&self) -> u64 {
        self.read
    }

    /// What lies in the adopted journal files, once all is read.
    pub fn take_adopted(&mut self) -> BTreeMap<u32, Adopted> {
        let there = std::mem::take(&mut self.adopted).into_iter();
        there.filter_map(|(number, adopted)| Some((number, adopted?))).collect()
    }

    /// The next messages, oldest first; may be empty. `None` when there are no more.
    pub fn next_batch(&mut self) -> Result<Option<Vec<Recovered>>, DbError> {
        let Some((shared, quarantine)) = self.shared.clone() else { return Ok(None) };
        let rows = if self.rows_left { shared.db.rows(self.behind, self.batch_messages)? } else { Vec::new() };
        if rows.is_empty() {
            self.rows_left = false;
            let rest = self.journal.len().min(self.batch_messages);
            self.read += rest as u64;
            if rest == 0 {
                self.report.orphans += shared.blobs.clear_unclaimed(self.report.damaged > 0);
            }
            return Ok((rest > 0).then(|| self.journal.drain(..rest).collect()));
        }
        let (mut batch, mut damaged) = (Vec::with_capacity(rows.len()), Vec::new());
        let mut state = shared.state();
        for row in rows {
            let mid = *row.as_ref().map_or_else(|mid| mid, |row| &row.envelope.mid);
            self.behind = mid;
            if mid >= self.until {
                self.rows_left = false;
                break;
            }
            self.read += 1;
            while self.journal.front().is_some_and(|found| found.envelope.mid < mid) {
                self.read += 1;
                batch.extend(self.journal.pop_front());
            }
            let Ok(row) = row else {
                tracing::error!(%mid, "the row of a message in queue.db is damaged: it is not sent");
                self.report.damaged += 1;
                shared.blobs.claim(mid);
                damaged.extend(state.index.place(mid).is_none().then_some(mid)); // else the journal gave it
                continue;
            };
            batch.extend(self.row(row, &mut state.index, &shared.blobs));
        }
        drop(state);
        for mid in damaged {
            if set_row_aside(&shared, &quarantine, mid) {
                shared.blobs.set_aside(mid);
            }
        }
        Ok(Some(batch))
    }

    fn row(&mut self, row: Row, index: &mut Index, blobs: &Blobs) -> Option<Recovered> {
        self.count_adopted(&row);
        let mid = row.mid();
        if index.place(mid).is_some() {
            return None; // handed out from the journal
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
    pub fn find_blob(&mut self, blobs: &Blobs, mid: MessageId, blob: Option<BlobMark>) {
        if blob.is_some_and(|mark| !blobs.found(mid, mark)) {
            self.report.damaged += 1;
        }
    }

    fn count_adopted(&mut self, row: &Row) {
        let Stored::Segment(spot) = row.stored else { return };
        match self.adopted.get_mut(&spot.number) {
            Some(Some(adopted)) => {
                adopted.live += 1;
                adopted.first += 1;
                adopted.bytes += u64::from(spot.length);
            }
            Some(None) => {
                tracing::error!(mid = %row.mid(), number = spot.number, "a journal file of queue.db is missing");
                self.report.damaged += 1;
            }
            None => {}
        }
    }

    fn recovered(&mut self, envelope: Arc<Envelope>, outcomes: &[Outcome]) -> Recovered {
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
                braked: state.braked,
            });
        }
        self.report.messages += 1;
        self.report.recipients += waiting.len() as u64;
        Recovered { envelope, waiting }
    }
}

/// How the recipients of a row stand, all of them.
pub(super) fn standing(row: &Row) -> Vec<Outcome> {
    let count = row.envelope.recipients.len();
    let mut all: Vec<Outcome> = (0..count).map(|rid| (RecipientId(rid as u32), Some(Waiting::default()))).collect();
    for (rid, waiting) in &row.outcomes {
        if let Some(slot) = all.get_mut(rid.0 as usize) {
            slot.1 = *waiting;
        }
    }
    all
}
