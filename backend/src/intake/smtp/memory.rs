//! The memory of bodies that are being received: one budget for all sessions.
//!
//! Promises: what is held never exceeds the budget; a message that gets nothing within its wait is told so, and those
//! that hold something go on. Never: counts bodies that the spool has taken over.

use crate::intake::smtp::limits::MEMORY_GRAIN_BYTES;
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::{OwnedSemaphorePermit, Semaphore};

/// The budget, in grains.
#[derive(Clone, Debug)]
pub struct Memory {
    grains: Arc<Semaphore>,
    wait: Duration,
}

/// What one message holds of the budget; dropping it gives it back.
#[derive(Debug)]
pub struct Hold {
    memory: Memory,
    permit: OwnedSemaphorePermit,
}

/// The budget stayed exhausted for as long as a message may wait.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Exhausted;

impl Memory {
    /// A budget of `bytes`, but never less than one message needs, of which `message_bytes` are in memory at most.
    pub fn new(bytes: usize, message_bytes: usize, wait: Duration) -> Memory {
        // A growing vector doubles: its capacity may be twice what is in it.
        let least = message_bytes.saturating_mul(2) / MEMORY_GRAIN_BYTES + 2;
        let grains = (bytes / MEMORY_GRAIN_BYTES).max(least).min(Semaphore::MAX_PERMITS);
        Memory { grains: Arc::new(Semaphore::new(grains)), wait }
    }

    /// The first grain of a message.
    pub async fn begin(&self) -> Result<Hold, Exhausted> {
        let permit = self.take(1).await?;
        Ok(Hold { memory: self.clone(), permit })
    }

    async fn take(&self, grains: u32) -> Result<OwnedSemaphorePermit, Exhausted> {
        let wanted = Arc::clone(&self.grains).acquire_many_owned(grains);
        match tokio::time::timeout(self.wait, wanted).await {
            Ok(Ok(permit)) => Ok(permit),
            Ok(Err(_)) | Err(_) => Err(Exhausted),
        }
    }
}

impl Hold {
    /// Whether `bytes` are covered by what is held.
    pub fn covers(&self, bytes: usize) -> bool {
        bytes <= self.permit.num_permits() * MEMORY_GRAIN_BYTES
    }

    /// Gives back what it holds beyond `bytes`.
    pub fn shrink_to(&mut self, bytes: usize) {
        let surplus = self.permit.num_permits().saturating_sub(bytes.div_ceil(MEMORY_GRAIN_BYTES));
        drop(self.permit.split(surplus));
    }

    /// Holds at least `bytes`; waits a bounded time for them.
    pub async fn grow_to(&mut self, bytes: usize) -> Result<(), Exhausted> {
        let missing = bytes.div_ceil(MEMORY_GRAIN_BYTES).saturating_sub(self.permit.num_permits());
        if missing > 0 {
            self.permit.merge(self.memory.take(u32::try_from(missing).map_err(|_| Exhausted)?).await?);
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test(start_paused = true)]
    async fn a_message_waits_for_memory_and_is_refused_when_none_returns() {
        let memory = Memory::new(3 * MEMORY_GRAIN_BYTES, 1, Duration::from_secs(10));
        let mut first = memory.begin().await.unwrap();
        first.grow_to(3 * MEMORY_GRAIN_BYTES).await.unwrap();
        assert!(first.covers(3 * MEMORY_GRAIN_BYTES) && !first.covers(3 * MEMORY_GRAIN_BYTES + 1));
        assert_eq!(memory.begin().await.unwrap_err(), Exhausted);
        assert_eq!(first.grow_to(4 * MEMORY_GRAIN_BYTES).await, Err(Exhausted));
        let (second, ()) = tokio::join!(memory.begin(), async { drop(first) });
        assert!(second.is_ok());
    }

    #[tokio::test]
    async fn what_is_written_out_is_given_back() {
        let memory = Memory::new(4 * MEMORY_GRAIN_BYTES, 1, Duration::from_secs(1));
        let mut hold = memory.begin().await.unwrap();
        hold.grow_to(4 * MEMORY_GRAIN_BYTES).await.unwrap();
        hold.shrink_to(MEMORY_GRAIN_BYTES + 1);
        assert!(hold.covers(2 * MEMORY_GRAIN_BYTES) && !hold.covers(2 * MEMORY_GRAIN_BYTES + 1));
        memory.begin().await.unwrap().grow_to(2 * MEMORY_GRAIN_BYTES).await.unwrap();
        hold.shrink_to(usize::MAX);
        assert!(hold.covers(2 * MEMORY_GRAIN_BYTES), "and never takes");
    }

    #[tokio::test]
    async fn the_budget_is_never_less_than_one_message() {
        let memory = Memory::new(0, 10 * MEMORY_GRAIN_BYTES, Duration::from_secs(1));
        let mut hold = memory.begin().await.unwrap();
        assert_eq!(hold.grow_to(20 * MEMORY_GRAIN_BYTES).await, Ok(()));
    }
}
