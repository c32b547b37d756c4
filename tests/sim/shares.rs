//! Named worlds about who gets the slots: mail that was never tried, and mail that is tried again.

use crate::named::{row, step_until};
use common::vocab::{ActionId, Timestamp};
use engine::{Event, RetryScope};
use std::time::Duration;
use tests::host::Character;
use tests::world::World;

const MINUTE: Duration = Duration::from_secs(60);

fn send(world: &mut World, messages: usize) {
    for _ in 0..messages {
        world.send(vec!["a@a.test".parse().unwrap()]);
    }
}

fn tried_once(world: &World) -> bool {
    row(world).unattempted == 0
}

/// Steps until it holds; says how long that took.
fn took(world: &mut World, what: &str, holds: impl FnMut(&World) -> bool) -> Duration {
    let began: Timestamp = world.now;
    step_until(world, what, holds);
    world.now.since(began)
}

#[test]
fn a_backlog_of_slow_retries_leaves_fresh_mail_half_of_the_slots() {
    let mut world = World::with_host(1, "a.test", Character::SlowToRetries);
    send(&mut world, 300);
    step_until(&mut world, "each was tried once", tried_once);
    world.handle(Event::Retry { action: ActionId(1), scope: RetryScope::All, canary: false });
    step_until(&mut world, "the backlog is at work", |world| row(world).connections == 10);
    assert!(row(&world).attempted > 100);
    send(&mut world, 200);
    let took = took(&mut world, "the fresh ones were tried", tried_once);
    assert!(took < 6 * MINUTE, "two hundred take {took:?} where each is answered within a moment");
    assert!(row(&world).attempted > 100, "the backlog still waits");
}

#[test]
fn a_flood_of_slow_fresh_mail_leaves_retries_their_slots() {
    let mut world = World::with_host(2, "a.test", Character::SlowToFresh);
    send(&mut world, 20);
    step_until(&mut world, "each was tried once", tried_once);
    send(&mut world, 2_000);
    world.handle(Event::Retry { action: ActionId(1), scope: RetryScope::All, canary: false });
    let delivered = |world: &World| row(world).counters.delivered_recipients >= 20;
    let took = took(&mut world, "the retries are delivered", delivered);
    assert!(took < 6 * MINUTE, "twenty take {took:?} where each is answered within a moment");
    assert!(row(&world).unattempted > 1_900, "the flood still waits");
}
