//! What becomes of reports: kept with what they settle, put off while the disk is full, dropped where nobody can be told.

use super::spool::MemorySpool;
use super::{address, report, settings, with_aliases};
use crate::clock::Clock;
use crate::report::{ReportSettings, Reports, open};
use crate::spool::SpoolError;
use common::vocab::{RecipientId, Timestamp};
use engine::envelope::{Settled, Settlement};
use engine::report::ReportKind;
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Duration;
use tokio::task::JoinHandle;

struct Room {
    spool: Arc<MemorySpool>,
    reports: Reports,
    writer: JoinHandle<()>,
}

fn room_with(settings: ReportSettings) -> Room {
    let spool = Arc::new(MemorySpool::new());
    let (reports, writer) = open(settings, spool.clone(), Clock);
    Room { spool, reports, writer: tokio::spawn(writer.run()) }
}

fn room() -> Room {
    room_with(settings())
}

impl Room {
    /// Lets the room end; answers its spool.
    async fn end(self) -> Arc<MemorySpool> {
        drop(self.reports);
        self.writer.await.unwrap();
        self.spool
    }
}

#[tokio::test]
async fn a_report_is_kept_to_the_sender_from_nobody_with_what_it_settles() {
    let room = room();
    let failed = report(7, ReportKind::Failed, "me@here.test", 3);
    room.reports.write(failed.clone());
    let kept = room.end().await.kept.borrow().clone();
    let [submission] = &kept[..] else { panic!("one report: {kept:?}") };
    let envelope = &submission.envelope;
    assert_eq!((&envelope.from, &envelope.recipients[..]), (&None, &[address("me@here.test")][..]));
    assert_eq!(submission.settles, [failed.settlement.unwrap()]);
    assert_eq!((envelope.size_bytes, envelope.eight_bit), (submission.body.front().len() as u64, false));
}

#[tokio::test]
async fn who_is_not_told_of_is_settled_at_once_and_not_with_the_report() {
    let room = room();
    let mut failed = report(7, ReportKind::Failed, "me@here.test", 1);
    let later = Settled::Deferred { attempts: 2, next_attempt_at: Timestamp(5), braked: false };
    failed.settlement.as_mut().unwrap().recipients.push((RecipientId(1), later));
    room.reports.write(failed.clone());
    let spool = room.end().await;
    assert_eq!(spool.settled.borrow()[0].recipients, [(RecipientId(1), later)]);
    assert_eq!(spool.kept.borrow()[0].settles[0].recipients.len(), 1);
}

#[tokio::test]
async fn nobody_hears_of_a_report_that_failed_and_it_ends_all_the_same() {
    let room = room();
    let failed = report(7, ReportKind::Failed, "", 1);
    room.reports.write(failed.clone());
    let spool = room.end().await;
    assert!(spool.kept.borrow().is_empty());
    assert_eq!(*spool.settled.borrow(), [failed.settlement.unwrap()]);
}

#[tokio::test]
async fn a_sender_at_our_own_name_is_told_by_its_alias_or_not_at_all() {
    let room = room_with(with_aliases(&[], &[("cron", "admin@elsewhere.test")]));
    room.reports.write(report(7, ReportKind::Failed, "Cron@mail.example.net", 1));
    room.reports.write(report(8, ReportKind::Failed, "daemon@mail.example.net", 1));
    let spool = room.end().await;
    let to: Vec<_> = spool.kept.borrow().iter().map(|one| one.envelope.recipients[0].clone()).collect();
    assert_eq!(to, [address("admin@elsewhere.test")]);
    assert_eq!(spool.settled.borrow()[0].mid.0, 8);
}

#[tokio::test(start_paused = true)]
async fn while_the_disk_is_full_reports_wait_unsettled_and_are_kept_when_there_is_room() {
    let room = room();
    room.spool.refuse(Some(SpoolError::Full));
    for mid in 1..=90 {
        room.reports.write(report(mid, ReportKind::Failed, "me@here.test", 1));
    }
    tokio::time::sleep(Duration::from_secs(60)).await;
    assert!(room.spool.kept.borrow().is_empty() && room.spool.settled.borrow().is_empty());
    let asked = room.spool.refused.load(Ordering::Relaxed);
    assert!(asked < 64 + 40, "one asks for all: {asked} were refused within a minute");
    room.spool.refuse(None);
    let kept = room.spool.until_kept(90).await;
    let mut about: Vec<u64> = kept.iter().map(|one| one.settles[0].mid.0).collect();
    about.sort_unstable();
    assert_eq!(about, (1..=90).collect::<Vec<_>>(), "each once");
}

#[tokio::test(start_paused = true)]
async fn a_delivery_is_written_down_though_its_report_finds_no_room() {
    let room = room();
    room.spool.refuse(Some(SpoolError::Full));
    let mut relayed = report(7, ReportKind::Relayed, "me@here.test", 1);
    let settlement = Settlement {
        mid: relayed.envelope.mid,
        recipients: vec![(RecipientId(0), Settled::Delivered)],
        message_done: true,
    };
    relayed.settlement = Some(settlement.clone());
    room.reports.write(relayed);
    let mut settled = room.spool.settled.subscribe();
    assert_eq!(*settled.wait_for(|settled| !settled.is_empty()).await.unwrap(), [settlement]);
    room.spool.refuse(None);
    assert!(room.spool.until_kept(1).await[0].settles.is_empty());
}

#[tokio::test(start_paused = true)]
async fn a_stop_keeps_what_is_in_hand_and_leaves_on_disk_what_finds_no_room() {
    let room = room();
    for mid in 1..=90 {
        room.reports.write(report(mid, ReportKind::Failed, "me@here.test", 1));
    }
    assert_eq!(room.end().await.kept.borrow().len(), 90);
    let full = self::room();
    full.spool.refuse(Some(SpoolError::Full));
    full.reports.write(report(1, ReportKind::Failed, "me@here.test", 1));
    let spool = full.end().await;
    assert!(spool.kept.borrow().is_empty() && spool.settled.borrow().is_empty());
}

#[tokio::test]
async fn a_spool_that_failed_ends_the_room_and_settles_nothing() {
    let room = room();
    room.spool.refuse(Some(SpoolError::Failed("no more".into())));
    room.reports.write(report(1, ReportKind::Failed, "me@here.test", 1));
    room.writer.await.unwrap();
    assert!(room.spool.settled.borrow().is_empty());
}

#[tokio::test(start_paused = true)]
async fn the_hundred_and_first_failure_of_an_hour_is_told_with_those_after_it_when_the_hour_is_over() {
    let room = room();
    for mid in 1..=150 {
        room.reports.write(report(mid, ReportKind::Failed, "me@here.test", 2));
    }
    assert_eq!(room.spool.until_kept(100).await.len(), 100);
    let started = tokio::time::Instant::now();
    let kept = room.spool.until_kept(101).await;
    assert!(started.elapsed() >= Duration::from_secs(3_500));
    let summary = &kept[100];
    let mids: Vec<u64> = summary.settles.iter().map(|settlement| settlement.mid.0).collect();
    assert_eq!(mids, (101..=150).collect::<Vec<_>>());
    let text = String::from_utf8(summary.body.front().to_vec()).unwrap();
    assert_eq!(text.matches("Final-Recipient:").count(), 100);
    assert_eq!(room.end().await.kept.borrow().len(), 101);
}
