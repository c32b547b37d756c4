//! kill -9 under load, 25 times: whatever was answered 250 arrives, unchanged; whatever arrives twice was named as a
//! possible repeat at a start before.

use backend::lab::{Lab, LabSettings};
use engine::random::Random;
use std::collections::BTreeSet;
use std::time::Duration;
use tests::load::{Acknowledged, Mail, hand_in};
use tests::playground::towards;
use tests::server::Server;
use tests::tally::Tally;

const KILLS: u64 = 25;

#[tokio::test(flavor = "multi_thread")]
async fn twenty_five_kills_lose_nothing() {
    let lab = Lab::start(LabSettings { record: true, ..LabSettings::default() }).await.expect("the lab");
    let mut server = Server::serve(&towards(&lab)).await;
    let acknowledged = Acknowledged::default();
    let mut random = Random::new(25);
    for round in 0..KILLS {
        let mails = (0..20_000).map(|n| Mail { id: format!("k{round}-{n}"), to: format!("r@d{}.many.test", n % 50) });
        let load = tokio::spawn(hand_in(server.smtp, 10, mails.collect(), 4_096, acknowledged.clone()));
        // The moment is a count, not a time: a busy machine is killed in the middle of its work too.
        let moment = acknowledged.lock().unwrap().len() + 1 + random.below(400) as usize;
        while acknowledged.lock().unwrap().len() < moment && !load.is_finished() {
            tokio::time::sleep(Duration::from_millis(1)).await;
        }
        server.kill().await;
        load.await.expect("the load ends when the server does");
        server.start_again().await;
    }
    let empty = |totals: &serde_json::Value| totals["active_recipients"] == 0;
    server.until_totals(Duration::from_secs(120), empty).await;
    let acknowledged = acknowledged.lock().unwrap().clone();
    assert!(acknowledged.len() >= KILLS as usize, "the load was real: {} acknowledged", acknowledged.len());
    let named = named_as_possible_repeats(&server.log());
    let tally = Tally::of(&acknowledged, lab.ledger(), &named);
    println!("{KILLS} kills: {tally}");
    tally.must_be_whole();
    lab.stop().await;
}

/// The messages of which a start has said that they may arrive twice.
fn named_as_possible_repeats(log: &str) -> BTreeSet<u64> {
    let lines = log.lines().filter(|line| line.contains("may arrive twice"));
    let mid = |line: &str| line.split("mid=").nth(1)?.split(' ').next()?.parse().ok();
    lines.map(|line| mid(line).unwrap_or_else(|| panic!("no number in: {line}"))).collect()
}
