//! Bodies, rows and files of large bodies that rot behind the journal: set aside, never sent, out of the queue with the next
//! start, and listed ever after.

use super::sim_db::Rot;
use super::sim_disk::SimDisk;
use super::{Found, blob_files, body_of, message, read_whole, streamed};
use crate::spool::journal::index::Place;
use crate::spool::journal::op::Op;
use crate::spool::{Kept, SpoolError, SpoolSettings};
use common::vocab::{MessageId, RecipientId, Timestamp};
use common::wire::{DamageKind, Quarantined};
use engine::envelope::{Settled, Settlement};
use std::path::{Path, PathBuf};
use std::time::Duration;
use tokio::sync::oneshot;

const SIZE: usize = 2_000;
const LARGE: usize = 100_000;
const QUARANTINE: &str = "/spool/quarantine";

fn settings() -> SpoolSettings {
    SpoolSettings { segment_age: Duration::from_secs(30), ..super::small() }
}

fn open(disk: &SimDisk) -> Found {
    super::start(disk, &settings()).unwrap()
}

/// Keeps a message; beyond the front its body is a file if it is large.
fn keep(found: &mut Found, size: usize) -> MessageId {
    let mid = found.log.shared().reserve().0;
    let submission = message(mid, 2, size);
    let submission = if size == LARGE { streamed(found.log.shared(), submission).unwrap() } else { submission };
    let (reply, mut answer) = oneshot::channel();
    found.log.run(&mut vec![Op::Keep(submission, reply)]);
    assert_eq!(answer.try_recv(), Ok(Ok(Kept::New)));
    mid
}

/// Puts it off, so that it moves to the database.
fn put_off(found: &mut Found, mid: MessageId) {
    let later = Settled::Deferred { attempts: 1, next_attempt_at: Timestamp(7), braked: false };
    let recipients = [0, 1].map(|rid| (RecipientId(rid), later)).into();
    let (reply, _) = oneshot::channel();
    let settlement = Settlement { mid, recipients, message_done: false };
    found.log.run(&mut vec![Op::Settle(vec![settlement]), Op::Flush(reply)]);
    rest(found, Duration::from_secs(1));
    assert_eq!(found.log.shared().place(mid), Some(Place::Stored { segment: None }));
}

/// Lets the time come, and the database do all that it is asked.
fn rest(found: &mut Found, now: Duration) {
    for now in [now, now + Duration::from_secs(5)] {
        found.log.at(now);
        while found.work() {}
    }
}

/// Lets the journal forget, so that the database alone knows.
fn outlive_the_journal(disk: &SimDisk, found: &mut Found) {
    let first = |disk: &SimDisk| disk.contents(Path::new("/spool/journal")).remove(0).0;
    let before = first(disk);
    for round in 1..200 {
        let mid = keep(found, SIZE);
        let recipients = [0, 1].map(|rid| (RecipientId(rid), Settled::Delivered)).into();
        found.log.run(&mut vec![Op::Settle(vec![Settlement { mid, recipients, message_done: true }])]);
        rest(found, Duration::from_secs(100 * round));
        if first(disk) != before {
            return;
        }
    }
    panic!("the first journal file stays");
}

fn read(found: &Found, mid: MessageId) -> Result<bytes::Bytes, SpoolError> {
    read_whole(found.log.shared(), &found.quarantine, mid)
}

fn mids(found: &Found) -> Vec<MessageId> {
    found.recovered.iter().map(|recovered| recovered.envelope.mid).collect()
}

fn listed(found: &Found) -> Quarantined {
    found.quarantine.list()
}

