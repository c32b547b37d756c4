//! The index in the making: takes changes, gives immutable indexes.
//!
//! A change costs one look into a map and one slot; a publish costs the chunks that changed and one pass over the
//! chunks' sums. Never: work per host that did not change.

use super::order::OrderBook;
use super::{CHUNK_SLOTS, Chunk, HostsIndex, IndexedRow, Slot};
use crate::console::view;
use crate::driver::desk::Changes;
use common::vocab::{Counters, Domain, Timestamp};
use common::wire::Totals;
use common::words::Language;
use engine::count::CountsView;
use engine::view::{AlertView, HostView};
use std::collections::{BTreeSet, HashMap};
use std::sync::{Arc, OnceLock};

/// The hosts as far as they are known, and which chunks changed since the last publish.
pub struct Draft {
    language: Language,
    version: u64,
    as_of: Timestamp,
    counters_since: Timestamp,
    ended: Counters,
    counts: CountsView,
    alerts: Vec<AlertView>,
    complete: bool,
    chunks: Vec<Arc<Chunk>>,
    orders: Arc<OrderBook>,
    places: HashMap<Domain, u32>,
    vacant: Vec<u32>,
    dirty: BTreeSet<usize>,
}

impl Draft {
    /// No hosts. `language` is the one of the words in rows.
    pub fn new(language: Language) -> Draft {
        Draft {
            language,
            version: 0,
            as_of: Timestamp::default(),
            counters_since: Timestamp::default(),
            ended: Counters::default(),
            counts: CountsView::default(),
            alerts: Vec::new(),
            complete: false,
            chunks: Vec::new(),
            orders: Arc::default(),
            places: HashMap::new(),
            vacant: Vec::new(),
            dirty: BTreeSet::new(),
        }
    }

    /// Takes what changed.
    pub fn apply(&mut self, changes: Changes) {
        self.as_of = changes.as_of;
        self.counters_since = changes.counters_since;
        self.ended = changes.ended;
        self.counts = changes.counts;
        self.alerts = changes.alerts;
        self.complete = changes.complete;
        for host in &changes.gone {
            self.remove(host);
        }
        for view in changes.changed {
            self.put(view);
        }
    }

    fn put(&mut self, view: HostView) {
        let (next, language) = (self.version + 1, self.language);
        let place = self.places.get(&view.host).copied();
        let slot = place.unwrap_or_else(|| self.vacate(&view.host));
        if place.is_some_and(|slot| self.holds(slot, &view)) {
            return;
        }
        let entry = self.entry(slot);
        let born = entry.as_ref().map_or(next, |old| old.born);
        let (prefix, keys) = (prefix(&view.host), view::host_keys(&view));
        let row = IndexedRow { host: view.host.clone(), version: next, view, language, encoded: OnceLock::new() };
        *entry = Some(Slot { born, prefix, keys, row: Arc::new(row) });
    }

    /// Whether the slot says so already. An equal row is not said again.
    fn holds(&self, slot: u32, view: &HostView) -> bool {
        let (chunk, at) = (slot as usize / CHUNK_SLOTS, slot as usize % CHUNK_SLOTS);
        self.chunks[chunk].slots[at].as_ref().is_some_and(|held| held.row.view == *view)
    }

    /// A slot for a host that has none.
    fn vacate(&mut self, host: &Domain) -> u32 {
        let slot = self.vacant.pop().unwrap_or(self.places.len() as u32);
        self.places.insert(host.clone(), slot);
        slot
    }

    fn remove(&mut self, host: &Domain) {
        if let Some(slot) = self.places.remove(host) {
            *self.entry(slot) = None;
            self.vacant.push(slot);
        }
    }

    /// The slot, in a chunk that no published index shares.
    fn entry(&mut self, slot: u32) -> &mut Option<Slot> {
        let (chunk, at) = (slot as usize / CHUNK_SLOTS, slot as usize % CHUNK_SLOTS);
        if self.chunks.len() <= chunk {
            self.chunks.resize_with(chunk + 1, Arc::default);
        }
        self.dirty.insert(chunk);
        let slots = &mut Arc::make_mut(&mut self.chunks[chunk]).slots;
        if slots.len() <= at {
            slots.resize_with(at + 1, || None);
        }
        &mut slots[at]
    }

    /// The hosts as they are now, for everybody.
    pub fn publish(&mut self) -> HostsIndex {
        self.version += 1;
        for chunk in std::mem::take(&mut self.dirty) {
            let chunk = Arc::make_mut(&mut self.chunks[chunk]);
            chunk.totals = Totals::default();
            for slot in chunk.slots.iter().flatten() {
                view::add_host(&mut chunk.totals, &slot.row.view);
            }
        }
        // What was counted stays counted when a host's record ends.
        let mut totals = view::counted(&self.ended);
        for chunk in &self.chunks {
            view::add_totals(&mut totals, &chunk.totals);
        }
        HostsIndex {
            version: self.version,
            as_of: self.as_of,
            counters_since: self.counters_since,
            counts: self.counts.clone(),
            alerts: self.alerts.clone(),
            complete: self.complete,
            totals,
            chunks: self.chunks.clone(),
            orders: self.orders.clone(),
        }
    }
}

/// The first 16 octets of a name; compares as the names do, as far as it goes.
fn prefix(host: &Domain) -> u128 {
    let mut octets = [0; 16];
    let name = host.as_str().as_bytes();
    let length = name.len().min(octets.len());
    octets[..length].copy_from_slice(&name[..length]);
    u128::from_be_bytes(octets)
}
