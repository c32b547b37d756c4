//! Every limit of the spool, named, with its default and its reason.

use std::time::Duration;

/// The spool's settings. `Default` is what DESIGN 3 says.
#[derive(Clone, Debug)]
pub struct SpoolSettings {
    /// Octets of a journal file. Large enough that a change of files is rare, small enough that one is soon free again.
    pub segment_bytes: u32,
    /// Operations written in one group.
    pub group_operations_max: usize,
    /// Octets of bodies in one group: bounds how long a sync takes.
    pub group_bytes_max: usize,
    /// How long results wait for company before they are written.
    pub settle_wait: Duration,
    /// Octets of fresh bodies kept in memory: a first attempt never reads the disk.
    pub cache_bytes_max: usize,
    /// Journal files kept for reuse; one of them is the reserve from which results are written when the disk is full.
    pub spares_max: usize,
    /// Batches that may wait for the driver. More would only hide that it is slow.
    pub kept_batches_max: usize,
    /// How often a full disk is asked whether there is room again.
    pub full_retry: Duration,
    /// Whether the next journal file is made ready by a thread of its own while the present one fills.
    pub prepare_ahead: bool,
}

impl Default for SpoolSettings {
    fn default() -> SpoolSettings {
        SpoolSettings {
            segment_bytes: 32 << 20,
            group_operations_max: 512,
            group_bytes_max: 4 << 20,
            settle_wait: Duration::from_millis(20),
            cache_bytes_max: 256 << 20,
            spares_max: 4,
            kept_batches_max: 16,
            full_retry: Duration::from_secs(2),
            prepare_ahead: true,
        }
    }
}
