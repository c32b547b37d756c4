//! Lists in order: whole orders shared by equal subscriptions, single pages for the API.
//!
//! An order is made when somebody asks, from keys that lie side by side in memory; hosts of equal keys stand A to Z.
//! Equal questions within the same index, or within the age the asker allows, get the same order.

use super::{HostsIndex, IndexedRow, Slot};
use crate::console::view::HostKeys;
use common::filter::HostFilter;
use common::vocab::{Badge, CountWindow, Domain, Timestamp};
use common::wire::HostSort;
use std::cmp::Ordering;
use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;
use tokio::time::Instant;

/// Orders that are kept: one per list somebody looks at. The oldest leaves first.
const ORDERS_MAX: usize = 64;
/// Rows that a first order holds. Nearly every window lies there, and a part is much cheaper than the whole.
const PREFIX_ROWS: usize = 1_024;
/// Candidates are weeded out in groups of four times so many at least.
const CANDIDATES_MIN: usize = 256;

/// Which hosts, by what.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
pub struct OrderKey {
    /// Which hosts.
    pub filter: HostFilter,
    /// By what.
    pub sort: HostSort,
    /// Smallest value first: A to Z, oldest first, Down first.
    pub ascending: bool,
}

/// The order of a list at one moment.
#[derive(Debug)]
pub struct Order {
    /// The index it was made from; hosts that came later are not in it.
    pub version: u64,
    /// Hosts that match the filter.
    pub matching: u64,
    slots: Vec<u32>,
    made: Instant,
}

impl Order {
    /// The rows at `first..first + len` as they are in `index`; hosts that have gone are left out.
    pub fn window<'a>(
        &'a self,
        index: &'a HostsIndex,
        first: usize,
        len: usize,
    ) -> impl Iterator<Item = (u32, &'a Arc<IndexedRow>)> {
        let slots = self.slots.iter().skip(first).take(len);
        slots.filter_map(|&slot| Some((slot, index.row(slot, self.version)?)))
    }

    /// Whether rows up to `end` are in order.
    pub fn reaches(&self, end: usize) -> bool {
        self.slots.len() >= end || self.slots.len() as u64 == self.matching
    }
}

/// Where a host stands in an order: smaller first. Names decide between equal places.
type Place = (u64, u128, u32);

/// Where one order is kept. Its own lock: two who ask for the same order make it once, others do not wait.
type Shelf = Arc<Mutex<Option<Arc<Order>>>>;

/// The orders that equal subscriptions share.
#[derive(Debug, Default)]
pub struct OrderBook {
    orders: Mutex<HashMap<OrderKey, Shelf>>,
}

impl OrderBook {
    /// The place where the order of `key` is kept.
    fn shelf(&self, key: &OrderKey) -> Shelf {
        let mut orders = self.orders.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(shelf) = orders.get(key) {
            return shelf.clone();
        }
        if orders.len() >= ORDERS_MAX {
            let made = |shelf: &Shelf| shelf.try_lock().ok().map(|order| order.as_ref().map(|order| order.made));
            let oldest = orders.iter().filter_map(|(key, shelf)| Some((made(shelf)?, key))).min_by_key(|(at, _)| *at);
            if let Some(key) = oldest.map(|(_, key)| key.clone()) {
                orders.remove(&key);
            }
        }
        orders.entry(key.clone()).or_default().clone()
    }
}

impl HostsIndex {
    /// The order of `key`, good for rows up to `end`: of this index, or one that is less than `age` old `now`.
    pub fn order(&self, key: &OrderKey, end: usize, now: Instant, age: Duration) -> Arc<Order> {
        let shelf = self.orders.shelf(key);
        let mut shelf = shelf.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(order) = shelf.as_ref()
            && order.reaches(end)
            && (order.version >= self.version || now.saturating_duration_since(order.made) < age)
        {
            return order.clone();
        }
        let rows = if end <= PREFIX_ROWS { PREFIX_ROWS } else { usize::MAX };
        let order = Arc::new(self.make_order(key, rows, now));
        *shelf = Some(order.clone());
        order
    }

    fn make_order(&self, key: &OrderKey, rows: usize, made: Instant) -> Order {
        let (places, matching) =
            self.first(key, self.matching(key).map(|(at, slot)| place(key, at, slot, &slot.keys)), rows);
        let slots = places.into_iter().map(|(_, _, slot)| slot).collect();
        Order { version: self.version, matching, slots, made }
    }

