//! Which limit holds back what is due: a closed list, named beside the causes `slot` and `rate`.

use serde::{Deserialize, Serialize};

/// A limit of ours.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "snake_case")]
pub enum Limit {
    /// Connections over all hosts.
    Total,
    /// Connections to one address of a mail server, which several hosts may share.
    Address,
    /// Connections to all mail servers of a provider: of hosts whose MX records name the same ones.
    Provider,
    /// What the configuration allows this destination.
    Destination,
    /// The host's own window: it grows with each success and shrinks with each failure.
    Window,
    /// A word of a newer server.
    #[serde(other)]
    Other,
}
