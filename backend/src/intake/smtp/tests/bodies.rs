//! What may stand in a message, and what never ends one.

use super::double::without_trace;
use super::wire::{House, settings};

#[tokio::test]
async fn no_other_sequence_than_crlf_dot_crlf_ends_a_message() {
    let house = House::open(settings()).await;
    let mut client = house.known().await;
    for falsehood in [
        "\n.\n",
        "\n.\r\n",
        "\r.\r",
        "\r.\n",
        "\n.\r",
        "\r.\r\n",
        "\r\n.\r",
        "\r\n.\n",
        "\r\n\0.\r\n",
        "\r\n.\r\r\n",
        "\r\r\n.\r\r\n",
    ] {
        let smuggled = "MAIL FROM:<evil@x.test>\r\nRCPT TO:<victim@x.test>\r\nDATA\r\nx: smuggled\r\n";
        client.sends_a_message(format!("x: y\r\n\r\nbody{falsehood}{smuggled}\r\n.\r\n"), "550 5.6.0").await;
        client.says("NOOP", "250 2.0.0").await;
    }
    assert_eq!(house.spool.kept().len(), 0);
    client.sends_a_message("x: y\r\n\r\n.\r\n", "250 2.0.0 Ok: queued as 1").await;
}

#[tokio::test]
async fn nul_and_long_lines_are_refused_after_the_true_end() {
    let house = House::open(settings()).await;
    let mut client = house.known().await;
    client.sends_a_message("x: y\r\n\r\na\0b\r\n.\r\n", "550 5.6.0 Message holds a NUL").await;
    let line = "a".repeat(999);
    client.sends_a_message(format!("x: y\r\n\r\n{line}\r\n.\r\n"), "550 5.6.0 Message holds a line longer").await;
    let line = "a".repeat(998);
    client.sends_a_message(format!("x: y\r\n\r\n{line}\r\n.\r\n"), "250 2.0.0").await;
}

#[tokio::test]
async fn a_mebibyte_without_a_line_end_closes_the_connection() {
    let house = House::open(settings()).await;
    let mut client = house.known().await;
    client.sends_a_message("a".repeat(1_100_000), "550 5.6.0").await;
    client.expect_closed().await;
}

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
async fn a_message_over_the_limit_is_552_and_the_connection_stays_usable() {
    let mut settings = settings();
    settings.max_message_bytes = 1_000;
    let house = House::open(settings).await;
    let mut client = house.known().await;
    client.says("MAIL FROM:<a@b.test> SIZE=1001", "552 5.3.4").await;
    client.says("MAIL FROM:<a@b.test> SIZE=99999999999999999999", "552 5.3.4").await;
    let line = "a".repeat(98) + "\r\n";
    client.sends_a_message(line.repeat(10) + "x\r\n.\r\n", "552 5.3.4").await;
    client.sends_a_message(line.repeat(100_000) + ".\r\n", "552 5.3.4").await;
    client.sends_a_message(line.repeat(10) + ".\r\n", "250 2.0.0").await;
    assert_eq!(house.spool.only_body().len(), 1_000);
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
async fn a_header_that_is_too_large_or_loops_is_refused() {
    let house = House::open(settings()).await;
    let mut client = house.known().await;
    client.sends_a_message("X: y\r\n".repeat(1_001) + "\r\nbody\r\n.\r\n", "552 5.3.4").await;
    client.sends_a_message("Received: x\r\n".repeat(51) + "\r\nbody\r\n.\r\n", "554 5.4.6").await;
    client.sends_a_message("Received: x\r\n".repeat(50) + "\r\nbody\r\n.\r\n", "250 2.0.0").await;
}

#[tokio::test]
async fn a_message_without_header_or_of_nothing_is_kept_as_it_is() {
    let house = House::open(settings()).await;
    let mut client = house.known().await;
    for body in ["", "\r\n", "no header\r\n"] {
        client.sends_a_message(format!("{body}.\r\n"), "250 2.0.0").await;
        assert_eq!(without_trace(&house.spool.kept().last().unwrap().body), body.as_bytes());
    }
}
