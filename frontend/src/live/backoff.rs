//! How long to wait before the next try to connect. Pure.

use std::time::Duration;

/// Seconds before the first try, the second, and so on; the last one repeats for ever.
const PAUSES: [f64; 7] = [0.25, 0.5, 1.0, 2.0, 4.0, 8.0, 10.0];
/// Each pause is up to so much shorter or longer, so that many consoles do not come back in the same instant.
const JITTER: f64 = 0.3;
/// A server that stops may ask for patience, but not for more than this.
const DRAIN_MS_MAX: u64 = 60_000;

/// The pause after `attempts` failures; `random` is in 0..1. A server that said when to come back is believed.
pub(super) fn pause(attempts: u32, drained_ms: Option<u64>, random: f64) -> Duration {
    let seconds = match drained_ms {
        Some(ms) => ms.min(DRAIN_MS_MAX) as f64 / 1_000.0,
        None => PAUSES[(attempts as usize).min(PAUSES.len() - 1)],
    };
    Duration::from_secs_f64(seconds * (1.0 - JITTER + 2.0 * JITTER * random))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pauses_grow_to_ten_seconds_and_stay_there() {
        let middle: Vec<u128> = (0..9).map(|attempts| pause(attempts, None, 0.5).as_millis()).collect();
        assert_eq!(middle, [250, 500, 1_000, 2_000, 4_000, 8_000, 10_000, 10_000, 10_000]);
    }

    #[test]
    fn no_pause_leaves_its_thirty_percent() {
        assert_eq!(pause(2, None, 0.0).as_millis(), 700);
        assert_eq!(pause(2, None, 1.0).as_millis(), 1_300);
    }

    #[test]
    fn a_server_that_says_when_is_believed_within_reason() {
        assert_eq!(pause(0, Some(3_000), 0.5).as_millis(), 3_000);
        assert_eq!(pause(0, Some(u64::MAX), 0.5).as_millis(), 60_000);
    }
}
