//! From changes to lists: the feed, the index, the orders, and what a follower is told when.

use super::house::{MORNING, PATIENCE, changes, down, host};
use crate::console::feed;
use crate::console::index::draft::Draft;
use crate::console::index::order::OrderKey;
use crate::console::index::{HostsIndex, IndexedRow};
use crate::console::live::hosts::HostsFollower;
use crate::driver::desk::Changes;
use common::filter::HostFilter;
use common::vocab::{Counters, Timestamp};
use common::wire::{Delta, HostSort, HostsQuery, ServerFrame, Snapshot, Window};
use common::words::Language;
use engine::suspension::Suspension;
use engine::view::{HostView, LimitedView};
use proptest::prelude::*;
use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::{mpsc, watch};
use tokio::time::Instant;

fn index_of(hosts: Vec<HostView>) -> (Draft, HostsIndex) {
    let mut draft = Draft::new(Language::En);
    draft.apply(changes(hosts));
    let index = draft.publish();
    (draft, index)
}

fn names(index: &HostsIndex, sort: HostSort, ascending: bool) -> Vec<String> {
    let key = OrderKey { filter: HostFilter::default(), sort, ascending };
    index.page(&key, None, None, 1_000).rows.iter().map(|row| row.host.to_string()).collect()
}

#[tokio::test]
async fn the_feed_publishes_at_once_after_a_pause_and_then_four_times_a_second_at_most() {
    let (sender, receiver) = mpsc::channel(16);
    let (published, mut index) = feed::channel();
    let (_stop, stopping) = watch::channel(false);
    tokio::spawn(feed::run(receiver, published, Language::En, stopping));
    let flood = tokio::spawn(async move {
        let mut n = 0;
        while sender.send(changes(vec![host("a.test", n)])).await.is_ok() && n < 1_000_000 {
            n += 1;
            tokio::task::yield_now().await;
        }
    });
    let start = Instant::now();
    for n in 0..4 {
        tokio::time::timeout(PATIENCE, index.changed()).await.unwrap().unwrap();
        assert_eq!(index.borrow_and_update().version, n + 1);
        assert!(start.elapsed() >= feed::PUBLISH_EVERY * n as u32, "publish {n} after {:?}", start.elapsed());
    }
    flood.abort();
}

#[tokio::test]
async fn what_the_driver_said_last_is_published_though_the_driver_has_gone() {
    let (sender, receiver) = mpsc::channel(16);
    let (published, mut index) = feed::channel();
    let (_stop, stopping) = watch::channel(false);
    tokio::spawn(feed::run(receiver, published, Language::En, stopping));
    for n in 0..10 {
        sender.send(changes(vec![host("a.test", n)])).await.unwrap();
    }
    drop(sender);
    let last = index.wait_for(|index| index.totals.active_recipients == 9);
    tokio::time::timeout(PATIENCE, last).await.unwrap().unwrap();
}

#[tokio::test]
async fn the_feed_stops_when_it_is_told() {
    let (_sender, receiver) = mpsc::channel(16);
    let (published, _index) = feed::channel();
    let (stop, stopping) = watch::channel(false);
    let feed = tokio::spawn(feed::run(receiver, published, Language::En, stopping));
    stop.send_replace(true);
    tokio::time::timeout(PATIENCE, feed).await.unwrap().unwrap();
}

#[test]
fn a_host_that_has_gone_leaves_list_and_totals_and_its_place_is_used_again() {
    let (mut draft, first) = index_of(vec![host("a.test", 1), host("b.test", 2), host("c.test", 4)]);
    draft.apply(Changes { gone: vec!["b.test".parse().unwrap()], ..changes(vec![host("d.test", 8)]) });
    let second = draft.publish();
    assert_eq!(names(&second, HostSort::Host, true), ["a.test", "c.test", "d.test"]);
    assert_eq!((second.totals.hosts, second.totals.active_recipients), (3, 13));
    assert_eq!(names(&first, HostSort::Host, true), ["a.test", "b.test", "c.test"], "what was published stays");
    // The old order knows the place, not the host that moved in.
    let key = OrderKey { sort: HostSort::Host, ascending: true, ..OrderKey::default() };
    let old = first.order(&key, 100, Instant::now(), Duration::ZERO);
    let seen: Vec<String> = old.window(&second, 0, 10).map(|(_, row)| row.host.to_string()).collect();
    assert_eq!(seen, ["a.test", "c.test"]);
}

