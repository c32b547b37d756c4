//! What the room needs to know, and its limits: each named, with its default and its reason.

use arc_swap::ArcSwap;
use common::vocab::{Address, Domain};
use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

/// Who we are and where mail for ourselves goes.
#[derive(Clone, Debug)]
pub struct ReportSettings {
    /// The name that reports, and the domain of `postmaster`.
    pub hostname: Domain,
    /// Where mail for ourselves goes; whoever has it besides may replace it at any time.
    pub own: Arc<ArcSwap<OwnNames>>,
    /// Its limits.
    pub limits: ReportLimits,
}

/// Mail for ourselves.
#[derive(Clone, Debug, Default)]
pub struct OwnNames {
    /// Our names besides the one that reports.
    pub names: Vec<Domain>,
    /// Local part in lower case → the address outside where its mail ends.
    pub aliases: BTreeMap<String, Address>,
}

/// The limits of the room.
#[derive(Clone, Debug)]
pub struct ReportLimits {
    /// Octets of the original's header that a report carries. More is no header that anybody reads.
    pub header_bytes_max: usize,
    /// Octets of an original that `RET=FULL` gets back whole; of a larger one only the header. The sender has it
    /// already, and a refused large mail must not come back as another large mail.
    pub whole_bytes_max: usize,
    /// Reports to one sender domain within an hour, one by one (backscatter is bounded); what fails beyond them is
    /// told together.
    pub hourly_max: usize,
    /// Of these, how many may be about delays and relays: failures must find room.
    pub hourly_notes_max: usize,
    /// Failed recipients of one sender domain that may wait to be told together. More in one hour is no mail of
    /// people: what goes beyond ends without a report, and is logged and counted.
    pub waiting_recipients_max: usize,
    /// Messages told in one letter; bounds its size.
    pub letter_messages_max: usize,
    /// Sender domains whose hour is counted each by itself; those beyond share one.
    pub domains_max: usize,
    /// Reports in work at once: so many share one sync of the spool.
    pub writing_max: usize,
    /// Octets of originals in memory at once.
    pub reading_bytes_max: u64,
    /// How often a full disk is tried again.
    pub full_retry: Duration,
}

impl Default for ReportLimits {
    fn default() -> ReportLimits {
        ReportLimits {
            header_bytes_max: 50 * 1024,
            whole_bytes_max: 256 * 1024,
            hourly_max: 100,
            hourly_notes_max: 50,
            waiting_recipients_max: 10_000,
            letter_messages_max: 200,
            domains_max: 10_000,
            writing_max: 64,
            reading_bytes_max: 64 << 20,
            full_retry: Duration::from_secs(2),
        }
    }
}
