//! The phrases of the catalogue. Parameters are typed; remote text is never a phrase.
//!
//! A fixed text is a [`Label`] (a few words on a control) or a [`Note`] (a whole sentence); what carries numbers,
//! names or times is a [`Phrase`]. A name inside a sentence may be given as [`SLOT`]: the page then splits the
//! sentence there and puts an element in its place.

use crate::vocab::{Alert, Badge, Guard, Limit, NotSent, Owner, VerdictCode, WaitCause};
use crate::words::{Label, Note};
use std::time::Duration;

/// Stands for a name that the caller puts in by itself (U+FFFC, the object replacement character).
pub const SLOT: &str = "\u{fffc}";

/// Everything that page, verbs and log say of their own.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Phrase<'a> {
    /// The word of a badge.
    Badge(Badge),
    /// What a badge says of a host, in one sentence.
    BadgeMeaning(Badge),
    /// Whose side it is on.
    Owner(Owner),
    /// A wait cause in a few words.
    Cause(WaitCause),
    /// A wait cause with what it rests on.
    Waiting(Waiting<'a>),
    /// What is wrong on our own side.
    Alert(Alert),
    /// What to do about it.
    AlertAdvice(Alert),
    /// A verdict in a few words, for a table's cell.
    Brief(VerdictCode),
    /// How a session is protected.
    Protection(Protection<'a>),
    /// Why a line typed into a session was not sent.
    NotSent(NotSent),
    /// The page title *Delivery Status*.
    DeliveryStatus,
    /// A column of the table of hosts.
    Column(Column),
    /// A few words on a control.
    Label(Label),
    /// A whole sentence without parameters.
    Note(Note),
    /// `2 h 14 min`, for tables: the two largest units.
    ShortSpan(Duration),
    /// `2 hours 14 minutes`, for sentences.
    LongSpan(Duration),
    /// `13 recipients`.
    Recipients(u64),
    /// `2 hosts`.
    Hosts(u64),
    /// `2 addresses`.
    Addresses(u64),
    /// The sentence at the head of the page.
    Headline(Headline<'a>),
    /// The title of the browser's tab.
    TabTitle {
        /// Hosts that are down.
        down: u64,
    },
    /// How long the list is, and in which order.
    ListFooter(ListFooter),
    /// A list longer than the page has room for.
    ListCut {
        /// Rows that it has room for.
        shown: u64,
    },
    /// Rows that were left out because they could not be read.
    UnreadableRows(u64),
    /// No host matches what was typed (shown beside it).
    NoHostMatches(&'a str),
    /// So many hosts are chosen.
    HostsChosen(u64),
    /// The next try to connect.
    ReconnectingIn {
        /// Whole seconds until then.
        seconds: u64,
    },
    /// How old the data are.
    LastUpdate(Duration),
    /// Said once when the connection has been lost for a while.
    ConnectionLost {
        /// Time of day of the last frame, as shown.
        as_of: &'a str,
    },
    /// Said once when the state of the host whose page is open turns.
    HostTurned {
        /// The domain.
        host: &'a str,
        /// Its state now.
        badge: Badge,
    },
    /// How far a retry has come.
    RetryProgress(crate::wire::Progress),
    /// Damaged records, which are never sent.
    DamagedRecords(u64),
    /// How far a start has come with what waits from before.
    StillReading {
        /// Messages that are known so far.
        read: u64,
        /// Messages in all; 0 while they are not counted yet.
        of: u64,
    },
    /// What *Retry All Delivery* is about to do.
    RetryPlan {
        /// Recipients in the queue.
        recipients: u64,
        /// Hosts they wait for.
        hosts: u64,
    },
    /// The receipt of a retry.
    RetryReceipt(RetryReceipt),
    /// A retry that was refused.
    RetryRefused(&'a str),
}

/// A column of the table of hosts, in the order of the page.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Column {
    /// The host.
    DestinationDomain,
    /// Its badge and since when.
    LatestHostStatus,
    /// The verdict or the wait cause.
    Why,
    /// Recipients in the queue.
    ActiveRecipients,
    /// The time until the next attempt.
    NextRetry,
    /// Sessions, and how many it may have.
    ConnectionsOut,
    /// Accepted by the next hop.
    DeliveredRecipients,
    /// Temporary failures.
    SoftBounced,
    /// Final failures.
    HardBounced,
    /// The age of the oldest message.
    Oldest,
    /// What waited in the latest hour, as a shape.
    Trend,
}

impl Column {
    /// All of them.
    pub const ALL: [Column; 11] = [
        Column::DestinationDomain,
        Column::LatestHostStatus,
        Column::Why,
        Column::ActiveRecipients,
        Column::NextRetry,
        Column::ConnectionsOut,
        Column::DeliveredRecipients,
        Column::SoftBounced,
        Column::HardBounced,
        Column::Oldest,
        Column::Trend,
    ];
}

/// The one sentence that answers: is anything wrong?
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Headline<'a> {
    /// The queue is empty.
    NoMail,
    /// Mail is in the queue and nothing stands in its way.
    AllMoving,
    /// One host explains most of the waiting.
    Host(HostTrouble<'a>),
    /// Several hosts do, or the worst one is not known.
    Several {
        /// Recipients in the queue.
        recipients: u64,
        /// Hosts that are down.
        down: u64,
        /// Hosts that are limited.
        limited: u64,
        /// Hosts that are held.
        held: u64,
    },
}

/// See [`Headline::Host`].
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct HostTrouble<'a> {
    /// Recipients that wait for it.
    pub recipients: u64,
    /// Its name, or [`SLOT`].
    pub host: &'a str,
    /// Why; `None` where only the badge is known.
    pub code: Option<VerdictCode>,
    /// For how long.
    pub span: Option<Duration>,
    /// Other hosts that are down, limited or held.
    pub others: u64,
}

/// See [`Phrase::Waiting`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Waiting<'a> {
    /// The cause.
    pub cause: WaitCause,
    /// Which limit of ours it is.
    pub limit: Option<Limit>,
    /// What the limit allows: connections, or recipients per `period`.
    pub most: Option<u64>,
    /// The period of a rate.
    pub period: Option<Duration>,
    /// The `match` of the `[[destination]]` that sets the limit.
    pub rule: Option<&'a str>,
    /// What they said or what failed.
    pub verdict: Option<VerdictCode>,
    /// Whose hold it is.
    pub hold: Option<Hold<'a>>,
    /// Which guard of ours, and by which figures.
    pub guard: Option<Guard>,
    /// They asked to be left alone for so long.
    pub asked: Option<Duration>,
}

impl Waiting<'_> {
    /// The cause alone.
    pub fn of(cause: WaitCause) -> Waiting<'static> {
        let (limit, most, period, rule) = (None, None, None, None);
        Waiting { cause, limit, most, period, rule, verdict: None, hold: None, guard: None, asked: None }
    }
}

