//! An envelope as the queue holds it: whole while the queue is short, in a few dozen octets beyond.
//!
//! Promises: what was folded unfolds as it was, octet for octet. Never: leaves the engine; the rooms get it whole.
//!
//! ```text
//!   received_at  size  flags  [from]  count recipient …  [ret [envid] count (notify [original]) …]
//! ```
//! Where all recipients are at one host, the host's record knows their domain, and only their local parts are kept.
//! Numbers are seven bits an octet, lowest first; texts are their length and their octets.

use crate::dsn::{Dsn, Notify, RecipientDsn, ReturnContent};
use crate::envelope::Envelope;
use common::vocab::{Address, Domain, MessageId, Timestamp};
use std::sync::Arc;

const EIGHT_BIT: u8 = 1;
const FROM: u8 = 2;
const SMTPUTF8: u8 = 4;
const DSN: u8 = 8;
const AT_HOST: u8 = 16;

const NOTIFY: u8 = 1;
const SUCCESS: u8 = 2;
const FAILURE: u8 = 4;
const DELAY: u8 = 8;
const ORIGINAL: u8 = 16;
const ENVID: u8 = 4;

/// See the head of this file.
#[derive(Clone, Debug)]
pub enum Held {
    /// As everybody knows it.
    Whole(Arc<Envelope>),
    /// Without its number, which is the book's key, and without the domain of its only host.
    Folded(Box<[u8]>),
}

impl Held {
    /// When the message was accepted.
    pub fn received_at(&self) -> Timestamp {
        match self {
            Held::Whole(envelope) => envelope.received_at,
            Held::Folded(octets) => Timestamp(Reader(octets).number()),
        }
    }

    /// Whether there is somebody to tell.
    pub fn has_sender(&self) -> bool {
        match self {
            Held::Whole(envelope) => envelope.from.is_some(),
            Held::Folded(octets) => {
                let mut reader = Reader(octets);
                let _ = (reader.number(), reader.number());
                reader.octet() & FROM != 0
            }
        }
    }

    /// The envelope of the message of this number; `host` is the only one of its recipients, if it is one.
    pub fn envelope(&self, mid: MessageId, host: Option<&Domain>) -> Arc<Envelope> {
        match self {
            Held::Whole(envelope) => envelope.clone(),
            Held::Folded(octets) => Arc::new(read(mid, host, &mut Reader(octets))),
        }
    }

    /// The same; it stays whole from now on.
    pub fn unfold(&mut self, mid: MessageId, host: Option<&Domain>) -> Arc<Envelope> {
        let envelope = self.envelope(mid, host);
        *self = Held::Whole(envelope.clone());
        envelope
    }

    /// Octets of its own allocation, as a common allocator rounds them; a whole envelope is shared and not counted.
    #[cfg(test)]
    pub fn bytes(&self) -> usize {
        match self {
            Held::Whole(_) => 0,
            Held::Folded(octets) => (octets.len() + 8).next_multiple_of(16),
        }
    }

    /// Takes as little memory as it can from now on. `host` as it will be when it is asked for.
    pub fn fold(&mut self, host: Option<&Domain>) {
        if let Held::Whole(envelope) = self {
            let mut octets = Vec::with_capacity(128);
            put(&mut octets, envelope, host);
            *self = Held::Folded(octets.into());
        }
    }
}

fn put(out: &mut Vec<u8>, envelope: &Envelope, host: Option<&Domain>) {
    let Envelope { mid: _, from, recipients, size_bytes, received_at, eight_bit, smtputf8, dsn } = envelope;
    put_number(out, received_at.0);
    put_number(out, *size_bytes);
    let asked = *dsn != Dsn::default();
    // A domain of U-labels is kept as it came: the host has it in A-labels.
    let is_there = |host: &Domain, address: &Address| {
        address.as_str().rsplit_once('@').map(|(_, domain)| domain) == Some(host.as_str())
    };
    let at_host = host.is_some_and(|host| recipients.iter().all(|address| is_there(host, address)));
    let flags =
        [(*eight_bit, EIGHT_BIT), (from.is_some(), FROM), (*smtputf8, SMTPUTF8), (asked, DSN), (at_host, AT_HOST)];
    put_flags(out, flags);
    if let Some(from) = from {
        put_text(out, from.as_str());
    }
    put_number(out, recipients.len() as u64);
    let text = |address: &Address| if at_host { address.local_part().len() } else { address.as_str().len() };
    recipients.iter().for_each(|recipient| put_text(out, &recipient.as_str()[..text(recipient)]));
    if asked {
        put_dsn(out, dsn);
    }
}

