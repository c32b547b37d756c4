//! What the console knows. Pages read it; `apply` writes what the server said, `live` writes how the line is.
//!
//! Promises: one signal per row, keyed by host, so that a changed row wakes nothing but itself; the clock stands
//! still while nothing is heard. Never: what the reader chose (that lives in the pages and in the address).

mod apply;
mod board;
mod notice;
mod select;
mod smtp_session;

pub use apply::{Applied, apply, begin_again, welcome};
pub use board::Board;
pub use notice::{Notice, Notices};
pub use select::{Emptiness, NextTry, Why, emptiness, headline, next_try, overview_headline, why, worst_host};
pub use smtp_session::{SessionStage, SmtpSession};

use common::vocab::{Domain, Timestamp};
use common::wire::{HostDetail, HostRow, HostsCount};
use leptos::prelude::*;
use std::collections::HashMap;
use std::time::Duration;

/// Without any frame for so long, what is shown is called stale (the server speaks at least every 5 s).
pub const STALE_AFTER: Duration = Duration::from_secs(12);

/// How the line to the server is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Link {
    /// Never connected so far.
    Connecting,
    /// Connected and welcomed.
    Live,
    /// Lost; the next try comes.
    Lost {
        /// When, in local milliseconds since 1970.
        retry_at: u64,
        /// Which try it will be, from 1.
        attempt: u32,
    },
    /// Lost; a try is under way.
    Retrying {
        /// Which one, from 1.
        attempt: u32,
    },
    /// Websockets do not come through: the page asks every few seconds.
    Polling,
}

/// Who is at the other end.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Server {
    /// The name it greets with.
    pub hostname: String,
    /// Whether this is the lab.
    pub lab: bool,
    /// Its build.
    pub build: String,
}

/// The signals of the console. Cheap to copy.
#[derive(Clone, Copy)]
pub struct Store {
    /// How the line is.
    pub link: RwSignal<Link>,
    /// Who is at the other end; `None` before the first welcome.
    pub server: RwSignal<Option<Server>>,
    /// A newer build answered than the one this page came from.
    pub updated: RwSignal<bool>,
    /// The server as a whole; `None` before the first frame.
    pub overview: RwSignal<Option<Board>>,
    /// The host whose page is open; `None` before its first frame, `Some(None)` without a record.
    pub host: RwSignal<Option<Option<HostDetail>>>,
    /// The SMTP session that is typed here.
    pub session: SmtpSession,
    /// The list of hosts.
    pub hosts: Hosts,
    /// What is to be said to the reader.
    pub notices: Notices,
    /// The browser's clock, by the second.
    pub local_now: RwSignal<u64>,
    /// The server's clock, by the second; stands still while stale.
    pub server_now: RwSignal<Timestamp>,
    /// For how long nothing was heard, once that is too long.
    pub stale: RwSignal<Option<Duration>>,
    /// Server's clock minus browser's, in milliseconds.
    offset_ms: StoredValue<i64>,
    /// When the last frame came, by the browser's clock.
    heard_at: StoredValue<u64>,
}

/// The window of the list of hosts.
#[derive(Clone, Copy)]
pub struct Hosts {
    /// The hosts of the window, in order. Every one of them has a row.
    pub order: RwSignal<Vec<Domain>>,
    /// Rows of the list before the window.
    pub first: RwSignal<u32>,
    /// The numbers beside it; `None` before the first snapshot.
    pub count: RwSignal<Option<HostsCount>>,
    /// Rows that would move if the order were not frozen.
    pub moved: RwSignal<u32>,
    /// Rows that could not be read.
    pub unreadable: RwSignal<u64>,
    rows: StoredValue<HashMap<Domain, ArcRwSignal<HostRow>>>,
    /// A host whose row stays while it is out of the window: the page still shows it.
    kept: StoredValue<Option<Domain>>,
    /// The last frame applied; `None` while a snapshot is awaited.
    last_seq: StoredValue<Option<u64>>,
}

