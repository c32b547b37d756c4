//! A message in octets: the payload of an accept.
//!
//! ```text
//!   0 version(1)  1 length of the head(4, little-endian)  5 head …  body …
//! ```
//!
//! The head is envelope, flags and what the flags announce; the body, or of a large one its front, is the end of the
//! record. Version 1 knew the first three flags only and is still read; version 3 is written where the rest of the body
//! is a file of its own.

use super::settlement::{
    SETTLED_BYTES_MAX, SETTLEMENT_BYTES_MIN, SETTLEMENT_HEAD_BYTES_MAX, put_settlement, read_settlement,
};
use super::wire::{Reader, put_number, put_text};
use crate::spool::IdempotencyKey;
use crate::spool::blob::BlobMark;
use bytes::Bytes;
use common::vocab::{Address, MessageId, Timestamp};
use engine::dsn::{Dsn, Notify, RecipientDsn, ReturnContent};
use engine::envelope::{Envelope, Settlement};

/// The version of a message whose body is in its record.
pub const ACCEPT_VERSION: u8 = 2;
/// The version of a message whose body goes on in a file.
pub const ACCEPT_VERSION_BLOB: u8 = 3;
/// The first version: no reports asked for, nothing settled, no key.
pub const ACCEPT_VERSION_OLD: u8 = 1;
/// Octets before the head.
const PREFIX_BYTES: usize = 5;

const EIGHT_BIT: u8 = 1;
const FROM: u8 = 2;
const SMTPUTF8: u8 = 4;
const DSN: u8 = 8;
const KEY: u8 = 16;
const SETTLES: u8 = 32;
/// The flags of version 1.
const FLAGS_OLD: u8 = EIGHT_BIT | FROM | SMTPUTF8;
const BLOB: u8 = 64;
const FLAGS: u8 = FLAGS_OLD | DSN | KEY | SETTLES;

const NOTIFY: u8 = 1;
const SUCCESS: u8 = 2;
const FAILURE: u8 = 4;
const DELAY: u8 = 8;
const ORIGINAL: u8 = 16;

/// What an accept says beside its body.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Accept {
    /// Who sends what to whom.
    pub envelope: Envelope,
    /// Recipients of other messages that end with this record.
    pub settles: Vec<Settlement>,
    /// The client's name for it.
    pub key: Option<IdempotencyKey>,
    /// The file in which its body goes on.
    pub blob: Option<BlobMark>,
}

/// Appends an accept.
pub fn put_accept(
    buffer: &mut Vec<u8>,
    envelope: &Envelope,
    settles: &[Settlement],
    key: Option<&IdempotencyKey>,
    blob: Option<BlobMark>,
    body: &[u8],
) {
    buffer.push(version_of(blob));
    let length_at = buffer.len();
    buffer.extend_from_slice(&[0; PREFIX_BYTES - 1]);
    put_head(buffer, envelope, settles, key, blob);
    let length = (buffer.len() - length_at - (PREFIX_BYTES - 1)) as u32; // a record is shorter than 4 GiB
    buffer[length_at..length_at + 4].copy_from_slice(&length.to_le_bytes());
    buffer.extend_from_slice(body);
}

/// At most so many octets go around the body of an accept.
pub fn accept_overhead(envelope: &Envelope, settles: &[Settlement]) -> usize {
    const NUMBERS_BYTES: usize = 8 * 10; // at most ten octets each
    const KEY_BYTES: usize = 64;
    const BLOB_BYTES: usize = 10 + 4;
    let text = |address: &Address| address.as_str().len() + 2;
    let addresses: usize = envelope.recipients.iter().chain(&envelope.from).map(text).sum();
    let asked = |dsn: &RecipientDsn| 1 + dsn.original.as_ref().map_or(0, |text| text.len() + 10);
    let dsn = envelope.dsn.recipients.iter().map(asked).sum::<usize>()
        + envelope.dsn.envid.as_ref().map_or(0, |text| text.len() + 10);
    let settled = |s: &Settlement| SETTLEMENT_HEAD_BYTES_MAX + s.recipients.len() * SETTLED_BYTES_MAX;
    let fixed = PREFIX_BYTES + NUMBERS_BYTES + KEY_BYTES + BLOB_BYTES;
    fixed + addresses + dsn + settles.iter().map(settled).sum::<usize>()
}

fn version_of(blob: Option<BlobMark>) -> u8 {
    if blob.is_some() { ACCEPT_VERSION_BLOB } else { ACCEPT_VERSION }
}

/// Appends an envelope alone, with the file in which its body goes on.
pub fn put_envelope(buffer: &mut Vec<u8>, envelope: &Envelope, blob: Option<BlobMark>) {
    buffer.push(version_of(blob));
    put_head(buffer, envelope, &[], None, blob);
}

/// Reads an envelope alone.
pub fn read_envelope(bytes: &[u8]) -> Option<(Envelope, Option<BlobMark>)> {
    let (&version, head) = bytes.split_first()?;
    let accept = Reader(head).whole(|reader| read_head(reader, FLAGS | BLOB))?;
    (version == version_of(accept.blob)).then_some((accept.envelope, accept.blob))
}

/// Reads the head of an accept whose version is known.
pub fn read_accept(payload: &[u8]) -> Option<Accept> {
    let (head, _) = split(payload)?;
    let known = match payload[0] {
        ACCEPT_VERSION_OLD => FLAGS_OLD,
        ACCEPT_VERSION => FLAGS,
        _ => FLAGS | BLOB,
    };
    Reader(head).whole(|reader| read_head(reader, known))
}

