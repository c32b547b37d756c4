//! A diagnosis: every mail server of a domain, every address of it, stage by stage, on the path that delivery uses
//! (`nexthop diagnose`, `POST /api/v1/probes` with `"kind":"diagnose"`).

use super::probe::DigDelivery;
use crate::vocab::{Timestamp, VerdictCode};
use crate::wire::TlsState;
use serde::{Deserialize, Serialize};

/// How far a connection comes, in the order in which it comes there.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "snake_case")]
pub enum DiagnosisStage {
    /// The connection.
    Tcp,
    /// Their greeting.
    Banner,
    /// Their answer to EHLO, or HELO.
    Ehlo,
    /// STARTTLS and the handshake.
    Starttls,
    /// What their certificate proves.
    Certificate,
    /// Their answer to EHLO under TLS.
    EhloTls,
    /// Their answer to QUIT.
    Quit,
    /// A stage of a newer server.
    #[serde(other)]
    Other,
}

impl DiagnosisStage {
    /// All of them, in order.
    pub const ALL: [DiagnosisStage; 7] = [
        DiagnosisStage::Tcp,
        DiagnosisStage::Banner,
        DiagnosisStage::Ehlo,
        DiagnosisStage::Starttls,
        DiagnosisStage::Certificate,
        DiagnosisStage::EhloTls,
        DiagnosisStage::Quit,
    ];
}

/// How a stage ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "snake_case")]
pub enum StageState {
    /// As it should be.
    Ok,
    /// Delivery goes on, but something is to be mended: no TLS, a certificate that proves nothing.
    Warning,
    /// Delivery ends here.
    Failed,
    /// It never came to it.
    NotRun,
    /// A word of a newer server.
    #[serde(other)]
    Other,
}

/// One stage at one address.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct DiagnosisCell {
    /// Which stage.
    pub stage: DiagnosisStage,
    /// How it ended.
    pub state: StageState,
    /// Milliseconds it took; `null` where it did not run.
    pub ms: Option<u64>,
    /// Why it is no `ok`.
    #[serde(default)]
    pub verdict: Option<VerdictCode>,
    /// What they said, or what our side says of it. Hostile.
    #[serde(default)]
    pub said: Option<String>,
    /// The protection that was found, at the stage `certificate`.
    #[serde(default)]
    pub tls: Option<TlsState>,
}

/// The latest real connection of delivery to the same address.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct RealAttempt {
    /// How it ended.
    pub verdict: VerdictCode,
    /// When.
    pub at: Timestamp,
    /// What they said. Hostile.
    #[serde(default)]
    pub said: Option<String>,
}

/// One address.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct DiagnosisRow {
    /// Lower is tried first.
    pub preference: u16,
    /// Its name, or the address of a route. Hostile.
    pub exchanger: String,
    /// `192.0.2.25:25`.
    pub address: String,
    /// The stages that have ended so far, in order; all of them once the row is done.
    pub cells: Vec<DiagnosisCell>,
    /// What it comes to; `null` while it runs.
    #[serde(default)]
    pub verdict: Option<VerdictCode>,
    /// What delivery itself met here last; `null` if it has not been here.
    #[serde(default)]
    pub real: Option<RealAttempt>,
}

/// The whole.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(default)]
pub struct Diagnosis {
    /// The domain.
    pub host: String,
    /// Milliseconds until the mail servers were known.
    pub dns_ms: u64,
    /// What delivery would use.
    pub delivery: DigDelivery,
    /// In the order of an attempt.
    pub rows: Vec<DiagnosisRow>,
    /// Addresses beyond the limit, not looked at.
    pub left_out: u64,
    /// What it all comes to; `null` while it runs.
    pub verdict: Option<VerdictCode>,
}
