//! The n-th write, sync, rename or removal of the server fails, for n = 1, 2, 3 … until a run passes untouched: whatever was
//! answered 250 is there after the next start. The calls are made to fail in the real binary (`tests/src/failing`), counted
//! for each thread from the start, and again from the moment when it takes mail; some of them at `queue.db` and its log
//! alone, some at the files of large bodies alone. Some mail is put off, so that it moves to the database; some is large,
//! so that it lies in `blobs`.

use backend::lab::behaviour::Behaviour;
use backend::lab::{Lab, LabSettings};
use std::path::{Path, PathBuf};
use std::time::Duration;
use tests::failing::{Failing, Failure, Since};
use tests::load::{Acknowledged, Mail, hand_in};
use tests::playground::towards;
use tests::server::Server;

const MESSAGES: usize = 24;
const LARGE_MESSAGES: usize = 4;
/// Numbers of messages whose files are looked at: more than are given out in one run.
const BLOBS_MAX: usize = 64;
/// A fault: which call, with which error, at which files.
struct Fault(&'static str, &'static str, Where);

#[derive(Clone, Copy, Debug)]
enum Where {
    /// Wherever it is called.
    Anywhere,
    /// At `queue.db`, its log and its index.
    Database,
    /// At the files of large bodies and their folder.
    Blobs,
}

/// ENOSPC passes, EIO does not.
const AT_THE_DATABASE: [Fault; 4] = [
    Fault("pwrite64", "EIO", Where::Database),
    Fault("pwrite64", "ENOSPC", Where::Database),
    Fault("fdatasync", "EIO", Where::Database),
    Fault("ftruncate,fallocate", "ENOSPC", Where::Database),
];
const AT_BLOBS: [Fault; 4] = [
    Fault("pwrite64", "EIO", Where::Blobs),
    Fault("pwrite64", "ENOSPC", Where::Blobs),
    Fault("fsync", "EIO", Where::Blobs),
    Fault("unlink,unlinkat", "EIO", Where::Blobs),
];
const ANYWHERE: [Fault; 6] = [
    Fault("pwrite64", "EIO", Where::Anywhere),
    Fault("pwrite64", "ENOSPC", Where::Anywhere),
    Fault("fdatasync", "EIO", Where::Anywhere),
    Fault("fsync", "EIO", Where::Anywhere),
    Fault("rename,renameat,renameat2", "EIO", Where::Anywhere),
    Fault("ftruncate", "ENOSPC", Where::Anywhere),
];

impl Where {
    /// The files below this folder that strace is to look at; none: all.
    fn paths(self, data: &Path) -> Vec<PathBuf> {
        match self {
            Where::Anywhere => Vec::new(),
            Where::Database => ["queue.db", "queue.db-wal", "queue.db-shm"].map(|name| data.join(name)).into(),
            Where::Blobs => {
                let folder = data.join("blobs");
                (1..BLOBS_MAX).map(|mid| folder.join(mid.to_string())).chain([folder.clone()]).collect()
            }
        }
    }
}
/// Nobody makes so many calls for so little mail.
const RUNS_MAX: u32 = 1_000;
const PATIENCE: Duration = Duration::from_secs(60);
/// A database that failed is not waited for longer than this.
const MOVE_PATIENCE: Duration = Duration::from_secs(6);

#[tokio::test(flavor = "multi_thread")]
#[ignore = "many minutes, and strace: cargo xtask soak calls"]
async fn calls_that_fail_at_a_start_lose_nothing() {
    sweep(Since::Start, &ANYWHERE).await;
    sweep(Since::Start, &AT_THE_DATABASE).await;
}

#[tokio::test(flavor = "multi_thread")]
#[ignore = "many minutes, and strace: cargo xtask soak calls"]
async fn calls_that_fail_lose_nothing() {
    sweep(Since::Running, &ANYWHERE).await;
}

#[tokio::test(flavor = "multi_thread")]
#[ignore = "minutes, and strace: cargo xtask soak calls"]
async fn calls_that_fail_at_the_database_lose_nothing() {
    sweep(Since::Running, &AT_THE_DATABASE).await;
}

