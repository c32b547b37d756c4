//! How many recipients of one host waited at the end of each two minutes of the latest hour.
//!
//! Promises: a number takes place only where it differs from the one before, so that a host that only waits costs one; never
//! more than 31 of them, 248 octets. A clock that is set back empties what would lie in the future.

use common::vocab::Timestamp;
use common::wire::{TREND_EVERY, TREND_POINTS};
use std::collections::VecDeque;

/// Numbers kept: those of the hour, and the one that held when it began.
const KEPT_MAX: usize = TREND_POINTS + 1;

/// See the head of this file.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Waited(VecDeque<(u32, u32)>);

fn every_ms() -> u64 {
    TREND_EVERY.as_secs() * 1_000
}

impl Waited {
    /// So many wait from now on.
    pub(super) fn note(&mut self, now: Timestamp, waiting: u32) {
        let slot = u32::try_from(now.0 / every_ms()).unwrap_or(u32::MAX);
        while self.0.back().is_some_and(|(newest, _)| *newest >= slot) {
            self.0.pop_back();
        }
        if self.latest() != waiting {
            self.0.push_back((slot, waiting));
        }
        while self.0.len() > KEPT_MAX {
            self.0.pop_front();
        }
    }

    /// How many wait since the latest change.
    pub(super) fn latest(&self) -> u32 {
        self.0.back().map_or(0, |(_, waiting)| *waiting)
    }

    /// When the time of the latest change began, and the numbers of the hour that ends with it; `None` if nothing ever waited.
    pub fn points(&self) -> Option<(Timestamp, [u32; TREND_POINTS])> {
        let (last, _) = *self.0.back()?;
        let mut points = [0; TREND_POINTS];
        for (back, point) in points.iter_mut().rev().enumerate() {
            let slot = u64::from(last).saturating_sub(back as u64);
            let before = self.0.iter().rev().find(|(at, _)| u64::from(*at) <= slot);
            *point = before.map_or(0, |(_, waiting)| *waiting);
        }
        Some((Timestamp(u64::from(last) * every_ms()), points))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const MINUTE: u64 = 60_000;

    fn after(changes: &[(u64, u32)]) -> Waited {
        let mut waited = Waited::default();
        changes.iter().for_each(|(minute, waiting)| waited.note(Timestamp(minute * MINUTE), *waiting));
        waited
    }

    #[test]
    fn the_end_of_each_two_minutes_counts_and_what_does_not_change_takes_no_place() {
        let waited = after(&[(100, 5), (101, 7), (102, 7), (103, 7), (106, 0)]);
        assert_eq!(waited.0, [(50, 7), (53, 0)]);
        let (until, points) = waited.points().unwrap();
        assert_eq!((until, &points[25..]), (Timestamp(106 * MINUTE), &[0, 7, 7, 7, 0][..]));
        assert_eq!(Waited::default().points(), None);
    }

    #[test]
    fn an_hour_is_kept_and_no_more_however_often_it_changes() {
        let changes: Vec<(u64, u32)> = (0..1_000).map(|minute| (minute, minute as u32 + 1)).collect();
        let waited = after(&changes);
        assert_eq!(waited.0.len(), KEPT_MAX);
        let (_, points) = waited.points().unwrap();
        assert_eq!((points[0], points[29]), (942, 1_000));
    }

    #[test]
    fn a_clock_that_is_set_back_takes_the_future_with_it() {
        let waited = after(&[(0, 1), (10, 2), (20, 3), (11, 9)]);
        assert_eq!(waited.0, [(0, 1), (5, 9)]);
    }
}
