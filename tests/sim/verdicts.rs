//! Named worlds about whose side a failure is on.

use crate::named::{row, step_until};
use common::vocab::{HostStatus, VerdictCode, WaitCause};
use std::time::Duration;
use tests::host::Character;
use tests::world::{DAWN, World};

fn code(world: &World) -> Option<VerdictCode> {
    row(world).evidence.map(|evidence| evidence.code)
}

#[test]
fn a_host_of_which_only_some_servers_work_is_up_and_names_the_one_that_does_not() {
    let mut world = World::with_host(1, "lame.test", Character::Lame);
    for _ in 0..5 {
        world.send(vec!["a@lame.test".parse().unwrap()]);
    }
    step_until(&mut world, "delivered", |world| row(world).counters.delivered_recipients == 5);
    let seen = row(&world);
    let evidence = seen.evidence.expect("what was seen");
    assert_eq!((seen.status, evidence.code), (HostStatus::Up, VerdictCode::OkPartial));
    assert_eq!(evidence.exchanger.as_deref(), Some("mx10.lame.test"));
    world.add_host("lame.test", Character::Healthy);
    // Until its session is over and the failure of the first server is not remembered any more.
    step_until(&mut world, "two minutes later", |world| world.now.since(DAWN) >= Duration::from_secs(119));
    world.send(vec!["b@lame.test".parse().unwrap()]);
    step_until(&mut world, "delivered", |world| row(world).counters.delivered_recipients == 6);
    assert_eq!(code(&world), Some(VerdictCode::Ok));
}

#[test]
fn where_nobody_answers_it_is_our_own_wall_and_nobody_is_called_down_for_it() {
    let mut world = World::with_host(2, "d0.test", Character::Blackhole);
    (1..9).for_each(|number| world.add_host(&format!("d{number}.test"), Character::Blackhole));
    for number in 0..9 {
        world.send(vec![format!("a@d{number}.test").parse().unwrap()]);
    }
    let walled = |world: &World| {
        let code = |row: &engine::view::HostView| row.evidence.as_ref().map(|evidence| evidence.code);
        world.engine.hosts().filter(|row| code(row) == Some(VerdictCode::TcpTimeoutAll)).count()
    };
    step_until(&mut world, "all of them are silent", |world| walled(world) >= 5);
    for row in world.engine.hosts().filter(|row| row.status == HostStatus::Down) {
        assert_eq!(row.evidence.map(|evidence| evidence.code), Some(VerdictCode::TcpTimeout), "before it was known");
    }
    assert!(world.engine.hosts().all(|row| row.causes[WaitCause::HostDown] + row.causes[WaitCause::Slot] <= 1));
    world.add_host("well.test", Character::Healthy);
    world.send(vec!["a@well.test".parse().unwrap()]);
    let delivered = |world: &World| world.engine.hosts().any(|row| row.counters.delivered_recipients == 1);
    step_until(&mut world, "somebody answers", delivered);
    let before = walled(&world);
    step_until(&mut world, "a silent one is theirs again", |world| walled(world) < before);
}

#[test]
fn a_relay_that_wants_a_login_is_our_own_fault_and_nothing_bounces() {
    let mut world = World::with_host(3, "relay.test", Character::Locked);
    for _ in 0..40 {
        world.send(vec!["a@relay.test".parse().unwrap()]);
    }
    step_until(&mut world, "all were tried", |world| row(world).unattempted == 0);
    assert_eq!((code(&world), row(&world).active()), (Some(VerdictCode::SmtpAuth), 40));
    assert_eq!(row(&world).causes[WaitCause::Guard], 0);
}
