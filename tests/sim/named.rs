//! Named worlds: one fact each.

use common::vocab::{ActionId, CountWindow, Counters, HostStatus, MessageId, Timestamp, VerdictCode, WaitCause};
use engine::envelope::Envelope;
use engine::failure::RouteFailure;
use engine::view::{HostView, Search};
use engine::{Engine, Event, HostScope, Output, RetryScope, Settings};
use std::sync::Arc;
use std::time::Duration;
use tests::books::Books;
use tests::host::Character;
use tests::world::{DAWN, World};

pub(super) fn row(world: &World) -> HostView {
    world.engine.hosts().next().expect("one host")
}

pub(super) fn step_until(world: &mut World, what: &str, mut holds: impl FnMut(&World) -> bool) {
    for _ in 0..10_000 {
        if holds(world) {
            return;
        }
        world.step();
    }
    panic!("never: {what}");
}

#[test]
fn a_host_that_refuses_is_down_and_its_mail_stays_unattempted() {
    let mut world = World::with_host(1, "down.test", Character::Down);
    world.send(vec!["a@down.test".parse().unwrap(), "b@down.test".parse().unwrap()]);
    step_until(&mut world, "down", |world| row(world).status == HostStatus::Down);
    let seen = row(&world);
    assert_eq!(seen.evidence.as_ref().map(|e| (e.code, e.addresses_tried)), Some((VerdictCode::TcpRefused, 2)));
    assert_eq!((seen.unattempted, seen.attempted, seen.counters.soft_bounced_events), (2, 0, 0));
    assert_eq!(seen.causes[WaitCause::HostDown], 2);
}

#[test]
fn a_down_host_is_tried_again_after_about_a_minute_by_one_connection() {
    let mut world = World::with_host(2, "down.test", Character::Down);
    for _ in 0..50 {
        world.send(vec!["a@down.test".parse().unwrap()]);
    }
    step_until(&mut world, "down", |world| row(world).status == HostStatus::Down);
    let next = row(&world).next_attempt_at.expect("a host timer");
    assert!((54_000..=66_000).contains(&next.since(world.now).as_millis()), "{next}");
    step_until(&mut world, "a second failure", |world| row(world).next_attempt_at.is_some_and(|at| at > next));
    let pending_at_once = world.facts.iter().filter(|fact| fact.contains("SessionStarted")).count();
    assert!(pending_at_once <= 4, "two addresses, two attempts: {pending_at_once}");
}

#[test]
fn a_greylisted_leg_waits_about_five_minutes_and_is_then_delivered() {
    let mut world = World::with_host(3, "grey.test", Character::Greylisting);
    world.send(vec!["a@grey.test".parse().unwrap()]);
    world.run();
    let seen = row(&world);
    assert_eq!((seen.counters.delivered_recipients, seen.counters.soft_bounced_events), (1, 1));
    let took = world.now.since(DAWN);
    assert!(took >= Duration::from_secs(270), "{took:?}");
}

#[test]
fn a_retry_by_hand_tries_a_greylisted_leg_at_once() {
    let mut world = World::with_host(4, "grey.test", Character::Greylisting);
    world.send(vec!["a@grey.test".parse().unwrap()]);
    step_until(&mut world, "deferred", |world| row(world).causes[WaitCause::Retry] == 1);
    world.handle(Event::Retry { action: ActionId(1), scope: RetryScope::All, canary: false });
    step_until(&mut world, "delivered", |world| row(world).counters.delivered_recipients == 1);
    assert!(world.now.since(DAWN) < Duration::from_secs(10));
}

#[test]
fn a_domain_that_does_not_exist_bounces_at_once() {
    let mut world = World::with_host(5, "gone.test", Character::Nxdomain);
    world.send(vec!["a@gone.test".parse().unwrap()]);
    world.run();
    assert_eq!(row(&world).counters.dns_hard_bounces, 1);
    assert!(world.now.since(DAWN) < Duration::from_secs(10));
}

