//! What was counted is there after a restart, all of it; after a kill at most the last ten seconds of it are missing, and
//! the books agree; a new base is one, also after a kill.

use backend::lab::{Lab, LabSettings};
use serde_json::Value;
use std::time::Duration;
use tests::load::{Acknowledged, Mail, hand_in};
use tests::playground::towards;
use tests::server::Server;

const PATIENCE: Duration = Duration::from_secs(30);

async fn send(server: &Server, count: usize) {
    let mails = (0..count).map(|n| Mail { id: format!("c{n}"), to: format!("r{n}@d{}.many.test", n % 3) });
    hand_in(server.smtp, 2, mails.collect(), 1_024, Acknowledged::default()).await;
}

fn number(value: &Value) -> u64 {
    value.as_u64().unwrap_or_else(|| panic!("no number: {value}"))
}

/// Accepted is active + completed, completed is the sum of its parts, and hosts and totals say the same.
async fn books_agree(server: &Server) {
    let status = server.get("/api/v1/status").await;
    let totals = &status["totals"];
    let hosts = server.get("/api/v1/hosts?limit=500").await["items"].take();
    let parts = ["delivered_recipients", "deleted_recipients", "hard_bounced_recipients"];
    let completed: u64 = parts.iter().map(|part| number(&totals[part])).sum();
    assert_eq!(completed, number(&totals["completed_recipients"]), "{totals}");
    let received = number(&status["columns"]["lifetime"]["recipients_received"]);
    let lifetime = number(&status["columns"]["lifetime"]["completed_recipients"]);
    assert_eq!(received, number(&totals["active_recipients"]) + lifetime, "{status}");
    let by_host: u64 = hosts.as_array().unwrap().iter().map(|host| number(&host["delivered_recipients"])).sum();
    assert!(by_host <= number(&totals["delivered_recipients"]), "{hosts} {totals}");
}

#[tokio::test(flavor = "multi_thread")]
async fn what_was_counted_stays_counted() {
    let lab = Lab::start(LabSettings::default()).await.expect("the lab");
    let mut server = Server::serve(&towards(&lab)).await;
    send(&server, 30).await;
    let delivered = |count: u64| move |totals: &Value| totals["delivered_recipients"] == count;
    server.until_totals(PATIENCE, delivered(30)).await;
    let minute = server.get("/api/v1/hosts/d0.many.test?window=1h").await["row"].take();
    assert_eq!(minute["delivered_recipients"], 10, "{minute}");
    let (_, lines, errors) = server.verb(&["hostrate", "d0.many.test", "1", "--count", "2"]).await;
    assert_eq!(lines.lines().filter(|line| line.contains(" up ")).count(), 2, "{lines}{errors}");

    server.stop().await;
    server.start_again().await;
    server.until_totals(PATIENCE, delivered(30)).await;
    books_agree(&server).await;
    let status = server.get("/api/v1/status").await;
    assert_eq!(status["columns"]["uptime"]["delivered_recipients"], 0, "{status}");
    assert_eq!(status["columns"]["lifetime"]["messages_received"], 30, "{status}");
    assert_eq!(number(&server.get("/api/v1/hosts").await["total"]), 0, "no host has a record");

    send(&server, 3).await;
    server.until_totals(PATIENCE, delivered(33)).await;
    let returned = server.get("/api/v1/hosts/d0.many.test").await["row"].take();
    assert_eq!(returned["delivered_recipients"], 11, "its counters return with its record: {returned}");

    let (code, said, errors) = server.verb(&["resetcounters"]).await;
    assert!(code == 0 && said.starts_with("Counters reset.\n"), "{said}{errors}");
    server.kill().await;
    server.start_again().await;
    server.until_totals(PATIENCE, delivered(0)).await;
    books_agree(&server).await;
    let lifetime = server.get("/api/v1/status").await["columns"]["lifetime"].take();
    assert!((30..=33).contains(&number(&lifetime["delivered_recipients"])), "{lifetime}");
    let (_, detail, _) = server.verb(&["status", "detail"]).await;
    assert!(detail.contains("Reset          Uptime        Lifetime"), "{detail}");
    lab.stop().await;
}