/// It is out of the queue and in the list, at this start and at the one after it; the database has let go of it.
fn is_gone(disk: &SimDisk, mid: MessageId, others: &[MessageId]) {
    for (start, damaged) in [(1, 1), (2, 0)] {
        let mut found = open(disk);
        assert_eq!(mids(&found), others, "start {start}");
        assert_eq!(found.report.damaged, damaged, "start {start}");
        let list = listed(&found);
        assert_eq!((list.total, list.items[0].mid, list.items[0].set_aside), (1, Some(mid), true), "start {start}");
        rest(&mut found, Duration::from_secs(1));
        assert_eq!(disk.tables(|tables| tables.messages()), others.len(), "start {start}");
        assert!(others.iter().all(|other| read(&found, *other).is_ok()), "start {start}");
    }
}

#[test]
fn a_body_that_rots_in_the_database_is_set_aside_and_leaves_the_queue_with_the_next_start() {
    let disk = SimDisk::default();
    let mut found = open(&disk);
    let (good, bad) = (keep(&mut found, SIZE), keep(&mut found, SIZE));
    [good, bad].into_iter().for_each(|mid| put_off(&mut found, mid));
    outlive_the_journal(&disk, &mut found);
    disk.tables(|tables| tables.rot(bad, Rot::Body));
    for _ in 0..2 {
        assert_eq!(read(&found, bad), Err(SpoolError::Missing(bad)));
        assert_eq!(read(&found, good), Ok(body_of(good, SIZE)));
    }
    assert_eq!(found.log.shared().state().damaged.len(), 1, "counted once");
    let list = listed(&found);
    let item = &list.items[0];
    assert_eq!((list.total, item.file.as_str(), item.why), (1, "queue.db", DamageKind::Checksum));
    let aside = disk.contents(Path::new(QUARANTINE)).remove(0).1;
    assert!(aside.ends_with(&body_of(bad, SIZE)), "what is there of it is kept");
    drop(found);
    is_gone(&disk, bad, &[good]);
}

#[test]
fn a_row_that_rots_is_set_aside_at_the_start_that_finds_it() {
    let disk = SimDisk::default();
    let mut found = open(&disk);
    let (good, bad) = (keep(&mut found, SIZE), keep(&mut found, LARGE));
    [good, bad].into_iter().for_each(|mid| put_off(&mut found, mid));
    outlive_the_journal(&disk, &mut found);
    disk.tables(|tables| tables.rot(bad, Rot::Row));
    drop(found);
    let found = open(&disk);
    assert_eq!((mids(&found), found.report.damaged), (vec![good], 1));
    assert!(blob_files(&disk).is_empty(), "the file of its body goes with it");
    assert!(disk.contents(Path::new(QUARANTINE)).iter().any(|(path, _)| path.ends_with(bad.0.to_string())));
    drop(found);
    is_gone(&disk, bad, &[good]);
}

#[test]
fn a_body_that_rots_in_an_adopted_file_leaves_the_queue_with_the_next_start() {
    let disk = SimDisk::default();
    let mut found = open(&disk);
    let all: Vec<MessageId> = (0..60).map(|_| keep(&mut found, SIZE)).collect();
    let Some(Place::Journal(spot)) = found.log.shared().place(all[3]) else { panic!("it is in the journal") };
    rest(&mut found, Duration::from_secs(31));
    assert!(matches!(found.log.shared().place(all[3]), Some(Place::Stored { segment: Some(_) })));
    let path = Path::new("/spool/journal").join(crate::spool::segment::file_name(spot.number));
    disk.tamper(&path, |content| content[(spot.offset + spot.length - 9) as usize] ^= 1);
    assert_eq!(read(&found, all[3]), Err(SpoolError::Missing(all[3])));
    drop(found);
    let others: Vec<MessageId> = all.iter().copied().filter(|mid| *mid != all[3]).collect();
    let mut found = open(&disk);
    assert_eq!((mids(&found), found.report.damaged, listed(&found).total), (others, 1, 1));
    rest(&mut found, Duration::from_secs(1));
    drop(found);
    assert_eq!(open(&disk).report.damaged, 0);
}

fn blob(mid: MessageId) -> PathBuf {
    Path::new("/spool/blobs").join(mid.0.to_string())
}

