//! What may stand behind the path of MAIL and RCPT: `SIZE` (RFC 1870), `BODY` (RFC 6152), `SMTPUTF8` (RFC 6531),
//! `RET`, `ENVID`, `NOTIFY` and `ORCPT` (RFC 3461).
//!
//! Promises: each at most once, each within its grammar; what is kept is printable ASCII, since it will stand in
//! reports to senders and in commands to next hops. Never: repeats what a client sent in an answer.

use crate::intake::smtp::reply::{self, OurReply};
use engine::dsn::{Notify, RecipientDsn, ReturnContent};

/// Octets of `ENVID` as it comes (RFC 3461 §4.4).
pub const ENVID_BYTES_MAX: usize = 100;
/// Octets of `ORCPT` as it comes, and as it is kept (RFC 3461 §4.2).
pub const ORCPT_BYTES_MAX: usize = 500;

/// What stood behind the path of MAIL. `BODY` is checked and not needed: we look at the body.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct MailParameters {
    /// The declared size in octets.
    pub size: Option<u64>,
    /// Addresses and header fields may hold UTF-8.
    pub utf8: bool,
    /// How much of the message a report of failure carries.
    pub ret: Option<ReturnContent>,
    /// The sender's own name for the message, decoded.
    pub envid: Option<Box<str>>,
}

/// What stood behind the path of RCPT.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct RcptParameters {
    /// What was asked about reports.
    pub dsn: RecipientDsn,
    /// `ORCPT` holds UTF-8 as such: only after a MAIL with SMTPUTF8 (RFC 6533 §3).
    pub utf8: bool,
}

/// Reads the parameters of MAIL, `rest` being all that follows its path.
pub fn of_mail(rest: &[u8]) -> Result<MailParameters, OurReply> {
    let (mut size, mut body, mut utf8, mut ret, mut envid) = (None, None, None, None, None);
    for parameter in split(rest).ok_or(reply::MAIL_SYNTAX)? {
        let (keyword, value) = split_at_equals(parameter);
        let is = |name: &str| keyword.eq_ignore_ascii_case(name.as_bytes());
        if is("SIZE") {
            set_once(&mut size, number(value.unwrap_or_default()).ok_or(reply::BAD_SIZE)?)?;
        } else if is("BODY") {
            let known = one_of(value, &[("7BIT", ()), ("8BITMIME", ())]);
            set_once(&mut body, known.ok_or(reply::BAD_BODY)?)?;
        } else if is("SMTPUTF8") {
            set_once(&mut utf8, value.is_none().then_some(true).ok_or(reply::BAD_SMTPUTF8)?)?;
        } else if is("RET") {
            let known = one_of(value, &[("FULL", ReturnContent::Full), ("HDRS", ReturnContent::Headers)]);
            set_once(&mut ret, known.ok_or(reply::BAD_RET)?)?;
        } else if is("ENVID") {
            let value = value.filter(|value| (1..=ENVID_BYTES_MAX).contains(&value.len()));
            set_once(&mut envid, value.and_then(from_xtext).ok_or(reply::BAD_ENVID)?)?;
        } else {
            return Err(reply::UNKNOWN_PARAMETER);
        }
    }
    Ok(MailParameters { size, utf8: utf8.unwrap_or(false), ret, envid })
}

/// Reads the parameters of RCPT.
pub fn of_rcpt(rest: &[u8]) -> Result<RcptParameters, OurReply> {
    let (mut notify, mut original) = (None, None);
    for parameter in split(rest).ok_or(reply::RCPT_SYNTAX)? {
        let (keyword, value) = split_at_equals(parameter);
        if keyword.eq_ignore_ascii_case(b"NOTIFY") {
            set_once(&mut notify, value.and_then(read_notify).ok_or(reply::BAD_NOTIFY)?)?;
        } else if keyword.eq_ignore_ascii_case(b"ORCPT") {
            let value = value.filter(|value| value.len() <= ORCPT_BYTES_MAX);
            set_once(&mut original, value.and_then(read_orcpt).ok_or(reply::BAD_ORCPT)?)?;
        } else {
            return Err(reply::UNKNOWN_PARAMETER);
        }
    }
    let (original, utf8) = original.map_or((None, false), |(original, utf8)| (Some(original), utf8));
    Ok(RcptParameters { dsn: RecipientDsn { notify, original }, utf8 })
}

