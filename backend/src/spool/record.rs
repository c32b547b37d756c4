//! What the journal says: the records' payloads, written by hand in a compact binary form.
//!
//! Promises: what is written reads back as the same value; a payload of a newer version is named as such;
//! no octets whatever make the reader panic or allocate more than they are worth.
//! Never: touches a file or a sum; see `frame`.
//!
//! Every payload begins with the version of its kind. Numbers are LEB128, texts are length and octets.
//! An accept is `version, length of the envelope (u32), envelope, body`: the body is the end of its record.

use crate::spool::Begun;
use bytes::Bytes;
use common::vocab::{Address, AttemptId, HardBounce, MessageId, RecipientId, Timestamp};
use engine::dsn::Dsn;
use engine::envelope::{Envelope, Settled, Settlement};

/// A message with its body.
pub const ACCEPT: u8 = 1;
/// The final dot is about to be sent.
pub const BEGUN: u8 = 2;
/// How recipients ended.
pub const DONE: u8 = 3;
// 4 is kept for `decided` (an operator's act), 5 for `moved` (batches that went to the database).
/// Message numbers below this one may have been given out.
pub const NUMBERS: u8 = 6;

/// The version of all payloads of this program.
const VERSION: u8 = 1;
/// Octets before the envelope of an accept: version and length.
const ACCEPT_HEAD_BYTES: usize = 5;

/// A record of the journal.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Record {
    /// A message; its body is the rest of the payload, see [`read_body`].
    Accept(Envelope),
    /// The final dot is about to be sent.
    Begun(Begun),
    /// How recipients ended, or when they are tried again.
    Done(Settlement),
    /// Message numbers below this one may have been given out. The last such record counts.
    Numbers(MessageId),
}

/// Why a payload whose sum is right cannot be read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ReadError {
    /// A newer program wrote it.
    Newer(String),
    /// It says nothing that makes sense.
    Malformed,
}

/// Appends an accept.
pub fn put_accept(buffer: &mut Vec<u8>, envelope: &Envelope, body: &[u8]) {
    buffer.push(VERSION);
    let length_at = buffer.len();
    buffer.extend_from_slice(&[0; 4]);
    put_envelope(buffer, envelope);
    let length = (buffer.len() - length_at - 4) as u32; // a record is shorter than 4 GiB
    buffer[length_at..length_at + 4].copy_from_slice(&length.to_le_bytes());
    buffer.extend_from_slice(body);
}

/// At most so many octets go around the body of an accept.
pub fn accept_overhead(envelope: &Envelope) -> usize {
    const NUMBERS_BYTES: usize = 5 * 10; // at most ten octets each
    let text = |address: &Address| address.as_str().len() + 2;
    let addresses: usize = envelope.recipients.iter().chain(&envelope.from).map(text).sum();
    ACCEPT_HEAD_BYTES + NUMBERS_BYTES + addresses
}

fn put_envelope(buffer: &mut Vec<u8>, envelope: &Envelope) {
    put_number(buffer, envelope.mid.0);
    put_number(buffer, envelope.received_at.0);
    put_number(buffer, envelope.size_bytes);
    let flag = |set: bool, place: u8| u8::from(set) << place;
    buffer.push(flag(envelope.eight_bit, 0) | flag(envelope.from.is_some(), 1) | flag(envelope.smtputf8, 2));
    if let Some(from) = &envelope.from {
        put_text(buffer, from.as_str());
    }
    put_number(buffer, envelope.recipients.len() as u64);
    for recipient in &envelope.recipients {
        put_text(buffer, recipient.as_str());
    }
}

/// Appends a begun.
pub fn put_begun(buffer: &mut Vec<u8>, begun: &Begun) {
    buffer.push(VERSION);
    put_number(buffer, begun.attempt.0);
    put_number(buffer, begun.mid.0);
    put_number(buffer, begun.rids.len() as u64);
    for rid in &begun.rids {
        put_number(buffer, u64::from(rid.0));
    }
}

