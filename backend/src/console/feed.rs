//! From the driver's changes to the published index: the one task that keeps the rows.
//!
//! Promises: what the driver says is published at once after a pause, and at most every 250 ms; nothing is lost
//! between two publishes, only merged. Never: work for hosts that did not change (see `index::draft`).
//! The walk goes on in `live` and `http`, which read the published index.

use crate::console::index::HostsIndex;
use crate::console::index::draft::Draft;
use crate::console::serve::stopped;
use crate::driver::desk::Changes;
use common::words::Language;
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::{mpsc, watch};
use tokio::time::Instant;

/// Time between two publishes: four a second are as much as a person can read in a table.
pub const PUBLISH_EVERY: Duration = Duration::from_millis(250);
/// Changes that are merged in one go.
const MERGE_MAX: usize = 64;

/// A place for published indexes, with an empty one in it.
pub fn channel() -> (watch::Sender<Arc<HostsIndex>>, watch::Receiver<Arc<HostsIndex>>) {
    watch::channel(Arc::new(HostsIndex::empty()))
}

/// Publishes what the driver says until the driver has gone, or until `stop` is true and nothing is in hand.
pub async fn run(
    mut changes: mpsc::Receiver<Changes>,
    published: watch::Sender<Arc<HostsIndex>>,
    language: Language,
    mut stop: watch::Receiver<bool>,
) {
    let mut draft = Draft::new(language);
    let mut batch = Vec::new();
    let mut next_publish = Instant::now();
    let mut unpublished = false;
    loop {
        tokio::select! {
            biased;
            () = tokio::time::sleep_until(next_publish), if unpublished => {
                published.send_replace(Arc::new(draft.publish()));
                unpublished = false;
                next_publish = Instant::now() + PUBLISH_EVERY;
            }
            count = changes.recv_many(&mut batch, MERGE_MAX) => {
                if count == 0 {
                    break;
                }
                batch.drain(..).for_each(|change| draft.apply(change));
                unpublished = true;
            }
            () = stopped(&mut stop) => break,
        }
    }
    if unpublished {
        published.send_replace(Arc::new(draft.publish()));
    }
}
