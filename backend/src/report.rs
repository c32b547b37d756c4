//! The room `report`: tells a sender what became of their mail (RFC 3464), and keeps that as mail like any other.
//!
//! Promises: a recipient that failed leaves the queue with the report that says so, in one record, never before; one
//! report for each message and event; while the disk is full reports wait, and nothing is lost if the process ends
//! meanwhile; the driver never waits for this room. At the stop what is in hand is kept.
//! Never: a report to the null sender, so never one about a report; more than its hourly number to one domain one by
//! one; an octet of remote text that could begin a header field.
//! The walk comes from the driver (`Effect::Report`) and goes on in `spool`, whose stream of kept mail brings the
//! report back to the driver.

mod addressee;
mod budget;
mod code;
mod compose;
mod escape;
mod fields;
mod letter;
mod original;
mod settings;
mod text;
mod writer;

#[cfg(test)]
mod tests;

pub use settings::{OwnNames, ReportLimits, ReportSettings};
pub use writer::ReportWriter;

use crate::clock::Clock;
use crate::spool::Spool;
use engine::report::Report;
use std::sync::Arc;
use tokio::sync::mpsc;

/// A handle for the driver. When the last one goes, the writer keeps what is in hand and ends.
#[derive(Clone, Debug)]
pub struct Reports(mpsc::UnboundedSender<Report>);

impl Reports {
    /// Has a report written. Does not wait: a report is small, and those that wait are bounded by the queue itself,
    /// whose recipients they are.
    pub fn write(&self, report: Report) {
        if self.0.send(report).is_err() {
            // Nothing is settled, so nothing is lost: the next start finds the recipients on disk.
            tracing::error!("a report cannot be written: its room has ended; its recipients stay in the spool");
        }
    }
}

/// A handle, and the writer behind it that has to be run.
pub fn open(settings: ReportSettings, spool: Arc<dyn Spool>, clock: Clock) -> (Reports, ReportWriter) {
    let (sender, inbox) = mpsc::unbounded_channel();
    (Reports(sender), ReportWriter::new(settings, spool, clock, inbox))
}
