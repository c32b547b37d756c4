//! The door from a request's parts to the spool's word, against a spool in memory.

use crate::clock::Clock;
use crate::intake::http::{HttpIntake, JSON_BYTES_MAX, Key, Wish};
use crate::intake::settings::IntakeSettings;
use crate::intake::smtp::Intake;
use crate::intake::smtp::tests::double::{MemorySpool, Mood, octets_of};
use crate::spool::{Kept, SpoolError};
use bytes::Bytes;
use common::vocab::MessageId;
use common::wire::{AcceptedMessage, ApiError, ErrorCode};
use futures_util::{StreamExt, stream};
use std::convert::Infallible;
use std::sync::Arc;
use std::time::Duration;

const MESSAGE: &str = "Subject: x\nBcc: hidden@c.test\nFrom: me\nDate: d\nMessage-ID: <m>\n\n.\ntext\n";

fn door(change: impl FnOnce(&mut IntakeSettings)) -> (Arc<MemorySpool>, HttpIntake) {
    let spool = Arc::<MemorySpool>::default();
    let mut settings = IntakeSettings { hostname: "mail.test".parse().unwrap(), ..IntakeSettings::default() };
    change(&mut settings);
    (spool.clone(), Intake::new(settings, spool, Clock).http())
}

async fn hand_in(door: &HttpIntake, message: &str, key: Option<&str>) -> Result<AcceptedMessage, ApiError> {
    let addressed = door.address("me@lab.test", &["a@b.test".into()], &Wish::default())?;
    let mut hold = door.begin().await?;
    let mut letter = door.letter(None, key.map(|key| Key::parse(key.as_bytes()).unwrap()));
    let pieces: Vec<_> =
        message.as_bytes().chunks(7).map(|piece| Ok::<_, Infallible>(Bytes::from(piece.to_vec()))).collect();
    door.receive(stream::iter(pieces), &mut letter, &mut hold).await?;
    door.keep(addressed, letter).await
}

fn code<T: std::fmt::Debug>(answer: Result<T, ApiError>) -> (ErrorCode, Option<String>) {
    let error = answer.unwrap_err().error;
    (error.code, error.field)
}

#[tokio::test]
async fn a_message_is_kept_with_our_field_on_top_and_without_its_blind_copies() {
    let (spool, door) = door(|_| {});
    let accepted = hand_in(&door, MESSAGE, None).await.unwrap();
    let kept = &spool.kept()[0];
    assert_eq!((accepted.mid, accepted.mid), (kept.envelope.mid, MessageId(1)));
    assert_eq!((accepted.recipients[0].rid.0, accepted.recipients[0].host.as_str()), (0, "b.test"));
    let body = String::from_utf8(kept.body.front().to_vec()).unwrap();
    let (trace, rest) = body.split_once("\r\n").unwrap();
    assert!(trace.starts_with("Received: by mail.test with HTTP id 1; "), "{trace}");
    assert_eq!(rest, "Subject: x\r\nFrom: me\r\nDate: d\r\nMessage-ID: <m>\r\n\r\n.\r\ntext\r\n");
    assert_eq!(kept.envelope.size_bytes, body.len() as u64);
    assert_eq!((kept.key, kept.envelope.eight_bit), (None, false));
}

#[tokio::test]
async fn the_spools_three_answers_to_a_key_are_the_same_answer_or_a_conflict() {
    let (spool, door) = door(|_| {});
    assert_eq!(hand_in(&door, MESSAGE, Some("k")).await.unwrap().mid, MessageId(1));
    assert!(spool.kept()[0].key.is_some());
    spool.set_mood(Mood::Knows(Kept::Before(MessageId(1))));
    let again = hand_in(&door, MESSAGE, Some("k")).await.unwrap();
    assert_eq!((again.mid, again.recipients[0].address.as_str()), (MessageId(1), "a@b.test"));
    spool.set_mood(Mood::Knows(Kept::OtherRequest(MessageId(1))));
    let (code, field) = code(hand_in(&door, MESSAGE, Some("k")).await);
    assert_eq!((code, field.as_deref()), (ErrorCode::Conflict, Some("Idempotency-Key")));
    assert_eq!(spool.kept().len(), 1);
}

