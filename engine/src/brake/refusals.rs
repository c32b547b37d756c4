//! Final refusals for who we are: how many lately, and at how many unrelated hosts.

use crate::brake::BrakeSettings;
use crate::jump::Jump;
use common::vocab::{Guard, Timestamp};
use std::collections::{BTreeSet, VecDeque};
use std::sync::Arc;

/// Refusals that are remembered: far more than any sensible threshold, and little memory.
const REMEMBERED_MAX: usize = 4_096;

/// See the head of this file.
#[derive(Clone, Debug, Default)]
pub struct Refusals {
    /// When, at whose mail servers, how many recipients; oldest first.
    said: VecDeque<(Timestamp, Arc<str>, u32)>,
    pulled: bool,
    /// What it rested on when it last held.
    latest: Option<Pulled>,
}

/// The brake holds: what it rests on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Pulled {
    /// Recipients refused in the stretch.
    pub recipients: u64,
    /// Unrelated hosts that refused them.
    pub hosts: u64,
    /// It did not hold before.
    pub is_new: bool,
}

impl Refusals {
    /// So many recipients more would bounce. `Some` if these must wait.
    pub fn heard(&mut self, now: Timestamp, by: &str, count: u32, settings: &BrakeSettings) -> Option<Pulled> {
        while self.said.front().is_some_and(|(at, ..)| now.since(*at) >= settings.bounce_window)
            || self.said.len() >= REMEMBERED_MAX
        {
            self.said.pop_front();
        }
        self.said.push_back((now, family(by), count));
        let recipients: u64 = self.said.iter().map(|(.., count)| u64::from(*count)).sum();
        let hosts = self.said.iter().map(|(_, family, _)| family).collect::<BTreeSet<_>>().len() as u64;
        let holds = recipients >= u64::from(settings.bounce_recipients) && hosts >= u64::from(settings.bounce_hosts);
        let was = std::mem::replace(&mut self.pulled, holds);
        let is_new = holds && !was;
        let found = holds.then_some(Pulled { recipients, hosts, is_new });
        self.latest = found.or(self.latest);
        found
    }

    /// The guard that holds back what waits for the brake.
    pub fn guard(&self) -> Guard {
        let (refused, hosts) = self.latest.map_or((0, 0), |latest| (latest.recipients, latest.hosts));
        Guard::Brake { refused, hosts }
    }

    /// The clock has jumped.
    pub fn jump(&mut self, jump: Jump) {
        self.said.iter_mut().for_each(|(at, ..)| jump.shift(at));
    }
}

/// Whose mail server it is: its name without the first label, so that `mx1` and `mx2` of one provider are one. An
/// address, or a name that would lose its domain, stands for itself.
pub fn family(exchanger: &str) -> Arc<str> {
    let name = exchanger.to_ascii_lowercase();
    let is_address = name.parse::<std::net::SocketAddr>().is_ok() || name.parse::<std::net::IpAddr>().is_ok();
    match name.split_once('.') {
        Some((_, rest)) if !is_address && rest.contains('.') => rest.into(),
        _ => name.into(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn hear(refusals: &mut Refusals, at: u64, by: &str, count: u32) -> Option<Pulled> {
        refusals.heard(Timestamp(at), by, count, &BrakeSettings::default())
    }

    #[test]
    fn twenty_recipients_at_three_hosts_pull_it_and_fewer_do_not() {
        let mut refusals = Refusals::default();
        assert_eq!(hear(&mut refusals, 0, "mx.a.test", 10), None);
        assert_eq!(hear(&mut refusals, 1, "mx.b.test", 50), None, "two hosts");
        let found = hear(&mut refusals, 2, "mx.c.test", 1);
        assert_eq!(found, Some(Pulled { recipients: 61, hosts: 3, is_new: true }));
        assert_eq!(hear(&mut refusals, 3, "mx.c.test", 1).map(|found| found.is_new), Some(false));
        let mut few = Refusals::default();
        for number in 0..19 {
            assert_eq!(hear(&mut few, number, &format!("mx.d{number}.test"), 1), None);
        }
        assert!(hear(&mut few, 20, "mx.e.test", 1).is_some());
    }

    #[test]
    fn after_five_quiet_minutes_it_is_off() {
        let mut refusals = Refusals::default();
        for host in ["a", "b", "c"] {
            hear(&mut refusals, 0, &format!("mx.{host}.test"), 10);
        }
        assert_eq!(hear(&mut refusals, 300_000, "mx.a.test", 1), None);
        for host in ["b", "c"] {
            hear(&mut refusals, 300_001, &format!("mx.{host}.test"), 10);
        }
        assert!(hear(&mut refusals, 300_002, "mx.c.test", 1).is_some());
    }

    #[test]
    fn mail_servers_of_one_provider_are_one_host() {
        assert_eq!(family("MX1.example.co.uk"), family("mx2.example.co.uk"));
        assert_eq!(family("a.mail.protection.outlook.com"), family("b.mail.protection.outlook.com"));
        assert_ne!(family("example.com"), family("example.org"));
        assert_ne!(family("192.0.2.1:25"), family("198.2.2.1:25"));
    }
}
