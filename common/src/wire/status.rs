//! The server as a whole: `GET /api/v1/status`, `status`, the header of the page.

use super::alert::StandingAlert;
use super::damage::Quarantined;
use crate::vocab::{CauseCounts, CountWindow, Counters, Timestamp};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// Sums over all hosts, by the same names as a host's row.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(default)]
#[allow(missing_docs)] // every field is documented at HostRow
pub struct Totals {
    pub hosts: u64,
    pub hosts_up: u64,
    pub hosts_down: u64,
    pub hosts_limited: u64,
    pub hosts_held: u64,
    pub hosts_waiting: u64,
    pub active_recipients: u64,
    pub unattempted_recipients: u64,
    pub attempted_recipients: u64,
    pub completed_recipients: u64,
    pub delivered_recipients: u64,
    pub deleted_recipients: u64,
    pub soft_bounced_events: u64,
    pub hard_bounced_recipients: u64,
    pub dns_hard_bounces: u64,
    #[serde(rename = "5xx_hard_bounces")]
    pub five_xx_hard_bounces: u64,
    pub filter_hard_bounces: u64,
    pub expired_hard_bounces: u64,
    pub other_hard_bounces: u64,
    pub current_outbound_connections: u64,
    pub pending_outbound_connections: u64,
    pub oldest_message_at: Option<Timestamp>,
    pub wait_causes: CauseCounts,
}

impl Totals {
    /// The same with other counters.
    pub fn set_counters(&mut self, counters: &Counters) {
        self.soft_bounced_events = counters.soft_bounced_events;
        self.completed_recipients = counters.completed_recipients;
        self.hard_bounced_recipients = counters.hard_bounced_recipients;
        self.dns_hard_bounces = counters.dns_hard_bounces;
        self.five_xx_hard_bounces = counters.five_xx_hard_bounces;
        self.filter_hard_bounces = counters.filter_hard_bounces;
        self.expired_hard_bounces = counters.expired_hard_bounces;
        self.other_hard_bounces = counters.other_hard_bounces;
        self.delivered_recipients = counters.delivered_recipients;
        self.deleted_recipients = counters.deleted_recipients;
    }

    /// The counters as one value.
    pub fn counters(&self) -> Counters {
        Counters::from_parts([
            self.soft_bounced_events,
            self.dns_hard_bounces,
            self.five_xx_hard_bounces,
            self.filter_hard_bounces,
            self.expired_hard_bounces,
            self.other_hard_bounces,
            self.delivered_recipients,
            self.deleted_recipients,
        ])
    }
}

/// What was counted since one base.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(default)]
pub struct Counted {
    /// Messages accepted.
    pub messages_received: u64,
    /// Recipients accepted: those in the queue and those that left it.
    pub recipients_received: u64,
    /// What became of them.
    #[serde(flatten)]
    pub counters: Counters,
}

/// The columns of `status --detail`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(default)]
pub struct CounterColumns {
    /// When counting first began.
    pub lifetime_since: Timestamp,
    /// Since `counters_since`, which `resetcounters` sets.
    pub reset: Counted,
    /// Since the process started.
    pub uptime: Counted,
    /// Since counting first began.
    pub lifetime: Counted,
}

/// How the server itself is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "snake_case")]
pub enum Health {
    /// Takes and delivers mail.
    Online,
    /// Delivers, but takes none: our disk is full or failing.
    ReceivingStopped,
    /// Finishes what is in hand and stops.
    Stopping,
    /// A word of a newer server.
    #[serde(other)]
    Other,
}

/// How far a start has come with what waits from before: mail is taken and delivered meanwhile.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Recovering {
    /// Messages that are known so far.
    pub messages: u64,
    /// Messages in all; 0 while they are not counted yet.
    pub of: u64,
}

/// `GET /api/v1/status`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct ServerStatus {
    /// When this answer was made.
    pub as_of: Timestamp,
    /// When the process started.
    pub up_since: Timestamp,
    /// Since when the counters count.
    pub counters_since: Timestamp,
    /// How it is.
    pub health: Health,
    /// The name it greets with.
    pub hostname: String,
    /// Of the program.
    pub version: String,
    /// Whether this is the lab: a playground whose traffic never leaves the machine.
    pub lab: bool,
    /// Messages accepted since the start.
    pub messages_received: u64,
    /// Recipients accepted since the start.
    pub recipients_received: u64,
    /// What the start found, or how far it has come, in words; `null` if there was nothing.
    pub recovery: Option<String>,
    /// While the start still reads what waits from before, else `null`: until then the totals are short of it.
    #[serde(default)]
    pub recovering: Option<Recovering>,
    /// Damaged records: never sent.
    #[serde(default)]
    pub quarantine: Quarantined,
    /// What is wrong on our own side beyond any one host, the oldest first.
    #[serde(default)]
    pub alerts: Vec<StandingAlert>,
    /// All hosts together.
    pub totals: Totals,
    /// The window of the counters in `totals`; `null` since `counters_since`.
    #[serde(default)]
    pub window: Option<CountWindow>,
    /// What was counted in the latest minute, hour and day: `{"1m":{…},"1h":{…},"24h":{…}}`.
    #[serde(default)]
    pub windows: BTreeMap<CountWindow, Counters>,
    /// What was counted, by base.
    #[serde(default)]
    pub columns: CounterColumns,
}
