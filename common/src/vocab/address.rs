//! An envelope address (RFC 5321 §4.1.2, RFC 6531 §3.3), parsed once at the door and never re-checked behind it.

use crate::vocab::{Domain, DomainError, is_invisible};
use serde::{Deserialize, Deserializer, Serialize, Serializer, de};
use std::cmp::Ordering;
use std::fmt;
use std::hash::{Hash, Hasher};
use std::str::FromStr;
use std::sync::Arc;

/// Octets before the `@` (RFC 5321 §4.5.3.1.1).
pub const LOCAL_PART_BYTES_MAX: usize = 64;
/// Octets of the whole address (RFC 5321 §4.5.3.1.3 allows a path of 256 with its brackets).
pub const ADDRESS_BYTES_MAX: usize = 254;

/// `local-part@domain`. The local part is kept as it came (its case belongs to the receiver), an ASCII domain is folded,
/// a domain of U-labels stays one in the text and is known by its A-labels. Two spellings of one domain make equal
/// addresses. Cheap to clone.
#[derive(Clone)]
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
    /// Not ASCII, where SMTPUTF8 was not asked for.
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
            AddressError::NotAscii => f.write_str("the address is not ASCII, and SMTPUTF8 was not asked for at MAIL"),
            AddressError::Literal => f.write_str("an IP address in brackets is not accepted as a domain"),
            AddressError::Domain(why) => why.fmt(f),
        }
    }
}
impl std::error::Error for AddressError {}

impl Address {
    /// A local part that was checked before, at a domain. `None` if the two are no address.
    pub fn at(local: &str, domain: &Domain) -> Option<Address> {
        let length = local.len() + 1 + domain.as_str().len();
        let fits = (1..=LOCAL_PART_BYTES_MAX).contains(&local.len()) && length <= ADDRESS_BYTES_MAX;
        let text = || format!("{local}@{domain}").into();
        (fits && (is_dot_string(local) || is_quoted_string(local)))
            .then(|| Address { text: text(), domain: domain.clone() })
    }
    /// The whole address, ready for the wire.
    pub fn as_str(&self) -> &str {
        &self.text
    }
    /// What stands before the last `@`, quotes included.
    pub fn local_part(&self) -> &str {
        self.text.rsplit_once('@').map_or("", |(local, _)| local)
    }
    /// The destination domain: the *host* of this address.
    pub fn domain(&self) -> &Domain {
        &self.domain
    }
    /// Whether a next hop without SMTPUTF8 may be told this address.
    pub fn is_ascii(&self) -> bool {
        self.text.is_ascii()
    }

    /// What makes two addresses one.
    fn identity(&self) -> (&str, &Domain) {
        (self.local_part(), &self.domain)
    }
}

impl PartialEq for Address {
    fn eq(&self, other: &Address) -> bool {
        self.identity() == other.identity()
    }
}
impl Eq for Address {}
impl PartialOrd for Address {
    fn partial_cmp(&self, other: &Address) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}
impl Ord for Address {
    fn cmp(&self, other: &Address) -> Ordering {
        self.identity().cmp(&other.identity())
    }
}
impl Hash for Address {
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.identity().hash(state);
    }
}

impl FromStr for Address {
    type Err = AddressError;

    /// U-labels are taken as they are: whoever reads what people write maps it first (RFC 5895), as the intake does.
    fn from_str(text: &str) -> Result<Address, AddressError> {
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
        if domain.is_ascii() {
            let domain: Domain = domain.parse().map_err(AddressError::Domain)?;
            return Ok(Address { text: format!("{local}@{domain}").into(), domain });
        }
        let domain = of_u_labels(domain).map_err(AddressError::Domain)?;
        Ok(Address { text: text.into(), domain })
    }
}

