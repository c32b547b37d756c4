//! What every spool has to do, whichever runs. Each fact is a function over something that opens a spool.

use super::{Whole, body_of, message, whole_body};
use crate::spool::{Begun, IdempotencyKey, Kept, Spool, SpoolError, Submission};
use common::vocab::{AttemptId, HardBounce, MessageId, RecipientId, Timestamp};
use engine::dsn::{Dsn, Notify, RecipientDsn, ReturnContent};
use engine::envelope::{Envelope, Recovered, RecoveredRecipient, Settled, Settlement};
use std::collections::BTreeSet;
use std::sync::Arc;
use std::time::Duration;

/// Opens the same place again and again.
pub trait Place: Send + Sync {
    /// What it opens.
    type Spool: Spool;
    /// Opens it; nobody else has it open.
    fn open(&self) -> Whole<Self::Spool>;
    /// Ends a spool so that it can be opened again.
    fn close(&self, spool: Arc<Self::Spool>) -> impl Future<Output = ()> + Send;
}

/// Makes a test of each fact for one kind of place.
macro_rules! conforms {
    ($place:expr) => {
        $crate::spool::tests::conformance::conforms!($place;
            what_is_kept_comes_back_octet_for_octet
            what_is_settled_does_not_come_back
            what_is_deferred_comes_back_with_its_attempts_its_time_and_its_brake
            an_attempt_that_was_begun_and_not_settled_counts
            no_number_is_given_out_twice
            a_flush_answers_when_all_before_it_is_on_disk
            a_body_is_there_while_a_recipient_waits_and_missing_after
            the_driver_hears_of_every_message_once_and_after_it_was_kept
            a_slow_driver_makes_mail_wait_and_loses_none
            a_driver_that_is_gone_stops_nothing
            what_the_sender_asked_about_reports_comes_back
            a_client_that_asks_twice_has_its_message_kept_once_for_24_hours
            of_two_that_ask_at_once_one_is_kept
            a_report_ends_the_recipients_that_it_settles_in_its_own_record
        );
    };
    ($place:expr; $($fact:ident)*) => {
        $(
            #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
            async fn $fact() {
                let fact = $crate::spool::tests::conformance::$fact($place);
                tokio::time::timeout(std::time::Duration::from_secs(60), fact).await.expect("in time");
            }
        )*
    };
}
pub(crate) use conforms;

async fn keep(spool: &impl Spool, recipients: usize, size: usize) -> MessageId {
    let mid = spool.reserve();
    spool.keep(message(mid, recipients, size)).await.unwrap().unwrap();
    mid
}

fn settlement(mid: MessageId, rid: u32, settled: Settled, message_done: bool) -> Settlement {
    Settlement { mid, recipients: vec![(RecipientId(rid), settled)], message_done }
}

fn mids(recovered: &[Recovered]) -> Vec<MessageId> {
    recovered.iter().map(|r| r.envelope.mid).collect()
}

fn due(rid: u32) -> RecoveredRecipient {
    RecoveredRecipient { rid: RecipientId(rid), attempts: 0, next_attempt_at: None, braked: false }
}

pub async fn what_is_kept_comes_back_octet_for_octet<P: Place>(place: P) {
    let opened = place.open();
    assert!(opened.recovered.is_empty());
    let mut expected = Vec::new();
    for size in [0, 1, 100, 4_096, 100_000] {
        expected.push((keep(&*opened.spool, 3, size).await, size));
    }
    place.close(opened.spool).await;
    let opened = place.open();
    assert_eq!(mids(&opened.recovered), expected.iter().map(|(mid, _)| *mid).collect::<Vec<_>>());
    assert_eq!((opened.report.messages, opened.report.recipients), (5, 15));
    for (recovered, (mid, size)) in opened.recovered.iter().zip(expected) {
        assert_eq!(*recovered.envelope, *message(mid, 3, size).envelope);
        assert_eq!(recovered.waiting, [due(0), due(1), due(2)]);
        assert_eq!(whole_body(&*opened.spool, mid).await, Ok(body_of(mid, size)));
    }
    place.close(opened.spool).await;
}

