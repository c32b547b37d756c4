//! Limits of sessions, connections, memory and time. Where time decides, it is simulated.

use super::wire::{House, settings};
use crate::intake::smtp::session;
use std::time::Duration;
use tokio::time::Instant;

const SECOND: Duration = Duration::from_secs(1);

#[tokio::test]
async fn the_hundred_and_first_junk_command_ends_the_session_and_a_message_forgives_them() {
    let house = House::open(settings()).await;
    let mut client = house.known().await;
    for _ in 0..2 {
        for command in ["NOOP", "RSET", "VRFY a", "HELP", "EHLO client.test"].iter().cycle().take(100) {
            client.says(command, "2").await;
        }
        client.sends_a_message("x: y\r\n\r\n.\r\n", "250 2.0.0").await;
    }
    client.send("NOOP\r\n".repeat(101)).await;
    let answers = client.rest().await;
    assert_eq!(answers.matches("250 2.0.0").count(), 101);
    assert!(answers.ends_with("421 4.7.0 Too many commands without a message, closing the connection\r\n"));
}

#[tokio::test(start_paused = true)]
async fn a_silent_client_is_sent_away_after_60_s_and_later_after_300_s() {
    let house = House::without_port(settings());
    let start = Instant::now();
    let (mut client, _session) = house.pipe("127.0.0.1");
    client.expect("220").await;
    client.expect("421 4.4.2").await;
    assert_eq!(start.elapsed().as_secs(), 60);
    client.expect_closed().await;
    let (mut client, _session) = house.pipe("127.0.0.1");
    client.expect("220").await;
    client.says("EHLO client.test", "250").await;
    let start = Instant::now();
    client.expect("421 4.4.2").await;
    assert_eq!(start.elapsed().as_secs(), 300);
    client.expect_closed().await;
}

#[tokio::test(start_paused = true)]
async fn a_command_that_comes_octet_by_octet_has_no_longer_than_another() {
    let house = House::without_port(settings());
    let (mut client, session) = house.pipe("127.0.0.1");
    client.expect("220").await;
    client.says("EHLO client.test", "250").await;
    let start = Instant::now();
    while !session.is_finished() {
        client.send("N").await;
        tokio::time::sleep(50 * SECOND).await;
        if start.elapsed() > 295 * SECOND {
            break;
        }
    }
    client.expect("421 4.4.2").await;
    assert_eq!(start.elapsed().as_secs(), 300);
}

#[tokio::test(start_paused = true)]
async fn a_session_ends_after_an_hour_however_busy() {
    let house = House::without_port(settings());
    let (mut client, _session) = house.pipe("127.0.0.1");
    client.expect("220").await;
    client.says("EHLO client.test", "250").await;
    for _ in 0..59 {
        tokio::time::sleep(60 * SECOND).await;
        client.sends_a_message("x: y\r\n\r\n.\r\n", "250 2.0.0").await;
    }
    let start = Instant::now();
    client.expect("421 4.4.2 Session is too long").await;
    assert_eq!(start.elapsed().as_secs(), 60);
}

#[tokio::test(start_paused = true)]
async fn a_body_slower_than_500_octets_a_second_is_given_up() {
    let house = House::without_port(settings());
    for (octets, answer) in [(501, "250 2.0.0"), (499, "421 4.4.2 Message comes too slowly")] {
        let (mut client, _session) = house.pipe("127.0.0.1");
        client.expect("220").await;
        client.says("EHLO client.test", "250").await;
        client.begins_a_message().await;
        let line = "a".repeat(octets - 2) + "\r\n";
        for _ in 0..130 {
            client.offer(&line).await;
            tokio::time::sleep(SECOND).await;
        }
        client.offer(".\r\n").await;
        client.expect(answer).await;
    }
    assert_eq!(house.spool.kept().len(), 1);
}