/// Appends a done.
pub fn put_done(buffer: &mut Vec<u8>, settlement: &Settlement) {
    buffer.push(VERSION);
    put_number(buffer, settlement.mid.0);
    buffer.push(u8::from(settlement.message_done));
    put_number(buffer, settlement.recipients.len() as u64);
    for (rid, settled) in &settlement.recipients {
        put_number(buffer, u64::from(rid.0));
        match settled {
            Settled::Delivered => buffer.push(0),
            Settled::Deleted => buffer.push(1),
            Settled::Bounced(why) => buffer.extend_from_slice(&[2, bounce_code(*why)]),
            Settled::Deferred { attempts, next_attempt_at } => {
                buffer.push(3);
                put_number(buffer, u64::from(*attempts));
                put_number(buffer, next_attempt_at.0);
            }
        }
    }
}

/// Appends the number below which message numbers may have been given out.
pub fn put_numbers(buffer: &mut Vec<u8>, next: MessageId) {
    buffer.push(VERSION);
    put_number(buffer, next.0);
}

/// Reads the payload of a frame that passed its sums.
pub fn read(kind: u8, payload: &[u8]) -> Result<Record, ReadError> {
    if !matches!(kind, ACCEPT | BEGUN | DONE | NUMBERS) {
        return Err(ReadError::Newer(format!("record kind {kind}")));
    }
    let (&version, rest) = payload.split_first().ok_or(ReadError::Malformed)?;
    if version != VERSION {
        return Err(ReadError::Newer(format!("record kind {kind} version {version}")));
    }
    let record = match kind {
        ACCEPT => split_accept(payload).and_then(|(envelope, _)| read_envelope(envelope)).map(Record::Accept),
        BEGUN => read_begun(Reader(rest)).map(Record::Begun),
        DONE => read_done(Reader(rest)).map(Record::Done),
        _ => Reader(rest).whole(|reader| reader.number()).map(|next| Record::Numbers(MessageId(next))),
    };
    record.ok_or(ReadError::Malformed)
}

/// The body of an accept, sharing the payload's memory; `None` if the payload is no accept of this message.
pub fn read_body(payload: Bytes, mid: MessageId) -> Option<Bytes> {
    let (envelope, body_at) = split_accept(&payload)?;
    let found = Reader(envelope).number()?;
    (payload[0] == VERSION && found == mid.0).then(|| payload.slice(body_at..))
}

/// The octets of the envelope, and where the body begins.
fn split_accept(payload: &[u8]) -> Option<(&[u8], usize)> {
    let length = payload.get(1..ACCEPT_HEAD_BYTES)?;
    let length = u32::from_le_bytes([length[0], length[1], length[2], length[3]]) as usize;
    let body_at = ACCEPT_HEAD_BYTES.checked_add(length)?;
    Some((payload.get(ACCEPT_HEAD_BYTES..body_at)?, body_at))
}

fn read_envelope(bytes: &[u8]) -> Option<Envelope> {
    Reader(bytes).whole(|reader| {
        let (mid, received_at, size_bytes) = (reader.number()?, reader.number()?, reader.number()?);
        let flags = reader.octet()?;
        let from = if flags & 2 == 0 { None } else { Some(reader.address()?) };
        let recipients = reader.list(1, Reader::address)?;
        Some(Envelope {
            mid: MessageId(mid),
            from,
            recipients,
            size_bytes,
            received_at: Timestamp(received_at),
            eight_bit: flags & 1 != 0,
            smtputf8: flags & 4 != 0,
            dsn: Dsn::default(),
        })
    })
}

fn read_begun(reader: Reader<'_>) -> Option<Begun> {
    reader.whole(|reader| {
        let (attempt, mid) = (AttemptId(reader.number()?), MessageId(reader.number()?));
        Some(Begun { attempt, mid, rids: reader.list(1, Reader::rid)? })
    })
}