#[tokio::test]
async fn a_disk_that_is_full_or_broken_is_said_and_nothing_is_promised() {
    let (spool, door) = door(|_| {});
    for (mood, expected) in [
        (Mood::Fails(SpoolError::Full), ErrorCode::DiskFull),
        (Mood::Fails(SpoolError::Failed("io".into())), ErrorCode::Unavailable),
        (Mood::Fails(SpoolError::Stopped), ErrorCode::Unavailable),
        (Mood::Vanishes, ErrorCode::Unavailable),
    ] {
        spool.set_mood(mood);
        assert_eq!(code(hand_in(&door, MESSAGE, None).await).0, expected);
    }
}

#[tokio::test]
async fn what_the_smtp_door_refuses_in_a_message_this_one_refuses_by_its_field() {
    let (spool, door) = door(|settings| settings.max_message_bytes = 300_000);
    let hops = "Received: x\n".repeat(51) + "\ntext\n";
    for (message, expected) in [
        ("A: b\0\n\ntext", ErrorCode::BadRequest),
        ("A: b\n\nte\0xt", ErrorCode::BadRequest),
        ("no field\n\ntext", ErrorCode::BadRequest),
        (&*format!("A: b\n\n{}\n", "x".repeat(999)), ErrorCode::BadRequest),
        (&*hops, ErrorCode::BadRequest),
        (&*("X: y\n".repeat(1_001) + "\n"), ErrorCode::TooLarge),
        (&*format!("A: b\n\n{}", "xxx\n".repeat(75_000)), ErrorCode::TooLarge),
    ] {
        let (code, field) = code(hand_in(&door, message, None).await);
        assert_eq!((code, field.as_deref()), (expected, Some("raw")), "{:?}", &message[..message.len().min(40)]);
    }
    assert!(spool.kept().is_empty());
}

#[tokio::test(start_paused = true)]
async fn a_body_that_hardly_moves_is_given_up() {
    let (_, door) = door(|_| {});
    let drip = stream::unfold((), |()| async {
        tokio::time::sleep(Duration::from_secs(20)).await;
        Some((Ok::<_, Infallible>(Bytes::from_static(b"A: b\n")), ()))
    });
    let (mut letter, mut hold) = (door.letter(None, None), door.begin().await.unwrap());
    let refusal = door.receive(Box::pin(drip), &mut letter, &mut hold).await;
    assert_eq!(code(refusal).0, ErrorCode::BadRequest);
}

#[tokio::test]
async fn a_body_that_breaks_off_is_no_message() {
    let (_, door) = door(|_| {});
    let (mut letter, mut hold) = (door.letter(None, None), door.begin().await.unwrap());
    let broken = stream::iter([Ok(Bytes::from_static(b"A: b\n")), Err("reset")]);
    assert_eq!(code(door.receive(broken, &mut letter, &mut hold).await).0, ErrorCode::BadRequest);
}

#[tokio::test(start_paused = true)]
async fn messages_beyond_the_memory_wait_and_are_sent_away_and_one_that_fits_is_taken() {
    let (spool, door) = door(|settings| {
        settings.max_message_bytes = 1_000_000;
        settings.limits.memory_bytes = 0; // what one message needs
    });
    let mut greedy = door.begin().await.unwrap();
    greedy.grow_to(2_000_000).await.unwrap();
    let large = format!("A: b\n\n{}", "xxxxxxx\n".repeat(30_000));
    assert_eq!(code(hand_in(&door, &large, None).await).0, ErrorCode::Busy);
    drop(greedy);
    hand_in(&door, &large, None).await.unwrap();
    assert_eq!(spool.kept().len(), 1);
}

