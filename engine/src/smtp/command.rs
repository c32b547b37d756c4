//! Commands to octets (RFC 5321 §4.1). One line each; what goes in was parsed at the door, so no line can be forged.
//!
//! The same text without its line end is what a transcript shows.

use crate::dsn::{Notify, RecipientDsn, ReturnContent};
use crate::smtp::xtext::Xtext;
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
    /// STARTTLS (RFC 3207).
    StartTls,
    /// MAIL FROM.
    MailFrom {
        /// The sender; none is `<>`.
        from: ReversePath,
        /// `SIZE=` (RFC 1870), where they offered it.
        size_bytes: Option<u64>,
        /// `BODY=8BITMIME` (RFC 6152), where they offered it and the body needs it.
        eight_bit: bool,
        /// `SMTPUTF8` (RFC 6531), where they offered it and the message needs it.
        smtputf8: bool,
        /// `RET=` (RFC 3461 §4.3), where they offered DSN and the sender asked.
        ret: Option<ReturnContent>,
        /// `ENVID=` (RFC 3461 §4.4), likewise; not encoded yet.
        envid: Option<Box<str>>,
    },
    /// RCPT TO.
    RcptTo {
        /// The recipient.
        to: Address,
        /// `NOTIFY=` and `ORCPT=` (RFC 3461 §4.1, §4.2), where they offered DSN and the sender asked.
        dsn: RecipientDsn,
    },
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
            Command::StartTls => f.write_str("STARTTLS"),
            Command::MailFrom { from, size_bytes, eight_bit, smtputf8, ret, envid } => {
                write!(f, "MAIL FROM:<{}>", from.as_ref().map_or("", |from| from.as_str()))?;
                if let Some(size) = size_bytes {
                    write!(f, " SIZE={size}")?;
                }
                f.write_str(if *eight_bit { " BODY=8BITMIME" } else { "" })?;
                f.write_str(if *smtputf8 { " SMTPUTF8" } else { "" })?;
                f.write_str(match ret {
                    Some(ReturnContent::Full) => " RET=FULL",
                    Some(ReturnContent::Headers) => " RET=HDRS",
                    None => "",
                })?;
                envid.as_ref().map_or(Ok(()), |envid| write!(f, " ENVID={}", Xtext(envid)))
            }
            Command::RcptTo { to, dsn } => {
                write!(f, "RCPT TO:<{to}>")?;
                if let Some(notify) = dsn.notify {
                    write!(f, " NOTIFY={}", notify_words(notify))?;
                }
                dsn.original.as_ref().map_or(Ok(()), |original| write!(f, " ORCPT={}", Xtext(original)))
            }
            Command::Data => f.write_str("DATA"),
            Command::Dot => f.write_str("."),
            Command::Rset => f.write_str("RSET"),
            Command::Quit => f.write_str("QUIT"),
        }
    }
}

/// `NEVER`, or those of the three that are wanted.
fn notify_words(notify: Notify) -> String {
    let words = [(notify.success, "SUCCESS"), (notify.failure, "FAILURE"), (notify.delay, "DELAY")];
    let wanted: Vec<&str> = words.iter().filter(|(wanted, _)| *wanted).map(|(_, word)| *word).collect();
    if wanted.is_empty() { "NEVER".into() } else { wanted.join(",") }
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
        let mail = |from: &str, size_bytes, eight_bit| Command::MailFrom {
            from: from.parse().ok(),
            size_bytes,
            eight_bit,
            smtputf8: false,
            ret: None,
            envid: None,
        };
        let rcpt = |to: &str| Command::RcptTo { to: to.parse().unwrap(), dsn: RecipientDsn::default() };
        for (command, line) in [
            (Command::Ehlo("mail.example.net".parse().unwrap()), "EHLO mail.example.net\r\n"),
            (Command::Helo("mail.example.net".parse().unwrap()), "HELO mail.example.net\r\n"),
            (mail("a@x.test", None, false), "MAIL FROM:<a@x.test>\r\n"),
            (mail("a@x.test", Some(4096), true), "MAIL FROM:<a@x.test> SIZE=4096 BODY=8BITMIME\r\n"),
            (mail("", Some(0), false), "MAIL FROM:<> SIZE=0\r\n"),
            (rcpt("\"a b\"@x.test"), "RCPT TO:<\"a b\"@x.test>\r\n"),
            (Command::StartTls, "STARTTLS\r\n"),
            (Command::Data, "DATA\r\n"),
            (Command::Dot, ".\r\n"),
            (Command::Rset, "RSET\r\n"),
            (Command::Quit, "QUIT\r\n"),
        ] {
            assert_eq!(wire(command), line);
        }
    }

    #[test]
    fn what_the_sender_asked_about_reports_is_passed_on_encoded() {
        let mail = Command::MailFrom {
            from: "a@x.test".parse().ok(),
            size_bytes: Some(1),
            eight_bit: false,
            smtputf8: true,
            ret: Some(ReturnContent::Headers),
            envid: Some("QQ 314=1+1\r\nRSET".into()),
        };
        assert_eq!(wire(mail), "MAIL FROM:<a@x.test> SIZE=1 SMTPUTF8 RET=HDRS ENVID=QQ+20314+3D1+2B1+0D+0ARSET\r\n");
        let rcpt = |notify, original: Option<&str>| Command::RcptTo {
            to: "b@y.test".parse().unwrap(),
            dsn: RecipientDsn { notify, original: original.map(Into::into) },
        };
        let all = Notify { success: true, failure: true, delay: true };
        assert_eq!(
            wire(rcpt(Some(all), Some("rfc822;b+c@y.test"))),
            "RCPT TO:<b@y.test> NOTIFY=SUCCESS,FAILURE,DELAY ORCPT=rfc822;b+2Bc@y.test\r\n"
        );
        assert_eq!(wire(rcpt(Some(Notify::NEVER), None)), "RCPT TO:<b@y.test> NOTIFY=NEVER\r\n");
    }
}
