//! What the engine shows of itself: read-only values, cheap to make, complete in themselves.

use crate::LegName;
use crate::count::Windows;
use crate::envelope::Envelope;
use crate::route::Route;
use crate::suspension::Suspension;
use crate::tls::{Protection, TlsRule};
use common::filter::Filter;
use common::vocab::{
    Alert, AttemptId, CauseCounts, Counters, Domain, Guard, HostStatus, Limit, MessageId, RecipientId, Reply,
    Timestamp, VerdictCode, WaitCause,
};
use std::collections::{BTreeMap, BTreeSet};
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

/// Why a host is as it is: the verdict with what it rests on.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Evidence {
    /// The verdict.
    pub code: VerdictCode,
    /// What they said, if they did.
    pub reply: Option<Reply>,
    /// The mail server it was seen at, if any.
    pub exchanger: Option<Arc<str>>,
    /// Its address.
    pub address: Option<SocketAddr>,
    /// When.
    pub at: Timestamp,
    /// Addresses tried in the attempt that ended so.
    pub addresses_tried: u32,
}

/// A failure of TLS with a host.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TlsTrouble {
    /// What failed, where and when.
    pub evidence: Evidence,
    /// What its destination asks for.
    pub asked: TlsRule,
    /// What our TLS said of it, if that was at fault.
    pub detail: Option<Arc<str>>,
}

/// What a wait cause rests on, as far as there is something to say.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Basis {
    /// When it is over or looked at again.
    pub until: Option<Timestamp>,
    /// Which limit of ours it is.
    pub limit: Option<Limit>,
    /// What the limit allows: connections, or recipients per `period`.
    pub most: Option<u32>,
    /// The period of a rate.
    pub period: Option<Duration>,
    /// The pattern of the `[[destination]]` that sets the limit.
    pub rule: Option<Arc<str>>,
    /// What they said or what failed, in the word of the catalogue.
    pub verdict: Option<VerdictCode>,
    /// They asked to be left alone for so long.
    pub asked: Option<Duration>,
    /// Whose hold it is: by whom, why, since when.
    pub hold: Option<Arc<Suspension>>,
    /// Which guard of ours, and by which figures.
    pub guard: Option<Guard>,
}

/// Something is wrong on our own side, beyond any one host.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct AlertView {
    /// What.
    pub what: Alert,
    /// Since when.
    pub since: Timestamp,
    /// Until when it is shown, unless it happens again.
    pub until: Timestamp,
}

/// A host is reachable, but its mail is held back.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LimitedView {
    /// Since when.
    pub since: Timestamp,
    /// By which limit of ours; `None`: they defer us, and the evidence says with which words.
    pub by: Option<(WaitCause, Basis)>,
}

/// A host as a list shows it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct HostView {
    /// The destination domain.
    pub host: Domain,
    /// Up, Down, Unknown.
    pub status: HostStatus,
    /// Since when; `None` while it was never tried.
    pub status_since: Option<Timestamp>,
    /// Reachable, but deferring us or held back by a limit of ours.
    pub limited: Option<LimitedView>,
    /// Delivery to it, or all delivery, is suspended: since when, by whom, why, until when.
    pub held: Option<Arc<Suspension>>,
    /// Why it is as it is.
    pub evidence: Option<Evidence>,
    /// What happened to its recipients since `counters_since`.
    pub counters: Counters,
    /// The same in the latest minute, hour and day, and what waited; `None` if it has counted nothing and nothing ever waited.
    pub windows: Option<Arc<Windows>>,
    /// Recipients in the queue that were never tried.
    pub unattempted: u64,
    /// Recipients in the queue that were tried.
    pub attempted: u64,
    /// Recipients in the queue by the one cause of their waiting.
    pub causes: CauseCounts,
    /// The cause that names its due recipients at this moment; `None` if none is due.
    pub cause: Option<WaitCause>,
    /// What that cause rests on.
    pub basis: Option<Basis>,
    /// What else holds the host as a whole, in naming order.
    pub also: Vec<WaitCause>,
    /// Sessions past their greeting that work for it.
    pub connections: u32,
    /// Connections that were not greeted yet.
    pub pending: u32,
    /// How many connections it may have at this moment.
    pub connections_max: u32,
    /// When its oldest queued message was accepted.
    pub oldest_at: Option<Timestamp>,
    /// The earliest time at which something of it will be tried.
    pub next_attempt_at: Option<Timestamp>,
    /// When an attempt of it last ended.
    pub last_activity_at: Option<Timestamp>,
}

impl HostView {
    /// Recipients in the queue.
    pub fn active(&self) -> u64 {
        self.unattempted + self.attempted
    }
}

/// Everything known of one host.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct HostDetailView {
    /// As in the list.
    pub row: HostView,
    /// Since when its counters count.
    pub counters_since: Timestamp,
    /// Its next hops, while known.
    pub route: Option<Arc<Route>>,
    /// How the latest connection to each address ended.
    pub addresses: Vec<(SocketAddr, Evidence)>,
    /// The latest 4xx and when.
    pub last_4xx: Option<(Reply, Timestamp)>,
    /// The latest 5xx and when.
    pub last_5xx: Option<(Reply, Timestamp)>,
    /// The latest failure of TLS.
    pub last_tls: Option<Arc<TlsTrouble>>,
    /// How the session is or was protected that it used last; `None` before the first.
    pub protection: Option<Protection>,
}

