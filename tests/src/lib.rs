//! The harness of the end-to-end tests: simulated worlds for the engine. No product code.

pub mod check;
pub mod host;
pub mod world;
