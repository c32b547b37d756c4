//! A message's envelope while it is being told to us: who sends, and the recipients so far.
//!
//! Promises: the same recipient twice is one recipient; a recipient is one that this client may send to, and never one
//! at our own names (that would be queued only to come back here).
//! Never: answers for the body.

use crate::intake::settings::IntakeSettings;
use crate::intake::smtp::limits::ALIAS_STEPS_MAX;
use crate::intake::smtp::reply::{self, OurReply};
use common::vocab::{Address, Domain, ReversePath};
use std::collections::HashSet;

/// What MAIL and RCPT said.
#[derive(Debug)]
pub struct Transaction {
    /// The reverse path.
    pub from: ReversePath,
    recipients: Vec<Address>,
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
    pub fn new(from: ReversePath) -> Transaction {
        Transaction { from, recipients: Vec::new(), known: HashSet::new(), overshoot: 0 }
    }

    /// The recipients in the order in which they came.
    pub fn recipients(&self) -> &[Address] {
        &self.recipients
    }

    /// The envelope's parts.
    pub fn into_parts(self) -> (ReversePath, Vec<Address>) {
        (self.from, self.recipients)
    }

    /// After RCPT.
    pub fn add(&mut self, address: Address, may_relay: bool, settings: &IntakeSettings) -> Admission {
        let target = match destination(address, may_relay, settings) {
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
            self.recipients.push(target);
            return Admission { reply: reply::RECIPIENT_OK, error: false };
        };
        Admission { reply, error: self.overshoot > limits.recipients_overshoot_max }
    }
}

/// Where mail for `address` goes: there, or where its alias leads. Mail for other domains is only for those who may
/// relay; mail for our own names is for everybody who names an alias.
fn destination(address: Address, may_relay: bool, settings: &IntakeSettings) -> Result<Address, OurReply> {
    if !is_ours(address.domain(), settings) {
        return if may_relay { Ok(address) } else { Err(reply::NO_RELAY) };
    }
    let mut target = &address;
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
        destination(address(text), may_relay, &settings()).map(|target| target.to_string())
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
        let mut transaction = Transaction::new(None);
        for text in ["a@x.test", "a@X.test", "A@x.test", "root@mail.test", "admin@example.com", "a@x.test"] {
            let admission = transaction.add(address(text), true, &settings());
            assert_eq!(admission, Admission { reply: reply::RECIPIENT_OK, error: false }, "{text}");
        }
        let kept: Vec<&str> = transaction.recipients().iter().map(Address::as_str).collect();
        assert_eq!(kept, ["a@x.test", "A@x.test", "admin@example.com"]);
    }

    #[test]
    fn recipients_beyond_the_limit_are_for_the_next_message_and_at_last_an_error() {
        let mut settings = settings();
        (settings.limits.recipients_max, settings.limits.recipients_overshoot_max) = (2, 3);
        let mut transaction = Transaction::new(None);
        let answers: Vec<(u16, bool)> = (0..7)
            .map(|number| transaction.add(address(&format!("{number}@x.test")), true, &settings))
            .map(|admission| (admission.reply.code(), admission.error))
            .collect();
        let later = (452, false);
        assert_eq!(answers, [(250, false), (250, false), later, later, later, (452, true), (452, true)]);
        assert_eq!(transaction.recipients().len(), 2);
    }
}
