//! How many recipients waited for a host in the latest hour, as a shape: thirty octets, so that a row stays light.
//!
//! It ends with the latest change, not with now: what does not change is not said again. Whoever shows it goes on from there.

use crate::vocab::Timestamp;
use serde::{Deserialize, Serialize};
use std::time::Duration;

/// Points of the shape.
pub const TREND_POINTS: usize = 30;
/// Time from one point to the next: together they are an hour.
pub const TREND_EVERY: Duration = Duration::from_secs(120);
/// The highest level; each has one character.
pub const TREND_LEVEL_MAX: u32 = 35;

/// See the head of this file.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Trend {
    /// When the time of the last level began.
    pub until: Timestamp,
    /// The most that waited at the end of any of these times: what the highest level stands for.
    pub peak: u64,
    /// A character for each two minutes, the oldest first: `0` is nothing, then `1` to `9` and `a` to `z` up to the peak.
    pub levels: String,
}

impl Trend {
    /// From the numbers themselves.
    pub fn of(until: Timestamp, points: &[u32; TREND_POINTS]) -> Trend {
        let peak = points.iter().copied().max().unwrap_or_default();
        let level = |waiting: u32| {
            let level = (u64::from(waiting) * u64::from(TREND_LEVEL_MAX)).div_ceil(u64::from(peak.max(1)));
            char::from_digit(level as u32, TREND_LEVEL_MAX + 1).unwrap_or('0')
        };
        Trend { until, peak: peak.into(), levels: points.iter().copied().map(level).collect() }
    }

    /// The levels of the hour that ends now, from 0 to the highest: since the latest change nothing has changed.
    pub fn shape(&self, now: Timestamp) -> Vec<u32> {
        let passed = (now.since(self.until).as_secs() / TREND_EVERY.as_secs()) as usize;
        let known: Vec<u32> = self.levels.chars().filter_map(|level| level.to_digit(TREND_LEVEL_MAX + 1)).collect();
        let last = known.last().copied().unwrap_or_default();
        let missing = TREND_POINTS.saturating_sub(known.len());
        let since = std::iter::repeat_n(last, passed.min(TREND_POINTS));
        let all: Vec<u32> = std::iter::repeat_n(0, missing).chain(known).chain(since).collect();
        all[all.len().saturating_sub(TREND_POINTS)..].to_vec()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_shape_is_drawn_to_its_peak_and_anything_is_more_than_nothing() {
        let mut points = [0; TREND_POINTS];
        points[27..].copy_from_slice(&[1, 500_000, 1_000_000]);
        let trend = Trend::of(Timestamp(0), &points);
        assert_eq!((trend.peak, &trend.levels[26..]), (1_000_000, "01iz"));
        assert_eq!(Trend::of(Timestamp(0), &[0; TREND_POINTS]).levels, "0".repeat(TREND_POINTS));
    }

    #[test]
    fn it_goes_on_as_it_ended_until_something_changes() {
        let mut points = [0; TREND_POINTS];
        points[28..].copy_from_slice(&[4, 2]);
        let trend = Trend::of(Timestamp(240_000), &points);
        let at = |ms| trend.shape(Timestamp(ms));
        assert_eq!(at(240_000)[27..], [0, 35, 18]);
        assert_eq!(at(359_999), at(240_000));
        assert_eq!(at(360_000)[27..], [35, 18, 18]);
        assert_eq!(at(u64::MAX), [18; TREND_POINTS]);
        let odd = Trend { levels: "?z".into(), ..trend };
        assert_eq!(odd.shape(Timestamp(240_000)).len(), TREND_POINTS, "whatever a server says");
    }
}
