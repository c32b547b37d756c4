//! A disk that fills up under load, and empties again: mail is answered 452, what waits goes on being delivered, and mail is
//! taken again without anybody's help. Nothing acknowledged is lost.

use backend::lab::behaviour::Behaviour;
use backend::lab::{Lab, LabSettings};
use std::time::Duration;
use tests::image::Image;
use tests::load::{Acknowledged, Mail, hand_in};
use tests::playground::towards;
use tests::server::Server;

/// Room for a journal file, the long-term half and little else.
const IMAGE_MEBIBYTES: u64 = 192;
const BODY_BYTES: usize = 60 * 1024;

#[tokio::test(flavor = "multi_thread")]
#[ignore = "a minute, and root: cargo xtask soak full"]
async fn full_disks_answer_452_keep_delivering_and_accept_again() {
    let lab = Lab::start(LabSettings { record: true, ..LabSettings::default() }).await.expect("the lab");
    let folder = tempfile::tempdir().expect("a folder");
    let image = Image::create(folder.path(), "disk", IMAGE_MEBIBYTES);
    let server = Server::serve_at(
        image.path().join("data"),
        &format!(
            "{}\
             [guard]\ndisk_free_min = 0\n", // the guard would keep it from getting full
            towards(&lab)
        ),
    )
    .await;
    let acknowledged = Acknowledged::default();
    // Nobody takes this mail: it fills the disk.
    let mails = (0..10_000).map(|n| Mail { id: format!("f-{n}"), to: format!("r{n}@refused.test") });
    hand_in(server.smtp, 10, mails.collect(), BODY_BYTES, acknowledged.clone()).await;
    let full = acknowledged.lock().unwrap().len();
    assert!((100..10_000).contains(&full), "the disk filled up: {full} taken");
    let refused = Acknowledged::default();
    let one = vec![Mail { id: "refused".into(), to: "r@d1.many.test".into() }];
    hand_in(server.smtp, 1, one, BODY_BYTES, refused.clone()).await;
    assert!(refused.lock().unwrap().is_empty(), "a full disk takes nothing");
    // Delivery goes on, and by that room comes back.
    lab.set("refused", Behaviour::Healthy).await.expect("the lab has it");
    let (code, _, errors) = server.verb(&["delivernow", "all"]).await;
    assert_eq!(code, 0, "{errors}");
    server.until_totals(Duration::from_secs(120), |totals| totals["active_recipients"] == 0).await;
    // By itself: somebody who tries again and again is taken at last.
    let again = Acknowledged::default();
    for attempt in 0..300 {
        let one = vec![Mail { id: format!("again-{attempt}"), to: "r@d1.many.test".into() }];
        hand_in(server.smtp, 1, one, BODY_BYTES, again.clone()).await;
        if !again.lock().unwrap().is_empty() {
            break;
        }
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
    assert_eq!(again.lock().unwrap().len(), 1, "taken again; it said:\n{}", server.log());
    assert!(lab.until("d1.many.test", 1, Duration::from_secs(60)).await, "it arrives");
    let acknowledged: Vec<_> =
        acknowledged.lock().unwrap().iter().chain(again.lock().unwrap().iter()).cloned().collect();
    let entries = acknowledged.iter().map(|receipt| lab.ledger().entry(&receipt.id));
    let arrived = entries.flatten().filter(|entry| entry.is_constant).count();
    println!("a full disk: {full} taken before it was full, {arrived} of {} arrived unchanged", acknowledged.len());
    assert_eq!(arrived, acknowledged.len());
    lab.stop().await;
}
