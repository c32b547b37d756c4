//! A bit of a queued message flips on the disk: the message is never sent, and `status` says where it lies and why.

use backend::lab::{Lab, LabSettings};
use std::path::PathBuf;
use std::time::Duration;
use tests::load::{Acknowledged, Mail, hand_in};
use tests::playground::towards;
use tests::server::Server;

const PATIENCE: Duration = Duration::from_secs(30);

/// The journal file that holds this text, and where.
fn find(server: &Server, text: &[u8]) -> (PathBuf, usize) {
    let names = std::fs::read_dir(server.data.join("journal")).expect("the journal");
    for path in names.map(|entry| entry.expect("a name").path()) {
        let content = std::fs::read(&path).expect("a journal file");
        if let Some(at) = content.windows(text.len()).position(|piece| piece == text) {
            return (path, at);
        }
    }
    panic!("it is in no journal file");
}

#[tokio::test(flavor = "multi_thread")]
async fn damage_is_named_and_not_sent() {
    let mut server = Server::serve("").await;
    assert_eq!(server.verb(&["suspenddel", "all"]).await.0, 0);
    let mails = ["victim", "sound"].map(|id| Mail { id: id.into(), to: format!("{id}@d1.many.test") });
    hand_in(server.smtp, 1, mails.into(), 1_024, Acknowledged::default()).await;
    server.kill().await;
    let (path, at) = find(&server, b"victim@d1.many.test");
    let mut content = std::fs::read(&path).expect("the file");
    content[at] ^= 1;
    std::fs::write(&path, content).expect("the file");
    server.start_again().await;

    for _ in 0..2 {
        let status = server.get("/api/v1/status").await;
        let damaged = &status["quarantine"];
        assert_eq!((&damaged["total"], &damaged["items"][0]["why"]), (&1.into(), &"checksum".into()), "{status}");
        let file = path.file_name().expect("a name").to_str().expect("a name");
        assert_eq!(damaged["items"][0]["file"], file);
        assert_eq!(damaged["items"][0]["set_aside"], true);
        let (_, text, _) = server.verb(&["status"]).await;
        assert!(text.contains("Damaged records:") && text.contains("its checksum is wrong"), "{text}");
        let (_, text, _) = server.verb(&["status", "--lang", "ja"]).await;
        assert!(text.contains("チェックサムが一致しません"), "{text}");
        server.until_totals(PATIENCE, |totals| totals["active_recipients"] == 1).await;
        server.stop().await;
        server.start_again().await;
    }
}

/// Large bodies are files of their own, whose octets are looked at when they are sent.
#[tokio::test(flavor = "multi_thread")]
async fn a_damaged_large_body_is_named_and_not_sent_and_out_of_the_queue_with_the_next_start() {
    let lab = Lab::start(LabSettings { record: true, ..LabSettings::default() }).await.expect("the lab");
    let mut server = Server::serve(&towards(&lab)).await;
    assert_eq!(server.verb(&["suspenddel", "all"]).await.0, 0);
    let acknowledged = Acknowledged::default();
    for id in ["victim", "sound"] {
        let mail = Mail { id: id.into(), to: format!("{id}@d1.many.test") };
        hand_in(server.smtp, 1, vec![mail], 400 * 1024, acknowledged.clone()).await;
    }
    server.kill().await;
    let victim = acknowledged.lock().expect("no holder panics")[0].mid;
    let file = server.data.join(format!("blobs/{victim}"));
    let mut content = std::fs::read(&file).expect("the file");
    let middle = content.len() / 2;
    content[middle] ^= 1;
    std::fs::write(&file, content).expect("the file");
    server.start_again().await;
    assert_eq!(server.verb(&["resumedel", "all"]).await.0, 0);
    assert!(lab.until("d1.many.test", 1, PATIENCE).await, "the sound one arrives");
    let end = tokio::time::Instant::now() + PATIENCE;
    while server.get("/api/v1/status").await["quarantine"]["total"] != 1 {
        assert!(tokio::time::Instant::now() < end, "it is tried, and found; it said:\n{}", server.log());
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    server.until_totals(PATIENCE, |totals| totals["active_recipients"] == 1).await;
    for _ in 0..2 {
        server.stop().await;
        server.start_again().await;
        server.until_totals(PATIENCE, |totals| totals["active_recipients"] == 0).await;
        let status = server.get("/api/v1/status").await;
        let item = &status["quarantine"]["items"][0];
        assert_eq!((&item["file"], &item["mid"]), (&format!("blobs/{victim}").into(), &victim.into()), "{status}");
        let (_, text, _) = server.verb(&["status"]).await;
        assert!(text.contains(&format!("blobs/{victim}, ")) && text.contains("its checksum is wrong"), "{text}");
    }
    assert!(lab.ledger().entry("victim").is_none(), "no part of it passes for a message");
    lab.stop().await;
}
