//! Delivery was suspended: by whom, why, since when and until when. A named value between operator, spool and engine.

use common::vocab::Timestamp;
use std::sync::Arc;

/// See the head of this file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Suspension {
    /// Who did it.
    pub by: Arc<str>,
    /// Why, if they said so.
    pub reason: Option<Arc<str>>,
    /// Since when.
    pub since: Timestamp,
    /// When it ends by itself, by the wall clock; `None`: when somebody resumes.
    pub until: Option<Timestamp>,
}

impl Suspension {
    /// Whether its time is over.
    pub fn is_over(&self, now: Timestamp) -> bool {
        self.until.is_some_and(|until| until <= now)
    }
}
