//! Flat cost: the same messages through queues that hold a thousand others and a million.
//!
//! The others wait for hosts that refuse connections, each tried once and then left alone for hours, so that what is measured is
//! what their mere presence costs.

use crate::blast;
use crate::measure::{Shape, within};
use crate::sink::Sink;
use crate::subject::{Kind, Subject};
use std::path::Path;
use std::time::{Duration, Instant};
use tests::backlog;
use tests::server::free_address;

/// What waits: recipients, hosts.
const QUEUES: [(u64, u64); 4] = [(1_000, 1), (1_000, 1_000), (100_000, 100_000), (1_000_000, 100_000)];
/// What passes through meanwhile.
const SHAPE: Shape = Shape { sessions: 100, hosts: 1_000, bytes: 4_096 };
const MESSAGES: u32 = 40_000;
const LOOK_EVERY: Duration = Duration::from_millis(500);

/// A table, a row for each queue.
pub async fn table(nexthop: &Path, divide: u32) -> String {
    let mut lines = String::from(
        "| waiting | hosts of them | filled | relayed, messages/s | CPU s per 10,000 |\n|---|---|---|---|---|\n",
    );
    for (waiting, hosts) in QUEUES {
        let waiting = (waiting / u64::from(divide)).max(1);
        lines += &row(nexthop, waiting, hosts.min(waiting), MESSAGES / divide).await;
    }
    lines
}

async fn row(nexthop: &Path, waiting: u64, hosts: u64, messages: u32) -> String {
    let (hop, nobody) = (free_address(), free_address());
    let more = format!(
        "[retry]\nsteps = [\"4h\"]\nhost_first = \"4h\"\nhost_max = \"4h\"\n\
         [[route]]\nmatch = \".backlog.test\"\nto = [\"{nobody}\"]\n"
    );
    let sink = Sink::open(hop, messages).await;
    let subject = Subject::start(Kind::Nexthop, nexthop, hop, &more).await;
    let began = Instant::now();
    backlog::fill(subject.smtp, 0..waiting, hosts).await;
    let filled = waiting as f64 / began.elapsed().as_secs_f64();
    let tried = async {
        while subject.hosts_down() < hosts.min(waiting) {
            tokio::time::sleep(LOOK_EVERY).await;
        }
    };
    within(tried, Kind::Nexthop).await;
    let (before, began) = (subject.processor_time(), Instant::now());
    blast::hand_in(subject.smtp, SHAPE, messages).await;
    within(sink.all(), Kind::Nexthop).await;
    let took = began.elapsed().as_secs_f64();
    let cpu = subject.processor_time().saturating_sub(before).as_secs_f64() / f64::from(messages) * 10_000.0;
    let rate = f64::from(messages) / took;
    format!("| {waiting} | {hosts} | {filled:.0}/s | {rate:.0} | {cpu:.2} |\n")
}
