//! Peers that behave, and peers that refuse by the rules.

use super::world::*;
use crate::spool::{Begun, SpoolError};
use bytes::Bytes;
use common::vocab::{AttemptId, MessageId, RecipientId};
use engine::failure::Outcome;

#[tokio::test]
async fn a_message_is_delivered_in_two_writes_where_pipelining_is_offered() {
    let mut world = world(patient(), async |mut peer| {
        peer.greets(&["PIPELINING", "SIZE 1000"]).await;
        let envelope = peer.read_once().await;
        let all = "MAIL FROM:<a@sender.test> SIZE=20\r\nRCPT TO:<u0@x.test>\r\nRCPT TO:<u1@x.test>\r\nDATA\r\n";
        assert_eq!(envelope, all);
        peer.say("250 ok\r\n250 ok\r\n250 ok\r\n354 go\r\n").await;
        assert_eq!(peer.read_once().await, "Subject: x\r\n\r\n..dot\r\n.\r\n");
        peer.say("250 2.0.0 queued as 4711\r\n").await;
        peer.answers("QUIT", "221 bye").await;
    })
    .await;
    world.ready().await;
    let (outcomes, reusable) = world.deliver(2).await;
    assert_eq!(words(&outcomes), ["delivered", "delivered"]);
    let Outcome::Delivered(reply) = &outcomes[0] else { panic!() };
    assert_eq!(reply.to_string(), "250 2.0.0 queued as 4711");
    assert!(reusable);
    let begun = Begun { attempt: AttemptId(101), mid: MessageId(1), rids: vec![RecipientId(0), RecipientId(1)] };
    assert_eq!(*world.spool.begun.lock().unwrap(), [begun]);
    world.closes().await;
}

#[tokio::test]
async fn without_pipelining_each_command_waits_for_its_answer() {
    let mut world = world(patient(), async |mut peer| {
        peer.greets(&[]).await;
        for (command, reply) in [
            ("MAIL FROM:<a@sender.test>\r\n", "250 ok\r\n"),
            ("RCPT TO:<u0@x.test>\r\n", "250 ok\r\n"),
            ("DATA\r\n", "354 go\r\n"),
            ("Subject: x\r\n\r\n..dot\r\n.\r\n", "250 ok\r\n"),
        ] {
            assert_eq!(peer.read_once().await, command);
            peer.say(reply).await;
        }
        peer.answers("QUIT", "221 bye").await;
    })
    .await;
    world.ready().await;
    assert_eq!(words(&world.deliver(1).await.0), ["delivered"]);
    world.closes().await;
}

#[tokio::test]
async fn a_hundred_messages_go_over_one_connection() {
    let bodies = (0..100).map(|n| (n, Bytes::from(format!("Subject: {n}\r\n\r\nx\r\n")))).collect();
    let spool = TestSpool { bodies, ..Default::default() };
    let mut world = world_with(patient(), spool, async |mut peer| {
        peer.greets(&["PIPELINING"]).await;
        for n in 0..100 {
            peer.accepts_envelope(1).await;
            assert_eq!(peer.body().await.unwrap(), format!("Subject: {n}\r\n\r\nx\r\n"));
            peer.say("250 ok\r\n").await;
        }
        peer.answers("QUIT", "221 bye").await;
    })
    .await;
    world.ready().await;
    for n in 0..100 {
        world.handle.deliver(order(n, 1));
        assert_eq!(world.attempted().await, (vec![Outcome::Delivered(ok())], true));
    }
    world.closes().await;
}

fn ok() -> common::vocab::Reply {
    common::vocab::Reply::new(common::vocab::ReplyCode(250), "ok")
}

#[tokio::test]
async fn one_of_three_recipients_is_accepted_and_only_that_one_begins() {
    let mut world = world(patient(), async |mut peer| {
        peer.greets(&["PIPELINING"]).await;
        peer.answers("MAIL", "250 ok").await;
        peer.answers("RCPT", "550 5.1.1 nobody").await;
        peer.answers("RCPT", "250 ok").await;
        peer.answers("RCPT", "450 4.2.0 later").await;
        peer.answers("DATA", "354 go").await;
        peer.body().await.unwrap();
        peer.say("250 ok\r\n").await;
        peer.answers("QUIT", "221 bye").await;
    })
    .await;
    world.ready().await;
    let (outcomes, reusable) = world.deliver(3).await;
    assert_eq!(words(&outcomes), ["refused RcptTo 550", "delivered", "refused RcptTo 450"]);
    assert!(reusable);
    assert_eq!(world.spool.begun.lock().unwrap()[0].rids, [RecipientId(1)]);
    world.closes().await;
}

