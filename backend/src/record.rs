//! The room `record`: facts become lines a person can follow. The mail log proper comes with tracking.

pub mod log;
mod report_fact;

pub use report_fact::{ReportFact, Untold};
