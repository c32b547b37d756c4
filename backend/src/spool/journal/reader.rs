//! The reader threads: bodies that are no longer in memory come back from the journal, or from the database.
//!
//! Promises: a body passes its sum and bears its message's number, or it is not given out; what fails is set aside and
//! counted once. Reading never waits for writing.
//! Never: changes the index.

use crate::spool::journal::index::{Place, Spot};
use crate::spool::journal::mover::read_record;
use crate::spool::journal::shared::Shared;
use crate::spool::quarantine::{Origin, Quarantine};
use crate::spool::queue_db::{DbError, Stored};
use crate::spool::{Body, SpoolError, record};
use bytes::Bytes;
use common::vocab::MessageId;
use common::wire::DamageKind;
use std::io;
use std::sync::Arc;
use std::sync::mpsc::{Receiver, Sender, channel};
use tokio::sync::oneshot;

/// Threads that read: as many requests as a disk is asked at once.
const READERS: usize = 4;
/// A message moves from the journal to an adopted file and from there into the database: not more often.
const PLACES_MAX: usize = 4;

/// A body is wanted.
struct Ask {
    mid: MessageId,
    reply: oneshot::Sender<Result<Body, SpoolError>>,
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
                    let front = read(&shared, &quarantine, mid);
                    let body = front.map(|front| Body::new(front, shared.blobs.get(mid)));
                    let _ = reply.send(body); // the session may be gone
                }
            })?;
            Ok(sender)
        };
        (0..READERS).map(start).collect::<io::Result<_>>().map(Readers)
    }

    /// Asks for a body.
    pub fn ask(&self, mid: MessageId, reply: oneshot::Sender<Result<Body, SpoolError>>) {
        let reader = &self.0[mid.0 as usize % self.0.len()];
        if let Err(unsent) = reader.send(Ask { mid, reply }) {
            let _ = unsent.0.reply.send(Err(SpoolError::Stopped));
        }
    }
}

/// Reads a body, or its front, from where it lies. One that moves meanwhile is found at its new place.
pub fn read(shared: &Shared, quarantine: &Quarantine, mid: MessageId) -> Result<Bytes, SpoolError> {
    for _ in 0..PLACES_MAX {
        let Some(place) = shared.place(mid) else { break };
        let (body, spot) = match place {
            Place::Journal(spot) => (read_spot(shared, spot, mid), Some(spot)),
            Place::Stored { .. } => read_stored(shared, mid)?,
            Place::Lost => break,
        };
        if let Some(body) = body {
            return Ok(body);
        }
        if shared.place(mid) == Some(place) && !has_moved(shared, mid, spot) {
            match spot {
                Some(spot) => set_aside(shared, quarantine, mid, spot),
                None => set_body_aside(shared, quarantine, mid),
            };
            break;
        }
    }
    Err(SpoolError::Missing(mid))
}

/// Whether a body of the database lies elsewhere than it did.
fn has_moved(shared: &Shared, mid: MessageId, spot: Option<Spot>) -> bool {
    let stored = matches!(shared.place(mid), Some(Place::Stored { .. }));
    stored
        && shared.db.stored(mid).is_ok_and(|now| now != spot.map_or(Some(Stored::Here), |s| Some(Stored::Segment(s))))
}

fn read_spot(shared: &Shared, spot: Spot, mid: MessageId) -> Option<Bytes> {
    record::read_body(read_record(&shared.files, spot)?, mid)
}

fn read_stored(shared: &Shared, mid: MessageId) -> Result<(Option<Bytes>, Option<Spot>), SpoolError> {
    let failed = |why: DbError| SpoolError::Failed(why.to_string());
    Ok(match shared.db.stored(mid).map_err(failed)? {
        Some(Stored::Here) => match shared.db.body(mid) {
            Err(DbError::Damaged(_)) => (None, None), // the pages that it lies in
            body => (body.map_err(failed)?, None),
        },
        Some(Stored::Segment(spot)) => (read_spot(shared, spot, mid), Some(spot)),
        None => (None, None),
    })
}

/// Counts a message whose body is damaged in the database once, and copies what is there of it; unless it ended.
fn set_body_aside(shared: &Shared, quarantine: &Quarantine, mid: MessageId) -> bool {
    let fresh = {
        let mut state = shared.state();
        if state.index.place(mid).is_none() {
            return false;
        }
        state.damaged.insert(mid)
    };
    if fresh {
        tracing::error!(mid = mid.0, "the body of a message is damaged in queue.db: it is set aside, not sent");
    }
    set_row_aside(shared, quarantine, mid)
}

/// Copies a row of the database with its body, and lists it. Answers whether a copy is there.
pub fn set_row_aside(shared: &Shared, quarantine: &Quarantine, mid: MessageId) -> bool {
    let (origin, why) = (Origin::Row(mid), DamageKind::Checksum);
    let copied = match shared.db.octets(mid) {
        Ok(octets) => quarantine.put(origin, Some(mid), why, &octets.unwrap_or_default()),
        Err(error) => {
            quarantine.leave(origin, Some(mid), why, 0); // the next start looks again
            Err(io::Error::other(error.to_string()))
        }
    };
    if let Err(error) = &copied {
        tracing::error!(mid = mid.0, "a damaged row of queue.db cannot be copied to the quarantine: {error}");
    }
    copied.is_ok()
}

/// Counts a damaged record once, and copies it; unless the message ended while it was read and its file has moved on.
/// Answers whether a copy is there.
pub fn set_aside(shared: &Shared, quarantine: &Quarantine, mid: MessageId, spot: Spot) -> bool {
    let fresh = {
        let mut state = shared.state();
        if state.index.place(mid).is_none() {
            return false;
        }
        state.damaged.insert(mid)
    };
    if fresh {
        tracing::error!(mid = mid.0, "the record of a message is damaged: it is set aside, not sent");
    }
    let mut bytes = vec![0; spot.length as usize];
    let read = shared.files.get(spot.number).map(|(_, file)| file.read_at(&mut bytes, u64::from(spot.offset)));
    if !matches!(read, Some(Ok(()))) {
        return false; // the disk may give it out another time
    }
    let copied = quarantine.put(Origin::Journal(spot.number, spot.offset), Some(mid), DamageKind::Checksum, &bytes);
    if let Err(error) = &copied {
        tracing::error!(mid = mid.0, "a damaged record cannot be copied to the quarantine: {error}");
    }
    copied.is_ok()
}
