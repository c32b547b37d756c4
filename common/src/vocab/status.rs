//! Up, Down, Unknown: the ancestor's three words; and the badge that people see.

use serde::{Deserialize, Serialize};
use std::fmt;

/// Whether the latest attempt reached the host.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Default, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "snake_case")]
pub enum HostStatus {
    /// The latest ended attempt reached it: some address greeted and took EHLO.
    Up,
    /// The latest ended attempt did not, on every address tried, or there was none to try.
    Down,
    /// Never tried, or the evidence is old and nothing waits.
    #[default]
    #[serde(other)]
    Unknown,
}

impl fmt::Display for HostStatus {
    /// The word of `hoststatus` and `hostrate`.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(match self {
            HostStatus::Up => "up",
            HostStatus::Down => "down",
            HostStatus::Unknown => "unknown",
        })
    }
}

/// What a person sees beside a host's name.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Default, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "snake_case")]
pub enum Badge {
    /// Suspended by a person or a rule.
    Held,
    /// Not reached at the latest attempt.
    Down,
    /// Reachable, but deferring us or held back by a limit.
    Limited,
    /// Reached at the latest attempt.
    Up,
    /// No knowledge.
    #[default]
    #[serde(other)]
    Unknown,
}

/// The badge of a host, the only place that derives it: Held, Down, Limited, Up, Unknown.
pub fn badge(status: HostStatus, limited: bool, held: bool) -> Badge {
    match (held, status, limited) {
        (true, _, _) => Badge::Held,
        (_, HostStatus::Down, _) => Badge::Down,
        (_, _, true) => Badge::Limited,
        (_, HostStatus::Up, _) => Badge::Up,
        (_, HostStatus::Unknown, _) => Badge::Unknown,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_hold_hides_everything_and_down_hides_limited() {
        assert_eq!(badge(HostStatus::Down, true, true), Badge::Held);
        assert_eq!(badge(HostStatus::Down, true, false), Badge::Down);
        assert_eq!(badge(HostStatus::Up, true, false), Badge::Limited);
        assert_eq!(badge(HostStatus::Up, false, false), Badge::Up);
        assert_eq!(badge(HostStatus::Unknown, false, false), Badge::Unknown);
    }

    #[test]
    fn a_status_of_a_newer_server_reads_as_unknown() {
        assert_eq!(serde_json::from_str::<Badge>("\"glowing\"").unwrap(), Badge::Unknown);
        assert_eq!(serde_json::from_str::<HostStatus>("\"asleep\"").unwrap(), HostStatus::Unknown);
    }
}
