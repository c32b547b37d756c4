//! What is put reads back; what is not ours does not pass.

use super::accept::{ACCEPT_VERSION_OLD, Accept};
use super::*;
use crate::spool::IdempotencyKey;
use crate::spool::blob::BlobMark;
use bytes::Bytes;
use common::vocab::{Address, HardBounce, RecipientId, Timestamp};
use engine::dsn::{Dsn, Notify, RecipientDsn, ReturnContent};
use engine::envelope::{Envelope, Settled};
use proptest::collection::vec;
use proptest::option::of;
use proptest::prelude::*;

fn addresses() -> impl Strategy<Value = Address> {
    "[A-Za-z0-9+_-]{1,30}@[a-z]{1,20}\\.(test|example)".prop_map(|text| text.parse().unwrap())
}

fn dsns() -> impl Strategy<Value = Dsn> {
    let notify = (any::<bool>(), any::<bool>(), any::<bool>()).prop_map(|(success, failure, delay)| Notify {
        success,
        failure,
        delay,
    });
    let recipient = (of(notify), of("[ -~]{0,500}"))
        .prop_map(|(notify, original)| RecipientDsn { notify, original: original.map(String::into) });
    let ret = of(prop_oneof![Just(ReturnContent::Full), Just(ReturnContent::Headers)]);
    (ret, of("[ -~]{0,100}"), vec(recipient, 0..20)).prop_map(|(ret, envid, recipients)| Dsn {
        ret,
        envid: envid.map(String::into),
        recipients: recipients.into(),
    })
}

fn envelopes(dsn: impl Strategy<Value = Dsn>) -> impl Strategy<Value = Envelope> {
    let plain = (any::<u64>(), of(addresses()), vec(addresses(), 0..20), any::<u64>(), any::<u64>(), any::<bool>());
    (plain, dsn).prop_map(|((mid, from, recipients, size_bytes, received_at, eight_bit), dsn)| Envelope {
        mid: MessageId(mid),
        from,
        recipients,
        size_bytes,
        received_at: Timestamp(received_at),
        eight_bit,
        smtputf8: !eight_bit,
        dsn,
    })
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
        (any::<u32>(), any::<u64>(), any::<bool>()).prop_map(|(attempts, at, braked)| Settled::Deferred {
            attempts,
            next_attempt_at: Timestamp(at),
            braked
        }),
    ];
    (any::<u64>(), vec((any::<u32>().prop_map(RecipientId), settled), 0..20), any::<bool>())
        .prop_map(|(mid, recipients, message_done)| Settlement { mid: MessageId(mid), recipients, message_done })
}

fn keys() -> impl Strategy<Value = IdempotencyKey> {
    (any::<[u8; 32]>(), any::<[u8; 32]>()).prop_map(|(name, request)| IdempotencyKey { name, request })
}

fn marks() -> impl Strategy<Value = BlobMark> {
    (any::<u64>(), any::<u32>()).prop_map(|(length, sum)| BlobMark { length, sum })
}

fn accepts() -> impl Strategy<Value = Accept> {
    (envelopes(prop_oneof![Just(Dsn::default()), dsns()]), vec(settlements(), 0..4), of(keys()), of(marks()))
        .prop_map(|(envelope, settles, key, blob)| Accept { envelope, settles, key, blob })
}

proptest! {
    #[test]
    fn an_accept_reads_back_with_its_body(accept in accepts(), body in vec(any::<u8>(), 0..500)) {
        let Accept { envelope, settles, key, blob } = &accept;
        let mut payload = Vec::new();
        put_accept(&mut payload, envelope, settles, key.as_ref(), *blob, &body);
        prop_assert!(payload.len() <= accept_overhead(envelope, settles) + body.len());
        prop_assert_eq!(read(ACCEPT, &payload), Ok(Record::Accept(Box::new(accept.clone()))));
        let (payload, mid) = (Bytes::from(payload), envelope.mid);
        prop_assert_eq!(read_body(payload.clone(), mid), Some(Bytes::from(body)));
        prop_assert_eq!(read_body(payload, MessageId(mid.0 ^ 1)), None);
    }

    #[test]
    fn an_accept_of_the_first_version_is_still_read(envelope in envelopes(Just(Dsn::default()))) {
        let mut payload = Vec::new();
        put_accept(&mut payload, &envelope, &[], None, None, b"body");
        payload[0] = ACCEPT_VERSION_OLD; // what stood there is a part of what stands there now
        let accept = Accept { envelope: envelope.clone(), settles: Vec::new(), key: None, blob: None };
        prop_assert_eq!(read(ACCEPT, &payload), Ok(Record::Accept(Box::new(accept))));
        prop_assert_eq!(read_body(Bytes::from(payload), envelope.mid), Some(Bytes::from_static(b"body")));
    }

    #[test]
    fn a_begun_reads_back(attempt: u64, mid: u64, rids in vec(any::<u32>().prop_map(RecipientId), 0..60)) {
        let begun = Begun { attempt: AttemptId(attempt), mid: MessageId(mid), rids };
        let mut payload = Vec::new();
        put_begun(&mut payload, &begun);
        prop_assert_eq!(read(BEGUN, &payload), Ok(Record::Begun(begun)));
    }

    #[test]
    fn a_moved_reads_back(batch: u64, mids in vec(any::<u64>().prop_map(MessageId), 0..60)) {
        let mut payload = Vec::new();
        put_moved(&mut payload, batch, &mids);
        prop_assert_eq!(read(MOVED, &payload), Ok(Record::Moved(batch, mids)));
    }

    #[test]
    fn an_envelope_alone_reads_back(accept in accepts()) {
        let mut bytes = Vec::new();
        put_envelope(&mut bytes, &accept.envelope, accept.blob);
        prop_assert_eq!(read_envelope(&bytes), Some((accept.envelope, accept.blob)));
    }

    #[test]
    fn a_done_reads_back(settlement in settlements()) {
        let mut payload = Vec::new();
        put_done(&mut payload, &settlement);
        prop_assert_eq!(read(DONE, &payload), Ok(Record::Done(settlement)));
    }

    #[test]
    fn no_octets_make_the_reader_panic(kind: u8, version in 0..4u8, mut payload in vec(any::<u8>(), 0..300)) {
        let _ = read(kind, &payload);
        if let Some(first) = payload.first_mut() {
            *first = version;
        }
        let _ = read(kind % 8, &payload);
        let _ = read_body(Bytes::from(payload), MessageId(1));
    }

    #[test]
    fn a_cut_record_is_malformed(settlement in settlements(), accept in accepts(), share in 0.0..1.0f64) {
        let (mut done, mut head) = (Vec::new(), Vec::new());
        put_done(&mut done, &settlement);
        done.truncate((done.len() as f64 * share) as usize);
        prop_assert_eq!(read(DONE, &done), Err(ReadError::Malformed));
        put_accept(&mut head, &accept.envelope, &accept.settles, accept.key.as_ref(), accept.blob, b"");
        head.truncate((head.len() as f64 * share) as usize);
        prop_assert_eq!(read(ACCEPT, &head), Err(ReadError::Malformed));
    }
}

