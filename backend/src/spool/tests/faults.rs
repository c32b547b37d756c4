//! Any one call to the disk fails; the disk is full; a sync fails.

use super::ledger::Ledger;
use super::sim_disk::{Fault, SimDisk};
use super::{Found, blob_files, message, read_whole, streamed};
use crate::spool::journal::log::Log;
use crate::spool::journal::op::Op;
use crate::spool::{OpenError, SpoolError, SpoolHealth};
use common::vocab::{MessageId, RecipientId};
use engine::envelope::{Settled, Settlement};
use engine::random::Random;
use std::io::ErrorKind;
use std::path::Path;
use tokio::sync::oneshot;

/// Some bodies above this are files of their own.
const LARGE_BYTES: usize = 8_000;

fn open(disk: &SimDisk) -> Result<Found, OpenError> {
    super::start(disk, &super::small())
}

fn check(disk: &SimDisk, ledger: &mut Ledger) {
    let start = open(disk).unwrap();
    let shared = start.log.shared().clone();
    ledger.check(&start.recovered, &start.report, |mid| read_whole(&shared, &start.quarantine, mid).ok());
    assert_eq!(start.report.damaged, 0);
    let live = start.recovered.iter().filter(|found| shared.blobs.get(found.envelope.mid).is_some()).count();
    assert_eq!(blob_files(disk).len(), live, "no file is left of a message that is not there");
}

/// Runs one operation that is answered.
fn ask<T>(log: &mut Log, op: impl FnOnce(oneshot::Sender<Result<T, SpoolError>>) -> Op) -> Result<T, SpoolError> {
    let (reply, mut answer) = oneshot::channel();
    log.run(&mut vec![op(reply)]);
    answer.try_recv().expect("every question is answered")
}

fn keep(log: &mut Log, ledger: &mut Ledger, size: usize) -> Result<MessageId, SpoolError> {
    let mid = log.shared().reserve().0;
    ledger.reserved(mid);
    let mut submission = message(mid, 2, size);
    if mid.0 % 4 == 1 && size > LARGE_BYTES {
        submission = streamed(log.shared(), submission)?;
    }
    ledger.sent(&submission);
    ask(log, |reply| Op::Keep(submission, reply))?;
    ledger.acknowledged(mid);
    ledger.synced();
    Ok(mid)
}

fn settle(log: &mut Log, ledger: &mut Ledger, mid: MessageId) {
    let recipients = [0, 1].map(|rid| (RecipientId(rid), Settled::Delivered)).into();
    let settlement = Settlement { mid, recipients, message_done: true };
    ledger.settled(&settlement);
    log.run(&mut vec![Op::Settle(vec![settlement])]);
}

/// A working day: enough to go through several files, to free some, and to flush now and then.
fn day(log: &mut Log, ledger: &mut Ledger) {
    for hour in 0..40usize {
        let kept = keep(log, ledger, if hour == 20 { 70_000 } else { 9_000 });
        log.ask_for_room(true);
        if let Ok(mid) = kept
            && hour % 8 != 3
        {
            settle(log, ledger, mid);
        }
        if hour % 5 == 4 && ask(log, Op::Flush) == Ok(()) {
            ledger.synced();
        }
    }
    if log.finish() == Ok(()) {
        ledger.synced();
    }
}

/// Makes the n-th call of a day fail, for every n; answers how the spool stood at the end of each day.
fn days_with_one_failure(kind: ErrorKind) -> Vec<SpoolHealth> {
    let mut ends = Vec::new();
    for number in 1.. {
        let (disk, mut ledger) = (SimDisk::default(), Ledger::default());
        disk.arm(Fault::Once(number, kind));
        if let Ok(mut start) = open(&disk) {
            day(&mut start.log, &mut ledger);
            start.log.ask_for_room(true);
            ends.push(start.log.shared().health());
        }
        let untouched = disk.calls() < number;
        disk.arm(Fault::None);
        check(&disk.cut_power(&mut Random::new(number)), &mut ledger.clone());
        check(&disk.copy(), &mut ledger);
        if untouched {
            break;
        }
    }
    ends
}

#[test]
fn any_one_call_may_fail_and_nothing_acknowledged_is_lost() {
    let ends = days_with_one_failure(ErrorKind::Other);
    assert!(ends.len() > 100, "{}", ends.len());
    let failed = ends.iter().filter(|end| matches!(end, SpoolHealth::Failed(_))).count();
    assert!(failed > ends.len() / 2, "a failure does not pass: {failed} of {}", ends.len());
}

#[test]
fn a_full_disk_passes_and_a_full_sync_does_not() {
    let ends = days_with_one_failure(ErrorKind::StorageFull);
    let ok = ends.iter().filter(|end| **end == SpoolHealth::Ok).count();
    let failed = ends.iter().filter(|end| matches!(end, SpoolHealth::Failed(_))).count();
    assert_eq!(ok + failed, ends.len(), "once there is room again, it stands well");
    assert!(ok > 40 && failed > 40, "{ok} passed, {failed} did not");
}

