//! How long something took, in words.

use std::time::Duration;

/// A duration as a person reads it: `0.4 s`, `42 s`, `3 min 05 s`.
pub fn words(duration: Duration) -> String {
    let seconds = duration.as_secs();
    if duration < Duration::from_secs(10) {
        format!("{:.1} s", duration.as_secs_f64())
    } else if seconds < 60 {
        format!("{seconds} s")
    } else {
        format!("{} min {:02} s", seconds / 60, seconds % 60)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tenths_are_shown_below_ten_seconds_and_minutes_above_sixty() {
        assert_eq!(words(Duration::from_millis(440)), "0.4 s");
        assert_eq!(words(Duration::from_millis(42_900)), "42 s");
        assert_eq!(words(Duration::from_secs(185)), "3 min 05 s");
    }
}
