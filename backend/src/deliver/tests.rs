//! Sessions against scripted peers on loopback. Deadlines are milliseconds where a test waits for one, and long where
//! it must not.

mod peer;
pub(super) mod world;

mod bodies;
mod closing;
mod hostile;
mod outcomes;
mod secured;