#[test]
fn kinds_and_versions_of_a_newer_program_are_named() {
    assert_eq!(read(4, &[1, 0]), Err(ReadError::Newer("record kind 4".to_owned())));
    assert_eq!(read(DONE, &[9, 0]), Err(ReadError::Newer("record kind 3 version 9".to_owned())));
    assert_eq!(read(ACCEPT, &[9, 0]), Err(ReadError::Newer("record kind 1 version 9".to_owned())));
    assert_eq!(read(DONE, &[]), Err(ReadError::Malformed));
}

#[test]
fn what_the_first_version_could_not_say_is_malformed_in_it() {
    let mid = MessageId(1);
    let submission = crate::spool::tests::message(mid, 1, 0);
    let key = IdempotencyKey { name: [1; 32], request: [2; 32] };
    let mut payload = Vec::new();
    put_accept(&mut payload, &submission.envelope, &[], Some(&key), None, b"");
    payload[0] = ACCEPT_VERSION_OLD;
    assert_eq!(read(ACCEPT, &payload), Err(ReadError::Malformed));
}

#[test]
fn a_file_is_spoken_of_in_its_own_version_only() {
    let submission = crate::spool::tests::message(MessageId(1), 1, 0);
    let mut payload = Vec::new();
    put_accept(&mut payload, &submission.envelope, &[], None, Some(BlobMark { length: 9, sum: 7 }), b"");
    assert_eq!(payload[0], ACCEPT_VERSION_BLOB);
    payload[0] = ACCEPT_VERSION; // a program that knows no files says that it is newer, and does not take it for damage
    assert_eq!(read(ACCEPT, &payload), Err(ReadError::Malformed));
}

#[test]
fn a_count_beyond_the_octets_allocates_nothing() {
    let mut payload = vec![VERSION];
    put_number(&mut payload, 1);
    put_number(&mut payload, 1);
    put_number(&mut payload, u64::MAX);
    assert_eq!(read(BEGUN, &payload), Err(ReadError::Malformed));
}

/// What a fuzzer starts from decides how far it comes: of everything that a record can say, one seed says it.
#[test]
fn a_fuzzer_starts_from_a_whole_record_of_each_kind() {
    let folder = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("../fuzz/seeds/record");
    let mut said = std::collections::BTreeSet::new();
    for entry in std::fs::read_dir(folder).unwrap() {
        let seed = std::fs::read(entry.unwrap().path()).unwrap();
        let (kind, payload) = seed.split_first().unwrap();
        let Ok(record) = read(*kind, payload) else { continue };
        said.insert(match &record {
            Record::Accept(_) => format!("accept {}", payload[0]),
            Record::Begun(begun) if begun.rids.len() > 1 => "begun".into(),
            Record::Done(done) if done.recipients.len() > 7 => "done".into(),
            Record::Moved(_, mids) if mids.len() > 1 => "moved".into(),
            Record::Numbers(_) => "numbers".into(),
            _ => "less".into(),
        });
        let Record::Accept(accept) = record else { continue };
        let Accept { envelope, settles, key, .. } = *accept;
        let asked = &envelope.dsn.recipients;
        let whole = !asked.is_empty() && envelope.dsn.envid.is_some() && envelope.eight_bit && envelope.from.is_some();
        said.extend((whole && settles.len() > 1 && key.is_some()).then(|| "accept with everything".into()));
        said.extend((envelope.recipients.len() > 50).then(|| "accept for many".into()));
        said.extend(envelope.from.is_none().then(|| "accept of nobody".into()));
    }
    for one in ["accept 1", "accept 2", "accept 3", "begun", "done", "moved", "numbers"] {
        assert!(said.contains(one), "no seed is a whole {one}: {said:?}");
    }
    for one in ["accept with everything", "accept for many", "accept of nobody"] {
        assert!(said.contains(one), "no seed is an {one}: {said:?}");
    }
}