/// A network that is cut says nothing: no octet comes, and no word that none will come.
#[tokio::test(start_paused = true)]
async fn a_network_that_is_cut_in_the_middle_of_data_keeps_nothing_and_leaves_no_file() {
    let house = House::without_port(settings());
    for (octets, files) in [(500, 0), (400_000, 1)] {
        let (mut client, session) = house.pipe("127.0.0.1");
        client.expect("220").await;
        client.says("EHLO client.test", "250").await;
        client.begins_a_message().await;
        client.send("x: y\r\n\r\n".to_owned() + &("a".repeat(98) + "\r\n").repeat(octets / 100)).await;
        while house.spool.blobs.count() < files {
            tokio::task::yield_now().await;
        }
        client.expect("421 4.4.2 Message comes too slowly").await;
        client.expect_closed().await;
        session.await.unwrap();
        assert_eq!((house.spool.kept().len(), house.spool.blobs.count()), (0, 0), "{octets} octets came");
    }
}

#[tokio::test]
async fn bodies_in_flight_share_a_bounded_memory() {
    let mut settings = settings();
    // Two grains, the least for messages this small.
    (settings.max_message_bytes, settings.limits.memory_bytes) = (1_000, 0);
    settings.limits.memory_wait = Duration::from_millis(20);
    let house = House::open(settings).await;
    let (mut first, mut second, mut third) = (house.known().await, house.known().await, house.known().await);
    first.begins_a_message().await;
    second.begins_a_message().await;
    third.send("MAIL FROM:<>\r\nRCPT TO:<a@x.test>\r\nDATA\r\n").await;
    for answer in ["250", "250", "452 4.3.1"] {
        third.expect(answer).await;
    }
    first.says("x: y\r\n\r\n.", "250 2.0.0").await;
    third.sends_a_message("x: y\r\n\r\n.\r\n", "250 2.0.0").await;
    second.says("x: y\r\n\r\n.", "250 2.0.0").await;
}

#[tokio::test]
async fn a_body_that_gets_no_memory_is_read_to_its_end_and_refused() {
    let mut settings = settings();
    (settings.max_message_bytes, settings.limits.memory_bytes) = (100_000, 0);
    settings.limits.memory_wait = Duration::from_millis(20);
    let house = House::open(settings).await;
    let line = "a".repeat(98) + "\r\n";
    // Five grains in all: each of these begins with one, so that no large one fits beside them.
    let mut waiting = Vec::new();
    for _ in 0..4 {
        let mut client = house.known().await;
        client.begins_a_message().await;
        waiting.push(client);
    }
    let mut large = house.known().await;
    large.sends_a_message(line.repeat(1_000) + ".\r\n", "452 4.3.1").await;
    drop(waiting);
    while house.intake.connections() > 1 {
        tokio::task::yield_now().await;
    }
    large.sends_a_message(line.repeat(1_000) + ".\r\n", "250 2.0.0").await;
}

#[tokio::test]
async fn when_we_stop_idle_sessions_end_and_a_message_in_hand_is_finished() {
    let mut house = House::open(settings()).await;
    let mut idle = house.known().await;
    let mut busy = house.known().await;
    busy.begins_a_message().await;
    busy.send("x: y\r\n").await;
    house.tell_to_stop();
    idle.expect("421 4.3.2").await;
    idle.expect_closed().await;
    busy.says("\r\n.", "250 2.0.0").await;
    busy.expect("421 4.3.2").await;
    busy.expect_closed().await;
    house.stopped().await;
    assert_eq!(house.spool.kept().len(), 1);
}

#[tokio::test(start_paused = true)]
async fn when_we_stop_a_body_has_ten_seconds_to_come() {
    let house = House::without_port(settings());
    let (mut client, _session) = house.pipe("127.0.0.1");
    client.expect("220").await;
    client.says("EHLO client.test", "250").await;
    client.begins_a_message().await;
    house.tell_to_stop();
    let start = Instant::now();
    client.expect("421 4.3.2").await;
    assert_eq!(start.elapsed().as_secs(), 10);
}

#[tokio::test(start_paused = true)]
async fn a_stop_that_can_no_longer_come_is_no_stop() {
    let (stop, mut stopped) = tokio::sync::watch::channel(false);
    drop(stop);
    assert!(tokio::time::timeout(SECOND, session::stopped(&mut stopped)).await.is_err());
}
