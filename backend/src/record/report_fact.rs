//! What the room `report` tells: which message reports on which, and of whom nobody was told.

use common::vocab::{Address, MessageId};
use engine::report::ReportKind;

/// Something to tell about a report.
#[derive(Clone, Debug)]
pub enum ReportFact {
    /// A report is on disk.
    Kept {
        /// The report's own number.
        mid: MessageId,
        /// The message that it is about.
        about: MessageId,
        /// What it says.
        kind: ReportKind,
        /// To whom it goes.
        to: Address,
        /// Of how many recipients it tells.
        recipients: usize,
    },
    /// Nobody was told.
    Untold {
        /// The message.
        about: MessageId,
        /// What would have been said.
        kind: ReportKind,
        /// Of how many recipients.
        recipients: usize,
        /// Why not.
        why: Untold,
        /// Reports that were not written since the start, this one counted.
        so_far: u64,
    },
}

/// Why nobody was told.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Untold {
    /// The message had the null sender.
    NullSender,
    /// The sender is at a name of ours that leads nowhere.
    OwnName,
    /// The sender's domain has had its number of reports.
    OverLimit,
}
