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
    /// A body of so many octets or more is a file of its own, written while it arrives: a session holds no more of it in
    /// memory than this, and a group of mail waits for no huge one. Below it one write and one sync serve many.
    pub blob_from: usize,
    /// Octets of fresh bodies kept in memory: a first attempt never reads the disk.
    pub cache_bytes_max: usize,
    /// Journal files kept for reuse; one of them is the reserve from which results are written when the disk is full.
    pub spares_max: usize,
    /// Batches that may wait for the driver. More would only hide that it is slow.
    pub kept_batches_max: usize,
    /// Octets that the disk has to have free (`[guard] disk_free_min`): below it mail is answered 452, before a write
    /// fails. What is left is for results, reports and the database, by which the queue empties itself: two journal
    /// files by default.
    pub disk_free_min: u64,
    /// The same for inodes (`[guard] inodes_free_min`): what the large bodies of all sessions at once may need.
    pub inodes_free_min: u64,
    /// How often the free room is looked at while mail comes, and while there is too little of it.
    pub room_every: Duration,
    /// How often a full disk is asked whether there is room again.
    pub full_retry: Duration,
    /// Journal files in use before the oldest is emptied into the database: bounds what a start has to read.
    pub segments_max: usize,
    /// So long after it was full the oldest journal file is emptied: most mail is gone by then and never moves.
    pub segment_age: Duration,
    /// Messages that move to the database in one commit: bounds how long results wait behind it.
    pub move_messages_max: usize,
    /// Octets of bodies that move in one commit, for the same reason and for the memory they take meanwhile.
    pub move_bytes_max: usize,
    /// How long deferred messages, and results for stored ones, wait for company: one commit serves many.
    pub move_wait: Duration,
    /// Results for stored messages in one commit; so many waiting results are company enough.
    pub changes_max: usize,
    /// A journal file with more than this share of live octets, in percent, is adopted instead of copied.
    pub adopt_percent: u64,
    /// What is left of an adopted journal file below this share, in percent, is copied, and the file used again.
    pub copy_percent: u64,
    /// Messages of the database that a start hands to the driver at once: it takes a millisecond, so that fresh mail
    /// hardly waits.
    pub start_messages_max: usize,
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
            blob_from: 256 << 10,
            cache_bytes_max: 256 << 20,
            spares_max: 4,
            kept_batches_max: 16,
            disk_free_min: 64 << 20,
            inodes_free_min: 2_000,
            room_every: Duration::from_secs(1),
            full_retry: Duration::from_secs(2),
            segments_max: 8,
            segment_age: Duration::from_secs(30),
            move_messages_max: 1_000,
            move_bytes_max: 8 << 20,
            move_wait: Duration::from_secs(1),
            changes_max: 2_000,
            adopt_percent: 25,
            copy_percent: 10,
            start_messages_max: 256,
            prepare_ahead: true,
        }
    }
}
