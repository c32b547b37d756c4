//! The desk: how doors (console, control socket) ask the driver something. Bounded; every question gets an answer.

use crate::spool::SpoolError;
use common::vocab::{ActionId, Counters, Domain, MessageId, Timestamp};
use engine::count::CountsView;
use engine::suspension::Suspension;
use engine::view::{
    AlertView, Found, HostDetailView, HostView, MessageView, Pick, Picked, RetryProgress, RetryView, Search,
    SuspendView,
};
use engine::{HostScope, RetryScope};
use tokio::sync::{mpsc, oneshot};

/// Questions that may wait at the desk. More would only mean that the driver is stuck.
pub const QUESTIONS_MAX: usize = 256;

/// A question to the driver, with the place for its answer.
#[derive(Debug)]
pub enum Question {
    /// Make due what waits for a timer, and say how much that was.
    Retry {
        /// Names the action.
        action: ActionId,
        /// Hosts, or all.
        scope: RetryScope,
        /// One message of each host first.
        canary: bool,
        /// The answer.
        answer: oneshot::Sender<RetryView>,
    },
    /// A slice of the legs that are meant; makes them due if it is to.
    Pick {
        /// Which.
        pick: Pick,
        /// Where the slice before ended.
        after: Option<MessageId>,
        /// Names the action, and whether one message of each host goes first; `None`: only looks.
        retry: Option<(ActionId, bool)>,
        /// The answer.
        answer: oneshot::Sender<Picked>,
    },
    /// What a retry has come to.
    Progress {
        /// Which.
        action: ActionId,
        /// Take it back first, some of it at a time.
        undo: bool,
        /// The answer; `None` if it is not known any more.
        answer: oneshot::Sender<Option<RetryProgress>>,
    },
    /// What a retry would touch.
    PreviewRetry {
        /// Hosts, or all.
        scope: RetryScope,
        /// The answer.
        answer: oneshot::Sender<RetryView>,
    },
    /// Let every counter begin anew.
    ResetCounters {
        /// Names the action.
        action: ActionId,
        /// The answer, once the new base is on disk.
        answer: oneshot::Sender<Result<(), SpoolError>>,
    },
    /// Start nothing of it any more. It is on disk.
    Suspend {
        /// Names the action.
        action: ActionId,
        /// One host, or all.
        scope: HostScope,
        /// By whom, why, until when.
        suspension: Suspension,
        /// The answer: it holds.
        answer: oneshot::Sender<()>,
    },
    /// Let it go on. It is on disk.
    Resume {
        /// Names the action.
        action: ActionId,
        /// One host, or all.
        scope: HostScope,
        /// The answer: it goes on.
        answer: oneshot::Sender<()>,
    },
    /// What a suspension would touch.
    PreviewSuspend {
        /// One host, or all.
        scope: HostScope,
        /// The answer.
        answer: oneshot::Sender<SuspendView>,
    },
    /// What a resumption would touch.
    PreviewResume {
        /// One host, or all.
        scope: HostScope,
        /// The answer.
        answer: oneshot::Sender<SuspendView>,
    },
    /// Everything known of one host.
    Host {
        /// Which.
        host: Domain,
        /// The answer; `None` if there is no record of it.
        answer: oneshot::Sender<Option<Box<HostDetailView>>>,
    },
    /// A queued message.
    Message {
        /// Which.
        mid: MessageId,
        /// The answer; `None` if it is not in the queue.
        answer: oneshot::Sender<Option<Box<MessageView>>>,
    },
    /// A slice of a search through the queue.
    Search {
        /// What is looked for, and where to go on.
        search: Search,
        /// The answer.
        answer: oneshot::Sender<Found>,
    },
}

/// The driver has stopped.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct DriverGone;

/// A handle for doors. Cheap to clone.
#[derive(Clone, Debug)]
pub struct Desk(mpsc::Sender<Question>);

impl Desk {
    /// A desk and the driver's side of it.
    pub fn new() -> (Desk, mpsc::Receiver<Question>) {
        let (sender, receiver) = mpsc::channel(QUESTIONS_MAX);
        (Desk(sender), receiver)
    }

