//! Who may send to whom, and which addresses are addresses.

use super::wire::{House, settings};
use crate::intake::IntakeSettings;

fn for_strangers() -> IntakeSettings {
    let mut settings = settings();
    settings.relay_from = vec!["192.0.2.0/24".parse().unwrap()];
    settings.names.insert("own.test".parse().unwrap());
    settings.aliases.insert("postmaster".into(), "admin@example.com".parse().unwrap());
    settings
}

#[tokio::test]
async fn a_stranger_relays_by_no_shape_of_address() {
    let house = House::open(for_strangers()).await;
    // (MAIL, RCPT) as nmap's smtp-open-relay sends them, with the answer to RCPT.
    let shapes = [
        ("", "relaytest@other.test", "550 5.7.1"),
        ("a@other.test", "relaytest@other.test", "550 5.7.1"),
        ("a@mail.test", "relaytest@other.test", "550 5.7.1"),
        ("a@mail.test", "relaytest%other.test@mail.test", "550 5.7.1"),
        ("a@mail.test", "relaytest%other.test@own.test", "550 5.7.1"),
        ("a@mail.test", "\"relaytest@other.test\"", "550 5.7.1"),
        ("a@mail.test", "\"relaytest%other.test\"", "550 5.7.1"),
        ("a@mail.test", "relaytest@other.test@mail.test", "501 5.1.3"),
        ("a@mail.test", "\"relaytest@other.test\"@mail.test", "550 5.7.1"),
        ("a@mail.test", "relaytest@other.test@[127.0.0.1]", "501 5.1.3"),
        ("a@mail.test", "@mail.test:relaytest@other.test", "550 5.7.1"),
        ("a@mail.test", "@own.test,@mail.test:relaytest@other.test", "550 5.7.1"),
        ("a@mail.test", "other.test!relaytest", "550 5.7.1"),
        ("a@mail.test", "other.test!relaytest@mail.test", "550 5.7.1"),
        ("a@mail.test", "other.test!relaytest@[127.0.0.1]", "501 5.1.3"),
        ("a@mail.test", "relaytest@[127.0.0.1]", "501 5.1.3"),
        ("a@mail.test", "relaytest@mail.test", "550 5.1.1"),
    ];
    for (from, to, answer) in shapes {
        let mut client = house.known().await;
        client.says(&format!("MAIL FROM:<{from}>"), "250 2.1.0").await;
        client.says(&format!("RCPT TO:<{to}>"), answer).await;
        client.says("DATA", "554 5.5.1").await;
    }
}

#[tokio::test]
async fn a_stranger_reaches_the_postmaster_and_nobody_else() {
    let house = House::open(for_strangers()).await;
    let mut client = house.known().await;
    client.says("MAIL FROM:<a@other.test>", "250 2.1.0").await;
    client.says("RCPT TO:<Postmaster>", "250 2.1.5").await;
    client.says("RCPT TO:<root@own.test>", "550 5.1.1").await;
    client.says("DATA", "354").await;
    client.says("x: y\r\n\r\n.", "250 2.0.0").await;
    assert_eq!(house.spool.kept()[0].envelope.recipients[0].as_str(), "admin@example.com");
}

#[tokio::test]
async fn an_address_without_a_domain_gets_our_name() {
    let house = House::open(settings()).await;
    let mut client = house.known().await;
    client.says("MAIL FROM:<root>", "250 2.1.0").await;
    client.says("RCPT TO:<root>", "550 5.1.1").await;
    client.says("RCPT TO:<@relay.test:a@x.test>", "250 2.1.5").await;
    client.says("DATA", "354").await;
    client.says("x: y\r\n\r\n.", "250 2.0.0").await;
    let envelope = house.spool.kept()[0].envelope.clone();
    assert_eq!(envelope.from.as_ref().unwrap().as_str(), "root@mail.test");
    assert_eq!(envelope.recipients[0].as_str(), "a@x.test");
}

#[tokio::test]
async fn only_what_the_grammar_allows_is_an_address() {
    let house = House::open(settings()).await;
    let mut client = house.known().await;
    client.says("MAIL FROM:<>", "250 2.1.0").await;
    for good in ["a@x.test", "\"a b\"@x.test", "\"a\\\"b\"@x.test", "\"a\\\\b\"@x.test", "a+b=c{d}@x.test"] {
        client.says(&format!("RCPT TO:<{good}>"), "250 2.1.5").await;
    }
    let mut long_local = format!("{}@x.test", "a".repeat(65));
    let long_label = format!("a@{}.test", "b".repeat(64));
    let long_path = format!("a@{}.test", ["b".repeat(50).as_str(); 6].join("."));
    let bad = [
        "a@[192.0.2.1]",
        "\u{e9}@x.test",
        "a@\u{e9}.test",
        &long_local,
        &long_label,
        &long_path,
        "",
        "a@x.test.",
        "a b@x.test",
        "a@x..test",
        "a@-x.test",
        "@x.test",
        "a@",
        "\"a@x.test",
    ];
    for (number, text) in bad.iter().enumerate() {
        if number % 10 == 9 {
            client = house.known().await;
            client.says("MAIL FROM:<>", "250 2.1.0").await;
        }
        client.says(&format!("RCPT TO:<{text}>"), "501 5.").await;
    }
    client.says("RCPT TO:<a@x.test>junk", "501 5.").await;
    long_local.clear();
}

#[tokio::test]
async fn nothing_a_client_says_is_reflected() {
    let house = House::open(settings()).await;
    let mut client = house.greeted().await;
    let mut answers = String::new();
    for line in ["EHLO <script>\u{1b}[31m", "MAIL FROM:<<script>\u{1b}@x>", "MAIL FROM:<>", "RCPT TO:<\u{1b}script@x>"]
    {
        client.send(format!("{line}\r\n")).await;
        answers += &client.reply().await;
    }
    assert!(!answers.contains("script") && !answers.contains('\u{1b}'), "{answers}");
}
