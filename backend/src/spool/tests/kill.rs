//! A process that keeps mail is killed again and again; what it acknowledged is there each time.

use super::{body_of, message, small, whole, whole_body};
use crate::spool::{JournalSpool, Spool, SpoolSettings};
use common::vocab::{MessageId, RecipientId};
use engine::envelope::{Settled, Settlement};
use engine::random::Random;
use std::collections::BTreeSet;
use std::io::{BufRead, BufReader, Write};
use std::path::Path;
use std::process::{Command, Stdio};
use std::sync::Arc;
use std::time::Duration;

/// Names the folder to the child; without it the child's test does nothing.
const FOLDER: &str = "NEXTHOP_TEST_KILL_FOLDER";
const KEEPERS: usize = 8;

fn settings() -> SpoolSettings {
    // Everything moves early, so that the kills meet commits, adoptions and copies of the real database.
    let (segment_age, move_wait) = (Duration::from_millis(20), Duration::from_millis(5));
    SpoolSettings { segment_bytes: 256 << 10, segment_age, move_wait, prepare_ahead: true, ..small() }
}

fn size_of(mid: MessageId) -> usize {
    (mid.0 * 7_919 % 6_000) as usize
}

fn recovered_bodies_are_right(folder: &Path, expected: &mut BTreeSet<MessageId>, done: &BTreeSet<MessageId>) -> usize {
    let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
    runtime.block_on(async {
        let opened = whole(JournalSpool::open(folder, settings()).unwrap());
        assert_eq!((opened.report.damaged, opened.report.torn_bytes), (0, 0), "a kill is no power cut");
        let found: BTreeSet<MessageId> = opened.recovered.iter().map(|r| r.envelope.mid).collect();
        let lost: Vec<_> = expected.difference(&found).collect();
        assert!(lost.is_empty(), "acknowledged and lost: {lost:?}");
        assert!(found.is_disjoint(done), "settled, flushed, and back");
        for recovered in &opened.recovered {
            let mid = recovered.envelope.mid;
            assert_eq!(*recovered.envelope, *message(mid, 1, size_of(mid)).envelope);
            assert_eq!(whole_body(&*opened.spool, mid).await, Ok(body_of(mid, size_of(mid))));
        }
        let count = found.len();
        *expected = found;
        opened.spool.stop().await.unwrap().unwrap();
        count
    })
}

#[test]
fn twenty_five_kills_in_a_row_lose_nothing_acknowledged() {
    let folder = tempfile::tempdir().unwrap();
    let mut random = Random::new(std::process::id().into());
    let (mut expected, mut done) = (BTreeSet::new(), BTreeSet::new());
    let mut acknowledged = 0;
    for _ in 0..25 {
        let mut child = Command::new(std::env::current_exe().unwrap())
            .args(["--exact", "spool::tests::kill::the_child_keeps_mail_until_it_is_killed", "--nocapture"])
            .env(FOLDER, folder.path())
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let mut lines = BufReader::new(child.stdout.take().unwrap()).lines().map_while(Result::ok);
        lines.by_ref().find(|line| line == "ready").expect("the child opens the spool");
        std::thread::sleep(Duration::from_millis(10 + random.below(120)));
        child.kill().unwrap(); // SIGKILL
        child.wait().unwrap();
        for line in lines {
            let Some((word, mid)) = line.split_once(' ') else { continue };
            let Ok(mid) = mid.parse().map(MessageId) else { continue };
            match word {
                "kept" => {
                    acknowledged += 1;
                    expected.insert(mid);
                }
                "settling" => drop(expected.remove(&mid)), // may go either way
                "settled" => drop(done.insert(mid)),
                _ => {}
            }
        }
        recovered_bodies_are_right(folder.path(), &mut expected, &done);
    }
    assert!(acknowledged > 500, "{acknowledged} messages in 25 lives");
}

/// The other half of the test above: started by it, in a process of its own.
#[test]
fn the_child_keeps_mail_until_it_is_killed() {
    let Some(folder) = std::env::var_os(FOLDER) else { return };
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build().unwrap();
    runtime.block_on(async {
        let mut opened = JournalSpool::open(Path::new(&folder), settings()).unwrap();
        say("\nready"); // the harness has a line of its own
        for _ in 0..KEEPERS {
            tokio::spawn(keep_on(opened.spool.clone()));
        }
        // New mail is kept while what waits from before is still read.
        while let Some(batch) = opened.backlog.batches.recv().await {
            for recovered in batch.iter().filter(|one| !one.envelope.mid.0.is_multiple_of(10)) {
                settle(&opened.spool, recovered.envelope.mid).await;
            }
        }
        while opened.kept.recv().await.is_some() {}
    });
}

async fn keep_on(spool: Arc<JournalSpool>) {
    loop {
        let mid = spool.reserve();
        spool.keep(message(mid, 1, size_of(mid))).await.unwrap().unwrap();
        say(&format!("kept {mid}"));
        if mid.0.is_multiple_of(11) {
            let later =
                Settled::Deferred { attempts: 1, next_attempt_at: common::vocab::Timestamp(mid.0), braked: false };
            let recipients = vec![(RecipientId(0), later)];
            spool.settle(vec![Settlement { mid, recipients, message_done: false }]);
        } else if !mid.0.is_multiple_of(10) && mid.0 % 7 > 2 {
            settle(&spool, mid).await;
        }
    }
}

async fn settle(spool: &JournalSpool, mid: MessageId) {
    say(&format!("settling {mid}"));
    let recipients = vec![(RecipientId(0), Settled::Delivered)];
    spool.settle(vec![Settlement { mid, recipients, message_done: true }]);
    if mid.0.is_multiple_of(3) {
        spool.flush().await.unwrap().unwrap();
        say(&format!("settled {mid}"));
    }
}

/// One write per line, so that a kill cannot cut another's line.
fn say(line: &str) {
    let mut out = std::io::stdout().lock();
    out.write_all(format!("{line}\n").as_bytes()).unwrap();
    out.flush().unwrap();
}