#[test]
fn what_a_host_has_counted_stays_in_the_totals_when_its_record_ends() {
    let mut counted = host("a.test", 0);
    (0..5).for_each(|_| counted.counters.delivered());
    let ended = counted.counters;
    let (mut draft, first) = index_of(vec![counted]);
    assert_eq!(first.totals.delivered_recipients, 5);
    draft.apply(Changes { gone: vec!["a.test".parse().unwrap()], ended, ..changes(vec![]) });
    let second = draft.publish();
    assert_eq!(
        (second.totals.hosts, second.totals.delivered_recipients, second.totals.completed_recipients),
        (0, 5, 5)
    );
}

#[test]
fn a_row_that_says_the_same_again_is_not_news() {
    let (mut draft, first) = index_of(vec![host("a.test", 1)]);
    draft.apply(changes(vec![host("a.test", 1)]));
    let second = draft.publish();
    let version = |index: &HostsIndex| index.row(0, u64::MAX).unwrap().version;
    assert_eq!((version(&first), version(&second)), (1, 1));
    draft.apply(changes(vec![host("a.test", 2)]));
    assert_eq!(version(&draft.publish()), 3);
}

#[test]
fn times_that_are_not_there_stand_at_the_end_whichever_way_the_list_runs() {
    let at = |name: &str, ms: Option<u64>| HostView { next_attempt_at: ms.map(Timestamp), ..host(name, 1) };
    let (_, index) = index_of(vec![at("never.test", None), at("late.test", Some(9)), at("soon.test", Some(3))]);
    assert_eq!(names(&index, HostSort::NextAttemptAt, true), ["soon.test", "late.test", "never.test"]);
    assert_eq!(names(&index, HostSort::NextAttemptAt, false), ["late.test", "soon.test", "never.test"]);
}

#[test]
fn the_worst_stands_first_in_the_order_of_status() {
    let up = HostView { status: common::vocab::HostStatus::Up, ..host("up.test", 0) };
    let limited = HostView {
        limited: Some(LimitedView { since: MORNING, by: None }),
        ..HostView { host: "limited.test".parse().unwrap(), ..up.clone() }
    };
    let suspension = Suspension { by: "console".into(), reason: None, since: MORNING, until: None };
    let held =
        HostView { held: Some(suspension.into()), ..HostView { host: "held.test".parse().unwrap(), ..up.clone() } };
    let (_, index) = index_of(vec![host("idle.test", 0), up, host("new.test", 1), held, limited, down("down.test", 1)]);
    let worst_first = ["down.test", "limited.test", "held.test", "new.test", "up.test", "idle.test"];
    assert_eq!(names(&index, HostSort::Status, true), worst_first);
}

#[test]
fn a_short_page_of_a_long_list_is_the_beginning_of_the_whole() {
    let hosts = (0..6_000_u64).map(|n| host(&format!("h{:05}.test", n * 7_919 % 6_000), n * 31 % 50)).collect();
    let (_, index) = index_of(hosts);
    for (sort, ascending) in [(HostSort::ActiveRecipients, false), (HostSort::Host, false), (HostSort::Status, true)] {
        let key = OrderKey { filter: HostFilter::default(), sort, ascending };
        let whole = index.page(&key, None, None, 10_000);
        assert_eq!((whole.rows.len(), whole.total, whole.next), (6_000, 6_000, None));
        let (mut paged, mut cursor) = (Vec::new(), None);
        loop {
            let page = index.page(&key, None, cursor.as_ref(), 500);
            paged.extend(page.rows);
            cursor = page.next;
            if cursor.is_none() {
                break;
            }
        }
        let order = index.order(&key, 10, Instant::now(), Duration::ZERO);
        assert!(!order.reaches(2_000), "only the beginning was put in order");
        let names = |rows: &[Arc<IndexedRow>]| rows.iter().map(|row| row.host.to_string()).collect::<Vec<_>>();
        assert_eq!(names(&paged), names(&whole.rows));
        let first: Vec<String> = order.window(&index, 0, 1_000).map(|(_, row)| row.host.to_string()).collect();
        assert_eq!(first, names(&whole.rows[..1_000]));
    }
}

