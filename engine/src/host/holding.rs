//! Which causes hold at one moment: a small set, named by its first.

use common::vocab::WaitCause;

/// A set of wait causes.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct CauseSet(u16);

impl CauseSet {
    /// With one cause more.
    pub fn with(self, cause: WaitCause) -> CauseSet {
        CauseSet(self.0 | 1 << cause as u16)
    }

    /// The same without this cause.
    pub fn without(self, cause: WaitCause) -> CauseSet {
        CauseSet(self.0 & !(1 << cause as u16))
    }

    /// The same if `holds`, else as it was.
    pub fn with_if(self, cause: WaitCause, holds: bool) -> CauseSet {
        if holds { self.with(cause) } else { self }
    }

    /// The cause that names it; whatever is held by nothing waits for a slot.
    pub fn first(self) -> WaitCause {
        self.iter().next().unwrap_or(WaitCause::Slot)
    }

    /// The others, in naming order.
    pub fn others(self) -> Vec<WaitCause> {
        self.iter().skip(1).collect()
    }

    /// Whether it is among them.
    pub fn has(self, cause: WaitCause) -> bool {
        self.0 & (1 << cause as u16) != 0
    }

    fn iter(self) -> impl Iterator<Item = WaitCause> {
        WaitCause::ALL.into_iter().filter(move |cause| self.has(*cause))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_of_the_list_names_it_and_the_others_are_kept() {
        let set = CauseSet::default().with(WaitCause::Slot).with(WaitCause::Routing).with(WaitCause::Retry);
        assert_eq!(set.first(), WaitCause::Routing);
        assert_eq!(set.others(), [WaitCause::Retry, WaitCause::Slot]);
        assert_eq!((CauseSet::default().first(), CauseSet::default().others()), (WaitCause::Slot, vec![]));
    }
}
