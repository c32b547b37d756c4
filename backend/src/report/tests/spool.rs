//! A spool in memory: bodies by number, and a disk that can be full.

use crate::spool::{Answer, Begun, BlobWriter, Body, Kept, Note, Spool, SpoolError, Submission};
use bytes::Bytes;
use common::vocab::MessageId;
use engine::envelope::Settlement;
use std::collections::BTreeMap;
use std::sync::Mutex;
use std::sync::atomic::{AtomicU64, Ordering};
use tokio::sync::{oneshot, watch};

/// See the top of this file.
pub(super) struct MemorySpool {
    pub(super) bodies: Mutex<BTreeMap<u64, Bytes>>,
    /// What `keep` answers in place of `Ok`.
    pub(super) refusal: Mutex<Option<SpoolError>>,
    /// Submissions that were refused.
    pub(super) refused: AtomicU64,
    pub(super) kept: watch::Sender<Vec<Submission>>,
    pub(super) settled: watch::Sender<Vec<Settlement>>,
    next: AtomicU64,
}

impl MemorySpool {
    pub(super) fn new() -> MemorySpool {
        MemorySpool {
            bodies: Mutex::default(),
            refusal: Mutex::default(),
            refused: AtomicU64::new(0),
            kept: watch::Sender::default(),
            settled: watch::Sender::default(),
            next: AtomicU64::new(1_000),
        }
    }

    pub(super) fn refuse(&self, why: Option<SpoolError>) {
        *self.refusal.lock().unwrap() = why;
    }

    /// Waits until so many submissions are kept.
    pub(super) async fn until_kept(&self, count: usize) -> Vec<Submission> {
        self.kept.subscribe().wait_for(|kept| kept.len() >= count).await.unwrap().clone()
    }
}

fn answer<T>(result: Result<T, SpoolError>) -> Answer<T> {
    let (sender, receiver) = oneshot::channel();
    let _ = sender.send(result); // the receiver is in our hand
    receiver
}

impl Spool for MemorySpool {
    fn reserve(&self) -> MessageId {
        MessageId(self.next.fetch_add(1, Ordering::Relaxed))
    }
    fn keep(&self, submission: Submission) -> Answer<Kept> {
        if let Some(why) = self.refusal.lock().unwrap().clone() {
            self.refused.fetch_add(1, Ordering::Relaxed);
            return answer(Err(why));
        }
        self.kept.send_modify(|kept| kept.push(submission));
        answer(Ok(Kept::New))
    }
    fn begun(&self, _: Begun) -> Answer<()> {
        unreachable!("a report begins nothing")
    }
    fn settle(&self, settlements: Vec<Settlement>) {
        self.settled.send_modify(|settled| settled.extend(settlements));
    }
    fn blob_from(&self) -> usize {
        usize::MAX
    }
    fn stream(&self, _: MessageId) -> Answer<BlobWriter> {
        unreachable!("all bodies are small here")
    }
    fn body(&self, mid: MessageId) -> Answer<Body> {
        answer(self.bodies.lock().unwrap().get(&mid.0).cloned().map(Body::from).ok_or(SpoolError::Missing(mid)))
    }
    fn note(&self, _: Vec<Note>) -> Answer<()> {
        unreachable!("a report notes nothing")
    }

    fn flush(&self) -> Answer<()> {
        unreachable!("a report flushes nothing")
    }
}
