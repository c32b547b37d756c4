//! The configuration is changed while the server runs: SIGHUP takes it over, without losing a message or a session.

use std::net::Ipv4Addr;
use tests::caller::Caller;
use tests::load::{Acknowledged, Mail, hand_in};
use tests::mailbox::Mailbox;
use tests::server::Server;

const WAITS: &str = "these keys have changed and wait for the next start: hostname";

async fn send(server: &Server, to: &str) {
    let mail = Mail { id: to.into(), to: to.into() };
    hand_in(server.smtp, 1, vec![mail], 1_024, Acknowledged::default()).await;
}

async fn stranger(server: &Server) -> Caller {
    let mut stranger = Caller::call_from(Ipv4Addr::new(127, 0, 0, 2), server.smtp).await.expect("the server accepts");
    stranger.expect("220 mail.lab.test").await;
    stranger.says("EHLO stranger.test", "250").await;
    stranger.says("MAIL FROM:<a@other.test>", "250 2.1.0").await;
    stranger
}

#[tokio::test(flavor = "multi_thread")]
async fn new_routes_aliases_and_clients_hold_at_once_and_what_cannot_is_named() {
    let (mut before, mut after) = (Mailbox::open().await, Mailbox::open().await);
    let server = Server::serve_as(&[], "relay_from = [\"127.0.0.1\"]", &before.route()).await;
    send(&server, "one@a.test").await;
    assert_eq!(before.until(1).await[0].to, ["one@a.test"]);
    let mut old_session = stranger(&server).await;
    old_session.says("RCPT TO:<root>", "550 5.1.1").await;
    old_session.says("RCPT TO:<x@a.test>", "550 5.7.1").await;

    let (old, new) = (before.address.to_string(), after.address.to_string());
    let change = |text: String| {
        let text = text.replace(&old, &new).replace("mail.lab.test", "other.lab.test");
        let text = text.replace("[\"127.0.0.1\"]", "[\"127.0.0.1\", \"127.0.0.2\"]");
        text + "[local]\naliases = { root = \"admin@b.test\" }\n"
    };
    server.reload(change, WAITS).await;
    old_session.says("RCPT TO:<root>", "550 5.1.1").await; // it goes on as it began
    let mut session = stranger(&server).await; // and is still greeted by the name of the start
    session.says("RCPT TO:<root>", "250 2.1.5").await;
    session.says("RCPT TO:<x@a.test>", "250 2.1.5").await;
    send(&server, "two@a.test").await;
    assert_eq!(after.until(1).await[0].to, ["two@a.test"]);

    server.reload(|text| text + "[retry]\nstepz = []\n", "the configuration stays as it was").await;
    assert!(server.log().contains("stepz"), "the fault is named: {}", server.log());
    send(&server, "three@a.test").await;
    assert_eq!(after.until(2).await[1].to, ["three@a.test"]);
    assert_eq!(before.until(1).await.len(), 1);
}
