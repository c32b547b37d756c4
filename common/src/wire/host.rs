//! A destination domain as the page, the verbs and the API show it: the same numbers by the same names.

use crate::vocab::{
    Badge, CauseCounts, CountWindow, Counters, Domain, HostStatus, Owner, Timestamp, VerdictCode, WaitCause,
};
use crate::wire::{Because, Trend};
use crate::words::{Hold, Language, Phrase, Protection};
use serde::{Deserialize, Serialize};

/// A verdict in words, with the evidence behind it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Verdict {
    /// One of the catalogue.
    pub code: VerdictCode,
    /// Whose side it is on.
    pub owner: Owner,
    /// One sentence, in the language that was asked for (English unless told otherwise).
    pub sentence: String,
    /// What to do about it.
    pub advice: String,
    /// What the other server said, as it came. Hostile text.
    #[serde(default)]
    pub reply: Option<String>,
    /// The mail server that was tried last.
    #[serde(default)]
    pub exchanger: Option<String>,
    /// Its address, `192.0.2.25:25`.
    #[serde(default)]
    pub address: Option<String>,
    /// When it was seen.
    #[serde(default)]
    pub at: Option<Timestamp>,
    /// Addresses tried in the attempt that ended so.
    #[serde(default)]
    pub addresses_tried: u32,
}

/// Delivery is suspended: by whom, why, since when and until when.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Held {
    /// Since when.
    pub since: Timestamp,
    /// Who did it, or by which door they came.
    pub by: String,
    /// Why, if they said so.
    pub reason: Option<String>,
    /// When it ends by itself; `null` until somebody resumes.
    pub until: Option<Timestamp>,
}

impl Held {
    /// The same as the catalogue says it.
    pub fn hold(&self) -> Hold<'_> {
        Hold { by: &self.by, reason: self.reason.as_deref() }
    }
}

/// A host is reachable, but its mail is held back.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Limited {
    /// Since when.
    pub since: Timestamp,
    /// `rate` or `slot`: a limit of ours; `null`: they defer us, and the verdict says with which words.
    pub cause: Option<WaitCause>,
    /// Which limit it is, in words too.
    pub because: Option<Because>,
}

/// A row of the page *Hosts*, of `tophosts --json` and of `GET /api/v1/hosts`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct HostRow {
    /// The destination domain.
    pub host: Domain,
    /// The ancestor's word.
    pub status: HostStatus,
    /// What a person sees.
    pub badge: Badge,
    /// Since when it has this badge.
    pub since: Option<Timestamp>,
    /// Suspended, it or all delivery; `null` while it is not.
    #[serde(default)]
    pub held: Option<Held>,
    /// Reachable, but its mail is held back; `null` while it is not.
    #[serde(default)]
    pub limited: Option<Limited>,
    /// Why it is as it is; `null` while nothing is wrong or known.
    pub verdict: Option<Verdict>,
    /// Gauge: recipients in the queue, unattempted + attempted.
    pub active_recipients: u64,
    /// Gauge: of these, never tried.
    pub unattempted_recipients: u64,
    /// Gauge: of these, tried at least once.
    pub attempted_recipients: u64,
    /// See [`Counters`].
    pub completed_recipients: u64,
    /// See [`Counters`].
    pub delivered_recipients: u64,
    /// See [`Counters`].
    pub deleted_recipients: u64,
    /// See [`Counters`].
    pub soft_bounced_events: u64,
    /// See [`Counters`].
    pub hard_bounced_recipients: u64,
    /// See [`Counters`].
    pub dns_hard_bounces: u64,
    /// See [`Counters`].
    #[serde(rename = "5xx_hard_bounces")]
    pub five_xx_hard_bounces: u64,
    /// See [`Counters`].
    pub filter_hard_bounces: u64,
    /// See [`Counters`].
    pub expired_hard_bounces: u64,
    /// See [`Counters`].
    pub other_hard_bounces: u64,
    /// Gauge: sessions past their greeting that work for it.
    pub current_outbound_connections: u64,
    /// Gauge: connections that have not been greeted yet.
    pub pending_outbound_connections: u64,
    /// How many connections it may have at this moment.
    pub connections_max: u64,
    /// When its oldest queued message was accepted.
    pub oldest_message_at: Option<Timestamp>,
    /// The earliest time at which something of it will be tried; `null` if nothing waits for a timer.
    pub next_attempt_at: Option<Timestamp>,
    /// Recipients by the one cause of their waiting; sums to `active_recipients`.
    pub wait_causes: CauseCounts,
    /// The cause that names its due recipients at this moment.
    #[serde(default)]
    pub cause: Option<WaitCause>,
    /// What that cause rests on.
    #[serde(default)]
    pub because: Option<Because>,
    /// What else holds them, in naming order.
    #[serde(default)]
    pub also: Vec<WaitCause>,
    /// When an attempt of it last ended.
    #[serde(default)]
    pub last_activity_at: Option<Timestamp>,
    /// What waited in the latest hour; `null` if nothing ever did.
    #[serde(default)]
    pub trend: Option<Trend>,
}

