//! A domain name as mail uses it: lower-case ASCII labels (A-labels), checked once.

use serde::{Deserialize, Deserializer, Serialize, Serializer, de};
use std::borrow::Borrow;
use std::fmt;
use std::str::FromStr;
use std::sync::Arc;

/// Octets in a whole name (RFC 1035 §2.3.4, without the root dot).
pub const DOMAIN_BYTES_MAX: usize = 253;
/// Octets in one label (RFC 1035 §2.3.4).
pub const LABEL_BYTES_MAX: usize = 63;

/// A destination domain: lower-case A-labels joined by dots, no trailing dot. Cheap to clone.
///
/// Underscores are allowed (they occur in real host names); everything else follows RFC 5321 §4.1.2.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Domain(Arc<str>);

/// Why a text is no domain.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum DomainError {
    /// Nothing there, or two dots in a row.
    EmptyLabel,
    /// A label over 63 octets.
    LabelTooLong,
    /// A name over 253 octets.
    TooLong,
    /// A character that no label may hold.
    BadCharacter,
    /// A label that begins or ends with a hyphen.
    Hyphen,
    /// Not ASCII: an internationalised name must come as its A-label (`xn--…`).
    NotAscii,
}

impl fmt::Display for DomainError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            DomainError::EmptyLabel => "a part of the domain is empty",
            DomainError::LabelTooLong => "a part of the domain is longer than 63 octets",
            DomainError::TooLong => "the domain is longer than 253 octets",
            DomainError::BadCharacter => "the domain holds a character that no domain may hold",
            DomainError::Hyphen => "a part of the domain begins or ends with a hyphen",
            DomainError::NotAscii => "the domain must be written in its ASCII form (xn--...)",
        })
    }
}
impl std::error::Error for DomainError {}

impl Domain {
    /// The name, lower-case, without a trailing dot.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// Whether this name is `parent` or lies below it.
    pub fn is_within(&self, parent: &Domain) -> bool {
        self.0.strip_suffix(parent.as_str()).is_some_and(|rest| rest.is_empty() || rest.ends_with('.'))
    }
}

impl FromStr for Domain {
    type Err = DomainError;

    /// Reads a name as people and DNS write it: upper case is folded, one trailing dot is dropped.
    fn from_str(text: &str) -> Result<Domain, DomainError> {
        let text = text.strip_suffix('.').unwrap_or(text);
        if !text.is_ascii() {
            return Err(DomainError::NotAscii);
        }
        if text.len() > DOMAIN_BYTES_MAX {
            return Err(DomainError::TooLong);
        }
        for label in text.split('.') {
            if label.is_empty() {
                return Err(DomainError::EmptyLabel);
            }
            if label.len() > LABEL_BYTES_MAX {
                return Err(DomainError::LabelTooLong);
            }
            if label.starts_with('-') || label.ends_with('-') {
                return Err(DomainError::Hyphen);
            }
            if !label.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-' || b == b'_') {
                return Err(DomainError::BadCharacter);
            }
        }
        Ok(Domain(text.to_ascii_lowercase().into()))
    }
}

impl fmt::Display for Domain {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(&self.0)
    }
}
impl fmt::Debug for Domain {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}
impl Borrow<str> for Domain {
    fn borrow(&self) -> &str {
        &self.0
    }
}

impl Serialize for Domain {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(&self.0)
    }
}
impl<'de> Deserialize<'de> for Domain {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Domain, D::Error> {
        let text = <std::borrow::Cow<'de, str>>::deserialize(deserializer)?;
        text.parse().map_err(de::Error::custom)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_is_folded_and_loses_its_root_dot() {
        assert_eq!("Mail.Example.NET.".parse::<Domain>().unwrap().as_str(), "mail.example.net");
    }

    #[test]
    fn what_is_no_name_is_refused_with_its_reason() {
        let long = "a".repeat(64);
        for (text, why) in [
            ("", DomainError::EmptyLabel),
            ("a..b", DomainError::EmptyLabel),
            ("a.b..", DomainError::EmptyLabel),
            (long.as_str(), DomainError::LabelTooLong),
            ("-a.test", DomainError::Hyphen),
            ("a b.test", DomainError::BadCharacter),
            ("a\0.test", DomainError::BadCharacter),
            ("例え.test", DomainError::NotAscii),
        ] {
            assert_eq!(text.parse::<Domain>(), Err(why), "{text:?}");
        }
        assert_eq!(vec!["abcdefghi"; 26].join(".").parse::<Domain>(), Err(DomainError::TooLong));
    }

    #[test]
    fn a_subdomain_lies_within_and_a_lookalike_does_not() {
        let parent: Domain = "example.com".parse().unwrap();
        assert!("mail.example.com".parse::<Domain>().unwrap().is_within(&parent));
        assert!(!"badexample.com".parse::<Domain>().unwrap().is_within(&parent));
    }
}
