//! An act of somebody: allowed, done, written down. The API and the websocket come through here, and no other way.

use crate::console::auth::{Caller, Permission, Right};
use crate::console::state::ConsoleState;
use common::vocab::ActionId;
use common::wire::{Action, ActionKind, ActionRequest, ActionState, ApiError, ErrorCode, Scope};
use common::words::Language;
use std::sync::Arc;

/// Hosts of a selection that the record names.
const HOSTS_NAMED: usize = 20;

impl ConsoleState {
    /// Does what is asked if the caller may, and writes down who did what to how many. A dry run is no act.
    ///
    /// # Errors
    /// What [`Caller::check`] and the book of actions say.
    pub(super) async fn act(
        self: &Arc<Self>,
        caller: &Caller,
        request: ActionRequest,
        language: Language,
    ) -> Result<Action, ApiError> {
        let what = match request.kind {
            ActionKind::Retry => "retry",
            ActionKind::Suspend => "suspend",
            ActionKind::Resume => "resume",
            ActionKind::ResetCounters => "resetcounters",
            ActionKind::Other => "act",
        };
        self.permit(caller, Permission::of_action(&request), &scope(&request.scope))?;
        if request.dry_run {
            return self.actions.act(request, &by(caller), language).await;
        }
        // In a task of its own: who hangs up is written down all the same.
        let (state, caller) = (self.clone(), caller.clone());
        let work = tokio::spawn(async move {
            let (target, reason) = (scope(&request.scope), request.reason.clone());
            let done = state.actions.act(request, &by(&caller), language).await;
            state.auth.record(&caller, what, &target, &outcome(&done, reason.as_deref())).await;
            done
        });
        work.await.unwrap_or_else(|_| Err(ApiError::new(ErrorCode::Internal, "The action broke off. See the log.")))
    }

    /// Takes an action back, and writes that down.
    ///
    /// # Errors
    /// What [`Caller::check`] and the book of actions say.
    pub(super) async fn undo(&self, caller: &Caller, id: ActionId, language: Language) -> Result<Action, ApiError> {
        let target = format!("action {id}");
        self.permit(caller, Permission::Retry, &target)?;
        let done = self.actions.undo(id, language).await;
        self.auth.record(caller, "undo", &target, &outcome(&done, None)).await;
        done
    }

    /// Refuses what the caller may not do, and writes down that somebody known tried.
    pub(super) fn permit(&self, caller: &Caller, permission: Permission, scope: &str) -> Result<(), ApiError> {
        caller.check(permission).inspect_err(|refusal| {
            if caller.role().is_some() {
                self.auth.refused(caller, permission.word(), scope, &refusal.error.sentence);
            }
        })
    }
}

/// Who asks, as a host says of its suspension: by name, or by which door.
fn by(caller: &Caller) -> String {
    match &caller.right {
        Right::Socket => "control socket".to_owned(),
        Right::Anybody | Right::Nobody => "console".to_owned(),
        named => named.to_string(),
    }
}

fn scope(scope: &Scope) -> String {
    match scope {
        Scope::All(_) => "all".into(),
        Scope::Host(host) => format!("host {host}"),
        Scope::Hosts(hosts) => {
            let named: Vec<&str> = hosts.iter().take(HOSTS_NAMED).map(|host| host.as_str()).collect();
            format!("{} hosts: {}", hosts.len(), named.join(", "))
        }
        Scope::Mid(mid) => format!("mid {mid}"),
        Scope::Recipient { mid, rid } => format!("recipient {mid}:{rid}"),
        Scope::Filter(filter) => format!("filter {filter}"),
    }
}

fn outcome(done: &Result<Action, ApiError>, reason: Option<&str>) -> String {
    let mut outcome = match done {
        Ok(action) => {
            let id = action.id.map(|id| format!("action {id}: ")).unwrap_or_default();
            let failed = if action.state == ActionState::Failed { ", failed" } else { "" };
            format!("{id}{} of {} recipients at {} hosts{failed}", action.done, action.matched, action.hosts)
        }
        Err(refusal) => format!("not done: {}", refusal.error.sentence),
    };
    if let Some(reason) = reason {
        outcome.push_str("; reason: ");
        outcome.push_str(reason);
    }
    outcome
}
