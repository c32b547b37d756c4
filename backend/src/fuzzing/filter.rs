//! The filter over what waits.

use common::filter::{Candidate, FILTER_CHARS_MAX, Filter};
use common::vocab::{Badge, MessageId, WaitCause};
use common::words::Language;
use std::time::Duration;

/// A text is a filter, or its fault is said, in both languages and with its place. Two filters, one behind the other, let
/// pass what both let pass; a term that is turned round lets pass what it did not.
pub fn a_filter_means_its_terms(input: &[u8]) {
    let Ok(text) = std::str::from_utf8(input) else { return };
    let mut lines = text.splitn(3, '\n');
    let (first, second) = (lines.next().unwrap_or_default(), lines.next().unwrap_or_default());
    let words = lines.next().unwrap_or_default();
    let candidate = candidate(words);
    let (Some(one), Some(two)) = (read(first), read(second)) else { return };
    if let Some(both) = read(&format!("{first} {second}")) {
        assert_eq!(both.passes(&candidate), one.passes(&candidate) && two.passes(&candidate), "{first:?} {second:?}");
    }
    let is_one_term = !first.is_empty() && !first.starts_with(['-', '－']) && !first.contains(char::is_whitespace);
    if is_one_term && let Some(turned) = read(&format!("-{first}")) {
        assert_ne!(turned.passes(&candidate), one.passes(&candidate), "-{first:?}");
    }
}

fn read(text: &str) -> Option<Filter> {
    let characters = text.chars().count();
    match text.parse::<Filter>() {
        Ok(filter) => {
            assert!(characters <= FILTER_CHARS_MAX, "{characters} characters are a filter");
            assert_eq!(filter.is_everything(), text.chars().all(char::is_whitespace), "{text:?}");
            Some(filter)
        }
        Err(error) => {
            assert!((1..=characters.max(1)).contains(&error.place), "{error:?} in {text:?}");
            assert!(Language::ALL.iter().all(|language| !language.say_filter(&error).is_empty()));
            None
        }
    }
}

/// A recipient out of whatever text: its parts are the words of it.
fn candidate(text: &str) -> Candidate<'_> {
    let mut words = text.split(' ');
    let mut next = || words.next().unwrap_or_default();
    let octets = text.bytes().fold(7u64, |sum, octet| sum.wrapping_mul(31).wrapping_add(octet.into()));
    let small = octets % 5_000;
    Candidate {
        mid: MessageId(octets % 100),
        from: next(),
        to: next(),
        host: next(),
        badge: Badge::Limited,
        active: octets % 7,
        cause: WaitCause::ALL[(octets % WaitCause::ALL.len() as u64) as usize],
        attempts: (octets % 12) as u32,
        reply: text.split_once('\n').map(|(_, reply)| reply),
        age: Duration::from_secs(small * 60),
        size_bytes: small << 10,
    }
}
