//! What may stand in a message, and what never ends one.

use super::double::{octets_of, without_trace};
use super::wire::{House, settings};

#[tokio::test]
async fn dots_are_unstuffed_once_and_all_else_is_kept() {
    let house = House::open(settings()).await;
    let mut client = house.known().await;
    client.sends_a_message("x: y\r\n\r\n..\r\n..a\r\n.b\r\n\r\n.\r\n", "250 2.0.0").await;
    assert_eq!(house.spool.only_body(), b"x: y\r\n\r\n.\r\n.a\r\nb\r\n\r\n");
}

#[tokio::test]
async fn eight_bit_bodies_are_taken_and_marked() {
    let house = House::open(settings()).await;
    let mut client = house.known().await;
    client.sends_a_message("x: y\r\n\r\n\u{e9}\r\n.\r\n", "250 2.0.0").await;
    client.sends_a_message("x: y\r\n\r\ne\r\n.\r\n", "250 2.0.0").await;
    let marks: Vec<bool> = house.spool.kept().iter().map(|kept| kept.envelope.eight_bit).collect();
    assert_eq!(marks, [true, false]);
}

#[tokio::test]
async fn a_large_message_is_kept_octet_for_octet() {
    let house = House::open(settings()).await;
    let mut client = house.known().await;
    let line = |number: usize| format!("{number:076}\r\n");
    let body = "x: y\r\n\r\n".to_owned() + &(0..330_000).map(line).collect::<String>();
    client.sends_a_message(body.clone() + ".\r\n", "250 2.0.0").await;
    assert!(house.spool.only_body() == body.as_bytes());
}

#[tokio::test]
async fn a_message_without_header_or_of_nothing_is_kept_as_it_is() {
    let house = House::open(settings()).await;
    let mut client = house.known().await;
    for body in ["", "\r\n", "no header\r\n"] {
        client.sends_a_message(format!("{body}.\r\n"), "250 2.0.0").await;
        assert_eq!(without_trace(&octets_of(&house.spool.kept().last().unwrap().body)), body.as_bytes());
    }
}

/// More than is kept in memory, with its final dot.
fn large() -> String {
    "x: y\r\n\r\n".to_owned() + &"0123456789\r\n".repeat(60_000) + ".\r\n"
}

#[tokio::test]
async fn of_a_large_message_the_header_stays_in_memory_and_our_field_is_on_top_of_it() {
    let house = House::open(settings()).await;
    let mut client = house.known().await;
    client.sends_a_message(large(), "250 2.0.0").await;
    let kept = &house.spool.kept()[0];
    assert!(kept.body.blob().is_some() && house.spool.blobs.count() == 1);
    assert_eq!(without_trace(kept.body.front()), b"x: y\r\n\r\n");
    assert_eq!(kept.envelope.size_bytes, octets_of(&kept.body).len() as u64);
}

#[tokio::test]
async fn what_is_refused_at_its_end_leaves_no_file() {
    let mut tight = settings();
    tight.max_message_bytes = 900_000;
    let house = House::open(tight).await;
    let mut client = house.known().await;
    let body = large();
    let hops = "Received: x\r\n".repeat(51);
    for (message, answer) in [
        (body.replacen("3456", "\0", 1), "550 5.6.0"),
        (body.replacen("3456", "34\n56", 1), "550 5.5.2"),
        (body.replacen("3456", &"x".repeat(2_000), 1), "550 5.6.0"),
        (hops + &body, "554 5.4.6"),
        (body.repeat(2).replacen(".\r\nx: y", "x: y", 1), "552 5.3.4"),
    ] {
        client.begins_a_message().await;
        client.send(message).await;
        let reply = client.reply().await;
        assert!(reply.starts_with(&answer[..1]), "{answer}: {reply}");
        assert_eq!((house.spool.kept().len(), house.spool.blobs.count()), (0, 0), "{reply}");
    }
    client.sends_a_message(body, "250 2.0.0").await;
    assert_eq!(house.spool.blobs.count(), 1);
}

#[tokio::test]
async fn a_client_that_leaves_in_the_middle_leaves_no_file() {
    let house = House::without_port(settings());
    let (mut client, session) = house.pipe("127.0.0.1");
    client.expect("220").await;
    client.says("EHLO client.test", "250").await;
    client.begins_a_message().await;
    client.send(&large().as_bytes()[..400_000]).await;
    assert_eq!(house.spool.blobs.count(), 1, "it goes to disk while it comes");
    drop(client);
    session.await.unwrap();
    assert_eq!((house.spool.kept().len(), house.spool.blobs.count()), (0, 0));
}

#[tokio::test]
async fn a_disk_that_is_full_in_the_middle_is_said_at_the_end_and_leaves_nothing() {
    let house = House::open(settings()).await;
    let mut client = house.known().await;
    house.spool.blobs.disk.set_room(Some(300_000));
    client.sends_a_message(large(), "452 4.3.1").await;
    assert_eq!((house.spool.kept().len(), house.spool.blobs.count()), (0, 0));
    house.spool.blobs.disk.set_room(None);
    client.sends_a_message(large(), "250 2.0.0").await;
}
