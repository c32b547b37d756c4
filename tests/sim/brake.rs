//! Named worlds about mass bounces, and about what counts as an attempt.

use crate::named::{row, step_until};
use common::vocab::{ActionId, Alert, Guard, HostStatus, VerdictCode, WaitCause};
use engine::{Event, RetryScope};
use std::time::Duration;
use tests::host::Character;
use tests::world::{DAWN, World};

const HOUR: Duration = Duration::from_secs(3_600);

fn sum(world: &World, cause: WaitCause) -> u64 {
    world.engine.hosts().map(|row| row.causes[cause]).sum()
}

fn bounced(world: &World) -> u64 {
    let counters = world.engine.hosts().map(|row| row.counters.hard_bounced_recipients);
    counters.sum::<u64>() + world.engine.ended_counters().hard_bounced_recipients
}

fn told(world: &World, what: &str) -> usize {
    world.facts.iter().filter(|fact| fact.contains(what)).count()
}

/// Three hosts that refuse us, ten recipients each.
pub(super) fn blocked() -> World {
    let mut world = World::with_host(21, "a.test", Character::Blocking);
    world.add_host("b.test", Character::Blocking);
    world.add_host("c.test", Character::Blocking);
    for number in 0..10 {
        for host in ["a", "b", "c"] {
            world.send(vec![format!("r{number}@{host}.test").parse().unwrap()]);
        }
    }
    step_until(&mut world, "the brake holds the rest", |world| sum(world, WaitCause::Guard) == 11);
    world
}

#[test]
fn the_twentieth_refusal_at_three_hosts_and_all_further_ones_wait_an_hour() {
    let mut world = blocked();
    assert_eq!((bounced(&world), told(&world, "BrakePulled")), (19, 1));
    let held = (1..=30).filter_map(|mid| world.engine.message(world.now, common::vocab::MessageId(mid)));
    let held: Vec<_> = held.flat_map(|view| view.recipients).collect();
    assert_eq!(held.len(), 11);
    for one in held {
        assert_eq!((one.cause, one.basis.verdict), (WaitCause::Guard, Some(VerdictCode::GuardBrake)));
        assert!(matches!(one.basis.guard, Some(Guard::Brake { refused: 20.., hosts: 3 })), "{:?}", one.basis);
        let left = one.basis.until.expect("an end").since(world.now);
        assert!(left <= HOUR && left >= HOUR - Duration::from_secs(60), "{left:?}");
    }
    world.run();
    assert!(world.now.since(DAWN) >= HOUR);
    assert_eq!(bounced(&world), 30, "after their time they are tried once more, and bounce");
}

#[test]
fn what_a_person_releases_from_the_brake_is_tried_at_once_and_not_held_again() {
    let mut world = blocked();
    world.handle(Event::Retry { action: ActionId(1), scope: RetryScope::All, canary: false });
    world.run();
    assert!(world.now.since(DAWN) < Duration::from_secs(60));
    assert_eq!((bounced(&world), told(&world, "BrakePulled")), (30, 1));
}

#[test]
fn when_most_domains_are_said_not_to_exist_the_resolver_is_not_believed() {
    let mut world = World::with_host(22, "d0.test", Character::Nxdomain);
    for number in 1..15 {
        world.add_host(&format!("d{number}.test"), Character::Nxdomain);
    }
    for number in 0..15 {
        world.send(vec![format!("a@d{number}.test").parse().unwrap()]);
    }
    step_until(&mut world, "all are looked up", |world| sum(world, WaitCause::Routing) == 0);
    assert_eq!((bounced(&world), sum(&world, WaitCause::Dns)), (9, 6));
    assert_eq!(told(&world, "ResolverSuspected"), 1);
    let doubted = world.engine.hosts().filter(|row| row.active() > 0);
    for row in doubted {
        assert_eq!(row.evidence.map(|evidence| evidence.code), Some(VerdictCode::DnsOurs));
        assert_eq!(row.status, HostStatus::Unknown, "a fault of ours says nothing about them");
    }
    world.run();
    assert!(world.now.since(DAWN) >= HOUR, "an hour later it is believed again");
    assert_eq!(bounced(&world), 15);
}

#[test]
fn a_failure_of_our_own_resolver_is_no_attempt_and_expires_nothing() {
    let mut world = World::with_host(23, "a.test", Character::Deaf);
    world.send(vec!["x@a.test".parse().unwrap()]);
    while world.now.since(DAWN) < Duration::from_secs(9 * 3_600) {
        world.step_patiently();
    }
    let seen = row(&world);
    assert_eq!((seen.active(), seen.counters.expired_hard_bounces), (1, 0), "its lifetime of 8 hours is over");
    assert_eq!(seen.last_activity_at, None);
}

#[test]
fn one_walk_over_all_addresses_is_one_attempt() {
    let mut world = World::with_host(24, "a.test", Character::Down);
    world.send(vec!["x@a.test".parse().unwrap()]);
    step_until(&mut world, "the first address has failed", |world| told(world, "SessionEnded") == 1);
    assert_eq!(row(&world).last_activity_at, None, "the second one is being tried");
    step_until(&mut world, "the second too", |world| told(world, "SessionEnded") == 2);
    assert_eq!(row(&world).last_activity_at, Some(world.now));
}

#[test]
fn the_place_of_a_record_that_has_ended_is_used_again() {
    let mut world = World::with_host(25, "h0.test", Character::Healthy);
    for number in 1..30 {
        world.add_host(&format!("h{number}.test"), Character::Healthy);
    }
    for number in 0..30 {
        world.send(vec![format!("a@h{number}.test").parse().unwrap()]);
        world.run();
        step_until(&mut world, "its record ends", |world| world.engine.hosts().next().is_none());
    }
    assert_eq!(world.engine.places(), 1);
    assert_eq!(world.engine.ended_counters().delivered_recipients, 30);
}

#[test]
fn what_the_brake_holds_is_held_by_it_after_a_restart_too_and_only_once() {
    let mut world = blocked();
    world.crash();
    assert_eq!((sum(&world, WaitCause::Guard), sum(&world, WaitCause::Retry)), (11, 0));
    let alerts = world.engine.alerts();
    let [alert] = alerts[..] else { panic!("{alerts:?}") };
    assert_eq!(alert.what, Alert::BrakePulled { refused: 0, hosts: 0 });
    let held = (1..=30).filter_map(|mid| world.engine.message(world.now, common::vocab::MessageId(mid)));
    let latest: Vec<_> = held.flat_map(|view| view.recipients).map(|one| one.basis.until).collect();
    assert!(latest.iter().all(|until| until.is_some_and(|until| until <= alert.until)), "{latest:?}");
    let crashed_at = world.now;
    world.run();
    assert!(world.now.since(crashed_at) <= HOUR * 11 / 10, "each is tried once more and bounces");
}
