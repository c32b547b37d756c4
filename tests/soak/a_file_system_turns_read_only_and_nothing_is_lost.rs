//! A file system notices an error and lets nobody write any more: mail is answered 4xx, the server says why and ends, a start
//! there is refused with a sentence, and once it may be written again all that was acknowledged is there.

use backend::lab::behaviour::Behaviour;
use backend::lab::{Lab, LabSettings};
use std::time::Duration;
use tests::image::Image;
use tests::load::{Acknowledged, Mail, hand_in};
use tests::playground::towards;
use tests::server::Server;

const IMAGE_MEBIBYTES: u64 = 512;
const MESSAGES: usize = 40;
/// Bodies in the journal, and bodies in files of their own.
const SIZES: [usize; 2] = [20 * 1024, 400 * 1024];
/// Lines of a log that says it once, from each room that noticed.
const LINES_MAX: usize = 20;
/// What a server that has to be started anew ends with (EX_TEMPFAIL).
const LATER: i32 = 75;

#[tokio::test(flavor = "multi_thread")]
#[ignore = "seconds, and root: cargo xtask soak readonly"]
async fn readonly_file_systems_end_the_server_with_a_sentence_and_lose_nothing() {
    let lab = Lab::start(LabSettings { record: true, ..LabSettings::default() }).await.expect("the lab");
    let folder = tempfile::tempdir().expect("a folder");
    let image = Image::create(folder.path(), "disk", IMAGE_MEBIBYTES);
    let mut server = Server::serve_at(image.path().join("data"), &towards(&lab)).await;
    let acknowledged = Acknowledged::default();
    for bytes in SIZES {
        // A part of it is put off and moves to the database; the rest waits in the journal.
        let to = |n: usize| if n.is_multiple_of(2) { format!("r{n}@full.test") } else { format!("r{n}@refused.test") };
        let mails = (0..MESSAGES).map(|n| Mail { id: format!("o{bytes}-{n}"), to: to(n) });
        hand_in(server.smtp, 4, mails.collect(), bytes, acknowledged.clone()).await;
    }
    assert_eq!(acknowledged.lock().unwrap().len(), MESSAGES * SIZES.len());
    image.turns_read_only();
    let refused = Acknowledged::default();
    for bytes in SIZES {
        let one = vec![Mail { id: format!("late-{bytes}"), to: "r@d1.many.test".into() }];
        hand_in(server.smtp, 1, one, bytes, refused.clone()).await;
    }
    assert!(refused.lock().unwrap().is_empty(), "nothing is acknowledged that nobody can write");
    assert_eq!(server.ended().await, LATER, "it said:\n{}", server.log());
    let said = server.log();
    assert!(said.contains("Read-only file system") || said.contains("Input/output error"), "{said}");
    assert!(said.lines().count() <= LINES_MAX && !said.contains("panicked"), "{said}");

    let code = server.fails_to_start().await;
    let again = server.log()[said.len()..].to_owned();
    assert!(code != 0 && again.lines().count() <= LINES_MAX && !again.contains("panicked"), "{code}: {again}");

    image.mounted_again();
    for host in ["refused", "full"] {
        lab.set(host, Behaviour::Healthy).await.expect("the lab has it");
    }
    server.start_again().await;
    assert_eq!(server.verb(&["delivernow", "all"]).await.0, 0);
    server.until_totals(Duration::from_secs(120), |totals| totals["active_recipients"] == 0).await;
    let acknowledged = acknowledged.lock().unwrap().clone();
    let entries = acknowledged.iter().map(|receipt| lab.ledger().entry(&receipt.id));
    let arrived = entries.flatten().filter(|entry| entry.is_constant).count();
    println!(
        "a file system that turned read-only: {arrived} of {} arrived; it said:\n{said}then:\n{again}",
        acknowledged.len()
    );
    assert_eq!(arrived, acknowledged.len());
    server.stop().await;
    lab.stop().await;
}