pub async fn what_is_settled_does_not_come_back<P: Place>(place: P) {
    let opened = place.open();
    let spool = &opened.spool;
    let (one, two, three) = (keep(&**spool, 1, 10).await, keep(&**spool, 2, 10).await, keep(&**spool, 3, 10).await);
    spool.settle(vec![settlement(one, 0, Settled::Delivered, true)]);
    spool.settle(vec![
        settlement(two, 1, Settled::Bounced(HardBounce::Expired), false),
        settlement(two, 0, Settled::Deleted, true),
        settlement(three, 1, Settled::Delivered, false),
    ]);
    spool.flush().await.unwrap().unwrap();
    place.close(opened.spool).await;
    let opened = place.open();
    assert_eq!(mids(&opened.recovered), [three]);
    assert_eq!(opened.recovered[0].waiting, [due(0), due(2)]);
    place.close(opened.spool).await;
}

pub async fn what_is_deferred_comes_back_with_its_attempts_its_time_and_its_brake<P: Place>(place: P) {
    let opened = place.open();
    let mid = keep(&*opened.spool, 2, 10).await;
    for attempts in 1..=3 {
        let next_attempt_at = Timestamp(1_795_000_000_000 + u64::from(attempts));
        opened.spool.settle(vec![settlement(
            mid,
            1,
            Settled::Deferred { attempts, next_attempt_at, braked: attempts == 3 },
            false,
        )]);
    }
    opened.spool.flush().await.unwrap().unwrap();
    place.close(opened.spool).await;
    for _ in 0..2 {
        let opened = place.open();
        let at = Some(Timestamp(1_795_000_000_003));
        let deferred = RecoveredRecipient { rid: RecipientId(1), attempts: 3, next_attempt_at: at, braked: true };
        assert_eq!(opened.recovered[0].waiting, [due(0), deferred]);
        place.close(opened.spool).await;
    }
}

pub async fn an_attempt_that_was_begun_and_not_settled_counts<P: Place>(place: P) {
    let opened = place.open();
    let (mid, other) = (keep(&*opened.spool, 2, 10).await, keep(&*opened.spool, 1, 10).await);
    let begun = |attempt, mid| Begun { attempt: AttemptId(attempt), mid, rids: vec![RecipientId(0)] };
    opened.spool.begun(begun(1, mid)).await.unwrap().unwrap();
    opened.spool.begun(begun(2, other)).await.unwrap().unwrap();
    opened.spool.settle(vec![settlement(other, 0, Settled::Delivered, true)]);
    opened.spool.flush().await.unwrap().unwrap();
    place.close(opened.spool).await;
    let opened = place.open();
    assert_eq!(opened.report.possibly_twice, 1);
    assert_eq!(opened.recovered[0].waiting, [RecoveredRecipient { attempts: 1, ..due(0) }, due(1)]);
    opened.spool.begun(begun(3, mid)).await.unwrap().unwrap();
    place.close(opened.spool).await;
    let opened = place.open();
    assert_eq!(opened.recovered[0].waiting[0].attempts, 2, "a message that kills the process cannot loop");
    place.close(opened.spool).await;
}

pub async fn no_number_is_given_out_twice<P: Place>(place: P) {
    let mut seen = BTreeSet::new();
    for round in 0..4 {
        let opened = place.open();
        let threads: Vec<_> = (0..4)
            .map(|_| {
                let spool = opened.spool.clone();
                tokio::task::spawn_blocking(move || (0..500).map(|_| spool.reserve()).collect::<Vec<_>>())
            })
            .collect();
        for thread in threads {
            for mid in thread.await.unwrap() {
                assert!(mid.0 >= 1 && seen.insert(mid), "{mid} in round {round}");
            }
        }
        place.close(opened.spool).await; // most were never kept
    }
}

