//! Large bodies in files of their own: what is there, what goes, what is damaged, what finds no room.

use super::sim_disk::SimDisk;
use super::{Found, at_once, blob_files, body_of, message, read_whole, streamed, whole, whole_body};
use crate::spool::journal::op::Op;
use crate::spool::{IdempotencyKey, JournalSpool, Kept, PIECE_BYTES, Spool, SpoolError, SpoolHealth, Submission};
use common::vocab::{MessageId, RecipientId};
use engine::envelope::{Settled, Settlement};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use tokio::sync::oneshot;

const SIZE: usize = 3 * PIECE_BYTES + 1_000;

fn open(disk: &SimDisk) -> Found {
    super::start(disk, &super::small()).unwrap()
}

fn path(mid: MessageId) -> PathBuf {
    Path::new("/spool/blobs").join(mid.0.to_string())
}

fn ask(start: &mut Found, submission: Submission) -> Result<Kept, SpoolError> {
    let (reply, mut answer) = oneshot::channel();
    start.log.run(&mut vec![Op::Keep(submission, reply)]);
    answer.try_recv().unwrap()
}

fn keep(start: &mut Found, size: usize) -> MessageId {
    let mid = start.log.shared().reserve().0;
    let submission = streamed(start.log.shared(), message(mid, 1, size)).unwrap();
    assert_eq!(ask(start, submission), Ok(Kept::New));
    mid
}

fn settle(start: &mut Found, mid: MessageId) {
    let recipients = vec![(RecipientId(0), Settled::Delivered)];
    start.log.run(&mut vec![Op::Settle(vec![Settlement { mid, recipients, message_done: true }])]);
}

fn flush(start: &mut Found) {
    start.log.run(&mut vec![Op::Flush(oneshot::channel().0)]);
}

#[test]
fn a_file_goes_after_the_end_of_its_message_is_on_disk_and_not_before() {
    let disk = SimDisk::default();
    let mut start = open(&disk);
    let (mid, other) = (keep(&mut start, SIZE), keep(&mut start, SIZE));
    settle(&mut start, mid);
    assert_eq!(blob_files(&disk), [mid, other], "written, not yet on disk");
    flush(&mut start);
    assert_eq!(blob_files(&disk), [other]);
}

#[test]
fn a_file_does_not_wait_for_mail_to_bring_the_sync() {
    let disk = SimDisk::default();
    let mut start = open(&disk);
    let mid = keep(&mut start, SIZE);
    settle(&mut start, mid);
    assert_eq!(start.log.wake_at(), Some(super::small().move_wait));
    start.log.at(super::small().move_wait);
    assert!(start.log.next_job().is_none() && blob_files(&disk).is_empty());
    assert_eq!(start.log.wake_at(), None);
}

#[test]
fn whoever_reads_a_body_reads_it_to_its_end_though_its_message_ends_meanwhile() {
    let disk = SimDisk::default();
    let mut start = open(&disk);
    let mid = keep(&mut start, SIZE);
    let blob = start.log.shared().blobs.get(mid).unwrap();
    settle(&mut start, mid);
    flush(&mut start);
    assert_eq!(blob_files(&disk), [mid]);
    let body = crate::spool::Body::new(body_of(mid, SIZE).slice(..super::FRONT_BYTES), Some(blob));
    assert_eq!(at_once(body.whole()), Ok(body_of(mid, SIZE)));
    assert!(blob_files(&disk).is_empty(), "with its last reader");
}

#[test]
fn files_that_nobody_speaks_of_are_removed_at_the_start_and_counted() {
    let disk = SimDisk::default();
    let mut start = open(&disk);
    let kept = keep(&mut start, SIZE);
    for _ in 0..2 {
        let mid = start.log.shared().reserve().0;
        let whole = streamed(start.log.shared(), message(mid, 1, SIZE)).unwrap();
        std::mem::forget(whole); // the process dies before it is handed over
    }
    assert_eq!(blob_files(&disk).len(), 3);
    drop(start);
    let start = open(&disk);
    assert_eq!((start.report.orphans, start.report.damaged), (2, 0));
    assert_eq!(blob_files(&disk), [kept]);
}

