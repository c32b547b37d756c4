//! The page *Overview*: is anything wrong, and where. Topic `overview` of the websocket, frame `overview`.

use super::frame::decode_rows;
use super::{Health, HostRow, Recovering, StandingAlert, Totals};
use crate::vocab::Counters;
use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;

/// Everything of the page. Each frame replaces the one before, so none has to be acknowledged.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct Overview {
    /// Sums over all hosts.
    pub totals: Totals,
    /// What happened in the latest minute.
    pub minute: Counters,
    /// Hosts that are Down, Limited or Held while mail waits for them.
    pub troubled: u64,
    /// The first of these as rows of [`HostRow`], those with the most recipients first.
    pub attention: Vec<Box<RawValue>>,
    /// How the server itself is; `None` if it did not say.
    pub health: Option<Health>,
    /// Damaged records: never sent.
    pub damaged: u64,
    /// What else is wrong on our own side, the oldest first.
    pub alerts: Vec<StandingAlert>,
    /// While the start still reads what waits from before.
    pub recovering: Option<Recovering>,
}

impl Overview {
    /// The hosts that could be read, and how many could not.
    pub fn decode_attention(&self) -> (Vec<HostRow>, usize) {
        decode_rows(&self.attention)
    }
}
