//! What each recipient waited for: kept apart from the engine, compared with what it shows around every event.
//!
//! One message at a time is watched, each for some events, since looking at all of them at every event costs too much.
//! Holds: what is shown sums to the time since this engine got to know the recipient; while nothing happens all of it
//! goes to the cause that was shown; no event changes what has been shown of the past.

use common::vocab::{MessageId, RecipientId, Timestamp, WaitCause};
use engine::Engine;
use engine::jump::Jump;
use std::collections::BTreeMap;
use std::time::Duration;

/// Events for which one message is watched.
const TURN: u32 = 24;

type Waited = BTreeMap<WaitCause, Duration>;

/// See the head of this file.
#[derive(Debug, Default)]
pub struct Waits {
    /// When the engine got to know a message.
    known_at: BTreeMap<MessageId, Timestamp>,
    /// The one that is watched.
    watched: Option<MessageId>,
    /// For so many events more.
    turn: u32,
    seen: BTreeMap<RecipientId, (WaitCause, Waited)>,
    /// When it was looked at last.
    at: Timestamp,
    /// The engine's history is too short to be exact: only the sums must hold.
    only_sums: bool,
}

impl Waits {
    /// Nothing is known.
    pub fn new(only_sums: bool) -> Waits {
        Waits { only_sums, ..Waits::default() }
    }

    /// The engine is told of a message now.
    pub fn know(&mut self, mid: MessageId, now: Timestamp) {
        self.known_at.insert(mid, now);
    }

    /// The engine is gone with all it knew.
    pub fn crash(&mut self) {
        self.known_at.clear();
        self.watched = None;
        self.seen.clear();
    }

    /// The clock jumped, and no real time passed.
    pub fn jump(&mut self, jump: Jump) {
        self.known_at.values_mut().chain([&mut self.at]).for_each(|at| jump.shift(at));
    }

    /// Just before an event: the time since the last one went to the cause that was shown.
    pub fn before(&mut self, engine: &Engine, now: Timestamp) {
        let passed = now.since(self.at);
        for (cause, waited) in self.seen.values_mut() {
            if !passed.is_zero() {
                *waited.entry(*cause).or_default() += passed;
            }
        }
        self.at = now;
        self.compare(engine, "before");
    }

    /// Just after it: the past is as it was, and everything sums up.
    pub fn after(&mut self, engine: &Engine) {
        self.compare(engine, "after");
        self.turn = self.turn.saturating_sub(1);
        let gone = self.watched.is_none_or(|mid| engine.message(self.at, mid).is_none());
        if gone {
            self.watched.and_then(|mid| self.known_at.remove(&mid));
        }
        if gone || self.turn == 0 {
            let next = self.watched.and_then(|mid| self.known_at.range(MessageId(mid.0 + 1)..).next());
            self.watched = next.or(self.known_at.first_key_value()).map(|(mid, _)| *mid);
            self.turn = TURN;
        }
        self.seen = self.look(engine);
    }

    fn look(&self, engine: &Engine) -> BTreeMap<RecipientId, (WaitCause, Waited)> {
        let view = self.watched.and_then(|mid| engine.message(self.at, mid));
        let recipients = view.into_iter().flat_map(|view| view.recipients);
        recipients.map(|one| (one.rid, (one.cause, one.waited.into_iter().collect()))).collect()
    }

    fn compare(&self, engine: &Engine, when: &str) {
        let Some(mid) = self.watched else { return };
        let age = self.at.since(self.known_at[&mid]);
        for (rid, (_, waited)) in self.look(engine) {
            let sum: Duration = waited.values().sum();
            assert_eq!(sum, age, "{mid}:{rid} waits for {age:?}, by cause {waited:?}, {when} an event");
            if let Some((_, seen)) = self.seen.get(&rid).filter(|_| !self.only_sums) {
                assert_eq!(&waited, seen, "{mid}:{rid}: the past has changed {when} an event");
            }
        }
    }
}
