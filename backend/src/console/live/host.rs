//! One host that a page looks at: all that is known of it, said again when it has changed, at most four times a second.
//!
//! Promises: a frame replaces the one before, so a client that missed one has lost nothing; what is equal is not said
//! twice; one question is on its way at a time; a host without a record is told as such, and followed until it has one.
//! No clock and no socket in here: time is handed in, frames are handed out.

use crate::console::state::ConsoleState;
use crate::console::view;
use common::vocab::Domain;
use common::wire::{HostDetail, ServerFrame};
use common::words::Language;
use std::time::Duration;
use tokio::time::Instant;

/// Time between two looks: what changes faster cannot be read.
const LOOK_EVERY: Duration = Duration::from_millis(250);

/// What one client was told of a host.
pub(super) struct HostFollower {
    host: Domain,
    language: Language,
    seq: u64,
    /// The latest frame; the outer `None` before the first.
    said: Option<Option<HostDetail>>,
    looked_at: Option<Instant>,
    /// The list of hosts as it was at the latest look: whatever changes a host changes it.
    version: u64,
    asking: bool,
}

/// A look that is to be made.
pub(super) struct Question {
    sid: u32,
    host: Domain,
    language: Language,
}

/// What a look found.
pub(super) struct Look {
    pub(super) sid: u32,
    host: Domain,
    language: Language,
    /// The inner `None`: no record. The outer: the engine is gone, and nobody knows.
    found: Option<Option<HostDetail>>,
}

impl Question {
    /// Asks the engine.
    pub(super) async fn ask(self, console: std::sync::Arc<ConsoleState>) -> Look {
        let Question { sid, host, language } = self;
        let found = console.desk.host(host.clone()).await.ok();
        let now = console.clock.now();
        let found = found.map(|view| view.map(|view| view::host_detail(&view, None, now, language)));
        Look { sid, host, language, found }
    }
}

impl HostFollower {
    /// A host of which nothing was said yet.
    pub(super) fn new(host: Domain, language: Language) -> HostFollower {
        HostFollower { host, language, seq: 0, said: None, looked_at: None, version: 0, asking: false }
    }

    /// When to look again though nothing happens; `None` if there is no reason to.
    pub(super) fn wake(&self, version: u64) -> Option<Instant> {
        let due = self.looked_at.map(|at| at + LOOK_EVERY);
        due.filter(|_| version != self.version && !self.asking)
    }

    /// The next question, if it is time and something has changed.
    pub(super) fn step(&mut self, sid: u32, now: Instant, version: u64) -> Option<Question> {
        let early = self.looked_at.is_some_and(|at| now < at + LOOK_EVERY || version == self.version);
        if early || self.asking {
            return None;
        }
        (self.looked_at, self.version, self.asking) = (Some(now), version, true);
        Some(Question { sid, host: self.host.clone(), language: self.language })
    }

    /// The frame that tells what was found, if it is news. An answer to a question of before the page turned is none.
    pub(super) fn found(&mut self, look: Look) -> Option<ServerFrame> {
        if (&look.host, look.language) != (&self.host, self.language) {
            return None;
        }
        self.asking = false;
        let found = look.found?;
        let same = |a: &HostDetail, b: &HostDetail| *a == HostDetail { as_of: a.as_of, ..b.clone() };
        let known = match (&self.said, &found) {
            (Some(Some(said)), Some(found)) => same(said, found),
            (Some(None), None) => true,
            _ => false,
        };
        if known {
            return None;
        }
        self.seq += 1;
        self.said = Some(found.clone());
        Some(ServerFrame::Host { sid: look.sid, seq: self.seq, body: found.map(Box::new) })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn follower() -> (HostFollower, Instant) {
        (HostFollower::new("a.test".parse().unwrap(), Language::En), Instant::now())
    }

    fn look(host: &str, found: Option<Option<HostDetail>>) -> Look {
        Look { sid: 3, host: host.parse().unwrap(), language: Language::En, found }
    }

    #[test]
    fn one_question_is_on_its_way_and_the_next_waits_for_a_change_and_its_time() {
        let (mut follower, start) = follower();
        assert!(follower.step(3, start, 1).is_some());
        assert!(follower.step(3, start + LOOK_EVERY, 2).is_none(), "no answer yet");
        assert_eq!(follower.wake(2), None);
        follower.found(look("a.test", Some(None)));
        assert_eq!(follower.wake(1), None, "nothing has changed");
        assert_eq!(follower.wake(2), Some(start + LOOK_EVERY));
        assert!(follower.step(3, start + LOOK_EVERY / 2, 2).is_none(), "too early");
        assert!(follower.step(3, start + LOOK_EVERY, 2).is_some());
    }

    #[test]
    fn a_host_without_a_record_is_told_once_and_an_answer_about_another_host_is_not_told() {
        let (mut follower, _) = follower();
        assert!(follower.found(look("b.test", Some(None))).is_none());
        assert!(follower.found(look("a.test", None)).is_none(), "nobody knows");
        let told = follower.found(look("a.test", Some(None)));
        assert!(matches!(told, Some(ServerFrame::Host { sid: 3, seq: 1, body: None })));
        assert!(follower.found(look("a.test", Some(None))).is_none());
    }
}
