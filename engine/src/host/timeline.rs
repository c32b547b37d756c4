//! Which cause held a host as a whole, and when: a bounded history that says how long each of its legs waited for what.
//!
//! Promises: a change of cause costs the same however many legs wait; what is read adds up to the time asked for, to the
//! millisecond. Up to the bound it is exact. Beyond it two neighbours become one span that knows how much of each
//! cause it had but not in which order, the shortest old ones first: a stretch that ends within such a span is
//! given its share. While nothing waits nothing is kept.

use crate::jump::Jump;
use crate::queue::Spent;
use common::vocab::{Timestamp, WaitCause};
use std::collections::VecDeque;
use std::time::Duration;

/// What a leg itself says about its wait.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Own {
    /// Nothing: whatever holds the host holds it.
    Due,
    /// A timer of its own runs under this cause, unless the host's epoch has moved on since.
    Timer(WaitCause, u32),
    /// It is on its way.
    Sending,
}

impl Own {
    fn under(self, host: WaitCause, epoch: u32) -> WaitCause {
        match self {
            Own::Sending => WaitCause::Sending,
            Own::Timer(cause, set_at) if set_at >= epoch => host.min(cause),
            Own::Timer(..) | Own::Due => host,
        }
    }
}

#[derive(Clone, Debug)]
struct Span {
    /// Since when; it ends where the next one begins.
    at: Timestamp,
    epoch: u32,
    /// Its only cause, or the latest of several.
    cause: WaitCause,
    /// What it held, if several causes were merged.
    mixed: Option<Box<Spent>>,
}

/// See the head of this file.
#[derive(Clone, Debug, Default)]
pub struct Timeline {
    spans: VecDeque<Span>,
}

impl Timeline {
    /// The cause that holds the host from now on.
    pub fn note(&mut self, now: Timestamp, cause: WaitCause, epoch: u32, most: usize) {
        if let Some(last) = self.spans.back_mut() {
            if (last.cause, last.epoch) == (cause, epoch) {
                return;
            }
            if last.at == now && last.mixed.is_none() {
                (last.cause, last.epoch) = (cause, epoch);
                return;
            }
        }
        self.spans.push_back(Span { at: now, epoch, cause, mixed: None });
        if self.spans.len() > most.max(4) {
            self.merge_shortest();
        }
    }

    /// Nothing waits: nobody will ask.
    pub fn forget(&mut self) {
        self.spans = VecDeque::new();
    }

    /// Adds what a leg waited for from `since` to `now`.
    pub fn spend(&self, since: Timestamp, now: Timestamp, own: Own, into: &mut Spent) {
        if own == Own::Sending || self.spans.is_empty() {
            return into.add(own.under(WaitCause::Slot, 0), now.since(since));
        }
        let first = self.spans.partition_point(|span| span.at <= since).saturating_sub(1);
        for (number, span) in self.spans.iter().enumerate().skip(first) {
            let end = self.spans.get(number + 1).map_or(now, |next| next.at.min(now));
            let begin = if number == first { since } else { span.at };
            let part = end.since(begin);
            match &span.mixed {
                None => into.add(own.under(span.cause, span.epoch), part),
                Some(mixed) => share(mixed, part, span, own, into),
            }
        }
    }

    /// The clock has jumped.
    pub fn jump(&mut self, jump: Jump) {
        self.spans.iter_mut().for_each(|span| jump.shift(&mut span.at));
    }

    /// Two neighbours of the older half become one.
    fn merge_shortest(&mut self) {
        let length = |number: usize| self.spans[number + 2].at.since(self.spans[number].at);
        let Some(number) = (0..self.spans.len() / 2).min_by_key(|number| length(*number)) else { return };
        let end = self.spans[number + 2].at;
        let Some(second) = self.spans.remove(number + 1) else { return };
        let first = &mut self.spans[number];
        let mut mixed = first.mixed.take().unwrap_or_else(|| alone(first.cause, second.at.since(first.at)));
        let of_second = second.mixed.unwrap_or_else(|| alone(second.cause, end.since(second.at)));
        of_second.iter().for_each(|(cause, time)| mixed.add(cause, time));
        first.mixed = Some(mixed);
        (first.cause, first.epoch) = (second.cause, second.epoch);
    }
}

fn alone(cause: WaitCause, time: Duration) -> Box<Spent> {
    let mut spent = Spent::default();
    spent.add(cause, time);
    Box::new(spent)
}

/// A part of a span that had several causes: each has its share, and the last one what division leaves over.
fn share(mixed: &Spent, part: Duration, span: &Span, own: Own, into: &mut Spent) {
    let (whole, part) = (mixed.total().as_millis().max(1), part.as_millis());
    let mut left = part;
    for (cause, time) in mixed.iter() {
        let mine = (time.as_millis() * part / whole).min(left);
        left -= mine;
        into.add(own.under(cause, span.epoch), Duration::from_millis(mine as u64));
    }
    into.add(own.under(span.cause, span.epoch), Duration::from_millis(left as u64));
}

#[cfg(test)]
mod tests {
    use super::*;
    use WaitCause::{HostDown, Retry, Routing, Slot};

    fn spent(timeline: &Timeline, since: u64, now: u64, own: Own) -> Vec<(WaitCause, u64)> {
        let mut spent = Spent::default();
        timeline.spend(Timestamp(since), Timestamp(now), own, &mut spent);
        spent.iter().map(|(cause, time)| (cause, time.as_millis() as u64)).collect()
    }

    fn timeline(changes: &[(u64, WaitCause, u32)], most: usize) -> Timeline {
        let mut timeline = Timeline::default();
        changes.iter().for_each(|(at, cause, epoch)| timeline.note(Timestamp(*at), *cause, *epoch, most));
        timeline
    }

    #[test]
    fn each_stretch_goes_to_the_cause_that_held_it() {
        let timeline = timeline(&[(0, Routing, 0), (10, Slot, 0), (30, HostDown, 0), (30, Slot, 0)], 16);
        assert_eq!(spent(&timeline, 5, 50, Own::Due), [(Routing, 5), (Slot, 40)]);
        assert_eq!(spent(&timeline, 5, 50, Own::Timer(Retry, 0)), [(Routing, 5), (Retry, 40)]);
        assert_eq!(spent(&timeline, 40, 50, Own::Sending), [(WaitCause::Sending, 10)]);
    }

    #[test]
    fn a_timer_counts_until_an_operator_ends_it() {
        let timeline = timeline(&[(0, Slot, 0), (20, Slot, 1)], 16);
        assert_eq!(spent(&timeline, 5, 50, Own::Timer(Retry, 0)), [(Retry, 15), (Slot, 30)]);
        assert_eq!(spent(&timeline, 25, 50, Own::Timer(Retry, 1)), [(Retry, 25)]);
    }

    #[test]
    fn a_long_history_stays_small_and_still_adds_up() {
        let mut timeline = Timeline::default();
        let mut random = crate::random::Random::new(3);
        let mut now = 0;
        for number in 0..1_000 {
            let cause = [Routing, HostDown, Slot][number % 3];
            timeline.note(Timestamp(now), cause, 0, 8);
            now += 1 + random.below(1_000);
        }
        assert!(timeline.spans.len() <= 8);
        for since in [0, 1, now / 3, now / 2, now - 1, now] {
            let total: u64 = spent(&timeline, since, now, Own::Due).iter().map(|(_, time)| time).sum();
            assert_eq!(total, now - since);
        }
    }
}
