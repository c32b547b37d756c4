//! The reader threads: bodies that are no longer in memory come back from the journal.
//!
//! Promises: a body passes its sum and bears its message's number, or it is not given out; what fails is set aside and
//! counted once. Reading never waits for writing.
//! Never: changes the index.

use crate::spool::journal::index::Place;
use crate::spool::journal::shared::Shared;
use crate::spool::quarantine::Quarantine;
use crate::spool::{SpoolError, frame, record};
use bytes::Bytes;
use common::vocab::MessageId;
use std::io;
use std::sync::Arc;
use std::sync::mpsc::{Receiver, Sender, channel};
use tokio::sync::oneshot;

/// Threads that read: as many requests as a disk is asked at once.
const READERS: usize = 4;

/// A body is wanted.
struct Ask {
    mid: MessageId,
    reply: oneshot::Sender<Result<Bytes, SpoolError>>,
}

/// A handle to the reader threads; they end with it.
#[derive(Debug)]
pub struct Readers(Vec<Sender<Ask>>);

impl Readers {
    /// Starts the threads.
    pub fn start(shared: &Arc<Shared>, quarantine: &Quarantine) -> io::Result<Readers> {
        let start = |number: usize| {
            let (sender, asks): (Sender<Ask>, Receiver<Ask>) = channel();
            let (shared, quarantine) = (shared.clone(), quarantine.clone());
            let thread = std::thread::Builder::new().name(format!("spool-read-{number}"));
            thread.spawn(move || {
                for Ask { mid, reply } in asks {
                    let _ = reply.send(read(&shared, &quarantine, mid)); // the session may be gone
                }
            })?;
            Ok(sender)
        };
        (0..READERS).map(start).collect::<io::Result<_>>().map(Readers)
    }

    /// Asks for a body.
    pub fn ask(&self, mid: MessageId, reply: oneshot::Sender<Result<Bytes, SpoolError>>) {
        let reader = &self.0[mid.0 as usize % self.0.len()];
        if let Err(unsent) = reader.send(Ask { mid, reply }) {
            let _ = unsent.0.reply.send(Err(SpoolError::Stopped));
        }
    }
}

/// Reads a body from its record.
pub fn read(shared: &Shared, quarantine: &Quarantine, mid: MessageId) -> Result<Bytes, SpoolError> {
    let missing = SpoolError::Missing(mid);
    let Some(place) = shared.place(mid) else { return Err(missing) };
    let Some((seal, file)) = shared.files.get(place.number) else { return Err(missing) };
    let mut bytes = vec![0; place.length as usize];
    let read = file.read_at(&mut bytes, u64::from(place.offset));
    let payload = Bytes::from(bytes);
    let passed = read.is_ok()
        && frame::read_head(&payload, seal, place.offset).is_some_and(|head| {
            head.kind == record::ACCEPT
                && frame::payload_passes(&head, &payload[frame::FRAME_BYTES..], seal, place.offset)
        });
    let body = passed.then(|| record::read_body(payload.slice(frame::FRAME_BYTES..), mid)).flatten();
    if body.is_none() {
        set_aside(shared, quarantine, mid, place, &payload);
    }
    body.ok_or(missing)
}

/// Counts a damaged record once, and copies it; unless the message ended while it was read and its file has moved on.
fn set_aside(shared: &Shared, quarantine: &Quarantine, mid: MessageId, place: Place, bytes: &[u8]) {
    let fresh = {
        let mut state = shared.state();
        state.index.place(mid) == Some(place) && state.damaged.insert(mid)
    };
    if fresh {
        tracing::error!(mid = mid.0, "the record of a message is damaged: it is set aside, not sent");
        if let Err(error) = quarantine.put(place.number, place.offset, bytes) {
            tracing::error!(mid = mid.0, "a damaged record cannot be copied to the quarantine: {error}");
        }
    }
}
