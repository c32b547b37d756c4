//! The one reason why a queued recipient is not moving now: a closed list.

use serde::{Deserialize, Deserializer, Serialize, Serializer};
use std::collections::BTreeMap;
use std::ops::{Index, IndexMut};

/// Why a recipient waits. When several hold, the first of this list names it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "snake_case")]
pub enum WaitCause {
    /// A session is delivering it at this moment.
    Sending,
    /// A person or a rule holds the message.
    Held,
    /// Delivery to the host, or all delivery, is suspended.
    Suspended,
    /// Our own disk or memory guard.
    Guard,
    /// Its next hop is being looked up.
    Routing,
    /// The look-up failed for now.
    Dns,
    /// No address gives the TLS that a policy demands.
    TlsPolicy,
    /// The host was not reached; its timer runs.
    HostDown,
    /// Its own timer runs, after a reply to it.
    Retry,
    /// The remote's replies made us slow down.
    Backoff,
    /// Recipients per period are used up.
    Rate,
    /// It is due and waits for a connection.
    Slot,
}

impl WaitCause {
    /// All causes in the order in which they name a recipient.
    pub const ALL: [WaitCause; 12] = [
        WaitCause::Sending,
        WaitCause::Held,
        WaitCause::Suspended,
        WaitCause::Guard,
        WaitCause::Routing,
        WaitCause::Dns,
        WaitCause::TlsPolicy,
        WaitCause::HostDown,
        WaitCause::Retry,
        WaitCause::Backoff,
        WaitCause::Rate,
        WaitCause::Slot,
    ];

    /// Its place among [`WaitCause::ALL`] as one bit, for sets of causes.
    pub fn bit(self) -> u16 {
        1 << self as u16
    }

    /// The word on the wire.
    pub fn as_str(self) -> &'static str {
        match self {
            WaitCause::Sending => "sending",
            WaitCause::Held => "held",
            WaitCause::Suspended => "suspended",
            WaitCause::Guard => "guard",
            WaitCause::Routing => "routing",
            WaitCause::Dns => "dns",
            WaitCause::TlsPolicy => "tls_policy",
            WaitCause::HostDown => "host_down",
            WaitCause::Retry => "retry",
            WaitCause::Backoff => "backoff",
            WaitCause::Rate => "rate",
            WaitCause::Slot => "slot",
        }
    }
}

/// Recipients by wait cause. On the wire only the causes that have any: `{"retry":3,"slot":1}`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct CauseCounts([u64; 12]);

impl CauseCounts {
    /// Recipients under any cause: equals the host's Active Recipients.
    pub fn total(&self) -> u64 {
        self.0.iter().sum()
    }

    /// The causes that have recipients, in naming order.
    pub fn iter(&self) -> impl Iterator<Item = (WaitCause, u64)> + '_ {
        WaitCause::ALL.into_iter().map(|cause| (cause, self[cause])).filter(|(_, count)| *count > 0)
    }

    /// Adds another host's counts.
    pub fn add(&mut self, other: &CauseCounts) {
        for (mine, theirs) in self.0.iter_mut().zip(other.0) {
            *mine += theirs;
        }
    }
}

impl Index<WaitCause> for CauseCounts {
    type Output = u64;
    fn index(&self, cause: WaitCause) -> &u64 {
        &self.0[cause as usize]
    }
}
impl IndexMut<WaitCause> for CauseCounts {
    fn index_mut(&mut self, cause: WaitCause) -> &mut u64 {
        &mut self.0[cause as usize]
    }
}

impl Serialize for CauseCounts {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_map(self.iter().map(|(cause, count)| (cause.as_str(), count)))
    }
}
impl<'de> Deserialize<'de> for CauseCounts {
    /// Causes of a newer server are left out.
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<CauseCounts, D::Error> {
        let named = BTreeMap::<String, u64>::deserialize(deserializer)?;
        let mut counts = CauseCounts::default();
        for cause in WaitCause::ALL {
            counts[cause] = named.get(cause.as_str()).copied().unwrap_or(0);
        }
        Ok(counts)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_cause_keeps_its_place_and_its_word() {
        for (place, cause) in WaitCause::ALL.into_iter().enumerate() {
            assert_eq!(cause as usize, place);
            assert_eq!(serde_json::to_string(&cause).unwrap(), format!("\"{}\"", cause.as_str()));
        }
    }

    #[test]
    fn only_causes_with_recipients_cross_the_wire() {
        let mut counts = CauseCounts::default();
        counts[WaitCause::Slot] = 1;
        counts[WaitCause::Retry] = 3;
        let text = serde_json::to_string(&counts).unwrap();
        assert_eq!(text, r#"{"retry":3,"slot":1}"#);
        assert_eq!(serde_json::from_str::<CauseCounts>(r#"{"retry":3,"slot":1,"moon":9}"#).unwrap(), counts);
        assert_eq!(counts.total(), 4);
    }
}
