//! Thousands of random operations with the power cut between any two calls to the disk.

use super::ledger::Ledger;
use super::sim_disk::{Fault, SimDisk};
use super::{Found, at_once, blob_files, message, read_whole, streamed};
use crate::spool::journal::log::Log;
use crate::spool::journal::op::Op;
use crate::spool::{Begun, Kept, SpoolError, SpoolHealth, SpoolSettings, Submission};
use common::vocab::{AttemptId, HardBounce, MessageId, RecipientId, Timestamp};
use engine::envelope::{Settled, Settlement};
use engine::random::Random;
use std::time::Duration;
use tokio::sync::oneshot;

/// A client, its ledger, and the disk below.
struct World {
    random: Random,
    disk: SimDisk,
    ledger: Ledger,
    settings: SpoolSettings,
    attempts: u64,
    now: Duration,
    /// Large bodies that a start found.
    blobs_seen: usize,
}

/// What a round of operations asked for.
type Answers = Vec<(MessageId, oneshot::Receiver<Result<Kept, SpoolError>>)>;

impl World {
    fn open(&mut self) -> Found {
        let start = super::start(&self.disk, &self.settings).unwrap();
        let shared = start.log.shared().clone();
        let body = |mid| read_whole(&shared, &start.quarantine, mid).ok();
        self.ledger.check(&start.recovered, &start.report, body);
        assert_eq!(start.report.damaged, 0, "a power cut is no damage");
        let mids = start.recovered.iter().map(|found| found.envelope.mid);
        let live: Vec<MessageId> = mids.filter(|mid| shared.blobs.get(*mid).is_some()).collect();
        assert_eq!(blob_files(&self.disk), live, "no file is left of a message that is not there");
        self.blobs_seen += live.len();
        start
    }

    fn reserve(&mut self, log: &Log) -> MessageId {
        let mid = log.shared().reserve().0;
        self.ledger.reserved(mid);
        mid
    }

    /// A group of random operations; answers what was asked, and whether the group has to sync.
    fn group(&mut self, log: &Log) -> (Vec<Op>, Answers) {
        let (mut ops, mut answers) = (Vec::new(), Vec::new());
        for _ in 0..self.random.below(5) {
            let mid = self.reserve(log);
            if self.random.below(10) == 0 {
                continue; // the client went away
            }
            let size = match self.random.below(20) {
                0 => 70_000, // larger than a segment
                1..5 => self.random.below(20_000),
                _ => self.random.below(2_000),
            };
            let mut submission = message(mid, 1 + self.random.below(4) as usize, size as usize);
            if self.random.below(6) == 0 {
                submission.settles = self.reported_on();
            }
            if self.random.below(4) == 0 {
                match self.stream(log, submission) {
                    Some(whole) => submission = whole,
                    None => continue,
                }
            }
            self.ledger.sent(&submission);
            let (reply, answer) = oneshot::channel();
            ops.push(Op::Keep(submission, reply));
            answers.push((mid, answer));
        }
        for (mid, rids) in self.ledger.waiting() {
            if self.random.below(3) == 0 {
                self.attempt(mid, rids, &mut ops);
            }
        }
        (ops, answers)
    }

    /// A large body; some clients go away in the middle of it, and some disks are out of power.
    fn stream(&mut self, log: &Log, submission: Submission) -> Option<Submission> {
        let shared = log.shared();
        if self.random.below(5) > 0 {
            return streamed(shared, submission).ok();
        }
        let mut writer = at_once(shared.blobs.begin(submission.envelope.mid)).unwrap().ok()?;
        at_once(writer.write(vec![b'x'; 5_000])).ok().and(None)
    }

    /// What a report settles: the last waiting recipient of some message.
    fn reported_on(&mut self) -> Vec<Settlement> {
        let waiting = self.ledger.waiting();
        let some = waiting.get(self.random.below(waiting.len() as u64 + 1) as usize);
        let settles = some.map(|(mid, rids)| {
            let failed = (rids[rids.len() - 1], Settled::Bounced(HardBounce::FiveXx));
            Settlement { mid: *mid, recipients: vec![failed], message_done: rids.len() == 1 }
        });
        settles.into_iter().collect()
    }

