//! Recipients of a host by stage, and whose the slots are.
//!
//! Promises: kept at every move, so that a list costs nothing per message. Never: counts by itself; `moves` does.

/// Recipients by stage; kept at every move.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Counts {
    /// Never tried.
    pub unattempted: u64,
    /// Tried at least once.
    pub attempted: u64,
    /// In a session at this moment.
    pub sending: u64,
    /// Waiting for their own timer.
    pub retrying: u64,
    /// Legs in a session at this moment that were tried before: the slots that retries hold.
    pub again_in_hand: u32,
    /// Waiting because the brake on mass bounces holds them.
    pub braked: u64,
}

impl Counts {
    /// In the queue.
    pub fn active(&self) -> u64 {
        self.unattempted + self.attempted
    }
    /// Ready to go as far as they themselves are concerned.
    pub fn due(&self) -> u64 {
        self.active() - self.sending - self.retrying - self.braked
    }
    pub(super) fn timed(&mut self, braked: bool) -> &mut u64 {
        if braked { &mut self.braked } else { &mut self.retrying }
    }
}
