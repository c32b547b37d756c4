//! A spool in memory: keeps what it is given, or fails as it is told.

use crate::spool::tests::{BlobDouble, at_once};
use crate::spool::{Answer, Begun, BlobWriter, Body, Kept, Note, Spool, SpoolError, Submission};
use common::vocab::MessageId;
use engine::envelope::Settlement;
use std::sync::Mutex;
use std::sync::atomic::{AtomicU64, Ordering};
use tokio::sync::oneshot;

/// What the double does with a message.
#[derive(Clone, Debug, Default)]
pub enum Mood {
    /// Keeps it.
    #[default]
    Keeps,
    /// Answers with this.
    Fails(SpoolError),
    /// Keeps nothing: it was kept before, or the key was.
    Knows(Kept),
    /// Goes away without an answer.
    Vanishes,
    /// Panics when it is asked for a number.
    Panics,
    /// Keeps it and answers when [`MemorySpool::answer_all`] is called.
    Waits,
}

/// Low, so that many a test meets a file.
const BLOB_FROM: usize = 2_000;

/// The spool.
#[derive(Debug, Default)]
pub struct MemorySpool {
    numbers: AtomicU64,
    mood: Mutex<Mood>,
    kept: Mutex<Vec<Submission>>,
    waiting: Mutex<Vec<oneshot::Sender<Result<Kept, SpoolError>>>>,
    /// The files of large bodies.
    pub blobs: BlobDouble,
}

impl MemorySpool {
    /// From now on it does this.
    pub fn set_mood(&self, mood: Mood) {
        *self.mood.lock().unwrap() = mood;
    }

    /// What was kept so far.
    pub fn kept(&self) -> Vec<Submission> {
        self.kept.lock().unwrap().clone()
    }

    /// Answers those that wait, and says how many heard it.
    pub fn answer_all(&self) -> usize {
        self.waiting.lock().unwrap().drain(..).filter_map(|waiting| waiting.send(Ok(Kept::New)).ok()).count()
    }

    /// The only message that was kept, without our Received field.
    pub fn only_body(&self) -> Vec<u8> {
        let kept = self.kept();
        assert_eq!(kept.len(), 1, "one transaction makes one message");
        without_trace(&octets_of(&kept[0].body))
    }
}

/// All octets of a body.
pub fn octets_of(body: &Body) -> Vec<u8> {
    at_once(body.clone().whole()).expect("it is whole").into()
}

/// The message without its first field, which must be our Received, two lines long.
pub fn without_trace(body: &[u8]) -> Vec<u8> {
    assert!(body.starts_with(b"Received: from "), "{}", body.escape_ascii());
    let mut lines = body.split_inclusive(|&octet| octet == b'\n');
    lines.next();
    assert!(lines.next().is_some_and(|line| line.starts_with(b"\tby ")));
    lines.collect::<Vec<_>>().concat()
}

impl Spool for MemorySpool {
    fn reserve(&self) -> MessageId {
        assert!(!matches!(*self.mood.lock().unwrap(), Mood::Panics), "a fault that a test planted");
        MessageId(self.numbers.fetch_add(1, Ordering::Relaxed) + 1)
    }

    fn keep(&self, submission: Submission) -> Answer<Kept> {
        let (sender, receiver) = oneshot::channel();
        match self.mood.lock().unwrap().clone() {
            Mood::Fails(why) => {
                let _ = sender.send(Err(why));
                return receiver;
            }
            Mood::Knows(kept) => {
                let _ = sender.send(Ok(kept));
                return receiver;
            }
            Mood::Vanishes => return receiver,
            Mood::Waits => self.waiting.lock().unwrap().push(sender),
            Mood::Keeps | Mood::Panics => {
                let _ = sender.send(Ok(Kept::New));
            }
        }
        self.kept.lock().unwrap().push(submission);
        receiver
    }

    fn begun(&self, _: Begun) -> Answer<()> {
        unreachable!("an intake begins no attempt")
    }

    fn settle(&self, _: Vec<Settlement>) {}

    fn blob_from(&self) -> usize {
        BLOB_FROM
    }

    fn stream(&self, mid: MessageId) -> Answer<BlobWriter> {
        self.blobs.begin(mid)
    }

    fn body(&self, mid: MessageId) -> Answer<Body> {
        let (sender, receiver) = oneshot::channel();
        let kept = self.kept();
        let found = kept.iter().find(|submission| submission.envelope.mid == mid);
        let _ = sender.send(found.map(|submission| submission.body.clone()).ok_or(SpoolError::Missing(mid)));
        receiver
    }

    fn note(&self, _: Vec<Note>) -> Answer<()> {
        let (sender, receiver) = oneshot::channel();
        let _ = sender.send(Ok(()));
        receiver
    }

    fn flush(&self) -> Answer<()> {
        let (sender, receiver) = oneshot::channel();
        let _ = sender.send(Ok(()));
        receiver
    }
}
