//! What a person allows a destination, and how much of it is used: connections, messages and recipients of one
//! transaction, recipients per period.
//!
//! Promises: never more than the allowed number of recipients begins within *any* stretch of one period, not only
//! within those that begin at a full minute; what began counts, whatever became of it. Each key of a `[[destination]]`
//! is looked for by itself: the nearest pattern that sets it holds. Each host that a pattern covers has it for itself.

use crate::jump::Jump;
use crate::pattern::ByDestination;
use common::vocab::{Domain, Timestamp};
use std::collections::VecDeque;
use std::sync::Arc;
use std::time::Duration;

/// A period is remembered in so many slices: exact to a tenth, at a cost of eleven small numbers for each host with a rate.
const SLICES: u32 = 10;

/// Recipients per period.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Rate {
    /// So many recipients, at least one.
    pub recipients: u32,
    /// Within so long.
    pub period: Duration,
}

/// The limits of all destinations.
#[derive(Clone, Debug, Default)]
pub struct DestinationLimits {
    /// Connections of one host: its window's ceiling.
    pub connections: ByDestination<u32>,
    /// Recipients per period.
    pub rate: ByDestination<Rate>,
    /// Messages carried by one session before it is closed.
    pub session_messages: ByDestination<u32>,
    /// Recipients of one transaction.
    pub transaction_recipients: ByDestination<u32>,
}

/// The limits of one host.
#[derive(Clone, Debug, Default)]
pub struct HostLimits {
    /// By which pattern, and how many connections.
    pub connections: Option<(Arc<str>, u32)>,
    /// Recipients per period, and what is used.
    pub pace: Option<Box<Pace>>,
    /// Messages of one session.
    pub session_messages: Option<u32>,
    /// Recipients of one transaction.
    pub transaction_recipients: Option<u32>,
}

impl HostLimits {
    /// What holds for a host, nothing used.
    pub fn of(host: &Domain, limits: &DestinationLimits) -> HostLimits {
        let number = |table: &ByDestination<u32>| table.of(host).map(|(_, number)| *number);
        let pace = |(rule, rate): &(Arc<str>, Rate)| Box::new(Pace::new(rule.clone(), *rate));
        HostLimits {
            connections: limits.connections.of(host).cloned(),
            pace: limits.rate.of(host).map(pace),
            session_messages: number(&limits.session_messages),
            transaction_recipients: number(&limits.transaction_recipients),
        }
    }

    /// Recipients of one leg: no more than one transaction, and no more than one period, may carry.
    pub fn leg_recipients(&self, default: usize) -> usize {
        let transaction = self.transaction_recipients.map_or(default, |most| most as usize);
        let period = self.pace.as_ref().map_or(usize::MAX, |pace| pace.rate.recipients as usize);
        transaction.min(period).max(1)
    }
}

/// A rate and what of it is used.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Pace {
    /// The pattern it was written under.
    pub rule: Arc<str>,
    /// What is allowed.
    pub rate: Rate,
    /// Used up until then; nothing while it is not.
    pub until: Option<Timestamp>,
    /// When a slice began, and recipients that began in it; oldest first.
    used: VecDeque<(Timestamp, u32)>,
}

impl Pace {
    /// Nothing is used.
    pub fn new(rule: Arc<str>, rate: Rate) -> Pace {
        Pace { rule, rate, until: None, used: VecDeque::new() }
    }

    /// Whether so many may begin now. If not, `until` says when it is worth asking again.
    pub fn admits(&mut self, now: Timestamp, recipients: u64) -> bool {
        let (period, slice) = (self.rate.period, self.slice());
        // A slice counts until a whole period after its end.
        while self.used.front().is_some_and(|(at, _)| *at + slice + period <= now) {
            self.used.pop_front();
        }
        let mut left = self.used.iter().map(|(_, count)| u64::from(*count)).sum::<u64>() + recipients;
        let most = u64::from(self.rate.recipients).max(recipients); // a leg from before the limit goes alone
        self.until = None;
        for (at, count) in &self.used {
            if left <= most {
                break;
            }
            left -= u64::from(*count);
            self.until = Some(*at + slice + period);
        }
        self.until.is_none()
    }

    /// So many begin.
    pub fn take(&mut self, now: Timestamp, recipients: u64) {
        let recipients = u32::try_from(recipients).unwrap_or(u32::MAX);
        let slice = self.slice();
        match self.used.back_mut() {
            Some((at, count)) if now < *at + slice => *count = count.saturating_add(recipients),
            _ => self.used.push_back((now, recipients)),
        }
    }

    /// The clock has jumped: what was used counts as long as before.
    pub fn jump(&mut self, jump: Jump) {
        self.used.iter_mut().map(|(at, _)| at).chain(&mut self.until).for_each(|at| jump.shift(at));
    }

    fn slice(&self) -> Duration {
        (self.rate.period / SLICES).max(Duration::from_millis(1))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn pace(recipients: u32, seconds: u64) -> Pace {
        Pace::new("*".into(), Rate { recipients, period: Duration::from_secs(seconds) })
    }

    #[test]
    fn no_stretch_of_one_period_sees_more_than_allowed() {
        let mut pace = pace(10, 60);
        let mut begun: Vec<u64> = Vec::new();
        let mut random = crate::random::Random::new(1);
        let mut now = Timestamp(0);
        for _ in 0..2_000 {
            now = now + Duration::from_millis(random.below(9_000));
            let wish = 1 + random.below(3);
            if pace.admits(now, wish) {
                pace.take(now, wish);
                begun.extend((0..wish).map(|_| now.0));
            }
        }
        assert!(begun.len() > 1_000, "{}", begun.len());
        assert!(begun.windows(11).all(|eleven| eleven[10] - eleven[0] > 60_000));
    }

    #[test]
    fn it_says_when_it_goes_on_and_then_it_does() {
        let mut pace = pace(2, 60);
        assert!(pace.admits(Timestamp(0), 2));
        pace.take(Timestamp(0), 2);
        assert!(!pace.admits(Timestamp(1_000), 1));
        let until = pace.until.expect("an end");
        assert_eq!(until, Timestamp(66_000));
        assert!(!pace.admits(until - Duration::from_millis(1), 1));
        assert!(pace.admits(until, 1));
        assert_eq!(pace.until, None);
    }

    #[test]
    fn what_is_larger_than_a_period_allows_goes_alone() {
        let mut pace = pace(2, 60);
        assert!(pace.admits(Timestamp(0), 5));
        pace.take(Timestamp(0), 5);
        assert!(!pace.admits(Timestamp(1), 1));
    }

    #[test]
    fn a_leg_is_no_larger_than_its_transaction_and_its_period_allow() {
        let mut limits = HostLimits::default();
        assert_eq!(limits.leg_recipients(50), 50);
        limits.transaction_recipients = Some(20);
        assert_eq!(limits.leg_recipients(50), 20);
        limits.pace = Some(Box::new(pace(3, 60)));
        assert_eq!(limits.leg_recipients(50), 3);
    }
}
