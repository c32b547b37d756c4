//! Sessions with peers that offer TLS: what goes in clear, what is recorded, what is refused.

use super::world::*;
use crate::clock::Clock;
use crate::connect::tls::{Roots, TlsClient};
use crate::lab::certificate::{Authority, Validity};
use engine::Event;
use engine::tls::{TlsFacts, TlsRule, Unproven};
use std::sync::Arc;
use tokio_rustls::TlsAcceptor;

/// Settings that trust this authority alone besides the public ones.
fn trusting(authority: &Authority) -> crate::deliver::SessionSettings {
    let mut roots = Roots::public();
    roots.add(authority.root().clone()).unwrap();
    crate::deliver::SessionSettings { tls: Arc::new(TlsClient::new(roots, Clock)), ..patient() }
}

fn acceptor(authority: &Authority, validity: Validity) -> TlsAcceptor {
    authority.acceptor(&["mx.x.test"], validity).unwrap()
}

/// What the ready session is said to be; in clear nothing.
async fn facts(world: &mut World) -> Option<Arc<TlsFacts>> {
    match world.event().await {
        Event::SessionReady { session: SESSION, peer } => peer.tls,
        other => panic!("{other:?}"),
    }
}

#[tokio::test]
async fn a_message_goes_under_tls_and_the_session_says_what_was_proved() {
    let authority = Authority::new().unwrap();
    for (validity, proof) in [(Validity::Good, Ok(())), (Validity::Expired, Err(Unproven::Expired))] {
        let acceptor = acceptor(&authority, validity);
        let mut world = world_with_rule(trusting(&authority), TlsRule::Opportunistic, async move |mut peer| {
            peer.greets(&["PIPELINING", "STARTTLS", "SIZE 1"]).await;
            peer.answers("STARTTLS", "220 go").await;
            let mut peer = peer.secured(&acceptor).await;
            assert!(peer.hears("EHLO mail.example.net").await.len() > 5);
            peer.say("250-mx.x.test\r\n250-STARTTLS\r\n250 DSN\r\n").await;
            peer.answers("MAIL FROM:<a@sender.test>", "250 ok").await;
            peer.answers("RCPT TO:<u0@x.test>", "250 ok").await;
            peer.answers("DATA", "354 go").await;
            assert_eq!(peer.body().await.unwrap(), "Subject: x\r\n\r\n.dot\r\n");
            peer.say("250 ok\r\n").await;
            peer.answers("QUIT", "221 bye").await;
        })
        .await;
        let facts = facts(&mut world).await.expect("TLS");
        assert_eq!((facts.proof, facts.names.len()), (proof, 1));
        let (outcomes, reusable) = world.deliver(1).await;
        assert_eq!((words(&outcomes), reusable), (vec!["delivered".to_owned()], true));
        world.handle.close();
        world.closed().await;
        world.ends().await;
    }
}

#[tokio::test]
async fn a_large_body_goes_under_tls_whole() {
    let authority = Authority::new().unwrap();
    let acceptor = acceptor(&authority, Validity::Good);
    let line = "0123456789".repeat(7) + "\r\n";
    let body = line.repeat(50_000);
    let (sent, bytes) = (body.clone(), bytes::Bytes::from(body));
    let spool = TestSpool { bodies: [(1, bytes)].into(), ..Default::default() };
    let mut world = world_of(trusting(&authority), spool, TlsRule::Verify, async move |mut peer| {
        peer.greets(&["STARTTLS"]).await;
        peer.answers("STARTTLS", "220 go").await;
        let mut peer = peer.secured(&acceptor).await;
        peer.answers("EHLO", "250 mx.x.test").await;
        peer.accepts_envelope(1).await;
        assert!(peer.body().await.unwrap() == sent);
        peer.say("250 ok\r\n").await;
        peer.answers("QUIT", "221 bye").await;
    })
    .await;
    world.ready().await;
    assert_eq!(words(&world.deliver(1).await.0), ["delivered"]);
    world.closes().await;
}

