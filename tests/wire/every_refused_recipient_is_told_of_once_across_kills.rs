//! kill -9 under a load of which a third is refused: every acknowledged recipient is delivered or told of, and no
//! recipient is told of by two reports.

use engine::random::Random;
use mail_parser::{MessageParser, MimeHeaders};
use std::collections::{BTreeMap, BTreeSet};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;
use tests::server::Server;
use tests::sink::{Client, Sink, Taken, status_fields};

const KILLS: u64 = 12;
const SESSIONS: usize = 8;
/// So many that none comes near its hourly number of reports.
const SENDER_DOMAINS: usize = 200;

/// Ids of messages that were answered 250.
type Acknowledged = Arc<Mutex<BTreeSet<String>>>;

/// Hands in messages to two good recipients and a bad one until the server is gone.
async fn load(server: std::net::SocketAddr, round: u64, numbers: Arc<AtomicUsize>, acknowledged: Acknowledged) {
    let Ok(mut client) = Client::connect(server).await else { return };
    loop {
        let number = numbers.fetch_add(1, Ordering::Relaxed);
        let id = format!("k{round}-{number}");
        let from = format!("me@h{}.here.test", number % SENDER_DOMAINS);
        let to = [format!("a-{id}@one.test"), format!("no-{id}@two.test"), format!("b-{id}@two.test")];
        let message = format!("X-Test-Id: {id}\r\nSubject: load\r\n\r\n{}\r\n", "x".repeat(900));
        if client.send(&from, &to.each_ref().map(String::as_str), &message).await.is_err() {
            return; // it may or may not have been taken
        }
        acknowledged.lock().unwrap().insert(id);
    }
}

/// Which report (by its Message-ID) told of which recipient. A report itself may come twice, as any mail.
fn told(taken: &[Arc<Taken>]) -> BTreeMap<String, BTreeSet<String>> {
    let mut told: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
    for report in taken.iter().filter(|one| one.from.is_empty()) {
        let message = MessageParser::default().parse(&report.body).expect("a message");
        let id = message.message_id().expect("an id").to_owned();
        let is_status = |part: &&mail_parser::MessagePart<'_>| {
            part.content_type().is_some_and(|is| is.subtype() == Some("delivery-status"))
        };
        let status = message.parts.iter().find(is_status).expect("a status").contents();
        for group in &status_fields(std::str::from_utf8(status).expect("ASCII"))[1..] {
            let address = group["Final-Recipient"].strip_prefix("rfc822; ").expect("an address").to_owned();
            told.entry(address).or_default().insert(id.clone());
        }
    }
    told
}

fn delivered(taken: &[Arc<Taken>]) -> BTreeSet<&str> {
    taken.iter().filter(|one| !one.from.is_empty()).flat_map(|one| &one.recipients).map(String::as_str).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn twelve_kills_lose_no_recipient_and_tell_of_none_twice() {
    let sink = Sink::start().await;
    let mut server = Server::serve(&format!("[[route]]\nmatch = \"*\"\nto = [\"{}\"]\n", sink.address)).await;
    let (acknowledged, numbers) = (Acknowledged::default(), Arc::new(AtomicUsize::new(0)));
    let mut random = Random::new(12);
    for round in 0..KILLS {
        let mut sessions = tokio::task::JoinSet::new();
        for _ in 0..SESSIONS {
            sessions.spawn(load(server.smtp, round, numbers.clone(), acknowledged.clone()));
        }
        // The moment is a count, not a time: a busy machine is killed in the middle of its work too.
        let moment = acknowledged.lock().unwrap().len() + 1 + random.below(300) as usize;
        while acknowledged.lock().unwrap().len() < moment && !sessions.is_empty() {
            tokio::time::sleep(Duration::from_millis(1)).await;
        }
        server.kill().await;
        while sessions.join_next().await.is_some() {}
        server.start_again().await;
    }
    let acknowledged = acknowledged.lock().unwrap().clone();
    let all_ended = |taken: &[Arc<Taken>]| {
        let (told, delivered) = (told(taken), delivered(taken));
        acknowledged.iter().all(|id| {
            told.contains_key(&format!("no-{id}@two.test"))
                && delivered.contains(format!("a-{id}@one.test").as_str())
                && delivered.contains(format!("b-{id}@two.test").as_str())
        })
    };
    let end = tokio::time::Instant::now() + Duration::from_secs(120);
    while !all_ended(&sink.taken()) {
        let missing = |taken: &[Arc<Taken>]| {
            let told = told(taken);
            acknowledged.iter().filter(|id| !told.contains_key(&format!("no-{id}@two.test"))).count()
        };
        assert!(tokio::time::Instant::now() < end, "{} are not told of:\n{}", missing(&sink.taken()), server.log());
        tokio::time::sleep(Duration::from_millis(200)).await;
    }
    let empty = |totals: &serde_json::Value| totals["active_recipients"] == 0;
    server.until_totals(Duration::from_secs(60), empty).await;
    let told = told(&sink.taken());
    let twice: Vec<_> = told.iter().filter(|(_, reports)| reports.len() > 1).collect();
    println!("{} acknowledged, {} told of, {} of them twice", acknowledged.len(), told.len(), twice.len());
    assert!(acknowledged.len() >= KILLS as usize && twice.is_empty(), "{twice:?}");
}
