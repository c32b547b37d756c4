//! Which guard of ours stops delivery, and by which figures: named beside the cause `guard`.

use serde::{Deserialize, Serialize};

/// A guard of ours.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum Guard {
    /// The server stops: what is in hand ends, nothing new is started.
    Stopping,
    /// The brake on mass bounces: so many refusals at once are taken for a fault of ours. `0`: not known any more since
    /// the server's start.
    Brake {
        /// Recipients that were refused for who we are.
        refused: u64,
        /// Unrelated hosts that refused them.
        hosts: u64,
    },
    /// A word of a newer server.
    #[serde(other)]
    Other,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_crosses_the_wire_by_its_kind_and_a_newer_one_is_read() {
        let brake = Guard::Brake { refused: 61, hosts: 3 };
        let text = serde_json::to_string(&brake).unwrap();
        assert_eq!(text, r#"{"kind":"brake","refused":61,"hosts":3}"#);
        assert_eq!(serde_json::from_str::<Guard>(&text).unwrap(), brake);
        assert_eq!(serde_json::from_str::<Guard>(r#"{"kind":"tide","height":9}"#).unwrap(), Guard::Other);
    }
}
