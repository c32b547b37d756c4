//! A path: the address between `<` and `>` of MAIL and RCPT (RFC 5321 §4.1.2).
//!
//! Promises: quotes and brackets are read as the grammar says, so that what we relay for and what we send to are one
//! address; an old source route (`@a,@b:user@c`) is accepted and dropped (RFC 5321 appendix C).
//! Never: guesses. What follows the `>` is the caller's.

use common::vocab::{Address, AddressError, Domain, DomainError};

/// What stood between the brackets.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Path {
    /// `<>`.
    Null,
    /// An address; one without a domain got ours.
    Mailbox(Address),
}

/// Why a path could not be read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PathError {
    /// No `<` at the start, or no `>` that ends it.
    Brackets,
    /// A source route that breaks its grammar.
    Route,
    /// What is in it is no address.
    Address(AddressError),
}

/// Reads a path at the head of `text`; returns it and what follows its `>`.
pub fn parse<'a>(text: &'a [u8], hostname: &Domain) -> Result<(Path, &'a [u8]), PathError> {
    let inner = text.strip_prefix(b"<").ok_or(PathError::Brackets)?;
    let end = position_unquoted(inner, b'>').ok_or(PathError::Brackets)?;
    let (inner, rest) = (&inner[..end], &inner[end + 1..]);
    if inner.is_empty() {
        return Ok((Path::Null, rest));
    }
    let mailbox =
        std::str::from_utf8(without_route(inner)?).map_err(|_| PathError::Address(AddressError::BadLocalPart))?;
    let address = match position_unquoted(mailbox.as_bytes(), b'@') {
        Some(_) => read_mailbox(mailbox),
        None => read_mailbox(&format!("{mailbox}@{hostname}")),
    };
    Ok((Path::Mailbox(address.map_err(PathError::Address)?), rest))
}

/// Reads `local@domain` as people and programs write it: a domain beyond ASCII is mapped to its U-labels (RFC 5895, by
/// Unicode TR 46), so that one name has one spelling; an A-label must be a true one.
pub fn read_mailbox(text: &str) -> Result<Address, AddressError> {
    let bad = AddressError::Domain(DomainError::BadCharacter);
    let address: Address = match text.rsplit_once('@') {
        Some((local, domain)) if !domain.is_ascii() => {
            let ascii = idna::domain_to_ascii(domain).map_err(|_| bad)?;
            let (shown, read) = idna::domain_to_unicode(&ascii);
            read.map_err(|_| bad)?;
            format!("{local}@{shown}").parse()?
        }
        _ => text.parse()?,
    };
    if address.domain().as_str().split('.').all(is_true_label) { Ok(address) } else { Err(bad) }
}

/// Whether an A-label is the one that its U-label has (RFC 5890 §2.3.2.1): else two texts would show as one name.
fn is_true_label(label: &str) -> bool {
    if !label.starts_with("xn--") {
        return true;
    }
    let (shown, read) = idna::domain_to_unicode(label);
    read.is_ok() && idna::domain_to_ascii(&shown).is_ok_and(|again| again == label)
}

/// Where `wanted` stands first outside of a quoted string.
fn position_unquoted(text: &[u8], wanted: u8) -> Option<usize> {
    let (mut quoted, mut escaped) = (false, false);
    text.iter().position(|&byte| {
        if escaped {
            escaped = false;
            return false;
        }
        match byte {
            b'\\' if quoted => escaped = true,
            b'"' => quoted = !quoted,
            other => return !quoted && other == wanted,
        }
        false
    })
}

