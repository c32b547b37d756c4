//! From the greeting to a session that is ready: EHLO or HELO, STARTTLS where it is wanted, EHLO once more.
//!
//! Promises: where the rule demands TLS a session without it never becomes ready; nothing that was offered in clear is
//! believed once hands were shaken; a peer that proves less than the rule demands hears no command.

use super::{Dialogue, Expect, Plan, Step};
use crate::failure::{Failure, Stage, Trouble};
use crate::smtp::{Command, Extensions};
use crate::tls::{TlsFacts, TlsRule};
use common::vocab::Reply;
use std::time::Duration;

impl Dialogue {
    pub(super) fn on_opening_reply(&mut self, expected: Expect, reply: Reply, waited: Duration) -> Step {
        let code = reply.code;
        match expected {
            Expect::Greeting if code.is_positive() => self.say_ehlo(),
            Expect::Ehlo if code.is_positive() => {
                self.offered = Extensions::from_reply(&reply);
                self.greeted(waited)
            }
            Expect::Ehlo if code.is_permanent() => {
                self.ehlo_refusal = Some(reply);
                self.send(Expect::Helo, Command::Helo(self.hello.clone()))
            }
            Expect::Helo if code.is_positive() => self.greeted(waited),
            Expect::StartTls if code.is_positive() => {
                self.expected.push_back(Expect::Handshake);
                Step::ShakeHands
            }
            _ => self.fail(Failure { stage: expected.stage(), trouble: Trouble::Reply(reply), elapsed: waited }),
        }
    }

    fn say_ehlo(&mut self) -> Step {
        self.send(Expect::Ehlo, Command::Ehlo(self.hello.clone()))
    }

    fn greeted(&mut self, waited: Duration) -> Step {
        if self.rule.wants() && !self.secured {
            if self.offered.starttls {
                return self.send(Expect::StartTls, Command::StartTls);
            }
            if self.rule.demands() {
                return self.fail(Failure { stage: Stage::StartTls, trouble: Trouble::NoTls, elapsed: waited });
            }
        }
        match self.plan {
            Plan::Deliver => Step::Ready,
            Plan::StopAfterEhlo => self.quit(),
        }
    }

    /// Hands were shaken. All that was said and offered in clear is forgotten (RFC 3207 §4.2): EHLO once more.
    /// Nothing is said to a peer whose certificate proves less than the rule demands.
    pub fn on_secured(&mut self, facts: &TlsFacts, waited: Duration) -> Step {
        if self.expected() != Some(Expect::Handshake) {
            return self.close();
        }
        if let (TlsRule::Verify, Err(why)) = (self.rule, facts.proof) {
            return self.fail(Failure { stage: Stage::StartTls, trouble: Trouble::Unproven(why), elapsed: waited });
        }
        self.expected.clear();
        self.secured = true;
        self.offered = Extensions::default();
        self.ehlo_refusal = None;
        self.say_ehlo()
    }
}
