//! The disk is full while everything bounces, and the process dies: nobody is lost, nobody is told of twice.

use super::{report, settings};
use crate::clock::Clock;
use crate::report::{ReportLimits, ReportSettings, open};
use crate::spool::tests::sim_disk::SimDisk;
use crate::spool::tests::{Whole, whole};
use crate::spool::{JournalSpool, Spool, SpoolError, SpoolHealth, SpoolSettings, Submission};
use common::vocab::MessageId;
use engine::random::Random;
use engine::report::{Report, ReportKind};
use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

const RECIPIENTS: u32 = 3;
/// Only a broken test waits so long.
const BOUND: Duration = Duration::from_secs(60);

/// Small files, so that the disk is soon full; it is asked often, so that the test does not wait.
fn start(disk: &SimDisk) -> Whole<JournalSpool> {
    let settings = SpoolSettings {
        segment_bytes: 64 << 10,
        prepare_ahead: false,
        full_retry: Duration::from_millis(20),
        ..SpoolSettings::default()
    };
    whole(JournalSpool::open_on(Arc::new(disk.clone()), Path::new("/spool"), settings).unwrap())
}

fn hurried() -> ReportSettings {
    let limits = ReportLimits { full_retry: Duration::from_millis(20), hourly_max: 10_000, ..ReportLimits::default() };
    ReportSettings { limits, ..settings() }
}

fn failure(mid: MessageId) -> Report {
    report(mid.0, ReportKind::Failed, "me@here.test", RECIPIENTS)
}

/// Keeps mail until the disk takes no more; answers what it took.
async fn fill(spool: &JournalSpool) -> BTreeSet<MessageId> {
    let mut kept = BTreeSet::new();
    loop {
        let mid = spool.reserve();
        let body = format!("Subject: {mid}\r\nMessage-ID: <{mid}@here.test>\r\n\r\n{}", "x".repeat(3_000)).into();
        let submission = Submission { envelope: failure(mid).envelope, body, settles: Vec::new(), key: None };
        match spool.keep(submission).await.unwrap() {
            Ok(_) => drop(kept.insert(mid)),
            Err(why) => {
                assert_eq!(why, SpoolError::Full);
                return kept;
            }
        }
    }
}

/// Recipients of the original mail that a start finds, and how often each message is told of in a report it finds.
async fn found(opened: &Whole<JournalSpool>) -> (BTreeMap<MessageId, usize>, BTreeMap<MessageId, usize>) {
    let (mut waiting, mut told) = (BTreeMap::new(), BTreeMap::new());
    for one in &opened.recovered {
        let mid = one.envelope.mid;
        if one.envelope.from.is_some() {
            waiting.insert(mid, one.waiting.len());
            continue;
        }
        let body = opened.spool.body(mid).await.unwrap().unwrap();
        let text = String::from_utf8(body.to_vec()).unwrap();
        assert_eq!(text.matches("Final-Recipient:").count(), RECIPIENTS as usize, "{text}");
        let about = text.split("In-Reply-To: <").nth(1).and_then(|rest| rest.split('@').next()).unwrap();
        *told.entry(MessageId(about.parse().unwrap())).or_default() += 1;
    }
    (waiting, told)
}

#[tokio::test]
async fn nobody_is_lost_when_the_disk_is_full_while_everything_bounces() {
    let disk = SimDisk::default();
    let Whole { spool, kept: driver, .. } = start(&disk);
    drop(driver);
    disk.set_room(Some(disk.used() + (512 << 10)));
    let mail = fill(&spool).await;
    assert!(mail.len() > 50, "{} messages fill the disk", mail.len());
    let (reports, writer) = open(hurried(), spool.clone(), Clock);
    let writing = tokio::spawn(writer.run());
    mail.iter().for_each(|mid| reports.write(failure(*mid)));

    // The power goes while all of them wait for room.
    tokio::time::sleep(Duration::from_millis(100)).await;
    let opened = start(&disk.cut_power(&mut Random::new(7)));
    let (waiting, told) = found(&opened).await;
    assert_eq!(waiting.keys().copied().collect::<BTreeSet<_>>(), mail, "every message is still there");
    assert!(waiting.values().all(|left| *left == RECIPIENTS as usize) && told.is_empty());

    // A little room comes, and the power goes in the middle of the writing: each is there, or told of once.
    disk.set_room(Some(disk.used() + (160 << 10)));
    let middle = async {
        loop {
            let found = found(&start(&disk.cut_power(&mut Random::new(8)))).await;
            if !found.1.is_empty() {
                return found;
            }
            tokio::time::sleep(Duration::from_millis(1)).await;
        }
    };
    let (waiting, told) = tokio::time::timeout(BOUND, middle).await.expect("reports are kept when there is room");
    for mid in &mail {
        let is = (waiting.get(mid).copied().unwrap_or(0), told.get(mid).copied().unwrap_or(0));
        assert!([(RECIPIENTS as usize, 0), (0, 1)].contains(&is), "{mid}: {is:?}");
    }

    // In the end all are told of: also those that were waiting for room when the stop came.
    disk.set_room(None);
    let room = async {
        while spool.health() != SpoolHealth::Ok {
            tokio::time::sleep(Duration::from_millis(1)).await;
        }
    };
    tokio::time::timeout(BOUND, room).await.expect("the spool asks for room by itself");
    drop(reports);
    tokio::time::timeout(BOUND, writing).await.expect("the room ends").unwrap();
    spool.stop().await.unwrap().unwrap();
    let (waiting, told) = found(&start(&disk)).await;
    assert_eq!((waiting.len(), told), (0, mail.iter().map(|mid| (*mid, 1)).collect()));
}
