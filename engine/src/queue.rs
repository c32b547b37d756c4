//! The unit of schedule: the leg, the recipients of one message for one host.

mod book;
mod held;
mod leg;
mod spent;
#[cfg(test)]
mod tests;
mod word;

pub use book::MessageBook;
pub use held::Held;
pub use leg::{Leg, LegKey, LegStage};
pub use spent::Spent;
pub use word::Word;
