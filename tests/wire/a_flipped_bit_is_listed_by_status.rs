//! A bit of a queued message flips on the disk: the message is never sent, and `status` says where it lies and why.

use std::path::PathBuf;
use tests::load::{Acknowledged, Mail, hand_in};
use tests::server::Server;

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
        server.until_totals(std::time::Duration::from_secs(30), |totals| totals["active_recipients"] == 1).await;
        server.stop().await;
        server.start_again().await;
    }
}
