//! Other protocols, commands that are not offered, and names that mean harm.

use super::server;
use tests::caller::Caller;

#[tokio::test]
async fn other_protocols_are_told_so_and_closed() {
    let server = server().await;
    let request = "POST / HTTP/1.1\r\nHost: mail.test\r\n\r\nEHLO x\r\nMAIL FROM:<a@b.test>\r\n";
    for hello in [request.as_bytes(), b"GET / HTTP/1.0\n\n", b"\x16\x03\x01\x02\x00\x01\x00"] {
        let mut caller = Caller::call(server.smtp).await;
        caller.expect("220").await;
        caller.send(hello).await;
        caller.expect("554 5.5.0 This port speaks SMTP").await;
        caller.expect_closed().await;
    }
}

#[tokio::test]
async fn what_is_not_offered_is_said_clearly() {
    let server = server().await;
    let mut caller = Caller::known(server.smtp).await;
    let initial = format!("AUTH PLAIN {}", "A".repeat(4_000));
    for (line, answer) in [
        ("AUTH PLAIN AGEAYg==", "502 5.5.1 Authentication is not offered here"),
        ("AUTH LOGIN", "502 5.5.1 Authentication is not offered here"),
        (&initial, "502 5.5.1"),
        ("*", "500 5.5.1"),
        ("STARTTLS", "502 5.5.1"),
        ("EXPN list", "502 5.5.1"),
        ("VRFY root", "252 2.5.0"),
    ] {
        caller.says(line, answer).await;
    }
}

#[tokio::test]
async fn a_name_with_escape_codes_or_script_is_never_reflected() {
    let server = server().await;
    let mut caller = Caller::call(server.smtp).await;
    caller.expect("220").await;
    caller.says(&format!("EHLO {}", "a".repeat(10_000)), "500 5.5.2").await;
    for line in ["EHLO <script>\u{1b}[31m", "MAIL FROM:<<script>\u{1b}@x>", "MAIL FROM:<>", "RCPT TO:<\u{1b}script@x>"]
    {
        caller.send(format!("{line}\r\n")).await;
        let reply = caller.reply().await;
        assert!(!reply.contains("script") && !reply.contains('\u{1b}'), "{reply}");
    }
    assert!(!server.log().contains('\u{1b}'), "{}", server.log());
}