fn put_dsn(out: &mut Vec<u8>, dsn: &Dsn) {
    let ret = match dsn.ret {
        None => 0,
        Some(ReturnContent::Full) => 1,
        Some(ReturnContent::Headers) => 2,
    };
    out.push(ret | if dsn.envid.is_some() { ENVID } else { 0 });
    if let Some(envid) = &dsn.envid {
        put_text(out, envid);
    }
    put_number(out, dsn.recipients.len() as u64);
    for RecipientDsn { notify, original } in &dsn.recipients {
        let told = notify.unwrap_or(Notify::NEVER);
        let told = [(told.success, SUCCESS), (told.failure, FAILURE), (told.delay, DELAY)];
        let [success, failure, delay] = told;
        put_flags(out, [(notify.is_some(), NOTIFY), success, failure, delay, (original.is_some(), ORIGINAL)]);
        if let Some(original) = original {
            put_text(out, original);
        }
    }
}

fn put_flags<const N: usize>(out: &mut Vec<u8>, flags: [(bool, u8); N]) {
    out.push(flags.iter().filter(|(set, _)| *set).fold(0, |all, (_, flag)| all | flag));
}

fn put_number(out: &mut Vec<u8>, mut number: u64) {
    while number >= 0x80 {
        out.push(number as u8 | 0x80);
        number >>= 7;
    }
    out.push(number as u8);
}

fn put_text(out: &mut Vec<u8>, text: &str) {
    put_number(out, text.len() as u64);
    out.extend_from_slice(text.as_bytes());
}

fn read(mid: MessageId, host: Option<&Domain>, reader: &mut Reader<'_>) -> Envelope {
    let (received_at, size_bytes, flags) = (Timestamp(reader.number()), reader.number(), reader.octet());
    let from = (flags & FROM != 0).then(|| reader.address());
    let host = host.filter(|_| flags & AT_HOST != 0);
    let recipient = |reader: &mut Reader<'_>| match host {
        Some(host) => Address::at(reader.text(), host).expect("a folded local part was one"),
        None => reader.address(),
    };
    let recipients = (0..reader.number()).map(|_| recipient(reader)).collect();
    let dsn = if flags & DSN != 0 { read_dsn(reader) } else { Dsn::default() };
    let (eight_bit, smtputf8) = (flags & EIGHT_BIT != 0, flags & SMTPUTF8 != 0);
    Envelope { mid, from, recipients, size_bytes, received_at, eight_bit, smtputf8, dsn }
}

fn read_dsn(reader: &mut Reader<'_>) -> Dsn {
    let first = reader.octet();
    let ret = match first & 3 {
        0 => None,
        1 => Some(ReturnContent::Full),
        _ => Some(ReturnContent::Headers),
    };
    let envid = (first & ENVID != 0).then(|| reader.text().into());
    let recipient = |reader: &mut Reader<'_>| {
        let flags = reader.octet();
        let set = |flag: u8| flags & flag != 0;
        let notify = Notify { success: set(SUCCESS), failure: set(FAILURE), delay: set(DELAY) };
        let original = set(ORIGINAL).then(|| reader.text().into());
        RecipientDsn { notify: set(NOTIFY).then_some(notify), original }
    };
    Dsn { ret, envid, recipients: (0..reader.number()).map(|_| recipient(reader)).collect() }
}

/// Reads what `put` wrote; nothing else ever comes here.
struct Reader<'a>(&'a [u8]);

