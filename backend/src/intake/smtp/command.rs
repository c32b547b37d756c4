//! The grammar of SMTP commands (RFC 5321 §4.1.1): a line in, a command or a refusal with its reply out.
//!
//! Promises: pure; whatever the octets are, one answer. Verbs and keywords in any case; blanks at the end are dropped;
//! one blank after `FROM:` and `TO:` is forgiven, since many clients send it.
//! Never: knows what came before (that is `session`).

use crate::intake::smtp::limits::CLIENT_NAME_BYTES_MAX;
use crate::intake::smtp::parameter::{self, MailParameters, RcptParameters};
use crate::intake::smtp::path::{self, Path, PathError};
use crate::intake::smtp::reply::{self, OurReply};
use common::vocab::{Address, AddressError, Domain, ReversePath};

/// A command that is well formed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Command {
    /// HELO, with the client's name.
    Helo(ClientName),
    /// EHLO, with the client's name.
    Ehlo(ClientName),
    /// MAIL: who sends, and what was said about the message.
    Mail(ReversePath, MailParameters),
    /// RCPT: one recipient, and what was said about it.
    Rcpt(Address, RcptParameters),
    /// DATA.
    Data,
    /// RSET.
    Rset,
    /// NOOP.
    Noop,
    /// VRFY.
    Vrfy,
    /// HELP.
    Help,
    /// STARTTLS.
    StartTls,
    /// BDAT, which we do not offer: its octets may follow without a wait, and must not be read as commands.
    Bdat,
    /// QUIT.
    Quit,
}

/// What a client calls itself: hostile octets, cut at 255. Shown only through [`ClientName::for_trace`].
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ClientName(Box<[u8]>);

impl ClientName {
    /// The name for a Received field: what may stand in a domain or a literal stays, all else becomes `?`.
    pub fn for_trace(&self) -> String {
        let kept = |byte: u8| byte.is_ascii_alphanumeric() || b".-_:[]".contains(&byte);
        self.0.iter().map(|&byte| if kept(byte) { char::from(byte) } else { '?' }).collect()
    }

    fn cut(name: &[u8]) -> ClientName {
        ClientName(name[..name.len().min(CLIENT_NAME_BYTES_MAX)].into())
    }
}

/// Reads a line (without its CRLF; without NUL, CR and LF).
pub fn parse(line: &[u8], hostname: &Domain) -> Result<Command, OurReply> {
    let line = line.trim_ascii_end();
    let verb_end = line.iter().position(|byte| matches!(byte, b' ' | b'\t')).unwrap_or(line.len());
    let (verb, argument) = (&line[..verb_end], line[verb_end..].trim_ascii_start());
    let is = |name: &str| verb.eq_ignore_ascii_case(name.as_bytes());
    let alone = |command: Command| if argument.is_empty() { Ok(command) } else { Err(reply::NO_ARGUMENT_EXPECTED) };
    let named = |command: fn(ClientName) -> Command| match argument {
        b"" => Err(reply::NAME_EXPECTED),
        name => Ok(command(ClientName::cut(name))),
    };
    if is("MAIL") {
        mail(argument, hostname)
    } else if is("RCPT") {
        rcpt(argument, hostname)
    } else if is("DATA") {
        alone(Command::Data)
    } else if is("EHLO") {
        named(Command::Ehlo)
    } else if is("HELO") {
        named(Command::Helo)
    } else if is("QUIT") {
        alone(Command::Quit)
    } else if is("RSET") {
        alone(Command::Rset)
    } else if is("NOOP") {
        Ok(Command::Noop)
    } else if is("HELP") {
        Ok(Command::Help)
    } else if is("VRFY") {
        if argument.is_empty() { Err(reply::ADDRESS_EXPECTED) } else { Ok(Command::Vrfy) }
    } else if is("BDAT") {
        Ok(Command::Bdat)
    } else if is("STARTTLS") {
        alone(Command::StartTls)
    } else if is("AUTH") {
        Err(reply::AUTH_NOT_OFFERED)
    } else if ["EXPN", "TURN", "ETRN"].into_iter().any(is) {
        Err(reply::NOT_OFFERED)
    } else {
        Err(reply::UNKNOWN_COMMAND)
    }
}

/// `FROM:<path> [parameters]`.
fn mail(argument: &[u8], hostname: &Domain) -> Result<Command, OurReply> {
    let text = after_keyword(argument, b"FROM:").ok_or(reply::MAIL_SYNTAX)?;
    let (path, rest) = path::parse(text, hostname).map_err(|why| match why {
        PathError::Brackets | PathError::Route => reply::MAIL_SYNTAX,
        PathError::Address(why) => reply::bad_sender(why),
    })?;
    let parameters = parameter::of_mail(rest)?;
    match path {
        Path::Null => Ok(Command::Mail(None, parameters)),
        Path::Mailbox(address) if address.is_ascii() || parameters.utf8 => Ok(Command::Mail(Some(address), parameters)),
        Path::Mailbox(_) => Err(reply::bad_sender(AddressError::NotAscii)),
    }
}

