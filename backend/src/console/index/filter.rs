//! Which hosts a list shows: words of their names, badges and wait causes, as a person types them.
//!
//! `jp status:down` shows hosts whose name holds `jp` and whose badge is Down; `cause:host_down` those with mail that
//! waits for the host. Both take a beginning of a word, for a filter is read while it is being typed. All terms must hold.

use crate::console::view::HostKeys;
use common::vocab::{Badge, WaitCause};

/// Characters of a filter. More is no search but an attack.
pub const FILTER_CHARS_MAX: usize = 256;

/// Why a text is no filter.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum FilterError {
    /// Longer than [`FILTER_CHARS_MAX`].
    TooLong,
    /// `status:` with a word that begins none of the known ones.
    Status(String),
    /// `cause:` with a word that begins none of the known ones.
    Cause(String),
}

impl std::fmt::Display for FilterError {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            FilterError::TooLong => write!(f, "The filter is longer than {FILTER_CHARS_MAX} characters."),
            FilterError::Status(word) => {
                write!(f, "{word:?} is no status: use status:down, limited, held, up, unknown, waiting or attention.")
            }
            FilterError::Cause(word) => {
                let known = WaitCause::ALL.map(WaitCause::as_str).join(", ");
                write!(f, "{word:?} is no wait cause: use cause: with one of {known}.")
            }
        }
    }
}
impl std::error::Error for FilterError {}

/// A filter that was read. The default lets everything pass.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
pub struct Filter {
    words: Vec<String>,
    states: Vec<String>,
    /// For each `cause:`, the bits of [`HostKeys::causes`] of which one must be there.
    causes: Vec<u16>,
}

/// The words behind `status:`; `waiting` means that mail waits, whatever the badge, `attention` that it waits although
/// the host is Down, Limited or Held.
const STATES: [&str; 7] = ["down", "limited", "held", "up", "unknown", "waiting", "attention"];

impl Filter {
    /// Reads a filter as it was typed. Errors name the part at fault.
    pub fn parse(text: &str) -> Result<Filter, FilterError> {
        if text.chars().count() > FILTER_CHARS_MAX {
            return Err(FilterError::TooLong);
        }
        let mut filter = Filter::default();
        for term in text.split_whitespace() {
            let term = term.to_lowercase();
            if let Some(word) = term.strip_prefix("cause:") {
                filter.causes.push(causes(word).ok_or_else(|| FilterError::Cause(word.into()))?);
                continue;
            }
            match term.strip_prefix("status:") {
                None => filter.words.push(term.strip_prefix("domain:").map(str::to_owned).unwrap_or(term)),
                Some(state) if STATES.iter().any(|known| known.starts_with(state)) => filter.states.push(state.into()),
                Some(state) => return Err(FilterError::Status(state.into())),
            }
        }
        Ok(filter)
    }

    /// A filter that no host passes.
    pub fn nothing() -> Filter {
        Filter { states: vec!["-".into()], ..Filter::default() }
    }

    /// Hosts that are in trouble while mail waits for them: `status:attention`.
    pub fn attention() -> Filter {
        Filter { states: vec!["attention".into()], ..Filter::default() }
    }

    /// Whether every host passes.
    pub fn is_everything(&self) -> bool {
        self.words.is_empty() && self.states.is_empty() && self.causes.is_empty()
    }

    /// Whether a host passes. Case does not matter: names are lower-case.
    pub fn passes(&self, name: &str, keys: &HostKeys) -> bool {
        let badge = badge_word(keys.badge);
        let trouble = matches!(keys.badge, Badge::Down | Badge::Limited | Badge::Held);
        let state = |state: &String| {
            let means = |word: &str| !state.is_empty() && word.starts_with(state.as_str());
            badge.starts_with(state.as_str())
                || (keys.active > 0 && (means("waiting") || (trouble && means("attention"))))
        };
        self.states.iter().all(state)
            && self.causes.iter().all(|bits| keys.causes & bits != 0)
            && self.words.iter().all(|word| name.contains(word.as_str()))
    }
}

/// The causes whose word begins so, as bits; `None` if there is none.
fn causes(beginning: &str) -> Option<u16> {
    let meant = WaitCause::ALL.into_iter().filter(|cause| cause.as_str().starts_with(beginning));
    let bits = meant.fold(0, |bits, cause| bits | 1 << cause as u16);
    (bits != 0).then_some(bits)
}

fn badge_word(badge: Badge) -> &'static str {
    match badge {
        Badge::Held => "held",
        Badge::Down => "down",
        Badge::Limited => "limited",
        Badge::Up => "up",
        Badge::Unknown => "unknown",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn passes(filter: &str, name: &str, badge: Badge, active: u64) -> bool {
        Filter::parse(filter).unwrap().passes(name, &HostKeys { badge, active, ..HostKeys::default() })
    }

    #[test]
    fn every_term_must_hold() {
        assert!(passes("", "a.test", Badge::Up, 0));
        assert!(passes("EXAMPLE status:down", "mail.example.com", Badge::Down, 0));
        assert!(!passes("example status:down", "mail.example.com", Badge::Up, 0));
        assert!(!passes("example jp", "mail.example.com", Badge::Up, 0));
        assert!(passes("domain:example", "mail.example.com", Badge::Up, 0));
    }

    #[test]
    fn a_status_may_be_half_typed_but_not_invented() {
        assert!(passes("status:", "a.test", Badge::Up, 0));
        assert!(passes("status:do", "a.test", Badge::Down, 0));
        assert!(!passes("status:u", "a.test", Badge::Down, 0));
        assert_eq!(Filter::parse("status:asleep"), Err(FilterError::Status("asleep".into())));
        assert!(!Filter::nothing().passes("a.test", &HostKeys::default()));
    }

    #[test]
    fn waiting_is_any_badge_with_mail() {
        assert!(passes("status:waiting", "a.test", Badge::Up, 1));
        assert!(!passes("status:waiting", "a.test", Badge::Up, 0));
    }

    #[test]
    fn attention_is_a_badge_of_trouble_with_mail() {
        for (badge, active, shown) in [
            (Badge::Down, 1, true),
            (Badge::Limited, 1, true),
            (Badge::Held, 1, true),
            (Badge::Down, 0, false),
            (Badge::Up, 9, false),
        ] {
            assert_eq!(passes("status:attention", "a.test", badge, active), shown, "{badge:?} {active}");
        }
        assert_eq!(Filter::parse("status:attention").unwrap(), Filter::attention());
    }

    #[test]
    fn a_cause_shows_hosts_with_mail_that_waits_for_it() {
        let keys = HostKeys { causes: 1 << WaitCause::HostDown as u16, ..HostKeys::default() };
        for (filter, shown) in [("cause:host_down", true), ("cause:h", true), ("cause:held", false), ("cause:", true)] {
            assert_eq!(Filter::parse(filter).unwrap().passes("a.test", &keys), shown, "{filter}");
        }
        assert!(!Filter::parse("cause:").unwrap().passes("a.test", &HostKeys::default()));
        assert_eq!(Filter::parse("cause:mood"), Err(FilterError::Cause("mood".into())));
    }

    #[test]
    fn a_filter_has_a_length() {
        assert!(Filter::parse(&"é".repeat(FILTER_CHARS_MAX)).is_ok());
        assert_eq!(Filter::parse(&"a".repeat(FILTER_CHARS_MAX + 1)), Err(FilterError::TooLong));
    }
}
