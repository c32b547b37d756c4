//! The text on standard input as a message: what unattended programs write is made fit to travel.
//!
//! Promises: a line of one dot ends it unless dots are text; a mailbox separator in front is dropped; text without a
//! header gets one, with the empty line that parts it from the text; NUL octets are dropped and lines over 998 octets go
//! on in the next one, because nobody is there to be asked for another. Line ends stay: the server makes them CRLF.
//! Never: loses text behind a broken header.

/// Octets of a line without its end (RFC 5321 §4.5.3.1.6).
const LINE_BYTES_MAX: usize = 998;
/// A line that goes on begins with a blank: in the header it must, in the text it shows.
const GOES_ON: &[u8] = b"\n ";

/// A message, its header apart.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Text {
    /// Fields, each with its line end; no empty line.
    pub(super) header: Vec<u8>,
    /// What follows the empty line.
    pub(super) body: Vec<u8>,
}

impl Text {
    /// Reads what came.
    pub(super) fn read(input: &[u8], dots_are_text: bool) -> Text {
        let mut text = Text::default();
        let mut in_header = true;
        for (number, line) in lines(input).enumerate() {
            let bare = bare(line);
            if !dots_are_text && bare == b"." {
                break;
            }
            if number == 0 && (bare.starts_with(b"From ") || bare.starts_with(b">From ")) {
                continue;
            }
            if in_header {
                let goes_on = bare.starts_with(b" ") || bare.starts_with(b"\t");
                in_header = if bare.is_empty() { false } else { is_field(bare) || goes_on && !text.header.is_empty() };
                if bare.is_empty() {
                    continue;
                }
            }
            if in_header {
                // A CR within a field would be the end of it once line ends are made alike.
                let field: Vec<u8> = bare.iter().map(|&octet| if octet == b'\r' { b' ' } else { octet }).collect();
                append(&mut text.header, &field);
                text.header.push(b'\n');
            } else {
                append(&mut text.body, line);
            }
        }
        text
    }

    /// Whether the header has a field of this name.
    pub(super) fn has(&self, name: &str) -> bool {
        lines(&self.header)
            .any(|line| field_name(bare(line)).is_some_and(|own| own.eq_ignore_ascii_case(name.as_bytes())))
    }

    /// The whole message.
    pub(super) fn into_message(self) -> Vec<u8> {
        [&*self.header, b"\n", &*self.body].concat()
    }
}

/// Lines with their ends. Only LF ends a line here.
fn lines(octets: &[u8]) -> impl Iterator<Item = &[u8]> {
    octets.split_inclusive(|&octet| octet == b'\n')
}

fn bare(line: &[u8]) -> &[u8] {
    let line = line.strip_suffix(b"\n").unwrap_or(line);
    line.strip_suffix(b"\r").unwrap_or(line)
}

fn field_name(line: &[u8]) -> Option<&[u8]> {
    let colon = memchr::memchr(b':', line)?;
    let name = line[..colon].trim_ascii_end();
    (!name.is_empty() && name.iter().all(u8::is_ascii_graphic)).then_some(name)
}

fn is_field(line: &[u8]) -> bool {
    field_name(line).is_some()
}

/// Appends a line, without its NULs, in pieces that fit.
fn append(out: &mut Vec<u8>, line: &[u8]) {
    let mut column = 0;
    for &octet in line.iter().filter(|&&octet| octet != 0) {
        let ends = matches!(octet, b'\r' | b'\n');
        // Not within a character of UTF-8: a continuation octet stays with its first one, three at most.
        let mid_character = (octet & 0xc0) == 0x80;
        if !ends && (column >= LINE_BYTES_MAX || column >= LINE_BYTES_MAX - 3 && !mid_character) {
            out.extend_from_slice(GOES_ON);
            column = 1;
        }
        out.push(octet);
        column = if ends { 0 } else { column + 1 };
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn message(input: &str) -> String {
        String::from_utf8(Text::read(input.as_bytes(), false).into_message()).unwrap()
    }

    #[test]
    fn a_dot_alone_ends_the_text_unless_dots_are_text() {
        assert_eq!(message("A: b\n\none\n.\ntwo\n"), "A: b\n\none\n");
        assert_eq!(message("A: b\r\n\r\none\r\n.\r\ntwo\r\n"), "A: b\n\none\r\n");
        let kept = Text::read(b"A: b\n\none\n.\ntwo\n", true);
        assert_eq!(kept.body, b"one\n.\ntwo\n");
        assert_eq!(message("A: b\n\n..\n. \n"), "A: b\n\n..\n. \n");
    }

    #[test]
    fn text_without_a_header_is_all_text() {
        assert_eq!(message("just text\nmore\n"), "\njust text\nmore\n");
        assert_eq!(message("\nSubject: in the text\n"), "\nSubject: in the text\n");
        assert_eq!(message("A: b\nno field here\nC: d\n"), "A: b\n\nno field here\nC: d\n");
        assert_eq!(message(" indented\n"), "\n indented\n");
        assert_eq!(message(""), "\n");
        assert_eq!(message("A: b"), "A: b\n\n");
        assert_eq!(message("A: b\rC: d\n\n1\r2\n"), "A: b C: d\n\n1\r2\n");
    }

    #[test]
    fn the_separator_of_a_mailbox_is_dropped_and_folds_stay() {
        assert_eq!(message("From me Tue Nov 24\nA: b\n  c\n\nFrom here on\n"), "A: b\n  c\n\nFrom here on\n");
    }

    #[test]
    fn fields_are_known_by_name() {
        let text = Text::read(b"from : x\nX-To: y\n\nTo: z\n", false);
        assert!(text.has("From") && !text.has("To") && !text.has("Date"));
    }

    #[test]
    fn nul_is_dropped_and_a_long_line_goes_on() {
        assert_eq!(message("A: b\n\nte\0xt\n"), "A: b\n\ntext\n");
        let long = message(&format!("A: b\n\n{}\n", "x".repeat(2_000)));
        assert!(long.lines().all(|line| line.len() <= 998), "{long}");
        assert_eq!(long.replace("\n ", "").len(), "A: b\n\n\n".len() + 2_000);
        let japanese = message(&format!("Subject: {}\n\n", "日本".repeat(400)));
        assert!(japanese.lines().all(|line| line.len() <= 998) && japanese.contains("\n "), "{japanese}");
    }

    proptest! {
        #[test]
        fn whatever_comes_no_line_is_too_long_and_no_nul_is_left(input in proptest::collection::vec(any::<u8>(), 0..3_000)) {
            let message = Text::read(&input, true).into_message();
            prop_assert!(!message.contains(&0));
            prop_assert!(message.split(|octet| matches!(octet, b'\r' | b'\n')).all(|line| line.len() <= 998));
        }
    }
}
