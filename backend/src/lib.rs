//! The rooms that touch the world, in walking order.
//!
//! intake → spool → driver/engine → resolve → connect → deliver → (verdict, in the engine) → report → record → console.
//! Rooms use `engine` and `common`; among themselves only downward: `clock`, `descriptor` < `connect` < `resolve` < `deliver`, `probe`;
//! `spool` and `record` stand alone; `report` uses both; then `driver`; then the doors `intake`, `console`, `cli`; then `lab`, `config`, `app`.

pub mod app;
pub mod cli;
pub mod clock;
pub mod config;
pub mod connect;
pub mod console;
pub mod deliver;
pub mod descriptor;
pub mod driver;
#[cfg(any(test, feature = "fuzzing"))]
pub mod fuzzing;
pub mod intake;
pub mod lab;
pub mod probe;
pub mod record;
pub mod report;
pub mod resolve;
pub mod spool;
