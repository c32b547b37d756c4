//! Named worlds about whom we reach, and who holds the connections meanwhile.

use crate::named::{row, step_until};
use common::vocab::{ActionId, HostStatus, MessageId, VerdictCode, WaitCause};
use engine::failure::RouteFailure;
use engine::view::HostView;
use engine::{Event, RetryScope};
use std::time::Duration;
use tests::host::Character;
use tests::world::{DAWN, World};

fn of(world: &World, name: &str) -> HostView {
    world.engine.hosts().find(|row| row.host.as_str() == name).expect("its record")
}

fn send(world: &mut World, name: &str) -> MessageId {
    world.send(vec![format!("a@{name}").parse().unwrap()])
}

fn delivered(world: &World, name: &str) -> u64 {
    of(world, name).counters.delivered_recipients
}

/// So many hosts that accept a connection and never greet, with mail.
fn silent_hosts(count: usize) -> World {
    let mut world = World::with_host(3, "s0.test", Character::Silent);
    world.configure(|settings| (settings.connections_max, settings.connecting_max) = (3, 8));
    for n in 0..count {
        world.add_host(&format!("s{n}.test"), Character::Silent);
        send(&mut world, &format!("s{n}.test"));
    }
    world
}

#[test]
fn silent_hosts_take_no_place_from_one_that_has_greeted_us() {
    let mut world = silent_hosts(0);
    world.add_host("well.test", Character::Healthy);
    send(&mut world, "well.test");
    step_until(&mut world, "the first is delivered", |world| delivered(world, "well.test") == 1);
    for n in 1..30 {
        world.add_host(&format!("s{n}.test"), Character::Silent);
        send(&mut world, &format!("s{n}.test"));
    }
    for count in 2..10 {
        send(&mut world, "well.test");
        let sent_at = world.now;
        step_until(&mut world, "another is delivered", |world| delivered(world, "well.test") == count);
        assert!(world.now.since(sent_at) < Duration::from_secs(1), "message {count} waited for silent hosts");
    }
}

#[test]
fn silent_hosts_give_their_places_up_to_a_new_one_after_half_a_minute() {
    let mut world = silent_hosts(12);
    world.add_host("well.test", Character::Healthy);
    send(&mut world, "well.test");
    step_until(&mut world, "delivered", |world| delivered(world, "well.test") == 1);
    // Eight others stand in front of it, and four places are given up each half minute.
    assert!(world.now.since(DAWN) <= Duration::from_secs(95), "{}", world.now);
    let silent = world.engine.hosts().filter(|row| row.host.as_str() != "well.test");
    let codes: Vec<VerdictCode> = silent.filter_map(|row| Some(row.evidence?.code)).collect();
    assert!(codes.len() >= 4, "{codes:?}");
    assert!(codes.iter().all(|code| *code == VerdictCode::SmtpGreetDelay), "their silence, not our limit: {codes:?}");
}

#[test]
fn a_host_that_has_been_silent_for_half_a_minute_says_so_though_its_connection_stays() {
    let mut world = silent_hosts(1);
    step_until(&mut world, "the silence is told", |world| row(world).evidence.is_some());
    assert_eq!(row(&world).evidence.map(|evidence| evidence.code), Some(VerdictCode::SmtpGreetDelay));
    assert_eq!((row(&world).status, row(&world).pending), (HostStatus::Unknown, 1));
    assert!((30_000..31_000).contains(&world.now.since(DAWN).as_millis()), "{}", world.now);
    step_until(&mut world, "the timeout", |world| row(world).status == HostStatus::Down);
    assert!(world.now.since(DAWN) >= Duration::from_secs(300));
}

#[test]
fn one_servfail_does_not_make_a_host_down_that_has_just_taken_mail() {
    let mut world = World::with_host(4, "a.test", Character::Healthy);
    send(&mut world, "a.test");
    step_until(&mut world, "delivered", |world| delivered(world, "a.test") == 1);
    let host = "a.test".parse().unwrap();
    world.handle(Event::Resolved { host, answer: Err(RouteFailure::Servfail) });
    let seen = row(&world);
    assert_eq!(seen.status, HostStatus::Up);
    assert_eq!(seen.evidence.map(|evidence| evidence.code), Some(VerdictCode::DnsServfail));
}

#[test]
fn without_a_way_of_our_own_network_the_status_stays_and_the_mail_expires_all_the_same() {
    let mut world = World::with_host(5, "v6.test", Character::Unreachable);
    send(&mut world, "v6.test");
    step_until(&mut world, "tried", |world| row(world).evidence.is_some());
    let seen = row(&world);
    assert_eq!(seen.evidence.map(|evidence| evidence.code), Some(VerdictCode::TcpNoRoute));
    assert_eq!((seen.status, seen.causes[WaitCause::HostDown]), (HostStatus::Unknown, 1));
    world.run();
    assert_eq!((row(&world).status, row(&world).counters.expired_hard_bounces), (HostStatus::Unknown, 1));
}

#[test]
fn a_domain_that_was_there_is_believed_gone_after_an_hour_whatever_a_person_does_meanwhile() {
    let mut world = World::with_host(6, "a.test", Character::Healthy);
    send(&mut world, "a.test");
    step_until(&mut world, "delivered", |world| delivered(world, "a.test") == 1);
    world.add_host("a.test", Character::Nxdomain);
    let host = "a.test".parse().unwrap();
    let gone_at = world.now;
    world.handle(Event::Resolved { host, answer: Err(RouteFailure::Nxdomain) });
    send(&mut world, "a.test");
    for _ in 0..3 {
        let looked_up = |world: &World| row(world).causes[WaitCause::Dns] == 1;
        step_until(&mut world, "it waits for DNS", looked_up);
        world.handle(Event::Retry { action: ActionId(1), scope: RetryScope::All, canary: false });
    }
    step_until(&mut world, "bounced", |world| row(world).counters.dns_hard_bounces == 1);
    let hour = Duration::from_secs(3600);
    let took: Duration = world.now.since(gone_at);
    assert!(took >= hour && took < hour * 2, "{took:?}");
}
