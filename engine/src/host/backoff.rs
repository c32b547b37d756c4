//! The remote's replies made us slow down: a pause with an end, longer each time, over with the first success after it.
//!
//! Promises: while the pause lasts nothing is started for the host; replies from sessions that were already at work
//! neither lengthen nor end it.

use common::vocab::{Timestamp, VerdictCode};

/// See the head of this file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Backoff {
    /// When it goes on; nothing while one try is under way after the pause.
    pub until: Option<Timestamp>,
    /// What they said, in the word of the catalogue: `smtp.rate`, `smtp.banner_4xx`.
    pub code: VerdictCode,
    /// Pauses in a row, from 1.
    pub times: u32,
}
