//! A jump of the wall clock: what the time was thought to be, and what it turned out to be.
//!
//! Promises: a timer that is moved by the jump runs out after the same real time as without it.

use common::vocab::Timestamp;

/// The wall clock was set, or the machine slept: time did not pass as the clock says.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Jump {
    /// What the clock should have shown.
    pub from: Timestamp,
    /// What it shows.
    pub to: Timestamp,
}

impl Jump {
    /// The same moment on the new clock.
    pub fn moved(self, at: Timestamp) -> Timestamp {
        if self.to >= self.from { at + self.to.since(self.from) } else { at - self.from.since(self.to) }
    }

    /// The same, in place.
    pub fn shift(self, at: &mut Timestamp) {
        *at = self.moved(*at);
    }
}