/// Who said that something is to wait, and why.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Hold<'a> {
    /// Who it was, or by which door they came.
    pub by: &'a str,
    /// Why, if they said so.
    pub reason: Option<&'a str>,
}

/// How a session is protected, and if it is not, why.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Protection<'a> {
    /// TLS with a certificate that proves the name.
    Verified {
        /// `TLS 1.3`.
        version: &'a str,
    },
    /// TLS with a certificate that does not.
    NotVerified {
        /// `TLS 1.3`.
        version: &'a str,
        /// Why not.
        because: VerdictCode,
    },
    /// Clear text: a rule says so.
    ClearByRule,
    /// Clear text: they offer no TLS.
    ClearNotOffered,
    /// Clear text: their handshake failed.
    ClearBroken,
}

/// See [`Phrase::ListFooter`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ListFooter {
    /// Hosts that match the filter.
    pub matching: u64,
    /// Hosts in all.
    pub total: u64,
    /// Recipients in the whole queue.
    pub waiting: u64,
    /// By what the rows are sorted.
    pub sort: Column,
}

/// See [`Phrase::RetryReceipt`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct RetryReceipt {
    /// Recipients that matched.
    pub matched: u64,
    /// Of these, made due.
    pub done: u64,
    /// Of these, left as they are because something failed.
    pub failed: u64,
    /// Hosts they belong to.
    pub hosts: u64,
    /// Whether the work goes on.
    pub running: bool,
}