/// A queued message with its recipients that are still in the queue.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct MessageView {
    /// The message.
    pub envelope: Arc<Envelope>,
    /// When it was looked at.
    pub as_of: Timestamp,
    /// What waits of it.
    pub recipients: Vec<RecipientView>,
}

/// A recipient that is still in the queue.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RecipientView {
    /// Its number within the message.
    pub rid: RecipientId,
    /// Why it waits.
    pub cause: WaitCause,
    /// What that rests on.
    pub basis: Basis,
    /// What else holds it, in naming order.
    pub also: Vec<WaitCause>,
    /// Attempts so far.
    pub attempts: u32,
    /// When it is tried next, if a timer decides.
    pub next_attempt_at: Option<Timestamp>,
    /// When it is given up.
    pub expires_at: Timestamp,
    /// How long it has waited for what since this engine got to know it, in naming order.
    pub waited: Vec<(WaitCause, Duration)>,
    /// The latest verdict on it and the reply behind it.
    pub latest: Option<(VerdictCode, Option<Reply>)>,
}

/// What is looked for in the queue, and where to go on.
#[derive(Clone, Debug)]
pub struct Search {
    /// Which recipients.
    pub filter: Arc<Filter>,
    /// The place of the slice before; `None` at the start.
    pub after: Option<MessageId>,
    /// Messages up to this one are counted and not shown.
    pub shown_after: Option<MessageId>,
    /// Messages that are shown at most; the others are counted.
    pub room: usize,
}

/// A slice of what was found.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Found {
    /// Messages with the recipients that pass.
    pub shown: Vec<MessageView>,
    /// Messages with such recipients, shown or not.
    pub messages: u64,
    /// There was a message to show for which there was no room.
    pub more: bool,
    /// Where the next slice goes on; `None` when all was looked at.
    pub place: Option<MessageId>,
}

/// What a retry would touch or has touched.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct RetryView {
    /// Recipients that wait for a timer.
    pub recipients: u64,
    /// Hosts they belong to.
    pub hosts: u64,
    /// Some of these hosts, those with most recipients first; at most 10.
    pub sample: Vec<Domain>,
    /// Recipients in scope that are due already and wait for something else.
    pub already_due: u64,
    /// Recipients in scope that are suspended: due or not, nothing of them goes.
    pub suspended: u64,
    /// Recipients in scope that a session carries at this moment.
    pub sending: u64,
    /// Hosts in scope that were not reached at the latest attempt.
    pub down: u64,
}

/// Which legs are meant, found message by message.
#[derive(Clone, Debug, Default)]
pub struct Pick {
    /// Their recipients pass this.
    pub filter: Arc<Filter>,
    /// They are of this message.
    pub message: Option<MessageId>,
    /// They have this recipient of it.
    pub recipient: Option<RecipientId>,
}

/// A slice of the legs that are meant.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Picked {
    /// The legs.
    pub legs: Vec<LegName>,
    /// Their sums, but for hosts and sample.
    pub sums: RetryView,
    /// Recipients that wait for a timer, by host.
    pub by_host: BTreeMap<Domain, u64>,
    /// Hosts of all the legs that were not reached at the latest attempt.
    pub down: BTreeSet<Domain>,
    /// Their messages.
    pub messages: u64,
    /// Recipients that are not meant and share a leg with some that are.
    pub mates: u64,
    /// Where the next slice goes on; `None` when all was looked at.
    pub place: Option<MessageId>,
}

/// What a retry has come to.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct RetryProgress {
    /// Recipients that it covers; `total - delivered - deferred - failed - undone` were not tried.
    pub total: u64,
    /// Delivered.
    pub delivered: u64,
    /// Tried, and to be tried again.
    pub deferred: u64,
    /// Given up.
    pub failed: u64,
    /// Put back to the timers they had.
    pub undone: u64,
    /// Hosts at which it is not over.
    pub open: u64,
    /// Not all is put back yet.
    pub undoing: bool,
    /// What canaries heard that were not accepted; at most 10.
    pub heard: Vec<Heard>,
    /// Canaries that were not accepted.
    pub refused_canaries: u64,
}

/// What a canary heard.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Heard {
    /// From which host.
    pub host: Domain,
    /// What it means.
    pub code: VerdictCode,
    /// What they said, if they did.
    pub reply: Option<Reply>,
}

/// What a suspension or a resumption would touch or has touched.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct SuspendView {
    /// Recipients in the queue of hosts that change.
    pub recipients: u64,
    /// Of these, in a session at this moment: they end.
    pub sending: u64,
    /// The hosts.
    pub hosts: u64,
    /// Some of them, those with most recipients first; at most 10.
    pub sample: Vec<Domain>,
    /// The scope itself is suspended at this moment.
    pub suspended: bool,
    /// A host resumes, but all delivery is suspended.
    pub all_remains: bool,
}

/// Names of what is in hand, for checks from outside.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct InHand {
    /// The attempt.
    pub attempt: AttemptId,
    /// The message.
    pub mid: MessageId,
    /// The recipients.
    pub rids: Vec<RecipientId>,
}
