//! One transaction, one message, always.

use super::{received, server, until_received};
use tests::caller::Caller;

const FALSEHOODS: [&str; 11] = [
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
];
const SMUGGLED: &str = "MAIL FROM:<evil@x.test>\r\nRCPT TO:<victim@x.test>\r\nDATA\r\nx: smuggled\r\n";

#[tokio::test]
async fn no_sequence_but_crlf_dot_crlf_ends_a_message() {
    let server = server().await;
    for falsehood in FALSEHOODS {
        let mut caller = Caller::known(server.smtp).await;
        let body = format!("x: y\r\n\r\nbody{falsehood}{SMUGGLED}\r\n.\r\n");
        caller.sends_a_message(&body, "550 5.6.0").await;
        caller.says("NOOP", "250 2.0.0").await;
        // The same with the falsehood in segments of its own: where reads end must not matter.
        caller.begins_a_message().await;
        caller.send("x: y\r\n\r\nbody").await;
        for octet in falsehood.bytes() {
            caller.send([octet]).await;
        }
        caller.send(format!("{SMUGGLED}\r\n.\r\n")).await;
        caller.expect("550 5.6.0").await;
    }
    assert_eq!(received(&server).await, 0);
    let mut caller = Caller::known(server.smtp).await;
    caller.sends_a_message("x: y\r\n\r\nbody\r\n.\r\n", "250 2.0.0 Ok: queued as 1\r\n").await;
    until_received(&server, 1).await;
}

#[tokio::test]
async fn a_body_with_commands_in_it_is_a_body() {
    let server = server().await;
    let mut caller = Caller::known(server.smtp).await;
    caller.sends_a_message(format!("x: y\r\n\r\n..\r\n{SMUGGLED}..\r\n.\r\n"), "250 2.0.0").await;
    until_received(&server, 1).await;
}
