//! A frame to the smallest write. Nothing else writes what the server said.
//!
//! Promises: a row that did not change is not written; an order that did not change is not written; a row that
//! cannot be read leaves the others alone; after a gap nothing is written until the next snapshot.

use crate::store::{Board, Notice, Server, Store};
use common::vocab::Domain;
use common::wire::{ActionKind, Delta, HostDetail, HostRow, ServerFrame, Snapshot, Welcome};
use leptos::prelude::*;
use std::collections::{HashMap, HashSet};

/// What became of a frame.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Applied {
    /// It is on its way to the screen: to be acknowledged.
    Painted {
        /// Subscription.
        sid: u32,
        /// Frame number.
        seq: u64,
    },
    /// Frames are missing: subscribe again.
    Gap,
    /// The server ended the subscription.
    Ended,
    /// The answer to this command came.
    Answered(u64),
    /// Nothing to do.
    Nothing,
}

/// Writes a frame into the store.
pub fn apply(store: &Store, frame: &ServerFrame) -> Applied {
    match frame {
        ServerFrame::Snapshot { sid, seq, body } => {
            snapshot(store, body);
            store.hosts.last_seq.set_value(Some(*seq));
            Applied::Painted { sid: *sid, seq: *seq }
        }
        ServerFrame::Delta { sid, seq, body } => match store.hosts.last_seq.get_value() {
            None => Applied::Nothing, // a snapshot has been asked for; this one is older
            Some(last) if *seq <= last => Applied::Nothing, // it came twice
            Some(last) if *seq != last + 1 => {
                begin_again(store);
                Applied::Gap
            }
            Some(_) => {
                delta(store, body);
                store.hosts.last_seq.set_value(Some(*seq));
                Applied::Painted { sid: *sid, seq: *seq }
            }
        },
        // Whole, and never told twice: the latest is right whatever came before, so it needs no acknowledgement.
        ServerFrame::Overview { body, .. } => {
            set_changed(store.overview, Some(Board::from(&**body)));
            Applied::Nothing
        }
        ServerFrame::Host { body, .. } => {
            turn(store, body.as_deref());
            set_changed(store.host, Some(body.as_deref().cloned()));
            Applied::Nothing
        }
        ServerFrame::Reply { id, result } => {
            store.notices.say(match result {
                Ok(action) if action.kind == ActionKind::Retry => Notice::RetryReceipt(Box::new(action.clone())),
                Ok(_) => return Applied::Answered(*id),
                Err(refusal) => Notice::RetryRefused(refusal.error.sentence.clone()),
            });
            Applied::Answered(*id)
        }
        ServerFrame::End { error, .. } => {
            begin_again(store);
            if let Some(refusal) = error {
                store.notices.say(Notice::Ended(refusal.error.sentence.clone()));
            }
            Applied::Ended
        }
        // Handled by `live` as they come, or of no interest to this page.
        ServerFrame::Welcome(_)
        | ServerFrame::Events { .. }
        | ServerFrame::Tick { .. }
        | ServerFrame::Pong { .. }
        | ServerFrame::Drain { .. }
        | ServerFrame::Unknown => Applied::Nothing,
    }
}

/// A host that is looked at and turns is told of once, with its latest state; the first look at it is no turn.
fn turn(store: &Store, now: Option<&HostDetail>) {
    let Some(row) = now.map(|detail| &detail.row) else { return };
    let before = store.host.with_untracked(|known| {
        let before = &known.as_ref()?.as_ref()?.row;
        (before.host == row.host).then_some(before.badge)
    });
    if before.is_some_and(|before| before != row.badge) {
        store.notices.turned.set(Some((row.host.clone(), row.badge)));
    }
}

/// A snapshot is awaited: deltas of before are not applied any more. What is shown stays.
pub fn begin_again(store: &Store) {
    store.hosts.last_seq.set_value(None);
}

/// The first frame of a connection.
pub fn welcome(store: &Store, welcome: &Welcome, local_ms: u64) {
    let server = Server { hostname: welcome.hostname.clone(), lab: welcome.lab, build: welcome.build.clone() };
    store.set_clock(welcome.now, local_ms);
    let before = store.server.get_untracked();
    if before.as_ref().is_some_and(|before| before.build != server.build) {
        store.updated.set(true);
    }
    if before.as_ref() != Some(&server) {
        store.server.set(Some(server));
    }
}

fn snapshot(store: &Store, body: &Snapshot) {
    let (rows, unreadable) = body.decode_rows();
    let order: Vec<Domain> = rows.iter().map(|row| row.host.clone()).collect();
    write_rows(store, rows);
    write_order(store, order, body.first, unreadable as u64);
    store.notices.unsay(|notice| matches!(notice, Notice::Ended(_)));
    set_changed(store.hosts.count, Some(body.count.clone()));
    set_changed(store.hosts.moved, 0);
}

