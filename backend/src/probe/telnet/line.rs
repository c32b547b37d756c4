//! Octets from a peer, cut into lines; lines to a peer, looked at before they go.

/// Octets of a line that are kept; a peer may send more, the rest of the line is dropped.
pub(super) const LINE_BYTES_MAX: usize = 2_048;

/// Cuts octets into lines at LF; a CR before it belongs to the line end. Other control characters stay.
#[derive(Debug, Default)]
pub(super) struct LineCutter {
    pending: Vec<u8>,
}

impl LineCutter {
    /// Takes octets and gives the lines that they complete. An octet that is no UTF-8 is shown as `\xff`: telnet's own
    /// commands (RFC 854) are such.
    pub(super) fn push(&mut self, octets: &[u8]) -> Vec<String> {
        let mut lines = Vec::new();
        let mut rest = octets;
        while let Some(end) = rest.iter().position(|octet| *octet == b'\n') {
            self.keep(&rest[..end]);
            lines.push(self.take());
            rest = &rest[end + 1..];
        }
        self.keep(rest);
        lines
    }

    /// Whether nothing came after the last LF.
    pub(super) fn is_empty(&self) -> bool {
        self.pending.is_empty()
    }

    /// What came after the last LF; `None` if nothing did.
    pub(super) fn finish(&mut self) -> Option<String> {
        (!self.pending.is_empty()).then(|| self.take())
    }

    /// One octet more than a line may have is kept: it may be the CR.
    fn keep(&mut self, octets: &[u8]) {
        let room = (LINE_BYTES_MAX + 1).saturating_sub(self.pending.len());
        self.pending.extend_from_slice(&octets[..octets.len().min(room)]);
    }

    fn take(&mut self) -> String {
        let mut line = std::mem::take(&mut self.pending);
        if line.last() == Some(&b'\r') {
            line.pop();
        }
        line.truncate(LINE_BYTES_MAX);
        let mut text = String::with_capacity(line.len());
        for chunk in line.utf8_chunks() {
            text.push_str(chunk.valid());
            chunk.invalid().iter().for_each(|octet| text.push_str(&format!("\\x{octet:02x}")));
        }
        text
    }
}

/// Whether a peer would read this line as the beginning of a message. Leading blanks and control characters do not
/// hide a command: some servers skip them.
pub(super) fn begins_a_message(line: &str) -> bool {
    let command = command_of(line);
    command.eq_ignore_ascii_case("DATA") || command.eq_ignore_ascii_case("BDAT")
}

/// Whether the line asks for TLS.
pub(super) fn is_starttls(line: &str) -> bool {
    line.trim().eq_ignore_ascii_case("STARTTLS")
}

/// The code of the last line of a reply: three digits, then no hyphen (RFC 5321 §4.2.1).
pub fn final_code(line: &str) -> Option<&str> {
    let code = line.get(..3).filter(|code| code.bytes().all(|octet| octet.is_ascii_digit()))?;
    if line.as_bytes().get(3) == Some(&b'-') { None } else { Some(code) }
}

/// Whether the line holds a login.
pub(super) fn is_login(line: &str) -> bool {
    command_of(line).eq_ignore_ascii_case("AUTH")
}

/// The line without the secret behind `AUTH MECHANISM`.
pub(super) fn without_secret(line: &str) -> String {
    let words: Vec<&str> = line.split_whitespace().collect();
    match words.as_slice() {
        [auth, mechanism, _, ..] => format!("{auth} {mechanism} ***"),
        _ => line.into(),
    }
}

fn command_of(line: &str) -> &str {
    let line = line.trim_start_matches(|letter: char| !letter.is_ascii_alphanumeric());
    line.split(|letter: char| !letter.is_ascii_alphanumeric()).next().unwrap_or("")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_end_at_lf_wherever_the_octets_are_torn() {
        let mut cutter = LineCutter::default();
        assert_eq!(cutter.push(b"220 a"), Vec::<String>::new());
        assert_eq!(cutter.push(b"b\r"), Vec::<String>::new());
        assert_eq!(cutter.push(b"\n250 \x1b[2J\n\r\n2"), ["220 ab", "250 \u{1b}[2J", ""]);
        assert_eq!(cutter.finish().as_deref(), Some("2"));
        assert_eq!(cutter.finish(), None);
    }

    #[test]
    fn a_long_line_is_cut_and_its_rest_is_no_line_of_its_own() {
        let mut cutter = LineCutter::default();
        assert_eq!(cutter.push(&[b'a'; 1_000_000]), Vec::<String>::new());
        let lines = cutter.push(b"\r\nnext\r\n");
        assert_eq!((lines[0].len(), lines[1].as_str()), (LINE_BYTES_MAX, "next"));
        let full = cutter.push(&[&[b'b'; LINE_BYTES_MAX][..], b"\r\n"].concat());
        assert_eq!(full, ["b".repeat(LINE_BYTES_MAX)]);
    }

    #[test]
    fn octets_that_are_no_utf8_are_shown_as_such() {
        assert_eq!(LineCutter::default().push(b"\xff\xfd\x01hello\n"), ["\\xff\\xfd\u{1}hello"]);
    }

    #[test]
    fn a_message_cannot_be_begun_in_disguise() {
        for line in ["DATA", "data", " DATA ", "\0\x01DaTa", "BDAT 10 LAST", "\tbdat\t1", "DATA\0"] {
            assert!(begins_a_message(line), "{line:?}");
        }
        for line in ["", "DATABASE", "MAIL FROM:<data@x.test>", "NOOP DATA", "HELP data"] {
            assert!(!begins_a_message(line), "{line:?}");
        }
    }

    #[test]
    fn a_login_loses_its_secret() {
        assert!(is_login("auth plain AGFiYwBkZWY="));
        assert_eq!(without_secret("auth plain AGFiYwBkZWY="), "auth plain ***");
        assert_eq!(without_secret("AUTH LOGIN"), "AUTH LOGIN");
    }
}