const SORTS: [HostSort; 9] = [
    HostSort::ActiveRecipients,
    HostSort::CurrentOutboundConnections,
    HostSort::DeliveredRecipients,
    HostSort::SoftBouncedEvents,
    HostSort::HardBouncedRecipients,
    HostSort::Host,
    HostSort::Status,
    HostSort::OldestMessageAt,
    HostSort::NextAttemptAt,
];

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    /// Whatever changes and goes: totals are the sum of what is there, pages together are the whole order, and the
    /// shared order says the same as the pages.
    #[test]
    fn the_index_is_the_sum_of_what_was_said(
        steps in prop::collection::vec((0_u32..200, 0_u64..5, any::<bool>(), any::<bool>()), 1..300),
        sort in prop::sample::select(&SORTS[..]),
        ascending in any::<bool>(),
        limit in 1_usize..40,
    ) {
        let mut draft = Draft::new(Language::En);
        let mut truth: BTreeMap<String, HostView> = BTreeMap::new();
        for (n, active, gone, publish) in steps {
            let name = format!("a-long-common-beginning-{n}.test");
            if gone {
                truth.remove(&name);
                draft.apply(Changes { gone: vec![name.parse().unwrap()], ..changes(vec![]) });
            } else {
                let counters = Counters { soft_bounced_events: active % 3, ..Counters::default() };
                let view = HostView { counters, ..host(&name, active) };
                truth.insert(name, view.clone());
                draft.apply(changes(vec![view]));
            }
            if publish {
                draft.publish();
            }
        }
        let index = draft.publish();
        prop_assert_eq!(index.totals.hosts, truth.len() as u64);
        prop_assert_eq!(index.totals.active_recipients, truth.values().map(HostView::active).sum::<u64>());
        prop_assert_eq!(index.totals.soft_bounced_events, truth.values().map(|v| v.counters.soft_bounced_events).sum::<u64>());
        let key = OrderKey { filter: HostFilter::default(), sort, ascending };
        let (mut paged, mut cursor) = (Vec::new(), None);
        loop {
            let page = index.page(&key, None, cursor.as_ref(), limit);
            prop_assert_eq!(page.total, truth.len() as u64);
            paged.extend(page.rows.iter().map(|row| row.host.to_string()));
            cursor = page.next;
            if cursor.is_none() { break }
        }
        let mut whole = paged.clone();
        whole.sort();
        prop_assert_eq!(&whole, &truth.keys().cloned().collect::<Vec<_>>());
        let order = index.order(&key, 10_000, Instant::now(), Duration::ZERO);
        let ordered: Vec<String> = order.window(&index, 0, 10_000).map(|(_, row)| row.host.to_string()).collect();
        prop_assert_eq!(&paged, &ordered);
        if sort == HostSort::ActiveRecipients {
            let active: Vec<u64> = paged.iter().map(|name| truth[name].active()).collect();
            let sorted = active.is_sorted_by(|a, b| if ascending { a <= b } else { a >= b });
            prop_assert!(sorted);
        }
    }
}

/// A follower with a driver's changes and a clock of its own.
struct Followed {
    draft: Draft,
    index: HostsIndex,
    follower: HostsFollower,
    query: HostsQuery,
    now: Instant,
}

impl Followed {
    fn new(hosts: Vec<HostView>, query: HostsQuery) -> (Followed, Snapshot) {
        let (draft, index) = index_of(hosts);
        let follower = HostsFollower::new(query.clone()).unwrap();
        let mut followed = Followed { draft, index, follower, query, now: Instant::now() };
        let Some(ServerFrame::Snapshot { sid: 1, seq: 1, body }) = followed.step() else { panic!("a snapshot first") };
        followed.follower.acknowledge(1);
        (followed, body)
    }

    fn change(&mut self, hosts: Vec<HostView>) {
        self.draft.apply(changes(hosts));
        self.index = self.draft.publish();
    }

    fn step(&mut self) -> Option<ServerFrame> {
        self.follower.step(1, self.now, &self.index)
    }

    fn delta(&mut self) -> Option<(u64, Delta)> {
        match self.step()? {
            ServerFrame::Delta { seq, body, .. } => Some((seq, body)),
            other => panic!("no delta: {other:?}"),
        }
    }

    fn pass(&mut self, ms: u64) {
        self.now += Duration::from_millis(ms);
    }

    fn tune(&mut self, change: impl FnOnce(&mut HostsQuery)) {
        change(&mut self.query);
        self.follower.tune(self.query.clone()).unwrap();
    }
}