impl Hosts {
    /// The row of a host of the window.
    pub fn row(&self, host: &Domain) -> Option<ArcRwSignal<HostRow>> {
        self.rows.with_value(|rows| rows.get(host).cloned())
    }

    /// The row of this host stays, in or out of the window, so that it is the same row when the window comes back to it.
    pub fn keep(&self, host: Option<Domain>) {
        self.kept.set_value(host);
    }
}

impl Link {
    /// Whether the server can be asked to do something.
    pub fn carries_commands(self) -> bool {
        matches!(self, Link::Live | Link::Polling)
    }
}

impl Store {
    /// Nothing is known yet.
    pub fn new(local_ms: u64) -> Store {
        Store {
            link: RwSignal::new(Link::Connecting),
            server: RwSignal::new(None),
            updated: RwSignal::new(false),
            overview: RwSignal::new(None),
            host: RwSignal::new(None),
            session: SmtpSession::new(),
            hosts: Hosts {
                order: RwSignal::new(Vec::new()),
                first: RwSignal::new(0),
                count: RwSignal::new(None),
                moved: RwSignal::new(0),
                unreadable: RwSignal::new(0),
                rows: StoredValue::new(HashMap::new()),
                kept: StoredValue::new(None),
                last_seq: StoredValue::new(None),
            },
            notices: Notices::new(),
            local_now: RwSignal::new(local_ms),
            server_now: RwSignal::new(Timestamp(local_ms)),
            stale: RwSignal::new(None),
            offset_ms: StoredValue::new(0),
            heard_at: StoredValue::new(local_ms),
        }
    }

    /// From the context.
    pub fn here() -> Store {
        expect_context()
    }

    /// A frame came.
    pub fn heard(&self, local_ms: u64) {
        self.heard_at.set_value(local_ms);
    }

    /// The server said what time it is.
    pub fn set_clock(&self, server: Timestamp, local_ms: u64) {
        self.offset_ms.set_value(server.0 as i64 - local_ms as i64);
    }

    /// The server's time of day when the last frame came.
    pub fn last_heard(&self) -> Timestamp {
        Timestamp(self.heard_at.get_value().saturating_add_signed(self.offset_ms.get_value()))
    }

    /// A second has passed. Answers for how long nothing was heard.
    pub fn tick(&self, local_ms: u64) -> Duration {
        let silence = Duration::from_millis(local_ms.saturating_sub(self.heard_at.get_value()));
        let stale = (silence >= STALE_AFTER).then_some(Duration::from_secs(silence.as_secs()));
        self.local_now.set(local_ms);
        if self.stale.get_untracked() != stale {
            self.stale.set(stale);
        }
        if stale.is_none() {
            self.server_now.set(Timestamp(local_ms.saturating_add_signed(self.offset_ms.get_value())));
        }
        silence
    }

    /// Milliseconds until the server's clock shows the next second.
    pub fn until_next_second(&self, local_ms: u64) -> u64 {
        1_000 - local_ms.saturating_add_signed(self.offset_ms.get_value()) % 1_000
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_clock_is_the_servers_and_stands_still_while_nothing_is_heard() {
        let owner = Owner::new();
        owner.set();
        let store = Store::new(1_000_000);
        store.set_clock(Timestamp(1_005_000), 1_000_000);
        store.heard(1_000_000);
        assert_eq!(store.tick(1_001_000), Duration::from_secs(1));
        assert_eq!((store.server_now.get_untracked(), store.stale.get_untracked()), (Timestamp(1_006_000), None));
        store.tick(1_014_400);
        assert_eq!(store.stale.get_untracked(), Some(Duration::from_secs(14)));
        assert_eq!(store.server_now.get_untracked(), Timestamp(1_006_000));
        assert_eq!(store.last_heard(), Timestamp(1_005_000));
        store.heard(1_015_000);
        store.tick(1_015_300);
        assert_eq!((store.server_now.get_untracked(), store.stale.get_untracked()), (Timestamp(1_020_300), None));
        assert_eq!(store.until_next_second(1_015_300), 700);
    }
}
