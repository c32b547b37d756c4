//! A million queued: the server is killed and started again. Prints how long it takes to listen and to know all of it,
//! what a queued recipient costs in memory, and how quick `tophosts` is meanwhile.
//!
//! `NEXTHOP_SOAK_MESSAGES` (1,000,000) and `NEXTHOP_SOAK_HOSTS` (100,000) choose another size. All hosts refuse
//! connections but one, which takes mail while the list is asked for.

use std::time::Duration;
use tests::backlog;
use tests::load::{Acknowledged, Mail, hand_in};
use tests::process::{load_average, processor_time, resident_bytes, resident_bytes_peak};
use tests::server::{Server, free_address};
use tests::sink::Sink;
use tokio::io::AsyncReadExt;
use tokio::time::Instant;

/// What a recipient may cost beyond the first ones (DESIGN 10).
const RECIPIENT_BYTES_MAX: u64 = 256;
const LISTENING_MAX: Duration = Duration::from_secs(3);
const INDEXED_MAX: Duration = Duration::from_secs(15);
const TOPHOSTS_MAX: Duration = Duration::from_millis(10);
/// Messages that are queued before memory is looked at for the first time.
const FIRST: u64 = 100_000;
/// How long anything may take before the scenario gives up.
const PATIENCE: Duration = Duration::from_secs(900);
/// After a start or a load, until memory is what it stays: journal files are emptied after 30 s.
const SETTLE: Duration = Duration::from_secs(45);
/// Lists that are asked for, one after the other.
const LISTS: usize = 50;

fn number(name: &str, default: u64) -> u64 {
    std::env::var(name).ok().map_or(default, |text| text.parse().unwrap_or_else(|_| panic!("{name} is a number")))
}

#[tokio::test(flavor = "multi_thread")]
#[ignore = "minutes, and 3 GB of disk: cargo xtask soak restart"]
async fn restart_with_a_million_queued_listens_within_3_seconds_and_knows_all_within_15() {
    let messages = number("NEXTHOP_SOAK_MESSAGES", 1_000_000).max(FIRST);
    let hosts = number("NEXTHOP_SOAK_HOSTS", 100_000).max(1);
    let sink = Sink::start().await;
    let routes = format!(
        "[[route]]\nmatch = \"live.test\"\nto = [\"{}\"]\n[[route]]\nmatch = \"*\"\nto = [\"{}\"]\n",
        sink.address,
        free_address()
    );
    let mut server = Server::serve(&routes).await;
    println!("{messages} messages of one recipient, {hosts} hosts; load of the machine {}", load_average());
    fill(&server, 0..FIRST, hosts).await;
    let few = start_again(&mut server, FIRST).await;
    let running = resident_bytes(server.process());
    fill(&server, FIRST..messages, hosts).await;
    tokio::time::sleep(SETTLE).await;
    slope("while it runs", running, resident_bytes(server.process()), messages);
    let all = start_again(&mut server, messages).await;
    slope("after a start", few.resident, all.resident, messages);
    let list = tophosts(&server, messages).await;
    server.kill().await;
    assert!(all.listening <= LISTENING_MAX, "listening after {:?}", all.listening);
    assert!(all.indexed <= INDEXED_MAX, "all known after {:?}", all.indexed);
    let beyond = (messages - FIRST).max(1);
    let each = all.resident.saturating_sub(few.resident) / beyond;
    assert!(messages == FIRST || each <= RECIPIENT_BYTES_MAX, "{each} octets per recipient");
    assert!(list <= TOPHOSTS_MAX, "tophosts took {list:?}");
}

async fn fill(server: &Server, numbers: std::ops::Range<u64>, hosts: u64) {
    let (begun, count, wanted) = (Instant::now(), numbers.end - numbers.start, numbers.end);
    backlog::fill(server.smtp, numbers, hosts).await;
    let each_second = count as f64 / begun.elapsed().as_secs_f64();
    server.until_totals(PATIENCE, |totals| totals["active_recipients"] == wanted).await;
    println!("  {count} taken, {each_second:.0} a second");
}

/// What a start was like.
struct Start {
    listening: Duration,
    indexed: Duration,
    resident: u64,
}

async fn start_again(server: &mut Server, queued: u64) -> Start {
    tokio::time::sleep(SETTLE).await;
    server.kill().await;
    let load = load_average();
    let begun = Instant::now();
    server.start_again().await;
    greeted(server).await;
    let listening = begun.elapsed();
    server.until_totals(PATIENCE, |totals| totals["active_recipients"] == queued).await;
    let indexed = begun.elapsed();
    let spent = processor_time(server.process());
    tokio::time::sleep(SETTLE).await;
    let resident = resident_bytes(server.process());
    let peak = resident_bytes_peak(server.process());
    println!(
        "  a start with {queued}: listening after {:.2} s, all known after {:.2} s ({:.1} CPU s); \
         {:.0} MB of memory, {:.0} MB at most; load {load}",
        listening.as_secs_f64(),
        indexed.as_secs_f64(),
        spent.as_secs_f64(),
        resident as f64 / 1e6,
        peak as f64 / 1e6
    );
    Start { listening, indexed, resident }
}

/// Waits for the banner: only then a client is served.
async fn greeted(server: &Server) {
    loop {
        let mut banner = [0; 3];
        if let Ok(mut stream) = tokio::net::TcpStream::connect(server.smtp).await
            && stream.read_exact(&mut banner).await.is_ok()
            && banner == *b"220"
        {
            return;
        }
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
}

fn slope(when: &str, few: u64, all: u64, messages: u64) {
    let each = all.saturating_sub(few) as f64 / (messages - FIRST).max(1) as f64;
    let (few, all) = (few as f64 / 1e6, all as f64 / 1e6);
    println!("  {when}: {few:.0} MB with {FIRST}, {all:.0} MB with {messages}: {each:.0} octets per recipient beyond");
}

/// The list of the busiest hosts, asked for while mail to one host is delivered.
async fn tophosts(server: &Server, queued: u64) -> Duration {
    let mails = (0..20_000).map(|n| Mail { id: format!("live-{n}"), to: format!("r{n}@live.test") });
    let (smtp, taken) = (server.smtp, Acknowledged::default());
    let live = tokio::spawn(hand_in(smtp, 10, mails.collect(), 1_024, taken.clone()));
    let mut took = Vec::with_capacity(LISTS);
    for _ in 0..LISTS {
        let begun = Instant::now();
        let page = server.get("/api/v1/hosts?sort=-active_recipients&limit=20").await;
        took.push(begun.elapsed());
        assert!(page["items"].as_array().is_some_and(|items| !items.is_empty()), "{page}");
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    let meanwhile = taken.lock().expect("no holder panics").len();
    took.sort_unstable();
    let begun = Instant::now();
    let (code, _, errors) = server.verb(&["tophosts"]).await;
    assert_eq!(code, 0, "{errors}");
    let verb = begun.elapsed();
    live.abort();
    let (median, worst) = (took[LISTS / 2], took[LISTS - 1]);
    println!(
        "  tophosts with {queued} queued, {meanwhile} taken meanwhile: median {:.1} ms, worst {:.1} ms of {LISTS}; \
         the verb as a process {:.1} ms; load {}",
        median.as_secs_f64() * 1e3,
        worst.as_secs_f64() * 1e3,
        verb.as_secs_f64() * 1e3,
        load_average()
    );
    median
}
