//! The answer to a page that asks, where a websocket does not come through.

use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;

/// `GET /api/v1/poll`.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Polled {
    /// Hand it back with the next question of the same list: what has not changed since is not said again.
    pub cursor: String,
    /// Frames of the websocket, in order: a welcome and a snapshot, or a tick when nothing has changed.
    #[cfg_attr(feature = "openapi", schema(value_type = Vec<Object>))]
    pub frames: Vec<Box<RawValue>>,
}
