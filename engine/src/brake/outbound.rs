//! Whether anybody at all answers outside: where nobody does, the way out is blocked on our side.
//!
//! Promises: one sign of life, of whatever kind, and the silent ones are only silent again. Bounded memory.

use super::family;
use crate::jump::Jump;
use common::vocab::Timestamp;
use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

/// Unrelated mail servers that must be silent: fewer may well be down at once, five without one answer are our firewall.
const SILENT_MIN: usize = 5;
/// Silence is counted over so long: the time in which a few destinations are tried again.
const WINDOW: Duration = Duration::from_secs(900);
/// Those that are remembered: far more than are needed.
const REMEMBERED_MAX: usize = 64;

/// See the head of this file.
#[derive(Clone, Debug, Default)]
pub struct OutboundWatch {
    /// When a connection to whose mail servers last found no answer; none since the last answer of anybody.
    silent: BTreeMap<Arc<str>, Timestamp>,
}

impl OutboundWatch {
    /// A connection to this exchanger found no answer. Whether nobody answers.
    pub fn silent(&mut self, now: Timestamp, exchanger: &str) -> bool {
        self.silent.retain(|_, at| now.since(*at) < WINDOW);
        if self.silent.len() < REMEMBERED_MAX {
            self.silent.insert(family(exchanger), now);
        }
        self.silent.len() >= SILENT_MIN
    }

    /// Somebody answered, if only to refuse.
    pub fn answered(&mut self) {
        self.silent.clear();
    }

    /// The clock has jumped.
    pub fn jump(&mut self, jump: Jump) {
        self.silent.values_mut().for_each(|at| jump.shift(at));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn silent(watch: &mut OutboundWatch, at: u64, number: u64) -> bool {
        watch.silent(Timestamp(at), &format!("mx.d{number}.test"))
    }

    #[test]
    fn five_unrelated_servers_without_an_answer_of_anybody_are_our_own_wall() {
        let mut watch = OutboundWatch::default();
        assert!((0..4).all(|number| !silent(&mut watch, number, number)));
        assert!(!silent(&mut watch, 5, 3), "the same one again is not another one");
        assert!(silent(&mut watch, 6, 4));
        watch.answered();
        assert!(!silent(&mut watch, 7, 5));
    }

    #[test]
    fn silence_of_long_ago_does_not_count() {
        let mut watch = OutboundWatch::default();
        assert!((0..20).all(|number| !silent(&mut watch, number * 300_000, number)));
    }
}