    fn matching<'a>(&'a self, key: &'a OrderKey) -> impl Iterator<Item = (u32, &'a Slot)> {
        let all = key.filter.is_everything();
        self.slots().filter(move |(_, slot)| all || key.filter.passes(&slot.keys.candidate(&slot.row.host)))
    }

    /// The first `rows` of many places, in order, and how many places there were. What cannot be among the first is
    /// passed over as soon as that is known: a short page of a long list costs little more than looking at it.
    fn first(&self, key: &OrderKey, places: impl Iterator<Item = Place>, rows: usize) -> (Vec<Place>, u64) {
        let compare = |a: &Place, b: &Place| self.compare(key, a, b);
        let room = rows.max(CANDIDATES_MIN).saturating_mul(4);
        let (mut kept, mut last, mut seen) = (Vec::new(), None::<Place>, 0);
        let cut = |kept: &mut Vec<Place>| {
            if rows < kept.len() {
                kept.select_nth_unstable_by(rows, compare);
                kept.truncate(rows);
            }
        };
        for place in places {
            seen += 1;
            if last.is_some_and(|last| compare(&place, &last) == Ordering::Greater) {
                continue;
            }
            kept.push(place);
            if kept.len() >= room {
                cut(&mut kept);
                last = kept.iter().copied().max_by(compare);
            }
        }
        cut(&mut kept);
        kept.sort_unstable_by(compare);
        (kept, seen)
    }

    fn compare(&self, key: &OrderKey, a: &Place, b: &Place) -> Ordering {
        let name = |place: &Place| self.slot(place.2).map(|slot| slot.row.host.as_str());
        let by_name = || a.1.cmp(&b.1).then_with(|| name(a).cmp(&name(b)));
        a.0.cmp(&b.0).then_with(|| if backwards(key) { by_name().reverse() } else { by_name() })
    }

    /// The keys of a host, with the counters of a window.
    fn keys_in(&self, slot: &Slot, window: CountWindow) -> HostKeys {
        let counters = slot.row.counters_in(self.as_of, window);
        HostKeys {
            delivered: counters.delivered_recipients,
            soft_bounced: counters.soft_bounced_events,
            hard_bounced: counters.hard_bounced_recipients,
            ..slot.keys
        }
    }

    /// A page of the list: `limit` rows behind the cursor, how many hosts match, and the cursor of the next page.
    /// With a window, hosts stand by what they counted in it.
    pub fn page(&self, key: &OrderKey, window: Option<CountWindow>, after: Option<&Cursor>, limit: usize) -> Page {
        let mut total = 0;
        let behind = self.matching(key).inspect(|_| total += 1).filter_map(|(at, slot)| {
            let place = match window {
                Some(window) => place(key, at, slot, &self.keys_in(slot, window)),
                None => place(key, at, slot, &slot.keys),
            };
            after.is_none_or(|cursor| cursor.is_before(key, place.0, &slot.row.host)).then_some(place)
        });
        let (places, left) = self.first(key, behind, limit);
        let more = left > limit as u64;
        let next = places
            .last()
            .filter(|_| more)
            .and_then(|(place, _, slot)| Some(Cursor { place: *place, host: self.slot(*slot)?.row.host.clone() }));
        let rows = places.iter().filter_map(|(_, _, slot)| Some(self.slot(*slot)?.row.clone())).collect();
        Page { rows, total, next }
    }
}

/// A page of a list.
#[derive(Debug)]
pub struct Page {
    /// In order.
    pub rows: Vec<Arc<IndexedRow>>,
    /// Hosts that match.
    pub total: u64,
    /// Where the next page begins; `None` on the last.
    pub next: Option<Cursor>,
}

/// The last row of a page: the next one begins behind it, whatever came and went meanwhile.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Cursor {
    place: u64,
    host: Domain,
}

impl Cursor {
    /// As text for a URL.
    pub fn to_text(&self) -> String {
        format!("{:x}.{}", self.place, self.host)
    }

    /// Reads what [`Cursor::to_text`] wrote.
    pub fn parse(text: &str) -> Option<Cursor> {
        let (place, host) = text.split_once('.')?;
        Some(Cursor { place: u64::from_str_radix(place, 16).ok()?, host: host.parse().ok()? })
    }

    fn is_before(&self, key: &OrderKey, place: u64, host: &Domain) -> bool {
        let by_name = self.host.cmp(host);
        self.place.cmp(&place).then(if backwards(key) { by_name.reverse() } else { by_name }) == Ordering::Less
    }
}

/// Z to A is the only order in which names run backwards.
fn backwards(key: &OrderKey) -> bool {
    key.sort == HostSort::Host && !key.ascending
}

fn place(key: &OrderKey, at: u32, slot: &Slot, keys: &HostKeys) -> Place {
    (place_of(key, keys), slot.prefix, at)
}

fn place_of(key: &OrderKey, keys: &HostKeys) -> u64 {
    let number = |value: u64| if key.ascending { value } else { u64::MAX - value };
    match key.sort {
        HostSort::ActiveRecipients => number(keys.active),
        HostSort::CurrentOutboundConnections => number(keys.connections.into()),
        HostSort::DeliveredRecipients => number(keys.delivered),
        HostSort::SoftBouncedEvents => number(keys.soft_bounced),
        HostSort::HardBouncedRecipients => number(keys.hard_bounced),
        HostSort::Host => 0,
        HostSort::Status => number(severity(keys)),
        HostSort::OldestMessageAt => moment(key, keys.oldest_at),
        HostSort::NextAttemptAt => moment(key, keys.next_attempt_at),
    }
}

/// A time that is not there stands at the end, whichever way the list runs.
fn moment(key: &OrderKey, at: Option<Timestamp>) -> u64 {
    match at {
        None => u64::MAX,
        Some(at) if key.ascending => at.0.min(u64::MAX - 1),
        Some(at) => u64::MAX - 1 - at.0.min(u64::MAX - 1),
    }
}

/// Down, Limited, Held, Unknown with mail waiting, Up, Unknown.
fn severity(keys: &HostKeys) -> u64 {
    match keys.badge {
        Badge::Down => 0,
        Badge::Limited => 1,
        Badge::Held => 2,
        Badge::Unknown if keys.active > 0 => 3,
        Badge::Up => 4,
        Badge::Unknown => 5,
    }
}
