//! How sessions begin not at all, and how they end.

use super::world::*;
use std::time::Duration;
use tokio::net::TcpListener;
use tokio::sync::oneshot;

#[tokio::test]
async fn a_hop_that_the_guard_forbids_is_not_dialled() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let mut world = start(patient(), TestSpool::default(), listener.local_addr().unwrap(), false);
    assert_eq!(trouble(&world.failed().await), "Connect Forbidden");
    world.ends().await;
    let nobody = tokio::time::timeout(Duration::ZERO, listener.accept()).await;
    assert!(nobody.is_err(), "somebody connected");
}

#[tokio::test]
async fn a_closed_port_fails_the_session() {
    let address = TcpListener::bind("127.0.0.1:0").await.unwrap().local_addr().unwrap();
    let mut world = start(patient(), TestSpool::default(), address, true);
    assert_eq!(trouble(&world.failed().await), "Connect Refused");
    world.ends().await;
}

#[tokio::test]
async fn a_peer_that_speaks_to_an_idle_session_or_leaves_it_closes_it() {
    for farewell in ["", "421 idle too long\r\n", "250 ok\r\n", "2"] {
        let (answered, was_answered) = oneshot::channel();
        let mut world = world(patient(), async move |mut peer| {
            peer.greets(&["PIPELINING"]).await;
            peer.accepts_envelope(1).await;
            peer.body().await.unwrap();
            peer.say("250 ok\r\n").await;
            was_answered.await.unwrap();
            if !farewell.is_empty() {
                peer.say(farewell).await;
                peer.sees_us_leave().await;
            }
        })
        .await;
        world.ready().await;
        let (outcomes, reusable) = world.deliver(1).await;
        assert_eq!((words(&outcomes), reusable), (vec!["delivered".to_owned()], true));
        answered.send(()).unwrap();
        world.closed().await;
        world.ends().await;
    }
}

#[tokio::test]
async fn an_order_to_a_session_that_has_ended_is_answered_as_dropped_at_mail() {
    let mut world = world(patient(), async |mut peer| {
        peer.greets(&["PIPELINING"]).await;
    })
    .await;
    world.ready().await;
    world.closed().await;
    let (outcomes, reusable) = world.deliver(2).await;
    assert_eq!((words(&outcomes), reusable), (vec!["failed MailFrom Dropped".to_owned(); 2], false));
    world.ends().await;
}

#[tokio::test]
async fn a_session_closed_before_it_is_ready_fails_and_says_where_it_stood() {
    let mut world = world(patient(), async |mut peer| peer.sees_us_leave().await).await;
    world.handle.close();
    let word = trouble(&world.failed().await);
    let places = ["Greeting: ", "Connect: "].map(|place| format!("{place}the session was closed before it was ready"));
    assert!(places.contains(&word), "{word}");
    world.ends().await;
}

#[tokio::test]
async fn a_handle_that_is_dropped_closes_its_session() {
    let mut world = world(patient(), async |mut peer| {
        peer.greets(&[]).await;
        peer.answers("QUIT", "221 bye").await;
    })
    .await;
    world.ready().await;
    let address = "127.0.0.1:9".parse().unwrap();
    let other = start(patient(), TestSpool::default(), address, false);
    drop(std::mem::replace(&mut world.handle, other.handle));
    world.closed().await;
    world.ends().await;
}

#[tokio::test]
async fn a_peer_silent_at_quit_is_waited_for_a_little_only() {
    let mut world = world(hasty(), async |mut peer| {
        peer.greets(&[]).await;
        peer.hears("QUIT").await;
        peer.sees_us_leave().await;
    })
    .await;
    world.ready().await;
    world.closes().await;
}
