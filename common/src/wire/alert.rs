//! What is wrong on our own side, as `status`, the API and the page show it.

use crate::vocab::{Alert, Timestamp};
use serde::{Deserialize, Serialize};

/// An alert that stands.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct StandingAlert {
    /// What it is, with its figures.
    pub what: Alert,
    /// Since when.
    pub since: Timestamp,
    /// Until when it is shown, unless it happens again.
    pub until: Timestamp,
    /// The whole in words, in the language that was asked for.
    pub sentence: String,
    /// What to do about it.
    pub advice: String,
}