#[test]
fn later_mail_for_a_domain_that_does_not_exist_bounces_at_once_too() {
    let mut world = World::with_host(5, "gone.test", Character::Nxdomain);
    for count in 1..=3 {
        world.send(vec!["a@gone.test".parse().unwrap()]);
        let sent_at = world.now;
        step_until(&mut world, "bounced", |world| row(world).counters.dns_hard_bounces == count);
        assert!(world.now.since(sent_at) < Duration::from_secs(60), "message {count} waited");
    }
}

#[test]
fn mail_for_a_dead_host_expires_at_the_end_of_its_lifetime() {
    let mut world = World::with_host(6, "down.test", Character::Down);
    world.send(vec!["a@down.test".parse().unwrap()]);
    world.run();
    assert_eq!(row(&world).counters.expired_hard_bounces, 1);
    assert!(world.now.since(DAWN) >= Duration::from_secs(3 * 3600));
}

#[test]
fn a_leg_is_given_up_after_as_many_tries_as_it_may_have() {
    let mut world = World::with_host(7, "full.test", Character::Full);
    world.configure(|settings| settings.tries_max = Some(3));
    world.send(vec!["a@full.test".parse().unwrap()]);
    world.run();
    assert_eq!(world.begun.len(), 3);
    assert_eq!(row(&world).counters.expired_hard_bounces, 1);
    assert!(world.now.since(DAWN) < Duration::from_secs(3600));
}

#[test]
fn a_clock_set_ten_days_ahead_expires_nothing_that_a_living_host_takes() {
    let mut world = World::with_host(9, "grey.test", Character::Greylisting);
    for _ in 0..30 {
        world.send(vec!["a@grey.test".parse().unwrap()]);
    }
    step_until(&mut world, "all deferred", |world| row(world).causes[WaitCause::Retry] == 30);
    world.jump(240);
    world.run();
    let counters = row(&world).counters;
    assert_eq!((counters.delivered_recipients, counters.expired_hard_bounces), (30, 0));
}

#[test]
fn a_clock_set_back_an_hour_leaves_host_and_leg_timers_as_long_as_they_were() {
    let mut world = World::with_host(10, "down.test", Character::Down);
    world.add_host("grey.test", Character::Greylisting);
    world.send(vec!["a@down.test".parse().unwrap(), "a@grey.test".parse().unwrap()]);
    let resting = |world: &World| world.engine.hosts().filter(|row| row.next_attempt_at.is_some()).count() == 2;
    step_until(&mut world, "both wait", resting);
    let waits = |world: &World| -> Vec<Duration> {
        world.engine.hosts().map(|row| row.next_attempt_at.expect("a timer").since(world.now)).collect()
    };
    let before = waits(&world);
    world.jump(-1);
    assert_eq!(waits(&world), before);
    step_until(&mut world, "the rest is over", |world| world.now.since(DAWN - Duration::from_secs(3600)) > before[0]);
}

#[test]
fn senders_are_told_of_failures_of_delays_and_of_what_was_relayed() {
    let (mut failed, mut relayed, mut delayed) = (0, 0, 0);
    for seed in 1..40 {
        let mut world = World::new(seed);
        world.run();
        failed += world.reports.failed;
        relayed += world.reports.relayed;
        delayed += world.reports.delayed;
    }
    assert!(failed > 100 && relayed > 100 && delayed > 100, "{failed} {relayed} {delayed}: too few to prove anything");
}

#[test]
fn a_host_that_was_only_reached_over_another_hosts_session_is_up() {
    let mut world = World::with_host(7, "a.test", Character::Healthy);
    world.add_host("b.test", Character::Healthy);
    world.shared_address = true;
    world.send(vec!["x@a.test".parse().unwrap()]);
    step_until(&mut world, "the first is delivered", |world| row(world).counters.delivered_recipients == 1);
    world.send(vec!["x@b.test".parse().unwrap()]);
    world.run();
    let seen = world.engine.hosts().last().expect("two hosts");
    assert_eq!((seen.host.as_str(), seen.counters.delivered_recipients), ("b.test", 1));
    assert_eq!(world.facts.iter().filter(|fact| fact.contains("SessionStarted")).count(), 1, "they share a session");
    assert_eq!(seen.status, HostStatus::Up);
}

