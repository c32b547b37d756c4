//! What a person's retry does: a canary goes first, a message wakes its host alone, and what is taken back has its timer.

use crate::named::{row, step_until};
use common::vocab::{ActionId, MessageId, Timestamp, VerdictCode, WaitCause};
use engine::view::{Pick, RetryProgress};
use engine::{Event, RetryScope};
use std::time::Duration;
use tests::host::Character;
use tests::world::World;

const ACTION: ActionId = ActionId(7);

/// So many messages that a host has deferred, and no session to it.
fn deferred(seed: u64, messages: usize) -> World {
    let mut world = World::with_host(seed, "grey.test", Character::Greylisting);
    for _ in 0..messages {
        world.send(vec!["a@grey.test".parse().unwrap()]);
    }
    step_until(&mut world, "all deferred", |world| {
        row(world).causes[WaitCause::Retry] == messages as u64 && row(world).connections == 0
    });
    world
}

fn retry(world: &mut World, scope: RetryScope, canary: bool) {
    world.handle(Event::Retry { action: ACTION, scope, canary });
}

fn progress(world: &World) -> RetryProgress {
    world.engine.progress(ACTION).expect("it was asked for")
}

fn timers(world: &World) -> Vec<(MessageId, Option<Timestamp>)> {
    let all = (1..=world.engine.message_count() as u64 + 100).map(MessageId);
    let seen = all.filter_map(|mid| world.engine.message(world.now, mid));
    seen.map(|view| (view.envelope.mid, view.recipients[0].next_attempt_at)).collect()
}

fn attempts(world: &World) -> usize {
    world.facts.iter().filter(|fact| fact.contains("AttemptStarted")).count()
}

#[test]
fn a_canary_goes_alone_and_the_rest_follows_once_it_is_accepted() {
    let mut world = deferred(1, 20);
    let (before, began) = (attempts(&world), world.now);
    retry(&mut world, RetryScope::All, true);
    step_until(&mut world, "the canary is delivered", |world| progress(world).delivered == 1);
    assert_eq!(progress(&world).total, 20);
    let first = world.facts.iter().position(|fact| fact.contains("Delivered")).expect("the canary");
    let until = world.facts[..first].iter().filter(|fact| fact.contains("AttemptStarted")).count();
    assert_eq!(until, before + 1, "nothing else began before the canary was accepted");
    step_until(&mut world, "the rest is delivered", |world| progress(world).delivered == 20);
    assert_eq!(progress(&world).open, 0);
    assert!(world.now.since(began) < Duration::from_secs(60));
}

#[test]
fn a_canary_that_fails_leaves_the_rest_its_timers_and_says_what_it_heard() {
    let mut world = deferred(2, 20);
    let before = timers(&world);
    world.add_host("grey.test", Character::Down);
    retry(&mut world, RetryScope::All, true);
    step_until(&mut world, "it is over", |world| progress(world).open == 0);
    let done = progress(&world);
    assert_eq!((done.total, done.delivered, done.refused_canaries), (20, 0, 1));
    assert_eq!(done.heard[0].code, VerdictCode::TcpRefused);
    let same = timers(&world).iter().zip(&before).filter(|(after, before)| after == before).count();
    assert_eq!(same, 19, "all but the canary wait as before");
}

#[test]
fn a_retry_that_is_taken_back_gives_every_untried_message_the_timer_it_had() {
    for scope in ["all", "legs"] {
        let mut world = deferred(3, 1_300);
        let before = timers(&world);
        let legs = (1..=1_400).flat_map(|mid| {
            let pick = Pick { message: Some(MessageId(mid)), ..Pick::default() };
            world.engine.pick(world.now, &pick, None).legs
        });
        let scope = if scope == "all" { RetryScope::All } else { RetryScope::Legs(legs.collect()) };
        retry(&mut world, scope, false);
        assert_eq!(row(&world).causes[WaitCause::Retry], 0);
        world.handle(Event::UndoRetry { action: ACTION });
        while progress(&world).undoing {
            world.handle(Event::UndoRetry { action: ACTION });
        }
        assert_eq!(progress(&world).undone, 1_300);
        assert_eq!(timers(&world), before);
    }
}

#[test]
fn a_message_goes_alone_through_the_pause_of_its_host() {
    let mut world = World::with_host(4, "busy.test", Character::Busy);
    let mids: Vec<MessageId> = (0..9).map(|_| world.send(vec!["a@busy.test".parse().unwrap()])).collect();
    step_until(&mut world, "a pause", |world| row(world).causes[WaitCause::Backoff] > 3);
    step_until(&mut world, "nothing is under way", |world| row(world).causes[WaitCause::Sending] == 0);
    let (before, mid) = (attempts(&world), mids[8]);
    let legs = world.engine.pick(world.now, &Pick { message: Some(mid), ..Pick::default() }, None).legs;
    retry(&mut world, RetryScope::Legs(legs), false);
    step_until(&mut world, "it was tried", |world| progress(world).deferred == 1);
    let began: Vec<&String> = world.facts.iter().filter(|fact| fact.contains("AttemptStarted")).skip(before).collect();
    assert!(began.len() == 1 && began[0].contains(&format!("{mid:?}")), "{began:?}");
}

#[test]
fn the_sums_of_a_pick_are_what_its_retry_covers() {
    let mut world = deferred(5, 40);
    let picked = world.engine.pick(world.now, &Pick::default(), None);
    assert_eq!((picked.sums.recipients, picked.messages, picked.by_host.len()), (40, 40, 1));
    retry(&mut world, RetryScope::Legs(picked.legs), false);
    assert_eq!(progress(&world).total, 40);
    step_until(&mut world, "over", |world| progress(world).open == 0);
    assert_eq!(progress(&world).delivered, 40);
}
