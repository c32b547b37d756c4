//! What this server itself has to say in the middle of a line session: a closed list, never the peer's text.

use serde::{Deserialize, Serialize};

/// Why a typed line was not sent.
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum NotSent {
    /// It holds line ends: there would be a second line in it.
    LineEnds,
    /// It is too long.
    TooLong,
    /// It would begin a message.
    BeginsMessage,
    /// Too many lines wait already.
    TooManyWaiting,
    /// The session is only watched here; somebody else types.
    Watching,
    /// A reason of a newer server.
    #[default]
    #[serde(other)]
    Other,
}

impl NotSent {
    /// All of them.
    pub const ALL: [NotSent; 6] = [
        NotSent::LineEnds,
        NotSent::TooLong,
        NotSent::BeginsMessage,
        NotSent::TooManyWaiting,
        NotSent::Watching,
        NotSent::Other,
    ];
}