#[test]
fn after_a_failed_sync_nothing_is_accepted_and_nothing_is_written() {
    let (disk, mut ledger) = (SimDisk::default(), Ledger::default());
    let mut start = open(&disk).unwrap();
    let log = &mut start.log;
    keep(log, &mut ledger, 100).unwrap();
    disk.arm(Fault::Once(2, ErrorKind::Other)); // 1 is the write
    let refused = keep(log, &mut ledger, 100).unwrap_err();
    assert!(matches!(&refused, SpoolError::Failed(why) if why.contains("sync")), "{refused}");
    let calls = disk.calls();
    assert!(matches!(keep(log, &mut ledger, 100), Err(SpoolError::Failed(_))));
    assert!(matches!(ask(log, Op::Flush), Err(SpoolError::Failed(_))));
    settle(log, &mut ledger, MessageId(1));
    log.ask_for_room(true);
    assert!(log.finish().is_err());
    assert_eq!(disk.calls(), calls, "the disk is left alone");
    assert!(matches!(log.shared().health(), SpoolHealth::Failed(_)));
    drop(start);
    check(&disk.cut_power(&mut Random::new(1)), &mut ledger);
}

#[test]
fn a_full_disk_refuses_mail_and_takes_results_and_recovers_by_itself() {
    let (disk, mut ledger) = (SimDisk::default(), Ledger::default());
    let mut start = open(&disk).unwrap();
    let log = &mut start.log;
    disk.set_room(Some(disk.used() + (300 << 10)));
    let mut kept = Vec::new();
    let refused = loop {
        match keep(log, &mut ledger, 9_000) {
            Ok(mid) => kept.push(mid),
            Err(why) => break why,
        }
    };
    assert_eq!(refused, SpoolError::Full);
    assert_eq!(log.shared().health(), SpoolHealth::Full);
    assert!(kept.len() >= 20, "{}", kept.len());
    log.ask_for_room(true);
    assert_eq!(keep(log, &mut ledger, 100), Err(SpoolError::Full), "there is still no room");
    for mid in &kept {
        settle(log, &mut ledger, *mid);
    }
    assert_eq!(ask(log, Op::Flush), Ok(()));
    ledger.synced();
    log.ask_for_room(true);
    assert_eq!(log.shared().health(), SpoolHealth::Ok, "what was delivered gave its room back");
    keep(log, &mut ledger, 9_000).unwrap();
    drop(start);
    check(&disk.cut_power(&mut Random::new(1)), &mut ledger);
}

#[test]
fn results_have_a_reserve_of_their_own() {
    let (disk, mut ledger) = (SimDisk::default(), Ledger::default());
    let mut start = open(&disk).unwrap();
    let log = &mut start.log;
    disk.set_room(Some(disk.used()));
    let mut kept = Vec::new();
    while let Ok(mid) = keep(log, &mut ledger, 1_500) {
        kept.push(mid);
    }
    // Far more results than the room left in the present file: each message is deferred again and again.
    let mut rounds_on_disk = 0;
    for attempts in 1..60 {
        let deferred = |mid: &MessageId| {
            let later = Settled::Deferred {
                attempts,
                next_attempt_at: common::vocab::Timestamp(u64::from(attempts)),
                braked: false,
            };
            let recipients = [0, 1].map(|rid| (RecipientId(rid), later)).into();
            Settlement { mid: *mid, recipients, message_done: false }
        };
        let settlements: Vec<Settlement> = kept.iter().map(deferred).collect();
        settlements.iter().for_each(|settlement| ledger.settled(settlement));
        log.run(&mut vec![Op::Settle(settlements)]);
        if ask(log, Op::Flush) == Ok(()) {
            ledger.synced();
            rounds_on_disk += 1;
        }
    }
    assert!((10..59).contains(&rounds_on_disk), "{rounds_on_disk} rounds had room");
    drop(start);
    check(&disk, &mut ledger);
}

#[test]
fn mail_that_was_refused_for_want_of_room_does_not_come_back() {
    let disk = SimDisk::default();
    let mut start = open(&disk).unwrap();
    let log = &mut start.log;
    let (mut ops, mut answers) = (Vec::new(), Vec::new());
    for _ in 0..4 {
        let (reply, answer) = oneshot::channel();
        ops.push(Op::Keep(message(log.shared().reserve().0, 1, 1_000), reply));
        answers.push(answer);
    }
    disk.arm(Fault::Once(1, ErrorKind::StorageFull)); // the write of the group, half of which arrives
    log.run(&mut ops);
    for mut answer in answers {
        assert_eq!(answer.try_recv(), Ok(Err(SpoolError::Full)));
    }
    assert!(open(&disk.copy()).unwrap().recovered.is_empty());
    log.ask_for_room(true);
    let kept = keep(log, &mut Ledger::default(), 10).unwrap();
    let found = open(&disk.copy()).unwrap().recovered;
    assert_eq!(found.iter().map(|r| r.envelope.mid).collect::<Vec<_>>(), [kept]);
}

#[test]
fn a_start_on_a_full_disk_still_delivers() {
    let (disk, mut ledger) = (SimDisk::default(), Ledger::default());
    let mut start = open(&disk).unwrap();
    let mid = keep(&mut start.log, &mut ledger, 9_000).unwrap();
    drop(start);
    // Somebody removed the reserve, and something else took its room.
    let spare = disk.contents(Path::new("/spool/journal")).into_iter().find(|(_, bytes)| bytes.iter().all(|&b| b == 0));
    crate::spool::disk::Disk::remove(&disk, &spare.unwrap().0).unwrap();
    disk.set_room(Some(disk.used()));
    let mut start = open(&disk).unwrap();
    assert_eq!(start.log.shared().health(), SpoolHealth::Full);
    assert_eq!(keep(&mut start.log, &mut ledger, 100), Err(SpoolError::Full));
    settle(&mut start.log, &mut ledger, mid);
    assert_eq!(ask(&mut start.log, Op::Flush), Ok(()));
    ledger.synced();
    drop(start);
    disk.set_room(None);
    check(&disk, &mut ledger);
}