#[test]
fn a_record_ends_three_hours_after_its_last_mail_and_its_counters_stay() {
    let mut world = World::with_host(8, "a.test", Character::Healthy);
    world.send(vec!["x@a.test".parse().unwrap()]);
    world.run();
    step_until(&mut world, "the record ends", |world| world.engine.hosts().next().is_none());
    let idle = world.now.since(DAWN);
    assert!((10_800..10_900).contains(&idle.as_secs()), "{idle:?}");
    assert_eq!(world.engine.ended_counters().delivered_recipients, 1);
}

/// Everything that a filter finds, slice by slice: (message, its recipients' numbers), and how many slices it took.
fn search(world: &World, filter: &str) -> (Vec<(MessageId, Vec<u32>)>, usize) {
    let filter = Arc::new(filter.parse().expect("a filter"));
    let (mut all, mut after, mut slices) = (Vec::new(), None, 0);
    loop {
        let search = Search { filter: Arc::clone(&filter), after, shown_after: None, room: usize::MAX };
        let found = world.engine.search(world.now, &search);
        assert_eq!(found.messages as usize, found.shown.len());
        all.extend(found.shown.iter().map(|message| {
            (message.envelope.mid, message.recipients.iter().map(|recipient| recipient.rid.0).collect())
        }));
        (after, slices) = (found.place, slices + 1);
        if after.is_none() {
            return (all, slices);
        }
    }
}

#[test]
fn a_search_finds_every_message_once_in_slices_and_shows_the_recipients_that_match() {
    let mut world = World::with_host(9, "down.test", Character::Down);
    world.add_host("grey.test", Character::Greylisting);
    let sent: Vec<MessageId> = (0..600)
        .map(|number| world.send(vec![format!("a{number}@down.test").parse().unwrap(), "b@grey.test".parse().unwrap()]))
        .collect();
    let (all, slices) = search(&world, "");
    assert_eq!(all.iter().map(|(mid, _)| *mid).collect::<Vec<_>>(), sent);
    assert!(slices > 3, "1,200 recipients were looked at in {slices} slices");
    let (grey, _) = search(&world, "host:grey.test");
    assert_eq!(grey.len(), 600);
    assert!(grey.iter().all(|(_, rids)| *rids == [1]));
    assert_eq!(search(&world, "to:a77@").0, [(sent[77], vec![0])]);
    assert_eq!(search(&world, "-host:*.test").0, []);
    step_until(&mut world, "down", |world| search(world, "cause:host_down host:down.test").0.len() == 600);
    assert_eq!(search(&world, "cause:host_down to:b@").0, []);
}

#[test]
fn what_a_search_has_no_room_for_is_counted() {
    let mut world = World::with_host(10, "down.test", Character::Down);
    let sent: Vec<MessageId> = (0..5).map(|_| world.send(vec!["a@down.test".parse().unwrap()])).collect();
    let search = |shown_after, room| {
        let search = Search { filter: Arc::default(), after: None, shown_after, room };
        let found = world.engine.search(world.now, &search);
        let shown: Vec<MessageId> = found.shown.iter().map(|message| message.envelope.mid).collect();
        (shown, found.messages, found.more)
    };
    assert_eq!(search(None, 2), (sent[..2].to_vec(), 5, true));
    assert_eq!(search(Some(sent[1]), 2), (sent[2..4].to_vec(), 5, true));
    assert_eq!(search(Some(sent[3]), 2), (sent[4..].to_vec(), 5, false));
}

#[test]
fn a_suspended_host_gets_nothing_and_a_retry_does_not_change_that() {
    let mut world = World::with_host(21, "well.test", Character::Healthy);
    let scope = HostScope::Host("well.test".parse().unwrap());
    world.suspend(scope.clone(), Duration::from_secs(2 * 3600));
    world.send(vec!["a@well.test".parse().unwrap()]);
    world.handle(Event::Retry { action: ActionId(2), scope: RetryScope::All, canary: false });
    let seen = row(&world);
    assert_eq!(seen.causes[WaitCause::Suspended], 1);
    assert_eq!(seen.held.as_ref().and_then(|held| held.reason.as_deref()), Some("they asked for it"));
    assert_eq!(seen.next_attempt_at, Some(DAWN + Duration::from_secs(2 * 3600)), "it ends by itself");
    assert!(!world.facts.iter().any(|fact| fact.contains("SessionStarted")));
    world.resume(scope);
    world.run();
    assert_eq!((row(&world).counters.delivered_recipients, row(&world).held), (1, None));
    assert!(world.now.since(DAWN) < Duration::from_secs(60));
}

