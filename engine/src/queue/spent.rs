//! How long a leg has waited under each cause.

use common::vocab::WaitCause;
use std::time::Duration;

/// Milliseconds by cause. Small, since every leg that was tried has one; a single cause holds at most 49 days, and what
/// is above that is not recorded.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Spent([u32; WaitCause::ALL.len()]);

impl Spent {
    /// So much longer under this cause.
    pub fn add(&mut self, cause: WaitCause, time: Duration) {
        let millis = u32::try_from(time.as_millis()).unwrap_or(u32::MAX);
        self.0[cause as usize] = self.0[cause as usize].saturating_add(millis);
    }

    /// What is not nothing, in naming order.
    pub fn iter(&self) -> impl Iterator<Item = (WaitCause, Duration)> + '_ {
        let all = WaitCause::ALL.into_iter().zip(self.0);
        all.filter(|(_, millis)| *millis > 0).map(|(cause, millis)| (cause, Duration::from_millis(millis.into())))
    }

    /// All of it.
    pub fn total(&self) -> Duration {
        Duration::from_millis(self.0.iter().map(|millis| u64::from(*millis)).sum())
    }
}
