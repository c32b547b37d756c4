//! `retry`: what is meant, what would be tried, what has come of it, and the way back.
//!
//! Promises: a dry run asks the engine the same question as the act; what it answers is kept as numbers and said in the
//! language of whoever looks. A retry can be taken back for ten minutes, as long as something of it was not tried.
//! Never: more than so many recipients one by one: whoever means that many means hosts.

use super::{ActionBook, Inner, no_record_of};
use crate::console::state::asked;
use crate::console::view;
use common::filter::Filter;
use common::vocab::{ActionId, Domain, Timestamp};
use common::wire::{Action, ActionState, ApiError, Asked, ErrorCode, Progress, RetryMode, Scope};
use common::words::{ActionPhrase, Language};
use engine::view::{Heard, Pick, Picked, RetryProgress, RetryView};
use engine::{HostScope, RetryScope};
use std::time::Duration;

/// Recipients that a retry finds one by one: the engine remembers the former timer of each. More are a matter of hosts.
const PICKED_MAX: u64 = 100_000;
/// Hosts of a selection.
const HOSTS_MAX: usize = 1_000;
/// How long a retry can be taken back: later nobody remembers what it was before.
const UNDO_WINDOW: Duration = Duration::from_secs(600);
/// Receipts of a list.
const LIST_MAX: usize = 100;

/// What is to be tried, and how.
#[derive(Clone, Debug)]
pub(super) struct Retry {
    meant: Meant,
    canary: bool,
}

#[derive(Clone, Debug)]
enum Meant {
    Hosts(RetryScope),
    Picked(Pick),
}

impl Retry {
    pub(super) fn of_hosts(scope: HostScope, mode: RetryMode) -> Retry {
        let scope = match scope {
            HostScope::All => RetryScope::All,
            HostScope::Host(host) => RetryScope::Hosts(vec![host]),
        };
        Retry { meant: Meant::Hosts(scope), canary: mode == RetryMode::Canary }
    }
}

/// What is meant by any other scope.
pub(super) fn check(scope: &Scope, mode: RetryMode) -> Result<Retry, ApiError> {
    let refuse = |sentence: String| Err(ApiError::field(ErrorCode::BadField, "scope", sentence));
    let meant = match scope {
        Scope::All(_) => Meant::Hosts(RetryScope::All),
        Scope::Host(host) => Meant::Hosts(RetryScope::Hosts(vec![host.clone()])),
        Scope::Hosts(hosts) if hosts.is_empty() || hosts.len() > HOSTS_MAX => {
            return refuse("Name 1 to 1000 hosts.".into());
        }
        Scope::Hosts(hosts) => {
            let mut hosts: Vec<Domain> = hosts.clone();
            hosts.sort();
            hosts.dedup();
            Meant::Hosts(RetryScope::Hosts(hosts))
        }
        Scope::Mid(mid) => Meant::Picked(Pick { message: Some(*mid), ..Pick::default() }),
        Scope::Recipient { mid, rid } => {
            Meant::Picked(Pick { message: Some(*mid), recipient: Some(*rid), ..Pick::default() })
        }
        Scope::Filter(text) => match text.parse::<Filter>() {
            Ok(filter) => Meant::Picked(Pick { filter: filter.into(), ..Pick::default() }),
            Err(why) => return refuse(Language::En.say_filter(&why)),
        },
    };
    Ok(Retry { meant, canary: mode == RetryMode::Canary })
}

/// A receipt as it is kept: numbers, said when somebody looks.
#[derive(Clone, Debug)]
pub(super) struct Entry {
    /// As it was, without what is said of a retry.
    action: Action,
    pub(super) asked: Option<Asked>,
    /// Of a retry: what it touched.
    view: Option<RetryView>,
    mates: u64,
    heard: Vec<Heard>,
}

impl Entry {
    pub(super) fn of(action: Action) -> Entry {
        Entry { action, asked: None, view: None, mates: 0, heard: Vec::new() }
    }

    /// As somebody reads it.
    pub(super) fn said(&self, language: Language) -> Action {
        let mut action = self.action.clone();
        action.asked = self.asked.clone();
        let Some(view) = &self.view else { return action };
        action.obstacles = view::retry_receipt(view, action.state, language).obstacles;
        if self.mates > 0 {
            action.obstacles.push(language.say_action(&ActionPhrase::RetryMates { recipients: self.mates }));
        }
        for Heard { host, code, reply } in &self.heard {
            let reply = reply.as_ref().map(ToString::to_string);
            let verdict = language.verdict_sentence(*code);
            let heard = ActionPhrase::CanaryHeard { host: host.as_str(), verdict, reply: reply.as_deref() };
            action.obstacles.push(language.say_action(&heard));
        }
        action
    }

    /// What has come of it by now.
    fn follow(&mut self, progress: RetryProgress) {
        let RetryProgress { total, delivered, deferred, failed, undone, open, heard, .. } = progress;
        let waiting = total.saturating_sub(delivered + deferred + failed + undone);
        self.action.progress = Some(Progress { total, delivered, deferred, failed, undone, waiting });
        self.heard = heard;
        if open == 0 && self.action.state == ActionState::Running {
            self.action.state = if undone > 0 { ActionState::Undone } else { ActionState::Done };
        }
        if self.action.state != ActionState::Running {
            self.action.undo_until = None;
        }
    }

    fn runs(&self) -> bool {
        self.action.state == ActionState::Running
    }
}

fn picked_entry(picked: &Picked, state: ActionState) -> Entry {
    let mut entry = view_entry(picked.view(), state);
    entry.action.messages = Some(picked.messages);
    entry.mates = picked.mates;
    entry
}

