//! The phrases of the catalogue. Parameters are typed; remote text is never a phrase.

use crate::vocab::{Badge, Owner, WaitCause};

/// Everything that page, verbs and log say of their own.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Phrase<'a> {
    /// The word of a badge.
    Badge(Badge),
    /// Whose side it is on.
    Owner(Owner),
    /// A wait cause in a few words.
    Cause(WaitCause),
    /// The page title *Delivery Status*.
    DeliveryStatus,
    /// What a host is called where there is no name for it.
    Unnamed(&'a str),
}