pub async fn a_flush_answers_when_all_before_it_is_on_disk<P: Place>(place: P) {
    let opened = place.open();
    let mid = opened.spool.reserve();
    let kept = opened.spool.keep(message(mid, 1, 10));
    opened.spool.settle(vec![settlement(mid, 0, Settled::Delivered, true)]);
    opened.spool.flush().await.unwrap().unwrap();
    assert_eq!(kept.await.unwrap(), Ok(Kept::New));
    assert_eq!(whole_body(&*opened.spool, mid).await, Err(SpoolError::Missing(mid)), "settled in the same group");
    place.close(opened.spool).await;
    assert!(place.open().recovered.is_empty());
}

pub async fn a_body_is_there_while_a_recipient_waits_and_missing_after<P: Place>(place: P) {
    let opened = place.open();
    let mid = keep(&*opened.spool, 2, 3_000).await;
    for rid in 0..2 {
        assert_eq!(whole_body(&*opened.spool, mid).await, Ok(body_of(mid, 3_000)));
        opened.spool.settle(vec![settlement(mid, rid, Settled::Delivered, rid == 1)]);
        opened.spool.flush().await.unwrap().unwrap();
    }
    assert_eq!(whole_body(&*opened.spool, mid).await, Err(SpoolError::Missing(mid)));
    assert_eq!(whole_body(&*opened.spool, MessageId(u64::MAX)).await, Err(SpoolError::Missing(MessageId(u64::MAX))));
    place.close(opened.spool).await;
}

pub async fn the_driver_hears_of_every_message_once_and_after_it_was_kept<P: Place>(place: P) {
    let mut opened = place.open();
    let spool = opened.spool.clone();
    let keepers: Vec<_> = (0..64)
        .map(|_| {
            let spool = spool.clone();
            tokio::spawn(async move { keep(&*spool, 1, 200).await })
        })
        .collect();
    let mut told = BTreeSet::new();
    while told.len() < 64 {
        for envelope in opened.kept.recv().await.unwrap() {
            assert!(told.insert(envelope.mid), "{} was told twice", envelope.mid);
            assert_eq!(whole_body(&*opened.spool, envelope.mid).await, Ok(body_of(envelope.mid, 200)));
        }
    }
    for keeper in keepers {
        assert!(told.contains(&keeper.await.unwrap()));
    }
    drop(spool);
    place.close(opened.spool).await;
}

pub async fn a_slow_driver_makes_mail_wait_and_loses_none<P: Place>(place: P) {
    let mut opened = place.open();
    let spool = opened.spool.clone();
    let keeper = tokio::spawn(async move {
        for _ in 0..100 {
            keep(&*spool, 1, 10).await; // one batch each
        }
    });
    tokio::time::sleep(Duration::from_millis(200)).await;
    assert!(!keeper.is_finished(), "there is no room for a hundred batches");
    let mut told = 0;
    while told < 100 {
        told += opened.kept.recv().await.unwrap().len();
    }
    keeper.await.unwrap();
    place.close(opened.spool).await;
    assert_eq!(place.open().recovered.len(), 100);
}

pub async fn a_driver_that_is_gone_stops_nothing<P: Place>(place: P) {
    let opened = place.open();
    drop(opened.kept);
    for _ in 0..50 {
        keep(&*opened.spool, 1, 10).await;
    }
    place.close(opened.spool).await;
    assert_eq!(place.open().recovered.len(), 50);
}

