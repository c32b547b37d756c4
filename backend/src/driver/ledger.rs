//! When counters are written down: what changed, every ten seconds and at the stop, one transaction at a time.
//!
//! Promises: a kill costs at most ten seconds of counters; what could not be written is tried again with the next.
//! Never: waits for the disk, or lets a turn of the driver grow with the number of hosts.

use crate::spool::{Answer, Note, Spool};
use common::vocab::Timestamp;
use engine::Engine;
use engine::count::CountMemory;
use std::time::Duration;
use tokio::sync::oneshot::error::TryRecvError;
use tokio::time::Instant;

/// How often counters are written down (DESIGN 4.2).
const SAVE_EVERY: Duration = Duration::from_secs(10);
/// Hosts of one transaction: a turn stays short, and results of mail do not wait long behind it.
const SAVE_HOSTS_MAX: usize = 5_000;
/// How long a stop waits for the last one.
const LAST_PATIENCE: Duration = Duration::from_secs(5);

/// See the head of this file.
pub struct Ledger {
    next: Instant,
    under_way: Option<(CountMemory, Answer<()>)>,
}

impl Ledger {
    /// The first is written right away: it says since when there is counting.
    pub fn new(now: Instant) -> Ledger {
        Ledger { next: now, under_way: None }
    }

    /// Writes what is due, unless the last is still under way.
    pub fn beat(&mut self, steady: Instant, wall: Timestamp, engine: &mut Engine, spool: &dyn Spool) {
        if let Some((memory, mut answer)) = self.under_way.take() {
            match answer.try_recv() {
                Err(TryRecvError::Empty) => {
                    self.under_way = Some((memory, answer));
                    return;
                }
                Ok(Ok(())) => {}
                Ok(Err(_)) | Err(TryRecvError::Closed) => engine.not_saved(memory), // the spool has said why
            }
        }
        if steady >= self.next {
            let memory = engine.take_unsaved(wall, SAVE_HOSTS_MAX);
            // What is left over goes with the next beat.
            self.next = if engine.has_unsaved() { steady } else { steady + SAVE_EVERY };
            self.under_way = Some((memory.clone(), spool.note(vec![Note::Counted(memory)])));
        }
    }

    /// Writes the bases alone, now; the answer comes when they are on disk.
    pub fn write_bases(wall: Timestamp, engine: &mut Engine, spool: &dyn Spool) -> Answer<()> {
        spool.note(vec![Note::Counted(engine.take_unsaved(wall, 0))])
    }

    /// The last of this process: all of it, within bounds.
    pub async fn close(mut self, wall: Timestamp, engine: &mut Engine, spool: &dyn Spool) {
        if let Some((memory, answer)) = self.under_way.take()
            && !matches!(tokio::time::timeout(LAST_PATIENCE, answer).await, Ok(Ok(Ok(()))))
        {
            engine.not_saved(memory);
        }
        let memory = engine.take_unsaved(wall, usize::MAX - 1);
        let last = spool.note(vec![Note::Counted(memory)]);
        if !matches!(tokio::time::timeout(LAST_PATIENCE, last).await, Ok(Ok(Ok(())))) {
            tracing::warn!("the last counters could not be written down");
        }
    }
}
