//! What may stand in a message, and what never ends one.

use super::double::without_trace;
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
        assert_eq!(without_trace(house.spool.kept().last().unwrap().body.front()), body.as_bytes());
    }
}
