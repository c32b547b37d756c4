//! Named worlds about a configuration that is read again while mail waits.

use crate::named::{row, step_until};
use common::vocab::{HostStatus, WaitCause};
use engine::failure::RouteFailure;
use engine::limit::Rate;
use engine::pattern::ByDestination;
use engine::tls::{TlsRule, TlsRules};
use engine::{Effect, Event, Output};
use std::time::Duration;
use tests::host::Character;
use tests::world::World;

fn send(world: &mut World, count: usize) {
    for n in 0..count {
        world.send(vec![format!("r{n}@a.test").parse().unwrap()]);
    }
}

#[test]
fn a_rate_that_is_lifted_lets_what_waits_for_it_go_at_once() {
    let mut world = World::with_host(1, "a.test", Character::Healthy);
    let rate = Rate { recipients: 1, period: Duration::from_secs(86_400) };
    world.configure(|settings| settings.destinations.rate = ByDestination::new([("a.test", rate)]).unwrap());
    send(&mut world, 5);
    step_until(&mut world, "held back", |world| row(world).causes[WaitCause::Rate] == 4);
    let before = world.now;
    world.reload(|settings| settings.destinations.rate = ByDestination::default());
    step_until(&mut world, "delivered", |world| row(world).counters.delivered_recipients == 5);
    assert!(world.now.since(before) < Duration::from_secs(60), "{}", world.now);
}

#[test]
fn a_rate_that_stays_remembers_what_was_used_of_it() {
    let mut world = World::with_host(2, "a.test", Character::Healthy);
    let rate = Rate { recipients: 2, period: Duration::from_secs(3_600) };
    world.configure(|settings| settings.destinations.rate = ByDestination::new([("a.test", rate)]).unwrap());
    send(&mut world, 6);
    step_until(&mut world, "held back", |world| row(world).counters.delivered_recipients == 2);
    for _ in 0..5 {
        world.reload(|settings| settings.host_max += Duration::from_secs(1));
    }
    assert_eq!((row(&world).causes[WaitCause::Rate], row(&world).counters.delivered_recipients), (4, 2));
}

#[test]
fn a_limit_of_connections_holds_for_hosts_that_are_known() {
    let mut world = World::with_host(3, "a.test", Character::Healthy);
    send(&mut world, 200);
    step_until(&mut world, "under way", |world| row(world).connections > 1);
    world.reload(|settings| settings.destinations.connections = ByDestination::new([("a.test", 1)]).unwrap());
    assert_eq!(row(&world).connections_max, 1);
    world.run();
    assert_eq!(row(&world).counters.delivered_recipients, 200);
}

/// The names that are asked for by this event.
fn asked(world: &mut World, event: Event) -> usize {
    let mut out = Output::default();
    world.engine.handle(world.now, event, &mut out);
    out.effects.iter().filter(|effect| matches!(effect, Effect::Resolve { .. })).count()
}

#[test]
fn next_hops_are_asked_for_again_and_an_answer_to_the_question_before_is_not_believed() {
    let mut world = World::with_host(4, "a.test", Character::Healthy);
    let host: common::vocab::Domain = "a.test".parse().unwrap();
    let settings = engine::Settings::default();
    world.send(vec!["a@a.test".parse().unwrap()]);
    assert_eq!(row(&world).causes[WaitCause::Routing], 1);
    assert_eq!(asked(&mut world, Event::Configured(Box::new(settings))), 0, "one question at a time");
    let stale = Event::Resolved { host: host.clone(), answer: Err(RouteFailure::Nxdomain) };
    assert_eq!(asked(&mut world, stale), 1, "the old routes' answer is thrown away");
    assert_eq!((row(&world).causes[WaitCause::Routing], row(&world).counters.hard_bounced_recipients), (1, 0));
    let answer = Event::Resolved { host, answer: Err(RouteFailure::Servfail) };
    asked(&mut world, answer);
    assert_eq!(row(&world).causes[WaitCause::Dns], 1, "the second one counts");
}

#[test]
fn a_known_route_is_asked_for_again_by_the_next_mail() {
    let mut world = World::with_host(5, "a.test", Character::Healthy);
    send(&mut world, 1);
    step_until(&mut world, "delivered", |world| row(world).counters.delivered_recipients == 1);
    send(&mut world, 1);
    assert_eq!(row(&world).causes[WaitCause::Routing], 0, "it is known");
    world.reload(|_| {});
    send(&mut world, 1);
    assert_eq!(row(&world).causes[WaitCause::Routing], 1);
    world.run();
    assert_eq!(row(&world).status, HostStatus::Up);
}

#[test]
fn a_rule_of_tls_holds_for_hosts_that_are_known() {
    let mut world = World::with_host(6, "a.test", Character::Healthy);
    send(&mut world, 1);
    step_until(&mut world, "delivered", |world| row(world).counters.delivered_recipients == 1);
    let before = world.facts.len();
    world.reload(|settings| settings.tls = TlsRules::new([("a.test", TlsRule::Require)]).unwrap());
    send(&mut world, 1);
    step_until(&mut world, "another session", |world| {
        world.facts[before..].iter().any(|fact| fact.contains("SessionStarted"))
    });
}