fn delta(store: &Store, body: &Delta) {
    let (rows, unreadable) = body.decode_rows();
    write_rows(store, rows);
    if let Some(order) = &body.order {
        let known = |host: &String| host.parse().ok().filter(|host| store.hosts.row(host).is_some());
        let shown: Vec<Domain> = order.iter().filter_map(known).collect();
        let missing = (order.len() - shown.len()) as u64;
        write_order(store, shown, body.first, missing);
    } else if unreadable > 0 {
        set_changed(store.hosts.unreadable, unreadable as u64);
    }
    if let Some(count) = &body.count {
        set_changed(store.hosts.count, Some(count.clone()));
    }
    set_changed(store.hosts.moved, body.moved);
}

fn write_rows(store: &Store, rows: Vec<HostRow>) {
    for row in rows {
        match store.hosts.row(&row.host) {
            Some(known) if known.with_untracked(|known| *known == row) => {}
            Some(known) => known.set(row),
            None => store.hosts.rows.update_value(|all| {
                all.insert(row.host.clone(), ArcRwSignal::new(row));
            }),
        }
    }
}

/// Rows that have left the window are forgotten: the server sends them whole when they come back.
fn write_order(store: &Store, order: Vec<Domain>, first: u32, unreadable: u64) {
    let kept = store.hosts.kept.get_value();
    let stays: HashSet<&Domain> = order.iter().chain(&kept).collect();
    store.hosts.rows.update_value(|rows: &mut HashMap<_, _>| rows.retain(|host, _| stays.contains(host)));
    set_changed(store.hosts.unreadable, unreadable);
    set_changed(store.hosts.first, first);
    set_changed(store.hosts.order, order);
}

