//! A message's envelope while it is being told to us: who sends, and the recipients so far.
//!
//! Promises: the same recipient twice is one recipient; a recipient is one that this client may send to, and never one
//! at our own names (that would be queued only to come back here).
//! Never: answers for the body.

use crate::intake::settings::IntakeSettings;
use crate::intake::smtp::header::Header;
use crate::intake::smtp::limits::ALIAS_STEPS_MAX;
use crate::intake::smtp::parameter::MailParameters;
use crate::intake::smtp::reply::{self, OurReply};
use common::vocab::{Address, Domain, ReversePath};
use engine::dsn::{Dsn, RecipientDsn};
use std::collections::HashSet;

/// What MAIL and RCPT said.
#[derive(Debug)]
pub struct Transaction {
    /// The reverse path.
    pub from: ReversePath,
    /// The client asked for SMTPUTF8.
    pub utf8: bool,
    asked: Dsn,
    recipients: Vec<Address>,
    /// What was asked about each recipient; empty while nothing was asked of any.
    asked_of: Vec<RecipientDsn>,
    known: HashSet<Address>,
    /// RCPT commands that added nobody: repeated, or beyond the limit.
    overshoot: usize,
}

/// What became of a RCPT.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Admission {
    /// The answer.
    pub reply: OurReply,
    /// It counts as an error of the client.
    pub error: bool,
}

impl Transaction {
    /// After MAIL.
    pub fn new(from: ReversePath, parameters: MailParameters) -> Transaction {
        Transaction {
            from,
            utf8: parameters.utf8,
            asked: Dsn { ret: parameters.ret, envid: parameters.envid, recipients: Box::default() },
            recipients: Vec::new(),
            asked_of: Vec::new(),
            known: HashSet::new(),
            overshoot: 0,
        }
    }

    /// The recipients in the order in which they came.
    pub fn recipients(&self) -> &[Address] {
        &self.recipients
    }

    /// Whether only a next hop with SMTPUTF8 may have the message: an address is not ASCII, or a header field is not
    /// and the client said what it is. Without that word it is of an unknown charset, as it always was.
    pub fn needs_smtputf8(&self, header: Header) -> bool {
        let addresses = self.from.iter().chain(&self.recipients);
        (self.utf8 && header.eight_bit) || addresses.into_iter().any(|address| !address.is_ascii())
    }

    /// The envelope's parts.
    pub fn into_parts(self) -> (ReversePath, Vec<Address>, Dsn) {
        let dsn = Dsn { recipients: self.asked_of.into(), ..self.asked };
        (self.from, self.recipients, dsn)
    }

    /// After RCPT. The first word about a recipient counts.
    pub fn add(&mut self, to: Address, asked: RecipientDsn, may_relay: bool, settings: &IntakeSettings) -> Admission {
        let target = match destination(&to, may_relay, settings) {
            Ok(target) => target,
            Err(reply) => return Admission { reply, error: true },
        };
        let limits = &settings.limits;
        let reply = if self.known.contains(&target) {
            self.overshoot += 1;
            reply::RECIPIENT_OK
        } else if self.recipients.len() >= limits.recipients_max {
            self.overshoot += 1;
            reply::TOO_MANY_RECIPIENTS
        } else {
            self.known.insert(target.clone());
            self.ask(asked, &to, &target);
            self.recipients.push(target);
            return Admission { reply: reply::RECIPIENT_OK, error: false };
        };
        Admission { reply, error: self.overshoot > limits.recipients_overshoot_max }
    }

    /// Notes what was asked about the recipient that comes next. Where an alias leads elsewhere, its own address is the
    /// original recipient unless the client named another (RFC 3461 §5.2.1): that is the one which the sender knows.
    fn ask(&mut self, mut asked: RecipientDsn, to: &Address, target: &Address) {
        if asked.original.is_none() && to != target && to.is_ascii() {
            asked.original = Some(format!("rfc822;{to}").into());
        }
        if !self.asked_of.is_empty() || asked != RecipientDsn::default() {
            self.asked_of.resize(self.recipients.len(), RecipientDsn::default());
            self.asked_of.push(asked);
        }
    }
}

/// Where mail for `address` goes: there, or where its alias leads. Mail for other domains is only for those who may
/// relay; mail for our own names is for everybody who names an alias.
fn destination(address: &Address, may_relay: bool, settings: &IntakeSettings) -> Result<Address, OurReply> {
    if !is_ours(address.domain(), settings) {
        return if may_relay { Ok(address.clone()) } else { Err(reply::NO_RELAY) };
    }
    let mut target = address;
    for _ in 0..ALIAS_STEPS_MAX {
        let local = target.local_part().to_ascii_lowercase();
        target = settings.aliases.get(&local).ok_or_else(|| nobody(&local))?;
        if !is_ours(target.domain(), settings) {
            return Ok(target.clone());
        }
    }
    Err(reply::ALIAS_LOOP)
}

fn is_ours(domain: &Domain, settings: &IntakeSettings) -> bool {
    *domain == settings.hostname || settings.names.contains(domain)
}

