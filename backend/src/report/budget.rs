//! How many reports a sender domain gets within an hour.
//!
//! Promises: what fails beyond the hour's number waits and is told together, by address, when the hour is over; nothing
//! that waits is settled, so nothing of it is lost when the process ends. A delay or a relay beyond the number is not
//! told: the message itself says how it ends.
//! Never: reads a clock.

use crate::report::letter::Letter;
use crate::report::settings::ReportLimits;
use common::vocab::{Address, Domain};
use engine::report::{Report, ReportKind};
use std::collections::{BTreeMap, HashMap};
use std::time::Duration;
use tokio::time::Instant;

/// What the numbers are per.
const HOUR: Duration = Duration::from_secs(3600);

/// What becomes of a report.
#[derive(Debug)]
pub enum Grant {
    /// It is written now.
    Now(Letter),
    /// It waits to be told together with others.
    Waits,
    /// It is not written.
    Never(Report),
}

/// The hours of all sender domains.
#[derive(Debug)]
pub struct Budget {
    limits: ReportLimits,
    /// `None`: the domains beyond [`ReportLimits::domains_max`].
    hours: HashMap<Option<Domain>, Hour>,
}

#[derive(Debug)]
struct Hour {
    ends: Instant,
    written: usize,
    /// Of these, how many were about delays and relays.
    notes: usize,
    waiting: BTreeMap<Address, Vec<Report>>,
    waiting_recipients: usize,
}

impl Hour {
    fn from(now: Instant) -> Hour {
        Hour { ends: now + HOUR, written: 0, notes: 0, waiting: BTreeMap::new(), waiting_recipients: 0 }
    }
}

impl Budget {
    /// Nothing was written yet.
    pub fn new(limits: ReportLimits) -> Budget {
        Budget { limits, hours: HashMap::new() }
    }

    /// May this report go to this address now?
    pub fn ask(&mut self, to: Address, report: Report, now: Instant) -> Grant {
        let limits = &self.limits;
        let own = Some(to.domain().clone());
        let key = if self.hours.len() < limits.domains_max || self.hours.contains_key(&own) { own } else { None };
        let hour = self.hours.entry(key).or_insert_with(|| Hour::from(now));
        if hour.ends <= now && hour.waiting.is_empty() {
            *hour = Hour::from(now);
        }
        let is_note = report.kind != ReportKind::Failed;
        if hour.written < limits.hourly_max && hour.ends > now && !(is_note && hour.notes >= limits.hourly_notes_max) {
            hour.written += 1;
            hour.notes += usize::from(is_note);
            return Grant::Now(Letter { to, reports: vec![report] });
        }
        if is_note || hour.waiting_recipients + report.recipients.len() > limits.waiting_recipients_max {
            return Grant::Never(report);
        }
        hour.waiting_recipients += report.recipients.len();
        hour.waiting.entry(to).or_default().push(report);
        Grant::Waits
    }

    /// The letters of the hours that are over; forgets the hours that nobody needs.
    pub fn due(&mut self, now: Instant) -> Vec<Letter> {
        self.hours.retain(|_, hour| hour.ends > now || !hour.waiting.is_empty());
        let limits = &self.limits;
        let over = self.hours.values_mut().filter(|hour| hour.ends <= now);
        over.flat_map(|hour| turn(hour, limits, now)).collect()
    }

    /// At the stop: what waits is told early, as far as one more hour's number goes. The rest stays in the spool.
    pub fn close(&mut self, now: Instant) -> Vec<Letter> {
        let limits = &self.limits;
        self.hours.values_mut().flat_map(|hour| turn(hour, limits, now)).collect()
    }
}

