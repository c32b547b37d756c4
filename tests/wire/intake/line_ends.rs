//! Line ends, NUL and lengths of lines, in commands and in bodies.

use super::server;
use tests::caller::Caller;

#[tokio::test]
async fn a_command_ends_with_crlf_and_holds_no_nul() {
    let server = server().await;
    let mut caller = Caller::known(server.smtp).await;
    for (octets, answer) in [
        (b"NOOP\n".to_vec(), "500 5.5.2"),
        (b"NO\rOP\r\n".to_vec(), "500 5.5.2"),
        (b"NOOP\r\r\n".to_vec(), "500 5.5.2"),
        (b"NO\0OP\r\n".to_vec(), "501 5.5.2"),
        ([vec![b'N'; 4_095], b"\r\n".to_vec()].concat(), "500 5.5.2"),
        ([vec![b'N'; 1_000_000], b"\r\n".to_vec()].concat(), "500 5.5.2"),
        (b"NOOP\r\n".to_vec(), "250 2.0.0"),
    ] {
        caller.send(&octets).await;
        caller.expect(answer).await;
    }
}

#[tokio::test]
async fn a_body_holds_no_nul_and_no_line_over_998_octets() {
    let server = server().await;
    let mut caller = Caller::known(server.smtp).await;
    for (text, answer) in [
        ("a\0b".to_owned(), "550 5.6.0 Message holds a NUL"),
        ("a".repeat(999), "550 5.6.0 Message holds a line longer"),
        ("a".repeat(998), "250 2.0.0"),
        ("\u{e9}".to_owned(), "250 2.0.0"),
    ] {
        caller.sends_a_message(format!("x: y\r\n\r\n{text}\r\n.\r\n"), answer).await;
    }
}

#[tokio::test]
async fn a_mebibyte_without_a_line_end_is_the_end() {
    let server = server().await;
    let mut caller = Caller::known(server.smtp).await;
    caller.begins_a_message().await;
    caller.send("a".repeat(1_100_000)).await;
    caller.expect("550 5.6.0").await;
    caller.expect_closed().await;
}
