//! In debug builds the engine's invariants (DESIGN 4.2) are asserted while it serves, not only in simulation.
//!
//! Promises: a small queue is looked at after each turn; of a large one so seldom that a turn pays for a bounded number of
//! its hosts and messages on the average. Never: in a release build.

use engine::Engine;

/// Hosts and messages that one turn pays for: a turn costs about as much by itself.
const PAID_PER_TURN: usize = 200;

/// See the head of this file.
#[derive(Debug, Default)]
pub struct SpotCheck {
    /// Turns that were paid for and not used.
    saved: usize,
}

impl SpotCheck {
    /// Another turn is over. Panics with what does not hold.
    pub fn look(&mut self, engine: &Engine) {
        if self.is_due(engine.places() + engine.message_count()) {
            engine.assert_consistent();
        }
    }

    fn is_due(&mut self, cost: usize) -> bool {
        self.saved = self.saved.saturating_add(PAID_PER_TURN);
        let due = self.saved >= cost;
        if due {
            self.saved = 0;
        }
        due
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_small_queue_is_looked_at_each_turn_and_a_large_one_in_proportion() {
        let mut check = SpotCheck::default();
        assert!((0..10).all(|_| check.is_due(PAID_PER_TURN)));
        let looks = (0..10_000).filter(|_| check.is_due(100 * PAID_PER_TURN)).count();
        assert_eq!(looks, 100);
    }
}
