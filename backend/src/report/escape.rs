//! Remote text inside of a report's machine-readable part: ASCII, of one line, bounded, wrapped.
//!
//! Promises: whatever goes in, what comes out is one field of one name: no line of it can be read as another field.

/// Octets of one field with its name (RFC 5322 §2.1.1 allows a line of 998).
pub const FIELD_BYTES_MAX: usize = 990;
/// Columns after which a field is wrapped.
const COLUMNS: usize = 76;
/// What stands where a text was cut.
const CUT: &str = "...";

/// Printable ASCII stays, white space becomes single spaces, everything else is written out as `\x1b` or `\u{3042}`.
pub fn ascii(text: &str) -> String {
    let mut safe = String::with_capacity(text.len());
    for word in text.split([' ', '\t', '\r', '\n']).filter(|word| !word.is_empty()) {
        if !safe.is_empty() {
            safe.push(' ');
        }
        for character in word.chars() {
            match character {
                '!'..='~' => safe.push(character),
                c if u32::from(c) < 0x100 => safe.push_str(&format!("\\x{:02x}", u32::from(c))),
                c => safe.push_str(&format!("\\u{{{:x}}}", u32::from(c))),
            }
        }
    }
    safe
}

/// `Name: value` in as many lines as it needs, cut to [`FIELD_BYTES_MAX`]. `value` holds no line ends
/// (see [`ascii`]); where it does all the same they become spaces.
pub fn field(name: &str, value: &str) -> String {
    let room = FIELD_BYTES_MAX.saturating_sub(name.len() + ": ".len());
    let value = cut(value, room);
    let mut lines = format!("{name}:");
    let mut column = lines.len();
    for word in value.split([' ', '\t', '\r', '\n']).filter(|word| !word.is_empty()) {
        if column + 1 + word.len() > COLUMNS && column > name.len() + 1 {
            lines.push_str("\r\n");
            column = 0;
        }
        lines.push(' ');
        lines.push_str(word);
        column += 1 + word.len();
    }
    lines.push_str("\r\n");
    lines
}

/// The text, or its beginning and three dots.
pub fn cut(text: &str, most: usize) -> String {
    if text.len() <= most {
        return text.to_owned();
    }
    let mut end = most.saturating_sub(CUT.len());
    while !text.is_char_boundary(end) {
        end -= 1;
    }
    format!("{}{CUT}", &text[..end])
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn a_reply_cannot_begin_a_field_of_its_own() {
        let evil = "no\r\nAction: delivered\r\n\r\n--boundary\n\x1b[2Jé\u{202e}日";
        assert_eq!(ascii(evil), "no Action: delivered --boundary \\x1b[2J\\xe9\\u{202e}\\u{65e5}");
        let field = field("Diagnostic-Code", &format!("smtp; 550 {evil}"));
        assert_eq!(field.matches("\r\n").count(), 1, "{field}");
    }

    #[test]
    fn a_long_field_is_wrapped_and_at_last_cut() {
        let words = field("Diagnostic-Code", &"spam ".repeat(1_000));
        assert!(words.len() < 1_020 && words.ends_with("...\r\n"), "{words}");
        assert!(words.split("\r\n").all(|line| line.len() <= COLUMNS), "{words}");
        let unbroken = field("Diagnostic-Code", &"x".repeat(10_000));
        assert!(unbroken.split("\r\n").all(|line| line.len() <= 998), "{unbroken}");
    }

    proptest! {
        #[test]
        fn a_field_is_one_field_whatever_it_holds(text in "\\PC{0,400}|[ \\r\\n\\t:a]{0,400}", raw in any::<Vec<u8>>()) {
            for text in [text, String::from_utf8_lossy(&raw).into_owned()] {
                let field = field("Name", &ascii(&text));
                prop_assert!(field.is_ascii() && field.ends_with("\r\n"));
                for (number, line) in field.trim_end_matches("\r\n").split("\r\n").enumerate() {
                    prop_assert!(line.len() <= 998 && !line.contains(['\r', '\n']));
                    prop_assert_eq!(line.starts_with(' '), number > 0);
                    prop_assert!(number == 0 || !line.trim().is_empty());
                }
            }
        }
    }
}
