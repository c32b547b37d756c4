//! The engine: every decision of the queue, and nothing else.
//!
//! ```text
//!   what happened (Event) ──▶ Engine::handle(now, …) ──▶ what to do (Effect)
//!                                                   └──▶ what to tell (Fact)
//! ```
//!
//! Promises: the same seed and the same events give the same effects and facts, byte for byte.
//! Never: a clock, a socket, a file, a thread, chance of its own. Time is handed in.
//! The driver in `backend` is its only caller in the product, the simulation its other one.

pub mod asked;
pub mod brake;
pub mod count;
pub mod dsn;
pub mod effect;
mod engine;
pub mod envelope;
pub mod event;
pub mod fact;
pub mod failure;
mod host;
mod host_id;
pub mod jump;
mod lane;
pub mod limit;
pub mod output;
pub mod pattern;
pub mod peer;
mod queue;
pub mod random;
pub mod report;
pub mod route;
mod schedule;
pub mod settings;
pub mod shelf;
pub mod smtp;
pub mod suspension;
pub mod tls;
pub mod verdict;
pub mod view;

pub use effect::Effect;
pub use engine::Engine;
pub use event::{Event, HostScope, LegName, RetryScope};
pub use fact::Fact;
pub use output::Output;
pub use settings::Settings;
