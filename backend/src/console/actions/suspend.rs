//! `suspend` and `resume`: written down first, then done, then receipted.
//!
//! Promises: one at a time, so that what is on disk and what the engine knows come in the same order; a suspension is on
//! disk before anybody is told of it, and whoever resumes what is not suspended hears so.

use super::ActionBook;
use crate::console::state::asked;
use crate::console::view;
use crate::spool::{Note, SpoolError};
use common::vocab::ActionId;
use common::wire::{Action, ActionKind, ActionState, ApiError, ErrorCode};
use common::words::{ActionPhrase, Language};
use engine::HostScope;
use engine::suspension::Suspension;
use std::time::Duration;

/// The longest suspension that ends by itself: after this long nobody remembers why.
pub const SUSPEND_MAX: Duration = Duration::from_secs(365 * 24 * 3600);

/// What is asked.
#[derive(Clone, Debug)]
pub(super) enum Change {
    /// Nothing of it is started, for so long.
    Suspend {
        /// One host, or all.
        scope: HostScope,
        /// Who asks.
        by: String,
        /// Why.
        reason: Option<String>,
        /// How long; until it is resumed if not given.
        span: Option<Duration>,
    },
    /// It goes on.
    Resume {
        /// One host, or all.
        scope: HostScope,
    },
}

impl ActionBook {
    /// What it would touch.
    pub(super) async fn plan(&self, change: &Change, language: Language) -> Result<Action, ApiError> {
        let desk = &self.0.desk;
        match change {
            Change::Suspend { scope, span, .. } => {
                let until = span.map(|span| self.0.clock.now() + span);
                let seen = asked(desk.preview_suspend(scope.clone())).await?;
                Ok(Action {
                    until,
                    ..view::suspend_receipt(&seen, ActionKind::Suspend, ActionState::Planned, language)
                })
            }
            Change::Resume { scope } => {
                let seen = asked(desk.preview_resume(scope.clone())).await?;
                if !seen.suspended {
                    return Err(not_suspended(scope));
                }
                Ok(view::suspend_receipt(&seen, ActionKind::Resume, ActionState::Planned, language))
            }
        }
    }

    /// Does it.
    pub(super) async fn change(&self, id: ActionId, change: Change, language: Language) -> Result<Action, ApiError> {
        let _turn = self.0.turn.lock().await;
        let planned = self.plan(&change, language).await?;
        let receipt = match change {
            Change::Suspend { scope, by, reason, span } => {
                let since = self.0.clock.now();
                let until = span.map(|span| since + span);
                let suspension = Suspension { by: by.into(), reason: reason.map(Into::into), since, until };
                self.write(Note::Suspended(scope.clone(), suspension.clone())).await?;
                asked(self.0.desk.suspend(id, scope, suspension)).await?;
                Action { until, ..planned }
            }
            Change::Resume { scope } => {
                self.write(Note::Resumed(scope.clone())).await?;
                asked(self.0.desk.resume(id, scope)).await?;
                planned
            }
        };
        Ok(Action { id: Some(id), state: ActionState::Done, done: receipt.matched, ..receipt })
    }

    async fn write(&self, note: Note) -> Result<(), ApiError> {
        written(self.0.spool.note(vec![note]).await.unwrap_or(Err(SpoolError::Stopped)))
    }
}

/// What the spool says of a note, for a person.
pub(super) fn written(answer: Result<(), SpoolError>) -> Result<(), ApiError> {
    let unavailable = |sentence: &str| Err(ApiError::new(ErrorCode::Unavailable, sentence));
    match answer {
        Ok(()) => Ok(()),
        Err(SpoolError::Full) => {
            unavailable("The disk is full: it could not be written down. Make room and try again.")
        }
        Err(SpoolError::Stopped) => unavailable("The server is stopping. Try again in a minute."),
        Err(why) => {
            tracing::error!(%why, "an action could not be written down");
            unavailable("It could not be written down, see the log. Try again.")
        }
    }
}

fn not_suspended(scope: &HostScope) -> ApiError {
    let host = match scope {
        HostScope::All => None,
        HostScope::Host(host) => Some(host.as_str()),
    };
    ApiError::new(ErrorCode::NotFound, Language::En.say_action(&ActionPhrase::CannotResume { host }))
}
