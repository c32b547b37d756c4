//! From whom and for whom: the envelope of a request, by the rules of the SMTP door.
//!
//! Promises: an address is what RFC 5321 lets stand between the brackets of MAIL and RCPT, and nothing beside it; our
//! own names follow their aliases; the same recipient twice is one. Never: sees the message.

use crate::intake::http::dsn::Wish;
use crate::intake::http::refusal;
use crate::intake::settings::IntakeSettings;
use crate::intake::smtp::header::Header;
use crate::intake::smtp::path::{self, Path, PathError};
use crate::intake::smtp::transaction::Transaction;
use common::vocab::{Address, AddressError, Domain, ReversePath};
use common::wire::ApiError;
use engine::dsn::Dsn;

/// A checked envelope.
#[derive(Debug)]
pub struct Addressed(Transaction);

impl Addressed {
    /// The sender.
    pub(super) fn from(&self) -> &ReversePath {
        &self.0.from
    }

    /// Whether only a next hop with SMTPUTF8 may have the message: an address is not ASCII. Header fields beyond ASCII
    /// are of an unknown charset, as those of a client that does not say SMTPUTF8: programs have always written some.
    pub(super) fn needs_smtputf8(&self, header: Header) -> bool {
        self.0.needs_smtputf8(header)
    }

    /// The envelope's parts: sender, recipients with aliases followed, what was asked about reports.
    pub(super) fn into_parts(self) -> (ReversePath, Vec<Address>, Dsn) {
        self.0.into_parts()
    }
}

/// Checks the envelope. Who reaches this door may send anywhere; who reaches it is judged before.
pub(super) fn check(from: &str, to: &[String], wish: &Wish, settings: &IntakeSettings) -> Result<Addressed, ApiError> {
    let sender = match from {
        "" => None,
        text => Some(mailbox(text, &settings.hostname).map_err(|why| refusal::bad_from(&why))?),
    };
    let (of_message, of_recipient) = wish.read()?;
    let mut transaction = Transaction::new(sender, of_message);
    for (place, text) in to.iter().enumerate() {
        let address = mailbox(text, &settings.hostname).map_err(|why| refusal::bad_recipient(place, &why))?;
        let shown = address.to_string();
        let admission = transaction.add(address, of_recipient.clone(), true, settings);
        if admission.reply.code() == 452 || admission.error && admission.reply.code() == 250 {
            return Err(refusal::too_many_recipients(settings.limits.recipients_max));
        }
        if admission.reply.code() != 250 {
            return Err(refusal::not_admitted(place, &shown, &admission.reply));
        }
    }
    if transaction.recipients().is_empty() {
        return Err(refusal::no_recipients());
    }
    Ok(Addressed(transaction))
}

/// An address as it stands between the brackets, or why it is none.
fn mailbox(text: &str, hostname: &Domain) -> Result<Address, String> {
    match path::parse(format!("<{text}>").as_bytes(), hostname) {
        Ok((Path::Mailbox(address), [])) => Ok(address),
        Ok(_) | Err(PathError::Brackets | PathError::Route) => Err(AddressError::NoLocalPart.to_string()),
        Err(PathError::Address(why)) => Err(why.to_string()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use common::wire::ErrorCode;

    fn settings() -> IntakeSettings {
        let mut settings = IntakeSettings { hostname: "mail.test".parse().unwrap(), ..IntakeSettings::default() };
        settings.aliases.insert("root".into(), "admin@example.com".parse().unwrap());
        settings.aliases.insert("loop".into(), "loop@mail.test".parse().unwrap());
        settings.limits.recipients_max = 3;
        settings
    }

    fn asked(from: &str, to: &[&str]) -> Result<(String, Vec<String>), (ErrorCode, String)> {
        let to: Vec<String> = to.iter().map(|text| text.to_string()).collect();
        match check(from, &to, &Wish::default(), &settings()) {
            Ok(addressed) => {
                let (from, recipients, _) = addressed.into_parts();
                let from = from.map(|from| from.to_string()).unwrap_or_default();
                Ok((from, recipients.iter().map(Address::to_string).collect()))
            }
            Err(refusal) => Err((refusal.error.code, refusal.error.field.unwrap())),
        }
    }

    #[test]
    fn aliases_are_followed_a_missing_domain_is_ours_and_twice_is_once() {
        let (from, to) = asked("me", &["root", "a@b.test", "a@B.test", "admin@example.com"]).unwrap();
        assert_eq!((from.as_str(), to), ("me@mail.test", vec!["admin@example.com".to_owned(), "a@b.test".to_owned()]));
        assert_eq!(asked("", &["a@b.test"]).unwrap().0, "");
    }

    #[test]
    fn what_is_no_address_is_refused_by_its_field() {
        for text in
            ["a@b.test>junk", "a@b.test> SIZE=1", "<a@b.test>", "a b@c.test", "a@b.test\r\n", "@", "a@[192.0.2.1]"]
        {
            assert_eq!(asked(text, &["a@b.test"]), Err((ErrorCode::BadField, "from".into())), "{text:?}");
            assert_eq!(asked("", &[text]), Err((ErrorCode::BadField, "to".into())), "{text:?}");
        }
        assert_eq!(asked("", &[""]), Err((ErrorCode::BadField, "to".into())));
        assert_eq!(asked("", &[]), Err((ErrorCode::BadField, "to".into())));
    }

    #[test]
    fn a_user_that_is_not_here_is_told_from_an_address_that_is_none() {
        assert_eq!(asked("", &["nobody@mail.test"]), Err((ErrorCode::UnknownUser, "to".into())));
        assert_eq!(asked("", &["loop"]), Err((ErrorCode::BadField, "to".into())));
    }

    #[test]
    fn more_recipients_than_the_limit_are_refused_as_a_whole() {
        assert!(asked("", &["a@b.test", "b@b.test", "c@b.test", "c@b.test"]).is_ok());
        assert_eq!(
            asked("", &["a@b.test", "b@b.test", "c@b.test", "d@b.test"]),
            Err((ErrorCode::BadField, "to".into()))
        );
    }
}
