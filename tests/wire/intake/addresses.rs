//! What is an address, in ASCII and beyond (RFC 5321, RFC 6531).

use super::{server, until_received};
use tests::caller::Caller;

#[tokio::test]
async fn only_what_the_grammar_allows_is_an_address() {
    let server = server().await;
    let mut caller = Caller::known(server.smtp).await;
    caller.says("MAIL FROM:<>", "250 2.1.0").await;
    let long_local = format!("{}@x.test", "a".repeat(65));
    let long_label = format!("a@{}.test", "b".repeat(64));
    let long_path = format!("a@{}.test", ["b".repeat(50).as_str(); 6].join("."));
    let rows = [
        ("a@x.test", "250 2.1.5"),
        ("\"a b\"@x.test", "250 2.1.5"),
        ("\"a\\\"b\"@x.test", "250 2.1.5"),
        ("\"a\\\\b\"@x.test", "250 2.1.5"),
        ("a@xn--bcher-kva.test", "250 2.1.5"),
        ("a@[192.0.2.1]", "501 5.1.3"),
        ("\u{e9}@x.test", "501 5.1.3"),
        ("a@b\u{fc}cher.test", "501 5.1.3"),
        (&long_local, "501 5.1.3"),
        (&long_label, "501 5.1.3"),
        (&long_path, "501 5.1.3"),
        ("", "501 5.1.3"),
        ("a@x.test.", "501 5.1.3"),
        ("a@x..test", "501 5.1.3"),
        ("a@xn--a.test", "501 5.1.3"),
        ("a b@x.test", "501 5.1.3"),
    ];
    for (text, answer) in rows {
        caller.says(&format!("RCPT TO:<{text}>"), answer).await;
    }
    for (line, answer) in [
        ("RCPT TO:<a@x.test>junk", "501 5.5.4"),
        ("RCPT TO:<a@x\r.test>", "500 5.5.2"),
        ("RCPT TO:<a@x\n.test>", "500 5.5.2"),
    ] {
        caller.says(line, answer).await;
    }
    caller.expect("500 5.5").await; // what followed the bare LF is a line of its own
}

#[tokio::test]
async fn addresses_beyond_ascii_are_taken_where_smtputf8_was_asked_for() {
    let server = server().await;
    let mut caller = Caller::call(server.smtp).await;
    caller.expect("220").await;
    caller.send("EHLO caller.test\r\n").await;
    assert!(caller.reply().await.contains("250-SMTPUTF8\r\n"));
    caller.says("MAIL FROM:<\u{e9}@b.test>", "501 5.1.7").await;
    caller.says("MAIL FROM:<\u{e9}@b.test> SMTPUTF8", "250 2.1.0").await;
    for (text, answer) in [
        ("\u{7528}\u{6237}@b\u{fc}cher.test", "250 2.1.5"),
        ("a\u{202e}b@x.test", "501 5.1.3"),
        ("a@\u{202e}x.test", "501 5.1.3"),
        ("\u{85}@x.test", "501 5.1.3"),
    ] {
        caller.says(&format!("RCPT TO:<{text}>"), answer).await;
    }
    let too_long = format!("RCPT TO:<{}@x.test>", "\u{e9}".repeat(33));
    caller.says(&too_long, "501 5.1.3").await;
    caller.send(b"RCPT TO:<\xff@x.test>\r\n").await;
    caller.expect("501 5.1.3").await;
    caller.says("DATA", "354").await;
    caller.says("Subject: \u{e9}\r\n\r\n.", "250 2.0.0").await;
    until_received(&server, 1).await;
    let host = server.get("/api/v1/hosts/xn--bcher-kva.test").await;
    assert_eq!(host["row"]["host"], "xn--bcher-kva.test");
}
