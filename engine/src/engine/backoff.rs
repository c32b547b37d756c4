//! A host's replies ask us to slow down: its window shrinks, and nothing is started for it for a while.
//!
//! Promises: one pause at a time; each in a row is twice as long as the one before, up to a bound; the first delivery by
//! what began after a pause ends the row. Never: a pause for a host that took something in the same breath, since
//! its window alone is answer enough.

use super::Engine;
use crate::host::Backoff;
use crate::host_id::HostId;
use crate::schedule;
use common::vocab::{Timestamp, VerdictCode};

impl Engine {
    /// They refused for now everything of one attempt, in words about our pace.
    pub(super) fn back_off(&mut self, now: Timestamp, id: HostId, code: VerdictCode) {
        if self.host(id).pausing() {
            return; // a session that was already at work says the same
        }
        let times = self.host(id).backoff.map_or(0, |backoff| backoff.times).saturating_add(1);
        let until = schedule::backoff_until(now, times, &self.settings, &mut self.random);
        let host = self.host_mut(id);
        host.window.shrink();
        host.limited_since.get_or_insert(now);
        host.backoff = Some(Backoff { until: Some(until), code, times });
        self.end_calls(id);
    }
}