fn rows(delta: &Delta) -> Vec<(String, u64)> {
    let (rows, broken) = delta.decode_rows();
    assert_eq!(broken, 0);
    rows.into_iter().map(|row| (row.host.to_string(), row.active_recipients)).collect()
}

fn three() -> Vec<HostView> {
    vec![host("a.test", 3), host("b.test", 2), host("c.test", 1)]
}

#[test]
fn a_delta_carries_whole_rows_that_changed_and_the_new_count() {
    let (mut followed, snapshot) = Followed::new(three(), HostsQuery::default());
    assert_eq!((snapshot.rows.len(), snapshot.count.total, snapshot.count.matching), (3, 3, 3));
    followed.change(vec![host("b.test", 5)]);
    assert!(followed.step().is_none(), "not within 250 ms");
    followed.pass(250);
    let (seq, delta) = followed.delta().unwrap();
    assert_eq!((seq, rows(&delta)), (2, vec![("b.test".into(), 5)]));
    assert_eq!(delta.order, None, "the order rests for 2 s");
    assert_eq!(delta.count.unwrap().totals.active_recipients, 9);
    followed.pass(250);
    assert!(followed.step().is_none(), "nothing is said twice");
}

#[test]
fn the_order_follows_after_two_seconds_and_newcomers_come_whole() {
    let query = HostsQuery { window: Window { first: 0, len: 2 }, ..HostsQuery::default() };
    let (mut followed, _) = Followed::new(three(), query);
    followed.change(vec![host("c.test", 9)]);
    followed.pass(1_000);
    let (_, delta) = followed.delta().unwrap();
    assert_eq!((rows(&delta), delta.order), (vec![], None), "a row outside of the window only changes the totals");
    assert_eq!(followed.follower.wake(followed.index.version), Some(followed.now + Duration::from_secs(1)));
    followed.pass(1_000);
    let (_, delta) = followed.delta().unwrap();
    assert_eq!(delta.order, Some(vec!["c.test".into(), "a.test".into()]));
    assert_eq!(rows(&delta), [("c.test".into(), 9)]);
    assert_eq!(delta.count, None);
}

#[test]
fn no_more_than_two_frames_are_on_their_way_and_the_rest_is_merged() {
    let (mut followed, _) = Followed::new(three(), HostsQuery::default());
    for n in 10..20 {
        followed.change(vec![host("a.test", n)]);
        followed.pass(300);
        let said = followed.delta().map(|(seq, _)| seq);
        assert_eq!(
            said,
            match n {
                10 => Some(2),
                11 => Some(3),
                _ => None,
            },
            "change {n}"
        );
    }
    followed.follower.acknowledge(2);
    let (seq, delta) = followed.delta().unwrap();
    assert_eq!((seq, rows(&delta)), (4, vec![("a.test".into(), 19)]), "the latest value, one number on");
    assert!(!followed.follower.is_slow(followed.now));
    followed.pass(30_000);
    assert!(followed.follower.is_slow(followed.now));
    followed.follower.acknowledge(u64::MAX);
    assert!(!followed.follower.is_slow(followed.now));
}

#[test]
fn a_frozen_list_keeps_its_order_and_says_how_much_would_move() {
    let (mut followed, _) = Followed::new(three(), HostsQuery::default());
    followed.tune(|query| query.freeze = true);
    followed.pass(300);
    assert!(followed.delta().is_none(), "nothing changes by freezing");
    followed.change(vec![host("c.test", 9)]);
    followed.pass(2_000);
    let (seq, delta) = followed.delta().unwrap();
    followed.follower.acknowledge(seq);
    assert_eq!((rows(&delta), delta.order.is_none(), delta.moved), (vec![("c.test".into(), 9)], true, 3));
    followed.pass(2_000);
    assert!(followed.delta().is_none(), "it is not said again");
    followed.tune(|query| query.freeze = false);
    let (_, delta) = followed.delta().unwrap();
    assert_eq!(delta.order, Some(vec!["c.test".into(), "a.test".into(), "b.test".into()]));
    assert_eq!(delta.moved, 0);
}

#[test]
fn scrolling_brings_only_rows_that_were_not_there() {
    let query = HostsQuery { window: Window { first: 0, len: 2 }, ..HostsQuery::default() };
    let (mut followed, _) = Followed::new(three(), query);
    followed.tune(|query| query.window.first = 1);
    let (_, delta) = followed.delta().expect("a scroll does not wait");
    assert_eq!(delta.order, Some(vec!["b.test".into(), "c.test".into()]));
    assert_eq!(rows(&delta), [("c.test".into(), 1)]);
    followed.tune(|query| query.window.first = 7);
    followed.follower.acknowledge(2);
    assert_eq!(followed.delta().unwrap().1.order, Some(vec![]), "behind the end there is nothing");
}

