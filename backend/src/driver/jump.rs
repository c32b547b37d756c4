//! Wall time against steady time: notices that the clock was set, or that the machine slept.
//!
//! Promises: a difference of more than a minute between two looks is a jump, said once; slewing by an NTP daemon, a few
//! hundredths of a second per minute, never is. Never: reads a clock.

use common::vocab::Timestamp;
use engine::jump::Jump;
use std::time::Duration;
use tokio::time::Instant;

/// What a clock may differ between two looks before it has jumped (DESIGN 4.4).
const JUMP_MIN: Duration = Duration::from_secs(60);

/// See the head of this file.
#[derive(Clone, Copy, Debug)]
pub struct JumpWatch {
    wall: Timestamp,
    steady: Instant,
}

impl JumpWatch {
    /// Begins with what both clocks show now.
    pub fn new(wall: Timestamp, steady: Instant) -> JumpWatch {
        JumpWatch { wall, steady }
    }

    /// Whether the wall clock has jumped since the last [`JumpWatch::look`].
    pub fn sees_one(&self, wall: Timestamp, steady: Instant) -> bool {
        let expected = self.expected(steady);
        wall.since(expected).max(expected.since(wall)) > JUMP_MIN
    }

    /// Takes note of both clocks; says what jump there was.
    pub fn look(&mut self, wall: Timestamp, steady: Instant) -> Option<Jump> {
        let jump = self.sees_one(wall, steady).then(|| Jump { from: self.expected(steady), to: wall });
        *self = JumpWatch { wall, steady };
        jump
    }

    fn expected(&self, steady: Instant) -> Timestamp {
        self.wall + steady.saturating_duration_since(self.steady)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_clock_that_is_set_is_noticed_once_and_a_slow_one_never() {
        let (wall, steady) = (Timestamp(1_800_000_000_000), Instant::now());
        let hour = Duration::from_secs(3600);
        let mut watch = JumpWatch::new(wall, steady);
        assert_eq!(watch.look(wall + hour + JUMP_MIN, steady + hour), None, "a minute in an hour is a bad clock");
        let back = watch.look(wall + JUMP_MIN, steady + hour);
        assert_eq!(back, Some(Jump { from: wall + hour + JUMP_MIN, to: wall + JUMP_MIN }));
        assert_eq!(watch.look(wall + JUMP_MIN, steady + hour), None, "it was said");
        assert!(watch.sees_one(wall + 2 * JUMP_MIN + Duration::from_millis(1), steady + hour));
    }
}
