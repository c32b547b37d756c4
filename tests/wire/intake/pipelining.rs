//! What may come before it was asked for, and what may not (RFC 2920).

use super::{DISCARD, received, server};
use std::net::Ipv4Addr;
use tests::caller::Caller;
use tests::server::Server;

#[tokio::test]
async fn commands_behind_ehlo_or_data_end_the_session() {
    let server = server().await;
    for (said, answers) in [
        ("EHLO caller.test\r\nMAIL FROM:<a@b.test>\r\n", vec!["554 5.5.0"]),
        (
            "MAIL FROM:<a@b.test>\r\nRCPT TO:<a@x.test>\r\nDATA\r\nx: y\r\n\r\n.\r\n",
            vec!["250 2.1.0", "250 2.1.5", "554 5.5.0"],
        ),
        ("BDAT 60 LAST\r\nMAIL FROM:<a@b.test>\r\n", vec!["502 5.5.1"]),
    ] {
        let mut caller = Caller::known(server.smtp).await;
        caller.send(said).await;
        for answer in answers {
            caller.expect(answer).await;
        }
        caller.expect_closed().await;
    }
    assert_eq!(received(&server).await, 0);
}

#[tokio::test]
async fn a_stranger_that_talks_before_the_banner_is_not_greeted() {
    let server = Server::serve_as(&[], "relay_from = []", DISCARD).await;
    let mut caller = Caller::call(server.smtp).await;
    caller.send("EHLO caller.test\r\n").await;
    caller.expect("554 5.5.0").await;
    caller.expect_closed().await;
    let mut patient = Caller::call_from(Ipv4Addr::new(127, 0, 0, 2), server.smtp).await.expect("the server accepts");
    patient.expect("220 mail.lab.test ESMTP").await;
}
