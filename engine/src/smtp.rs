//! The protocol without a socket (RFC 5321): octets to replies, commands to octets, and the dialogue between them.
//!
//! Promises: bounded whatever the peer sends; every recipient of an order gets exactly one outcome.
//! Never: reads a socket, waits, or judges what a reply means for the queue (that is `verdict`'s).
//! The walk goes on in `backend::deliver`, which lends the dialogue a stream and a clock.

pub mod body;
pub mod command;
pub mod dialogue;
pub mod extension;
pub mod reply;
mod xtext;

pub use body::BodyEncoder;
pub use command::Command;
pub use dialogue::{Dialogue, Expect, Plan, Step};
pub use extension::Extensions;
pub use reply::{ReplyError, ReplyReader};