/// The A-labels of a domain with U-labels in it (RFC 5890 §2.3.2.1). Refuses what cannot be a U-label whatever the
/// tables say: then it would be a second text for the same name, or show as another.
fn of_u_labels(domain: &str) -> Result<Domain, DomainError> {
    let label = |label: &str| {
        if label.is_ascii() {
            return Ok(label.to_owned());
        }
        let is_plain = |c: char| match c {
            'a'..='z' | '0'..='9' | '-' => true,
            c if c.is_ascii() || c.is_control() || c.is_whitespace() || is_invisible(c) => false,
            c => c.to_lowercase().eq([c]),
        };
        if label.starts_with('-') || label.ends_with('-') {
            return Err(DomainError::Hyphen);
        }
        if !label.chars().all(is_plain) {
            return Err(DomainError::BadCharacter);
        }
        idna::punycode::encode_str(label).map(|code| format!("xn--{code}")).ok_or(DomainError::LabelTooLong)
    };
    let labels: Vec<String> = domain.split('.').map(label).collect::<Result<_, _>>()?;
    labels.join(".").parse()
}

/// RFC 5321 `Dot-string`: atoms joined by single dots.
fn is_dot_string(local: &str) -> bool {
    local.split('.').all(|atom| !atom.is_empty() && atom.chars().all(is_atext))
}

/// RFC 5322 `atext`, with RFC 6531 §3.3.
fn is_atext(character: char) -> bool {
    character.is_ascii_alphanumeric() || "!#$%&'*+-/=?^_`{|}~".contains(character) || is_beyond_ascii(character)
}

/// RFC 6531 `UTF8-non-ascii`, without controls, blanks and what has no glyph: no mailbox needs them, and shown they lie.
fn is_beyond_ascii(character: char) -> bool {
    !character.is_ascii() && !character.is_control() && !character.is_whitespace() && !is_invisible(character)
}

/// RFC 5321 `Quoted-string`: printable ASCII, backslash before quote and backslash.
fn is_quoted_string(local: &str) -> bool {
    let Some(inner) = local.strip_prefix('"').and_then(|rest| rest.strip_suffix('"')) else {
        return false;
    };
    let mut characters = inner.chars();
    while let Some(character) = characters.next() {
        let allowed = match character {
            '\\' => characters.next().is_some_and(|escaped| (' '..='~').contains(&escaped)),
            '"' => false,
            other => (' '..='~').contains(&other) || is_beyond_ascii(other),
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
            ("a\u{202e}b@x.test", AddressError::BadLocalPart),
            ("a\u{200b}b@x.test", AddressError::BadLocalPart),
            ("a\u{85}b@x.test", AddressError::BadLocalPart),
            ("a\u{3000}b@x.test", AddressError::BadLocalPart),
            ("\"a\u{2028}b\"@x.test", AddressError::BadLocalPart),
            ("a@\u{202e}é.test", AddressError::Domain(DomainError::BadCharacter)),
            ("a@É.test", AddressError::Domain(DomainError::BadCharacter)),
            ("a@é_x.test", AddressError::Domain(DomainError::BadCharacter)),
            ("a@-é.test", AddressError::Domain(DomainError::Hyphen)),
            ("a@é..test", AddressError::Domain(DomainError::EmptyLabel)),
            (long.as_str(), AddressError::LocalPartTooLong),
            (longer.as_str(), AddressError::TooLong),
        ] {
            assert_eq!(text.parse::<Address>(), Err(why), "{text:?}");
        }
    }

    #[test]
    fn beyond_ascii_the_text_is_kept_and_the_host_is_its_a_labels() {
        let address: Address = "用户@例え.test".parse().unwrap();
        assert_eq!((address.as_str(), address.local_part()), ("用户@例え.test", "用户"));
        assert_eq!((address.domain().as_str(), address.is_ascii()), ("xn--r8jz45g.test", false));
        let ascii: Address = "用户@xn--r8jz45g.test".parse().unwrap();
        assert_eq!(address, ascii);
        assert_eq!(std::collections::HashSet::from([address, ascii]).len(), 1);
        assert_eq!(r#""é b"@x.test"#.parse::<Address>().unwrap().local_part(), r#""é b""#);
        assert!("a@x.test".parse::<Address>().unwrap().is_ascii());
    }
}
