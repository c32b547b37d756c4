//! Legs whose timers a person has ended, by the host's epoch at which these were set.
//!
//! Promises: to end all timers of a host moves one set, however many legs and whatever was ended before: nothing is merged.

use crate::jump::Jump;
use crate::queue::LegKey;
use common::vocab::Timestamp;
use std::collections::{BTreeMap, BTreeSet};

/// Legs with the end of their timer, the earliest first.
pub type Timed = BTreeSet<(Timestamp, LegKey)>;

/// See the head of this file.
#[derive(Debug, Default)]
pub struct Released {
    by_epoch: BTreeMap<u32, Timed>,
}

impl Released {
    /// All timers that were set at this epoch have ended.
    pub fn add(&mut self, epoch: u32, timed: Timed) {
        if !timed.is_empty() {
            self.by_epoch.insert(epoch, timed);
        }
    }

    /// None is left.
    pub fn is_empty(&self) -> bool {
        self.by_epoch.is_empty()
    }

    /// All of them, those released first in front.
    pub fn iter(&self) -> impl Iterator<Item = &(Timestamp, LegKey)> {
        self.by_epoch.values().flatten()
    }

    /// Those whose timers were set at this epoch.
    pub fn of(&self, epoch: u32) -> impl Iterator<Item = &(Timestamp, LegKey)> {
        self.by_epoch.get(&epoch).into_iter().flatten()
    }

    /// The next one in turn.
    pub fn pop_first(&mut self) -> Option<(Timestamp, LegKey)> {
        let mut first = self.by_epoch.first_entry()?;
        let popped = first.get_mut().pop_first();
        if first.get().is_empty() {
            first.remove();
        }
        popped
    }

    /// This one goes by itself.
    pub fn remove(&mut self, epoch: u32, timed: &(Timestamp, LegKey)) {
        let Some(set) = self.by_epoch.get_mut(&epoch) else { return };
        set.remove(timed);
        if set.is_empty() {
            self.by_epoch.remove(&epoch);
        }
    }

    /// The clock has jumped.
    pub fn jump(&mut self, jump: Jump) {
        for timed in self.by_epoch.values_mut() {
            *timed = std::mem::take(timed).into_iter().map(|(until, key)| (jump.moved(until), key)).collect();
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use common::vocab::MessageId;

    #[test]
    fn what_was_released_first_goes_first_and_nothing_is_left_behind() {
        let leg = |at, mid| (Timestamp(at), (MessageId(mid), 0));
        let mut released = Released::default();
        released.add(1, Timed::from([leg(9, 1), leg(5, 2)]));
        released.add(2, Timed::from([leg(3, 3)]));
        released.add(3, Timed::new());
        assert_eq!((released.iter().count(), released.of(1).count(), released.of(3).count()), (3, 2, 0));
        released.remove(1, &leg(9, 1));
        assert_eq!(released.pop_first(), Some(leg(5, 2)));
        assert_eq!(released.pop_first(), Some(leg(3, 3)));
        assert!(released.pop_first().is_none() && released.is_empty());
    }
}
