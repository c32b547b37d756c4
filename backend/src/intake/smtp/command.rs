//! The grammar of SMTP commands (RFC 5321 §4.1.1): a line in, a command or a refusal with its reply out.
//!
//! Promises: pure; whatever the octets are, one answer. Verbs and keywords in any case; blanks at the end are dropped;
//! one blank after `FROM:` and `TO:` is forgiven, since many clients send it.
//! Never: knows what came before (that is `session`).

use crate::intake::smtp::limits::CLIENT_NAME_BYTES_MAX;
use crate::intake::smtp::path::{self, Path, PathError};
use crate::intake::smtp::reply::{self, OurReply};
use common::vocab::{Address, Domain, ReversePath};

/// A command that is well formed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Command {
    /// HELO, with the client's name.
    Helo(ClientName),
    /// EHLO, with the client's name.
    Ehlo(ClientName),
    /// MAIL: who sends, and the size it declares in octets. `BODY` is checked and not needed: we look at the body.
    Mail {
        /// The reverse path.
        from: ReversePath,
        /// RFC 1870.
        size: Option<u64>,
    },
    /// RCPT: one recipient.
    Rcpt(Address),
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
    } else if ["EXPN", "TURN", "ETRN", "AUTH", "STARTTLS"].into_iter().any(is) {
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
    let (mut size, mut body) = (None, None);
    for parameter in parameters(rest).ok_or(reply::MAIL_SYNTAX)? {
        let (keyword, value) = split_at_equals(parameter);
        if keyword.eq_ignore_ascii_case(b"SIZE") {
            let octets = number(value.unwrap_or_default()).ok_or(reply::BAD_SIZE)?;
            set_once(&mut size, octets)?;
        } else if keyword.eq_ignore_ascii_case(b"BODY") {
            let value = value.unwrap_or_default();
            let known = value.eq_ignore_ascii_case(b"7BIT") || value.eq_ignore_ascii_case(b"8BITMIME");
            set_once(&mut body, known.then_some(()).ok_or(reply::BAD_BODY)?)?;
        } else {
            return Err(reply::UNKNOWN_PARAMETER);
        }
    }
    let from = match path {
        Path::Null => None,
        Path::Mailbox(address) => Some(address),
    };
    Ok(Command::Mail { from, size })
}

/// `TO:<path>`.
fn rcpt(argument: &[u8], hostname: &Domain) -> Result<Command, OurReply> {
    let text = after_keyword(argument, b"TO:").ok_or(reply::RCPT_SYNTAX)?;
    let (path, rest) = path::parse(text, hostname).map_err(|why| match why {
        PathError::Brackets | PathError::Route => reply::RCPT_SYNTAX,
        PathError::Address(why) => reply::bad_recipient(why),
    })?;
    if parameters(rest).ok_or(reply::RCPT_SYNTAX)?.next().is_some() {
        return Err(reply::UNKNOWN_PARAMETER);
    }
    match path {
        Path::Null => Err(reply::NO_RECIPIENT_ADDRESS),
        Path::Mailbox(address) => Ok(Command::Rcpt(address)),
    }
}

/// What follows a keyword, blanks before it dropped.
fn after_keyword<'a>(argument: &'a [u8], keyword: &[u8]) -> Option<&'a [u8]> {
    let (head, rest) = argument.split_at_checked(keyword.len())?;
    head.eq_ignore_ascii_case(keyword).then(|| rest.trim_ascii_start())
}

/// The parameters behind a path; `None` if something is glued to its `>`.
fn parameters(rest: &[u8]) -> Option<impl Iterator<Item = &[u8]>> {
    let separated = rest.is_empty() || rest.starts_with(b" ");
    separated.then(|| rest.split(|&byte| byte == b' ').filter(|parameter| !parameter.is_empty()))
}

fn split_at_equals(parameter: &[u8]) -> (&[u8], Option<&[u8]>) {
    match parameter.iter().position(|&byte| byte == b'=') {
        Some(at) => (&parameter[..at], Some(&parameter[at + 1..])),
        None => (parameter, None),
    }
}

/// RFC 1870 §3: 1 to 20 digits. More than fits is larger than any limit.
fn number(digits: &[u8]) -> Option<u64> {
    let well_formed = (1..=20).contains(&digits.len()) && digits.iter().all(u8::is_ascii_digit);
    well_formed
        .then(|| digits.iter().fold(0u64, |sum, digit| sum.saturating_mul(10).saturating_add(u64::from(digit - b'0'))))
}

fn set_once<T>(place: &mut Option<T>, value: T) -> Result<(), OurReply> {
    match place.replace(value) {
        None => Ok(()),
        Some(_) => Err(reply::REPEATED_PARAMETER),
    }
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

    #[test]
    fn verbs_and_keywords_are_read_in_any_case() {
        let from = Some("a@b.test".parse().unwrap());
        assert_eq!(read("mail from:<a@b.test> size=12 Body=8bitmime"), Ok(Command::Mail { from, size: Some(12) }));
        assert_eq!(read("RcPt tO: <a@b.test>"), Ok(Command::Rcpt("a@b.test".parse().unwrap())));
        assert_eq!(read("data  "), Ok(Command::Data));
        assert_eq!(read("MAIL FROM:<>"), Ok(Command::Mail { from: None, size: None }));
    }

    #[test]
    fn parameters_that_we_do_not_offer_are_555() {
        for line in [
            "MAIL FROM:<a@b.test> RET=FULL",
            "MAIL FROM:<> ENVID=x",
            "MAIL FROM:<a@b.test> SMTPUTF8",
            "RCPT TO:<a@b.test> NOTIFY=NEVER",
            "RCPT TO:<a@b.test> ORCPT=rfc822;a@b.test",
        ] {
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
            "MAIL FROM:<a@b.test> SIZE",
            "MAIL FROM:<a@b.test> SIZE=",
            "MAIL FROM:<a@b.test> SIZE=-1",
            "MAIL FROM:<a@b.test> SIZE=1k",
            "MAIL FROM:<a@b.test> SIZE=111111111111111111111",
            "MAIL FROM:<a@b.test> SIZE=1 SIZE=1",
            "MAIL FROM:<a@b.test> BODY=BINARYMIME",
            "MAIL FROM:<a@b.test.>",
            "RCPT TO:<>",
            "RCPT TO:<a@b.test>junk",
            "RCPT TO:<@a.test>",
            "RCPT TO:<a@[192.0.2.1]>",
            "RCPT TO:<\u{e9}@b.test>",
            "EHLO",
            "HELO ",
            "VRFY",
            "DATA now",
            "QUIT now",
            "RSET x",
        ] {
            assert_eq!(code(line), 501, "{line}");
        }
    }

    #[test]
    fn a_size_beyond_64_bits_is_still_a_size() {
        let read = read("MAIL FROM:<> SIZE=99999999999999999999");
        assert_eq!(read, Ok(Command::Mail { from: None, size: Some(u64::MAX) }));
    }

    #[test]
    fn what_is_not_offered_is_502_and_what_is_unknown_500() {
        for line in ["EXPN list", "ETRN b.test", "AUTH PLAIN x", "STARTTLS", "TURN"] {
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
            if let Ok(Command::Rcpt(address)) = read(format!("RCPT TO:<{local}@{domain}>")) {
                prop_assert_eq!(address.to_string(), format!("{local}@{domain}"));
            }
        }
    }
}
