//! The low-water guard, and files that cannot be emptied: what is refused, what goes on, how often the writer wakes.

use super::sim_disk::{Fault, SimDisk};
use super::{Found, message, streamed};
use crate::spool::journal::index::Place;
use crate::spool::journal::op::Op;
use crate::spool::segment::file_name;
use crate::spool::{Kept, SpoolError, SpoolHealth, SpoolSettings, Submission};
use common::vocab::{HardBounce, MessageId, RecipientId};
use engine::envelope::{Settled, Settlement};
use std::io::ErrorKind;
use std::path::Path;
use std::time::Duration;
use tokio::sync::oneshot;

const LEAST: u64 = 1 << 20;
const SECOND: Duration = Duration::from_secs(1);

fn open(disk: &SimDisk) -> Found {
    super::start(disk, &SpoolSettings { disk_free_min: LEAST, inodes_free_min: 100, ..super::small() }).unwrap()
}

fn keep(start: &mut Found, submission: Submission) -> Result<Kept, SpoolError> {
    let (reply, mut answer) = oneshot::channel();
    start.log.run(&mut vec![Op::Keep(submission, reply)]);
    answer.try_recv().unwrap()
}

fn keep_new(start: &mut Found, size: usize) -> Result<MessageId, SpoolError> {
    let mid = start.log.shared().reserve().0;
    keep(start, message(mid, 1, size)).map(|_| mid)
}

fn settlement(mid: MessageId, settled: Settled) -> Settlement {
    Settlement { mid, recipients: vec![(RecipientId(0), settled)], message_done: true }
}

/// So many octets are left, and it is looked at.
fn leave(start: &mut Found, disk: &SimDisk, bytes: u64, now: Duration) -> SpoolHealth {
    disk.set_room(Some(disk.used() + bytes as usize));
    start.log.at(now);
    start.log.watch_room();
    start.log.shared().health()
}

#[test]
fn below_the_mark_mail_is_refused_and_reports_and_results_are_kept() {
    let disk = SimDisk::default();
    let mut start = open(&disk);
    let (bounced, sent) = (keep_new(&mut start, 500).unwrap(), keep_new(&mut start, 500).unwrap());
    assert_eq!(leave(&mut start, &disk, LEAST, SECOND), SpoolHealth::Ok);
    assert_eq!(leave(&mut start, &disk, LEAST - 1, 3 * SECOND), SpoolHealth::Low);
    assert_eq!(keep_new(&mut start, 500), Err(SpoolError::Full));
    let large = start.log.shared().reserve().0;
    assert_eq!(streamed(start.log.shared(), message(large, 1, 9_000)).map(|_| ()), Err(SpoolError::Full));
    let report = start.log.shared().reserve().0;
    let settles = vec![settlement(bounced, Settled::Bounced(HardBounce::FiveXx))];
    assert_eq!(keep(&mut start, Submission { settles, ..message(report, 1, 500) }), Ok(Kept::New));
    start.log.run(&mut vec![Op::Settle(vec![settlement(sent, Settled::Delivered)]), Op::Flush(oneshot::channel().0)]);
    drop(start);
    let left: Vec<MessageId> = open(&disk).recovered.iter().map(|found| found.envelope.mid).collect();
    assert_eq!(left, [report]);
}

#[test]
fn mail_is_taken_again_by_itself_with_a_quarter_more_room() {
    let disk = SimDisk::default();
    let mut start = open(&disk);
    assert_eq!(leave(&mut start, &disk, 0, SECOND), SpoolHealth::Low);
    assert_eq!(leave(&mut start, &disk, LEAST, 3 * SECOND), SpoolHealth::Low);
    assert_eq!(leave(&mut start, &disk, LEAST + LEAST / 4 - 1, 5 * SECOND), SpoolHealth::Low);
    assert_eq!(leave(&mut start, &disk, LEAST + LEAST / 4, 7 * SECOND), SpoolHealth::Ok);
    keep_new(&mut start, 500).unwrap();
    assert_eq!(leave(&mut start, &disk, LEAST, 9 * SECOND), SpoolHealth::Ok);
}

#[test]
fn inodes_count_as_room_and_the_disk_is_not_asked_for_every_message() {
    let disk = SimDisk::default();
    let mut start = open(&disk);
    disk.set_inodes(Some(99));
    assert_eq!(leave(&mut start, &disk, 9 * LEAST, SECOND), SpoolHealth::Low);
    disk.set_inodes(Some(1_000));
    assert_eq!(leave(&mut start, &disk, 9 * LEAST, SECOND + SECOND / 2), SpoolHealth::Low, "looked at a moment ago");
    assert_eq!(leave(&mut start, &disk, 9 * LEAST, 2 * SECOND), SpoolHealth::Ok);
}

/// A record of the oldest file is damaged, and the copy of it fails at this call to the disk. Answers whether its file has
/// to keep it, and how long the writer sleeps then.
fn sleep_beside_a_damaged_piece(call: u64) -> Option<Option<Duration>> {
    let disk = SimDisk::default();
    let settings = SpoolSettings { segment_age: SECOND, ..super::small() };
    let mut start = super::start(&disk, &settings).unwrap();
    let bad = keep_new(&mut start, 500).unwrap();
    for _ in 0..4 {
        keep_new(&mut start, 20_000).unwrap();
    }
    let Some(Place::Journal(spot)) = start.log.shared().place(bad) else { panic!() };
    let journal = Path::new("/spool/journal").join(file_name(spot.number));
    disk.tamper(&journal, |bytes| bytes[spot.offset as usize + 60] ^= 1);
    disk.arm(Fault::Once(call, ErrorKind::Other));
    let mut now = SECOND * 60;
    for _ in 0..5 {
        now += SECOND * 2;
        start.log.at(now);
        while start.work() {}
    }
    let shared = start.log.shared().clone();
    let kept = shared.health() == SpoolHealth::Ok && matches!(shared.place(bad), Some(Place::Journal(_)));
    kept.then(|| start.log.wake_at().map(|at| at.saturating_sub(now)))
}

#[test]
fn a_piece_that_cannot_be_set_aside_does_not_keep_the_writer_awake() {
    let sleeps: Vec<_> = (1..40).filter_map(sleep_beside_a_damaged_piece).collect();
    assert!(!sleeps.is_empty(), "the copy failed in some run");
    assert!(sleeps.iter().all(|sleep| sleep.is_none_or(|sleep| sleep >= SECOND)), "{sleeps:?}");
}
