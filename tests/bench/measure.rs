//! One run of one subject: mail in, mail out, and what it cost. What does not change with the queue's length is in `flat`.

use crate::blast;
use crate::sink::Sink;
use crate::subject::{Kind, Subject};
use std::fmt;
use std::path::Path;
use std::time::{Duration, Instant};
use tests::server::free_address;

/// Messages before the counted ones: connections, processes and files that are made once.
const WARM_UP: u32 = 500;
/// A subject that has not passed everything on by then has lost something.
const PATIENCE: Duration = Duration::from_secs(600);

/// What is handed in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Shape {
    /// Sessions at once.
    pub sessions: u32,
    /// Destination domains, by turns.
    pub hosts: u32,
    /// Octets of a message, about.
    pub bytes: usize,
}

impl fmt::Display for Shape {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Shape { sessions, hosts, bytes } = self;
        write!(f, "{sessions} sessions, {hosts} hosts, {} KiB", bytes / 1024)
    }
}

/// What came out.
#[derive(Clone, Debug)]
pub struct Run {
    /// Acknowledged messages per second.
    pub accepted: f64,
    /// Messages per second from the first connection to the last arrival.
    pub relayed: f64,
    /// Processor seconds of the subject per 10,000 messages.
    pub cpu: f64,
    /// The wait for a `250`: half, and 99 of 100, took no longer.
    pub p50: Duration,
    /// See there.
    pub p99: Duration,
}

impl fmt::Display for Run {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Run { accepted, relayed, cpu, p50, p99 } = self;
        write!(f, "accepted {accepted:.0}/s, relayed {relayed:.0}/s, {cpu:.2} CPU s per 10,000, ")?;
        write!(f, "250 after {:.1} ms, 99 % within {:.1} ms", p50.as_secs_f64() * 1e3, p99.as_secs_f64() * 1e3)
    }
}

/// So many that a run takes some seconds.
fn messages(kind: Kind, shape: Shape, divide: u32) -> u32 {
    let many = match kind {
        Kind::Nexthop => 40_000,
        Kind::Ceiling => 80_000,
        Kind::Postfix => 4_000,
    };
    (many / divide / if shape.bytes > 10_000 { 2 } else { 1 }).max(shape.sessions)
}

/// Mail through the subject into a sink.
pub async fn relay(kind: Kind, nexthop: &Path, shape: Shape, divide: u32) -> Run {
    let hop = free_address();
    let messages = messages(kind, shape, divide);
    let warm = Sink::open(hop, WARM_UP.min(messages)).await;
    let subject = Subject::start(kind, nexthop, hop, "").await;
    blast::hand_in(subject.smtp, shape, WARM_UP.min(messages)).await;
    within(warm.all(), kind).await;
    // The connections that were made stay: the same sink goes on with other numbers.
    let sink = warm.renew(messages);
    let (before, began) = (subject.processor_time(), Instant::now());
    let accepted = blast::hand_in(subject.smtp, shape, messages).await;
    within(sink.all(), kind).await;
    let took = began.elapsed();
    let cpu = subject.processor_time().saturating_sub(before);
    let count = f64::from(messages);
    let at = |part: usize| accepted.waits[(accepted.waits.len() - 1) * part / 100];
    Run {
        accepted: count / accepted.took.as_secs_f64(),
        relayed: count / took.as_secs_f64(),
        cpu: cpu.as_secs_f64() / count * 10_000.0,
        p50: at(50),
        p99: at(99),
    }
}

/// Waits for it, but not for ever.
pub async fn within(all: impl Future<Output = ()>, kind: Kind) {
    tokio::time::timeout(PATIENCE, all).await.unwrap_or_else(|_| panic!("{kind} has not passed everything on"));
}

/// The generator straight into the sink: what is measured has to be slower than what measures.
pub async fn harness(divide: u32) -> String {
    let shape = Shape { sessions: 100, hosts: 1_000, bytes: 4_096 };
    let messages = 100_000 / divide;
    let sink = Sink::open(free_address(), messages).await;
    let began = Instant::now();
    blast::hand_in(sink.address, shape, messages).await;
    sink.all().await;
    let rate = f64::from(messages) / began.elapsed().as_secs_f64();
    format!("The harness alone: {rate:.0} messages per second from the generator straight into the sink ({shape}).")
}

/// A backlog of a next hop that was down, set moving at once by hand.
pub async fn backlogs(nexthop: &Path, divide: u32) -> String {
    let mut lines = String::from(
        "| backlog | messages | filled | first after | all after | per second | CPU s per 10,000 |\n|---|---|---|---|---|---|---|\n",
    );
    for (kind, many) in [(Kind::Nexthop, 100_000), (Kind::Postfix, 20_000)] {
        let messages = many / divide;
        let shape = Shape { sessions: 20, hosts: 1_000, bytes: 4_096 };
        let hop = free_address();
        let subject = Subject::start(kind, nexthop, hop, "").await;
        let filled = blast::hand_in(subject.smtp, shape, messages).await;
        let sink = Sink::open(hop, messages).await;
        let (before, began) = (subject.processor_time(), Instant::now());
        subject.flush();
        sink.first().await;
        let first = began.elapsed();
        within(sink.all(), kind).await;
        let took = began.elapsed();
        let cpu = subject.processor_time().saturating_sub(before).as_secs_f64() / f64::from(messages) * 10_000.0;
        let rate = f64::from(messages) / took.as_secs_f64();
        let fill = f64::from(messages) / filled.took.as_secs_f64();
        let (first, took) = (first.as_secs_f64(), took.as_secs_f64());
        lines +=
            &format!("| {kind} | {messages} | {fill:.0}/s | {first:.2} s | {took:.1} s | {rate:.0} | {cpu:.2} |\n");
    }
    lines
}