fn view_entry(view: RetryView, state: ActionState) -> Entry {
    Entry { view: Some(view.clone()), ..Entry::of(view::retry_receipt(&view, state, Language::En)) }
}

impl Inner {
    /// Looks through the queue for what is meant, and makes it due if `retry` names an action.
    async fn pick(&self, pick: &Pick, retry: Option<(ActionId, bool)>) -> Result<Picked, ApiError> {
        let _turn = self.looking.lock().await;
        let mut all = Picked::default();
        loop {
            all.add(asked(self.desk.pick(pick.clone(), all.place, retry)).await?);
            let sums = &all.sums;
            if retry.is_none() && sums.recipients + sums.already_due > PICKED_MAX {
                let sentence = "This matches more than 100,000 recipients. Narrow it, or retry hosts as a whole.";
                return Err(ApiError::field(ErrorCode::BadField, "scope", sentence));
            }
            if all.place.is_none() {
                return Ok(all);
            }
        }
    }
}

impl ActionBook {
    /// What it would touch; no record of a host or a message is no success.
    pub(super) async fn plan_retry(&self, retry: &Retry) -> Result<Entry, ApiError> {
        match &retry.meant {
            Meant::Hosts(scope) => {
                if let RetryScope::Hosts(hosts) = scope {
                    for host in hosts {
                        asked(self.0.desk.host(host.clone())).await?.ok_or_else(|| no_record_of(host))?;
                    }
                }
                let planned = asked(self.0.desk.preview_retry(scope.clone())).await?;
                Ok(view_entry(planned, ActionState::Planned))
            }
            Meant::Picked(pick) => {
                let picked = self.0.pick(pick, None).await?;
                match pick.message {
                    Some(mid) if picked.messages == 0 => {
                        let what = pick.recipient.map(|rid| format!(":{rid}")).unwrap_or_default();
                        let sentence = format!("No such message in the queue: {mid}{what}");
                        Err(ApiError::new(ErrorCode::NotFound, sentence))
                    }
                    _ => Ok(picked_entry(&picked, ActionState::Planned)),
                }
            }
        }
    }

    /// Does it. The receipt says how far it has come at that moment.
    pub(super) async fn retry(&self, id: ActionId, retry: Retry, at: Timestamp) -> Result<Entry, ApiError> {
        let mut entry = match retry.meant {
            Meant::Hosts(scope) => {
                let done = asked(self.0.desk.retry(id, scope, retry.canary)).await?;
                view_entry(done, ActionState::Running)
            }
            Meant::Picked(pick) => {
                let done = self.0.pick(&pick, Some((id, retry.canary))).await?;
                picked_entry(&done, ActionState::Running)
            }
        };
        entry.action.id = Some(id);
        entry.action.undo_until = Some(at + UNDO_WINDOW);
        let progress = asked(self.0.desk.progress(id, false)).await?;
        entry.follow(progress.unwrap_or_default());
        Ok(entry)
    }

    /// The receipt of an action, while it is kept.
    pub async fn find(&self, id: ActionId, language: Language) -> Option<Action> {
        self.refresh(id, false).await.ok()?;
        self.pages().history.get(&id).map(|entry| entry.said(language))
    }

    /// The latest receipts, the newest first, and how many are kept.
    pub async fn list(&self, limit: usize, language: Language) -> (Vec<Action>, u64) {
        let newest = |book: &ActionBook| -> Vec<ActionId> {
            book.pages().history.keys().rev().take(limit.min(LIST_MAX)).copied().collect()
        };
        let ids = newest(self);
        for id in &ids {
            let _ = self.refresh(*id, false).await; // a receipt that is not fresh is better than none
        }
        let pages = self.pages();
        let said = ids.iter().filter_map(|id| pages.history.get(id)).map(|entry| entry.said(language)).collect();
        (said, pages.history.len() as u64)
    }

    /// Takes a retry back: what was not tried waits for the timers it had.
    ///
    /// # Errors
    /// `NotFound` for what is not known, `Conflict` for what cannot be taken back any more.
    pub async fn undo(&self, id: ActionId, language: Language) -> Result<Action, ApiError> {
        let found = self.find(id, language).await;
        let action = found.ok_or_else(|| ApiError::new(ErrorCode::NotFound, format!("No record of action: {id}")))?;
        if action.state == ActionState::Undone {
            return Ok(action);
        }
        if action.undo_until.is_none_or(|until| until < self.0.clock.now()) {
            let sentence = "It cannot be taken back any more: everything was tried, or ten minutes have passed.";
            return Err(ApiError::new(ErrorCode::Conflict, sentence));
        }
        while self.refresh(id, true).await? {}
        let mut pages = self.pages();
        let entry = pages.history.get_mut(&id).ok_or_else(|| ApiError::new(ErrorCode::NotFound, "It is gone."))?;
        entry.action.state = ActionState::Undone;
        entry.action.undo_until = None;
        Ok(entry.said(language))
    }

    /// Asks the engine how far a retry has come; answers whether there is more of it to be taken back.
    async fn refresh(&self, id: ActionId, undo: bool) -> Result<bool, ApiError> {
        let runs = self.pages().history.get(&id).is_some_and(Entry::runs);
        let undone = self.pages().history.get(&id).is_some_and(|entry| entry.action.state == ActionState::Undone);
        if !runs && !undone {
            return Ok(false);
        }
        let Some(progress) = asked(self.0.desk.progress(id, undo)).await? else { return Ok(false) };
        let undoing = progress.undoing;
        if let Some(entry) = self.pages().history.get_mut(&id) {
            entry.follow(progress);
        }
        Ok(undo && undoing)
    }
}