fn read_done(reader: Reader<'_>) -> Option<Settlement> {
    reader.whole(|reader| {
        let mid = MessageId(reader.number()?);
        let message_done = reader.octet()? != 0;
        let recipients = reader.list(2, |reader| Some((reader.rid()?, reader.settled()?)))?;
        Some(Settlement { mid, recipients, message_done })
    })
}

fn bounce_code(why: HardBounce) -> u8 {
    match why {
        HardBounce::Dns => 0,
        HardBounce::FiveXx => 1,
        HardBounce::Filter => 2,
        HardBounce::Expired => 3,
        HardBounce::Other => 4,
    }
}

fn put_number(buffer: &mut Vec<u8>, mut number: u64) {
    while number >= 0x80 {
        buffer.push(number as u8 | 0x80);
        number >>= 7;
    }
    buffer.push(number as u8);
}

fn put_text(buffer: &mut Vec<u8>, text: &str) {
    put_number(buffer, text.len() as u64);
    buffer.extend_from_slice(text.as_bytes());
}

/// Takes values off the front; `None` when there is no such value.
struct Reader<'a>(&'a [u8]);

impl<'a> Reader<'a> {
    /// Reads one value that has to be all there is.
    fn whole<T>(mut self, read: impl FnOnce(&mut Reader<'a>) -> Option<T>) -> Option<T> {
        let value = read(&mut self)?;
        self.0.is_empty().then_some(value)
    }

    fn octet(&mut self) -> Option<u8> {
        let (&first, rest) = self.0.split_first()?;
        self.0 = rest;
        Some(first)
    }

    fn number(&mut self) -> Option<u64> {
        let mut number = 0u64;
        for shift in (0..64).step_by(7) {
            let octet = self.octet()?;
            let part = u64::from(octet & 0x7f);
            if shift == 63 && part > 1 {
                return None;
            }
            number |= part << shift;
            if octet & 0x80 == 0 {
                return Some(number);
            }
        }
        None
    }

    fn small(&mut self) -> Option<u32> {
        self.number()?.try_into().ok()
    }

    fn rid(&mut self) -> Option<RecipientId> {
        self.small().map(RecipientId)
    }

    fn address(&mut self) -> Option<Address> {
        let length = usize::try_from(self.number()?).ok()?;
        let (text, rest) = self.0.split_at_checked(length)?;
        self.0 = rest;
        std::str::from_utf8(text).ok()?.parse().ok()
    }

    fn settled(&mut self) -> Option<Settled> {
        Some(match self.octet()? {
            0 => Settled::Delivered,
            1 => Settled::Deleted,
            2 => Settled::Bounced(match self.octet()? {
                0 => HardBounce::Dns,
                1 => HardBounce::FiveXx,
                2 => HardBounce::Filter,
                3 => HardBounce::Expired,
                4 => HardBounce::Other,
                _ => return None,
            }),
            3 => Settled::Deferred { attempts: self.small()?, next_attempt_at: Timestamp(self.number()?) },
            _ => return None,
        })
    }

    /// A count and so many values, each of at least `least` octets: a count that cannot be true allocates nothing.
    fn list<T>(&mut self, least: usize, read: impl Fn(&mut Reader<'a>) -> Option<T>) -> Option<Vec<T>> {
        let count = usize::try_from(self.number()?).ok()?;
        if count > self.0.len() / least {
            return None;
        }
        (0..count).map(|_| read(self)).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::collection::vec;
    use proptest::option::of;
    use proptest::prelude::*;

    fn addresses() -> impl Strategy<Value = Address> {
        "[A-Za-z0-9+_-]{1,30}@[a-z]{1,20}\\.(test|example)".prop_map(|text| text.parse().unwrap())
    }

    fn envelopes() -> impl Strategy<Value = Envelope> {
        (any::<u64>(), of(addresses()), vec(addresses(), 0..20), any::<u64>(), any::<u64>(), any::<bool>()).prop_map(
            |(mid, from, recipients, size_bytes, received_at, eight_bit)| Envelope {
                mid: MessageId(mid),
                from,
                recipients,
                size_bytes,
                received_at: Timestamp(received_at),
                eight_bit,
                smtputf8: !eight_bit,
                dsn: Dsn::default(),
            },
        )
    }

    fn settlements() -> impl Strategy<Value = Settlement> {
        let bounces = prop_oneof![
            Just(HardBounce::Dns),
            Just(HardBounce::FiveXx),
            Just(HardBounce::Filter),
            Just(HardBounce::Expired),
            Just(HardBounce::Other),
        ];
        let settled = prop_oneof![
            Just(Settled::Delivered),
            Just(Settled::Deleted),
            bounces.prop_map(Settled::Bounced),
            (any::<u32>(), any::<u64>())
                .prop_map(|(attempts, at)| Settled::Deferred { attempts, next_attempt_at: Timestamp(at) }),
        ];
        (any::<u64>(), vec((any::<u32>().prop_map(RecipientId), settled), 0..20), any::<bool>())
            .prop_map(|(mid, recipients, message_done)| Settlement { mid: MessageId(mid), recipients, message_done })
    }

    proptest! {
        #[test]
        fn an_accept_reads_back_with_its_body(envelope in envelopes(), body in vec(any::<u8>(), 0..500)) {
            let mut payload = Vec::new();
            put_accept(&mut payload, &envelope, &body);
            prop_assert!(payload.len() <= accept_overhead(&envelope) + body.len());
            prop_assert_eq!(read(ACCEPT, &payload), Ok(Record::Accept(envelope.clone())));
            let payload = Bytes::from(payload);
            prop_assert_eq!(read_body(payload.clone(), envelope.mid), Some(Bytes::from(body)));
            prop_assert_eq!(read_body(payload, MessageId(envelope.mid.0 ^ 1)), None);
        }

        #[test]
        fn a_begun_reads_back(attempt: u64, mid: u64, rids in vec(any::<u32>().prop_map(RecipientId), 0..60)) {
            let begun = Begun { attempt: AttemptId(attempt), mid: MessageId(mid), rids };
            let mut payload = Vec::new();
            put_begun(&mut payload, &begun);
            prop_assert_eq!(read(BEGUN, &payload), Ok(Record::Begun(begun)));
        }

        #[test]
        fn a_done_reads_back(settlement in settlements()) {
            let mut payload = Vec::new();
            put_done(&mut payload, &settlement);
            prop_assert_eq!(read(DONE, &payload), Ok(Record::Done(settlement)));
        }

        #[test]
        fn no_octets_make_the_reader_panic(kind: u8, payload in vec(any::<u8>(), 0..300)) {
            let _ = read(kind, &payload);
            let _ = read_body(Bytes::from(payload), MessageId(1));
        }

        #[test]
        fn a_cut_record_is_malformed(settlement in settlements(), share in 0.0..1.0f64) {
            let mut payload = Vec::new();
            put_done(&mut payload, &settlement);
            payload.truncate((payload.len() as f64 * share) as usize);
            prop_assert_eq!(read(DONE, &payload), Err(ReadError::Malformed));
        }
    }

    #[test]
    fn kinds_and_versions_of_a_newer_program_are_named() {
        assert_eq!(read(4, &[1, 0]), Err(ReadError::Newer("record kind 4".to_owned())));
        assert_eq!(read(DONE, &[9, 0]), Err(ReadError::Newer("record kind 3 version 9".to_owned())));
        assert_eq!(read(DONE, &[]), Err(ReadError::Malformed));
    }

    #[test]
    fn a_count_beyond_the_octets_allocates_nothing() {
        let mut payload = vec![VERSION];
        put_number(&mut payload, 1);
        put_number(&mut payload, 1);
        put_number(&mut payload, u64::MAX);
        assert_eq!(read(BEGUN, &payload), Err(ReadError::Malformed));
    }
}