#[test]
fn a_damaged_file_of_a_large_body_is_set_aside_and_its_message_leaves_with_the_next_start() {
    for stored in [false, true] {
        let disk = SimDisk::default();
        let mut found = open(&disk);
        let (good, bad) = (keep(&mut found, LARGE), keep(&mut found, LARGE));
        if stored {
            [good, bad].into_iter().for_each(|mid| put_off(&mut found, mid));
            outlive_the_journal(&disk, &mut found);
        }
        disk.tamper(&blob(bad), |bytes| bytes[70_000] ^= 1);
        assert_eq!(read(&found, bad), Err(SpoolError::Missing(bad)));
        assert_eq!(blob_files(&disk), [good]);
        let item = listed(&found).items.remove(0);
        let length = (LARGE - super::FRONT_BYTES) as u64;
        assert_eq!((item.file, item.octets, item.mid), (format!("blobs/{bad}"), length, Some(bad)), "{stored}");
        drop(found);
        let found = open(&disk);
        assert_eq!((mids(&found), found.report.damaged), (vec![good], 1), "{stored}");
        let name = format!("{bad}.record");
        let beside = disk.contents(Path::new(QUARANTINE)).into_iter().find(|(path, _)| path.ends_with(&name));
        let front = body_of(bad, LARGE).slice(..super::FRONT_BYTES);
        assert!(beside.expect("its record").1.ends_with(&front), "{stored}");
        assert_eq!(read(&found, good), Ok(body_of(good, LARGE)), "{stored}");
    }
}

#[test]
fn one_that_can_be_read_after_all_stays() {
    let disk = SimDisk::default();
    let mut found = open(&disk);
    let mid = keep(&mut found, SIZE);
    put_off(&mut found, mid);
    outlive_the_journal(&disk, &mut found);
    let sound = disk.tables(|tables| tables.clone());
    disk.tables(|tables| tables.rot(mid, Rot::Body));
    assert_eq!(read(&found, mid), Err(SpoolError::Missing(mid)));
    drop(found);
    disk.tables(|tables| *tables = sound);
    let found = open(&disk);
    assert_eq!((mids(&found), read(&found, mid)), (vec![mid], Ok(body_of(mid, SIZE))));
}

#[test]
fn while_the_journal_still_has_it_what_rots_in_the_database_moves_once_more() {
    let disk = SimDisk::default();
    let mut found = open(&disk);
    let mid = keep(&mut found, SIZE);
    put_off(&mut found, mid);
    disk.tables(|tables| tables.rot(mid, Rot::Body));
    assert_eq!(read(&found, mid), Err(SpoolError::Missing(mid)));
    drop(found);
    let mut found = open(&disk);
    assert_eq!((mids(&found), read(&found, mid)), (vec![mid], Ok(body_of(mid, SIZE))));
    rest(&mut found, Duration::from_secs(2));
    assert_eq!(found.log.shared().place(mid), Some(Place::Stored { segment: None }));
    assert_eq!(read(&found, mid), Ok(body_of(mid, SIZE)));
}

#[test]
fn a_missing_file_is_listed_and_sent_once_it_is_back_at_a_start() {
    let disk = SimDisk::default();
    let mut found = open(&disk);
    let mid = keep(&mut found, LARGE);
    drop(found);
    crate::spool::disk::Disk::remove(&disk, &blob(mid)).unwrap();
    let found = open(&disk);
    let item = listed(&found).items.remove(0);
    assert_eq!((item.why, item.set_aside, item.mid), (DamageKind::Missing, false, Some(mid)));
    assert_eq!((mids(&found), read(&found, mid)), (vec![mid], Err(SpoolError::Missing(mid))));
    let file = crate::spool::disk::Disk::create(&disk, &blob(mid)).unwrap();
    file.write_at(&body_of(mid, LARGE)[super::FRONT_BYTES..], 0).unwrap();
    drop(found);
    let found = open(&disk);
    assert_eq!((listed(&found).total, read(&found, mid)), (0, Ok(body_of(mid, LARGE))));
}
