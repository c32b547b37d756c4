//! Records of the spool that turned out to be damaged: never sent, never dropped in silence.

use crate::vocab::{MessageId, Timestamp};
use serde::{Deserialize, Serialize};

/// What is wrong with a record.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "snake_case")]
pub enum DamageKind {
    /// Its checksum.
    Checksum,
    /// A write that was under way when the power went.
    Torn,
    /// Its content makes no sense.
    Malformed,
    /// The header of the whole file cannot be read.
    Header,
    /// It is not there.
    Missing,
    /// A word of a newer server.
    #[serde(other)]
    Other,
}

impl DamageKind {
    /// Its word.
    pub fn as_str(self) -> &'static str {
        match self {
            DamageKind::Checksum => "checksum",
            DamageKind::Torn => "torn",
            DamageKind::Malformed => "malformed",
            DamageKind::Header => "header",
            DamageKind::Missing => "missing",
            DamageKind::Other => "other",
        }
    }

    /// The one of this word.
    pub fn named(word: &str) -> Option<DamageKind> {
        let all =
            [DamageKind::Checksum, DamageKind::Torn, DamageKind::Malformed, DamageKind::Header, DamageKind::Missing];
        all.into_iter().find(|kind| kind.as_str() == word)
    }
}

/// A damaged record.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct DamagedRecord {
    /// The file in which it lay: one of the journal, `queue.db`, or one of `blobs/`.
    pub file: String,
    /// Where in that file of the journal; 0 for a whole file, or a row of `queue.db`.
    pub offset: u64,
    /// Its length.
    pub octets: u64,
    /// When it was found.
    pub found_at: Option<Timestamp>,
    /// Whose message it is, if that can be read.
    pub mid: Option<MessageId>,
    /// What is wrong with it.
    pub why: DamageKind,
    /// It is in the folder; else it is kept where it lay, unless it is missing.
    pub set_aside: bool,
}

/// All damaged records.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(default)]
pub struct Quarantined {
    /// How many.
    pub total: u64,
    /// Their octets.
    pub octets: u64,
    /// Where the copies lie.
    pub folder: String,
    /// The newest of them, at most 20.
    pub items: Vec<DamagedRecord>,
}
