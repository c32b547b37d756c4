//! The record of what was done and refused, and by whom.
//!
//! Promises: it grows to a bound (`AUDIT_ROWS_MAX`, `AUDIT_KEPT`) and no further; a flood of refusals makes some rows
//! and a count, not a full disk. Never: a password, a secret, a body.

use crate::console::auth::caller::Caller;
use crate::console::auth::{Auth, lock};
use common::wire::{ApiError, AuditRow, List};
use std::time::Duration;
use tokio::time::Instant;

/// Refusals that are written down in a minute; the rest is counted.
const REFUSALS_PER_MINUTE: u32 = 30;
/// Octets of a text of a row.
const TEXT_BYTES_MAX: usize = 500;

/// How many refusals were written down in this minute.
#[derive(Debug, Default)]
pub(super) struct Refusals {
    began_at: Option<Instant>,
    written: u32,
    /// Those that were not, since the last one that was.
    left_out: u64,
}

impl Refusals {
    /// How many were left out before this one; `None` if this one is left out too.
    fn enter(&mut self, now: Instant) -> Option<u64> {
        if self.began_at.is_none_or(|began| now.saturating_duration_since(began) >= Duration::from_secs(60)) {
            (self.began_at, self.written) = (Some(now), 0);
        }
        if self.written >= REFUSALS_PER_MINUTE {
            self.left_out += 1;
            return None;
        }
        self.written += 1;
        Some(std::mem::take(&mut self.left_out))
    }
}

impl Auth {
    /// Writes down what was done, and waits until it is on disk. What cannot be written goes to the log: an act on mail
    /// that has happened is not taken back for it.
    pub async fn record(&self, caller: &Caller, what: &str, scope: &str, outcome: &str) {
        let row = self.row_of(caller, what, scope, outcome);
        tracing::info!(who = %caller.right, what, ?scope, ?outcome, "audit");
        if self.on_disk(move |file| file.record(&row)).await.is_err() {
            tracing::error!(who = %caller.right, what, ?scope, ?outcome, "this act is missing in the audit record");
        }
    }

    /// Writes down what was begun, soon. For what is bounded in number elsewhere.
    pub fn note(&self, caller: &Caller, what: &str, scope: &str, outcome: &str) {
        let row = self.row_of(caller, what, scope, outcome);
        tracing::info!(who = %caller.right, what, ?scope, ?outcome, "audit");
        let file = self.file.clone();
        tokio::task::spawn_blocking(move || {
            if let Err(why) = lock(&file).record(&row) {
                tracing::error!(%why, "the audit record could not be written");
            }
        });
    }

    /// Writes down what was refused, within bounds.
    pub fn refused(&self, caller: &Caller, what: &str, scope: &str, why: &str) {
        let Some(left_out) = lock(&self.refusals).enter(Instant::now()) else { return };
        let more =
            if left_out == 0 { String::new() } else { format!("; {left_out} refusals before it are not listed") };
        self.note(caller, what, scope, &format!("refused: {why}{more}"));
    }

    /// The record, newest first, from before the row `before`.
    pub async fn audit(&self, before: Option<u64>, limit: usize) -> Result<List<AuditRow>, ApiError> {
        let (items, total) = self.on_disk(move |file| file.audit(before, limit)).await?;
        let next = items.last().filter(|row| items.len() == limit && row.id > 1).map(|row| row.id.to_string());
        Ok(List { items, total, next })
    }

    fn row_of(&self, caller: &Caller, what: &str, scope: &str, outcome: &str) -> AuditRow {
        AuditRow {
            id: 0,
            at: self.clock.now(),
            who: short(&caller.right.to_string()),
            address: caller.address.map(|address| address.to_string()),
            what: short(what),
            scope: short(scope),
            outcome: short(outcome),
        }
    }
}

/// Text for a row: short, without control characters.
fn short(text: &str) -> String {
    let text = &text[..text.floor_char_boundary(TEXT_BYTES_MAX)];
    text.chars().map(|letter| if letter.is_control() { '\u{fffd}' } else { letter }).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_flood_of_refusals_makes_some_rows_and_a_count() {
        let (mut refusals, start) = (Refusals::default(), Instant::now());
        let written = (0..1_000).filter(|_| refusals.enter(start).is_some()).count();
        assert_eq!(written, REFUSALS_PER_MINUTE as usize);
        assert_eq!(refusals.enter(start + Duration::from_secs(60)), Some(970));
        assert_eq!(refusals.enter(start + Duration::from_secs(60)), Some(0));
    }
}