#[tokio::test]
async fn after_refusals_the_session_is_reset_and_used_again() {
    let mut world = world(patient(), async |mut peer| {
        peer.greets(&["PIPELINING"]).await;
        // MAIL refused: the peer holds nothing, no RSET is needed.
        peer.answers("MAIL", "451 not now").await;
        peer.answers("RCPT", "503 MAIL first").await;
        peer.answers("DATA", "503 MAIL first").await;
        // All recipients refused, DATA answered 354 nevertheless: a lone dot.
        peer.answers("MAIL", "250 ok").await;
        peer.answers("RCPT", "550 no").await;
        peer.answers("DATA", "354 go").await;
        peer.answers(".", "554 no valid recipients").await;
        // DATA refused after RCPT was accepted: RSET.
        peer.answers("MAIL", "250 ok").await;
        peer.answers("RCPT", "250 ok").await;
        peer.answers("DATA", "554 no").await;
        peer.answers("RSET", "250 ok").await;
        // The dot refused.
        peer.accepts_envelope(1).await;
        peer.body().await.unwrap();
        peer.say("552 too big\r\n").await;
        peer.answers("QUIT", "221 bye").await;
    })
    .await;
    world.ready().await;
    for expected in ["refused MailFrom 451", "refused RcptTo 550", "refused Data 554", "refused EndOfData 552"] {
        let (outcomes, reusable) = world.deliver(1).await;
        assert_eq!((words(&outcomes), reusable), (vec![expected.to_owned()], true));
    }
    assert_eq!(world.spool.begun.lock().unwrap().len(), 1, "only the last one came to its dot");
    world.closes().await;
}

#[tokio::test]
async fn helo_is_tried_where_ehlo_is_refused() {
    let mut world = world(patient(), async |mut peer| {
        peer.say("220 old\r\n").await;
        peer.answers("EHLO", "502 what").await;
        peer.answers("HELO mail.example.net", "250 hello").await;
        peer.accepts_envelope(1).await;
        peer.body().await.unwrap();
        peer.say("250\r\n").await;
        peer.answers("QUIT", "221 bye").await;
    })
    .await;
    world.ready().await;
    assert_eq!(words(&world.deliver(1).await.0), ["delivered"]);
    world.closes().await;
}

#[tokio::test]
async fn a_greeting_that_refuses_us_fails_the_session_and_hears_quit() {
    for code in [421, 450, 554] {
        let mut world = world(patient(), async move |mut peer| {
            peer.say(format!("{code} go away\r\n")).await;
            peer.answers("QUIT", "221 bye").await;
        })
        .await;
        assert_eq!(trouble(&world.failed().await), format!("Greeting reply {code}"));
        world.ends().await;
    }
}

#[tokio::test]
async fn a_refusal_may_come_while_the_body_is_still_being_sent() {
    let spool = TestSpool { bodies: [(1, Bytes::from("x\r\n".repeat(8 * 1024 * 1024)))].into(), ..Default::default() };
    let mut world = world_with(patient(), spool, async |mut peer| {
        peer.greets(&["PIPELINING"]).await;
        peer.accepts_envelope(1).await;
        peer.hears("x").await;
        // The body is larger than all buffers on the way: nobody reads it, and the refusal must be heard all the same.
        peer.say("552 5.3.4 too big\r\n").await;
        peer.sees_us_leave().await;
    })
    .await;
    world.ready().await;
    let (outcomes, reusable) = world.deliver(1).await;
    assert_eq!((words(&outcomes), reusable), (vec!["refused EndOfData 552".to_owned()], false));
    assert!(world.spool.begun.lock().unwrap().is_empty(), "the last block never went out");
    world.ends().await;
}

#[tokio::test]
async fn no_dot_goes_out_that_could_not_be_written_down_before() {
    let spool = TestSpool { begun_answer: Some(SpoolError::Failed("a test".into())), ..Default::default() };
    let spool = TestSpool { bodies: [(1, Bytes::from_static(b"a line\r\n"))].into(), ..spool };
    let mut world = world_with(patient(), spool, async |mut peer| {
        peer.greets(&["PIPELINING"]).await;
        peer.accepts_envelope(1).await;
        peer.sees_us_leave().await;
    })
    .await;
    world.ready().await;
    let (outcomes, reusable) = world.deliver(1).await;
    assert_eq!((words(&outcomes), reusable), (vec!["failed Body: the spool cannot write: a test".to_owned()], false));
    world.ends().await;
}

#[tokio::test]
async fn a_full_disk_does_not_stop_a_dot() {
    let spool = TestSpool { begun_answer: Some(SpoolError::Full), ..Default::default() };
    let spool = TestSpool { bodies: [(1, Bytes::from_static(b"a line\r\n"))].into(), ..spool };
    let mut world = world_with(patient(), spool, async |mut peer| {
        peer.greets(&["PIPELINING"]).await;
        peer.accepts_envelope(1).await;
        assert_eq!(peer.body().await.as_deref(), Some("a line\r\n"));
        peer.say("250 2.0.0 taken\r\n").await;
        peer.answers("QUIT", "221 bye").await;
    })
    .await;
    world.ready().await;
    let (outcomes, reusable) = world.deliver(1).await;
    assert_eq!((words(&outcomes), reusable), (vec!["delivered".to_owned()], true));
    world.closes().await;
}
