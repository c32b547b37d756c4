//! What became of acknowledged mail, counted against the ledger of the next hops: one count for kills and power cuts.

use crate::load::Receipt;
use backend::lab::ledger::Ledger;
use std::collections::BTreeSet;
use std::fmt;

/// Counts of messages.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Tally {
    /// Were answered 250.
    pub acknowledged: usize,
    /// Of those, never arrived.
    pub lost: usize,
    /// Arrived with another body than before.
    pub changed: usize,
    /// Arrived in more than one transaction.
    pub repeated: usize,
    /// Of those, not named as a possible repeat beforehand.
    pub unnamed: usize,
}

impl Tally {
    /// Looks each receipt up; `named` holds the messages that may have been sent twice.
    pub fn of(acknowledged: &[Receipt], ledger: &Ledger, named: &BTreeSet<u64>) -> Tally {
        let mut tally = Tally { acknowledged: acknowledged.len(), ..Tally::default() };
        for Receipt { id, mid } in acknowledged {
            let Some(entry) = ledger.entry(id) else {
                tally.lost += 1;
                continue;
            };
            let repeated = entry.transactions > 1;
            tally.changed += usize::from(!entry.is_constant);
            tally.repeated += usize::from(repeated);
            tally.unnamed += usize::from(repeated && !named.contains(mid));
        }
        tally
    }

    /// Fails unless nothing is lost or changed and every repeat was named.
    pub fn must_be_whole(&self) {
        assert_eq!((self.lost, self.changed, self.unnamed), (0, 0, 0), "{self}");
    }
}

impl fmt::Display for Tally {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Tally { acknowledged, lost, changed, repeated, unnamed } = self;
        write!(f, "{acknowledged} acknowledged, {lost} lost, {changed} changed, ")?;
        write!(f, "{repeated} delivered more than once, {unnamed} of them unnamed")
    }
}
