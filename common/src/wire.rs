//! What crosses to a browser, an API client or the command line. Every type here is a promise.
//!
//! Rules that keep an old page alive beside a new server: unknown fields are ignored, fields added later
//! have a default, state words have an `Other` arm, nothing is `untagged` or `flatten`ed, an absent value
//! is `null`, times are RFC 3339 in UTC, ids are integers below 2^53.

mod action;
mod alert;
mod because;
mod damage;
mod diagnosis;
mod error;
mod figures;
mod frame;
mod host;
mod message;
mod overview;
mod poll;
mod probe;
mod reading;
mod session;
mod status;
mod trend;

pub use action::{Action, ActionKind, ActionRequest, ActionState, Asked, Progress, RetryMode, Scope};
pub use alert::StandingAlert;
pub use because::Because;
pub use damage::{DamageKind, DamagedRecord, Quarantined};
pub use diagnosis::{Diagnosis, DiagnosisCell, DiagnosisRow, DiagnosisStage, RealAttempt, StageState};
pub use error::{ApiError, ErrorBody, ErrorCode};
pub use figures::Figure;
pub use frame::{
    ClientFrame, DecodeError, Delta, FRAME_BYTES_MAX, Hello, HostSort, HostsCount, HostsQuery, Limits, ProbeEvents,
    SUBPROTOCOL, ServerFrame, Snapshot, Topic, Welcome, Window,
};
pub use host::{
    Exchanger, ExchangerAddress, Held, HostDetail, HostRow, Limited, NextHops, SaidReply, TlsState, TlsTrouble, Verdict,
};
pub use message::{AcceptedMessage, AcceptedRecipient, MessageDetail, NewMessage, RecipientRow, RecipientState};
pub use overview::Overview;
pub use poll::Polled;
pub use probe::{
    DigAnswer, DigDelivery, DigHop, DigRecord, DigRequest, LineEnd, LineRequest, Probe, ProbeEvent, ProbeKind,
    ProbeRequest, ProbeStarted, ProbeState, RECORD_TYPES, TelnetRequest,
};
pub use reading::{Unread, read};
pub use session::{
    AuditRow, MintedToken, NewToken, NewUser, Role, Secret, Session, SetUp, SignIn, TokenRow, UserChange, UserRow,
};
pub use status::{Counted, CounterColumns, Health, Recovering, ServerStatus, Totals};
pub use trend::{TREND_EVERY, TREND_LEVEL_MAX, TREND_POINTS, Trend};

use serde::{Deserialize, Serialize};

/// A page of a list.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct List<T> {
    /// The rows of this page.
    pub items: Vec<T>,
    /// How many rows match in all.
    pub total: u64,
    /// The cursor of the next page; `null` on the last.
    pub next: Option<String>,
}
