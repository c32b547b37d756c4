//! What has happened to recipients, per host and in total: the ancestor's counters.

use serde::{Deserialize, Serialize};

/// Why a recipient left the queue without being delivered.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum HardBounce {
    /// A permanent DNS answer: NXDOMAIN, null MX.
    Dns,
    /// The destination answered 5xx.
    FiveXx,
    /// A rule bounced it before delivery.
    Filter,
    /// Its lifetime ran out.
    Expired,
    /// Anything else, an operator's bounce among it.
    Other,
}

/// Counters of recipients, except `soft_bounced_events`, which counts events.
/// Since `counters_since`; they only grow.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(default)]
pub struct Counters {
    /// Temporary failures of a recipient; one recipient may add many.
    pub soft_bounced_events: u64,
    /// Recipients that left the queue: hard bounced + delivered + deleted.
    pub completed_recipients: u64,
    /// Sum of the five below.
    pub hard_bounced_recipients: u64,
    /// See [`HardBounce::Dns`].
    pub dns_hard_bounces: u64,
    /// See [`HardBounce::FiveXx`].
    #[serde(rename = "5xx_hard_bounces")]
    pub five_xx_hard_bounces: u64,
    /// See [`HardBounce::Filter`].
    pub filter_hard_bounces: u64,
    /// See [`HardBounce::Expired`].
    pub expired_hard_bounces: u64,
    /// See [`HardBounce::Other`].
    pub other_hard_bounces: u64,
    /// Accepted by the next hop.
    pub delivered_recipients: u64,
    /// Removed by an operator.
    pub deleted_recipients: u64,
}

impl Counters {
    /// One recipient was delivered.
    pub fn delivered(&mut self) {
        self.delivered_recipients += 1;
        self.completed_recipients += 1;
    }

    /// One recipient was removed by an operator.
    pub fn deleted(&mut self) {
        self.deleted_recipients += 1;
        self.completed_recipients += 1;
    }

    /// One recipient failed for good.
    pub fn hard_bounced(&mut self, why: HardBounce) {
        self.completed_recipients += 1;
        self.hard_bounced_recipients += 1;
        *match why {
            HardBounce::Dns => &mut self.dns_hard_bounces,
            HardBounce::FiveXx => &mut self.five_xx_hard_bounces,
            HardBounce::Filter => &mut self.filter_hard_bounces,
            HardBounce::Expired => &mut self.expired_hard_bounces,
            HardBounce::Other => &mut self.other_hard_bounces,
        } += 1;
    }

    /// Adds what another host has counted.
    pub fn add(&mut self, other: &Counters) {
        self.soft_bounced_events += other.soft_bounced_events;
        self.completed_recipients += other.completed_recipients;
        self.hard_bounced_recipients += other.hard_bounced_recipients;
        self.dns_hard_bounces += other.dns_hard_bounces;
        self.five_xx_hard_bounces += other.five_xx_hard_bounces;
        self.filter_hard_bounces += other.filter_hard_bounces;
        self.expired_hard_bounces += other.expired_hard_bounces;
        self.other_hard_bounces += other.other_hard_bounces;
        self.delivered_recipients += other.delivered_recipients;
        self.deleted_recipients += other.deleted_recipients;
    }

    /// Takes off what was counted before.
    pub fn sub(&mut self, before: &Counters) {
        let (mine, theirs) = (self.parts(), before.parts());
        *self = Counters::from_parts(std::array::from_fn(|at| mine[at].saturating_sub(theirs[at])));
    }

    /// The eight of which the others are sums: soft bounces, the five kinds of hard bounces in their order, delivered,
    /// deleted.
    pub fn parts(&self) -> [u64; 8] {
        [
            self.soft_bounced_events,
            self.dns_hard_bounces,
            self.five_xx_hard_bounces,
            self.filter_hard_bounces,
            self.expired_hard_bounces,
            self.other_hard_bounces,
            self.delivered_recipients,
            self.deleted_recipients,
        ]
    }

    /// The counters of these eight: they add up.
    pub fn from_parts([soft, dns, five_xx, filter, expired, other, delivered, deleted]: [u64; 8]) -> Counters {
        let hard = [dns, five_xx, filter, expired, other].into_iter().fold(0, u64::saturating_add);
        Counters {
            soft_bounced_events: soft,
            completed_recipients: hard.saturating_add(delivered).saturating_add(deleted),
            hard_bounced_recipients: hard,
            dns_hard_bounces: dns,
            five_xx_hard_bounces: five_xx,
            filter_hard_bounces: filter,
            expired_hard_bounces: expired,
            other_hard_bounces: other,
            delivered_recipients: delivered,
            deleted_recipients: deleted,
        }
    }

    /// `Completed = Hard + Delivered + Deleted` and `Hard = DNS + 5XX + Filter + Expired + Other`.
    pub fn add_up(&self) -> bool {
        let hard = self.dns_hard_bounces
            + self.five_xx_hard_bounces
            + self.filter_hard_bounces
            + self.expired_hard_bounces
            + self.other_hard_bounces;
        hard == self.hard_bounced_recipients
            && self.completed_recipients == hard + self.delivered_recipients + self.deleted_recipients
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn whatever_happens_the_counters_add_up() {
        let mut counters = Counters::default();
        counters.delivered();
        counters.deleted();
        for why in [HardBounce::Dns, HardBounce::FiveXx, HardBounce::Filter, HardBounce::Expired, HardBounce::Other] {
            counters.hard_bounced(why);
            assert!(counters.add_up());
        }
        assert_eq!((counters.completed_recipients, counters.hard_bounced_recipients), (7, 5));
        counters.delivered_recipients += 1;
        assert!(!counters.add_up());
    }
}
