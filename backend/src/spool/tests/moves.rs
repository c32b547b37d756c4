//! What moves to the database, what is adopted, what is copied, and what a lost database costs.

use super::sim_disk::SimDisk;
use super::{Found, body_of, message};
use crate::spool::journal::op::Op;
use crate::spool::journal::read_body;
use crate::spool::{IdempotencyKey, Kept, SpoolSettings, Submission};
use common::vocab::{MessageId, RecipientId, Timestamp};
use engine::envelope::{Settled, Settlement};
use std::time::Duration;
use tokio::sync::oneshot;

const SIZE: usize = 2_000;

fn settings() -> SpoolSettings {
    SpoolSettings { segment_age: Duration::from_secs(30), ..super::small() }
}

fn open(disk: &SimDisk) -> Found {
    super::start(disk, &settings()).unwrap()
}

fn keep(found: &mut Found) -> MessageId {
    let mid = found.log.shared().reserve().0;
    let (reply, mut answer) = oneshot::channel();
    found.log.run(&mut vec![Op::Keep(message(mid, 2, SIZE), reply)]);
    assert_eq!(answer.try_recv(), Ok(Ok(Kept::New)));
    mid
}

fn settle(found: &mut Found, mid: MessageId, settled: Settled, message_done: bool) {
    let recipients = [0, 1].map(|rid| (RecipientId(rid), settled)).into();
    let (reply, _) = oneshot::channel();
    let settlement = Settlement { mid, recipients, message_done };
    found.log.run(&mut vec![Op::Settle(vec![settlement]), Op::Flush(reply)]);
}

fn deferred(found: &mut Found, mid: MessageId) {
    settle(found, mid, Settled::Deferred { attempts: 1, next_attempt_at: Timestamp(7), braked: false }, false);
}

fn done(found: &mut Found, mid: MessageId) {
    settle(found, mid, Settled::Delivered, true);
}

/// Lets the time come, and the database do all that it is asked.
fn rest(found: &mut Found, now: Duration) {
    found.log.at(now);
    while found.work() {}
    found.log.at(now + Duration::from_secs(5));
    while found.work() {}
}

fn is_there(found: &Found, mid: MessageId) -> bool {
    read_body(found.log.shared(), &found.quarantine, mid) == Ok(body_of(mid, SIZE))
}

fn mids(found: &Found) -> Vec<MessageId> {
    found.recovered.iter().map(|recovered| recovered.envelope.mid).collect()
}

#[test]
fn what_is_deferred_moves_and_comes_back_with_its_time() {
    let disk = SimDisk::default();
    let mut found = open(&disk);
    let (stays, moves) = (keep(&mut found), keep(&mut found));
    deferred(&mut found, moves);
    rest(&mut found, Duration::from_secs(1));
    assert_eq!(disk.tables(|tables| tables.messages()), 1);
    assert!(is_there(&found, stays) && is_there(&found, moves));
    drop(found);
    let mut found = open(&disk);
    assert_eq!(mids(&found), [stays, moves]);
    assert_eq!(found.recovered[1].waiting[0].next_attempt_at, Some(Timestamp(7)));
    assert_eq!(found.recovered[1].waiting[0].attempts, 1);
    done(&mut found, moves);
    rest(&mut found, Duration::from_secs(100));
    assert_eq!(disk.tables(|tables| tables.messages()), 0);
    drop(found);
    assert_eq!(mids(&open(&disk)), [stays]);
}

#[test]
fn a_file_with_few_that_wait_is_emptied_and_used_again() {
    let disk = SimDisk::default();
    let mut found = open(&disk);
    let waits = keep(&mut found);
    for _ in 0..400 {
        let mid = keep(&mut found);
        done(&mut found, mid);
        rest(&mut found, Duration::ZERO);
    }
    assert_eq!(disk.tables(|tables| (tables.messages(), tables.adopted())), (1, 0));
    assert!(is_there(&found, waits));
    let files = disk.contents(std::path::Path::new("/spool/journal")).len();
    assert!(files <= 10 + 5, "{files} files for one message");
    drop(found);
    assert_eq!(mids(&open(&disk)), [waits]);
}

/// Fills more than one file with mail that waits, and lets it be adopted.
fn adopted(disk: &SimDisk) -> (Found, Vec<MessageId>) {
    let mut found = open(disk);
    let mids: Vec<MessageId> = (0..60).map(|_| keep(&mut found)).collect();
    rest(&mut found, Duration::from_secs(31));
    assert_eq!(disk.tables(|tables| tables.adopted()), 2, "the full ones");
    (found, mids)
}

