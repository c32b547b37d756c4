//! One followed overview: the server as a whole, said again when it has changed, at most once a second.
//!
//! Promises: what is equal is not said twice; a frame replaces the one before, so a client that missed one has lost
//! nothing. No clock and no socket in here: time is handed in, frames are handed out.

use crate::console::index::HostsIndex;
use crate::console::index::order::OrderKey;
use crate::console::state::ConsoleState;
use crate::console::view;
use common::filter::HostFilter;
use common::vocab::{CountWindow, Counters};
use common::wire::{Overview, ServerFrame};
use common::words::Language;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;
use tokio::time::Instant;

/// Time between two looks. Sums of a whole queue that change faster cannot be read.
const LOOK_EVERY: Duration = Duration::from_secs(1);
/// Hosts that are named: what fits on a screen beside the rest. The list has them all.
const ATTENTION_MAX: usize = 7;

/// For so long one look serves everybody who follows.
const SHARED_FOR: Duration = Duration::from_millis(500);

/// The latest look, shared by all who follow.
#[derive(Default)]
pub(in crate::console) struct LatestOverview(Mutex<Option<(Instant, Overview)>>);

impl LatestOverview {
    /// The server as it is now, or was a moment ago.
    pub(in crate::console) fn of(&self, console: &ConsoleState, index: &HostsIndex, now: Instant) -> Overview {
        let mut latest = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        match &*latest {
            Some((at, overview)) if now < *at + SHARED_FOR => overview.clone(),
            _ => latest.insert((now, look(console, index, now))).1.clone(),
        }
    }
}

/// What one client was told.
#[derive(Default)]
pub(in crate::console) struct OverviewFollower {
    seq: u64,
    said: String,
    looked_at: Option<Instant>,
    version: u64,
    /// Something happened within the latest minute: the numbers change by themselves.
    moving: bool,
}

impl OverviewFollower {
    /// When to look again though nothing happens; `None` if there is no reason to.
    pub(in crate::console) fn wake(&self, version: u64) -> Option<Instant> {
        let due = self.looked_at.map(|at| at + LOOK_EVERY);
        due.filter(|_| self.moving || version != self.version)
    }

    /// The next frame, if it is time and something has changed.
    pub(in crate::console) fn step(
        &mut self,
        sid: u32,
        now: Instant,
        version: u64,
        look: impl FnOnce() -> Overview,
    ) -> Option<ServerFrame> {
        if self.looked_at.is_some_and(|at| now < at + LOOK_EVERY) {
            return None;
        }
        let body = Box::new(look());
        (self.looked_at, self.version) = (Some(now), version);
        self.moving = body.minute != Counters::default();
        let text = serde_json::to_string(&body).ok()?;
        if text == self.said {
            return None;
        }
        (self.said, self.seq) = (text, self.seq + 1);
        Some(ServerFrame::Overview { sid, seq: self.seq, body })
    }
}

fn look(console: &ConsoleState, index: &HostsIndex, now: Instant) -> Overview {
    let key = OrderKey { filter: HostFilter::attention(), ..OrderKey::default() };
    let order = index.order(&key, ATTENTION_MAX, now, LOOK_EVERY);
    Overview {
        totals: index.totals.clone(),
        minute: index.counts.windows.sum(console.clock.now(), CountWindow::Minute),
        troubled: order.matching,
        attention: order.window(index, 0, ATTENTION_MAX).map(|(_, row)| row.json().to_owned()).collect(),
        health: Some(*console.health.borrow()),
        alerts: view::alerts(&index.alerts, Language::En),
        damaged: console.spool.damaged().total,
        recovering: console.recovery(Language::En).0,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn with(delivered: u64, minute: u64) -> Overview {
        let mut overview = Overview::default();
        overview.totals.delivered_recipients = delivered;
        overview.minute.delivered_recipients = minute;
        overview
    }

    #[test]
    fn what_is_equal_is_not_said_twice_and_changes_are_said_once_a_second() {
        let (mut follower, start) = (OverviewFollower::default(), Instant::now());
        let at = |ms| start + Duration::from_millis(ms);
        assert!(follower.step(2, at(0), 1, || with(5, 0)).is_some());
        assert_eq!(follower.wake(1), None);
        assert_eq!(follower.wake(2), Some(at(1_000)));
        assert!(follower.step(2, at(900), 2, || panic!("too early to look")).is_none());
        assert!(follower.step(2, at(1_000), 2, || with(5, 0)).is_none());
        let Some(ServerFrame::Overview { sid: 2, seq: 2, .. }) = follower.step(2, at(2_000), 3, || with(6, 1)) else {
            panic!("the second frame")
        };
    }

    #[test]
    fn a_minute_in_which_something_happened_passes_by_itself() {
        let (mut follower, start) = (OverviewFollower::default(), Instant::now());
        follower.step(2, start, 1, || with(5, 5));
        assert_eq!(follower.wake(1), Some(start + LOOK_EVERY));
        assert!(follower.step(2, start + LOOK_EVERY, 1, || with(5, 0)).is_some());
        assert_eq!(follower.wake(1), None);
    }
}
