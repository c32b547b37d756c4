//! The disk is full while everything bounces, and the process dies: nobody is lost, nobody is told of twice.

use super::{report, settings};
use crate::clock::Clock;
use crate::report::{ReportLimits, ReportSettings, open};
use crate::spool::tests::sim_disk::SimDisk;
use crate::spool::tests::{Whole, whole, whole_body};
use crate::spool::{JournalSpool, Spool, SpoolError, SpoolHealth, SpoolSettings, Submission};
use bytes::Bytes;
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
        disk_free_min: 0,
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
async fn fill(spool: &JournalSpool, body_bytes: usize) -> BTreeSet<MessageId> {
    let mut kept = BTreeSet::new();
    loop {
        let mid = spool.reserve();
        let body = format!("Subject: {mid}\r\nMessage-ID: <{mid}@here.test>\r\n\r\n{}", "x".repeat(body_bytes));
        let body = Bytes::from(body).into();
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
        let body = whole_body(&*opened.spool, mid).await.unwrap();
        let text = String::from_utf8(body.to_vec()).unwrap();
        assert_eq!(text.matches("Final-Recipient:").count(), RECIPIENTS as usize, "{text}");
        let about = text.split("In-Reply-To: <").nth(1).and_then(|rest| rest.split('@').next()).unwrap();
        *told.entry(MessageId(about.parse().unwrap())).or_default() += 1;
    }
    (waiting, told)
}

type Counts = BTreeMap<MessageId, usize>;

fn all_are_there_or_told_of(mail: &BTreeSet<MessageId>, waiting: &Counts, told: &Counts) {
    for mid in mail {
        let is = (waiting.get(mid).copied().unwrap_or(0), told.get(mid).copied().unwrap_or(0));
        assert!([(RECIPIENTS as usize, 0), (0, 1)].contains(&is), "{mid}: {is:?}");
    }
}

#[tokio::test]
async fn a_disk_full_of_mail_that_bounces_empties_itself_by_its_reports() {
    let disk = SimDisk::default();
    let Whole { spool, kept: driver, .. } = start(&disk);
    drop(driver);
    disk.set_room(Some(disk.used() + (512 << 10)));
    let mail = fill(&spool, 12_000).await;
    assert!(mail.len() > 20, "{} messages fill the disk", mail.len());
    let (reports, writer) = open(hurried(), spool.clone(), Clock);
    let writing = tokio::spawn(writer.run());
    mail.iter().for_each(|mid| reports.write(failure(*mid)));
    // Nobody makes room: the reports find the reserve, and each of them gives some free.
    let taken = async {
        loop {
            let mid = spool.reserve();
            let body = Bytes::from_static(b"Subject: taken again\r\n\r\n").into();
            let submission = Submission { envelope: failure(mid).envelope, body, settles: Vec::new(), key: None };
            if spool.keep(submission).await.unwrap().is_ok() {
                return mid;
            }
            tokio::time::sleep(Duration::from_millis(1)).await;
        }
    };
    let taken = tokio::time::timeout(BOUND, taken).await.expect("mail is taken again by itself");
    drop(reports);
    tokio::time::timeout(BOUND, writing).await.expect("the room ends").unwrap();
    spool.stop().await.unwrap().unwrap();
    let (waiting, told) = found(&start(&disk)).await;
    assert_eq!(waiting.into_keys().collect::<Vec<_>>(), [taken]);
    assert_eq!(told, mail.iter().map(|mid| (*mid, 1)).collect());
}

#[tokio::test]
async fn nobody_is_lost_when_the_disk_is_full_while_everything_bounces() {
    let disk = SimDisk::default();
    let Whole { spool, kept: driver, .. } = start(&disk);
    drop(driver);
    disk.set_room(Some(disk.used() + (512 << 10)));
    let mail = fill(&spool, 3_000).await;
    assert!(mail.len() > 50, "{} messages fill the disk", mail.len());
    let (reports, writer) = open(hurried(), spool.clone(), Clock);
    let writing = tokio::spawn(writer.run());
    mail.iter().for_each(|mid| reports.write(failure(*mid)));

    // The power goes while most of them wait for room: the reserve has some for a few.
    tokio::time::sleep(Duration::from_millis(100)).await;
    let opened = start(&disk.cut_power(&mut Random::new(7)));
    let (waiting, told) = found(&opened).await;
    all_are_there_or_told_of(&mail, &waiting, &told);
    assert!(waiting.len() > told.len());

    // A little room comes, and the power goes in the middle of the writing: each is there, or told of once.
    disk.set_room(Some(disk.used() + (160 << 10)));
    let before = told.len();
    let middle = async {
        loop {
            let found = found(&start(&disk.cut_power(&mut Random::new(8)))).await;
            if found.1.len() > before {
                return found;
            }
            tokio::time::sleep(Duration::from_millis(1)).await;
        }
    };
    let (waiting, told) = tokio::time::timeout(BOUND, middle).await.expect("reports are kept when there is room");
    all_are_there_or_told_of(&mail, &waiting, &told);

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