#[test]
fn a_file_of_which_much_waits_is_adopted_and_its_bodies_are_read_from_it() {
    let disk = SimDisk::default();
    let (found, all) = adopted(&disk);
    assert!(all.iter().all(|mid| is_there(&found, *mid)));
    drop(found);
    let found = open(&disk);
    assert_eq!(mids(&found), all);
    assert!(all.iter().all(|mid| is_there(&found, *mid)));
}

#[test]
fn what_is_left_of_an_adopted_file_is_copied_and_the_file_used_again() {
    let disk = SimDisk::default();
    let (mut found, all) = adopted(&disk);
    let (survivor, others) = all.split_first().unwrap();
    for (round, mid) in others.iter().enumerate() {
        done(&mut found, *mid);
        rest(&mut found, Duration::from_secs(100 + 10 * round as u64));
    }
    assert_eq!(disk.tables(|tables| (tables.messages(), tables.adopted())), (1, 0));
    assert!(is_there(&found, *survivor));
    drop(found);
    let mut found = open(&disk);
    assert_eq!(mids(&found), [*survivor]);
    for _ in 0..200 {
        let mid = keep(&mut found);
        done(&mut found, mid);
    }
    assert!(is_there(&found, *survivor), "its old file has another content by now");
}

#[test]
fn a_database_that_lost_commits_is_noticed_and_the_journal_gives_back_what_it_has() {
    let disk = SimDisk::default();
    let mut found = open(&disk);
    let before = disk.tables(|tables| tables.clone());
    let (one, two) = (keep(&mut found), keep(&mut found));
    deferred(&mut found, two);
    rest(&mut found, Duration::from_secs(1));
    drop(found);
    disk.tables(|tables| *tables = before);
    let found = open(&disk);
    assert_eq!(found.report.lost_batches, 1);
    assert_eq!(mids(&found), [one, two]);
    assert!(is_there(&found, two));
}

#[test]
fn adopted_files_come_back_by_themselves_when_the_database_is_lost() {
    let disk = SimDisk::default();
    let (found, all) = adopted(&disk);
    drop(found);
    disk.tables(|tables| *tables = Default::default());
    let found = open(&disk);
    assert!(found.report.lost_batches > 0);
    assert_eq!(mids(&found), all);
    assert!(all.iter().all(|mid| is_there(&found, *mid)));
}

#[test]
fn a_full_database_leaves_messages_in_the_journal_and_is_asked_again() {
    let disk = SimDisk::default();
    let mut found = open(&disk);
    let mid = keep(&mut found);
    deferred(&mut found, mid);
    found.log.at(Duration::ZERO);
    assert!(!found.work());
    found.log.at(Duration::from_secs(1));
    disk.arm(super::sim_disk::Fault::Once(2, std::io::ErrorKind::StorageFull)); // 1 reads the record
    assert!(found.work());
    assert_eq!(disk.tables(|tables| tables.messages()), 0);
    let other = keep(&mut found);
    rest(&mut found, Duration::from_secs(3));
    assert_eq!(disk.tables(|tables| tables.messages()), 1);
    assert!(is_there(&found, mid) && is_there(&found, other));
}

#[test]
fn a_database_that_fails_ends_the_process() {
    let disk = SimDisk::default();
    let mut found = open(&disk);
    let mid = keep(&mut found);
    deferred(&mut found, mid);
    found.log.at(Duration::ZERO);
    found.work();
    found.log.at(Duration::from_secs(1));
    disk.arm(super::sim_disk::Fault::Once(2, std::io::ErrorKind::Other));
    found.work();
    assert!(matches!(found.log.shared().health(), crate::spool::SpoolHealth::Failed(_)));
    disk.arm(super::sim_disk::Fault::None);
    drop(found);
    assert_eq!(mids(&open(&disk)), [mid]);
}

#[test]
fn a_clients_name_outlives_its_journal_file() {
    let disk = SimDisk::default();
    let mut found = open(&disk);
    let key = IdempotencyKey { name: [7; 32], request: [1; 32] };
    let ask = |found: &mut Found| {
        let (reply, mut answer) = oneshot::channel();
        let mid = found.log.shared().reserve().0;
        let submission = Submission { key: Some(key), ..message(mid, 2, SIZE) };
        found.log.run(&mut vec![Op::Keep(submission, reply)]);
        answer.try_recv().unwrap().unwrap()
    };
    assert_eq!(ask(&mut found), Kept::New);
    let first = MessageId(1);
    done(&mut found, first);
    for round in 0..300 {
        let mid = keep(&mut found);
        done(&mut found, mid);
        rest(&mut found, Duration::from_secs(round * 10));
    }
    let files = disk.contents(std::path::Path::new("/spool/journal"));
    assert!(files.iter().all(|(path, _)| !path.ends_with("00000001.jnl")), "it was used again");
    assert_eq!(ask(&mut found), Kept::Before(first));
    drop(found);
    assert_eq!(ask(&mut open(&disk)), Kept::Before(first));
}
