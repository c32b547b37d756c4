//! Named worlds about what is wrong on our own side: it stands, and it ends.

use crate::brake::blocked;
use crate::named::step_until;
use common::vocab::{Alert, Timestamp};
use std::time::Duration;
use tests::host::Character;
use tests::world::World;

const HOUR: Duration = Duration::from_secs(3_600);

fn standing(world: &World) -> Vec<(Alert, Timestamp)> {
    world.engine.alerts().into_iter().map(|alert| (alert.what, alert.since)).collect()
}

#[test]
fn the_brake_stands_as_an_alert_until_what_it_holds_has_been_tried_again() {
    let mut world = blocked();
    let alerts = world.engine.alerts();
    let [alert] = alerts[..] else { panic!("{alerts:?}") };
    assert_eq!(alert.what, Alert::BrakePulled { refused: 30, hosts: 3 });
    assert!(alert.until.since(alert.since) >= HOUR, "{alert:?}");
    step_until(&mut world, "over", |world| standing(world).is_empty());
    assert!(world.now >= alert.until);
    assert!(world.facts.iter().any(|fact| fact.contains("AlertEnded") && fact.contains("BrakePulled")));
}

#[test]
fn a_jump_of_the_clock_stands_for_a_day_and_another_one_renews_it() {
    let mut world = World::with_host(2, "down.test", Character::Down);
    world.send(vec!["a@down.test".parse().unwrap()]);
    let from = world.now;
    world.jump(-1);
    let since = world.now;
    assert_eq!(standing(&world), [(Alert::ClockJumped { from, to: since }, since)]);
    for _ in 0..200 {
        world.step();
    }
    let from = world.now;
    world.jump(3);
    assert_eq!(standing(&world), [(Alert::ClockJumped { from, to: world.now }, since)]);
    let until = world.now + 24 * HOUR;
    step_until(&mut world, "over", |world| standing(world).is_empty());
    assert!(world.now >= until, "{}", world.now);
}

#[test]
fn a_resolver_that_is_believed_again_is_an_alert_no_longer() {
    let mut world = World::with_host(3, "d0.test", Character::Nxdomain);
    (1..12).for_each(|number| world.add_host(&format!("d{number}.test"), Character::Nxdomain));
    for number in 0..12 {
        world.send(vec![format!("a@d{number}.test").parse().unwrap()]);
    }
    let suspected = |world: &World| matches!(standing(world)[..], [(Alert::ResolverSuspected { .. }, _)]);
    step_until(&mut world, "suspected", suspected);
    step_until(&mut world, "over", |world| standing(world).is_empty());
    assert!(world.facts.iter().any(|fact| fact.contains("AlertEnded")));
}
