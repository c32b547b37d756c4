//! What the page *Overview* knows, read from its frame row by row: one broken row stays one broken row.

use common::vocab::Counters;
use common::wire::{Health, HostRow, Overview, Recovering, StandingAlert, Totals};

/// See [`Overview`], whose words these are.
#[derive(Clone, Debug, Default, PartialEq)]
#[allow(missing_docs)] // every field is documented there
pub struct Board {
    pub totals: Totals,
    pub minute: Counters,
    pub troubled: u64,
    pub attention: Vec<HostRow>,
    /// Rows that could not be read.
    pub unreadable: u64,
    pub health: Option<Health>,
    pub damaged: u64,
    pub alerts: Vec<StandingAlert>,
    pub recovering: Option<Recovering>,
}

impl From<&Overview> for Board {
    fn from(frame: &Overview) -> Board {
        let (attention, unreadable) = frame.decode_attention();
        Board {
            totals: frame.totals.clone(),
            minute: frame.minute,
            troubled: frame.troubled,
            attention,
            unreadable: unreadable as u64,
            health: frame.health,
            damaged: frame.damaged,
            alerts: frame.alerts.clone(),
            recovering: frame.recovering,
        }
    }
}
