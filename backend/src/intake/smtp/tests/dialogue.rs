//! Commands, their order, and their answers.

use super::double::Mood;
use super::wire::{House, settings};
use crate::spool::SpoolError;

#[tokio::test]
async fn a_message_is_kept_with_its_envelope_and_our_received_field() {
    let house = House::open(settings()).await;
    let mut client = house.known().await;
    client.says("MAIL FROM:<from@Client.test> SIZE=30 BODY=8BITMIME", "250 2.1.0").await;
    client.says("RCPT TO:<One@Example.COM>", "250 2.1.5").await;
    client.says("RCPT TO:<two@example.com>", "250 2.1.5").await;
    client.says("DATA", "354").await;
    client.says("Subject: x\r\n\r\n..dot\r\n.", "250 2.0.0 Ok: queued as 1").await;
    client.says("QUIT", "221 2.0.0").await;
    client.expect_closed().await;
    let kept = &house.spool.kept()[0];
    let envelope = &kept.envelope;
    assert_eq!(envelope.from.as_ref().map(|from| from.as_str()), Some("from@client.test"));
    let recipients: Vec<&str> = envelope.recipients.iter().map(|address| address.as_str()).collect();
    assert_eq!(recipients, ["One@example.com", "two@example.com"]);
    assert_eq!((envelope.mid.0, envelope.eight_bit, envelope.size_bytes), (1, false, kept.body.front().len() as u64));
    let text = String::from_utf8(kept.body.front().to_vec()).unwrap();
    let (field, rest) = text.split_once("Subject").unwrap();
    let date = envelope.received_at.rfc5322();
    assert_eq!(
        field,
        format!("Received: from client.test ([127.0.0.1])\r\n\tby mail.test with ESMTP id 1; {date}\r\n")
    );
    assert_eq!(rest, ": x\r\n\r\n.dot\r\n");
}

#[tokio::test]
async fn ehlo_offers_what_we_have() {
    let house = House::open(settings()).await;
    let mut client = house.greeted().await;
    client.send("EHLO client.test\r\n").await;
    let offered = client.reply().await;
    assert_eq!(
        offered,
        "250-mail.test\r\n250-PIPELINING\r\n250-SIZE 26214400\r\n250-8BITMIME\r\n250-SMTPUTF8\r\n250-DSN\r\n\
         250 ENHANCEDSTATUSCODES\r\n"
    );
    client.says("HELO client.test", "250 mail.test").await;
    client.sends_a_message("x: y\r\n\r\n.\r\n", "250 2.0.0").await;
    assert!(house.spool.kept()[0].body.front().windows(10).any(|window| window == b"with SMTP "));
}

#[tokio::test]
async fn commands_out_of_order_are_503_and_change_nothing() {
    let house = House::open(settings()).await;
    let mut client = house.greeted().await;
    client.says("MAIL FROM:<a@b.test>", "503 5.5.1").await;
    client.says("EHLO client.test", "250").await;
    client.says("RCPT TO:<a@b.test>", "503 5.5.1").await;
    client.says("DATA", "503 5.5.1").await;
    client.says("MAIL FROM:<a@b.test>", "250 2.1.0").await;
    client.says("MAIL FROM:<a@b.test>", "503 5.5.1").await;
    client.says("DATA", "554 5.5.1").await;
    client.says("RCPT TO:<c@d.test>", "250 2.1.5").await;
    client.says("DATA", "354").await;
    client.says("x: y\r\n\r\n.", "250 2.0.0").await;
    client.says("DATA", "503 5.5.1").await;
}

#[tokio::test]
async fn rset_and_ehlo_forget_the_transaction() {
    let house = House::open(settings()).await;
    let mut client = house.known().await;
    for command in ["RSET", "EHLO client.test"] {
        client.says("MAIL FROM:<a@b.test>", "250 2.1.0").await;
        client.says("RCPT TO:<c@d.test>", "250 2.1.5").await;
        client.says(command, "250").await;
        client.says("RCPT TO:<c@d.test>", "503 5.5.1").await;
    }
}

#[tokio::test]
async fn small_commands_are_answered_with_enhanced_codes() {
    let house = House::open(settings()).await;
    let mut client = house.known().await;
    client.says("NOOP whatever", "250 2.0.0").await;
    client.says("vrfy root", "252 2.5.0").await;
    client.says("HELP", "214 2.0.0").await;
    client.says("EXPN list", "502 5.5.1").await;
    client.says("AUTH PLAIN AGEAYg==", "502 5.5.1 Authentication is not offered here").await;
    client.says("STARTTLS", "502 5.5.1").await;
    client.says("FOO", "500 5.5.1").await;
    client.says("", "500 5.5.1").await;
}