#[test]
fn where_a_record_is_damaged_a_file_that_nobody_speaks_of_is_set_aside() {
    let disk = SimDisk::default();
    let mut start = open(&disk);
    let mid = keep(&mut start, SIZE);
    keep(&mut start, SIZE);
    let Some(crate::spool::journal::index::Place::Journal(spot)) = start.log.shared().place(mid) else { panic!() };
    drop(start);
    let journal = Path::new("/spool/journal").join(crate::spool::segment::file_name(spot.number));
    disk.tamper(&journal, |bytes| bytes[spot.offset as usize + 60] ^= 1);
    let start = open(&disk);
    assert_eq!((start.report.damaged, start.report.orphans, start.recovered.len()), (1, 1, 1));
    let aside = disk.contents(Path::new("/spool/quarantine"));
    let name = mid.0.to_string();
    let aside = aside.iter().find(|(path, _)| path.ends_with(&name)).expect("it is set aside");
    assert_eq!(aside.1, body_of(mid, SIZE).slice(super::FRONT_BYTES..));
}

#[test]
fn a_missing_file_is_told_of_at_the_start_and_its_message_stays_and_is_not_sent() {
    let disk = SimDisk::default();
    let mut start = open(&disk);
    let mid = keep(&mut start, SIZE);
    drop(start);
    crate::spool::disk::Disk::remove(&disk, &path(mid)).unwrap();
    let start = open(&disk);
    assert_eq!((start.report.damaged, start.recovered.len()), (1, 1));
    let shared = start.log.shared();
    assert_eq!(read_whole(shared, &start.quarantine, mid), Err(SpoolError::Missing(mid)));
    assert_eq!(shared.blobs.damaged(), 1);
}

#[test]
fn any_changed_octet_is_found_before_the_last_piece_and_nothing_is_given_out_again() {
    for at in [0, PIECE_BYTES, SIZE - super::FRONT_BYTES - 1] {
        let disk = SimDisk::default();
        let mut start = open(&disk);
        let mid = keep(&mut start, SIZE);
        disk.tamper(&path(mid), |bytes| bytes[at] ^= 1);
        let mut pieces = crate::spool::Body::new(bytes::Bytes::new(), start.log.shared().blobs.get(mid)).pieces();
        let mut given = 0;
        let end = loop {
            match at_once(pieces.next()) {
                Ok(piece) => given += piece.len(),
                Err(why) => break why,
            }
            assert!(!pieces.is_done(), "octet {at}");
        };
        assert_eq!(end, SpoolError::Missing(mid));
        assert!(given < SIZE - super::FRONT_BYTES);
        let mut again = crate::spool::Body::new(bytes::Bytes::new(), start.log.shared().blobs.get(mid)).pieces();
        assert_eq!(at_once(again.next()), Err(SpoolError::Missing(mid)), "not even its first piece");
        assert_eq!((start.log.shared().blobs.damaged(), start.quarantine.list().total), (1, 1));
        let aside = disk.contents(Path::new("/spool/quarantine"));
        assert_eq!((aside.len(), blob_files(&disk)), (1, vec![]), "it is set aside to be looked at");
    }
}

#[test]
fn a_file_that_was_cut_or_swapped_is_found() {
    let disk = SimDisk::default();
    let mut start = open(&disk);
    let (cut, swapped, other) = (keep(&mut start, SIZE), keep(&mut start, SIZE), keep(&mut start, SIZE));
    disk.tamper(&path(cut), |bytes| bytes.truncate(bytes.len() - 1));
    let content =
        disk.contents(Path::new("/spool/blobs")).into_iter().find(|(name, _)| *name == path(other)).unwrap().1;
    disk.tamper(&path(swapped), |bytes| bytes.clone_from(&content));
    for mid in [cut, swapped] {
        assert_eq!(read_whole(start.log.shared(), &start.quarantine, mid), Err(SpoolError::Missing(mid)));
    }
    assert_eq!(read_whole(start.log.shared(), &start.quarantine, other), Ok(body_of(other, SIZE)));
}

