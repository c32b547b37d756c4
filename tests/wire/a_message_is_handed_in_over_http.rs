//! `POST /api/v1/messages`, the real server behind it: 202 means on disk, and it arrives as it was meant.

use serde_json::json;
use std::time::Duration;
use tests::mailbox::Mailbox;
use tests::server::{Server, free_address};

const RFC822: &str = "Content-Type: message/rfc822\r\n";
const JSON: &str = "Content-Type: application/json\r\n";

#[tokio::test(flavor = "multi_thread")]
async fn both_forms_arrive_with_our_fields_and_without_blind_copies() {
    let mut mailbox = Mailbox::open().await;
    let server = Server::serve(&mailbox.route()).await;
    let message = "Subject: one\nBcc: hidden@c.test\nTo: all\n\n.\n..dots\nend";
    let path = "/api/v1/messages?from=me+tag@lab.test&to=a@b.test&to=c@b.test";
    let (status, taken) = server.post(path, RFC822, message.as_bytes()).await;
    let recipients = json!([
        {"rid": 0, "address": "a@b.test", "host": "b.test"},
        {"rid": 1, "address": "c@b.test", "host": "b.test"},
    ]);
    assert_eq!((status, &taken["recipients"]), (202, &recipients));
    let arrived = mailbox.until(1).await.remove(0);
    assert_eq!((arrived.from.as_str(), arrived.to.join(" ").as_str()), ("me+tag@lab.test", "a@b.test c@b.test"));
    assert_eq!((arrived.field("subject"), arrived.field("bcc")), (Some("one"), None));
    assert_eq!(arrived.field("from"), Some("me+tag@lab.test"));
    assert!(arrived.field("date").is_some() && arrived.field("message-id").is_some(), "{}", arrived.text);
    let by = format!("\tby mail.lab.test with HTTP id {}; ", taken["mid"]);
    assert!(arrived.text.starts_with("Received: from [127.0.0.1]\n") && arrived.text.contains(&by), "{}", arrived.text);
    assert_eq!(arrived.body(), ".\n..dots\nend\n");

    let body = json!({"from": "", "to": ["a@d.test"], "raw": "Subject: =?utf-8?q?=C3=A9?=\r\n\r\né\r\n"}).to_string();
    assert_eq!(server.post("/api/v1/messages", JSON, body.as_bytes()).await.0, 202);
    let arrived = mailbox.until(2).await.remove(1);
    assert_eq!((arrived.from.as_str(), arrived.field("from"), arrived.body()), ("", None, "é\n"));
}

#[tokio::test(flavor = "multi_thread")]
async fn what_was_answered_202_is_there_after_a_kill() {
    let nowhere = free_address();
    let mut server = Server::serve(&format!("[[route]]\nmatch = \"*\"\nto = [\"{nowhere}\"]\n")).await;
    let mut mids = Vec::new();
    for n in 0..20 {
        let path = format!("/api/v1/messages?from=me@lab.test&to=r{n}@b.test");
        let (status, taken) = server.post(&path, RFC822, b"Subject: x\n\ntext\n").await;
        assert_eq!(status, 202, "{taken}");
        mids.push(taken["mid"].as_u64().expect("a number"));
    }
    server.kill().await;
    server.start_again().await;
    server.until_totals(Duration::from_secs(30), |totals| totals["active_recipients"] == 20).await;
    for mid in mids {
        assert_eq!(server.get(&format!("/api/v1/messages/{mid}")).await["mid"], mid);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_refusal_names_its_field_and_nothing_is_kept() {
    let server = Server::serve("").await;
    for (path, body, status, code, field) in [
        ("?from=&to=nobody@mail.lab.test", "A: b\n\n", 422, "unknown_user", "to"),
        ("?from=&to=a@@b.test", "A: b\n\n", 422, "bad_field", "to"),
        ("?from=&to=a@b.test", "no field", 400, "bad_request", "raw"),
        ("?from=&to=a@b.test", "A: b\n\n\0", 400, "bad_request", "raw"),
    ] {
        let (said, answer) = server.post(&format!("/api/v1/messages{path}"), RFC822, body.as_bytes()).await;
        let error = &answer["error"];
        assert_eq!((said, &error["code"], &error["field"]), (status, &json!(code), &json!(field)), "{answer}");
        assert!(error["request_id"].is_string() && error["sentence"].is_string(), "{answer}");
    }
    assert_eq!(server.get("/api/v1/status").await["messages_received"], 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn one_key_keeps_one_message_even_across_a_kill() {
    let nowhere = free_address();
    let mut server = Server::serve(&format!("[[route]]\nmatch = \"*\"\nto = [\"{nowhere}\"]\n")).await;
    let head = format!("{RFC822}Idempotency-Key: 7f2c\r\n");
    let path = "/api/v1/messages?from=me@lab.test&to=a@b.test";
    let (status, first) = server.post(path, &head, b"Subject: x\n\ntext\n").await;
    assert_eq!(status, 202, "{first}");
    assert_eq!(server.post(path, &head, b"Subject: x\r\n\r\ntext\r\n").await, (202, first.clone()));
    let (status, other) = server.post(path, &head, b"Subject: y\n\ntext\n").await;
    assert_eq!((status, &other["error"]["code"]), (409, &json!("conflict")));
    server.kill().await;
    server.start_again().await;
    assert_eq!(server.post(path, &head, b"Subject: x\n\ntext\n").await, (202, first));
    server.until_totals(Duration::from_secs(30), |totals| totals["active_recipients"] == 1).await;
}
