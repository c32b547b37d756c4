//! What an operator does to mail: checked, done once, receipted.
//!
//! Promises: the same key does it once, however often and from wherever it is asked, and a request that is dropped
//! half-way is finished all the same; what this server cannot do yet is refused in words, never done differently.
//! Never: a change of the queue by itself. The driver does it; the page, the API and the verbs come through here.

mod retry;
mod suspend;

use crate::clock::Clock;
use crate::console::state::asked;
use crate::console::view;
use crate::driver::desk::Desk;
use crate::spool::Spool;
use common::vocab::{ActionId, Domain, Timestamp};
use common::wire::{Action, ActionKind, ActionRequest, ActionState, ApiError, Asked, ErrorCode, RetryMode, Scope};
use common::words::Language;
use engine::HostScope;
use retry::{Entry, Retry};
use std::collections::{BTreeMap, HashMap, VecDeque};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;
use suspend::{Change, SUSPEND_MAX};
use tokio::sync::OnceCell;

/// Receipts that are kept.
pub const HISTORY_MAX: usize = 1_000;
/// Keys that are kept.
pub const KEYS_MAX: usize = 1_000;
/// How long a key is kept.
pub const KEY_LIFETIME: Duration = Duration::from_secs(24 * 3600);
/// Octets of a key: a UUID has 36.
const KEY_BYTES_MAX: usize = 128;
/// Characters of a reason: it goes into the log.
const REASON_CHARS_MAX: usize = 500;

/// What became of a key: what was asked, and the receipt once it is there.
#[derive(Clone)]
struct Keyed {
    request: ActionRequest,
    at: Timestamp,
    receipt: Arc<OnceCell<Action>>,
}

#[derive(Default)]
struct Pages {
    keys: HashMap<String, Keyed>,
    /// Keys in the order in which they came.
    order: VecDeque<String>,
    history: BTreeMap<ActionId, Entry>,
}

struct Inner {
    desk: Desk,
    spool: Arc<dyn Spool>,
    clock: Clock,
    /// Held by the one change that is being written down and done.
    turn: tokio::sync::Mutex<()>,
    /// Held by the one look through the queue for what is to be retried.
    looking: tokio::sync::Mutex<()>,
    numbers: AtomicU64,
    pages: Mutex<Pages>,
}

/// The book of what was done. Cheap to clone.
#[derive(Clone)]
pub struct ActionBook(Arc<Inner>);

impl ActionBook {
    /// An empty book; the first action gets the number behind `first`.
    pub fn new(desk: Desk, spool: Arc<dyn Spool>, clock: Clock, first: u64) -> ActionBook {
        let numbers = AtomicU64::new(first);
        ActionBook(Arc::new(Inner {
            desk,
            spool,
            clock,
            numbers,
            turn: Default::default(),
            looking: Default::default(),
            pages: Mutex::default(),
        }))
    }

    /// Does what is asked, or counts it for a dry run. `BadField` for what cannot be done, `NotFound` for a host
    /// without a record, `Unavailable` while the driver does not answer.
    /// `by` says who asks, or by which door.
    pub async fn act(&self, request: ActionRequest, by: &str, language: Language) -> Result<Action, ApiError> {
        let task = check(&request, by)?;
        if request.dry_run {
            return match task {
                Task::Change(change) => self.plan(&change, language).await,
                Task::ResetCounters => Ok(view::reset_receipt(ActionState::Planned)),
                Task::Retry(retry) => Ok(self.plan_retry(&retry).await?.said(language)),
            };
        }
        let cell = self.cell(&request)?;
        // In a task of its own: a caller that hangs up must not leave it half done, nor make the key do it twice.
        let (book, by) = (self.clone(), by.to_owned());
        let work = tokio::spawn(async move {
            cell.get_or_try_init(|| book.carry_out(task, &request, by, language)).await.cloned()
        });
        work.await.unwrap_or_else(|_| Err(ApiError::new(ErrorCode::Internal, "The action broke off. See the log.")))
    }

    /// The place for the receipt: a new one, or the one that the key has already.
    fn cell(&self, request: &ActionRequest) -> Result<Arc<OnceCell<Action>>, ApiError> {
        let Some(key) = &request.key else { return Ok(Arc::default()) };
        let now = self.0.clock.now();
        let mut pages = self.pages();
        pages.forget_keys(now);
        if let Some(known) = pages.keys.get(key) {
            return if known.request == *request {
                Ok(known.receipt.clone())
            } else {
                let sentence = "This key was used for something else. Make a new key for a new action.";
                Err(ApiError::field(ErrorCode::BadField, "key", sentence))
            };
        }
        let receipt = Arc::<OnceCell<Action>>::default();
        pages.order.push_back(key.clone());
        pages.keys.insert(key.clone(), Keyed { request: request.clone(), at: now, receipt: receipt.clone() });
        Ok(receipt)
    }

