//! The only place that reads the time of day. Rooms get a `Clock` for stamps; deadlines use tokio's timers.
//! The engine's clock is read once per batch of events, by the driver alone.

use common::vocab::Timestamp;
use std::time::{SystemTime, UNIX_EPOCH};

/// Where a room reads the time for its stamps. Cheap to copy.
#[derive(Clone, Copy, Debug, Default)]
pub struct Clock;

impl Clock {
    /// The wall time. A machine whose clock stands before 1970 reads as 1970.
    pub fn now(self) -> Timestamp {
        let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
        Timestamp(u64::try_from(since.as_millis()).unwrap_or(u64::MAX))
    }
}
