//! Peers that break the rules.

use super::peer::Peer;
use super::world::*;
use engine::failure::{Outcome, Stage};
use std::time::Duration;

/// How the one order of a session to this peer is answered; in all of these the session is gone after it.
async fn last_order<F>(recipients: u32, script: impl FnOnce(Peer) -> F) -> Vec<String>
where
    F: Future<Output = ()> + Send + 'static,
{
    let mut world = world(patient(), script).await;
    world.ready().await;
    let (outcomes, reusable) = world.deliver(recipients).await;
    assert!(!reusable);
    world.ends().await;
    words(&outcomes)
}

/// How a session to this peer fails.
async fn failure<F>(settings: crate::deliver::SessionSettings, script: impl FnOnce(Peer) -> F) -> String
where
    F: Future<Output = ()> + Send + 'static,
{
    let mut world = world(settings, script).await;
    let failure = world.failed().await;
    world.ends().await;
    trouble(&failure)
}

#[tokio::test]
async fn a_reply_without_end_is_given_up() {
    let lines = failure(patient(), async |mut peer| {
        peer.say("220-more\r\n".repeat(2_000)).await;
        peer.sees_us_leave().await;
    });
    assert_eq!(lines.await, "Greeting: a reply of more than 1000 lines");
    let line = failure(patient(), async |mut peer| {
        peer.say("220 a".repeat(400_000)).await;
        peer.sees_us_leave().await;
    });
    assert_eq!(line.await, "Greeting: a reply of more than 1048576 octets");
}

