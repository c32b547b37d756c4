//! Whole sessions, on real sockets or in one process with the clock in hand: each test is named as the fact it proves.
//! What a whole server shows over its port is in `tests/wire/intake`.

mod bodies;
mod borders;
mod dialogue;
pub(crate) mod double;
mod extension;
mod limits;
mod secure;
mod wire;
