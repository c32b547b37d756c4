//! A stored message: its envelope in octets with a sum of our own.
//!
//! Promises: what is packed reads back as the same value, under its own number only; a wrong octet is found.

use super::{Outcome, Stored, Waiting};
use crate::spool::blob::BlobMark;
use crate::spool::record;
use common::vocab::{MessageId, RecipientId, Timestamp};
use engine::envelope::Envelope;
use std::sync::Arc;

/// A stored message.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Row {
    /// Who sends what to whom.
    pub envelope: Arc<Envelope>,
    /// Where its body, or its front, lies.
    pub stored: Stored,
    /// The file in which its body goes on.
    pub blob: Option<BlobMark>,
    /// How its recipients stand.
    pub outcomes: Vec<Outcome>,
}

impl Row {
    /// The message's number.
    pub fn mid(&self) -> MessageId {
        self.envelope.mid
    }
}

/// The envelope with the file of its body, and behind it the sum over both.
pub fn pack(envelope: &Envelope, blob: Option<BlobMark>) -> Vec<u8> {
    let mut bytes = Vec::with_capacity(128);
    record::put_envelope(&mut bytes, envelope, blob);
    let sum = crc32c::crc32c(&bytes);
    bytes.extend_from_slice(&sum.to_le_bytes());
    bytes
}

/// The envelope of this number; `None` if its sum is wrong or it is another's.
pub fn unpack(mid: MessageId, bytes: &[u8]) -> Option<(Envelope, Option<BlobMark>)> {
    let (bytes, sum) = bytes.split_last_chunk::<4>()?;
    if crc32c::crc32c(bytes) != u32::from_le_bytes(*sum) {
        return None;
    }
    record::read_envelope(bytes).filter(|(envelope, _)| envelope.mid == mid)
}

/// The sum of a body, under its number.
pub fn body_sum(mid: MessageId, body: &[u8]) -> u32 {
    crc32c::crc32c_append(crc32c::crc32c(&mid.0.to_le_bytes()), body)
}

/// A recipient's state as the columns `gone, attempts, begun, next, braked`.
pub type Columns = (bool, u32, u32, Option<u64>, bool);

/// The columns of an outcome.
pub fn columns(waiting: Option<Waiting>) -> Columns {
    match waiting {
        None => (true, 0, 0, None, false),
        Some(Waiting { attempts, begun, next_attempt_at, braked }) => {
            (false, attempts, begun, next_attempt_at.map(|at| at.0), braked)
        }
    }
}

/// The outcome that the columns say.
pub fn outcome(rid: u32, (gone, attempts, begun, next, braked): Columns) -> Outcome {
    let waiting = Waiting { attempts, begun, next_attempt_at: next.map(Timestamp), braked };
    (RecipientId(rid), (!gone).then_some(waiting))
}

/// The sum of a recipient's row. The brake is a bit of its own, so that rows from before there was one keep their sum.
pub fn outcome_sum(mid: MessageId, rid: u32, (gone, attempts, begun, next, braked): Columns) -> u32 {
    let mut bytes = Vec::with_capacity(40);
    bytes.extend_from_slice(&mid.0.to_le_bytes());
    bytes.extend_from_slice(&rid.to_le_bytes());
    bytes.extend_from_slice(&[u8::from(gone) | u8::from(braked) << 1, u8::from(next.is_some())]);
    bytes.extend_from_slice(&attempts.to_le_bytes());
    bytes.extend_from_slice(&begun.to_le_bytes());
    bytes.extend_from_slice(&next.unwrap_or(0).to_le_bytes());
    crc32c::crc32c(&bytes)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_envelope_reads_back_under_its_own_number_and_no_flipped_bit_passes() {
        let envelope = crate::spool::tests::message(MessageId(77), 3, 10).envelope;
        assert_eq!(unpack(MessageId(77), &pack(&envelope, None)), Some(((*envelope).clone(), None)));
        let blob = Some(BlobMark { length: 1 << 40, sum: 7 });
        let packed = pack(&envelope, blob);
        assert_eq!(unpack(MessageId(77), &packed), Some(((*envelope).clone(), blob)));
        assert_eq!(unpack(MessageId(78), &packed), None);
        for bit in 0..packed.len() * 8 {
            let mut flipped = packed.clone();
            flipped[bit / 8] ^= 1 << (bit % 8);
            assert_eq!(unpack(MessageId(77), &flipped), None, "bit {bit}");
        }
    }

    #[test]
    fn an_outcome_reads_back_from_its_columns() {
        let waiting = Waiting { attempts: 3, begun: 1, next_attempt_at: Some(Timestamp(9)), braked: false };
        for waiting in [None, Some(waiting), Some(Waiting { braked: true, ..waiting })] {
            assert_eq!(outcome(5, columns(waiting)), (RecipientId(5), waiting));
        }
    }
}
