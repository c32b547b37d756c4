//! Why a recipient waits, as far as there is more to say than the name of the cause.

use crate::vocab::{Guard, Limit, Timestamp, VerdictCode, WaitCause};
use crate::wire::Held;
use crate::words::{Phrase, Waiting};
use serde::{Deserialize, Serialize};
use std::time::Duration;

/// What a wait cause rests on.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Because {
    /// The whole in words, in the language that was asked for; without a full stop, since a countdown to `until` may follow.
    pub sentence: String,
    /// When it is over or looked at again.
    pub until: Option<Timestamp>,
    /// Which limit of ours it is.
    pub limit: Option<Limit>,
    /// What the limit allows: connections, or recipients per period.
    pub most: Option<u64>,
    /// The period of a rate, in seconds.
    pub period_seconds: Option<u64>,
    /// The `match` of the `[[destination]]` that sets the limit.
    pub rule: Option<String>,
    /// What they said or what failed.
    pub verdict: Option<VerdictCode>,
    /// They asked to be left alone for so long, in seconds.
    #[serde(default)]
    pub asked_seconds: Option<u64>,
    /// Whose hold it is.
    #[serde(default)]
    pub hold: Option<Held>,
    /// Which guard of ours, and by which figures.
    #[serde(default)]
    pub guard: Option<Guard>,
}

impl Because {
    /// The sentence as a phrase, for whoever reads another language than the server was told.
    pub fn phrase(&self, cause: WaitCause) -> Phrase<'_> {
        Phrase::Waiting(Waiting {
            cause,
            limit: self.limit,
            most: self.most,
            period: self.period_seconds.map(Duration::from_secs),
            rule: self.rule.as_deref(),
            verdict: self.verdict,
            hold: self.hold.as_ref().map(Held::hold),
            guard: self.guard,
            asked: self.asked_seconds.map(Duration::from_secs),
        })
    }
}