    /// Tries to deliver some recipients of a message.
    fn attempt(&mut self, mid: MessageId, rids: Vec<RecipientId>, ops: &mut Vec<Op>) {
        let tried: Vec<RecipientId> = rids.into_iter().filter(|_| self.random.below(3) > 0).collect();
        if self.random.below(2) == 0 {
            self.attempts += 1;
            let begun = Begun { attempt: AttemptId(self.attempts), mid, rids: tried.clone() };
            self.ledger.begun(&begun);
            ops.push(Op::Begun(begun, oneshot::channel().0));
        }
        let mut recipients = Vec::new();
        for rid in tried {
            let attempts = self.ledger.attempts(mid, rid) + 1;
            let at = Timestamp(1_795_000_000_000 + self.random.below(1_000_000));
            recipients.push(match self.random.below(5) {
                0 => (rid, Settled::Deferred { attempts, next_attempt_at: at, braked: attempts % 2 == 0 }),
                1 => (rid, Settled::Bounced(HardBounce::FiveXx)),
                2 => (rid, Settled::Deleted),
                3 => (rid, Settled::Delivered),
                _ => continue,
            });
        }
        let settlement = Settlement { mid, recipients, message_done: false };
        self.ledger.settled(&settlement);
        ops.push(Op::Settle(vec![settlement]));
    }

    /// Runs groups until the disk stops working, or so many are done.
    fn work(&mut self, found: &mut Found, groups: u64) {
        for _ in 0..groups {
            self.now += Duration::from_millis(self.random.below(2_000));
            found.log.at(self.now);
            let log = &mut found.log;
            let (mut ops, answers) = self.group(log);
            let (reply, mut flushed) = oneshot::channel();
            if self.random.below(4) == 0 {
                ops.push(Op::Flush(reply));
            }
            log.run(&mut ops);
            let mut synced = matches!(flushed.try_recv(), Ok(Ok(())));
            for (mid, mut answer) in answers {
                if answer.try_recv() == Ok(Ok(Kept::New)) {
                    self.ledger.acknowledged(mid);
                    synced = true;
                }
            }
            match log.shared().health() {
                SpoolHealth::Failed(_) => return,
                _ if synced => self.ledger.synced(),
                _ => {}
            }
            // Sometimes the database is slow: what it was given is done some groups later.
            match self.random.below(3) {
                0 => found.job = found.job.take().or_else(|| found.log.next_job()),
                _ => while found.work() && self.random.below(4) > 0 {},
            }
        }
    }
}

/// Files that are emptied early, in small steps, so that every step is met.
fn busy() -> SpoolSettings {
    SpoolSettings {
        segments_max: 4,
        segment_age: Duration::from_secs(20),
        move_messages_max: 7,
        changes_max: 9,
        ..super::small()
    }
}

fn world(seed: u64) -> World {
    World {
        random: Random::new(seed),
        disk: SimDisk::default(),
        ledger: Ledger::default(),
        settings: busy(),
        attempts: 0,
        now: Duration::ZERO,
        blobs_seen: 0,
    }
}

#[test]
fn nothing_acknowledged_is_lost_and_nothing_settled_returns_whenever_the_power_goes() {
    let mut blobs = 0;
    for seed in 0..40 {
        let mut world = world(seed);
        for _ in 0..12 {
            let mut start = world.open();
            let cut = world.random.below(300);
            world.disk.arm(Fault::PowerCut(cut));
            world.work(&mut start, 60);
            drop(start);
            if world.random.below(4) > 0 {
                world.disk = world.disk.cut_power(&mut world.random);
            } else {
                world.disk.arm(Fault::None); // the process was killed; what it wrote is seen, but not yet on disk
            }
        }
        world.disk.arm(Fault::None);
        world.open();
        blobs += world.blobs_seen;
    }
    assert!(blobs > 500, "{blobs} large bodies came back");
}

#[test]
fn the_power_may_go_while_the_start_works() {
    for seed in 100..130 {
        let mut world = world(seed);
        for _ in 0..6 {
            let mut start = world.open();
            world.work(&mut start, 20);
            drop(start);
            world.disk = world.disk.cut_power(&mut world.random);
            for call in [1, 3, 5, 8, 13, 21, 34] {
                world.disk.arm(Fault::PowerCut(call));
                let _ = super::start(&world.disk, &world.settings);
                world.disk = world.disk.cut_power(&mut world.random);
            }
        }
        world.open();
    }
}

#[test]
fn a_killed_process_loses_nothing_that_was_written() {
    for seed in 200..220 {
        let mut world = world(seed);
        for _ in 0..10 {
            let mut start = world.open();
            world.work(&mut start, 30);
            if world.random.below(2) == 0 {
                start.log.finish().unwrap();
                world.ledger.synced();
            }
            drop(start); // what was written is seen by the next process, synced or not
        }
    }
}

#[test]
fn a_seed_is_a_seed() {
    let run = |seed| {
        let mut world = world(seed);
        let mut start = world.open();
        world.work(&mut start, 50);
        world.disk.used()
    };
    assert_eq!(run(7), run(7));
}