#[tokio::test]
async fn what_is_slipped_in_behind_the_220_fails_the_session_and_is_never_read() {
    for injected in ["220 go\r\n250-mx.x.test\r\n250 PIPELINING\r\n", "220 go\r\n2"] {
        let mut world = world_with_rule(patient(), TlsRule::Opportunistic, async move |mut peer| {
            peer.greets(&["STARTTLS"]).await;
            peer.hears("STARTTLS").await;
            peer.say(injected).await;
            assert_eq!(peer.rest().await, b"", "not even a ClientHello");
        })
        .await;
        let failure = trouble(&world.failed().await);
        assert_eq!(failure, "StartTls: they slipped an answer in before the handshake");
        world.ends().await;
    }
}

#[tokio::test]
async fn a_certificate_that_proves_nothing_hears_no_command_under_verify() {
    let authority = Authority::new().unwrap();
    let acceptor = acceptor(&authority, Validity::Expired);
    let mut world = world_with_rule(trusting(&authority), TlsRule::Verify, async move |mut peer| {
        peer.greets(&["STARTTLS"]).await;
        peer.answers("STARTTLS", "220 go").await;
        let mut peer = peer.secured(&acceptor).await;
        peer.answers("QUIT", "221 bye").await;
        assert_eq!(peer.line().await, None);
    })
    .await;
    assert_eq!(trouble(&world.failed().await), "StartTls Unproven(Expired)");
    world.ends().await;
}

#[tokio::test]
async fn a_demand_that_is_not_met_sends_nothing_in_clear() {
    for (rule, keyword, reply, word) in [
        (TlsRule::Require, "PIPELINING", "", "StartTls NoTls"),
        (TlsRule::Verify, "PIPELINING", "", "StartTls NoTls"),
        (TlsRule::Require, "STARTTLS", "454 4.7.0 not now", "StartTls reply 454"),
        (TlsRule::Verify, "STARTTLS", "502 what", "StartTls reply 502"),
        (TlsRule::Opportunistic, "STARTTLS", "454 4.7.0 not now", "StartTls reply 454"),
    ] {
        let mut world = world_with_rule(patient(), rule, async move |mut peer| {
            peer.greets(&[keyword]).await;
            if !reply.is_empty() {
                peer.answers("STARTTLS", reply).await;
            }
            peer.answers("QUIT", "221 bye").await;
            assert_eq!(peer.line().await, None);
        })
        .await;
        assert_eq!(trouble(&world.failed().await), word);
        world.ends().await;
    }
}

#[tokio::test]
async fn a_handshake_that_breaks_or_never_ends_fails_the_session() {
    let mut broken = world_with_rule(patient(), TlsRule::Opportunistic, async move |mut peer| {
        peer.greets(&["STARTTLS"]).await;
        peer.answers("STARTTLS", "220 go").await;
    })
    .await;
    let word = trouble(&broken.failed().await);
    assert!(word.starts_with("StartTls Handshake("), "{word}");
    broken.ends().await;
    let mut silent = world_with_rule(hasty(), TlsRule::Require, async move |mut peer| {
        peer.greets(&["STARTTLS"]).await;
        peer.answers("STARTTLS", "220 go").await;
        peer.sees_us_leave().await;
    })
    .await;
    assert_eq!(trouble(&silent.failed().await), "StartTls TimedOut");
    silent.ends().await;
}

#[tokio::test]
async fn clear_text_by_rule_ignores_the_offer() {
    let mut world = world_with_rule(patient(), TlsRule::None, async move |mut peer| {
        peer.greets(&["STARTTLS", "DSN"]).await;
        peer.answers("QUIT", "221 bye").await;
    })
    .await;
    let Event::SessionReady { peer, .. } = world.event().await else { panic!() };
    assert_eq!((peer.tls, peer.reports), (None, true));
    world.closes().await;
}