/// The parameters behind a path; `None` if something is glued to its `>`.
fn split(rest: &[u8]) -> Option<impl Iterator<Item = &[u8]>> {
    let separated = rest.is_empty() || rest.starts_with(b" ");
    separated.then(|| rest.split(|&byte| byte == b' ').filter(|parameter| !parameter.is_empty()))
}

fn split_at_equals(parameter: &[u8]) -> (&[u8], Option<&[u8]>) {
    match parameter.iter().position(|&byte| byte == b'=') {
        Some(at) => (&parameter[..at], Some(&parameter[at + 1..])),
        None => (parameter, None),
    }
}

fn one_of<T: Copy>(value: Option<&[u8]>, words: &[(&str, T)]) -> Option<T> {
    let value = value?;
    words.iter().find(|(word, _)| value.eq_ignore_ascii_case(word.as_bytes())).map(|(_, meaning)| *meaning)
}

/// RFC 1870 §3: 1 to 20 digits. More than fits is larger than any limit.
fn number(digits: &[u8]) -> Option<u64> {
    let well_formed = (1..=20).contains(&digits.len()) && digits.iter().all(u8::is_ascii_digit);
    well_formed
        .then(|| digits.iter().fold(0u64, |sum, digit| sum.saturating_mul(10).saturating_add(u64::from(digit - b'0'))))
}

fn set_once<T>(place: &mut Option<T>, value: T) -> Result<(), OurReply> {
    match place.replace(value) {
        None => Ok(()),
        Some(_) => Err(reply::REPEATED_PARAMETER),
    }
}

/// `NEVER` alone, or a list of the others (RFC 3461 §4.1).
pub(in crate::intake) fn read_notify(value: &[u8]) -> Option<Notify> {
    if value.eq_ignore_ascii_case(b"NEVER") {
        return Some(Notify::NEVER);
    }
    let mut notify = Notify::NEVER;
    for word in value.split(|&byte| byte == b',') {
        match word.to_ascii_uppercase().as_slice() {
            b"SUCCESS" => notify.success = true,
            b"FAILURE" => notify.failure = true,
            b"DELAY" => notify.delay = true,
            _ => return None,
        }
    }
    Some(notify)
}

/// `type;address`, and whether it held UTF-8 as such. The address of type `utf-8` (RFC 6533 §3) is kept in its form for
/// seven bits, `\x{E9}`; any other is xtext and kept decoded.
fn read_orcpt(value: &[u8]) -> Option<(Box<str>, bool)> {
    let at = value.iter().position(|&byte| byte == b';')?;
    let (kind, address) = (std::str::from_utf8(&value[..at]).ok()?, &value[at + 1..]);
    let is_atom = |byte: u8| byte.is_ascii_alphanumeric() || b"!#$%&'*+-/=?^_`{|}~".contains(&byte);
    if kind.is_empty() || address.is_empty() || !kind.bytes().all(is_atom) {
        return None;
    }
    let (address, utf8) = if kind.eq_ignore_ascii_case("utf-8") {
        let text = std::str::from_utf8(address).ok()?;
        (seven_bit(text)?, !text.is_ascii())
    } else {
        (from_xtext(address)?.into(), false)
    };
    let original = format!("{kind};{address}");
    (original.len() <= ORCPT_BYTES_MAX).then(|| (original.into(), utf8))
}