/// Drops a source route, `@ONE,@TWO:`, after checking that it is one.
fn without_route(inner: &[u8]) -> Result<&[u8], PathError> {
    if !inner.starts_with(b"@") {
        return Ok(inner);
    }
    let colon = inner.iter().position(|&byte| byte == b':').ok_or(PathError::Route)?;
    let route = std::str::from_utf8(&inner[..colon]).map_err(|_| PathError::Route)?;
    let hops_are_domains = route
        .split(',')
        .all(|hop| hop.strip_prefix('@').is_some_and(|name| !name.ends_with('.') && name.parse::<Domain>().is_ok()));
    if !hops_are_domains {
        return Err(PathError::Route);
    }
    Ok(&inner[colon + 1..])
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str) -> Result<(Path, &[u8]), PathError> {
        parse(text.as_bytes(), &"mail.test".parse().unwrap())
    }

    fn address(text: &str) -> String {
        match read(text) {
            Ok((Path::Mailbox(address), _)) => address.to_string(),
            other => format!("{other:?}"),
        }
    }

    #[test]
    fn a_path_ends_at_the_first_bracket_outside_of_quotes() {
        assert_eq!(read("<>").unwrap(), (Path::Null, &b""[..]));
        assert_eq!(read("<a@b.test> SIZE=1").unwrap().1, b" SIZE=1");
        assert_eq!(address(r#"<"a>b"@c.test>"#), r#""a>b"@c.test"#);
        assert_eq!(address(r#"<"a\">b"@c.test>"#), r#""a\">b"@c.test"#);
        assert_eq!(read("<a@b.test>junk").unwrap().1, b"junk");
    }

    #[test]
    fn an_address_without_a_domain_gets_ours() {
        assert_eq!(address("<root>"), "root@mail.test");
        assert_eq!(address(r#"<"a@b.test">"#), r#""a@b.test"@mail.test"#);
    }

    #[test]
    fn a_source_route_is_dropped_if_it_is_one() {
        assert_eq!(address("<@a.test,@b.test:user@c.test>"), "user@c.test");
        for text in ["<@a.test>", "<@a.test,b.test:user@c.test>", "<@:user@c.test>", "<@a.test.:user@c.test>"] {
            assert_eq!(read(text), Err(PathError::Route), "{text}");
        }
    }

    #[test]
    fn an_a_label_must_be_the_one_of_its_u_label() {
        assert_eq!(address("<a@XN--R8JZ45G.test>"), "a@xn--r8jz45g.test");
        for text in ["<a@xn--a.test>", "<a@xn--.test>", "<a@xn--example-.test>", "<a@xn--zzzzzzzzzzzz99999.test>"] {
            assert!(matches!(read(text), Err(PathError::Address(AddressError::Domain(_)))), "{text}: {:?}", read(text));
        }
    }

    #[test]
    fn what_is_no_path_is_refused() {
        for text in ["", "a@b.test", "<a@b.test", r#"<"a@b.test>"#, " <a@b.test>"] {
            assert_eq!(read(text), Err(PathError::Brackets), "{text}");
        }
        for text in
            ["<a@b.test.>", "<a b@c.test>", "<a@[192.0.2.1]>", "<@a.test:>", "< a@b.test >", "<a@\u{ff05}.test>"]
        {
            assert!(matches!(read(text), Err(PathError::Address(_))), "{text}: {:?}", read(text));
        }
        assert_eq!(
            parse(b"<\xff@b.test>", &"m.test".parse().unwrap()),
            Err(PathError::Address(AddressError::BadLocalPart))
        );
    }

    #[test]
    fn a_domain_beyond_ascii_has_one_spelling_and_its_host_is_the_a_labels() {
        for text in ["<\u{e9}@b\u{fc}cher.test>", "<\u{e9}@BU\u{308}CHER.test>", "<\u{e9}@b\u{fc}cher\u{3002}test>"] {
            let Ok((Path::Mailbox(address), _)) = read(text) else { panic!("{text}: {:?}", read(text)) };
            assert_eq!(
                (address.as_str(), address.domain().as_str()),
                ("\u{e9}@b\u{fc}cher.test", "xn--bcher-kva.test")
            );
        }
        for text in [
            "<a@\u{202e}b\u{fc}.test>",
            "<a@b\u{fc}_.test>",
            "<a@b\u{fc}..test>",
            "<a@b\u{fc}.test.>",
            "<a@\u{2488}.test>",
        ] {
            assert!(matches!(read(text), Err(PathError::Address(_))), "{text}: {:?}", read(text));
        }
        let long = format!("<a@{}.test>", "\u{fc}".repeat(64));
        assert!(matches!(read(&long), Err(PathError::Address(AddressError::Domain(_)))), "{:?}", read(&long));
    }
}
