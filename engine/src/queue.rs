//! The unit of schedule: the leg, the recipients of one message for one host.

mod leg;

pub use leg::{Leg, LegKey, LegStage};
