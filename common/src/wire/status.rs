//! The server as a whole: `GET /api/v1/status`, `status`, the header of the page.

use crate::vocab::{CauseCounts, Timestamp};
use serde::{Deserialize, Serialize};

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
    /// All hosts together.
    pub totals: Totals,
}
