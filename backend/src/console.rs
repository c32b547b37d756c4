//! The console's server side: the page, the API, the websocket and the control socket are one router.
//!
//! Promises: whatever comes in is bounded, checked and answered, with a sentence that says what to do; every console
//! sees the same numbers; an operator's act happens once.
//! Never: a decision about mail. It asks the driver at its desk and shows what the driver publishes.
//! The walk comes from `driver` (desk and changes), through `feed` → `index` → `live` and `http`, to the browser.

pub mod actions;
mod audited;
pub mod auth;
pub mod control;
pub mod feed;
pub mod http;
pub mod index;
pub mod letterhead;
pub mod live;
mod mask;
pub mod probes;
mod search;
mod serve;
mod state;
#[cfg(test)]
mod tests;
pub mod view;

pub use control::serve_control;
pub use serve::serve;
pub use state::{ConsoleParts, ConsoleSettings, ConsoleState, Digger, Looks};