    async fn carry_out(
        &self,
        task: Task,
        request: &ActionRequest,
        by: String,
        language: Language,
    ) -> Result<Action, ApiError> {
        if let Task::Retry(retry) = &task {
            self.plan_retry(retry).await?; // what cannot be done gets no number
        }
        let id = ActionId(self.0.numbers.fetch_add(1, Ordering::Relaxed) + 1);
        tracing::info!(action = %id, kind = ?request.kind, scope = ?request.scope, reason = ?request.reason, "asked for");
        let at = self.0.clock.now();
        let mut entry = match task {
            Task::Change(change) => Entry::of(self.change(id, change, language).await?),
            Task::ResetCounters => {
                suspend::written(asked(self.0.desk.reset_counters(id)).await?)?;
                Entry::of(Action { id: Some(id), ..view::reset_receipt(ActionState::Done) })
            }
            Task::Retry(retry) => self.retry(id, retry, at).await?,
        };
        let (scope, mode, reason) = (request.scope.clone(), request.mode, request.reason.clone());
        entry.asked = Some(Asked { by, at, scope, mode, reason });
        let receipt = entry.said(language);
        tracing::info!(action = %id, recipients = receipt.done, hosts = receipt.hosts, "done");
        let mut pages = self.pages();
        pages.history.insert(id, entry);
        while pages.history.len() > HISTORY_MAX {
            pages.history.pop_first();
        }
        Ok(receipt)
    }

    fn pages(&self) -> MutexGuard<'_, Pages> {
        self.0.pages.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Pages {
    /// Forgets keys over a day old, and the oldest where there are too many.
    fn forget_keys(&mut self, now: Timestamp) {
        while let Some(key) = self.order.front() {
            let old = self.keys.get(key).is_none_or(|known| now.since(known.at) >= KEY_LIFETIME);
            if !old && self.order.len() < KEYS_MAX {
                break;
            }
            self.keys.remove(key);
            self.order.pop_front();
        }
    }
}

/// The ancestor's words for a host it does not know.
pub fn no_record_of(host: &Domain) -> ApiError {
    ApiError::new(ErrorCode::NotFound, format!("No record of host: {host}"))
}

/// What is asked, once it is known that it can be done.
enum Task {
    /// Make due what waits for a timer.
    Retry(Retry),
    /// Suspend or resume.
    Change(Change),
    /// Let every counter begin anew.
    ResetCounters,
}

/// What is asked, if this server can do it.
fn check(request: &ActionRequest, by: &str) -> Result<Task, ApiError> {
    let refuse = |field: &str, sentence: &str| Err(ApiError::field(ErrorCode::BadField, field, sentence));
    if request.kind == ActionKind::Other {
        return refuse("kind", "This server knows these kinds of action: retry, suspend, resume, reset_counters.");
    }
    let span = request.for_seconds.map(Duration::from_secs);
    if span.is_some_and(|span| request.kind != ActionKind::Suspend || span.is_zero() || span > SUSPEND_MAX) {
        return refuse("for_seconds", "Only a suspension ends by itself: after 1 second to 365 days.");
    }
    if request.mode == RetryMode::Ramp {
        return refuse("mode", "This server has the modes canary and all; its limits are the ramp.");
    }
    if request.mode == RetryMode::Canary && request.kind != ActionKind::Retry {
        return refuse("mode", "Only a retry can send a canary first.");
    }
    if request.reason.as_ref().is_some_and(|reason| reason.chars().count() > REASON_CHARS_MAX) {
        return refuse("reason", "The reason is longer than 500 characters.");
    }
    if request.key.as_ref().is_some_and(|key| key.is_empty() || key.len() > KEY_BYTES_MAX) {
        return refuse("key", "A key has 1 to 128 octets; a UUID does well.");
    }
    let scope = match &request.scope {
        Scope::All(true) => HostScope::All,
        Scope::All(false) => return refuse("scope", "The scope of all is written {\"all\":true}."),
        Scope::Host(host) => HostScope::Host(host.clone()),
        scope if request.kind == ActionKind::Retry => return retry::check(scope, request.mode).map(Task::Retry),
        Scope::Hosts(_) | Scope::Mid(_) | Scope::Recipient { .. } | Scope::Filter(_) => {
            let sentence = "It is done to all hosts or one: use {\"all\":true} or {\"host\":\"example.com\"}.";
            return refuse("scope", sentence);
        }
    };
    let (by, reason) = (by.to_owned(), request.reason.clone());
    Ok(match request.kind {
        ActionKind::Suspend => Task::Change(Change::Suspend { scope, by, reason, span }),
        ActionKind::Resume => Task::Change(Change::Resume { scope }),
        ActionKind::ResetCounters if scope != HostScope::All => {
            return refuse("scope", "The counters of all hosts begin anew together: use {\"all\":true}.");
        }
        ActionKind::ResetCounters => Task::ResetCounters,
        ActionKind::Retry | ActionKind::Other => Task::Retry(Retry::of_hosts(scope, request.mode)),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn remember(pages: &mut Pages, key: &str, at: Timestamp) {
        let request = ActionRequest {
            kind: ActionKind::Retry,
            scope: Scope::All(true),
            mode: RetryMode::All,
            reason: None,
            for_seconds: None,
            dry_run: false,
            key: Some(key.into()),
        };
        pages.forget_keys(at);
        pages.order.push_back(key.into());
        pages.keys.insert(key.into(), Keyed { request, at, receipt: Arc::default() });
    }

    #[test]
    fn keys_are_kept_for_a_day_and_a_thousand_at_most() {
        let (mut pages, start) = (Pages::default(), Timestamp(1_000_000));
        for n in 0..1_500 {
            remember(&mut pages, &format!("k{n}"), start);
        }
        assert_eq!((pages.keys.len(), pages.order.len()), (KEYS_MAX, KEYS_MAX));
        assert!(!pages.keys.contains_key("k499") && pages.keys.contains_key("k500"));
        remember(&mut pages, "late", start + Duration::from_secs(60));
        pages.forget_keys(start + KEY_LIFETIME);
        assert_eq!(pages.order, ["late"]);
        assert_eq!(pages.keys.len(), 1);
    }
}