/// The form for seven bits of a `utf-8-addr-xtext` or `utf-8-addr-unitext`.
fn seven_bit(text: &str) -> Option<String> {
    let mut kept = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(character) = rest.chars().next() {
        rest = &rest[character.len_utf8()..];
        match character {
            '\\' => {
                let (digits, behind) = rest.strip_prefix("x{")?.split_once('}')?;
                let is_hex = (2..=6).contains(&digits.len()) && digits.bytes().all(|byte| byte.is_ascii_hexdigit());
                let named = is_hex.then(|| u32::from_str_radix(digits, 16).ok().and_then(char::from_u32)).flatten()?;
                if named.is_control() {
                    return None;
                }
                kept.push_str(&format!("\\x{{{digits}}}"));
                rest = behind;
            }
            '+' | '=' => return None,
            '!'..='~' => kept.push(character),
            other if other.is_ascii() || other.is_control() => return None,
            other => kept.push_str(&format!("\\x{{{:X}}}", u32::from(other))),
        }
    }
    Some(kept)
}

/// RFC 3461 §4: printable ASCII without `+` and `=`, which come as `+2B` and `+3D`. What is decoded must be printable too.
fn from_xtext(text: &[u8]) -> Option<Box<str>> {
    let mut decoded = String::with_capacity(text.len());
    let mut bytes = text.iter().copied();
    while let Some(byte) = bytes.next() {
        let octet = match byte {
            b'+' => {
                let upper_hex = |digit: u8| match digit {
                    b'0'..=b'9' => Some(digit - b'0'),
                    b'A'..=b'F' => Some(digit - b'A' + 10),
                    _ => None,
                };
                upper_hex(bytes.next()?)? << 4 | upper_hex(bytes.next()?)?
            }
            b'=' | b' ' => return None,
            other => other,
        };
        decoded.push(matches!(octet, b' '..=b'~').then_some(char::from(octet))?);
    }
    Some(decoded.into())
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn mail(rest: &str) -> Result<MailParameters, OurReply> {
        of_mail(rest.as_bytes())
    }

    fn original(value: &str) -> Option<String> {
        of_rcpt(format!(" ORCPT={value}").as_bytes()).ok()?.dsn.original.map(Into::into)
    }

    #[test]
    fn keywords_and_values_are_read_in_any_case() {
        let read = mail(" size=12  Body=8bitmime smtputf8 RET=hdrs ENVID=a+2Bb").unwrap();
        let ret = Some(ReturnContent::Headers);
        assert_eq!(read, MailParameters { size: Some(12), utf8: true, ret, envid: Some("a+b".into()) });
        assert_eq!(mail(""), Ok(MailParameters::default()));
        assert_eq!(mail(" SIZE=99999999999999999999").unwrap().size, Some(u64::MAX), "more than 64 bits is a size too");
    }

    #[test]
    fn what_breaks_its_grammar_or_comes_twice_is_501() {
        for rest in [
            "SIZE",
            "SIZE=",
            "SIZE=-1",
            "SIZE=1k",
            "SIZE=111111111111111111111",
            "SIZE=1 SIZE=1",
            "BODY=BINARYMIME",
            "BODY",
            "SMTPUTF8=yes",
            "SMTPUTF8=",
            "RET",
            "RET=",
            "RET=ALL",
            "RET=FULL RET=FULL",
            "ENVID",
            "ENVID=",
            "ENVID=a=b",
            "ENVID=+2b",
            "ENVID=+2",
            "ENVID=+",
            "ENVID=+0D+0A",
            "ENVID=+00",
            "ENVID=+7F",
            "ENVID=+C3+A9",
            "ENVID=\u{e9}",
        ] {
            assert_eq!(mail(&format!(" {rest}")).unwrap_err().code(), 501, "{rest}");
        }
        for rest in [
            "NOTIFY",
            "NOTIFY=",
            "NOTIFY=NEVER,SUCCESS",
            "NOTIFY=SUCCESS,",
            "NOTIFY=SUCCESS,,DELAY",
            "NOTIFY=ALWAYS",
            "NOTIFY=NEVER NOTIFY=NEVER",
            "ORCPT",
            "ORCPT=",
            "ORCPT=rfc822",
            "ORCPT=rfc822;",
            "ORCPT=;a",
            "ORCPT=rfc822;+",
            "ORCPT=rfc822;a+0Ab",
            "ORCPT=rfc822;a=b",
            "ORCPT=rfc822;\u{e9}",
            "ORCPT=rf\"c;a",
            "ORCPT=utf-8;a\\b",
            "ORCPT=utf-8;\\x{}",
            "ORCPT=utf-8;\\x{0A}",
            "ORCPT=utf-8;\\x{D800}",
            "ORCPT=utf-8;\\x{110000}",
            "ORCPT=utf-8;a+b",
            "ORCPT=utf-8;\u{85}",
        ] {
            assert_eq!(of_rcpt(format!(" {rest}").as_bytes()).unwrap_err().code(), 501, "{rest}");
        }
    }

    #[test]
    fn the_longest_envid_and_orcpt_are_taken_and_one_octet_more_is_not() {
        for (prefix, most) in [("ENVID=", ENVID_BYTES_MAX), ("ORCPT=rfc822;", ORCPT_BYTES_MAX - "rfc822;".len())] {
            let code = |length: usize| {
                let rest = format!(" {prefix}{}", "a".repeat(length));
                let read = if prefix.starts_with('E') { mail(&rest).err() } else { of_rcpt(rest.as_bytes()).err() };
                read.map(|refusal| refusal.code())
            };
            assert_eq!((code(most), code(most + 1)), (None, Some(501)), "{prefix}");
        }
        assert_eq!(original(&format!("utf-8;{}", "\u{e9}".repeat(200))), None, "kept it would be too long");
    }

    #[test]
    fn notify_is_never_or_a_list() {
        let read = |value: &str| read_notify(value.as_bytes());
        assert_eq!(read("never"), Some(Notify::NEVER));
        assert_eq!(read("Success,DELAY"), Some(Notify { success: true, failure: false, delay: true }));
        assert_eq!(read("FAILURE,FAILURE"), Some(Notify { success: false, failure: true, delay: false }));
    }

    #[test]
    fn an_original_recipient_is_kept_as_printable_ascii() {
        assert_eq!(original("rfc822;Bob+2Btag+40x.test").as_deref(), Some("rfc822;Bob+tag@x.test"));
        assert_eq!(original("x400;/S=b/").as_deref(), None, "= is +3D");
        assert_eq!(original("utf-8;\\x{E9}@x.test").as_deref(), Some("utf-8;\\x{E9}@x.test"));
        assert_eq!(original("UTF-8;\u{e9}@x.test").as_deref(), Some("UTF-8;\\x{E9}@x.test"));
        assert!(of_rcpt(" ORCPT=utf-8;\u{e9}@x.test".as_bytes()).unwrap().utf8);
        assert!(!of_rcpt(b" ORCPT=utf-8;\\x{E9}@x.test").unwrap().utf8);
    }

    proptest! {
        #[test]
        fn whatever_is_kept_is_printable_ascii(octets in proptest::collection::vec(any::<u8>(), 0..40)) {
            let printable = |text: Option<Box<str>>| text.is_none_or(|text| text.bytes().all(|b| matches!(b, b' '..=b'~')));
            let rest = [b" ENVID=".as_slice(), &octets].concat();
            prop_assert!(of_mail(&rest).is_ok_and(|read| printable(read.envid)) || of_mail(&rest).is_err());
            for kind in [" ORCPT=rfc822;", " ORCPT=utf-8;"] {
                let rest = [kind.as_bytes(), &octets].concat();
                prop_assert!(of_rcpt(&rest).map_or(true, |read| printable(read.dsn.original)));
            }
        }
    }
}
