//! Whole sessions, on real sockets or in one process with the clock in hand: each test is named as the fact it proves.

mod bodies;
mod borders;
mod dialogue;
mod double;
mod extension;
mod limits;
mod policy;
mod secure;
mod wire;
