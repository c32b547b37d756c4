//! The place of a host in the engine's table. Never leaves the engine.

/// An index; used again after a host's record ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct HostId(pub u32);
