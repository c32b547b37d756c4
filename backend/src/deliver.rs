//! The room `deliver`: carries messages over sessions to next hops.
//!
//! Promises: each effect of the engine that names a session is answered by exactly one event, whatever the peer does
//! and even if a task of ours panics (see [`session`]).
//! Never: decides whether, when or where something is sent, or what a reply means.
//! The walk goes on in the engine, whose `verdict` reads the outcomes.

pub mod session;
pub mod settings;

mod owed;
mod talk;

#[cfg(test)]
mod tests;

pub use session::{EventSender, HopGuard, SessionHandle, open};
pub use settings::SessionSettings;