#[test]
fn a_suspension_with_an_end_ends_by_itself_and_mail_past_its_lifetime_gets_one_attempt() {
    let mut world = World::with_host(22, "well.test", Character::Healthy);
    world.suspend(HostScope::All, Duration::from_secs(9 * 3600));
    world.send(vec!["a@well.test".parse().unwrap()]);
    world.run();
    assert_eq!(world.now.since(DAWN).as_secs() / 3600, 9, "the lifetime of eight hours was over by then");
    let counters = row(&world).counters;
    assert_eq!((counters.delivered_recipients, counters.expired_hard_bounces), (1, 0));
}

#[test]
fn a_host_suspended_by_itself_stays_so_when_the_suspension_of_all_ends() {
    let mut world = World::with_host(23, "well.test", Character::Healthy);
    let scope = HostScope::Host("well.test".parse().unwrap());
    world.suspend(scope.clone(), Duration::from_secs(3 * 3600));
    world.suspend(HostScope::All, Duration::from_secs(3600));
    world.send(vec!["a@well.test".parse().unwrap()]);
    let preview = world.engine.preview_resume(&scope);
    assert!(preview.all_remains && preview.hosts == 0, "{preview:?}");
    world.run();
    assert_eq!(world.now.since(DAWN).as_secs() / 3600, 3);
}

#[test]
fn the_counters_of_a_host_return_with_it_after_its_record_and_the_process_have_ended() {
    let mut world = World::with_host(24, "well.test", Character::Healthy);
    world.send(vec!["a@well.test".parse().unwrap()]);
    world.run();
    let counted = row(&world);
    assert_eq!(counted.windows.unwrap().sum(world.now, CountWindow::Minute).delivered_recipients, 1);
    step_until(&mut world, "its record ends", |world| world.engine.hosts().next().is_none());
    let mut books = Books::default();
    books.save(&mut world.engine, world.now, 10);
    world.engine = Engine::new(world.now, Settings::default(), 1);
    books.restore(&mut world.engine);
    assert_eq!(world.engine.ended_counters().delivered_recipients, 1);
    let envelope = Envelope { mid: MessageId(9), ..one_recipient("b@well.test", world.now) };
    let mut out = Output::default();
    world.engine.handle(world.now, Event::Accepted(envelope.into()), &mut out);
    assert_eq!(row(&world).counters.delivered_recipients, 1);
    assert_eq!(world.engine.ended_counters().delivered_recipients, 0, "it is counted once");
    let nxdomain = Event::Resolved { host: "well.test".parse().unwrap(), answer: Err(RouteFailure::Nxdomain) };
    world.engine.handle(world.now, nxdomain, &mut out);
    let seen = row(&world);
    assert_eq!(
        (seen.active(), seen.counters.dns_hard_bounces),
        (1, 0),
        "it was found within 30 days: one is not believed"
    );
}

#[test]
fn a_new_base_sets_every_counter_to_zero_and_the_lifetime_goes_on() {
    let mut world = World::with_host(25, "well.test", Character::Healthy);
    world.send(vec!["a@well.test".parse().unwrap(), "b@well.test".parse().unwrap()]);
    world.run();
    world.handle(Event::ResetCounters { action: ActionId(1) });
    assert_eq!((row(&world).counters, world.engine.counters_since()), (Counters::default(), world.now));
    let total = world.engine.counts().total;
    assert_eq!(
        (total.before.delivered_recipients, total.counters, total.messages_at_base),
        (2, Counters::default(), 1)
    );
}

fn one_recipient(to: &str, now: Timestamp) -> Envelope {
    Envelope {
        mid: MessageId(1),
        from: None,
        recipients: vec![to.parse().unwrap()],
        size_bytes: 100,
        received_at: now,
        eight_bit: false,
        smtputf8: false,
        dsn: Default::default(),
    }
}
