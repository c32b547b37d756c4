//! The network is cut in the middle of DATA: of what was coming in nothing is kept, and what was going out is tried again and
//! is no possible duplicate, since its final dot was never sent.

use std::time::Duration;
use tests::cut::Cut;
use tests::load::{Acknowledged, Mail, hand_in};
use tests::server::Server;
use tests::sink::Sink;

const PATIENCE: Duration = Duration::from_secs(30);
/// A body in the journal, and one in a file of its own; and so many octets of each pass before the cut.
const SIZES: [(usize, usize); 2] = [(40 * 1024, 20_000), (400 * 1024, 350_000)];

fn files(server: &Server) -> usize {
    std::fs::read_dir(server.data.join("blobs")).expect("the folder of large bodies").count()
}

#[tokio::test(flavor = "multi_thread")]
async fn of_what_was_coming_in_nothing_is_kept() {
    let server = Server::serve("").await;
    assert_eq!(server.verb(&["suspenddel", "all"]).await.0, 0);
    let mut wire = Cut::before(server.smtp, SIZES.iter().map(|(_, after)| *after).collect()).await;
    let mail = |n: usize| vec![Mail { id: format!("cut-{n}"), to: "r@x.test".into() }];
    let acknowledged = Acknowledged::default();
    for (n, (bytes, _)) in SIZES.into_iter().enumerate() {
        hand_in(wire.address, 1, mail(n), bytes, acknowledged.clone()).await;
        wire.until(n + 1).await;
    }
    assert!(acknowledged.lock().unwrap().is_empty());
    for (n, (bytes, _)) in SIZES.into_iter().enumerate() {
        hand_in(wire.address, 1, mail(n), bytes, acknowledged.clone()).await;
    }
    assert_eq!(acknowledged.lock().unwrap().len(), 2, "the next ones get through");
    server.until_totals(PATIENCE, |totals| totals["active_recipients"] == 2).await;
    let end = tokio::time::Instant::now() + PATIENCE;
    while files(&server) != 1 {
        assert!(tokio::time::Instant::now() < end, "{} files for one large message", files(&server));
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_was_going_out_is_tried_again_and_arrives_once() {
    let sink = Sink::start().await;
    let mut wire = Cut::before(sink.address, SIZES.iter().map(|(_, after)| *after).collect()).await;
    let routes = format!(
        "[delivery]\nallow_targets = [\"127.0.0.0/8\"]\n[[route]]\nmatch = \"*\"\nto = [\"{}\"]\n",
        wire.address
    );
    let mut server = Server::serve(&routes).await;
    let acknowledged = Acknowledged::default();
    for (n, (bytes, _)) in SIZES.into_iter().enumerate() {
        let mail = vec![Mail { id: format!("cut-{n}"), to: format!("r{n}@x{n}.test") }];
        hand_in(server.smtp, 1, mail, bytes, acknowledged.clone()).await;
        wire.until(n + 1).await;
    }
    assert_eq!(acknowledged.lock().unwrap().len(), 2);
    server.until_totals(PATIENCE, |totals| totals["attempted_recipients"] == 2).await;
    assert!(sink.taken().is_empty(), "half a message is none");
    server.kill().await;
    server.start_again().await;
    server.until_totals(PATIENCE, |totals| totals["active_recipients"] == 2).await;
    let found = server.get("/api/v1/status").await["recovery"].to_string();
    assert!(found.contains("2 recipients") && !found.contains("twice"), "{found}");
    assert_eq!(server.verb(&["delivernow", "all"]).await.0, 0);
    server.until_totals(PATIENCE, |totals| totals["active_recipients"] == 0).await;
    let mut arrived = sink.taken();
    arrived.sort_by_key(|taken| taken.recipients.join(" "));
    let recipients: Vec<String> = arrived.iter().map(|taken| taken.recipients.join(" ")).collect();
    assert_eq!(recipients, ["r0@x0.test", "r1@x1.test"]);
    for (taken, (bytes, _)) in arrived.iter().zip(SIZES) {
        assert!(taken.body.len() > bytes - 66 && taken.body.ends_with("then comes back.\r\n"), "{}", taken.body.len());
    }
}
