//! Named worlds about why mail waits: limits, pauses, what else holds.

use crate::named::{row, step_until};
use common::vocab::{ActionId, Guard, HostStatus, Limit, VerdictCode, WaitCause};
use engine::limit::Rate;
use engine::pattern::ByDestination;
use engine::{Event, HostScope, RetryScope};
use std::time::Duration;
use tests::host::Character;
use tests::world::World;

const MINUTE: Duration = Duration::from_secs(60);

fn waiting(world: &World, cause: WaitCause) -> bool {
    world.engine.hosts().any(|row| row.cause == Some(cause))
}

#[test]
fn a_rate_lets_no_minute_see_more_recipients_than_it_allows() {
    let mut world = World::with_host(1, "a.rated.test", Character::Healthy);
    world.configure(|settings| {
        let rate = Rate { recipients: 10, period: MINUTE };
        settings.destinations.rate = ByDestination::new([(".rated.test", rate)]).unwrap();
    });
    for _ in 0..12 {
        world.send((0..4).map(|n| format!("r{n}@a.rated.test").parse().unwrap()).collect());
    }
    step_until(&mut world, "held back by the rate", |world| waiting(world, WaitCause::Rate));
    let basis = row(&world).basis.expect("what it rests on");
    assert_eq!((basis.limit, basis.most, basis.period), (Some(Limit::Destination), Some(10), Some(MINUTE)));
    assert_eq!(basis.rule.as_deref(), Some(".rated.test"));
    let until = basis.until.expect("an end");
    assert!(until > world.now && until.since(world.now) <= MINUTE * 11 / 10, "{until}");
    assert_eq!(row(&world).next_attempt_at, Some(until));
    world.run();
    assert_eq!(row(&world).counters.delivered_recipients, 48);
    for (at, ..) in &world.begun {
        let within = |other: &&(common::vocab::Timestamp, common::vocab::Domain, usize)| {
            other.0 >= *at && other.0.since(*at) <= MINUTE
        };
        let recipients: usize = world.begun.iter().filter(within).map(|(.., count)| count).sum();
        assert!(recipients <= 10, "{recipients} recipients in the minute from {at}");
    }
}

#[test]
fn a_destination_has_no_more_connections_than_a_person_allows_and_says_so() {
    let mut world = World::with_host(2, "slow.test", Character::Slow);
    world.configure(|settings| settings.destinations.connections = ByDestination::new([("slow.test", 3)]).unwrap());
    for _ in 0..40 {
        world.send(vec!["a@slow.test".parse().unwrap()]);
    }
    let busy = |world: &World| row(world).connections >= 3 && row(world).connections_max >= 3;
    step_until(&mut world, "three at work", busy);
    let full = |world: &World| row(world).basis.is_some_and(|basis| basis.limit == Some(Limit::Destination));
    step_until(&mut world, "the limit is named", full);
    let basis = row(&world).basis.unwrap();
    assert_eq!((basis.most, basis.rule.as_deref()), (Some(3), Some("slow.test")));
    for _ in 0..200 {
        let seen = row(&world);
        assert!(seen.connections + seen.pending <= 3, "{seen:?}");
        if seen.active() == 0 {
            break;
        }
        world.step();
    }
}

/// By which limit of ours the first host is Limited, and since when.
fn limited_by(world: &World) -> Option<(WaitCause, Limit, common::vocab::Timestamp)> {
    let limited = row(world).limited?;
    limited.by.and_then(|(cause, basis)| Some((cause, basis.limit?, limited.since)))
}

#[test]
fn a_host_whose_mail_waits_a_minute_for_its_rate_is_limited_by_it_until_nothing_waits() {
    let mut world = World::with_host(11, "a.rated.test", Character::Healthy);
    world.configure(|settings| {
        let rate = Rate { recipients: 10, period: MINUTE };
        settings.destinations.rate = ByDestination::new([(".rated.test", rate)]).unwrap();
    });
    let began = world.now;
    for _ in 0..48 {
        world.send(vec!["r@a.rated.test".parse().unwrap()]);
    }
    step_until(&mut world, "limited", |world| limited_by(world).is_some());
    let (cause, limit, since) = limited_by(&world).unwrap();
    assert_eq!((cause, limit), (WaitCause::Rate, Limit::Destination));
    assert!(since.since(began) < MINUTE && world.now.since(since) >= MINUTE, "{since} {}", world.now);
    let mut seen = 0;
    while row(&world).counters.delivered_recipients < 40 {
        world.step();
        seen += u32::from(limited_by(&world).is_some_and(|(_, _, at)| at == since));
    }
    assert!(seen > 40, "it stays so, since the same moment, while mail waits: {seen}");
    world.run();
    assert_eq!(row(&world).limited, None);
}