pub async fn what_the_sender_asked_about_reports_comes_back<P: Place>(place: P) {
    let opened = place.open();
    let mut submission = message(opened.spool.reserve(), 2, 10);
    let asked = RecipientDsn { notify: Some(Notify::NEVER), original: Some("rfc822;a@b.test".into()) };
    let dsn = Dsn {
        ret: Some(ReturnContent::Headers),
        envid: Some("an id".into()),
        recipients: [asked, RecipientDsn::default()].into(),
    };
    let envelope = Envelope { dsn, ..(*submission.envelope).clone() };
    submission.envelope = Arc::new(envelope.clone());
    opened.spool.keep(submission).await.unwrap().unwrap();
    place.close(opened.spool).await;
    let opened = place.open();
    assert_eq!(*opened.recovered[0].envelope, envelope);
    place.close(opened.spool).await;
}

pub async fn a_report_ends_the_recipients_that_it_settles_in_its_own_record<P: Place>(place: P) {
    let opened = place.open();
    let spool = &opened.spool;
    let (one, two) = (keep(&**spool, 1, 10).await, keep(&**spool, 2, 10).await);
    let failed = Settled::Bounced(HardBounce::FiveXx);
    let settles = vec![settlement(one, 0, failed, true), settlement(two, 1, failed, false)];
    let report = Submission { settles, ..message(spool.reserve(), 1, 300) };
    let mid = report.envelope.mid;
    assert_eq!(spool.keep(report).await.unwrap(), Ok(Kept::New));
    assert_eq!(whole_body(&**spool, one).await, Err(SpoolError::Missing(one)), "with the sync, not later");
    assert_eq!(whole_body(&**spool, two).await, Ok(body_of(two, 10)));
    place.close(opened.spool).await;
    let opened = place.open();
    assert_eq!(mids(&opened.recovered), [two, mid]);
    assert_eq!(opened.recovered[0].waiting, [due(0)]);
    place.close(opened.spool).await;
}

/// The same message under the client's name 7, accepted so many hours after the first.
fn named(spool: &impl Spool, request: u8, hours: u64) -> Submission {
    let mut submission = message(spool.reserve(), 1, 10);
    let received_at = Timestamp(1_795_000_000_000 + hours * 3_600_000);
    submission.envelope = Arc::new(Envelope { received_at, ..(*submission.envelope).clone() });
    submission.key = Some(IdempotencyKey { name: [7; 32], request: [request; 32] });
    submission
}

pub async fn a_client_that_asks_twice_has_its_message_kept_once_for_24_hours<P: Place>(place: P) {
    let mut opened = place.open();
    let first = named(&*opened.spool, 1, 0);
    let mid = first.envelope.mid;
    assert_eq!(opened.spool.keep(first).await.unwrap(), Ok(Kept::New));
    for round in 0..3 {
        let (again, other) = (named(&*opened.spool, 1, 23), named(&*opened.spool, 2, 23));
        assert_eq!(opened.spool.keep(again).await.unwrap(), Ok(Kept::Before(mid)), "{round}");
        assert_eq!(opened.spool.keep(other).await.unwrap(), Ok(Kept::OtherRequest(mid)), "{round}");
        opened.spool.settle(vec![settlement(mid, 0, Settled::Delivered, true)]); // its end changes nothing
        opened.spool.flush().await.unwrap().unwrap();
        place.close(opened.spool).await;
        opened = place.open();
        assert!(opened.recovered.is_empty());
    }
    let late = named(&*opened.spool, 2, 24);
    assert_eq!(opened.spool.keep(late).await.unwrap(), Ok(Kept::New));
    place.close(opened.spool).await;
}

pub async fn of_two_that_ask_at_once_one_is_kept<P: Place>(place: P) {
    let opened = place.open();
    let ask = || opened.spool.keep(named(&*opened.spool, 1, 0));
    let answers = [ask(), ask(), ask(), ask()];
    let mut new = 0;
    for answer in answers {
        match answer.await.unwrap().unwrap() {
            Kept::New => new += 1,
            Kept::Before(mid) => assert!(mid.0 > 0),
            Kept::OtherRequest(_) => panic!("it is the same request"),
        }
    }
    assert_eq!(new, 1);
    place.close(opened.spool).await;
    assert_eq!(place.open().recovered.len(), 1);
}