#[test]
fn another_filter_or_sort_is_a_new_snapshot_with_the_next_number() {
    let (mut followed, _) = Followed::new(three(), HostsQuery::default());
    followed.tune(|query| query.filter = "b.".into());
    let Some(ServerFrame::Snapshot { seq: 2, body, .. }) = followed.step() else { panic!("a snapshot") };
    assert_eq!((body.rows.len(), body.count.total, body.count.matching), (1, 3, 1));
    followed.tune(|query| query.filter = "status:nonsense".into());
    let Some(ServerFrame::Snapshot { seq: 3, body, .. }) = followed.step() else { panic!("a snapshot") };
    assert_eq!((body.rows.len(), body.count.matching), (0, 0), "what is no status matches nothing");
    assert!(followed.follower.tune(HostsQuery { filter: "x".repeat(1_025), ..HostsQuery::default() }).is_err());
}

#[test]
fn a_follower_never_asks_to_be_woken_in_the_past_for_nothing() {
    let (mut followed, _) = Followed::new(three(), HostsQuery::default());
    for n in 0..100_u64 {
        if n % 7 == 0 {
            followed.change(vec![host("c.test", n)]);
        }
        // Woken when it asked for it, it has something to say, or asks for a later moment.
        let version = followed.index.version;
        if let Some(wake) = followed.follower.wake(version) {
            followed.now = followed.now.max(wake);
            if let Some(ServerFrame::Delta { seq, .. }) = followed.step() {
                followed.follower.acknowledge(seq);
            }
            assert!(followed.follower.wake(version).is_none_or(|again| again > followed.now), "round {n}");
        }
        followed.pass(97);
    }
}

/// Run by hand with `--ignored --nocapture`; it prints figures and asserts only what is far from any noise.
#[test]
#[ignore = "a measurement of some seconds; see its figures with --nocapture"]
fn a_hundred_thousand_hosts_are_listed_in_milliseconds() {
    let hosts: Vec<HostView> = (0..100_000).map(|n| host(&format!("d{n:06}.bench.test"), 10)).collect();
    let timed = |what: &str, work: &mut dyn FnMut()| {
        let start = std::time::Instant::now();
        work();
        let took = start.elapsed();
        println!("{what}: {took:?}");
        took
    };
    let mut draft = Draft::new(Language::En);
    let mut index = HostsIndex::empty();
    timed("first publish of 100,000 hosts", &mut || {
        draft.apply(changes(hosts.clone()));
        index = draft.publish();
    });
    let mut n = 0;
    timed("1,000 scattered changes and a publish", &mut || {
        n += 1;
        let some = (0..1_000).map(|i| host(&format!("d{:06}.bench.test", (i * 97 + n) % 100_000), 11)).collect();
        draft.apply(changes(some));
        index = draft.publish();
    });
    let key = OrderKey { filter: HostFilter::default(), sort: HostSort::ActiveRecipients, ascending: false };
    let page = timed("a page of 20, all keys equal", &mut || {
        assert_eq!(index.page(&key, None, None, 20).rows.len(), 20);
    });
    timed("an order of the first 1,024", &mut || drop(index.order(&key, 100, Instant::now(), Duration::ZERO)));
    timed("the whole order", &mut || drop(index.order(&key, 100_000, Instant::now(), Duration::ZERO)));
    let by_name = OrderKey { filter: HostFilter::read("9 test").unwrap(), sort: HostSort::Host, ascending: true };
    timed("the whole order by name, filtered", &mut || {
        drop(index.order(&by_name, 100_000, Instant::now(), Duration::ZERO))
    });
    timed("rows of a window, encoded", &mut || {
        index
            .order(&key, 200, Instant::now(), Duration::ZERO)
            .window(&index, 0, 200)
            .for_each(|(_, row)| drop(row.json().to_owned()));
    });
    timed("the same rows again", &mut || {
        index
            .order(&key, 200, Instant::now(), Duration::ZERO)
            .window(&index, 0, 200)
            .for_each(|(_, row)| drop(row.json().to_owned()));
    });
    assert!(page < Duration::from_secs(2));
}
