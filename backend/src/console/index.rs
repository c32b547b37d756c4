//! The list of all hosts at one moment: immutable, shared by every console and every API call.
//!
//! Hosts live in slots, slots in chunks; a publish copies only the chunks that changed. A row is encoded once,
//! when somebody first looks at it, however many look. Orders are made when asked for (`order`).
//! Never: a change after publishing (that is `draft`'s), a look at the engine's values (that is `view`'s).

pub mod draft;
pub mod order;

use crate::console::view::{self, HostKeys};
use common::vocab::{CountWindow, Counters, Domain, Timestamp};
use common::wire::{HostRow, Totals};
use common::words::Language;
use engine::count::CountsView;
use engine::view::{AlertView, HostView};
use order::OrderBook;
use serde_json::value::RawValue;
use std::sync::{Arc, OnceLock};

/// Slots of a chunk. Measured with 100,000 hosts and 1,000 scattered changes in one publish: 9 ms with 16 slots,
/// 13 with 32, 18 with 64.
pub const CHUNK_SLOTS: usize = 16;

/// A host's row with what consoles share of it.
#[derive(Debug)]
pub struct IndexedRow {
    /// Which.
    pub host: Domain,
    /// The index that first had the row so.
    pub version: u64,
    view: HostView,
    language: Language,
    encoded: OnceLock<Box<RawValue>>,
}

impl IndexedRow {
    /// The row as JSON of [`common::wire::HostRow`]. Encoded at the first call.
    pub fn json(&self) -> &RawValue {
        self.encoded.get_or_init(|| {
            serde_json::value::to_raw_value(&view::host_row(&self.view, self.language))
                .expect("wire types always serialise: string keys, no fallible parts")
        })
    }
}

impl IndexedRow {
    /// The row in a language, with the counters of a window that ends now.
    pub fn row_in(&self, now: Timestamp, window: Option<CountWindow>, language: Language) -> HostRow {
        let mut row = view::host_row(&self.view, language);
        if let Some(window) = window {
            row.set_counters(&self.counters_in(now, window));
        }
        row
    }

    /// The counters of a window that ends now.
    pub(super) fn counters_in(&self, now: Timestamp, window: CountWindow) -> Counters {
        self.view.windows.as_deref().map(|windows| windows.sum(now, window)).unwrap_or_default()
    }
}

/// A place for a host.
#[derive(Clone, Debug)]
pub(super) struct Slot {
    /// The index in which this host came here: an older order does not know it.
    born: u64,
    /// The first octets of the name: equal keys are told apart without following a pointer.
    prefix: u128,
    keys: HostKeys,
    row: Arc<IndexedRow>,
}

/// Some slots and the sums over them.
#[derive(Clone, Debug, Default)]
struct Chunk {
    slots: Vec<Option<Slot>>,
    totals: Totals,
}

/// All hosts at one moment.
#[derive(Debug)]
pub struct HostsIndex {
    /// Grows by one with each publish; 0 before the first.
    pub version: u64,
    /// When this was read off the engine.
    pub as_of: Timestamp,
    /// Since when the counters count.
    pub counters_since: Timestamp,
    /// The bases of what is counted.
    pub counts: CountsView,
    /// What is wrong on our own side.
    pub alerts: Vec<AlertView>,
    /// All that waits from before the start is counted.
    pub complete: bool,
    /// Sums over all hosts.
    pub totals: Totals,
    chunks: Vec<Arc<Chunk>>,
    orders: Arc<OrderBook>,
}

impl HostsIndex {
    /// No host at all, before the driver has said anything.
    pub fn empty() -> HostsIndex {
        HostsIndex {
            version: 0,
            as_of: Timestamp::default(),
            counters_since: Timestamp::default(),
            counts: CountsView::default(),
            alerts: Vec::new(),
            complete: false,
            totals: Totals::default(),
            chunks: Vec::new(),
            orders: Arc::default(),
        }
    }

    /// The row in a slot, if a host is there that was there already in the index of `version`.
    pub fn row(&self, slot: u32, version: u64) -> Option<&Arc<IndexedRow>> {
        self.slot(slot).filter(|found| found.born <= version).map(|found| &found.row)
    }

    /// The sums, with the counters of a window.
    pub fn totals_in(&self, window: Option<CountWindow>) -> Totals {
        let mut totals = self.totals.clone();
        if let Some(window) = window {
            totals.set_counters(&self.counts.windows.sum(self.as_of, window));
        }
        totals
    }

    fn slot(&self, slot: u32) -> Option<&Slot> {
        let slot = slot as usize;
        self.chunks.get(slot / CHUNK_SLOTS)?.slots.get(slot % CHUNK_SLOTS)?.as_ref()
    }

    /// All slots that hold a host.
    fn slots(&self) -> impl Iterator<Item = (u32, &Slot)> {
        self.chunks.iter().enumerate().flat_map(|(chunk, found)| {
            let first = chunk * CHUNK_SLOTS;
            let slots = found.slots.iter().enumerate();
            slots.filter_map(move |(at, slot)| Some(((first + at) as u32, slot.as_ref()?)))
        })
    }
}