#[test]
fn a_host_that_only_uses_its_window_for_a_while_is_not_limited() {
    let mut world = World::with_host(12, "slow.test", Character::Slow);
    for _ in 0..400 {
        world.send(vec!["a@slow.test".parse().unwrap()]);
    }
    while row(&world).active() > 0 {
        world.step();
        assert_eq!(row(&world).limited, None, "at {}", world.now);
    }
}

#[test]
fn a_host_is_limited_by_the_connections_that_a_person_allows_it_and_by_those_over_all() {
    let mut world = World::with_host(13, "slow.test", Character::Slow);
    world.configure(|settings| settings.destinations.connections = ByDestination::new([("*", 2)]).unwrap());
    for _ in 0..60 {
        world.send(vec!["a@slow.test".parse().unwrap()]);
    }
    step_until(&mut world, "limited", |world| limited_by(world).is_some());
    let limited = row(&world).limited.unwrap();
    let (cause, basis) = limited.by.unwrap();
    assert_eq!((cause, basis.limit, basis.most), (WaitCause::Slot, Some(Limit::Destination), Some(2)));
    assert_eq!(basis.rule.as_deref(), Some("*"));
    world.run();
    assert_eq!(row(&world).limited, None);

    let mut world = World::with_host(14, "slow.test", Character::Slow);
    world.configure(|settings| settings.connections_max = 3);
    for _ in 0..90 {
        world.send(vec!["a@slow.test".parse().unwrap()]);
    }
    step_until(&mut world, "limited", |world| limited_by(world).is_some());
    assert_eq!(limited_by(&world).map(|(cause, limit, _)| (cause, limit)), Some((WaitCause::Slot, Limit::Total)));
    world.run();
    assert_eq!(row(&world).limited, None);
}

#[test]
fn a_destination_has_no_more_messages_on_a_connection_and_recipients_in_a_go_than_a_person_allows() {
    let mut world = World::with_host(3, "a.test", Character::Healthy);
    world.configure(|settings| {
        settings.destinations.session_messages = ByDestination::new([("*", 4)]).unwrap();
        settings.destinations.transaction_recipients = ByDestination::new([("*", 3)]).unwrap();
    });
    for _ in 0..10 {
        world.send((0..10).map(|n| format!("r{n}@a.test").parse().unwrap()).collect());
    }
    world.run();
    assert!(world.begun.iter().all(|(.., recipients)| *recipients <= 3));
    assert_eq!(world.begun.len(), 40, "ten recipients are four goes");
    step_until(&mut world, "all are closed", |world| row(world).connections == 0);
    let ended = world.facts.iter().filter(|fact| fact.contains("SessionEnded"));
    let most = ended.filter_map(|fact| fact.split("messages: ").nth(1)?.split(',').next()?.parse::<u32>().ok()).max();
    assert_eq!(most, Some(4));
}

#[test]
fn a_host_that_says_slow_down_is_left_alone_for_about_a_minute_then_longer_and_nothing_is_tried_meanwhile() {
    let mut world = World::with_host(4, "busy.test", Character::Busy);
    for _ in 0..30 {
        world.send(vec!["a@busy.test".parse().unwrap()]);
    }
    step_until(&mut world, "a pause", |world| waiting(world, WaitCause::Backoff));
    let seen = row(&world);
    let basis = seen.basis.clone().expect("what it rests on");
    let until = basis.until.expect("an end");
    assert_eq!(basis.verdict, Some(VerdictCode::SmtpRate));
    assert!((54..=66).contains(&until.since(world.now).as_secs()), "{until}");
    assert_eq!((seen.connections_max, seen.status), (1, HostStatus::Up));
    assert_eq!(seen.next_attempt_at, Some(until));
    let begun = world.begun.len();
    step_until(&mut world, "the next try", |world| world.begun.len() > begun);
    assert!(world.begun[begun].0 >= until, "nothing begins before the pause is over");
    step_until(&mut world, "a second pause", |world| waiting(world, WaitCause::Backoff));
    let second = row(&world).basis.unwrap().until.unwrap();
    assert!((108..=132).contains(&second.since(world.now).as_secs()), "{second}");
}

#[test]
fn a_retry_by_hand_ends_a_pause_but_not_the_row_of_pauses() {
    let mut world = World::with_host(5, "busy.test", Character::Busy);
    for _ in 0..30 {
        world.send(vec!["a@busy.test".parse().unwrap()]);
    }
    step_until(&mut world, "a pause", |world| waiting(world, WaitCause::Backoff));
    world.handle(Event::Retry { action: ActionId(1), scope: RetryScope::All, canary: false });
    assert!(!waiting(&world, WaitCause::Backoff));
    assert_eq!(row(&world).connections_max, 1, "the window stays small");
    step_until(&mut world, "a second pause", |world| waiting(world, WaitCause::Backoff));
    let until = row(&world).basis.unwrap().until.unwrap();
    assert!(until.since(world.now) >= Duration::from_secs(108), "{until}");
}

