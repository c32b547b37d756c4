//! The unit of schedule: the leg, the recipients of one message for one host.

mod leg;
mod spent;
mod word;

pub use leg::{Leg, LegKey, LegStage};
pub use spent::Spent;
pub use word::Word;