#[tokio::test]
async fn what_is_no_reply_is_a_protocol_error() {
    for (said, why) in [
        ("2\r\n", r#"not an SMTP reply: "2""#),
        ("25\r\n", r#"not an SMTP reply: "25""#),
        ("999 x\r\n", r#"not an SMTP reply: "999 x""#),
        ("abc\r\n", r#"not an SMTP reply: "abc""#),
        ("250x\r\n", r#"not an SMTP reply: "250x""#),
        ("220-a\r\n550 b\r\n", "one reply with two codes, 220 and 550"),
        ("HTTP/1.1 400 Bad Request\r\n", r#"not an SMTP reply: "HTTP/1.1 400 Bad Request""#),
    ] {
        let found = failure(patient(), async move |mut peer| {
            peer.say(said).await;
            peer.sees_us_leave().await;
        });
        assert_eq!(found.await, format!("Greeting: {why}"));
    }
}

#[tokio::test]
async fn lines_may_end_in_lf_alone() {
    let mut world = world(patient(), async |mut peer| {
        peer.say("220 x\n").await;
        peer.hears("EHLO").await;
        peer.say("250-x\n250 PIPELINING\n").await;
        peer.hears("MAIL").await;
        peer.say("250 ok\n250 ok\n354 go\n").await;
        peer.body().await.unwrap();
        peer.say("250 ok\n").await;
        peer.answers("QUIT", "221 bye").await;
    })
    .await;
    world.ready().await;
    let delivered = world.deliver(1).await;
    assert_eq!(words(&delivered.0), ["delivered"]);
    world.closes().await;
}

#[tokio::test]
async fn a_silent_peer_is_given_up_at_each_stage() {
    assert_eq!(failure(hasty(), async |mut peer| peer.sees_us_leave().await).await, "Greeting TimedOut");
    let mute_at_ehlo = failure(hasty(), async |mut peer| {
        peer.say("220 x\r\n").await;
        peer.sees_us_leave().await;
    });
    assert_eq!(mute_at_ehlo.await, "Ehlo TimedOut");
    for (replies, stage) in [
        ("", Stage::MailFrom),
        ("250 ok\r\n", Stage::RcptTo),
        ("250 ok\r\n250 ok\r\n", Stage::Data),
        ("250 ok\r\n250 ok\r\n354 go\r\n", Stage::EndOfData),
    ] {
        let mut world = world(hasty(), async move |mut peer| {
            peer.greets(&["PIPELINING"]).await;
            peer.hears("MAIL").await;
            peer.say(replies).await;
            peer.sees_us_leave().await;
        })
        .await;
        world.ready().await;
        let (outcomes, reusable) = world.deliver(1).await;
        assert_eq!((words(&outcomes), reusable), (vec![format!("failed {stage:?} TimedOut")], false));
        let Outcome::Failed(failure) = &outcomes[0] else { panic!() };
        assert!(failure.elapsed >= hasty().mail, "{:?}", failure.elapsed);
        world.ends().await;
    }
}

/// Each octet comes well before the deadline, and there are enough of them to outlast it many times over.
const DRIP: Duration = Duration::from_millis(25);

fn drop_by_drop(code: u16) -> String {
    format!("{code} {}\r\n", "x".repeat(400))
}

#[tokio::test]
async fn a_deadline_is_for_the_whole_reply_and_not_for_its_next_octet() {
    let at_the_greeting = failure(hasty(), async |mut peer| peer.drips(&drop_by_drop(220), DRIP).await);
    assert_eq!(at_the_greeting.await, "Greeting TimedOut");
    let at_ehlo = failure(hasty(), async |mut peer| {
        peer.say("220 x\r\n").await;
        peer.hears("EHLO").await;
        peer.drips(&drop_by_drop(250), DRIP).await;
    });
    assert_eq!(at_ehlo.await, "Ehlo TimedOut");
    for (replies, code, stage) in [
        ("", 250, Stage::MailFrom),
        ("250 ok\r\n", 250, Stage::RcptTo),
        ("250 ok\r\n250 ok\r\n", 354, Stage::Data),
        ("250 ok\r\n250 ok\r\n354 go\r\n", 250, Stage::EndOfData),
    ] {
        let mut world = world(hasty(), async move |mut peer| {
            peer.greets(&["PIPELINING"]).await;
            peer.hears("MAIL").await;
            peer.say(replies).await;
            if stage == Stage::EndOfData {
                peer.body().await.expect("all of it");
            }
            peer.drips(&drop_by_drop(code), DRIP).await;
        })
        .await;
        world.ready().await;
        assert_eq!(words(&world.deliver(1).await.0), [format!("failed {stage:?} TimedOut")]);
        // Whoever got the dot and never finished its answer may have the message.
        assert_eq!(world.spool.begun.lock().unwrap().len(), usize::from(stage == Stage::EndOfData), "{stage:?}");
        world.ends().await;
    }
}

#[tokio::test]
async fn a_peer_that_reads_octet_by_octet_is_given_up_at_the_block() {
    let body = bytes::Bytes::from("x\r\n".repeat(8 * 1024 * 1024));
    let spool = TestSpool { bodies: [(1, body)].into(), ..Default::default() };
    let mut world = world_with(hasty(), spool, async move |mut peer| {
        peer.greets(&["PIPELINING"]).await;
        peer.accepts_envelope(1).await;
        while peer.sips().await {
            tokio::time::sleep(DRIP).await;
        }
    })
    .await;
    world.ready().await;
    assert_eq!(words(&world.deliver(1).await.0), ["failed Body TimedOut"]);
    assert!(world.spool.begun.lock().unwrap().is_empty(), "no dot went out");
    // What lies in the buffers between us would be sipped for days.
    world.left_alone().await;
}

#[tokio::test]
async fn a_network_that_is_cut_in_the_middle_of_the_body_leaves_no_possible_duplicate() {
    let body = bytes::Bytes::from("x\r\n".repeat(8 * 1024 * 1024));
    let spool = TestSpool { bodies: [(1, body)].into(), ..Default::default() };
    let (cut, over) = tokio::sync::oneshot::channel::<()>();
    let mut world = world_with(hasty(), spool, async move |mut peer| {
        peer.greets(&["PIPELINING"]).await;
        peer.accepts_envelope(1).await;
        for _ in 0..3 {
            peer.read_once().await;
        }
        let _ = over.await; // from here on nothing arrives, in either direction, and nobody is told
    })
    .await;
    world.ready().await;
    let (outcomes, reusable) = world.deliver(1).await;
    assert_eq!((words(&outcomes), reusable), (vec!["failed Body TimedOut".to_owned()], false));
    assert!(world.spool.begun.lock().unwrap().is_empty(), "no dot went out");
    drop(cut);
    world.ends().await;
}

#[tokio::test]
async fn a_peer_that_never_reads_the_body_is_given_up_at_the_block() {
    let body = bytes::Bytes::from("x\r\n".repeat(8 * 1024 * 1024));
    let spool = TestSpool { bodies: [(1, body)].into(), ..Default::default() };
    let (done, wait) = tokio::sync::oneshot::channel::<()>();
    let mut world = world_with(hasty(), spool, async move |mut peer| {
        peer.greets(&["PIPELINING"]).await;
        peer.accepts_envelope(1).await;
        let _ = wait.await;
    })
    .await;
    world.ready().await;
    assert_eq!(words(&world.deliver(1).await.0), ["failed Body TimedOut"]);
    assert!(world.spool.begun.lock().unwrap().is_empty());
    drop(done);
    world.ends().await;
}

#[tokio::test]
async fn a_peer_that_leaves_early_is_told_by_its_stage() {
    assert_eq!(failure(patient(), async |peer| drop(peer)).await, "Greeting Dropped");
    let at_ehlo = failure(patient(), async |mut peer| {
        peer.say("220 x\r\n").await;
        peer.hears("EHLO").await;
    });
    assert_eq!(at_ehlo.await, "Ehlo Dropped");
    let after_ehlo_refused = failure(patient(), async |mut peer| {
        peer.say("220 x\r\n").await;
        peer.answers("EHLO", "550 5.7.1 not you").await;
        peer.hears("HELO").await;
    });
    assert_eq!(after_ehlo_refused.await, "Ehlo reply 550");
    for (answers, stage) in [(0, "MailFrom"), (1, "RcptTo"), (2, "RcptTo"), (3, "Data"), (4, "EndOfData")] {
        let words = last_order(2, async move |mut peer| {
            peer.greets(&["PIPELINING"]).await;
            for reply in ["250 ok", "250 ok", "250 ok", "354 go"].iter().take(answers) {
                peer.hears("").await;
                peer.say(format!("{reply}\r\n")).await;
            }
            // All was read, so that the close is no reset and nothing said is lost.
            let rest = 4 - answers;
            for _ in 0..rest {
                peer.hears("").await;
            }
            if rest == 0 {
                peer.body().await.unwrap();
            }
        });
        assert_eq!(words.await, vec![format!("failed {stage} Dropped"); 2], "after {answers} answers");
    }
}

#[tokio::test]
async fn closing_between_recipients_decides_one_and_fails_the_others() {
    let words = last_order(3, async |mut peer| {
        peer.greets(&["PIPELINING"]).await;
        peer.answers("MAIL", "250 ok").await;
        peer.answers("RCPT", "250 ok").await;
        peer.answers("RCPT", "421 4.3.2 closing").await;
        peer.sees_us_leave().await;
    });
    assert_eq!(words.await, ["failed RcptTo reply 421", "refused RcptTo 421", "failed RcptTo reply 421"]);
}

#[tokio::test]
async fn a_message_taken_is_delivered_even_if_the_peer_resets_right_after() {
    let mut world = world(patient(), async |mut peer| {
        peer.greets(&["PIPELINING"]).await;
        peer.accepts_envelope(1).await;
        peer.body().await.unwrap();
        peer.say("250 ok\r\n").await;
        peer.resets();
    })
    .await;
    world.ready().await;
    let (outcomes, reusable) = world.deliver(1).await;
    assert_eq!((words(&outcomes), reusable), (vec!["delivered".to_owned()], true));
    world.closed().await;
    world.ends().await;
}

#[tokio::test]
async fn a_reset_before_the_answer_to_the_dot_leaves_it_unknown() {
    let words = last_order(1, async |mut peer| {
        peer.greets(&["PIPELINING"]).await;
        peer.accepts_envelope(1).await;
        peer.body().await.unwrap();
        peer.resets();
    });
    assert_eq!(words.await, ["failed EndOfData Dropped"]);
}

#[tokio::test]
async fn answers_before_we_asked_end_the_session() {
    let greeting = failure(patient(), async |mut peer| {
        peer.say("220 x\r\n250 x\r\n").await;
        peer.sees_us_leave().await;
    });
    assert_eq!(greeting.await, "Ehlo: they answered before they were asked");
    let ehlo = failure(patient(), async |mut peer| {
        peer.say("220 x\r\n").await;
        peer.hears("EHLO").await;
        peer.say("250 x\r\n250 ok\r\n").await;
        peer.sees_us_leave().await;
    });
    assert_eq!(ehlo.await, "Ehlo: they answered before they were asked");
    let mail = last_order(1, async |mut peer| {
        peer.greets(&[]).await;
        peer.hears("MAIL").await;
        peer.say("250 ok\r\n250 ok\r\n").await;
        peer.sees_us_leave().await;
    });
    assert_eq!(mail.await, ["failed RcptTo: they answered before they were asked"]);
    let dot = last_order(1, async |mut peer| {
        peer.greets(&["PIPELINING"]).await;
        peer.hears("MAIL").await;
        peer.say("250 ok\r\n250 ok\r\n354 go\r\n250 taken, really\r\n").await;
        peer.sees_us_leave().await;
    });
    assert_eq!(dot.await, ["failed Body: they answered before they were asked"]);
}

#[tokio::test]
async fn one_answer_too_many_after_the_dot_makes_the_session_unfit_for_another() {
    let words = last_order(1, async |mut peer| {
        peer.greets(&["PIPELINING"]).await;
        peer.accepts_envelope(1).await;
        peer.body().await.unwrap();
        peer.say("250 ok\r\n250 ok\r\n").await;
        peer.sees_us_leave().await;
    });
    assert_eq!(words.await, ["delivered"]);
}

#[tokio::test]
async fn a_positive_answer_to_data_is_out_of_step_and_nothing_is_delivered() {
    let words = last_order(1, async |mut peer| {
        peer.greets(&["PIPELINING"]).await;
        peer.hears("MAIL").await;
        peer.say("250 ok\r\n250 ok\r\n250 ok\r\n").await;
        peer.sees_us_leave().await;
    });
    assert_eq!(words.await, ["failed Data reply 250"]);
}

#[tokio::test]
async fn control_characters_stay_in_the_text_of_a_reply() {
    let mut world = world(patient(), async |mut peer| {
        peer.greets(&[]).await;
        peer.hears("MAIL").await;
        peer.say(b"550-5.7.1 \x1b[2Jred\x07\0\r\n550 \xe2\x80\xae<script>\x9b\r\n").await;
        peer.answers("QUIT", "221 bye").await;
    })
    .await;
    world.ready().await;
    let (outcomes, _) = world.deliver(1).await;
    assert!(refused(&outcomes[0], Stage::MailFrom, 550));
    let Outcome::Refused { reply, .. } = &outcomes[0] else { panic!() };
    assert_eq!(&*reply.text, "\u{1b}[2Jred\u{7}\0\n\u{202e}<script>\u{fffd}");
    world.closes().await;
}