#[tokio::test(start_paused = true)]
async fn many_large_messages_as_json_at_once_take_the_memory_of_a_few() {
    const CLIENTS: usize = 40;
    let (spool, door) = door(|settings| {
        settings.max_message_bytes = 2_000_000;
        settings.limits.memory_bytes = 8 << 20;
    });
    let json =
        format!(r#"{{"from":"me@lab.test","raw":"A: b\n\n{}","to":["a@b.test"]}}"#, "0123456789\\n".repeat(90_000));
    assert!(CLIENTS * json.len() > 5 * (8 << 20), "they would not have room side by side");
    let client = async || {
        let pieces: Vec<_> = json.as_bytes().chunks(16_384).map(|piece| Bytes::from(piece.to_vec())).collect();
        let body = stream::iter(pieces).then(|piece| async {
            tokio::time::sleep(Duration::from_millis(1)).await; // so that all of them are on their way at once
            Ok::<_, Infallible>(piece)
        });
        let (mut letter, mut hold) = (door.letter(None, None), door.begin().await?);
        let asked = door.receive_json(Box::pin(body), &mut letter, &mut hold).await?;
        door.keep(door.address(&asked.from, &asked.to, &Wish::default())?, letter).await
    };
    let answers = futures_util::future::join_all((0..CLIENTS).map(|_| client())).await;
    assert!(answers.iter().all(Result::is_ok), "{:?}", answers.iter().find(|answer| answer.is_err()));
    assert!(spool.kept().len() == CLIENTS && spool.kept().iter().all(|kept| kept.body.blob().is_some()));
}

#[tokio::test]
async fn an_endless_body_is_read_to_its_limit_and_a_little_more() {
    let (_, door) = door(|settings| settings.max_message_bytes = 10_000);
    let endless = stream::repeat_with(|| Ok::<_, Infallible>(Bytes::from_static(&[b'x'; 4_096]))).boxed();
    let (mut letter, mut hold) = (door.letter(None, None), door.begin().await.unwrap());
    assert_eq!(code(door.receive(endless, &mut letter, &mut hold).await).0, ErrorCode::TooLarge);
    assert_eq!(door.max_json_bytes(), 20_000);
    assert!(door.max_json_bytes() < JSON_BYTES_MAX);
}

#[tokio::test]
async fn a_large_message_is_written_out_with_our_fields_and_without_its_blind_copies() {
    let (spool, door) = door(|_| {});
    let text = "0123456789\n".repeat(40_000);
    let message = format!("Bcc: b@c.test\nSubject: large\n\n{text}");
    hand_in(&door, &message, None).await.unwrap();
    let kept = &spool.kept()[0];
    assert!(kept.body.blob().is_some());
    let octets = String::from_utf8(octets_of(&kept.body)).unwrap();
    assert_eq!(kept.envelope.size_bytes, octets.len() as u64);
    assert!(octets.starts_with("Received: ") && octets.contains("\r\nMessage-ID: <") && !octets.contains("Bcc"));
    assert!(octets.ends_with(&format!("Subject: large\r\n\r\n{}", text.replace('\n', "\r\n"))));
}

#[tokio::test]
async fn a_key_names_the_same_large_message_and_no_other() {
    let (spool, door) = door(|_| {});
    let message = format!("Bcc: b@c.test\nSubject: large\n\n{}", "0123456789\n".repeat(20_000));
    let other = message.replacen("0123", "0124", 1);
    for text in [message.clone(), message.replace('\n', "\r\n"), other] {
        hand_in(&door, &text, Some("k")).await.unwrap();
    }
    let keys: Vec<_> = spool.kept().iter().map(|kept| kept.key.unwrap()).collect();
    assert!(keys[0] == keys[1] && keys[0].name == keys[2].name && keys[0].request != keys[2].request);
}

#[tokio::test]
async fn a_large_message_that_is_refused_leaves_no_file() {
    let (spool, door) = door(|_| {});
    for message in [format!("no header\n{}", "x\n".repeat(9_000)), format!("A: b\n\n{}\0", "x\n".repeat(9_000))] {
        hand_in(&door, &message, None).await.unwrap_err();
    }
    spool.blobs.disk.set_room(Some(5_000));
    let full = hand_in(&door, &format!("A: b\n\n{}", "x\n".repeat(9_000)), None).await;
    assert_eq!(code(full).0, ErrorCode::DiskFull);
    assert_eq!((spool.kept().len(), spool.blobs.count()), (0, 0));
}
