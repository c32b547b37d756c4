//! Where each live message lies, and which of its recipients still wait. The only thing kept in memory per message.
//!
//! Promises: a message is forgotten when its last recipient is settled, and not before.
//! Never: holds an envelope or a body.

use common::vocab::{MessageId, RecipientId};
use engine::envelope::{Settled, Settlement};
use std::collections::HashMap;

/// Where a record lies.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Place {
    /// The segment.
    pub number: u32,
    /// Octets from its start to the frame.
    pub offset: u32,
    /// Octets of frame and payload.
    pub length: u32,
}

/// A live message.
#[derive(Clone, Debug)]
pub struct Entry {
    /// Where its accept lies.
    pub place: Place,
    /// Who still waits.
    pub remaining: Remaining,
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

    /// Nobody waits.
    pub fn is_empty(&self) -> bool {
        match self {
            Remaining::Few(bits) => *bits == 0,
            Remaining::Many(words) => words.iter().all(|&bits| bits == 0),
        }
    }
}

/// All live messages.
#[derive(Debug, Default)]
pub struct Index(HashMap<MessageId, Entry>);

impl Index {
    /// Adds a message; answers the entry that had its number before (there should be none).
    pub fn insert(&mut self, mid: MessageId, entry: Entry) -> Option<Entry> {
        self.0.insert(mid, entry)
    }

    /// Where a message lies.
    pub fn place(&self, mid: MessageId) -> Option<Place> {
        self.0.get(&mid).map(|entry| entry.place)
    }

    /// Takes out who is settled for good; answers the entry if nobody is left.
    pub fn settle(&mut self, settlement: &Settlement) -> Option<Entry> {
        let entry = self.0.get_mut(&settlement.mid)?;
        for (rid, settled) in &settlement.recipients {
            if !matches!(settled, Settled::Deferred { .. }) {
                entry.remaining.remove(*rid);
            }
        }
        if entry.remaining.is_empty() {
            return self.0.remove(&settlement.mid);
        }
        if settlement.message_done {
            // Who is left waits for the report that ends them: it is on its way, or has to wait for room.
            tracing::debug!(mid = settlement.mid.0, "done but for reports that are not written yet");
        }
        None
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
            let place = Place { number: 1, offset: 2, length: 3 };
            index.insert(MessageId(9), Entry { place, remaining: Remaining::of(count, |_| true) });
            let last = count as u32 - 1;
            assert!(index.settle(&settled(9, 0..last, false)).is_none(), "{count}");
            assert!(index.settle(&settled(9, 5_000..5_001, true)).is_none(), "{count}");
            assert_eq!(index.place(MessageId(9)), Some(place), "{count}");
            assert!(index.settle(&settled(9, last..last + 1, true)).is_some(), "{count}");
            assert_eq!(index.place(MessageId(9)), None, "{count}");
        }
    }

    #[test]
    fn a_deferred_recipient_still_waits() {
        let mut index = Index::default();
        let place = Place { number: 1, offset: 2, length: 3 };
        index.insert(MessageId(9), Entry { place, remaining: Remaining::of(2, |rid| rid == 1) });
        let later = Settled::Deferred { attempts: 1, next_attempt_at: common::vocab::Timestamp(5) };
        let settlement =
            Settlement { mid: MessageId(9), recipients: vec![(RecipientId(1), later)], message_done: false };
        assert!(index.settle(&settlement).is_none());
        assert!(index.place(MessageId(9)).is_some());
    }
}
