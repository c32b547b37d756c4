//! Who may send to whom.

use super::{DISCARD, received};
use std::net::Ipv4Addr;
use tests::caller::Caller;
use tests::server::Server;

#[tokio::test]
async fn a_stranger_relays_by_no_shape_of_address() {
    let local = "[local]\nnames = [\"own.test\"]\n";
    let server = Server::serve_as(&[], "relay_from = [\"127.0.0.1\"]", &format!("{local}{DISCARD}")).await;
    // (MAIL, RCPT) as nmap's smtp-open-relay sends them, with the answer to RCPT.
    let shapes = [
        ("", "relaytest@other.test", "550 5.7.1"),
        ("a@other.test", "relaytest@other.test", "550 5.7.1"),
        ("a@mail.lab.test", "relaytest@other.test", "550 5.7.1"),
        ("a@mail.lab.test", "relaytest%other.test@mail.lab.test", "550 5.7.1"),
        ("a@mail.lab.test", "relaytest%other.test@own.test", "550 5.7.1"),
        ("a@mail.lab.test", "\"relaytest@other.test\"", "550 5.7.1"),
        ("a@mail.lab.test", "\"relaytest%other.test\"", "550 5.7.1"),
        ("a@mail.lab.test", "relaytest@other.test@mail.lab.test", "501 5.1.3"),
        ("a@mail.lab.test", "\"relaytest@other.test\"@mail.lab.test", "550 5.7.1"),
        ("a@mail.lab.test", "relaytest@other.test@[127.0.0.1]", "501 5.1.3"),
        ("a@mail.lab.test", "@mail.lab.test:relaytest@other.test", "550 5.7.1"),
        ("a@mail.lab.test", "@own.test,@mail.lab.test:relaytest@other.test", "550 5.7.1"),
        ("a@mail.lab.test", "other.test!relaytest", "550 5.7.1"),
        ("a@mail.lab.test", "other.test!relaytest@mail.lab.test", "550 5.7.1"),
        ("a@mail.lab.test", "other.test!relaytest@[127.0.0.1]", "501 5.1.3"),
        ("a@mail.lab.test", "relaytest@[127.0.0.1]", "501 5.1.3"),
        ("a@mail.lab.test", "relaytest@mail.lab.test", "550 5.1.1"),
    ];
    for (from, to, answer) in shapes {
        let mut stranger =
            Caller::call_from(Ipv4Addr::new(127, 0, 0, 2), server.smtp).await.expect("the server accepts");
        stranger.expect("220").await;
        stranger.says("EHLO stranger.test", "250").await;
        stranger.says(&format!("MAIL FROM:<{from}>"), "250 2.1.0").await;
        stranger.says(&format!("RCPT TO:<{to}>"), answer).await;
        stranger.says("DATA", "554 5.5.1").await;
    }
    assert_eq!(received(&server).await, 0);
    let mut friend = Caller::known(server.smtp).await;
    friend.sends_a_message("x: y\r\n\r\n.\r\n", "250 2.0.0").await;
}
