//! Bodies: large, eight-bit, missing.

use super::world::*;
use crate::spool::tests::BlobDouble;
use bytes::Bytes;
use common::vocab::MessageId;
use engine::failure::Stage;
use std::path::Path;

#[tokio::test]
async fn a_large_body_arrives_whole_whatever_stands_at_its_block_edges() {
    // 64 KiB blocks end within this text at changing places of its lines.
    let body = "..a line\r\n.\r\n\r\nanother \u{e9}\r\n".repeat(20_000);
    let spool = TestSpool { bodies: [(1, Bytes::from(body.clone()))].into(), ..Default::default() };
    let mut world = world_with(patient(), spool, async move |mut peer| {
        peer.greets(&["PIPELINING"]).await;
        peer.accepts_envelope(1).await;
        assert!(peer.body().await.unwrap() == body, "the body came changed");
        peer.say("250 ok\r\n").await;
        peer.answers("QUIT", "221 bye").await;
    })
    .await;
    world.ready().await;
    assert_eq!(words(&world.deliver(1).await.0), ["delivered"]);
    world.closes().await;
}

#[tokio::test]
async fn bodies_of_exactly_one_block_and_of_nothing_end_once() {
    for body in [String::new(), "a".repeat(65_534) + "\r\n", "a".repeat(65_535) + "\r\n", ".".into()] {
        let spool = TestSpool { bodies: [(1, Bytes::from(body.clone()))].into(), ..Default::default() };
        let mut world = world_with(patient(), spool, async move |mut peer| {
            peer.greets(&["PIPELINING"]).await;
            peer.accepts_envelope(1).await;
            let received = peer.body().await.unwrap();
            assert_eq!(received.trim_end_matches("\r\n"), body.trim_end_matches("\r\n"));
            peer.say("250 ok\r\n").await;
            peer.hears("QUIT").await;
        })
        .await;
        world.ready().await;
        assert_eq!(words(&world.deliver(1).await.0), ["delivered"]);
        world.handle.close();
        world.closed().await;
        world.ends().await;
    }
}

#[tokio::test]
async fn a_missing_body_is_our_fault_and_nothing_is_said_to_the_peer() {
    let mut world = world(patient(), async |mut peer| {
        peer.greets(&["PIPELINING"]).await;
        peer.hears("QUIT").await;
    })
    .await;
    world.ready().await;
    world.handle.deliver(order(99, 2));
    let (outcomes, reusable) = world.attempted().await;
    let word = "failed MailFrom: message 99 is not in the spool or its record is damaged";
    assert_eq!((words(&outcomes), reusable), (vec![word.to_owned(); 2], true));
    world.closes().await;
}

#[tokio::test]
async fn a_message_over_their_size_is_not_offered() {
    let mut world = world(patient(), async |mut peer| {
        peer.greets(&["SIZE 10"]).await;
        peer.hears("QUIT").await;
    })
    .await;
    world.ready().await;
    let (outcomes, reusable) = world.deliver(1).await;
    let word = "failed MailFrom: the message has 20 octets, the next hop takes at most 10";
    assert_eq!((words(&outcomes), reusable), (vec![word.to_owned()], true));
    world.closes().await;
}

#[tokio::test]
async fn a_panic_of_ours_still_answers_the_order() {
    let spool = TestSpool { cursed: Some(1), ..Default::default() };
    let mut world = world_with(patient(), spool, async |mut peer| {
        peer.greets(&[]).await;
        peer.sees_us_leave().await;
    })
    .await;
    world.ready().await;
    let (outcomes, reusable) = world.deliver(2).await;
    let word = format!("failed {:?}: the session ended unexpectedly", Stage::MailFrom);
    assert_eq!((words(&outcomes), reusable), (vec![word; 2], false));
    world.ends().await;
}

/// Above what is in memory, with dots at the starts of lines everywhere.
fn large() -> String {
    "Subject: x\r\n\r\n".to_owned() + &"..a line\r\n.\r\n\r\nanother \u{e9}\r\n".repeat(20_000)
}

#[tokio::test]
async fn a_large_body_is_read_from_its_file_while_it_is_sent() {
    let blobs = BlobDouble::default();
    let spool = TestSpool { large: Some(blobs.body(MessageId(1), large().as_bytes())), ..Default::default() };
    let mut world = world_with(patient(), spool, async move |mut peer| {
        peer.greets(&["PIPELINING"]).await;
        peer.accepts_envelope(1).await;
        assert!(peer.body().await.unwrap() == large(), "the body came changed");
        peer.say("250 ok\r\n").await;
        peer.answers("QUIT", "221 bye").await;
    })
    .await;
    world.ready().await;
    assert_eq!(words(&world.deliver(1).await.0), ["delivered"]);
    world.closes().await;
}

#[tokio::test]
async fn a_damaged_body_is_cut_off_before_its_final_dot_and_is_not_begun_again() {
    let blobs = BlobDouble::default();
    let spool = TestSpool { large: Some(blobs.body(MessageId(1), large().as_bytes())), ..Default::default() };
    blobs.disk.tamper(Path::new("/spool/blobs/1"), |octets| octets[100_000] ^= 1);
    let mut world = world_with(patient(), spool, async move |mut peer| {
        peer.greets(&["PIPELINING"]).await;
        peer.accepts_envelope(1).await;
        let came = peer.rest().await;
        assert!(came.len() > 60_000 && !came.ends_with(b"\r\n.\r\n"), "no final dot");
    })
    .await;
    world.ready().await;
    let word = |stage: &str| format!("failed {stage}: message 1 is not in the spool or its record is damaged");
    let (outcomes, reusable) = world.deliver(1).await;
    assert_eq!((words(&outcomes), reusable), (vec![word("Body")], false));
    assert!(world.spool.begun.lock().unwrap().is_empty(), "nobody can have it twice");
    let again = TestSpool { large: world.spool.large.clone(), ..Default::default() };
    world.ends().await;
    let mut world = world_with(patient(), again, async move |mut peer| {
        peer.greets(&["PIPELINING"]).await;
        peer.answers("QUIT", "221 bye").await;
    })
    .await;
    world.ready().await;
    let (outcomes, reusable) = world.deliver(1).await;
    assert_eq!((words(&outcomes), reusable), (vec![word("MailFrom")], true));
    world.closes().await;
}