#[tokio::test]
async fn a_pipelined_group_is_answered_in_order_and_the_next_envelope_may_ride_with_the_final_dot() {
    let house = House::open(settings()).await;
    let mut client = house.known().await;
    client.begins_a_message().await;
    for number in 1..=3 {
        let body = format!("x: {number}\r\n\r\n.\r\nMAIL FROM:<>\r\nRCPT TO:<bad>\r\nRCPT TO:<a@x.test>\r\nDATA\r\n");
        client.send(body).await;
        for answer in [&format!("250 2.0.0 Ok: queued as {number}\r\n"), "250 2.1.0", "550 5.1.1", "250 2.1.5", "354"] {
            client.expect(answer).await;
        }
    }
    client.send("x: 4\r\n\r\n.\r\nQUIT\r\n").await;
    client.expect("250 2.0.0 Ok: queued as 4").await;
    client.expect("221").await;
    let bodies: Vec<usize> = house.spool.kept().iter().map(|kept| kept.envelope.recipients.len()).collect();
    assert_eq!(bodies, [1, 1, 1, 1]);
}

#[tokio::test]
async fn the_answer_says_what_the_spool_said() {
    let house = House::open(settings()).await;
    let mut client = house.known().await;
    for (mood, answer) in [
        (Mood::Fails(SpoolError::Full), "452 4.3.1"),
        (Mood::Fails(SpoolError::Failed("EIO".into())), "451 4.3.0"),
        (Mood::Fails(SpoolError::Stopped), "451 4.3.0"),
        (Mood::Vanishes, "451 4.3.0"),
        (Mood::Keeps, "250 2.0.0"),
    ] {
        house.spool.set_mood(mood);
        client.sends_a_message("x: y\r\n\r\n.\r\n", answer).await;
    }
    assert_eq!(house.spool.kept().len(), 1);
}

#[tokio::test(start_paused = true)]
async fn a_message_is_not_acknowledged_before_it_is_on_disk() {
    let house = House::without_port(settings());
    house.spool.set_mood(Mood::Waits);
    let (mut client, _session) = house.pipe("127.0.0.1");
    client.expect("220").await;
    client.says("EHLO client.test", "250").await;
    client.begins_a_message().await;
    client.send("x: y\r\n\r\n.\r\n").await;
    let early = tokio::time::timeout(std::time::Duration::from_secs(3_000), client.reply()).await;
    assert!(early.is_err(), "{early:?}");
    assert_eq!(house.spool.answer_all(), 1);
    client.expect("250 2.0.0").await;
}

#[tokio::test]
async fn a_fault_of_ours_ends_one_session_alone() {
    let house = House::open(settings()).await;
    let mut other = house.known().await;
    let mut client = house.known().await;
    house.spool.set_mood(Mood::Panics);
    client.sends_a_message("x: y\r\n\r\n.\r\n", "421 4.3.0").await;
    client.expect_closed().await;
    house.spool.set_mood(Mood::Keeps);
    other.sends_a_message("x: y\r\n\r\n.\r\n", "250 2.0.0").await;
}

#[tokio::test]
async fn a_client_that_leaves_in_any_phase_leaves_nothing_behind() {
    let house = House::open(settings()).await;
    for said in ["", "MAIL FROM:<a@b.test>\r\n", "MAIL FROM:<a@b.test>\r\nRCPT TO:<a@x.test>\r\n"] {
        let mut client = house.known().await;
        client.send(said).await;
    }
    let mut client = house.known().await;
    client.begins_a_message().await;
    client.send("x: y\r\n\r\nhalf a message\r\n.").await;
    drop(client);
    while house.intake.connections() > 0 {
        tokio::task::yield_now().await;
    }
    assert_eq!(house.spool.kept().len(), 0);
}

#[tokio::test]
async fn an_address_without_a_domain_gets_our_name() {
    let house = House::open(settings()).await;
    let mut client = house.known().await;
    client.says("MAIL FROM:<root>", "250 2.1.0").await;
    client.says("RCPT TO:<root>", "550 5.1.1").await;
    client.says("RCPT TO:<@relay.test:a@x.test>", "250 2.1.5").await;
    client.says("DATA", "354").await;
    client.says("x: y\r\n\r\n.", "250 2.0.0").await;
    let envelope = house.spool.kept()[0].envelope.clone();
    assert_eq!(envelope.from.as_ref().unwrap().as_str(), "root@mail.test");
    assert_eq!(envelope.recipients[0].as_str(), "a@x.test");
}
