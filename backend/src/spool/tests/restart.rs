//! What waits from before is read while mail is taken and delivered: nobody is lost, nobody comes twice, whatever happens
//! meanwhile.

use super::sim_disk::{Fault, SimDisk};
use super::{Found, begin, body_of, message, small, start};
use crate::spool::journal::op::Op;
use crate::spool::journal::read_body;
use crate::spool::{IdempotencyKey, Kept, SpoolError, SpoolSettings, Submission};
use common::vocab::{HardBounce, MessageId, RecipientId, Timestamp};
use engine::envelope::{Settled, Settlement};
use engine::random::Random;
use std::collections::BTreeSet;
use std::time::Duration;
use tokio::sync::oneshot;

const SIZE: usize = 900;
const WAITING: usize = 40;

fn settings() -> SpoolSettings {
    SpoolSettings { segment_age: Duration::from_secs(30), ..small() }
}

fn keep(found: &mut Found, key: Option<IdempotencyKey>, settles: Vec<Settlement>) -> Option<Kept> {
    let mid = found.log.shared().reserve().0;
    let (reply, mut answer) = oneshot::channel();
    found.log.run(&mut vec![Op::Keep(Submission { key, settles, ..message(mid, 1, SIZE) }, reply)]);
    answer.try_recv().ok()?.ok()
}

/// Recipient 0 of each ends so; answers whether that is on disk.
fn settle(found: &mut Found, mids: &[MessageId], settled: Settled) -> bool {
    let settlement = |mid: &MessageId| Settlement {
        mid: *mid,
        recipients: vec![(RecipientId(0), settled)],
        message_done: !matches!(settled, Settled::Deferred { .. }),
    };
    let (reply, mut flushed) = oneshot::channel();
    found.log.run(&mut vec![Op::Settle(mids.iter().map(settlement).collect()), Op::Flush(reply)]);
    matches!(flushed.try_recv(), Ok(Ok(())))
}

fn rest(found: &mut Found, now: u64) {
    for at in [now, now + 5] {
        found.log.at(Duration::from_secs(at));
        while found.work() {}
    }
}

fn mids(found: &Found) -> Vec<MessageId> {
    found.recovered.iter().map(|recovered| recovered.envelope.mid).collect()
}

/// Most lie in adopted files, some were deferred and moved, the newest are in the journal.
fn filled(disk: &SimDisk) -> Vec<MessageId> {
    let mut found = start(disk, &settings()).unwrap();
    let later = Settled::Deferred { attempts: 1, next_attempt_at: Timestamp(7), braked: false };
    for n in 0..WAITING as u64 {
        keep(&mut found, None, Vec::new()).unwrap();
        if n % 8 == 0 {
            settle(&mut found, &[MessageId(n + 1)], later);
        }
    }
    rest(&mut found, 31);
    for _ in 0..WAITING {
        keep(&mut found, None, Vec::new()).unwrap();
    }
    rest(&mut found, 80);
    (0..5).for_each(|_| assert_eq!(keep(&mut found, None, Vec::new()), Some(Kept::New)));
    assert!(disk.tables(|tables| tables.messages() > 40 && tables.adopted() > 0));
    (1..=2 * WAITING as u64 + 5).map(MessageId).collect()
}

#[test]
fn a_message_is_known_before_it_is_handed_out_and_not_earlier() {
    let disk = SimDisk::default();
    let all = filled(&disk);
    let mut found = begin(&disk, &settings()).unwrap();
    let count = found.stock.count().unwrap();
    let body = |found: &Found, mid| read_body(found.log.shared(), &found.quarantine, mid);
    assert_eq!(body(&found, all[0]), Err(SpoolError::Missing(all[0])));
    while found.read_on().unwrap() {
        let handed_out = mids(&found);
        assert!(handed_out.iter().all(|mid| body(&found, *mid) == Ok(body_of(*mid, SIZE))));
    }
    assert_eq!(mids(&found), all);
    assert_eq!((found.report.messages, found.report.recipients), (all.len() as u64, all.len() as u64));
    assert_eq!((count, found.stock.read()), (all.len() as u64, all.len() as u64));
}

