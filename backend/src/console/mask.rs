//! What a viewer is shown instead of somebody's address: the first character, `…`, and the domain.
//!
//! This is the one seam: every answer of the API (`http/gate`) and every frame (`live`) to a role without
//! [`Permission::Addresses`](crate::console::auth::Permission) goes through [`json`] as it leaves, whatever is in it. So
//! a new field, route or frame is masked without a word. Promises: of no address in any text does the local part leave;
//! a Subject leaves as its first character; a peer's words are left out where its codes say that they are about somebody
//! (`words`); the JSON keeps its form and order, and reads as the same types. Never: the other way round. What was masked
//! cannot be searched for either (`common::filter`, `Filter::masked`).
//!
//! Not covered, since nothing tells it apart from other words: a name without a domain in a peer's refusal about anything
//! else, and in what an operator typed as a reason.

mod address;
mod words;

use common::filter::Filter;

/// What stands for what is left out.
const LEFT_OUT: &str = "…";

/// A text of JSON with its addresses masked.
pub(super) fn json(text: &str) -> String {
    let mut masked = String::with_capacity(text.len());
    let (mut key, mut what) = (String::new(), String::new());
    let mut rest = text;
    while let Some(start) = rest.find('"') {
        let end = start + literal(&rest[start..]);
        let (before, found) = (&rest[..start], &rest[start..end]);
        masked.push_str(before);
        rest = &rest[end..];
        if rest.starts_with(':') {
            key = found.trim_matches('"').to_owned();
            masked.push_str(found);
            continue;
        }
        // A list's items belong to its key, the first as the last.
        let value: String = serde_json::from_str(found).unwrap_or_default();
        if key == "what" {
            what.clone_from(&value);
        }
        masked.push_str(&serde_json::to_string(&of_field(&key, &what, &value)).unwrap_or_default());
    }
    masked.push_str(rest);
    masked
}

/// Octets of the string that begins here, its quotes included.
fn literal(text: &str) -> usize {
    let mut escaped = false;
    for (at, octet) in text.bytes().enumerate().skip(1) {
        match octet {
            b'"' if !escaped => return at + 1,
            b'\\' => escaped = !escaped,
            _ => escaped = false,
        }
    }
    text.len()
}

/// A text by the name of its field. Of an event of a probe, `what` says whose words they are.
fn of_field(key: &str, what: &str, value: &str) -> String {
    match (key, what) {
        ("subject", _) => address::first(value) + LEFT_OUT,
        ("text", "sent") => words::typed(value),
        ("reply" | "text", _) => words::of_peer(value),
        // Who typed it may see what a viewer may not look for.
        ("filter", _) if Filter::masked(value).is_err() => LEFT_OUT.to_owned(),
        _ => address::masked(value),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn json_keeps_its_form_and_loses_its_addresses() {
        let text = r#"{"t":"x","n":[1,-2.5e3,null,true],"from":"ann@a.test","b":{"subject":"Your \"bill\"","reply":null,"list":["x","ben@b.test"]},"quote\"d":"\u0041\\"}"#;
        let masked = r#"{"t":"x","n":[1,-2.5e3,null,true],"from":"a…@a.test","b":{"subject":"Y…","reply":null,"list":["x","b…@b.test"]},"quote\"d":"A\\"}"#;
        assert_eq!(json(text), masked);
        for broken in ["", "\"", "\"\\", "{\"a\":\"b", "no json"] {
            json(broken);
        }
    }

    #[test]
    fn a_probes_words_are_masked_by_whose_they_are() {
        let event = |what: &str, text: &str| json(&format!(r#"{{"what":"{what}","ms":1,"text":"{text}"}}"#));
        assert!(event("sent", "VRFY ann").contains(r#""text":"VRFY …""#));
        assert!(event("line", "252 2.0.0 ann").contains(r#""text":"252 2.0.0 …""#));
        assert!(event("line", "220 mx.test ESMTP").contains("220 mx.test ESMTP"));
    }

    #[test]
    fn a_filter_that_looks_for_people_is_left_out_whole() {
        let scope = |filter: &str| json(&format!(r#"{{"filter":"{filter}"}}"#));
        assert_eq!(scope("host:a.test age>2h"), r#"{"filter":"host:a.test age>2h"}"#);
        for filter in ["ann", "to:ann host:a.test", "-from:ann", "reply:ann", "to:\\\"ann", "no:such"] {
            assert_eq!(scope(filter), r#"{"filter":"…"}"#, "{filter}");
        }
    }
}