    async fn ask<T>(&self, question: impl FnOnce(oneshot::Sender<T>) -> Question) -> Result<T, DriverGone> {
        let (sender, receiver) = oneshot::channel();
        self.0.send(question(sender)).await.map_err(|_| DriverGone)?;
        receiver.await.map_err(|_| DriverGone)
    }

    /// Makes due what waits for a timer.
    pub async fn retry(&self, action: ActionId, scope: RetryScope, canary: bool) -> Result<RetryView, DriverGone> {
        self.ask(|answer| Question::Retry { action, scope, canary, answer }).await
    }

    /// The next slice of the legs that are meant, due from now on if `retry` names an action.
    pub async fn pick(
        &self,
        pick: Pick,
        after: Option<MessageId>,
        retry: Option<(ActionId, bool)>,
    ) -> Result<Picked, DriverGone> {
        self.ask(|answer| Question::Pick { pick, after, retry, answer }).await
    }

    /// What a retry has come to; with `undo` after some more of it was taken back.
    pub async fn progress(&self, action: ActionId, undo: bool) -> Result<Option<RetryProgress>, DriverGone> {
        self.ask(|answer| Question::Progress { action, undo, answer }).await
    }

    /// What a retry would touch.
    pub async fn preview_retry(&self, scope: RetryScope) -> Result<RetryView, DriverGone> {
        self.ask(|answer| Question::PreviewRetry { scope, answer }).await
    }

    /// Lets every counter begin anew.
    pub async fn reset_counters(&self, action: ActionId) -> Result<Result<(), SpoolError>, DriverGone> {
        self.ask(|answer| Question::ResetCounters { action, answer }).await
    }

    /// Starts nothing of it any more.
    pub async fn suspend(&self, action: ActionId, scope: HostScope, suspension: Suspension) -> Result<(), DriverGone> {
        self.ask(|answer| Question::Suspend { action, scope, suspension, answer }).await
    }

    /// Lets it go on.
    pub async fn resume(&self, action: ActionId, scope: HostScope) -> Result<(), DriverGone> {
        self.ask(|answer| Question::Resume { action, scope, answer }).await
    }

    /// What a suspension would touch.
    pub async fn preview_suspend(&self, scope: HostScope) -> Result<SuspendView, DriverGone> {
        self.ask(|answer| Question::PreviewSuspend { scope, answer }).await
    }

    /// What a resumption would touch.
    pub async fn preview_resume(&self, scope: HostScope) -> Result<SuspendView, DriverGone> {
        self.ask(|answer| Question::PreviewResume { scope, answer }).await
    }

    /// Everything known of one host.
    pub async fn host(&self, host: Domain) -> Result<Option<Box<HostDetailView>>, DriverGone> {
        self.ask(|answer| Question::Host { host, answer }).await
    }

    /// A queued message.
    pub async fn message(&self, mid: MessageId) -> Result<Option<Box<MessageView>>, DriverGone> {
        self.ask(|answer| Question::Message { mid, answer }).await
    }

    /// The next slice of a search. Whoever searches asks slice by slice, so that the driver is never held up.
    pub async fn search(&self, search: Search) -> Result<Found, DriverGone> {
        self.ask(|answer| Question::Search { search, answer }).await
    }
}

/// What changed since the driver last published: complete rows. At most every 250 ms.
#[derive(Clone, Debug, Default)]
pub struct Changes {
    /// When this was read off the engine.
    pub as_of: Timestamp,
    /// Since when the counters count.
    pub counters_since: Timestamp,
    /// Hosts that changed, each complete.
    pub changed: Vec<HostView>,
    /// Hosts whose record ended.
    pub gone: Vec<Domain>,
    /// Counters of the hosts whose record has ended: they belong to the totals.
    pub ended: Counters,
    /// The bases of what is counted.
    pub counts: CountsView,
    /// What is wrong on our own side.
    pub alerts: Vec<AlertView>,
    /// All that waits from before the start is counted.
    pub complete: bool,
}