#[test]
fn nothing_moves_while_the_start_reads_and_everything_after() {
    let disk = SimDisk::default();
    let all = filled(&disk);
    let mut found = begin(&disk, &settings()).unwrap();
    found.read_on().unwrap();
    let (first, rows) = (mids(&found), disk.tables(|tables| tables.messages()));
    assert!(settle(&mut found, &first, Settled::Delivered));
    (0..200).for_each(|_| assert_eq!(keep(&mut found, None, Vec::new()), Some(Kept::New)));
    found.log.at(Duration::from_secs(1_000));
    assert!(!found.work() && found.log.wake_at().is_none());
    assert_eq!(disk.tables(|tables| tables.messages()), rows);
    while found.read_on().unwrap() {}
    assert_eq!(mids(&found), all, "what was kept meanwhile is not handed out again");
    rest(&mut found, 1_001);
    let kept = disk.tables(|tables| tables.messages());
    assert!(kept > rows, "{kept} rows, {rows} before: what is new has moved");
    drop(found);
    let found = start(&disk, &settings()).unwrap();
    assert_eq!(found.recovered.len(), all.len() - first.len() + 200);
    assert!(first.iter().all(|mid| !mids(&found).contains(mid)));
}

#[test]
fn a_clients_name_counts_before_its_message_is_known() {
    let disk = SimDisk::default();
    let key = IdempotencyKey { name: [7; 32], request: [1; 32] };
    let mut found = start(&disk, &settings()).unwrap();
    assert_eq!(keep(&mut found, Some(key), Vec::new()), Some(Kept::New));
    settle(
        &mut found,
        &[MessageId(1)],
        Settled::Deferred { attempts: 1, next_attempt_at: Timestamp(7), braked: false },
    );
    rest(&mut found, 31);
    drop(found);
    let mut found = begin(&disk, &settings()).unwrap();
    assert_eq!(keep(&mut found, Some(key), Vec::new()), Some(Kept::Before(MessageId(1))));
}

#[test]
fn an_adopted_file_of_which_nothing_waits_is_used_again_after_a_start() {
    let disk = SimDisk::default();
    let all = filled(&disk);
    let mut found = begin(&disk, &settings()).unwrap();
    // All of them are settled as they come, before the database is written to.
    while found.read_on().unwrap() {
        let handed_out = mids(&found);
        settle(&mut found, &handed_out, Settled::Deleted);
    }
    rest(&mut found, 100);
    rest(&mut found, 200);
    assert_eq!(mids(&found), all);
    assert_eq!(disk.tables(|tables| (tables.messages(), tables.adopted())), (0, 0));
}

/// The power is cut at some call to the disk while a start reads, delivers, reports and takes mail.
#[test]
fn a_start_that_is_cut_off_loses_nobody_and_brings_nobody_back() {
    for seed in 1..=60 {
        let mut disk = SimDisk::default();
        let mut expected: BTreeSet<MessageId> = filled(&disk).into_iter().collect();
        let mut random = Random::new(seed);
        let mut open_ends = BTreeSet::new();
        for _ in 0..4 {
            let mut found = begin(&disk, &settings()).unwrap();
            disk.arm(Fault::PowerCut(1 + random.below(60)));
            let mut told = 0;
            for at in 0..40 {
                let more = found.read_on().unwrap();
                let (handed_out, until) = (mids(&found), found.recovered.len());
                for mid in &handed_out[told..until] {
                    let gone = if random.below(3) > 0 {
                        continue;
                    } else if random.below(2) == 0 {
                        settle(&mut found, &[*mid], Settled::Delivered)
                    } else {
                        let ends = vec![(RecipientId(0), Settled::Bounced(HardBounce::FiveXx))];
                        let settles = vec![Settlement { mid: *mid, recipients: ends, message_done: true }];
                        let before = found.log.shared().next();
                        let kept = keep(&mut found, None, settles) == Some(Kept::New);
                        if kept {
                            expected.insert(MessageId(before))
                        } else {
                            open_ends.insert(MessageId(before))
                        };
                        kept
                    };
                    expected.remove(mid);
                    if !gone {
                        open_ends.insert(*mid); // may go either way
                    }
                }
                told = until;
                if !more {
                    rest(&mut found, 100 * (at + 1));
                }
            }
            drop(found);
            disk = disk.cut_power(&mut random);
            let found = start(&disk, &settings()).unwrap();
            let there: BTreeSet<MessageId> = mids(&found).into_iter().collect();
            assert_eq!(there.len(), found.recovered.len(), "seed {seed}: somebody came twice");
            let lost: Vec<_> = expected.difference(&there).collect();
            assert!(lost.is_empty(), "seed {seed}: lost {lost:?}");
            let back: Vec<_> = there.iter().filter(|mid| !expected.contains(mid) && !open_ends.contains(mid)).collect();
            assert!(back.is_empty(), "seed {seed}: back {back:?}");
            assert!(there.iter().all(|mid| read_body(found.log.shared(), &found.quarantine, *mid).is_ok()));
            (expected, open_ends) = (there, BTreeSet::new());
        }
    }
}
