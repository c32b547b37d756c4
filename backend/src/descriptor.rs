//! Open files: as many as the system lets us have, and how the rooms share them.
//!
//! Promises: what comes in by SMTP never takes more than half of them, what goes out never more than a quarter; the
//! rest is for console, verbs, spool and resolver. Never: fails; where nothing can be raised, shares are small.

use rustix::process::{Resource, getrlimit, setrlimit};

/// More is of no use: the largest number of sessions that can be configured is far below.
const WANTED: u64 = 1 << 20;
/// With fewer a server could not do its work, whatever the shares say.
const SHARE_MIN: u64 = 4;

/// How many files may be open at once.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Descriptors(u64);

impl Descriptors {
    /// Raises our limit as far as the system lets us (many systems begin with 1,024 and allow half a million).
    pub fn raise() -> Descriptors {
        let mut limit = getrlimit(Resource::Nofile);
        let most = limit.maximum.map_or(WANTED, |maximum| maximum.min(WANTED));
        if limit.current.is_some_and(|current| current < most) {
            let before = limit.current;
            limit.current = Some(most);
            if let Err(why) = setrlimit(Resource::Nofile, limit) {
                tracing::warn!(%why, "the limit of open files cannot be raised");
                limit.current = before;
            }
        }
        Descriptors(limit.current.unwrap_or(WANTED))
    }

    /// Connections of clients at once: `wanted`, but no more than half of all files.
    pub fn incoming(self, wanted: usize) -> usize {
        let share = (self.0 / 2).max(SHARE_MIN);
        wanted.min(usize::try_from(share).unwrap_or(usize::MAX))
    }

    /// Connections to next hops at once, for each of the two pools (greeted or not): `wanted`, but no more than an
    /// eighth of all files.
    pub fn outgoing(self, wanted: u32) -> u32 {
        let share = (self.0 / 8).max(SHARE_MIN);
        wanted.min(u32::try_from(share).unwrap_or(u32::MAX))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_shares_leave_a_quarter_to_the_others() {
        let few = Descriptors(256);
        assert_eq!((few.incoming(2_000), few.outgoing(500), few.outgoing(2_000)), (128, 32, 32));
        let many = Descriptors(WANTED);
        assert_eq!((many.incoming(2_000), many.outgoing(500), many.outgoing(2_000)), (2_000, 500, 2_000));
        assert_eq!((Descriptors(0).incoming(2_000), Descriptors(0).outgoing(500)), (4, 4));
    }

    #[test]
    fn the_limit_is_raised_to_what_the_system_allows() {
        let raised = Descriptors::raise();
        assert_eq!(getrlimit(Resource::Nofile).current.unwrap_or(WANTED), raised.0);
        assert_eq!(Descriptors::raise(), raised);
    }
}
