//! The brake on mass bounces: when many domains or many hosts refuse for good at once, the fault is more likely ours.
//!
//! Promises: a resolver that says of half of many domains that they do not exist is suspected, and what it says of any
//! is temporary while it is; refusals for who we are (5.7.x, a refused MAIL FROM) at several unrelated hosts within a few
//! minutes hold the further ones back for an hour; silence of everybody is a wall of ours. Bounded memory. Never: decides about a single domain or host.

mod outbound;
mod refusals;
mod resolver;

pub use outbound::OutboundWatch;
pub use refusals::{Refusals, family};
pub use resolver::ResolverWatch;

use std::time::Duration;

/// When the brake is pulled, and for how long.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BrakeSettings {
    /// Look-ups are judged over so long.
    pub resolver_window: Duration,
    /// Fewer different domains prove nothing about the resolver.
    pub resolver_domains: u32,
    /// The resolver is suspected when at least this share of them is said not to exist.
    pub resolver_percent: u32,
    /// So long after the last such stretch it is believed again, unless a stretch clears it earlier.
    pub resolver_pause: Duration,
    /// Refusals are counted over so long.
    pub bounce_window: Duration,
    /// Fewer recipients are everyday business.
    pub bounce_recipients: u32,
    /// Fewer unrelated hosts speak of the hosts, not of us.
    pub bounce_hosts: u32,
    /// Further ones wait so long: time for a person to look.
    pub bounce_pause: Duration,
}

impl Default for BrakeSettings {
    fn default() -> BrakeSettings {
        BrakeSettings {
            resolver_window: Duration::from_secs(60),
            resolver_domains: 10,
            resolver_percent: 50,
            resolver_pause: Duration::from_secs(3_600),
            bounce_window: Duration::from_secs(300),
            bounce_recipients: 20,
            bounce_hosts: 3,
            bounce_pause: Duration::from_secs(3_600),
        }
    }
}
