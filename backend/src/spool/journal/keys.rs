//! Clients' names for their submissions: asking twice keeps once.
//!
//! Promises: a name counts for 24 hours from when its message was accepted, across restarts; of two that come at once
//! one is kept. Names that are not in the database yet are here, so that none is ever in neither.
//! Never: reads a clock; a new submission brings its own time.

use crate::spool::queue_db::{DbError, QueueDb};
use crate::spool::{IdempotencyKey, Kept};
use common::vocab::{MessageId, Timestamp};
use std::collections::HashMap;
use std::time::Duration;

/// How long a name counts (DESIGN 9).
pub const KEY_LIFE: Duration = Duration::from_secs(24 * 3_600);

/// Names that the database does not have yet.
#[derive(Debug, Default)]
pub struct Keys(HashMap<[u8; 32], ([u8; 32], MessageId, Timestamp)>);

impl Keys {
    /// What was kept under this name, if it still counts at this time.
    pub fn find(&self, db: &dyn QueueDb, key: &IdempotencyKey, now: Timestamp) -> Result<Option<Kept>, DbError> {
        let known = match self.0.get(&key.name) {
            Some(known) => Some(*known),
            None => db.key(&key.name)?,
        };
        let counts = known.filter(|(_, _, at)| now.since(*at) < KEY_LIFE);
        Ok(counts
            .map(|(request, mid, _)| if request == key.request { Kept::Before(mid) } else { Kept::OtherRequest(mid) }))
    }

    /// A message is about to be kept under this name.
    pub fn add(&mut self, key: &IdempotencyKey, mid: MessageId, at: Timestamp) {
        self.0.insert(key.name, (key.request, mid, at));
    }

    /// The message was not kept after all, or the database has its name now.
    pub fn remove(&mut self, key: &IdempotencyKey, mid: MessageId) {
        if self.0.get(&key.name).is_some_and(|(_, known, _)| *known == mid) {
            self.0.remove(&key.name);
        }
    }
}
