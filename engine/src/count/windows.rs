//! What was counted in the last minute, hour and day: three rings of buckets; and beside them what waited (`trend`).
//!
//! Promises: a bucket takes place only while something was counted in it, so that a quiet host costs nothing; never more
//! than 48 buckets, under 2 KiB. A window reaches back exactly its span to within one bucket (5 s, 5 min, 1 h). A clock
//! that is set back empties what would lie in the future.

use super::trend::Waited;
use common::vocab::{CountWindow, Counters, Timestamp};
use std::collections::VecDeque;

/// What a bucket holds: the eight counters of which the others are sums.
type Tally = [u32; 8];

/// One window's buckets, oldest first.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
struct Ring(VecDeque<(u32, Tally)>);

/// See the head of this file.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Windows {
    counted: [Ring; 3],
    waited: Waited,
}

/// Milliseconds of a bucket, and how many make the window.
fn buckets(window: CountWindow) -> (u64, u32) {
    match window {
        CountWindow::Minute => (5_000, 12),
        CountWindow::Hour => (300_000, 12),
        CountWindow::Day => (3_600_000, 24),
    }
}

/// The number of the bucket of a moment.
fn slot(window: CountWindow, at: Timestamp) -> u32 {
    u32::try_from(at.0 / buckets(window).0).unwrap_or(u32::MAX)
}

impl Ring {
    fn add(&mut self, slot: u32, count: u32, more: &Tally) {
        while self.0.back().is_some_and(|(newest, _)| *newest > slot) {
            self.0.pop_back();
        }
        while self.0.front().is_some_and(|(oldest, _)| slot - oldest >= count) {
            self.0.pop_front();
        }
        match self.0.back_mut() {
            Some((newest, tally)) if *newest == slot => {
                tally.iter_mut().zip(more).for_each(|(sum, more)| *sum = sum.saturating_add(*more));
            }
            _ => self.0.push_back((slot, *more)),
        }
    }

    fn sum(&self, slot: u32, count: u32) -> [u64; 8] {
        let within = self.0.iter().filter(|(at, _)| *at <= slot && slot - at < count);
        within.fold([0; 8], |mut sums, (_, tally)| {
            sums.iter_mut().zip(tally).for_each(|(sum, one)| *sum += u64::from(*one));
            sums
        })
    }
}

impl Windows {
    /// So much was counted at this moment.
    pub fn add(&mut self, now: Timestamp, more: &Counters) {
        let tally = more.parts().map(|part| u32::try_from(part).unwrap_or(u32::MAX));
        for (ring, window) in self.counted.iter_mut().zip(CountWindow::ALL) {
            ring.add(slot(window, now), buckets(window).1, &tally);
        }
    }

    /// So many recipients wait from now on.
    pub fn wait(&mut self, now: Timestamp, waiting: u64) {
        self.waited.note(now, u32::try_from(waiting).unwrap_or(u32::MAX));
    }

    /// How many wait since the latest change.
    pub fn waiting(&self) -> u64 {
        self.waited.latest().into()
    }

    /// What waited in the latest hour.
    pub fn waited(&self) -> &Waited {
        &self.waited
    }

    /// What was counted in a window that ends now.
    pub fn sum(&self, now: Timestamp, window: CountWindow) -> Counters {
        let place = window as usize;
        Counters::from_parts(self.counted[place].sum(slot(window, now), buckets(window).1))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::time::Duration;

    const DAWN: Timestamp = Timestamp(1_800_000_000_000);

    fn delivered(count: u64) -> Counters {
        let mut counters = Counters::default();
        (0..count).for_each(|_| counters.delivered());
        counters
    }

    #[test]
    fn what_is_older_than_the_window_is_not_in_it() {
        let mut windows = Windows::default();
        let at = |seconds| DAWN + Duration::from_secs(seconds);
        windows.add(at(0), &delivered(3));
        windows.add(at(58), &delivered(2));
        let seen = |now, window| windows.sum(now, window).delivered_recipients;
        assert_eq!((seen(at(59), CountWindow::Minute), seen(at(61), CountWindow::Minute)), (5, 2));
        assert_eq!((seen(at(3_500), CountWindow::Hour), seen(at(3_700), CountWindow::Hour)), (5, 0));
        assert_eq!((seen(at(80_000), CountWindow::Day), seen(at(90_000), CountWindow::Day)), (5, 0));
        assert!(windows.sum(at(59), CountWindow::Hour).add_up());
    }

    #[test]
    fn it_never_holds_more_than_48_buckets() {
        let mut windows = Windows::default();
        for step in 0..10_000 {
            windows.add(DAWN + Duration::from_secs(step * 301), &delivered(1));
        }
        let buckets: usize = windows.counted.iter().map(|ring| ring.0.len()).sum();
        assert!(buckets <= 48, "{buckets}");
    }

    #[test]
    fn a_clock_set_back_leaves_nothing_in_the_future() {
        let mut windows = Windows::default();
        windows.add(DAWN + Duration::from_secs(86_400), &delivered(1));
        assert_eq!(windows.sum(DAWN, CountWindow::Day).delivered_recipients, 0);
        windows.add(DAWN, &delivered(4));
        assert_eq!(windows.sum(DAWN, CountWindow::Minute).delivered_recipients, 4);
        assert_eq!(windows.sum(DAWN + Duration::from_secs(86_400), CountWindow::Day).delivered_recipients, 0);
    }
}