#[test]
fn what_waits_for_its_timer_while_its_host_is_looked_up_is_routing_in_row_and_message_alike() {
    let mut world = World::with_host(6, "grey.test", Character::Greylisting);
    let first = world.send(vec!["a@grey.test".parse().unwrap()]);
    step_until(&mut world, "deferred", |world| row(world).causes[WaitCause::Retry] == 1);
    let recipient = world.engine.message(world.now, first).unwrap().recipients[0].clone();
    assert_eq!((recipient.cause, recipient.also), (WaitCause::Retry, vec![]), "it wants no connection yet");
    world.jump(1); // the route is too old now, the timer is not
    world.send(vec!["b@grey.test".parse().unwrap()]);
    assert_eq!(row(&world).causes[WaitCause::Routing], 2);
    let recipient = world.engine.message(world.now, first).unwrap().recipients[0].clone();
    assert_eq!((recipient.cause, recipient.also), (WaitCause::Routing, vec![WaitCause::Retry]));
}

#[test]
fn who_greylists_and_says_for_how_long_is_asked_again_then_and_not_before() {
    let mut world = World::with_host(21, "a.test", Character::Asking);
    let began = world.now;
    let mid = world.send(vec!["a@a.test".parse().unwrap()]);
    step_until(&mut world, "deferred", |world| row(world).causes[WaitCause::Retry] == 1);
    let recipient = world.engine.message(world.now, mid).unwrap().recipients[0].clone();
    assert_eq!(recipient.basis.asked, Some(30 * MINUTE));
    let wait = recipient.next_attempt_at.expect("a timer").since(began);
    assert!((30 * MINUTE..=34 * MINUTE).contains(&wait), "{wait:?}");
    world.run();
    assert_eq!(row(&world).counters.delivered_recipients, 1);
    assert!(world.now.since(began) < 35 * MINUTE, "the second attempt is taken");
}

#[test]
fn a_wait_by_suspension_says_whose_it_is_and_one_by_a_guard_which() {
    let mut world = World::with_host(22, "a.test", Character::Healthy);
    world.suspend(HostScope::All, 10 * MINUTE);
    let mid = world.send(vec!["a@a.test".parse().unwrap()]);
    let suspended = row(&world).held.expect("suspended");
    let basis = world.engine.message(world.now, mid).unwrap().recipients[0].basis.clone();
    assert_eq!((basis.until, basis.hold.as_ref()), (suspended.until, Some(&suspended)));
    assert_eq!(row(&world).basis.and_then(|basis| basis.hold), Some(suspended));
    world.run();

    world.handle(Event::Guard(Some(Guard::Stopping)));
    let mid = world.send(vec!["b@a.test".parse().unwrap()]);
    let recipient = world.engine.message(world.now, mid).unwrap().recipients[0].clone();
    assert_eq!((recipient.cause, recipient.basis.guard), (WaitCause::Guard, Some(Guard::Stopping)));
    world.handle(Event::Guard(None));
    world.run();
    assert_eq!(row(&world).counters.delivered_recipients, 2);
}

#[test]
fn hosts_with_the_same_mail_servers_share_a_limit_of_connections_take_turns_and_say_so() {
    let mut world = World::with_host(31, "h0.test", Character::Slow);
    world.shared_provider = true;
    world.configure(|settings| settings.provider_connections_max = 3);
    (1..5).for_each(|number| world.add_host(&format!("h{number}.test"), Character::Slow));
    for number in 0..60 {
        world.send(vec![format!("a@h{}.test", number % 5).parse().unwrap()]);
    }
    let by_provider = |world: &World| {
        let limit = |row: &engine::view::HostView| row.basis.as_ref().and_then(|basis| basis.limit);
        world.engine.hosts().any(|row| row.cause == Some(WaitCause::Slot) && limit(&row) == Some(Limit::Provider))
    };
    step_until(&mut world, "the limit is named", by_provider);
    let connections = |world: &World| world.engine.hosts().map(|row| row.connections + row.pending).sum::<u32>();
    let mut most = 0;
    while world.engine.hosts().any(|row| row.active() > 0) {
        world.step();
        most = most.max(connections(&world));
        let begun = |host: &str| world.begun.iter().filter(|(_, name, _)| name.as_str() == host).count();
        let counts = [0, 1, 2, 3, 4].map(|number| begun(&format!("h{number}.test")));
        let (least, largest) = (counts.iter().min().unwrap(), counts.iter().max().unwrap());
        assert!(largest - least <= 4, "nobody is left behind: {counts:?}");
    }
    assert_eq!(most, 3);
    let status = |row: &engine::view::HostView| (row.status, row.limited.is_some());
    assert!(world.engine.hosts().all(|row| status(&row) == (HostStatus::Up, false)), "nothing else is shared");
}