#[test]
fn no_room_for_a_body_is_said_and_leaves_nothing_and_the_spool_goes_on() {
    let disk = SimDisk::default();
    let mut start = open(&disk);
    disk.set_room(Some(disk.used() + SIZE / 2));
    let mid = start.log.shared().reserve().0;
    let refused = streamed(start.log.shared(), message(mid, 1, SIZE)).map(|_| ());
    assert_eq!(refused, Err(SpoolError::Full));
    assert!(blob_files(&disk).is_empty());
    assert_eq!(start.log.shared().health(), SpoolHealth::Ok);
    disk.set_room(None);
    keep(&mut start, SIZE);
}

#[test]
fn of_two_with_the_same_key_the_later_leaves_no_file() {
    let disk = SimDisk::default();
    let mut start = open(&disk);
    let mut answers = Vec::new();
    for _ in 0..2 {
        let mid = start.log.shared().reserve().0;
        let key = Some(IdempotencyKey { name: [1; 32], request: [2; 32] });
        let submission = streamed(start.log.shared(), message(mid, 1, SIZE)).unwrap();
        answers.push((mid, ask(&mut start, Submission { key, ..submission })));
    }
    let (first, second) = (answers[0].0, &answers[1].1);
    assert_eq!((&answers[0].1, second), (&Ok(Kept::New), &Ok(Kept::Before(first))));
    assert_eq!(blob_files(&disk), [first]);
}

#[tokio::test]
async fn a_client_that_goes_away_leaves_no_file() {
    let disk = SimDisk::default();
    let opened = JournalSpool::open_on(Arc::new(disk.clone()), Path::new("/spool"), super::small()).unwrap();
    let mid = opened.spool.reserve();
    let mut writer = opened.spool.stream(mid).await.unwrap().unwrap();
    writer.write(vec![b'x'; 100]).await.unwrap();
    drop(writer);
    // The same thread is asked, so the file is gone by the time that it may be made again.
    let mut writer = opened.spool.stream(mid).await.unwrap().expect("the file of before is gone");
    writer.write(vec![b'y'; 100]).await.unwrap();
    drop(writer.finish().await.unwrap());
    drop(opened.spool.stream(mid).await.unwrap().expect("and so is one that was whole"));
    opened.spool.stop().await.unwrap().unwrap();
}

#[tokio::test]
async fn a_large_body_goes_through_the_threads_and_over_a_restart() {
    let folder = tempfile::tempdir().unwrap();
    let opened = JournalSpool::open(folder.path(), super::small()).unwrap();
    let mid = opened.spool.reserve();
    let mut writer = opened.spool.stream(mid).await.unwrap().unwrap();
    let expected = body_of(mid, 5 << 20);
    for piece in expected.slice(10..).chunks(PIECE_BYTES) {
        writer.write(piece.to_vec()).await.unwrap();
    }
    let body = crate::spool::Body::new(expected.slice(..10), Some(writer.finish().await.unwrap()));
    assert_eq!(body.size_bytes(), 5 << 20);
    opened.spool.keep(Submission { body, ..message(mid, 1, 5 << 20) }).await.unwrap().unwrap();
    assert_eq!(whole_body(&*opened.spool, mid).await, Ok(expected.clone()));
    opened.spool.stop().await.unwrap().unwrap();
    let opened = whole(JournalSpool::open(folder.path(), super::small()).unwrap());
    assert_eq!((opened.recovered.len(), opened.report.orphans, opened.report.damaged), (1, 0, 0));
    assert_eq!(whole_body(&*opened.spool, mid).await, Ok(expected));
    opened.spool.stop().await.unwrap().unwrap();
}
