//! Joins what the journal says with what the database holds.
//!
//! Promises: a message is handed out once, from one of both; what the database has to hear of is owed to it, and holds
//! the journal's oldest file until it has heard.
//! Never: writes to the database, or reads of it more than the journal speaks of. The walk goes on in `stock`.

use super::replay::{Later, Message, Other, Replay};
use super::stock::{Stock, standing};
use crate::spool::Report;
use crate::spool::blob::registry::Blobs;
use crate::spool::journal::chain::Chain;
use crate::spool::journal::index::{Entry, Index, Place, Remaining};
use crate::spool::journal::job::Owed;
use crate::spool::journal::moves::Moves;
use crate::spool::quarantine::{Origin, Quarantine};
use crate::spool::queue_db::{Change, DbError, Meta, Outcome, QueueDb, Row, Stored, Waiting};
use common::vocab::{MessageId, RecipientId};
use std::num::NonZeroU32;

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
    /// What earlier runs set aside.
    pub quarantine: &'a Quarantine,
}

impl Merge<'_> {
    /// Everything but the rows that the journal does not speak of.
    pub fn run(mut self, mut replay: Replay) -> Result<(Index, Stock), DbError> {
        let let_go = self.let_go(&mut replay)?;
        let report = Report { damaged: replay.damaged + let_go, torn_bytes: replay.torn_bytes, ..Report::default() };
        let there = self.meta.adopted.iter().map(|seal| (seal.number, self.chain.files().get(seal.number).is_some()));
        let mut stock = Stock::new(replay.next_message(), there.collect(), report);
        stock.report.lost_batches = replay.batch.saturating_sub(self.meta.batch);
        let mut index = Index::default();
        for (key, mid, at, number) in &replay.keys {
            self.chain.hold(*number);
            self.moves.found(Owed { change: Change::Key(*key, *mid, *at), held: *number, leaves: None });
        }
        for (mid, message) in replay.messages {
            self.message(mid, message, &mut index, &mut stock)?;
        }
        for mid in replay.ended {
            if let Some(stored) = self.stored(mid)? {
                stock.changed(mid, Vec::new());
                self.owe(Change::Remove(mid), stored.segment());
            }
        }
        for (mid, other) in replay.others {
            self.other(mid, other, &mut stock)?;
        }
        Ok((index, stock))
    }

    pub(super) fn stored(&self, mid: MessageId) -> Result<Option<Stored>, DbError> {
        if mid.0 < self.meta.above_seen { self.db.stored(mid) } else { Ok(None) }
    }

    /// The journal has it on disk, so the oldest file waits until the database has it too.
    fn owe(&mut self, change: Change, leaves: Option<u32>) {
        let held = self.chain.oldest_number();
        self.chain.hold(held);
        self.moves.found(Owed { change, held, leaves: leaves.and_then(NonZeroU32::new) });
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
        let mut stored = self.stored(mid)?;
        if self.quarantine.holds(Origin::Row(mid)) && !self.can_be_read(mid, stored)? {
            stored = None; // the journal still has what the database has no more: it moves once more
        }
        let mut entry = Entry::new(spot, remaining);
        match stored {
            Some(stored) => {
                entry.place = Place::Stored { segment: stored.segment().and_then(NonZeroU32::new) };
                stock.changed(mid, Vec::new()); // it is handed out from here
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
        stock.found(envelope, &outcomes);
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
            stock.changed(mid, Vec::new());
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
        stock.changed(mid, outcomes);
        Ok(())
    }
}

/// How the recipients of a row stand after what the journal says of them.
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
