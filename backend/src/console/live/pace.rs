//! How many frames a client may send: 50 in a second, with room for a burst.

use std::time::Duration;
use tokio::time::Instant;

/// Frames in a second. A page that acknowledges 16 lists at 4 Hz sends 64 in its worst second, and rests after it.
const FRAMES_PER_SECOND: u32 = 50;
/// Frames that may come at once, after a rest.
const BURST_MAX: u32 = 100;

/// A bucket of frames that fills with time.
#[derive(Debug)]
pub(super) struct Pace {
    left: u32,
    filled_at: Instant,
}

impl Pace {
    pub(super) fn new(now: Instant) -> Pace {
        Pace { left: BURST_MAX, filled_at: now }
    }

    /// Takes one frame out, if there is one.
    pub(super) fn allows(&mut self, now: Instant) -> bool {
        let step = Duration::from_secs(1) / FRAMES_PER_SECOND;
        let new = (now.saturating_duration_since(self.filled_at).as_micros() / step.as_micros()) as u32;
        if new > 0 {
            self.left = self.left.saturating_add(new).min(BURST_MAX);
            self.filled_at = if self.left == BURST_MAX { now } else { self.filled_at + step * new };
        }
        match self.left.checked_sub(1) {
            Some(left) => {
                self.left = left;
                true
            }
            None => false,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn fifty_frames_a_second_pass_for_ever_and_sixty_do_not() {
        let start = Instant::now();
        let passes = |per_second: u32| {
            let mut pace = Pace::new(start);
            (0..per_second * 60).all(|n| pace.allows(start + Duration::from_secs(1) / per_second * n))
        };
        assert!(passes(50));
        assert!(!passes(60));
    }
}