impl<'a> Reader<'a> {
    fn octet(&mut self) -> u8 {
        let (first, rest) = self.0.split_first().expect("a folded envelope is whole");
        self.0 = rest;
        *first
    }

    fn number(&mut self) -> u64 {
        let mut number = 0;
        for shift in (0..64).step_by(7) {
            let octet = self.octet();
            number |= u64::from(octet & 0x7f) << shift;
            if octet < 0x80 {
                break;
            }
        }
        number
    }

    fn text(&mut self) -> &'a str {
        let length = self.number() as usize;
        let (text, rest) = self.0.split_at(length);
        self.0 = rest;
        std::str::from_utf8(text).expect("a folded text was a text")
    }

    fn address(&mut self) -> Address {
        self.text().parse().expect("a folded address was an address")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn folded(envelope: &Envelope, host: Option<&Domain>) -> Held {
        let mut held = Held::Whole(Arc::new(envelope.clone()));
        held.fold(host);
        assert!(matches!(held, Held::Folded(_)));
        held
    }

    #[test]
    fn every_kind_of_envelope_unfolds_as_it_was() {
        let plain = Envelope {
            mid: MessageId(7),
            from: None,
            recipients: vec!["a@b.test".parse().unwrap()],
            size_bytes: 0,
            received_at: Timestamp(0),
            eight_bit: false,
            smtputf8: false,
            dsn: Dsn::default(),
        };
        let notify = |success, failure, delay| Some(Notify { success, failure, delay });
        let asked = |notify, original: Option<&str>| RecipientDsn { notify, original: original.map(Into::into) };
        let full = Envelope {
            from: Some("\"quoted local\"@例え.test".parse().unwrap()),
            recipients: (0..300).map(|n| format!("r{n}@host{n}.test").parse().unwrap()).collect(),
            size_bytes: u64::MAX,
            received_at: Timestamp(u64::MAX),
            eight_bit: true,
            smtputf8: true,
            dsn: Dsn {
                ret: Some(ReturnContent::Headers),
                envid: Some("an id".into()),
                recipients: [
                    asked(None, None),
                    asked(notify(true, false, true), Some("rfc822;someone@example.com")),
                    asked(Some(Notify::NEVER), None),
                    asked(None, Some("")),
                ]
                .into(),
            },
            ..plain.clone()
        };
        let ret = Dsn { ret: Some(ReturnContent::Full), ..Dsn::default() };
        let one_host = vec!["a@b.test".parse().unwrap(), "\"c@d\"@b.test".parse().unwrap()];
        let as_written = vec!["a@例え.test".parse().unwrap()];
        let envelopes = [
            plain.clone(),
            Envelope { dsn: ret, ..plain.clone() },
            Envelope { recipients: one_host, ..plain.clone() },
            Envelope { recipients: as_written, ..plain },
            full,
        ];
        for envelope in envelopes {
            for host in [None, Some(envelope.recipients[0].domain())] {
                let mut held = folded(&envelope, host);
                assert_eq!((held.received_at(), held.has_sender()), (envelope.received_at, envelope.from.is_some()));
                assert_eq!(*held.envelope(envelope.mid, host), envelope);
                let whole = held.unfold(envelope.mid, host);
                assert!(matches!(held, Held::Whole(_)));
                let written = |of: &Envelope| -> Vec<String> {
                    of.from.iter().chain(&of.recipients).map(|address| address.as_str().to_owned()).collect()
                };
                assert_eq!(written(&whole), written(&envelope));
            }
        }
    }

    #[test]
    fn recipients_at_one_host_are_kept_without_its_name() {
        let recipients: Vec<Address> = vec!["someone@a-rather-long-name.example.net".parse().unwrap()];
        let host = recipients[0].domain().clone();
        let envelope = Envelope {
            mid: MessageId(7),
            from: None,
            recipients,
            size_bytes: 0,
            received_at: Timestamp(0),
            eight_bit: false,
            smtputf8: false,
            dsn: Dsn::default(),
        };
        assert!(folded(&envelope, Some(&host)).bytes() + 24 < folded(&envelope, None).bytes());
    }
}