/// Begins another hour with the letters about what waits, as many as it may have.
fn turn(hour: &mut Hour, limits: &ReportLimits, now: Instant) -> Vec<Letter> {
    let mut letters = Vec::new();
    let mut next = Hour::from(now);
    for (to, reports) in std::mem::take(&mut hour.waiting) {
        let mut reports = reports.into_iter().peekable();
        while letters.len() < limits.hourly_max && reports.peek().is_some() {
            let told = reports.by_ref().take(limits.letter_messages_max).collect();
            letters.push(Letter { to: to.clone(), reports: told });
        }
        let left: Vec<Report> = reports.collect();
        if !left.is_empty() {
            next.waiting_recipients += left.iter().map(|report| report.recipients.len()).sum::<usize>();
            next.waiting.insert(to, left);
        }
    }
    next.written = letters.len();
    *hour = next;
    letters
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::report::tests::{address, report};

    fn limits() -> ReportLimits {
        ReportLimits { hourly_max: 4, hourly_notes_max: 2, letter_messages_max: 3, ..ReportLimits::default() }
    }

    fn asked(budget: &mut Budget, mid: u64, kind: ReportKind, from: &str, now: Instant) -> &'static str {
        match budget.ask(address(from), report(mid, kind, from, 1), now) {
            Grant::Now(_) => "now",
            Grant::Waits => "waits",
            Grant::Never(_) => "never",
        }
    }

    #[test]
    fn failures_beyond_the_hours_number_wait_and_are_told_together() {
        let (mut budget, now) = (Budget::new(limits()), Instant::now());
        let failed: Vec<_> = (0..9).map(|mid| asked(&mut budget, mid, ReportKind::Failed, "a@x.test", now)).collect();
        assert_eq!(failed, ["now", "now", "now", "now", "waits", "waits", "waits", "waits", "waits"]);
        assert_eq!(
            asked(&mut budget, 9, ReportKind::Failed, "a@y.test", now),
            "now",
            "other domains are not held back"
        );
        assert!(budget.due(now + HOUR / 2).is_empty());
        let letters = budget.due(now + HOUR);
        let told: Vec<Vec<u64>> =
            letters.iter().map(|letter| letter.reports.iter().map(|one| one.envelope.mid.0).collect()).collect();
        assert_eq!(told, [vec![4, 5, 6], vec![7, 8]]);
        assert!(letters.iter().all(|letter| letter.to == address("a@x.test")));
        let more: Vec<_> =
            (10..13).map(|mid| asked(&mut budget, mid, ReportKind::Failed, "a@x.test", now + HOUR)).collect();
        assert_eq!(more, ["now", "now", "waits"], "the letters count for the hour in which they are written");
    }

    #[test]
    fn delays_leave_room_for_failures_and_are_not_told_later() {
        let (mut budget, now) = (Budget::new(limits()), Instant::now());
        let late: Vec<_> = (0..3).map(|mid| asked(&mut budget, mid, ReportKind::Delayed, "a@x.test", now)).collect();
        assert_eq!(late, ["now", "now", "never"]);
        assert_eq!(asked(&mut budget, 4, ReportKind::Failed, "a@x.test", now), "now");
    }

    #[test]
    fn a_stop_tells_what_waits_up_to_one_more_hours_number() {
        let (mut budget, now) = (Budget::new(limits()), Instant::now());
        for mid in 0..24 {
            asked(&mut budget, mid, ReportKind::Failed, &format!("a{}@x.test", mid % 8), now);
        }
        assert_eq!(budget.close(now).len(), 4);
    }

    #[test]
    fn neither_domains_nor_waiting_recipients_grow_without_end() {
        let limits = ReportLimits { domains_max: 2, waiting_recipients_max: 3, hourly_max: 1, ..limits() };
        let (mut budget, now) = (Budget::new(limits), Instant::now());
        for domain in 0..10 {
            asked(&mut budget, domain, ReportKind::Failed, &format!("a@d{domain}.test"), now);
        }
        assert_eq!(budget.hours.len(), 3, "two of their own and one for all others");
        let beyond: Vec<_> = (0..5).map(|mid| asked(&mut budget, mid, ReportKind::Failed, "a@d0.test", now)).collect();
        assert_eq!(beyond, ["waits", "waits", "waits", "never", "never"]);
        let told = (1..6).flat_map(|hours| budget.due(now + HOUR * hours)).flat_map(|letter| letter.reports).count();
        assert_eq!((told, budget.hours.len()), (6, 0), "all that waits is told, and then nothing is remembered");
    }
}
