//! The words behind `status:`: the badges, and two that also look at what waits.

use crate::vocab::Badge;

/// How a host stands, as a filter asks for it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Standing {
    /// Its badge is this one.
    Badge(Badge),
    /// Mail waits for it, whatever the badge.
    Waiting,
    /// Mail waits although it is Down, Limited or Held.
    Attention,
}

impl Standing {
    /// All of them.
    pub const ALL: [Standing; 7] = [
        Standing::Badge(Badge::Down),
        Standing::Badge(Badge::Limited),
        Standing::Badge(Badge::Held),
        Standing::Badge(Badge::Up),
        Standing::Badge(Badge::Unknown),
        Standing::Waiting,
        Standing::Attention,
    ];

    /// As it is typed.
    pub fn as_str(self) -> &'static str {
        match self {
            Standing::Badge(Badge::Down) => "down",
            Standing::Badge(Badge::Limited) => "limited",
            Standing::Badge(Badge::Held) => "held",
            Standing::Badge(Badge::Up) => "up",
            Standing::Badge(Badge::Unknown) => "unknown",
            Standing::Waiting => "waiting",
            Standing::Attention => "attention",
        }
    }

    /// Whether a host with this badge and so many recipients stands so.
    pub(super) fn holds(self, badge: Badge, active: u64) -> bool {
        match self {
            Standing::Badge(wanted) => badge == wanted,
            Standing::Waiting => active > 0,
            Standing::Attention => active > 0 && matches!(badge, Badge::Down | Badge::Limited | Badge::Held),
        }
    }
}