/// The body of an accept, or its front, sharing the payload's memory; `None` if the payload is no accept of this message.
pub fn read_body(payload: Bytes, mid: MessageId) -> Option<Bytes> {
    let (head, body_at) = split(&payload)?;
    let found = Reader(head).number()?;
    let known = matches!(payload[0], ACCEPT_VERSION | ACCEPT_VERSION_OLD | ACCEPT_VERSION_BLOB);
    (known && found == mid.0).then(|| payload.slice(body_at..))
}

/// The octets of the head, and where the body begins.
fn split(payload: &[u8]) -> Option<(&[u8], usize)> {
    let length = payload.get(1..PREFIX_BYTES)?;
    let length = u32::from_le_bytes([length[0], length[1], length[2], length[3]]) as usize;
    let body_at = PREFIX_BYTES.checked_add(length)?;
    Some((payload.get(PREFIX_BYTES..body_at)?, body_at))
}

fn put_head(
    buffer: &mut Vec<u8>,
    envelope: &Envelope,
    settles: &[Settlement],
    key: Option<&IdempotencyKey>,
    blob: Option<BlobMark>,
) {
    put_number(buffer, envelope.mid.0);
    put_number(buffer, envelope.received_at.0);
    put_number(buffer, envelope.size_bytes);
    let asked = envelope.dsn != Dsn::default();
    let flags = [
        (envelope.eight_bit, EIGHT_BIT),
        (envelope.from.is_some(), FROM),
        (envelope.smtputf8, SMTPUTF8),
        (asked, DSN),
        (key.is_some(), KEY),
        (!settles.is_empty(), SETTLES),
        (blob.is_some(), BLOB),
    ];
    buffer.push(flags.iter().filter(|(set, _)| *set).fold(0, |all, (_, flag)| all | flag));
    if let Some(from) = &envelope.from {
        put_text(buffer, from.as_str());
    }
    put_number(buffer, envelope.recipients.len() as u64);
    for recipient in &envelope.recipients {
        put_text(buffer, recipient.as_str());
    }
    if asked {
        put_dsn(buffer, &envelope.dsn);
    }
    if let Some(IdempotencyKey { name, request }) = key {
        buffer.extend_from_slice(name);
        buffer.extend_from_slice(request);
    }
    if !settles.is_empty() {
        put_number(buffer, settles.len() as u64);
        settles.iter().for_each(|settlement| put_settlement(buffer, settlement));
    }
    if let Some(BlobMark { length, sum }) = blob {
        put_number(buffer, length);
        buffer.extend_from_slice(&sum.to_le_bytes());
    }
}

fn read_head(reader: &mut Reader<'_>, known: u8) -> Option<Accept> {
    let (mid, received_at, size_bytes) = (reader.number()?, reader.number()?, reader.number()?);
    let flags = reader.octet()?;
    let set = |flag: u8| flags & flag != 0;
    if flags & !known != 0 {
        return None;
    }
    let from = if set(FROM) { Some(reader.address()?) } else { None };
    let recipients = reader.list(1, Reader::address)?;
    let dsn = if set(DSN) { read_dsn(reader)? } else { Dsn::default() };
    let key = if set(KEY) { Some(IdempotencyKey { name: reader.octets()?, request: reader.octets()? }) } else { None };
    let settles = if set(SETTLES) { reader.list(SETTLEMENT_BYTES_MIN, read_settlement)? } else { Vec::new() };
    let blob = if set(BLOB) { Some(read_mark(reader)?) } else { None };
    let envelope = Envelope {
        mid: MessageId(mid),
        from,
        recipients,
        size_bytes,
        received_at: Timestamp(received_at),
        eight_bit: set(EIGHT_BIT),
        smtputf8: set(SMTPUTF8),
        dsn,
    };
    Some(Accept { envelope, settles, key, blob })
}

fn read_mark(reader: &mut Reader<'_>) -> Option<BlobMark> {
    Some(BlobMark { length: reader.number()?, sum: u32::from_le_bytes(reader.octets()?) })
}

fn put_dsn(buffer: &mut Vec<u8>, dsn: &Dsn) {
    let ret = match dsn.ret {
        None => 0,
        Some(ReturnContent::Full) => 1,
        Some(ReturnContent::Headers) => 2,
    };
    buffer.push(ret | u8::from(dsn.envid.is_some()) << 2);
    if let Some(envid) = &dsn.envid {
        put_text(buffer, envid);
    }
    put_number(buffer, dsn.recipients.len() as u64);
    for RecipientDsn { notify, original } in &dsn.recipients {
        let told = notify.unwrap_or(Notify::NEVER);
        let flags = [
            (notify.is_some(), NOTIFY),
            (told.success, SUCCESS),
            (told.failure, FAILURE),
            (told.delay, DELAY),
            (original.is_some(), ORIGINAL),
        ];
        buffer.push(flags.iter().filter(|(set, _)| *set).fold(0, |all, (_, flag)| all | flag));
        if let Some(original) = original {
            put_text(buffer, original);
        }
    }
}

fn read_dsn(reader: &mut Reader<'_>) -> Option<Dsn> {
    let first = reader.octet()?;
    let ret = match first & 3 {
        0 => None,
        1 => Some(ReturnContent::Full),
        2 => Some(ReturnContent::Headers),
        _ => return None,
    };
    let envid = if first & 4 != 0 { Some(reader.text()?.into()) } else { None };
    let recipients = reader.list(1, |reader| {
        let flags = reader.octet()?;
        let set = |flag: u8| flags & flag != 0;
        let notify = Notify { success: set(SUCCESS), failure: set(FAILURE), delay: set(DELAY) };
        let original = if set(ORIGINAL) { Some(reader.text()?.into()) } else { None };
        Some(RecipientDsn { notify: set(NOTIFY).then_some(notify), original })
    })?;
    Some(Dsn { ret, envid, recipients: recipients.into() })
}
