//! One followed list of hosts: what its client has, what changed, and whether the client may be told now.
//!
//! Lossy in time, never in value: whatever could not be said yet is merged. No clock and no socket in here: time is
//! handed in, frames are handed out.

use super::WINDOW_ROWS_MAX;
use crate::console::index::order::{Order, OrderKey};
use crate::console::index::{HostsIndex, IndexedRow};
use common::filter::HostFilter;
use common::vocab::Domain;
use common::wire::{ApiError, Delta, ErrorCode, HostsCount, HostsQuery, ServerFrame, Snapshot};
use common::words::Language;
use std::collections::{HashMap, VecDeque};
use std::sync::Arc;
use std::time::Duration;
use tokio::time::Instant;

/// Time between two frames.
const FRAME_EVERY: Duration = Duration::from_millis(250);
/// Time between two orders: rows that jump more often cannot be clicked.
const ORDER_EVERY: Duration = Duration::from_secs(2);
/// How old an order may be that an equal subscription made.
const ORDER_AGE: Duration = Duration::from_secs(1);
/// Frames that the client has not painted yet.
const UNPAINTED_MAX: usize = 2;
/// For a frame to be painted. A hidden tab does not paint, but it acknowledges.
const PAINT_WITHIN: Duration = Duration::from_secs(30);

/// A row that the client has.
#[derive(Clone, Debug)]
struct Shown {
    host: Domain,
    slot: u32,
    version: u64,
}

/// See the file's head.
pub(in crate::console) struct HostsFollower {
    query: HostsQuery,
    key: OrderKey,
    seq: u64,
    /// Frames on their way: number and when they were said.
    unpainted: VecDeque<(u64, Instant)>,
    /// The client must get everything: at the start, and after another filter or sort.
    anew: bool,
    /// The window moved: the client waits for rows.
    moved_window: bool,
    shown: Vec<Shown>,
    /// Rows of the list before `shown`.
    shown_first: u32,
    order: Option<Arc<Order>>,
    matching: u64,
    /// When the order was looked at last; `None` before the first snapshot.
    ordered_at: Option<Instant>,
    count: HostsCount,
    /// Rows out of place, as it was said last.
    moved: u32,
    said_at: Option<Instant>,
    said_version: u64,
}

impl HostsFollower {
    /// A list that nothing was said of yet. `BadField` for a filter that is too long.
    pub(in crate::console) fn new(query: HostsQuery) -> Result<HostsFollower, ApiError> {
        Ok(HostsFollower {
            key: key(&query)?,
            query,
            seq: 0,
            unpainted: VecDeque::new(),
            anew: true,
            moved_window: false,
            shown: Vec::new(),
            shown_first: 0,
            order: None,
            matching: 0,
            ordered_at: None,
            count: HostsCount::default(),
            moved: 0,
            said_at: None,
            said_version: 0,
        })
    }

    /// Looks at another part, or in another order.
    pub(in crate::console) fn tune(&mut self, query: HostsQuery) -> Result<(), ApiError> {
        let key = key(&query)?;
        if key != self.key {
            self.anew = true;
        }
        self.moved_window |= query.window != self.query.window || query.freeze != self.query.freeze;
        (self.key, self.query) = (key, query);
        Ok(())
    }

    /// The client has painted the frames up to `seq`.
    pub(in crate::console) fn acknowledge(&mut self, seq: u64) {
        while self.unpainted.front().is_some_and(|(said, _)| *said <= seq) {
            self.unpainted.pop_front();
        }
    }

    /// Whether the client has not painted a frame for too long.
    pub(in crate::console) fn is_slow(&self, now: Instant) -> bool {
        self.unpainted.front().is_some_and(|(_, said_at)| now >= *said_at + PAINT_WITHIN)
    }

    /// When to look again though nothing happens; `None` if there is no reason to.
    pub(in crate::console) fn wake(&self, version: u64) -> Option<Instant> {
        let slow = self.unpainted.front().map(|(_, said_at)| *said_at + PAINT_WITHIN);
        if self.unpainted.len() >= UNPAINTED_MAX {
            return slow;
        }
        let frame = (version != self.said_version || self.anew || self.moved_window).then(|| self.next_frame());
        // Not before the next frame: what is due then could not be said earlier.
        let order = self
            .order
            .as_ref()
            .filter(|order| order.version < version)
            .map(|_| self.ordered_at.map(|at| at + ORDER_EVERY).max(self.next_frame()));
        [slow, frame.flatten(), order.flatten()].into_iter().flatten().min()
    }

    fn next_frame(&self) -> Option<Instant> {
        self.said_at.map(|said_at| said_at + FRAME_EVERY)
    }

    /// The next frame, if there is something to say and the client may be told.
    pub(in crate::console) fn step(&mut self, sid: u32, now: Instant, index: &HostsIndex) -> Option<ServerFrame> {
        if self.unpainted.len() >= UNPAINTED_MAX {
            return None;
        }
        if self.anew {
            return Some(self.snapshot(sid, now, index));
        }
        let early = self.next_frame().is_some_and(|next| now < next);
        if early && !self.moved_window {
            return None;
        }
        let body = self.delta(now, index)?;
        Some(ServerFrame::Delta { sid, seq: self.number(now), body })
    }

    /// The number of the next frame, which is said now.
    fn number(&mut self, now: Instant) -> u64 {
        self.seq += 1;
        self.said_at = Some(now);
        self.unpainted.push_back((self.seq, now));
        self.seq
    }