/// No such user; but who hides another address in the local part (`user%elsewhere`, `elsewhere!user`) wants a relay.
fn nobody(local: &str) -> OurReply {
    if local.contains(['%', '!', '@']) { reply::NO_RELAY } else { reply::UNKNOWN_USER }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn address(text: &str) -> Address {
        text.parse().unwrap()
    }

    fn settings() -> IntakeSettings {
        let mut settings = IntakeSettings { hostname: "mail.test".parse().unwrap(), ..IntakeSettings::default() };
        settings.names.insert("own.test".parse().unwrap());
        for (local, target) in [
            ("root", "admin@example.com"),
            ("postmaster", "root@own.test"),
            ("one", "two@mail.test"),
            ("two", "one@mail.test"),
            ("half", "nobody@own.test"),
        ] {
            settings.aliases.insert(local.into(), address(target));
        }
        settings
    }

    fn leads(text: &str, may_relay: bool) -> Result<String, OurReply> {
        destination(&address(text), may_relay, &settings()).map(|target| target.to_string())
    }

    #[test]
    fn mail_for_our_own_names_follows_its_alias_or_is_refused() {
        assert_eq!(leads("root@mail.test", true).as_deref(), Ok("admin@example.com"));
        assert_eq!(leads("PostMaster@OWN.test", false).as_deref(), Ok("admin@example.com"));
        assert_eq!(leads("nobody@mail.test", true), Err(reply::UNKNOWN_USER));
        assert_eq!(leads("half@mail.test", true), Err(reply::UNKNOWN_USER));
        assert_eq!(leads("one@own.test", true), Err(reply::ALIAS_LOOP));
    }

    #[test]
    fn only_those_who_may_relay_reach_other_domains() {
        assert_eq!(leads("a@other.test", true).as_deref(), Ok("a@other.test"));
        assert_eq!(leads("a@other.test", false), Err(reply::NO_RELAY));
        for hidden in ["a%other.test@mail.test", "other.test!a@mail.test", "\"a@other.test\"@own.test"] {
            assert_eq!(leads(hidden, false), Err(reply::NO_RELAY), "{hidden}");
        }
    }

    #[test]
    fn the_same_recipient_twice_is_one_recipient() {
        let mut transaction = Transaction::new(None, MailParameters::default());
        for text in ["a@x.test", "a@X.test", "A@x.test", "root@mail.test", "admin@example.com", "a@x.test"] {
            let admission = transaction.add(address(text), RecipientDsn::default(), true, &settings());
            assert_eq!(admission, Admission { reply: reply::RECIPIENT_OK, error: false }, "{text}");
        }
        let kept: Vec<&str> = transaction.recipients().iter().map(Address::as_str).collect();
        assert_eq!(kept, ["a@x.test", "A@x.test", "admin@example.com"]);
    }

    #[test]
    fn recipients_beyond_the_limit_are_for_the_next_message_and_at_last_an_error() {
        let mut settings = settings();
        (settings.limits.recipients_max, settings.limits.recipients_overshoot_max) = (2, 3);
        let mut transaction = Transaction::new(None, MailParameters::default());
        let answers: Vec<(u16, bool)> = (0..7)
            .map(|number| address(&format!("{number}@x.test")))
            .map(|to| transaction.add(to, RecipientDsn::default(), true, &settings))
            .map(|admission| (admission.reply.code(), admission.error))
            .collect();
        let later = (452, false);
        assert_eq!(answers, [(250, false), (250, false), later, later, later, (452, true), (452, true)]);
        assert_eq!(transaction.recipients().len(), 2);
    }

    #[test]
    fn what_was_asked_stands_at_the_place_of_its_recipient_and_nothing_asked_takes_no_place() {
        let never = RecipientDsn { notify: Some(engine::dsn::Notify::NEVER), original: None };
        let mut transaction = Transaction::new(None, MailParameters::default());
        for (to, asked) in
            [("a@x.test", RecipientDsn::default()), ("b@x.test", never.clone()), ("root@mail.test", never)]
        {
            transaction.add(address(to), asked, true, &settings());
        }
        let (_, recipients, dsn) = transaction.into_parts();
        assert_eq!((recipients.len(), dsn.recipients.len()), (3, 3));
        assert_eq!((dsn.notify(0), dsn.notify(1)), (engine::dsn::Notify::default(), engine::dsn::Notify::NEVER));
        let originals: Vec<Option<&str>> = dsn.recipients.iter().map(|asked| asked.original.as_deref()).collect();
        assert_eq!(originals, [None, None, Some("rfc822;root@mail.test")]);
        let mut transaction = Transaction::new(None, MailParameters::default());
        transaction.add(address("a@x.test"), RecipientDsn::default(), true, &settings());
        assert_eq!(transaction.into_parts().2, Dsn::default());
    }

    #[test]
    fn smtputf8_is_needed_where_an_address_or_a_header_that_was_called_utf8_is_not_ascii() {
        let needs = |from: &str, utf8: bool, eight_bit: bool| {
            let parameters = MailParameters { utf8, ..MailParameters::default() };
            Transaction::new(Some(address(from)), parameters).needs_smtputf8(Header { eight_bit })
        };
        assert!(needs("\u{e9}@x.test", true, false) && needs("a@x.test", true, true));
        assert!(!needs("a@x.test", true, false) && !needs("a@x.test", false, true));
    }
}