impl HostRow {
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

    /// The counters of the row as one value.
    pub fn counters(&self) -> Counters {
        Counters {
            soft_bounced_events: self.soft_bounced_events,
            completed_recipients: self.completed_recipients,
            hard_bounced_recipients: self.hard_bounced_recipients,
            dns_hard_bounces: self.dns_hard_bounces,
            five_xx_hard_bounces: self.five_xx_hard_bounces,
            filter_hard_bounces: self.filter_hard_bounces,
            expired_hard_bounces: self.expired_hard_bounces,
            other_hard_bounces: self.other_hard_bounces,
            delivered_recipients: self.delivered_recipients,
            deleted_recipients: self.deleted_recipients,
        }
    }
}

/// `GET /api/v1/hosts/{host}` and `hoststatus HOST --json`: everything known of one host.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct HostDetail {
    /// The same row as in every list.
    pub row: HostRow,
    /// When this answer was made.
    pub as_of: Timestamp,
    /// Since when the counters count.
    pub counters_since: Timestamp,
    /// The window of the counters instead; `null` since `counters_since`.
    #[serde(default)]
    pub window: Option<CountWindow>,
    /// Its mail servers in the order in which they are tried; empty while unknown.
    pub exchangers: Vec<Exchanger>,
    /// Who named them; `null` while they are unknown.
    #[serde(default)]
    pub named_by: Option<NextHops>,
    /// When the exchangers are looked up again: the shortest of all TTLs, within 30 s and 1 h.
    pub exchangers_expire_at: Option<Timestamp>,
    /// When the MX records themselves run out; `null` where none named the exchangers.
    #[serde(default)]
    pub mx_expire_at: Option<Timestamp>,
    /// Where a configured route sends it, if one does.
    pub route: Option<String>,
    /// The latest 4xx it gave.
    pub last_4xx: Option<SaidReply>,
    /// The latest 5xx it gave.
    pub last_5xx: Option<SaidReply>,
    /// The latest failure of TLS with it.
    #[serde(default)]
    pub last_tls_error: Option<TlsTrouble>,
    /// How the session is or was protected that it used last; `null` before the first.
    #[serde(default)]
    pub tls: Option<TlsState>,
}

/// Who named the next hops of a host.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "snake_case")]
pub enum NextHops {
    /// MX records.
    Mx,
    /// Nobody: without an MX record the domain's own address takes its mail (RFC 5321 §5.1).
    ImplicitMx,
    /// A `[[route]]` of the configuration.
    Route,
}

/// A failure of TLS, and what we had asked for.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct TlsTrouble {
    /// What failed, where and when.
    pub verdict: Verdict,
    /// The `tls` of the destination: `opportunistic`, `require`, `verify`.
    pub asked: String,
    /// What our TLS said of it. Part of it may be the peer's text: hostile.
    pub detail: Option<String>,
}

/// How a session is protected. Names and issuer are the peer's text, hostile.
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct TlsState {
    /// The whole in words, in the language that was asked for.
    pub sentence: String,
    /// `TLS 1.3`; `null` in clear text.
    pub version: Option<String>,
    /// `TLS_AES_128_GCM_SHA256`.
    pub cipher: Option<String>,
    /// The group of the key exchange: `X25519`.
    pub group: Option<String>,
    /// The certificate proves the mail server's name.
    pub verified: bool,
    /// Why it does not: one of `tls.cert_expired`, `tls.cert_name`, `tls.cert_chain`.
    pub because: Option<VerdictCode>,
    /// The names of the certificate; some of them, where there are very many.
    pub names: Vec<String>,
    /// Who issued it.
    pub issuer: Option<String>,
    /// Until when it is valid.
    pub not_after: Option<Timestamp>,
}

impl TlsState {
    /// How the session is protected, in the reader's language; of what a newer server tells, its own sentence.
    pub fn say(&self, language: Language) -> String {
        let protection = match (self.version.as_deref(), self.because) {
            (Some(version), Some(because)) => Protection::NotVerified { version, because },
            (Some(version), None) if self.verified => Protection::Verified { version },
            _ => return self.sentence.clone(),
        };
        language.say(&Phrase::Protection(protection))
    }
}

/// A mail server of a host.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Exchanger {
    /// MX preference; lower is tried first. 0 for a route or an implicit MX.
    pub preference: u16,
    /// Its name, or the address of a route.
    pub name: String,
    /// Its addresses in the order in which they are tried.
    pub addresses: Vec<ExchangerAddress>,
}

/// One address of a mail server and how the latest connection to it ended.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct ExchangerAddress {
    /// `192.0.2.25:25`.
    pub address: String,
    /// How the latest connection ended; `null` if it was never tried.
    pub verdict: Option<Verdict>,
}

/// A reply and when it was given.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct SaidReply {
    /// As it came. Hostile text.
    pub reply: String,
    /// When.
    pub at: Timestamp,
}
