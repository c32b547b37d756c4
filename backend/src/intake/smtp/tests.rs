//! Whole sessions, on real sockets or in one process with the clock in hand: each test is named as the fact it proves.

mod bodies;
mod borders;
mod dialogue;
pub(crate) mod double;
mod limits;
mod policy;
mod wire;
