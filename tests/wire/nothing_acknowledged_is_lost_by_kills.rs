//! kill -9 under load, 25 times: whatever was answered 250 arrives, unchanged.

use backend::lab::{Lab, LabSettings};
use engine::random::Random;
use std::time::Duration;
use tests::load::{Acknowledged, Mail, hand_in};
use tests::server::Server;

const KILLS: u64 = 25;

#[tokio::test(flavor = "multi_thread")]
async fn twenty_five_kills_lose_nothing() {
    let lab = Lab::start(LabSettings { record: true, ..LabSettings::default() }).await.expect("the lab");
    let mut server = Server::serve(&format!(
        "[dns]\nservers = [\"{}\"]\n[delivery]\nport = {}\nallow_targets = [\"127.0.0.0/8\"]\n",
        lab.dns(),
        lab.port()
    ))
    .await;
    let acknowledged = Acknowledged::default();
    let mut random = Random::new(25);
    for round in 0..KILLS {
        let mails = (0..20_000).map(|n| Mail { id: format!("k{round}-{n}"), to: format!("r@d{}.many.test", n % 50) });
        let load = tokio::spawn(hand_in(server.smtp, 10, mails.collect(), 4_096, acknowledged.clone()));
        tokio::time::sleep(Duration::from_millis(50 + random.below(250))).await;
        server.kill().await;
        load.await.expect("the load ends when the server does");
        server.start_again().await;
    }
    // Greets only once what it found on disk is counted: an empty queue is then an empty queue.
    let empty = |totals: &serde_json::Value| totals["active_recipients"] == 0;
    server.until_totals(Duration::from_secs(120), empty).await;
    let acknowledged = acknowledged.lock().unwrap().clone();
    assert!(acknowledged.len() > 100, "the load was real: {} acknowledged", acknowledged.len());
    let (mut lost, mut changed, mut repeated) = (0, 0, 0);
    for id in &acknowledged {
        match lab.ledger().entry(id) {
            None => lost += 1,
            Some(entry) => {
                changed += u64::from(!entry.is_constant);
                repeated += u64::from(entry.transactions > 1);
            }
        }
    }
    println!(
        "{} acknowledged, {lost} lost, {changed} changed, {repeated} delivered more than once",
        acknowledged.len()
    );
    assert_eq!((lost, changed), (0, 0));
    lab.stop().await;
}
