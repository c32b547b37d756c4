//! Everything the engine tells to whoever listens: log, tracking, counters. A closed list, past tense.
//! Facts are small: ids, codes, times; text by shared handle.

use crate::envelope::Envelope;
use crate::event::HostScope;
use crate::suspension::Suspension;
use crate::tls::Protection;
use common::vocab::{
    ActionId, Alert, AttemptId, Domain, HardBounce, HostStatus, MessageId, RecipientId, Reply, SessionId, Timestamp,
    VerdictCode,
};
use std::net::SocketAddr;
use std::sync::Arc;

/// Something to tell.
#[derive(Clone, Debug)]
pub enum Fact {
    /// A message entered the queue.
    Queued {
        /// The message.
        envelope: Arc<Envelope>,
    },
    /// A session is being opened.
    SessionStarted {
        /// Its number.
        session: SessionId,
        /// For whom.
        host: Domain,
        /// Where to.
        address: SocketAddr,
    },
    /// A session can carry messages.
    SessionReady {
        /// Its number.
        session: SessionId,
        /// TLS with what it proved, or clear text and why.
        protection: Protection,
    },
    /// A session ended or failed.
    SessionEnded {
        /// Its number.
        session: SessionId,
        /// Messages it carried.
        messages: u32,
        /// Why it failed; nothing when it ended well.
        verdict: Option<VerdictCode>,
        /// The same in the words of the library, where the handshake failed. May hold the peer's text.
        detail: Option<Arc<str>>,
    },
    /// A transaction began.
    AttemptStarted {
        /// Its number.
        attempt: AttemptId,
        /// Over which session.
        session: SessionId,
        /// The message.
        mid: MessageId,
        /// Which recipients.
        rids: Vec<RecipientId>,
    },
    /// A recipient was accepted by the next hop.
    Delivered {
        /// The message.
        mid: MessageId,
        /// The recipient.
        rid: RecipientId,
        /// Over which session; none for a discarding route.
        session: Option<SessionId>,
        /// What they said.
        reply: Reply,
    },
    /// A recipient was not, and is tried again.
    Deferred {
        /// The message.
        mid: MessageId,
        /// The recipient.
        rid: RecipientId,
        /// What it means.
        verdict: VerdictCode,
        /// What they said, if they did.
        reply: Option<Reply>,
        /// Attempts so far.
        attempts: u32,
        /// When it is tried again.
        next_attempt_at: Timestamp,
    },
    /// A recipient failed for good.
    Bounced {
        /// The message.
        mid: MessageId,
        /// The recipient.
        rid: RecipientId,
        /// Counted as.
        kind: HardBounce,
        /// What it means.
        verdict: VerdictCode,
        /// What they said, if they did.
        reply: Option<Reply>,
    },
    /// Many domains at once are said not to exist: the resolver is not believed for now, and nothing bounces by its word.
    ResolverSuspected {
        /// Different domains in the stretch.
        domains: u32,
        /// Of these, said not to exist.
        gone: u32,
    },
    /// Several unrelated hosts refuse us at once: what they refuse from now on waits for a person, or for its time.
    BrakePulled {
        /// Recipients refused in the stretch.
        recipients: u64,
        /// Unrelated hosts that refused them.
        hosts: u64,
        /// When the first ones that wait are tried again.
        until: Timestamp,
    },
    /// A host's status moved.
    HostMoved {
        /// Which.
        host: Domain,
        /// From.
        from: HostStatus,
        /// To.
        to: HostStatus,
        /// Because.
        verdict: VerdictCode,
    },
    /// The wall clock jumped.
    ClockJumped {
        /// What it should have shown.
        from: Timestamp,
        /// What it shows.
        to: Timestamp,
    },
    /// What was wrong on our own side is over, or has been shown for long enough.
    AlertEnded {
        /// What it was.
        what: Alert,
        /// Since when it stood.
        since: Timestamp,
    },
    /// Every counter began anew.
    CountersReset {
        /// The action.
        action: ActionId,
    },
    /// Delivery was suspended.
    Suspended {
        /// The action; `None`: as it was before the start.
        action: Option<ActionId>,
        /// One host, or all.
        scope: HostScope,
        /// By whom, why, until when.
        suspension: Arc<Suspension>,
    },
    /// Delivery goes on.
    Resumed {
        /// The action; `None`: its time was over.
        action: Option<ActionId>,
        /// One host, or all.
        scope: HostScope,
    },
    /// An operator's retry was carried out; once more for each host whose canary was accepted.
    Retried {
        /// The action.
        action: ActionId,
        /// Recipients that became due.
        recipients: u64,
        /// Hosts they belong to.
        hosts: u64,
    },
}