fn set_changed<T: PartialEq + Send + Sync + 'static>(signal: RwSignal<T>, value: T) {
    if signal.with_untracked(|known| *known != value) {
        signal.set(value);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::store::select::tests::row;
    use common::vocab::{Badge, Timestamp};
    use common::wire::{ApiError, ErrorCode, HostsCount};
    use serde_json::value::{RawValue, to_raw_value};

    fn raw(host: &str, active: u64) -> Box<RawValue> {
        let mut row = row(host);
        row.active_recipients = active;
        to_raw_value(&row).unwrap()
    }

    fn detail(row: HostRow) -> HostDetail {
        HostDetail {
            row,
            as_of: Timestamp(0),
            counters_since: Timestamp(0),
            window: None,
            exchangers: Vec::new(),
            named_by: None,
            exchangers_expire_at: None,
            mx_expire_at: None,
            route: None,
            last_4xx: None,
            last_5xx: None,
            last_tls_error: None,
            tls: None,
        }
    }

    fn first(store: &Store, rows: Vec<Box<RawValue>>) {
        let body = Snapshot { rows, first: 0, count: HostsCount { total: 9, ..HostsCount::default() } };
        assert_eq!(apply(store, &ServerFrame::Snapshot { sid: 1, seq: 1, body }), Applied::Painted { sid: 1, seq: 1 });
    }

    fn next(store: &Store, seq: u64, body: Delta) -> Applied {
        apply(store, &ServerFrame::Delta { sid: 1, seq, body })
    }

    fn shown(store: &Store) -> String {
        let hosts = store.hosts.order.get_untracked();
        hosts.iter().map(|host| host.as_str()).collect::<Vec<_>>().join(" ")
    }

    /// An owner that the signals of a test live in, and a store.
    fn fresh() -> (Owner, Store) {
        let owner = Owner::new();
        owner.set();
        (owner, Store::new(0))
    }

    #[test]
    fn a_changed_row_wakes_itself_and_not_its_neighbour() {
        let (_owner, store) = fresh();
        first(&store, vec![raw("a.test", 1), raw("b.test", 1)]);
        let watch = |host: &str| {
            let row = store.hosts.row(&host.parse().unwrap()).unwrap();
            Memo::new(move |runs: Option<&u32>| {
                row.track();
                runs.copied().unwrap_or(0) + 1
            })
        };
        let (a, b) = (watch("a.test"), watch("b.test"));
        assert_eq!((a.get_untracked(), b.get_untracked()), (1, 1));
        let body = Delta { rows: vec![raw("a.test", 2), raw("b.test", 1)], ..Delta::default() };
        assert_eq!(next(&store, 2, body), Applied::Painted { sid: 1, seq: 2 });
        assert_eq!((a.get_untracked(), b.get_untracked()), (2, 1));
    }

    #[test]
    fn a_gap_stops_everything_until_the_next_snapshot() {
        let (_owner, store) = fresh();
        first(&store, vec![raw("a.test", 1)]);
        let change = || Delta { rows: vec![raw("a.test", 7)], ..Delta::default() };
        assert_eq!(next(&store, 3, change()), Applied::Gap);
        assert_eq!(next(&store, 4, change()), Applied::Nothing);
        let active = || store.hosts.row(&"a.test".parse().unwrap()).unwrap().get_untracked().active_recipients;
        assert_eq!(active(), 1);
        first(&store, vec![raw("a.test", 5)]);
        assert_eq!(active(), 5);
        assert_eq!(next(&store, 2, change()), Applied::Painted { sid: 1, seq: 2 });
        assert_eq!(active(), 7);
    }

    #[test]
    fn an_order_brings_rows_in_and_takes_them_out() {
        let (_owner, store) = fresh();
        first(&store, vec![raw("a.test", 1), raw("b.test", 1)]);
        let order = Some(vec!["c.test".to_owned(), "a.test".to_owned()]);
        next(&store, 2, Delta { rows: vec![raw("c.test", 9)], order, ..Delta::default() });
        assert_eq!(shown(&store), "c.test a.test");
        assert!(store.hosts.row(&"b.test".parse().unwrap()).is_none());
        assert_eq!(store.hosts.count.get_untracked().unwrap().total, 9);
    }

    #[test]
    fn a_kept_row_is_the_same_when_the_window_comes_back_to_it() {
        let (_owner, store) = fresh();
        first(&store, vec![raw("a.test", 1), raw("b.test", 1)]);
        let (a, b) = ("a.test".parse().unwrap(), "b.test".parse().unwrap());
        let shown = store.hosts.row(&a).unwrap();
        store.hosts.keep(Some(a));
        next(&store, 2, Delta { rows: vec![raw("c.test", 1)], order: Some(vec!["c.test".into()]), ..Delta::default() });
        assert!(store.hosts.row(&b).is_none());
        next(&store, 3, Delta { rows: vec![raw("a.test", 7)], order: Some(vec!["a.test".into()]), ..Delta::default() });
        assert_eq!(shown.get_untracked().active_recipients, 7);
    }

    #[test]
    fn a_broken_row_is_counted_and_the_others_are_shown() {
        let (_owner, store) = fresh();
        let broken = || RawValue::from_string(r#"{"host":7}"#.into()).unwrap();
        first(&store, vec![broken(), raw("a.test", 1)]);
        assert_eq!((shown(&store).as_str(), store.hosts.unreadable.get_untracked()), ("a.test", 1));
        let order = Some(vec!["a.test".to_owned(), "b.test".to_owned()]);
        next(&store, 2, Delta { rows: vec![broken()], order, ..Delta::default() });
        assert_eq!((shown(&store).as_str(), store.hosts.unreadable.get_untracked()), ("a.test", 1));
    }

    #[test]
    fn a_refused_retry_is_an_alert_with_the_servers_sentence() {
        let (_owner, store) = fresh();
        let result = Err(ApiError::new(ErrorCode::Busy, "Too many at once."));
        assert_eq!(apply(&store, &ServerFrame::Reply { id: 4, result }), Applied::Answered(4));
        assert_eq!(store.notices.alert.get_untracked(), Some(Notice::RetryRefused("Too many at once.".into())));
        assert_eq!(store.notices.status.get_untracked(), None);
    }

    #[test]
    fn a_host_that_turns_is_told_of_and_the_first_look_at_one_is_no_turn() {
        let (_owner, store) = fresh();
        let look = |host: &str, badge: Badge| {
            let body = Some(Box::new(detail(HostRow { badge, ..row(host) })));
            apply(&store, &ServerFrame::Host { sid: 3, seq: 1, body });
            store.notices.turned.get_untracked().map(|(host, badge)| (host.to_string(), badge))
        };
        assert_eq!(look("a.test", Badge::Down), None);
        assert_eq!(look("a.test", Badge::Down), None);
        assert_eq!(look("a.test", Badge::Up), Some(("a.test".into(), Badge::Up)));
        store.notices.turned.set(None);
        assert_eq!(look("b.test", Badge::Down), None, "another host");
    }

    #[test]
    fn another_build_is_noticed_once_it_answers() {
        let (_owner, store) = fresh();
        let limits = common::wire::Limits { subscriptions: 16, window_rows: 200, frame_bytes: 65_536 };
        let hello = |build: &str| Welcome {
            conn: 1,
            epoch: 1,
            build: build.into(),
            now: common::vocab::Timestamp(5),
            hostname: "mail.test".into(),
            lab: true,
            limits,
        };
        welcome(&store, &hello("a"), 0);
        assert!(!store.updated.get_untracked() && store.server.get_untracked().unwrap().lab);
        welcome(&store, &hello("a"), 0);
        assert!(!store.updated.get_untracked());
        welcome(&store, &hello("b"), 0);
        assert!(store.updated.get_untracked());
    }
}
