//! An envelope address (RFC 5321 §4.1.2), parsed once at the door and never re-checked behind it.

use crate::vocab::{Domain, DomainError};
use serde::{Deserialize, Deserializer, Serialize, Serializer, de};
use std::fmt;
use std::str::FromStr;
use std::sync::Arc;

/// Octets before the `@` (RFC 5321 §4.5.3.1.1).
pub const LOCAL_PART_BYTES_MAX: usize = 64;
/// Octets of the whole address (RFC 5321 §4.5.3.1.3 allows a path of 256 with its brackets).
pub const ADDRESS_BYTES_MAX: usize = 254;

/// `local-part@domain`. The local part is kept as it came (its case belongs to the receiver),
/// the domain is a folded A-label. Cheap to clone.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Address {
    text: Arc<str>,
    domain: Domain,
}

/// Whom to tell when delivery fails: a sender, or nobody (the null sender `<>`).
pub type ReversePath = Option<Address>;

/// Why a text is no address.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum AddressError {
    /// No `@`, or nothing before it.
    NoLocalPart,
    /// More than 64 octets before the `@`.
    LocalPartTooLong,
    /// More than 254 octets in all.
    TooLong,
    /// A character that needs quotes stands without them, or one that may never stand here.
    BadLocalPart,
    /// Not ASCII: SMTPUTF8 was not asked for.
    NotAscii,
    /// `[192.0.2.1]` in place of a domain: mail is not sent to literal addresses.
    Literal,
    /// What follows the `@` is no domain.
    Domain(DomainError),
}

impl fmt::Display for AddressError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            AddressError::NoLocalPart => f.write_str("an address looks like name@example.com"),
            AddressError::LocalPartTooLong => f.write_str("the part before @ is longer than 64 octets"),
            AddressError::TooLong => f.write_str("the address is longer than 254 octets"),
            AddressError::BadLocalPart => f.write_str("the part before @ holds a character that is not allowed there"),
            AddressError::NotAscii => f.write_str("the address is not ASCII"),
            AddressError::Literal => f.write_str("an IP address in brackets is not accepted as a domain"),
            AddressError::Domain(why) => why.fmt(f),
        }
    }
}
impl std::error::Error for AddressError {}

impl Address {
    /// The whole address, ready for the wire.
    pub fn as_str(&self) -> &str {
        &self.text
    }
    /// What stands before the last `@`, quotes included.
    pub fn local_part(&self) -> &str {
        &self.text[..self.text.len() - self.domain.as_str().len() - 1]
    }
    /// The destination domain: the *host* of this address.
    pub fn domain(&self) -> &Domain {
        &self.domain
    }
}

impl FromStr for Address {
    type Err = AddressError;

    fn from_str(text: &str) -> Result<Address, AddressError> {
        if !text.is_ascii() {
            return Err(AddressError::NotAscii);
        }
        if text.len() > ADDRESS_BYTES_MAX {
            return Err(AddressError::TooLong);
        }
        let (local, domain) = text.rsplit_once('@').ok_or(AddressError::NoLocalPart)?;
        if local.is_empty() {
            return Err(AddressError::NoLocalPart);
        }
        if local.len() > LOCAL_PART_BYTES_MAX {
            return Err(AddressError::LocalPartTooLong);
        }
        if !is_dot_string(local) && !is_quoted_string(local) {
            return Err(AddressError::BadLocalPart);
        }
        if domain.starts_with('[') {
            return Err(AddressError::Literal);
        }
        if domain.ends_with('.') {
            return Err(AddressError::Domain(DomainError::EmptyLabel));
        }
        let domain: Domain = domain.parse().map_err(AddressError::Domain)?;
        Ok(Address { text: format!("{local}@{domain}").into(), domain })
    }
}

/// RFC 5321 `Dot-string`: atoms joined by single dots.
fn is_dot_string(local: &str) -> bool {
    local.split('.').all(|atom| !atom.is_empty() && atom.bytes().all(is_atext))
}

/// RFC 5322 `atext`.
fn is_atext(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || b"!#$%&'*+-/=?^_`{|}~".contains(&byte)
}

/// RFC 5321 `Quoted-string`: printable ASCII, backslash before quote and backslash.
fn is_quoted_string(local: &str) -> bool {
    let Some(inner) = local.strip_prefix('"').and_then(|rest| rest.strip_suffix('"')) else {
        return false;
    };
    let mut bytes = inner.bytes();
    while let Some(byte) = bytes.next() {
        let allowed = match byte {
            b'\\' => bytes.next().is_some_and(|escaped| (32..=126).contains(&escaped)),
            b'"' => false,
            other => (32..=126).contains(&other),
        };
        if !allowed {
            return false;
        }
    }
    local.len() >= 2
}

impl fmt::Display for Address {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(&self.text)
    }
}
impl fmt::Debug for Address {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text)
    }
}

impl Serialize for Address {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(&self.text)
    }
}
impl<'de> Deserialize<'de> for Address {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Address, D::Error> {
        let text = <std::borrow::Cow<'de, str>>::deserialize(deserializer)?;
        text.parse().map_err(de::Error::custom)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn good_addresses_keep_their_local_part_and_fold_their_domain() {
        let address: Address = "O'Brien+tag@Example.COM".parse().unwrap();
        assert_eq!(address.as_str(), "O'Brien+tag@example.com");
        assert_eq!(address.local_part(), "O'Brien+tag");
        assert_eq!(address.domain().as_str(), "example.com");
        assert_eq!(r#""a \"b@c"@x.test"#.parse::<Address>().unwrap().domain().as_str(), "x.test");
    }

    #[test]
    fn bad_addresses_are_refused_with_their_reason() {
        let long = format!("{}@x.test", "a".repeat(65));
        let longer = format!("a@{}.test", ["abcdefghi"; 25].join("."));
        for (text, why) in [
            ("", AddressError::NoLocalPart),
            ("nobody", AddressError::NoLocalPart),
            ("@x.test", AddressError::NoLocalPart),
            ("a..b@x.test", AddressError::BadLocalPart),
            (".a@x.test", AddressError::BadLocalPart),
            ("a b@x.test", AddressError::BadLocalPart),
            ("a\r\nb@x.test", AddressError::BadLocalPart),
            ("a\0@x.test", AddressError::BadLocalPart),
            ("a@b@x.test", AddressError::BadLocalPart),
            ("\"a\"b\"@x.test", AddressError::BadLocalPart),
            ("\"@x.test", AddressError::BadLocalPart),
            ("a@[192.0.2.1]", AddressError::Literal),
            ("a@x.test.", AddressError::Domain(DomainError::EmptyLabel)),
            ("é@x.test", AddressError::NotAscii),
            (long.as_str(), AddressError::LocalPartTooLong),
            (longer.as_str(), AddressError::TooLong),
        ] {
            assert_eq!(text.parse::<Address>(), Err(why), "{text:?}");
        }
    }
}