/// `TO:<path>`.
fn rcpt(argument: &[u8], hostname: &Domain) -> Result<Command, OurReply> {
    let text = after_keyword(argument, b"TO:").ok_or(reply::RCPT_SYNTAX)?;
    let (path, rest) = path::parse(text, hostname).map_err(|why| match why {
        PathError::Brackets | PathError::Route => reply::RCPT_SYNTAX,
        PathError::Address(why) => reply::bad_recipient(why),
    })?;
    let parameters = parameter::of_rcpt(rest)?;
    match path {
        Path::Null => Err(reply::NO_RECIPIENT_ADDRESS),
        Path::Mailbox(address) => Ok(Command::Rcpt(address, parameters)),
    }
}

/// What follows a keyword, blanks before it dropped.
fn after_keyword<'a>(argument: &'a [u8], keyword: &[u8]) -> Option<&'a [u8]> {
    let (head, rest) = argument.split_at_checked(keyword.len())?;
    head.eq_ignore_ascii_case(keyword).then(|| rest.trim_ascii_start())
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn read(line: impl AsRef<[u8]>) -> Result<Command, OurReply> {
        parse(line.as_ref(), &"mail.test".parse().unwrap())
    }

    fn code(line: &str) -> u16 {
        read(line).map_or_else(|reply| reply.code(), |command| panic!("{line:?} was read as {command:?}"))
    }

    fn mail(from: Option<&str>, size: Option<u64>) -> Result<Command, OurReply> {
        let from = from.map(|from| from.parse().unwrap());
        Ok(Command::Mail(from, MailParameters { size, ..MailParameters::default() }))
    }

    #[test]
    fn verbs_and_keywords_are_read_in_any_case() {
        assert_eq!(read("mail from:<a@b.test> size=12 Body=8bitmime"), mail(Some("a@b.test"), Some(12)));
        let to = "a@b.test".parse().unwrap();
        assert_eq!(read("RcPt tO: <a@b.test>"), Ok(Command::Rcpt(to, RcptParameters::default())));
        assert_eq!(read("data  "), Ok(Command::Data));
        assert_eq!(read("starttls "), Ok(Command::StartTls));
        assert_eq!(read("MAIL FROM:<>"), mail(None, None));
    }

    #[test]
    fn parameters_that_we_do_not_offer_are_555() {
        for line in
            ["MAIL FROM:<> XSIZE=1", "MAIL FROM:<> AUTH=<>", "MAIL FROM:<> NOTIFY=NEVER", "RCPT TO:<a@b.test> RET=FULL"]
        {
            assert_eq!(code(line), 555, "{line}");
        }
    }

    #[test]
    fn broken_arguments_are_501() {
        for line in [
            "MAIL",
            "MAIL <a@b.test>",
            "MAIL FROM:a@b.test",
            "MAIL FROM:<a@b.test",
            "MAIL FROM:<a@b.test>junk",
            "MAIL FROM:<a@b.test>SIZE=1",
            "MAIL FROM:<a@b.test.>",
            "MAIL FROM:<> SIZE=x",
            "RCPT TO:<>",
            "RCPT TO:<a@b.test>junk",
            "RCPT TO:<@a.test>",
            "RCPT TO:<a@[192.0.2.1]>",
            "RCPT TO:<a@b.test> NOTIFY=x",
            "EHLO",
            "HELO ",
            "VRFY",
            "DATA now",
            "QUIT now",
            "RSET x",
            "STARTTLS now",
        ] {
            assert_eq!(code(line), 501, "{line}");
        }
    }

    #[test]
    fn a_sender_beyond_ascii_needs_smtputf8_and_a_recipient_is_judged_by_the_session() {
        assert_eq!(code("MAIL FROM:<\u{e9}@b.test>"), 501);
        assert!(matches!(read("MAIL FROM:<\u{e9}@b.test> SMTPUTF8"), Ok(Command::Mail(Some(_), _))));
        assert!(matches!(read("RCPT TO:<\u{e9}@b.test>"), Ok(Command::Rcpt(..))));
    }

    #[test]
    fn what_is_not_offered_is_502_and_what_is_unknown_500() {
        for line in ["EXPN list", "ETRN b.test", "AUTH PLAIN x", "AUTH", "TURN"] {
            assert_eq!(code(line), 502, "{line}");
        }
        for line in ["", " ", "MAILFROM:<a@b.test>", "DATA.", "\u{7f}", " EHLO x"] {
            assert_eq!(code(line), 500, "{line:?}");
        }
    }

    #[test]
    fn a_hostile_client_name_is_cut_and_made_harmless() {
        let Ok(Command::Ehlo(name)) = read("EHLO <script>\u{1b}[31m)(x") else { panic!() };
        assert_eq!(name.for_trace(), "?script??[31m??x");
        let Ok(Command::Ehlo(name)) = read(format!("EHLO {}", "a".repeat(4_000))) else { panic!() };
        assert_eq!(name.for_trace().len(), 255);
    }

    proptest! {
        #[test]
        fn any_octets_get_one_answer(line in proptest::collection::vec(any::<u8>(), 0..300)) {
            let _ = read(&line);
        }

        #[test]
        fn an_accepted_recipient_is_what_stands_between_the_brackets(local in "[a-z.\"@%! ]{1,20}", domain in "[a-z.-]{1,20}") {
            if let Ok(Command::Rcpt(address, _)) = read(format!("RCPT TO:<{local}@{domain}>")) {
                prop_assert_eq!(address.to_string(), format!("{local}@{domain}"));
            }
        }
    }
}
