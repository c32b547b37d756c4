//! Addresses in a text of any kind: found, and masked where they stand.
//!
//! Promises: what stands before an `@`, back to a sign that no unquoted local part has, or back to the quote that opens
//! it, becomes its first character and `…`; the forms in which addresses hide in links and in full-width text count too;
//! a text that was cut may end within an address, so that its last word goes. What comes out is an address again.

use super::LEFT_OUT;

/// As `@` is written: plain, full-width, small, and in a link.
const AT: [&str; 5] = ["@", "\u{ff20}", "\u{fe6b}", "%40", "&#64;"];

/// The first character of a text; nothing of one that could not begin an address.
pub(super) fn first(text: &str) -> String {
    let first = text.trim_start_matches(['"', '\'']).chars().next();
    first.filter(|letter| letter.is_alphanumeric()).map(String::from).unwrap_or_default()
}

/// The text with its addresses masked.
pub(super) fn masked(text: &str) -> String {
    masked_of(text, text.ends_with(LEFT_OUT))
}

/// The same of a text that may have been cut without a mark.
pub(super) fn masked_of(text: &str, is_cut: bool) -> String {
    if !is_cut && !AT.iter().any(|at| text.contains(at)) {
        return text.to_owned();
    }
    let mut out = String::with_capacity(text.len());
    let mut rest = text;
    while !rest.is_empty() {
        let end = rest.find(delimits).unwrap_or(rest.len());
        let (run, behind) = rest.split_at(end);
        if is_cut && behind.is_empty() {
            out.push_str(LEFT_OUT);
        } else {
            push_run(&mut out, run);
        }
        let mut letters = behind.chars();
        out.extend(letters.next());
        rest = letters.as_str();
    }
    out
}

/// No local part holds it outside of quotes.
fn delimits(letter: char) -> bool {
    letter.is_whitespace() || letter.is_control() || "<>()[]{},:;\"".contains(letter)
}

/// A run without delimiters: an address, a part of one, or a word.
fn push_run(out: &mut String, run: &str) {
    let last = AT.iter().filter_map(|at| run.rfind(at)).max();
    let Some(at) = last else { return out.push_str(run) };
    let (local, domain) = run.split_at(at);
    if !local.is_empty() {
        out.push_str(&first(local));
        out.push_str(LEFT_OUT);
    } else if let Some(start) = opening_quote(out) {
        let quoted = first(&out[start..]);
        out.truncate(start);
        out.push_str(&quoted);
        out.push_str(LEFT_OUT);
    }
    out.push_str(domain);
}

/// Where the quoted string begins that ends here; the whole text if nothing opens it.
fn opening_quote(out: &str) -> Option<usize> {
    let inner = out.strip_suffix('"')?;
    let inner = inner.strip_suffix('\\').unwrap_or(inner); // quoted once more, as within a text of ours
    let opens = |at: &usize| !inner[..*at].ends_with('\\') || inner[..*at].ends_with("\\\\");
    Some(inner.match_indices('"').map(|(at, _)| at).rfind(opens).unwrap_or(0))
}

#[cfg(test)]
mod tests {
    use super::*;
    use common::vocab::Address;

    #[test]
    fn of_an_address_its_first_character_and_its_domain_stay() {
        for (text, shown) in [
            ("ann@a.test", "a…@a.test"),
            ("x@a.test", "x…@a.test"),
            ("O'Brien+tag/dept=x@a.test", "O…@a.test"),
            ("用户@例え.test", "用…@例え.test"),
            ("=ann@a.test", "…@a.test"),
            (r#""ann smith"@a.test"#, "a…@a.test"),
            (r#""a \"b@c <d>"@a.test"#, "a…@a.test"),
            (r#"" ann"@a.test"#, "…@a.test"),
            ("bounces+ann=b.test@list.test", "b…@list.test"),
        ] {
            assert_eq!(masked(text), shown);
            assert!(shown.parse::<Address>().is_ok(), "{shown}");
        }
    }

    #[test]
    fn addresses_are_found_in_whatever_text_they_stand() {
        for (text, shown) in [
            ("550 <ann@a.test>: no", "550 <a…@a.test>: no"),
            (
                "RCPT TO:<@relay.test,@b.test:ann@a.test> NOTIFY=NEVER",
                "RCPT TO:<@relay.test,@b.test:a…@a.test> NOTIFY=NEVER",
            ),
            ("ann@[192.0.2.1] mailto:ben@b.test", "a…@[192.0.2.1] mailto:b…@b.test"),
            ("a@b@c.test (ann@)", "a…@c.test (a…@)"),
            ("ann\u{ff20}a.test", "a…\u{ff20}a.test"),
            ("see https://x.test/?to=ann%40a.test", "see https:…%40a.test"),
            ("say \"hello\" to dig @ns.test", "say \"hello\" to dig @ns.test"),
            ("no name here", "no name here"),
            ("@", "@"),
            ("\"@a.test", "…@a.test"),
        ] {
            assert_eq!(masked(text), shown);
        }
    }

    #[test]
    fn a_text_that_was_cut_loses_its_last_word() {
        assert_eq!(masked("550 no such user <ann.smi…"), "550 no such user <…");
        assert_eq!(masked_of("550 no such user ann.smi", true), "550 no such user …");
    }
}
