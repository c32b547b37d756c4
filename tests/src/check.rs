//! The ledger of a simulated world: what must hold after every step, kept apart from the engine's own books.

use common::vocab::{MessageId, RecipientId, Timestamp};
use engine::jump::Jump;
use std::collections::BTreeMap;
use std::time::Duration;

/// How long after its lifetime a recipient may still be in hand: the deciding attempt takes its time.
pub const GRACE: Duration = Duration::from_secs(3_600);

/// Where a recipient stands in the ledger.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Entry {
    /// Accepted and not ended.
    Waiting {
        /// Not to be tried before.
        not_before: Timestamp,
        /// The latest moment at which it must have ended.
        ends_by: Timestamp,
    },
    /// The peer took it, so often.
    Delivered {
        /// More than once only after a crash between the final dot and the mark.
        times: u32,
    },
    /// Given up.
    Bounced,
}

/// One entry per recipient.
#[derive(Clone, Debug, Default)]
pub struct Ledger {
    entries: BTreeMap<(MessageId, RecipientId), Entry>,
    /// Recipients that may be delivered twice, named beforehand.
    pub possibly_twice: std::collections::BTreeSet<(MessageId, RecipientId)>,
    /// Until when mail may be suspended: suspended mail does not expire.
    pub held_until: Option<Timestamp>,
}

impl Ledger {
    /// A recipient was accepted.
    pub fn accept(&mut self, mid: MessageId, rid: RecipientId, now: Timestamp, ends_by: Timestamp) {
        let before = self.entries.insert((mid, rid), Entry::Waiting { not_before: now, ends_by });
        assert_eq!(before, None, "{mid}:{rid} was accepted twice");
    }

    /// An attempt begins: nothing is early, nothing that ended is tried again.
    pub fn attempt(&self, mid: MessageId, rid: RecipientId, now: Timestamp, forced: bool) {
        match self.entries.get(&(mid, rid)) {
            Some(Entry::Waiting { not_before, ends_by }) => {
                // At the end of a lifetime one attempt is made whatever the timer says: it decides.
                let deciding = now + GRACE >= *ends_by;
                assert!(forced || deciding || *not_before <= now, "{mid}:{rid} is tried at {now}, before {not_before}");
            }
            Some(Entry::Delivered { .. }) if self.possibly_twice.contains(&(mid, rid)) => {}
            other => panic!("{mid}:{rid} is tried although it is {other:?}"),
        }
    }

    /// The peer took it.
    pub fn deliver(&mut self, mid: MessageId, rid: RecipientId) {
        let entry = self.entries.get_mut(&(mid, rid)).expect("only accepted mail is delivered");
        let times = match entry {
            Entry::Delivered { times } => *times + 1,
            Entry::Waiting { .. } => 1,
            Entry::Bounced => panic!("{mid}:{rid} is delivered after it was given up"),
        };
        assert!(times == 1 || self.possibly_twice.contains(&(mid, rid)), "{mid}:{rid} is delivered {times} times");
        *entry = Entry::Delivered { times };
    }

    /// It waits for its own timer.
    pub fn defer(&mut self, mid: MessageId, rid: RecipientId, until: Timestamp) {
        if let Some(Entry::Waiting { not_before, .. }) = self.entries.get_mut(&(mid, rid)) {
            *not_before = until;
        }
    }

    /// The clock jumped: timers move with it, lifetimes do not; whoever is past its own by now gets its time to be tried.
    pub fn jump(&mut self, jump: Jump) {
        for entry in self.entries.values_mut() {
            if let Entry::Waiting { not_before, ends_by } = entry {
                jump.shift(not_before);
                if jump.from + GRACE >= *ends_by {
                    jump.shift(ends_by); // the attempt that decides may be under way: it keeps its time
                }
                *ends_by = (*ends_by).max(jump.to + GRACE);
            }
        }
    }

    /// It was given up.
    pub fn bounce(&mut self, mid: MessageId, rid: RecipientId) {
        let entry = self.entries.get_mut(&(mid, rid)).expect("only accepted mail is given up");
        let allowed = matches!(entry, Entry::Waiting { .. }) || self.possibly_twice.contains(&(mid, rid));
        assert!(allowed, "{mid}:{rid} is given up although it is {entry:?}");
        *entry = Entry::Bounced;
    }

    /// Recipients that have not ended.
    pub fn waiting(&self) -> u64 {
        self.entries.values().filter(|entry| matches!(entry, Entry::Waiting { .. })).count() as u64
    }

    /// Nothing is forgotten: whoever still waits is within its time.
    pub fn nobody_is_overdue(&self, now: Timestamp) {
        for ((mid, rid), entry) in &self.entries {
            if let Entry::Waiting { ends_by, .. } = entry {
                let by = self.held_until.map_or(*ends_by, |held| (held + GRACE).max(*ends_by));
                assert!(now <= by, "{mid}:{rid} should have ended by {ends_by}, now it is {now}");
            }
        }
    }
}
