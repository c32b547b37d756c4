//! When something is tried again: arithmetic only.

use crate::random::Random;
use crate::settings::Settings;
use common::vocab::{Timestamp, WaitCause};
use std::time::Duration;

/// When a leg is due after its `attempts`-th failed attempt (from 1), with jitter.
pub fn retry_at(now: Timestamp, attempts: u32, settings: &Settings, random: &mut Random) -> Timestamp {
    let step = (attempts.max(1) as usize - 1).min(settings.retry_steps.len().saturating_sub(1));
    let wait = settings.retry_steps.get(step).copied().unwrap_or(Duration::from_secs(300));
    now + jittered(wait, settings, random)
}

/// The same where they asked to be left alone for a while: not before that, and a little later, so that a backlog does
/// not return as one wave. A wish that is over before our own step is none.
pub fn retry_at_asked(
    now: Timestamp,
    attempts: u32,
    asked: Option<Duration>,
    settings: &Settings,
    random: &mut Random,
) -> Timestamp {
    let own = retry_at(now, attempts, settings, random);
    let Some(asked) = asked.filter(|asked| now + *asked > own) else { return own };
    let spread = asked.as_millis() as u64 / 100 * settings.jitter_percent;
    now + asked + Duration::from_millis(random.below(spread + 1))
}

/// Whether a timer that was set then and ends then is what they asked for.
pub fn is_asked(set_at: Timestamp, until: Timestamp, asked: Duration, settings: &Settings) -> bool {
    let latest = set_at + asked + asked / 100 * settings.jitter_percent as u32;
    (set_at + asked..=latest).contains(&until)
}

/// The latest moment at which a leg that is deferred now can be due.
pub fn retry_at_latest(now: Timestamp, settings: &Settings) -> Timestamp {
    let longest = settings.retry_steps.iter().copied().max().unwrap_or(Duration::from_secs(300));
    now + longest + longest / 100 * settings.jitter_percent as u32
}

/// When a host rests until after its `failures`-th failure in a row (from 1), by what it waits for: doubling, up to an
/// end. A mail server comes back within minutes; a certificate is renewed by a person.
pub fn host_rest(
    now: Timestamp,
    cause: WaitCause,
    failures: u32,
    settings: &Settings,
    random: &mut Random,
) -> Timestamp {
    let (first, longest) = match cause {
        WaitCause::Dns => (settings.dns_first, settings.host_max),
        WaitCause::TlsPolicy => (settings.tls_first, settings.tls_max),
        _ => (settings.host_first, settings.host_max),
    };
    now + jittered(doubled(first, longest, failures), settings, random)
}

/// When a host goes on after the `times`-th pause in a row (from 1) that their replies asked for.
pub fn backoff_until(now: Timestamp, times: u32, settings: &Settings, random: &mut Random) -> Timestamp {
    now + jittered(doubled(settings.backoff_first, settings.backoff_max, times), settings, random)
}

fn doubled(first: Duration, longest: Duration, times: u32) -> Duration {
    first.saturating_mul(1 << times.saturating_sub(1).min(16)).min(longest.max(first))
}

/// When a message that was accepted at `received_at` is given up.
pub fn expires_at(received_at: Timestamp, has_sender: bool, settings: &Settings) -> Timestamp {
    received_at + if has_sender { settings.lifetime } else { settings.lifetime_null_sender }
}

fn jittered(wait: Duration, settings: &Settings, random: &mut Random) -> Duration {
    let millis = u64::try_from(wait.as_millis()).unwrap_or(u64::MAX);
    let spread = millis / 100 * settings.jitter_percent;
    Duration::from_millis((millis - spread).saturating_add(random.below(2 * spread + 1)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_leg_waits_5_10_20_40_minutes_1_2_then_always_4_hours() {
        let settings = Settings { jitter_percent: 0, ..Settings::default() };
        let minutes = |attempts| retry_at(Timestamp(0), attempts, &settings, &mut Random::new(1)).0 / 60_000;
        assert_eq!([1, 2, 3, 4, 5, 6, 7, 8, 100].map(minutes), [5, 10, 20, 40, 60, 120, 240, 240, 240]);
    }

    #[test]
    fn a_host_rests_by_what_it_waits_for_and_longer_each_time() {
        let settings = Settings { jitter_percent: 0, ..Settings::default() };
        let rest =
            |cause, failures| host_rest(Timestamp(0), cause, failures, &settings, &mut Random::new(1)).0 / 60_000;
        let down = |failures| rest(WaitCause::HostDown, failures);
        assert_eq!([1, 2, 3, 4, 5, 6, 1000].map(down), [1, 2, 4, 8, 15, 15, 15]);
        let dns = |failures| rest(WaitCause::Dns, failures);
        assert_eq!([1, 2, 3, 1000].map(dns), [5, 10, 15, 15]);
        let tls = |failures| rest(WaitCause::TlsPolicy, failures);
        assert_eq!([1, 2, 3, 4, 1000].map(tls), [15, 30, 60, 60, 60]);
    }

    #[test]
    fn a_wish_of_theirs_counts_where_it_is_longer_than_our_own_step() {
        let settings = Settings::default();
        let mut random = Random::new(7);
        let minutes = |count: u64| Duration::from_secs(60 * count);
        for _ in 0..100 {
            let mut at = |attempts, asked| retry_at_asked(Timestamp(0), attempts, asked, &settings, &mut random);
            let asked = at(1, Some(minutes(30)));
            assert!((30 * 60_000..=33 * 60_000).contains(&asked.0), "{asked}");
            assert!(is_asked(Timestamp(0), asked, minutes(30), &settings));
            for own in [at(1, None), at(1, Some(minutes(1)))] {
                assert!((270_000..=330_000).contains(&own.0), "{own}");
                assert!(!is_asked(Timestamp(0), own, minutes(1), &settings));
            }
            assert!(at(7, Some(minutes(30))).0 >= 216 * 60_000, "the step of four hours is longer");
        }
    }

    #[test]
    fn jitter_stays_within_ten_percent_and_uses_both_sides() {
        let settings = Settings::default();
        let mut random = Random::new(7);
        let waits: Vec<u64> = (0..1000).map(|_| retry_at(Timestamp(0), 1, &settings, &mut random).0).collect();
        assert!(waits.iter().all(|wait| (270_000..=330_000).contains(wait)));
        assert!(waits.iter().any(|wait| *wait < 280_000) && waits.iter().any(|wait| *wait > 320_000));
    }
}
