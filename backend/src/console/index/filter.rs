//! Which hosts a list shows: words of their names and badges, as a person types them.
//!
//! `jp status:down` shows hosts whose name holds `jp` and whose badge is Down. `status:` takes a beginning of a word,
//! for a filter is read while it is being typed. All terms must hold.

use crate::console::view::HostKeys;
use common::vocab::Badge;

/// Characters of a filter. More is no search but an attack.
pub const FILTER_CHARS_MAX: usize = 256;

/// Why a text is no filter.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum FilterError {
    /// Longer than [`FILTER_CHARS_MAX`].
    TooLong,
    /// `status:` with a word that begins none of the known ones.
    Status(String),
}

impl std::fmt::Display for FilterError {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            FilterError::TooLong => write!(f, "The filter is longer than {FILTER_CHARS_MAX} characters."),
            FilterError::Status(word) => {
                write!(f, "{word:?} is no status: use status:down, limited, held, up, unknown or waiting.")
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
}

/// The words behind `status:`; `waiting` means that mail waits, whatever the badge.
const STATES: [&str; 6] = ["down", "limited", "held", "up", "unknown", "waiting"];

impl Filter {
    /// Reads a filter as it was typed. Errors name the part at fault.
    pub fn parse(text: &str) -> Result<Filter, FilterError> {
        if text.chars().count() > FILTER_CHARS_MAX {
            return Err(FilterError::TooLong);
        }
        let mut filter = Filter::default();
        for term in text.split_whitespace() {
            let term = term.to_lowercase();
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
        Filter { words: Vec::new(), states: vec!["-".into()] }
    }

    /// Whether every host passes.
    pub fn is_everything(&self) -> bool {
        self.words.is_empty() && self.states.is_empty()
    }

    /// Whether a host passes. Case does not matter: names are lower-case.
    pub fn passes(&self, name: &str, keys: &HostKeys) -> bool {
        let badge = badge_word(keys.badge);
        let state = |state: &String| {
            badge.starts_with(state.as_str())
                || (keys.active > 0 && !state.is_empty() && "waiting".starts_with(state.as_str()))
        };
        self.states.iter().all(state) && self.words.iter().all(|word| name.contains(word.as_str()))
    }
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
    fn a_filter_has_a_length() {
        assert!(Filter::parse(&"é".repeat(FILTER_CHARS_MAX)).is_ok());
        assert_eq!(Filter::parse(&"a".repeat(FILTER_CHARS_MAX + 1)), Err(FilterError::TooLong));
    }
}