    fn snapshot(&mut self, sid: u32, now: Instant, index: &HostsIndex) -> ServerFrame {
        let order = index.order(&self.key, self.end(), now, Duration::ZERO);
        let window = self.window(&order, index);
        let rows = window.iter().map(|(_, row)| row.json().to_owned()).collect();
        self.shown = window.iter().map(|(slot, row)| shown(*slot, row)).collect();
        self.shown_first = self.query.window.first;
        self.matching = order.matching;
        self.count = self.count_in(index);
        (self.order, self.ordered_at, self.said_version) = (Some(order), Some(now), index.version);
        (self.anew, self.moved_window, self.moved) = (false, false, 0);
        ServerFrame::Snapshot {
            sid,
            seq: self.number(now),
            body: Snapshot { rows, first: self.query.window.first, count: self.count.clone() },
        }
    }

    /// What changed since the last frame; `None` if nothing did.
    fn delta(&mut self, now: Instant, index: &HostsIndex) -> Option<Delta> {
        let mut delta = Delta { moved: self.moved, ..Delta::default() };
        let due = self.order.as_ref().is_none_or(|order| order.version < index.version) && self.order_is_old(now);
        if due || self.moved_window {
            self.reorder(now, index, &mut delta);
        }
        for shown in &mut self.shown {
            let row = index.row(shown.slot, u64::MAX).filter(|row| row.host == shown.host);
            if let Some(row) = row.filter(|row| row.version != shown.version) {
                shown.version = row.version;
                delta.rows.push(row.json().to_owned());
            }
        }
        let count = self.count_in(index);
        if count != self.count {
            self.count = count.clone();
            delta.count = Some(count);
        }
        self.said_version = index.version;
        let moved = delta.moved != self.moved;
        self.moved = delta.moved;
        (moved || delta.order.is_some() || delta.count.is_some() || !delta.rows.is_empty()).then_some(delta)
    }

    fn order_is_old(&self, now: Instant) -> bool {
        self.ordered_at.is_none_or(|at| now >= at + ORDER_EVERY)
    }

    /// Puts the window into today's order, or counts what is out of place while the order is frozen.
    fn reorder(&mut self, now: Instant, index: &HostsIndex, delta: &mut Delta) {
        let tuned = std::mem::take(&mut self.moved_window);
        let frozen = self.query.freeze;
        let today = index.order(&self.key, self.end(), now, ORDER_AGE);
        self.matching = today.matching;
        if self.order_is_old(now) {
            self.ordered_at = Some(now);
        }
        // A frozen list that is scrolled goes on in the order that it was frozen in, as far as that is known.
        let kept = self.order.as_ref().filter(|order| frozen && tuned && order.reaches(self.end()));
        let order = kept.unwrap_or(&today).clone();
        if frozen && !tuned {
            let window = self.window(&today, index);
            let places = window.iter().map(|(_, row)| &row.host);
            let out = self.shown.iter().map(|shown| &shown.host).zip(places).filter(|(a, b)| a != b).count();
            delta.moved = (out + self.shown.len().abs_diff(window.len())) as u32;
            return;
        }
        delta.moved = if frozen { self.moved } else { 0 };
        let window = self.window(&order, index);
        let same = self.shown_first == self.query.window.first
            && window.len() == self.shown.len()
            && window.iter().zip(&self.shown).all(|((_, a), b)| a.host == b.host);
        if !same {
            let known: HashMap<&Domain, u64> = self.shown.iter().map(|shown| (&shown.host, shown.version)).collect();
            // Version 0 is no row's: rows that come into the window are said whole.
            let version = |row: &IndexedRow| known.get(&row.host).copied().unwrap_or(0);
            let shown = window.iter().map(|(slot, row)| Shown { version: version(row), ..shown(*slot, row) }).collect();
            delta.order = Some(window.iter().map(|(_, row)| row.host.to_string()).collect());
            delta.first = self.query.window.first;
            (self.shown, self.shown_first) = (shown, self.query.window.first);
        }
        self.order = Some(order);
    }

    /// The numbers beside the window. How many match a filter is known since the latest order.
    fn count_in(&self, index: &HostsIndex) -> HostsCount {
        let total = index.totals.hosts;
        let matching = if self.key.filter.is_everything() { total } else { self.matching };
        HostsCount { total, matching, totals: index.totals.clone() }
    }

    /// One behind the last row of the window.
    fn end(&self) -> usize {
        self.query.window.first as usize + self.query.window.len.min(WINDOW_ROWS_MAX) as usize
    }

    fn window(&self, order: &Order, index: &HostsIndex) -> Vec<(u32, Arc<IndexedRow>)> {
        let window = self.query.window;
        let rows = order.window(index, window.first as usize, window.len.min(WINDOW_ROWS_MAX) as usize);
        rows.map(|(slot, row)| (slot, row.clone())).collect()
    }
}

fn shown(slot: u32, row: &IndexedRow) -> Shown {
    Shown { host: row.host.clone(), slot, version: row.version }
}

/// What a query asks for. A word that does not exist matches nothing: a filter is read while it is typed.
fn key(query: &HostsQuery) -> Result<OrderKey, ApiError> {
    let filter = match HostFilter::typed(&query.filter) {
        Ok(filter) => filter,
        Err(why) if why.is_size() => {
            return Err(ApiError::field(ErrorCode::BadField, "filter", Language::En.say_filter(&why)));
        }
        Err(_) => HostFilter::nothing(),
    };
    Ok(OrderKey { filter, sort: query.sort, ascending: query.ascending })
}
