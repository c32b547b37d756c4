//! Remote text on a terminal: nothing in it may move the cursor, change a colour, or turn the direction of reading.

use common::vocab::is_invisible;

/// The text with every control and direction character written out, `\x1b` or `\u{202e}`.
/// What is left is what a person sees. A backslash of the text itself stays one.
pub fn printable(text: &str) -> String {
    let mut safe = String::with_capacity(text.len());
    for character in text.chars() {
        match character {
            '\t' => safe.push_str("\\t"),
            '\n' => safe.push_str("\\n"),
            '\r' => safe.push_str("\\r"),
            c if c.is_control() => safe.push_str(&format!("\\x{:02x}", u32::from(c))),
            c if is_invisible(c) => safe.push_str(&format!("\\u{{{:x}}}", u32::from(c))),
            c => safe.push(c),
        }
    }
    safe
}

/// The lines of a text, each printable. Only `\n` and `\r\n` end a line.
pub fn printable_lines(text: &str) -> Vec<String> {
    text.split('\n').map(|line| printable(line.strip_suffix('\r').unwrap_or(line))).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_that_moves_a_cursor_or_turns_the_direction_survives() {
        assert_eq!(printable("550 \x1b[2J\x1b]0;evil\x07"), "550 \\x1b[2J\\x1b]0;evil\\x07");
        assert_eq!(printable("a\u{202e}txt.exe\u{2066}"), "a\\u{202e}txt.exe\\u{2066}");
        assert_eq!(printable("a\u{9b}31m\0\u{7f}\u{200b}\r\n\t"), "a\\x9b31m\\x00\\x7f\\u{200b}\\r\\n\\t");
        for code in (0..=0x10_ffff).filter_map(char::from_u32) {
            let safe = printable(&code.to_string());
            assert!(!safe.chars().any(char::is_control), "{:x}", u32::from(code));
        }
    }

    #[test]
    fn what_people_write_stays_as_it_is() {
        for text in ["Greylisted, try again in 5 min", "メールボックスが一杯です", "C:\\x1b", "ümläut 🙂"]
        {
            assert_eq!(printable(text), text);
        }
    }

    #[test]
    fn a_reply_of_many_lines_is_split_at_its_line_ends_only() {
        assert_eq!(printable_lines("one\r\ntwo\rthree\u{2028}four"), ["one", "two\\rthree\\u{2028}four"]);
    }
}
