//! Where each live message lies, and which of its recipients still wait. The only thing kept in memory per message.
//!
//! Promises: a message is forgotten when its last recipient is settled, and not before.
//! Never: holds an envelope or a body. A million messages wait in the database, most for one recipient: such a message
//! costs 16 octets here.

use crate::spool::queue_db::Waiting;
use common::vocab::{MessageId, RecipientId};
use engine::envelope::{Settled, Settlement};
use engine::shelf::Shelf;
use std::collections::HashMap;
use std::num::NonZeroU32;

/// Room for so many entries is kept, whatever has moved.
const SPARE_ENTRIES: usize = 10_000;

/// Where a record lies in the journal.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Spot {
    /// The segment.
    pub number: u32,
    /// Octets from its start to the frame.
    pub offset: u32,
    /// Octets of frame and payload.
    pub length: u32,
}

/// Where a message lies.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Place {
    /// In the journal.
    Journal(Spot),
    /// In the database; its body there too, or in this journal file that was adopted.
    Stored {
        /// The adopted file.
        segment: Option<NonZeroU32>,
    },
    /// Its record is damaged and set aside.
    Lost,
}

/// Recipients that were deferred, in the order of their numbers.
pub type Deferred = Vec<(RecipientId, Waiting)>;

/// A live message.
#[derive(Clone, Debug)]
pub struct Entry {
    /// Where it lies.
    pub place: Place,
    /// Who still waits.
    pub remaining: Remaining,
    /// How those stand that were deferred, while only the journal knows it.
    pub deferred: Option<Box<Deferred>>,
}

impl Entry {
    /// A message in the journal of which nobody was tried.
    pub fn new(spot: Spot, remaining: Remaining) -> Entry {
        Entry { place: Place::Journal(spot), remaining, deferred: None }
    }

    fn defer(&mut self, rid: RecipientId, waiting: Waiting) {
        if !matches!(self.place, Place::Journal(_)) || !self.remaining.contains(rid) {
            return;
        }
        let deferred = self.deferred.get_or_insert_default();
        match deferred.binary_search_by_key(&rid, |(rid, _)| *rid) {
            Ok(at) => deferred[at].1 = waiting,
            Err(at) => deferred.insert(at, (rid, waiting)),
        }
    }
}

/// What a settlement did.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Touched {
    /// Where the message lies, or lay.
    pub place: Place,
    /// Nobody is left.
    pub ended: bool,
}

/// A set of recipients; up to 64 need no memory of their own.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Remaining {
    /// One bit each.
    Few(u64),
    /// The same in many words.
    Many(Box<[u64]>),
}

impl Remaining {
    /// Of so many recipients, those of which `waits` is true.
    pub fn of(count: usize, waits: impl Fn(usize) -> bool) -> Remaining {
        let word = |first: usize| {
            let bits = (first..count.min(first + 64)).filter(|&rid| waits(rid));
            bits.fold(0u64, |word, rid| word | 1 << (rid - first))
        };
        if count <= 64 { Remaining::Few(word(0)) } else { Remaining::Many((0..count).step_by(64).map(word).collect()) }
    }

    /// This one waits no longer. A number that the message does not have changes nothing.
    pub fn remove(&mut self, rid: RecipientId) {
        let (word, bit) = (rid.0 as usize / 64, rid.0 % 64);
        match self {
            Remaining::Few(bits) if word == 0 => *bits &= !(1 << bit),
            Remaining::Few(_) => {}
            Remaining::Many(words) => {
                if let Some(bits) = words.get_mut(word) {
                    *bits &= !(1 << bit);
                }
            }
        }
    }

    /// Whether this one waits.
    pub fn contains(&self, rid: RecipientId) -> bool {
        let (word, bit) = (rid.0 as usize / 64, rid.0 % 64);
        match self {
            Remaining::Few(bits) => word == 0 && bits >> bit & 1 == 1,
            Remaining::Many(words) => words.get(word).is_some_and(|bits| bits >> bit & 1 == 1),
        }
    }

    /// Who waits, if it is one.
    pub fn only(&self) -> Option<RecipientId> {
        let words: &[u64] = match self {
            Remaining::Few(bits) => std::slice::from_ref(bits),
            Remaining::Many(words) => words,
        };
        let mut set = words.iter().enumerate().filter(|(_, bits)| **bits != 0);
        let (at, bits) = set.next()?;
        (bits.count_ones() == 1 && set.next().is_none()).then(|| RecipientId(at as u32 * 64 + bits.trailing_zeros()))
    }

