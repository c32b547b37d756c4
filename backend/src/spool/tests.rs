//! Tests of the room, from the contract of the trait down to the power cut.

mod conformance;
mod crash;
mod damage;
mod faults;
mod kill;
mod ledger;
mod os;
pub(crate) mod sim_disk;

use crate::spool::{SpoolSettings, Submission};
use bytes::Bytes;
use common::vocab::{MessageId, Timestamp};
use engine::envelope::Envelope;
use engine::random::Random;
use std::sync::Arc;

/// Small files and no thread beside the writer, so that many files are used and a seed stays a seed.
fn small() -> SpoolSettings {
    SpoolSettings { segment_bytes: 64 << 10, prepare_ahead: false, ..SpoolSettings::default() }
}

/// A message whose every octet follows from its number.
pub(super) fn message(mid: MessageId, recipients: usize, size: usize) -> Submission {
    let body = body_of(mid, size);
    let address = |local: String| format!("{local}@host{}.test", mid.0 % 7).parse().unwrap();
    let envelope = Envelope {
        mid,
        from: (!mid.0.is_multiple_of(5)).then(|| address("sender".to_owned())),
        recipients: (0..recipients).map(|rid| address(format!("rcpt{rid}"))).collect(),
        size_bytes: body.len() as u64,
        received_at: Timestamp(1_795_000_000_000 + mid.0),
        eight_bit: mid.0.is_multiple_of(3),
        smtputf8: false,
        dsn: Default::default(),
    };
    Submission { envelope: Arc::new(envelope), body, settles: Vec::new(), key: None }
}

fn body_of(mid: MessageId, size: usize) -> Bytes {
    let mut random = Random::new(mid.0);
    let mut body = Vec::with_capacity(size + 8);
    while body.len() < size {
        body.extend_from_slice(&random.next_u64().to_le_bytes());
    }
    body.truncate(size);
    Bytes::from(body)
}
