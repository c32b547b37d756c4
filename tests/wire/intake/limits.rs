//! Limits: what is beyond them is told so, and what is within them goes on.

use super::{DISCARD, server, until_received};
use std::net::Ipv4Addr;
use tests::caller::Caller;
use tests::server::Server;

#[tokio::test]
async fn the_twentieth_error_and_the_hundred_and_first_junk_command_end_the_session() {
    let server = server().await;
    for (line, count, last) in
        [("FOO\r\n", 20, "421 4.7.0 Too many errors"), ("NOOP\r\n", 101, "421 4.7.0 Too many commands")]
    {
        let mut caller = Caller::known(server.smtp).await;
        caller.send(line.repeat(count)).await;
        let answers = caller.rest().await;
        let lines: Vec<&str> = answers.lines().collect();
        assert_eq!(lines.len(), count + 1, "{answers}");
        assert!(lines[count].starts_with(last), "{answers}");
    }
}

#[tokio::test]
async fn a_thousand_recipients_are_taken_and_the_rest_are_for_another_message() {
    let server = server().await;
    let mut caller = Caller::known(server.smtp).await;
    caller.says("MAIL FROM:<>", "250").await;
    caller.send((0..1_001).map(|number| format!("RCPT TO:<{number}@x.test>\r\n")).collect::<String>()).await;
    for number in 0..1_001 {
        caller.expect(if number < 1_000 { "250 2.1.5" } else { "452 4.5.3" }).await;
    }
    caller.says("DATA", "354").await;
    caller.says("x: y\r\n\r\n.", "250 2.0.0").await;
    until_received(&server, 1).await;
    assert_eq!(server.get("/api/v1/status").await["recipients_received"], 1_000);
}

#[tokio::test]
async fn a_message_over_the_limit_is_552_and_the_connection_stays_usable() {
    let server = Server::serve_as(&[], "max_message_bytes = 1000", DISCARD).await;
    let mut caller = Caller::known(server.smtp).await;
    caller.says("MAIL FROM:<a@b.test> SIZE=1001", "552 5.3.4").await;
    caller.says("MAIL FROM:<a@b.test> SIZE=99999999999999999999", "552 5.3.4").await;
    let line = "a".repeat(98) + "\r\n";
    caller.sends_a_message(line.repeat(10) + "x\r\n.\r\n", "552 5.3.4").await;
    caller.sends_a_message(line.repeat(100_000) + ".\r\n", "552 5.3.4").await;
    caller.sends_a_message(line.repeat(10) + ".\r\n", "250 2.0.0").await;
}

#[tokio::test]
async fn a_header_beyond_a_thousand_fields_256_kib_or_fifty_hops_is_refused() {
    let server = server().await;
    let mut caller = Caller::known(server.smtp).await;
    let large = format!("X:\r\n{}", format!(" {}\r\n", "y".repeat(997)).repeat(263));
    for (header, answer) in [
        ("X: y\r\n".repeat(1_001), "552 5.3.4"),
        (large, "552 5.3.4"),
        ("Received: x\r\n".repeat(51), "554 5.4.6"),
        ("Received: x\r\n".repeat(50), "250 2.0.0"),
    ] {
        caller.sends_a_message(format!("{header}\r\nbody\r\n.\r\n"), answer).await;
    }
}

#[tokio::test]
async fn mime_nested_ten_thousand_deep_is_octets_like_any_other() {
    let server = server().await;
    let mut caller = Caller::known(server.smtp).await;
    let part = |depth: usize| format!("Content-Type: multipart/mixed; boundary={depth}\r\n\r\n--{depth}\r\n");
    let body: String = (0..10_000).map(part).collect();
    caller.sends_a_message(format!("{body}\r\n.\r\n"), "250 2.0.0").await;
}

#[tokio::test]
async fn one_address_has_its_connections_and_another_has_its_own() {
    let server = Server::serve_as(&[], "max_connections_per_address = 3", DISCARD).await;
    let mut held = Vec::new();
    for _ in 0..3 {
        held.push(Caller::known(server.smtp).await);
    }
    let mut fourth = Caller::call(server.smtp).await;
    fourth.expect("421 4.7.0 Too many connections").await;
    fourth.expect_closed().await;
    let mut other = Caller::call_from(Ipv4Addr::new(127, 0, 0, 2), server.smtp).await.expect("the server accepts");
    other.expect("220").await;
    let mut left = held.pop().expect("three");
    left.says("QUIT", "221").await;
    left.expect_closed().await;
    until_greeted(&server).await;
}

/// The place of a session that has ended returns a moment after its last word.
async fn until_greeted(server: &Server) {
    for _ in 0..1_000 {
        if Caller::call(server.smtp).await.reply().await.starts_with("220") {
            return;
        }
        tokio::time::sleep(std::time::Duration::from_millis(10)).await;
    }
    panic!("the place never returned");
}

#[tokio::test]
async fn a_hundred_connections_of_one_address_are_the_default() {
    let server = server().await;
    let mut held = Vec::new();
    for _ in 0..100 {
        let mut caller = Caller::call(server.smtp).await;
        caller.expect("220").await;
        held.push(caller);
    }
    Caller::call(server.smtp).await.expect("421 4.7.0").await;
}

/// Many files: run it by `cargo xtask soak connections`, which raises the limit of open files first.
#[tokio::test(flavor = "multi_thread")]
#[ignore = "needs 12,000 open files"]
async fn of_ten_thousand_connections_at_once_two_thousand_are_greeted_and_the_console_answers() {
    const CALLS: u32 = 10_000;
    let server = server().await;
    let mut calls = tokio::task::JoinSet::new();
    for number in 0..CALLS {
        let client = Ipv4Addr::from(u32::from(Ipv4Addr::new(127, 0, 1, 1)) + number % 100);
        let smtp = server.smtp;
        calls.spawn(async move {
            let mut caller = Caller::call_from(client, smtp).await.expect("the server accepts");
            let heard = caller.reply().await;
            (heard, caller)
        });
    }
    let mut all = Vec::new();
    while let Some(call) = calls.join_next().await {
        all.push(call.expect("a call"));
    }
    let (code, status, errors) = server.verb(&["status"]).await;
    assert_eq!(code, 0, "{errors}");
    assert!(!status.is_empty());
    let heard = |start: &str| all.iter().filter(|(reply, _)| reply.starts_with(start)).count();
    println!("{} greeted, {} told 421", heard("220 "), heard("421 4.7.0"));
    assert_eq!((heard("220 "), heard("421 4.7.0")), (2_000, 8_000));
    drop(all);
    until_greeted(&server).await;
}