    /// Nobody waits.
    pub fn is_empty(&self) -> bool {
        match self {
            Remaining::Few(bits) => *bits == 0,
            Remaining::Many(words) => words.iter().all(|&bits| bits == 0),
        }
    }
}

/// A message that the database has, and of which one recipient waits.
#[derive(Clone, Copy, Debug)]
struct Single {
    rid: RecipientId,
    /// The adopted journal file of its body.
    segment: Option<NonZeroU32>,
}

impl Single {
    fn of(entry: &Entry) -> Option<Single> {
        let Place::Stored { segment } = entry.place else { return None };
        Some(Single { rid: entry.remaining.only()?, segment })
    }

    fn place(self) -> Place {
        Place::Stored { segment: self.segment }
    }
}

/// All live messages.
#[derive(Debug, Default)]
pub struct Index {
    entries: HashMap<MessageId, Entry>,
    singles: Shelf<MessageId, Single>,
}

impl Index {
    /// Adds a message.
    pub fn insert(&mut self, mid: MessageId, entry: Entry) {
        match Single::of(&entry) {
            Some(single) => drop(self.singles.insert(mid, single)),
            None => drop(self.entries.insert(mid, entry)),
        }
    }

    /// Where a message lies.
    pub fn place(&self, mid: MessageId) -> Option<Place> {
        let entry = self.entries.get(&mid).map(|entry| entry.place);
        entry.or_else(|| self.singles.get(&mid).map(|single| single.place()))
    }

    /// The entry of a message in the journal.
    pub fn in_journal(&self, mid: MessageId) -> Option<&Entry> {
        self.entries.get(&mid).filter(|entry| matches!(entry.place, Place::Journal(_)))
    }

    /// A message lies elsewhere from now on. What the journal alone knew of it is known there.
    pub fn move_to(&mut self, mid: MessageId, place: Place) {
        if let Some(single) = self.singles.get(&mid).copied() {
            self.singles.remove(&mid);
            let only = |rid: usize| rid == single.rid.0 as usize;
            let remaining = Remaining::of(single.rid.0 as usize + 1, only);
            self.insert(mid, Entry { place, remaining, deferred: None });
        } else if let Some(entry) = self.entries.get_mut(&mid) {
            entry.place = place;
            entry.deferred = None;
            self.make_single(mid);
        }
    }

    /// An entry of which one recipient is left goes where it costs less.
    fn make_single(&mut self, mid: MessageId) {
        if let Some(single) = self.entries.get(&mid).and_then(Single::of) {
            self.entries.remove(&mid);
            self.singles.insert(mid, single);
        }
    }

    /// Gives memory back after many messages have moved.
    pub fn shrink(&mut self) {
        if self.entries.capacity() > SPARE_ENTRIES.max(4 * self.entries.len()) {
            self.entries.shrink_to(2 * self.entries.len());
        }
    }

    /// Takes out who is settled for good; `None` if there is no such message.
    pub fn settle(&mut self, settlement: &Settlement) -> Option<Touched> {
        let mid = settlement.mid;
        let Some(entry) = self.entries.get_mut(&mid) else { return self.settle_single(settlement) };
        for (rid, settled) in &settlement.recipients {
            match *settled {
                Settled::Deferred { attempts, next_attempt_at, braked } => {
                    let next_attempt_at = Some(next_attempt_at);
                    entry.defer(*rid, Waiting { attempts, begun: 0, next_attempt_at, braked });
                }
                Settled::Delivered | Settled::Bounced(_) | Settled::Deleted => entry.remaining.remove(*rid),
            }
        }
        let (place, ended) = (entry.place, entry.remaining.is_empty());
        if ended {
            self.entries.remove(&mid);
        } else if settlement.message_done {
            // Who is left waits for the report that ends them: it is on its way, or has to wait for room.
            tracing::debug!(mid = mid.0, "done but for reports that are not written yet");
        }
        self.make_single(mid);
        Some(Touched { place, ended })
    }

