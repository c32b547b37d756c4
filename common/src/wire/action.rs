//! Anything an operator does to mail: previewed, recorded, receipted (`POST /api/v1/actions`).

use crate::vocab::{ActionId, Domain, MessageId, RecipientId, Timestamp};
use serde::{Deserialize, Serialize};

/// What to do.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "snake_case")]
pub enum ActionKind {
    /// Make what waits for a timer due now (`delivernow`).
    Retry,
    /// Start nothing of it until it is resumed or the time is over (`suspenddel`).
    Suspend,
    /// Let it go on (`resumedel`).
    Resume,
    /// Let every counter begin anew (`resetcounters`); its scope is all.
    ResetCounters,
    /// A kind of a newer server.
    #[serde(other)]
    Other,
}

/// What it is done to. `{"all":true}`, `{"host":"example.com"}`, `{"hosts":["a.test","b.test"]}`, `{"mid":7}`, `{"recipient":{"mid":7,"rid":0}}`, `{"filter":"…"}`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "snake_case")]
pub enum Scope {
    /// Everything; the value is `true`.
    All(bool),
    /// One destination domain.
    Host(Domain),
    /// Several destination domains, a thousand at most; for a retry.
    Hosts(Vec<Domain>),
    /// One message.
    Mid(MessageId),
    /// One recipient.
    Recipient {
        /// Of this message.
        mid: MessageId,
        /// This one.
        rid: RecipientId,
    },
    /// What a filter matches.
    Filter(String),
}

/// How a retry goes about it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "snake_case")]
pub enum RetryMode {
    /// One message per host first, the rest only on success.
    Canary,
    /// A few, then more.
    Ramp,
    /// Everything at once, within the limits.
    #[default]
    All,
}

/// A request to act.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct ActionRequest {
    /// What to do.
    pub kind: ActionKind,
    /// To what.
    pub scope: Scope,
    /// How.
    #[serde(default)]
    pub mode: RetryMode,
    /// Why, for the record.
    #[serde(default)]
    pub reason: Option<String>,
    /// `suspend`: it ends by itself after so many seconds; `null` until it is resumed.
    #[serde(default)]
    pub for_seconds: Option<u64>,
    /// Only count.
    #[serde(default)]
    pub dry_run: bool,
    /// Makes it happen once: the same key again answers the first receipt.
    #[serde(default)]
    pub key: Option<String>,
}

/// Where an action stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "snake_case")]
pub enum ActionState {
    /// A dry run: nothing was changed.
    Planned,
    /// At work.
    Running,
    /// Done.
    Done,
    /// Taken back.
    Undone,
    /// It could not be done.
    Failed,
    /// A word of a newer server.
    #[serde(other)]
    Other,
}

/// The receipt.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Action {
    /// Its number; `null` for a dry run.
    pub id: Option<ActionId>,
    /// What was done.
    pub kind: ActionKind,
    /// Where it stands.
    pub state: ActionState,
    /// Recipients that matched.
    pub matched: u64,
    /// Messages they belong to; `null` where they were not counted.
    pub messages: Option<u64>,
    /// Hosts they belong to.
    pub hosts: u64,
    /// Recipients acted on.
    pub done: u64,
    /// Recipients that could not be acted on.
    pub failed: u64,
    /// Until when it can be taken back; `null` if it cannot.
    pub undo_until: Option<Timestamp>,
    /// `suspend`: when it ends by itself.
    #[serde(default)]
    pub until: Option<Timestamp>,
    /// Some of the hosts it touches.
    pub sample: Vec<String>,
    /// What will keep mail waiting all the same, in words.
    pub obstacles: Vec<String>,
    /// `retry`: what has come of it; `null` where that is not known.
    #[serde(default)]
    pub progress: Option<Progress>,
    /// Who asked for what; `null` for a dry run.
    #[serde(default)]
    pub asked: Option<Asked>,
}

/// What a retry has come to, in recipients.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(default)]
pub struct Progress {
    /// Covered: the sum of the others.
    pub total: u64,
    /// Delivered.
    pub delivered: u64,
    /// Tried, and to be tried again.
    pub deferred: u64,
    /// Given up.
    pub failed: u64,
    /// Put back to the timers they had.
    pub undone: u64,
    /// Not tried since.
    pub waiting: u64,
}

/// Who asked for an action, when, for what, and why.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Asked {
    /// Who, or by which door.
    pub by: String,
    /// When.
    pub at: Timestamp,
    /// To what.
    pub scope: Scope,
    /// How.
    pub mode: RetryMode,
    /// Why, if they said so.
    pub reason: Option<String>,
}
