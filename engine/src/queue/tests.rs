//! What a queued recipient costs in memory: counted, so that it cannot grow unseen.
//!
//! DESIGN 10 allows 256 octets in the whole process for each recipient beyond 100,000. The spool's index takes 16 and what
//! the allocator loses is not ours to say; so the engine has 224.

use super::{Held, Leg, MessageBook};
use crate::dsn::Dsn;
use crate::envelope::Envelope;
use crate::{Engine, Event, Output, Settings};
use common::vocab::{MessageId, Timestamp};
use std::mem::size_of;
use std::sync::Arc;

const RECIPIENT_BYTES_MAX: usize = 224;

fn envelope(mid: u64, hosts: u64) -> Arc<Envelope> {
    Arc::new(Envelope {
        mid: MessageId(mid),
        from: Some(format!("bounces-{mid}@sender.example.org").parse().unwrap()),
        recipients: vec![format!("some.body{mid}@host{}.example.net", mid % hosts).parse().unwrap()],
        size_bytes: 20_000,
        received_at: Timestamp(1_795_000_000_000 + mid),
        eight_bit: true,
        smtputf8: false,
        dsn: Dsn::default(),
    })
}

#[test]
fn what_is_kept_for_every_leg_and_every_message_is_as_small_as_it_was() {
    assert_eq!((size_of::<Leg>(), size_of::<MessageBook>(), size_of::<Held>()), (40, 40, 16));
}

#[test]
fn a_folded_envelope_is_one_allocation_of_about_the_octets_of_its_addresses() {
    let envelope = envelope(1_000_000, 1_000);
    let (sender, recipient) = (envelope.from.clone().unwrap(), envelope.recipients[0].clone());
    let texts = sender.as_str().len() + recipient.local_part().len();
    let mut held = Held::Whole(envelope);
    held.fold(Some(recipient.domain()));
    assert!(held.bytes() <= texts + 32, "{} octets for {texts}", held.bytes());
}

#[test]
fn a_recipient_of_a_long_queue_costs_at_most_224_octets_in_the_engine() {
    let (few, many, hosts) = (20_000, 60_000, 100);
    let settings = Settings { whole_envelopes_max: few as usize, ..Settings::default() };
    let mut engine = Engine::new(Timestamp(1_795_000_000_000), settings, 1);
    let mut out = Output::default();
    let mut fill = |engine: &mut Engine, mids: std::ops::Range<u64>| {
        for mid in mids {
            engine.handle(Timestamp(1_795_000_000_000 + mid), Event::Accepted(envelope(mid, hosts)), &mut out);
            out.facts.clear();
            out.effects.clear();
        }
        engine.queue_bytes()
    };
    let before = fill(&mut engine, 1..few + 1);
    let after = fill(&mut engine, few + 1..many + 1);
    let each = (after - before) / (many - few) as usize;
    assert!(each <= RECIPIENT_BYTES_MAX, "{each} octets");
}