    fn settle_single(&mut self, settlement: &Settlement) -> Option<Touched> {
        let single = *self.singles.get(&settlement.mid)?;
        let gone = |(rid, how): &(RecipientId, Settled)| *rid == single.rid && !matches!(how, Settled::Deferred { .. });
        let ended = settlement.recipients.iter().any(gone);
        if ended {
            self.singles.remove(&settlement.mid);
        }
        Some(Touched { place: single.place(), ended })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn settled(mid: u64, rids: std::ops::Range<u32>, message_done: bool) -> Settlement {
        let recipients = rids.map(|rid| (RecipientId(rid), Settled::Delivered)).collect();
        Settlement { mid: MessageId(mid), recipients, message_done }
    }

    #[test]
    fn a_message_goes_with_its_last_recipient_and_not_before() {
        for count in [1usize, 2, 63, 64, 65, 128, 1_000] {
            let mut index = Index::default();
            let spot = Spot { number: 1, offset: 2, length: 3 };
            index.insert(MessageId(9), Entry::new(spot, Remaining::of(count, |_| true)));
            let last = count as u32 - 1;
            let touched = |ended| Some(Touched { place: Place::Journal(spot), ended });
            assert_eq!(index.settle(&settled(9, 0..last, false)), touched(false), "{count}");
            assert_eq!(index.settle(&settled(9, 5_000..5_001, true)), touched(false), "{count}");
            assert_eq!(index.place(MessageId(9)), Some(Place::Journal(spot)), "{count}");
            assert_eq!(index.settle(&settled(9, last..last + 1, true)), touched(true), "{count}");
            assert_eq!(index.place(MessageId(9)), None, "{count}");
        }
    }

    #[test]
    fn the_last_recipient_of_a_stored_message_costs_16_octets_and_is_settled_as_any_other() {
        assert_eq!(std::mem::size_of::<(MessageId, Single)>(), 16);
        let (spot, segment) = (Spot { number: 1, offset: 2, length: 3 }, NonZeroU32::new(4));
        for (count, last) in [(1, 0), (3, 1), (64, 63), (200, 130)] {
            let mut index = Index::default();
            index.insert(MessageId(9), Entry::new(spot, Remaining::of(count as usize, |_| true)));
            index.settle(&settled(9, 0..last, false));
            index.move_to(MessageId(9), Place::Stored { segment: None });
            index.settle(&settled(9, last + 1..count, false));
            assert_eq!((index.entries.len(), index.singles.len()), (0, 1), "{count}");
            index.move_to(MessageId(9), Place::Stored { segment });
            let later = Settled::Deferred { attempts: 1, next_attempt_at: common::vocab::Timestamp(5), braked: false };
            let place = Place::Stored { segment };
            let deferred = vec![(RecipientId(last), later)];
            let deferred = Settlement { mid: MessageId(9), recipients: deferred, message_done: false };
            assert_eq!(index.settle(&deferred), Some(Touched { place, ended: false }));
            assert_eq!(index.settle(&settled(9, 500..501, false)), Some(Touched { place, ended: false }));
            index.move_to(MessageId(9), Place::Lost);
            assert_eq!((index.place(MessageId(9)), index.singles.len()), (Some(Place::Lost), 0));
            index.move_to(MessageId(9), place);
            assert_eq!(index.settle(&settled(9, last..last + 1, true)), Some(Touched { place, ended: true }));
            assert_eq!(index.place(MessageId(9)), None);
        }
    }

    #[test]
    fn a_deferred_recipient_still_waits() {
        let mut index = Index::default();
        let spot = Spot { number: 1, offset: 2, length: 3 };
        index.insert(MessageId(9), Entry::new(spot, Remaining::of(2, |rid| rid == 1)));
        let later = Settled::Deferred { attempts: 1, next_attempt_at: common::vocab::Timestamp(5), braked: false };
        let settlement =
            Settlement { mid: MessageId(9), recipients: vec![(RecipientId(1), later)], message_done: false };
        assert_eq!(index.settle(&settlement).map(|touched| touched.ended), Some(false));
        let next_attempt_at = Some(common::vocab::Timestamp(5));
        let waiting = Waiting { attempts: 1, begun: 0, next_attempt_at, braked: false };
        assert_eq!(index.in_journal(MessageId(9)).unwrap().deferred.as_deref(), Some(&vec![(RecipientId(1), waiting)]));
    }
}