#[tokio::test(flavor = "multi_thread")]
#[ignore = "minutes, and strace: cargo xtask soak calls"]
async fn calls_that_fail_at_large_bodies_lose_nothing() {
    sweep(Since::Running, &AT_BLOBS).await;
}

async fn sweep(since: Since, faults: &[Fault]) {
    for Fault(call, error, place) in faults {
        let (mut runs, mut taken) = (0, 0);
        for number in 1..RUNS_MAX {
            let folder = tempfile::tempdir().expect("a folder");
            let lab = Lab::start(LabSettings { record: true, ..LabSettings::default() }).await.expect("the lab");
            let acknowledged = Acknowledged::default();
            let failure = Failure { call, error, paths: place.paths(&folder.path().join("data")), number, since };
            let failed = run_with_a_failure(folder.path(), &lab, &failure, &acknowledged).await;
            let what = format!("{call} {error} {place:?} {since:?} no. {number}");
            taken += all_arrive(folder.path(), lab, &acknowledged, &what).await;
            runs = number;
            if !failed {
                break;
            }
        }
        assert!(runs < RUNS_MAX - 1, "{call}: the runs end");
        println!(
            "{call} failing with {error} ({place:?}, {since:?}): {runs} runs until one was untouched, \
             {taken} acknowledged, 0 lost"
        );
    }
}

/// One run under strace; whether a call was made to fail.
async fn run_with_a_failure(folder: &Path, lab: &Lab, failure: &Failure, acknowledged: &Acknowledged) -> bool {
    let mut failing = Failing::start(folder, lab, failure).await;
    if failing.lives() {
        let mail = |id: &'static str| move |n: usize| Mail { id: format!("{id}{n}"), to: recipient(n) };
        let (small, large) = ((0..MESSAGES).map(mail("c")), (0..LARGE_MESSAGES).map(mail("l")));
        hand_in(failing.smtp, 3, small.collect(), 2_048, acknowledged.clone()).await;
        hand_in(failing.smtp, 2, large.collect(), 400 * 1024, acknowledged.clone()).await;
        until_the_database_was_written(&folder.join("data"), &mut failing).await;
    }
    failing.stop().await
}

/// A part is put off by its next hop, so that the long-term half of the spool has something to hold.
fn recipient(n: usize) -> String {
    match n % 4 {
        0 => format!("r{n}@full.test"),
        1 => format!("r{n}@refused.test"),
        _ => format!("r{n}@d{n}.many.test"),
    }
}

/// What was put off moves within seconds, unless the server ended or its database failed.
async fn until_the_database_was_written(data: &Path, failing: &mut Failing) {
    let moved = async {
        let length = || std::fs::metadata(data.join("queue.db-wal")).map_or(0, |file| file.len());
        let before = length();
        while length() < before + 20_000 {
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    };
    tokio::select! {
        () = failing.ended() => {}
        _ = tokio::time::timeout(MOVE_PATIENCE, moved) => {}
    }
}

/// The next start, without failures: everything that was acknowledged arrives. Answers how much that was.
async fn all_arrive(folder: &Path, lab: Lab, acknowledged: &Acknowledged, what: &str) -> usize {
    for host in ["refused", "full"] {
        lab.set(host, Behaviour::Healthy).await.expect("the lab has it");
    }
    let server = Server::serve_at(folder.join("data"), &towards(&lab)).await;
    let (code, _, errors) = server.verb(&["delivernow", "all"]).await;
    assert_eq!(code, 0, "{what}: {errors}");
    server.until_totals(PATIENCE, |totals| totals["active_recipients"] == 0).await;
    let acknowledged = acknowledged.lock().unwrap().clone();
    for receipt in &acknowledged {
        let entry = lab.ledger().entry(&receipt.id);
        assert!(
            entry.is_some_and(|entry| entry.is_constant),
            "{what}: {} is lost; it said:\n{}",
            receipt.id,
            server.log()
        );
    }
    lab.stop().await;
    acknowledged.len()
}
