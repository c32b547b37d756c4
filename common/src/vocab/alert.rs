//! What is wrong on our own side, beyond any one host: a closed list.

use crate::vocab::Timestamp;
use serde::{Deserialize, Serialize};

/// Something that a person should know of.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum Alert {
    /// The wall clock was set, or the machine slept.
    ClockJumped {
        /// What it should have shown.
        from: Timestamp,
        /// What it showed.
        to: Timestamp,
    },
    /// The brake on mass bounces holds refused mail back. `0`: not known any more since the server's start.
    BrakePulled {
        /// Recipients that were refused for who we are.
        refused: u64,
        /// Unrelated hosts that refused them.
        hosts: u64,
    },
    /// Many domains at once were said not to exist: the resolver is not believed.
    ResolverSuspected {
        /// Different domains in one stretch.
        domains: u64,
        /// Of these, said not to exist.
        gone: u64,
    },
    /// A word of a newer server.
    #[serde(other)]
    Other,
}

impl Alert {
    /// Whether both speak of the same thing, whatever their figures.
    pub fn is_like(&self, other: &Alert) -> bool {
        std::mem::discriminant(self) == std::mem::discriminant(other)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_crosses_the_wire_by_its_kind_and_a_newer_one_is_read() {
        let alert = Alert::BrakePulled { refused: 61, hosts: 3 };
        let text = serde_json::to_string(&alert).unwrap();
        assert_eq!(text, r#"{"kind":"brake_pulled","refused":61,"hosts":3}"#);
        assert_eq!(serde_json::from_str::<Alert>(&text).unwrap(), alert);
        assert_eq!(serde_json::from_str::<Alert>(r#"{"kind":"flood","level":9}"#).unwrap(), Alert::Other);
    }
}
