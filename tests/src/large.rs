//! Many large messages at once, in and out again, and how much memory that took.

use crate::load::{Acknowledged, Mail, hand_in};
use crate::playground::towards;
use crate::process::resident_bytes_peak;
use crate::server::Server;
use backend::lab::{Lab, LabSettings};
use std::time::Duration;

/// What came of it.
#[derive(Clone, Copy, Debug)]
pub struct Passed {
    /// Messages that were acknowledged and arrived unchanged.
    pub messages: usize,
    /// The most octets of memory that the server ever had (`VmHWM`).
    pub peak_bytes: u64,
    /// Files that are left of their bodies.
    pub files_left: usize,
}

/// Hands in so many messages of so many octets at once, each over a session of its own, and waits until all have left.
pub async fn pass(count: usize, bytes: usize, patience: Duration) -> Passed {
    let lab = Lab::start(LabSettings { record: true, ..LabSettings::default() }).await.expect("the lab");
    let settings = towards(&lab);
    let server = Server::serve(&settings).await;
    let mails = (0..count).map(|n| Mail { id: format!("large-{n}"), to: format!("r{n}@d{n}.many.test") });
    let acknowledged = Acknowledged::default();
    hand_in(server.smtp, count, mails.collect(), bytes, acknowledged.clone()).await;
    server.until_totals(patience, |totals| totals["active_recipients"] == 0).await;
    let peak_bytes = resident_bytes_peak(server.process());
    let unchanged = |id: &str| lab.ledger().entry(id).is_some_and(|entry| entry.is_constant);
    let messages = acknowledged.lock().expect("no holder panics").iter().filter(|one| unchanged(&one.id)).count();
    let folder = server.data.join("blobs");
    let files = || std::fs::read_dir(&folder).map_or(0, |files| files.count());
    let end = tokio::time::Instant::now() + patience;
    while files() > 0 && tokio::time::Instant::now() < end {
        tokio::time::sleep(Duration::from_millis(20)).await; // they go with the sync of what was delivered
    }
    let files_left = files();
    lab.stop().await;
    Passed { messages, peak_bytes, files_left }
}
