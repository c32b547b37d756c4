//! Commands to octets (RFC 5321 §4.1). One line each; what goes in was parsed at the door, so no line can be forged.
//!
//! The same text without its line end is what a transcript shows.

use common::vocab::{Address, Domain, ReversePath};
use std::fmt;
use std::io::Write;

/// Something we say.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Command {
    /// EHLO with our name.
    Ehlo(Domain),
    /// HELO with our name, for a peer that refused EHLO.
    Helo(Domain),
    /// MAIL FROM.
    MailFrom {
        /// The sender; none is `<>`.
        from: ReversePath,
        /// `SIZE=` (RFC 1870), where they offered it.
        size_bytes: Option<u64>,
        /// `BODY=8BITMIME` (RFC 6152), where they offered it and the body needs it.
        eight_bit: bool,
    },
    /// RCPT TO.
    RcptTo(Address),
    /// DATA.
    Data,
    /// The final dot alone: an empty body.
    Dot,
    /// RSET.
    Rset,
    /// QUIT.
    Quit,
}

impl Command {
    /// Appends the command with its CRLF.
    pub fn write_to(&self, out: &mut Vec<u8>) {
        // Writing to a vector cannot fail.
        let _ = write!(out, "{self}\r\n");
    }
}

impl fmt::Display for Command {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Command::Ehlo(name) => write!(f, "EHLO {name}"),
            Command::Helo(name) => write!(f, "HELO {name}"),
            Command::MailFrom { from, size_bytes, eight_bit } => {
                write!(f, "MAIL FROM:<{}>", from.as_ref().map_or("", |from| from.as_str()))?;
                if let Some(size) = size_bytes {
                    write!(f, " SIZE={size}")?;
                }
                if *eight_bit { f.write_str(" BODY=8BITMIME") } else { Ok(()) }
            }
            Command::RcptTo(to) => write!(f, "RCPT TO:<{to}>"),
            Command::Data => f.write_str("DATA"),
            Command::Dot => f.write_str("."),
            Command::Rset => f.write_str("RSET"),
            Command::Quit => f.write_str("QUIT"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn wire(command: Command) -> String {
        let mut out = Vec::new();
        command.write_to(&mut out);
        String::from_utf8(out).unwrap()
    }

    #[test]
    fn each_command_is_one_line_as_rfc_5321_writes_it() {
        let mail =
            |from: &str, size_bytes, eight_bit| Command::MailFrom { from: from.parse().ok(), size_bytes, eight_bit };
        for (command, line) in [
            (Command::Ehlo("mail.example.net".parse().unwrap()), "EHLO mail.example.net\r\n"),
            (Command::Helo("mail.example.net".parse().unwrap()), "HELO mail.example.net\r\n"),
            (mail("a@x.test", None, false), "MAIL FROM:<a@x.test>\r\n"),
            (mail("a@x.test", Some(4096), true), "MAIL FROM:<a@x.test> SIZE=4096 BODY=8BITMIME\r\n"),
            (mail("", Some(0), false), "MAIL FROM:<> SIZE=0\r\n"),
            (Command::RcptTo("\"a b\"@x.test".parse().unwrap()), "RCPT TO:<\"a b\"@x.test>\r\n"),
            (Command::Data, "DATA\r\n"),
            (Command::Dot, ".\r\n"),
            (Command::Rset, "RSET\r\n"),
            (Command::Quit, "QUIT\r\n"),
        ] {
            assert_eq!(wire(command), line);
        }
    }
}
