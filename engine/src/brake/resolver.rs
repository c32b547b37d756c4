//! What the resolver said of different domains lately, and whether it is to be believed.

use crate::brake::BrakeSettings;
use crate::jump::Jump;
use common::vocab::{Domain, Timestamp};
use std::collections::VecDeque;

/// Domains that are remembered: the latest of them are sample enough, and a look costs a walk over all.
const SAMPLE_MAX: usize = 256;

/// See the head of this file.
#[derive(Clone, Debug, Default)]
pub struct ResolverWatch {
    /// Latest answer of each domain, oldest first.
    said: VecDeque<(Timestamp, Domain, bool)>,
    until: Option<Timestamp>,
}

/// What one more answer made of it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Suspicion {
    /// Different domains in the stretch.
    pub domains: u32,
    /// Of these, said not to exist.
    pub gone: u32,
    /// It was not suspected before.
    pub is_new: bool,
}

impl ResolverWatch {
    /// One more answer. `Some` while what it says of domains that do not exist is not believed.
    pub fn heard(
        &mut self,
        now: Timestamp,
        domain: &Domain,
        gone: bool,
        settings: &BrakeSettings,
    ) -> Option<Suspicion> {
        self.said.retain(|(at, other, _)| now.since(*at) < settings.resolver_window && other != domain);
        if self.said.len() >= SAMPLE_MAX {
            self.said.pop_front();
        }
        self.said.push_back((now, domain.clone(), gone));
        let domains = self.said.len() as u32;
        let gone = self.said.iter().filter(|(.., gone)| *gone).count() as u32;
        let was = self.until.is_some_and(|until| until > now);
        if domains >= settings.resolver_domains {
            let suspect = u64::from(gone) * 100 >= u64::from(domains) * u64::from(settings.resolver_percent);
            self.until = suspect.then(|| now + settings.resolver_pause);
        }
        let is = self.until.is_some_and(|until| until > now);
        is.then_some(Suspicion { domains, gone, is_new: !was })
    }

    /// The clock has jumped.
    pub fn jump(&mut self, jump: Jump) {
        self.said.iter_mut().map(|(at, ..)| at).chain(&mut self.until).for_each(|at| jump.shift(at));
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::time::Duration;

    fn hear(watch: &mut ResolverWatch, at: u64, number: u64, gone: bool) -> Option<Suspicion> {
        let domain = format!("d{number}.test").parse().unwrap();
        watch.heard(Timestamp(at), &domain, gone, &BrakeSettings::default())
    }

    #[test]
    fn half_of_ten_different_domains_in_a_minute_make_it_suspect_and_nine_do_not() {
        let mut watch = ResolverWatch::default();
        for number in 0..9 {
            assert_eq!(hear(&mut watch, number, number, true), None);
        }
        assert_eq!(hear(&mut watch, 9, 8, true), None, "the same domain again is not another one");
        let found = hear(&mut watch, 10, 9, true).expect("suspected");
        assert_eq!(found, Suspicion { domains: 10, gone: 10, is_new: true });
        assert!(!hear(&mut watch, 11, 10, true).expect("still").is_new);
    }

    #[test]
    fn slow_or_mostly_good_answers_are_believed() {
        let mut watch = ResolverWatch::default();
        for number in 0..50 {
            assert_eq!(hear(&mut watch, number * 10_000, number, true), None, "six in a minute");
        }
        let mut watch = ResolverWatch::default();
        for number in 0..300 {
            assert_eq!(hear(&mut watch, number, number, number % 3 == 1), None);
        }
    }

    #[test]
    fn it_is_believed_again_after_a_good_stretch_or_an_hour() {
        let mut watch = ResolverWatch::default();
        (0..10).for_each(|number| _ = hear(&mut watch, 0, number, true));
        let good = |watch: &mut ResolverWatch, at, first: u64| {
            (first..first + 15).map(|number| hear(watch, at, number, false)).last().flatten()
        };
        assert_eq!(good(&mut watch, 1_000, 100), None, "15 of 25 are there");
        (0..10).for_each(|number| _ = hear(&mut watch, 100_000, number, true));
        assert!(hear(&mut watch, 200_000, 1, true).is_some());
        let hour = Duration::from_secs(3_600).as_millis() as u64;
        assert_eq!(hear(&mut watch, 100_000 + hour, 1, true), None);
    }
}
