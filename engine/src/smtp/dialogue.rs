//! The dialogue with a next hop as a machine: a queue of what we still expect, one reply pops one expectation.
//!
//! Promises: never panics, whatever is answered; every recipient of an order gets exactly one outcome; *delivered*
//! only with 2xx to its RCPT and 2xx to the final dot; a session that is out of step is never used again; where the
//! rule demands TLS nothing but EHLO and STARTTLS is ever said in clear, and nothing heard in clear counts after it.
//! Never: reads, writes, waits, or decides whether and when something is tried again.
//! `backend::deliver` lends it a stream; the outcomes go to the engine, where `verdict` says what they mean.

mod expect;
mod opening;
mod step;
mod transaction;

pub use expect::Expect;
pub use step::Step;

use crate::dsn::RecipientDsn;
use crate::envelope::Order;
use crate::failure::{Failure, Stage, Trouble};
use crate::smtp::{Command, Extensions};
use crate::tls::TlsRule;
use common::vocab::{Domain, RecipientId, Reply, ReplyCode};
use std::collections::VecDeque;
use std::time::Duration;
use transaction::Transaction;

/// How far a dialogue goes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Plan {
    /// Be ready for orders after EHLO.
    Deliver,
    /// Say QUIT after EHLO: a probe.
    StopAfterEhlo,
}

/// One session's conversation.
#[derive(Debug)]
pub struct Dialogue {
    hello: Domain,
    plan: Plan,
    /// What the session must give before it is ready.
    rule: TlsRule,
    /// Hands were shaken.
    secured: bool,
    offered: Extensions,
    /// Oldest first. RFC 2920 §3.1 lets the next envelope ride with the final dot: then MAIL, RCPT, DATA of the rider
    /// stand behind `EndOfData` in this same queue, and `transaction` becomes a queue of two. Nothing else changes.
    expected: VecDeque<Expect>,
    transaction: Option<Transaction>,
    /// Kept while HELO is tried instead: if the peer just hangs up then, this is why.
    ehlo_refusal: Option<Reply>,
    over: bool,
}

impl Dialogue {
    /// A dialogue that waits for its greeting. `hello` is the name we give; `rule` says what is asked of the peer.
    pub fn new(hello: Domain, plan: Plan, rule: TlsRule) -> Dialogue {
        Dialogue {
            hello,
            plan,
            rule,
            secured: false,
            offered: Extensions::default(),
            expected: VecDeque::from([Expect::Greeting]),
            transaction: None,
            ehlo_refusal: None,
            over: false,
        }
    }

    /// What the next reply answers; `None` while the session is idle or over.
    pub fn expected(&self) -> Option<Expect> {
        self.expected.front().copied()
    }

    /// What the peer offered in its answer to EHLO; nothing before it and after HELO.
    pub fn extensions(&self) -> &Extensions {
        &self.offered
    }

    /// Begins an order. Only right on an idle session; else the order fails as if the peer had left.
    pub fn deliver(&mut self, order: Order) -> Step {
        let size = order.envelope.size_bytes;
        let eight_bit = order.envelope.eight_bit && self.offered.eight_bit_mime;
        let mut transaction = Transaction::new(order);
        let failed = |trouble| Failure { stage: Stage::MailFrom, trouble, elapsed: Duration::ZERO };
        if self.over || !self.expected.is_empty() {
            transaction.fail_rest(failed(Trouble::Dropped));
            return Step::TransactionDone { outcomes: transaction.into_outcomes(), reusable: false };
        }
        if let Some(max) = self.offered.size_bytes_max.filter(|&max| size > max) {
            let why = format!("the message has {size} octets, the next hop takes at most {max}");
            transaction.fail_rest(failed(Trouble::Unsupported(why.into())));
        }
        if transaction.order().envelope.smtputf8 && !self.offered.smtputf8 {
            let why = "5.6.7 the message needs SMTPUTF8, and the next hop does not offer it";
            transaction.fail_rest(failed(Trouble::Unsupported(why.into())));
        }
        let envelope = &transaction.order().envelope;
        let asked = self.offered.dsn.then_some(&envelope.dsn);
        let mail = Command::MailFrom {
            from: envelope.from.clone(),
            smtputf8: envelope.smtputf8,
            ret: asked.and_then(|asked| asked.ret),
            envid: asked.and_then(|asked| asked.envid.clone()),
            size_bytes: self.offered.size.then_some(size),
            // Where 8BITMIME is not offered the octets go as they are and unannounced. RFC 6152 would have us convert
            // or bounce; nearly every server of today takes them, so a bounce would harm and help nobody.
            eight_bit,
        };
        self.begin(transaction, mail)
    }

    /// All at once where they offered PIPELINING, else one by one.
    fn begin(&mut self, transaction: Transaction, mail: Command) -> Step {
        let transaction = self.transaction.insert(transaction);
        let recipients = transaction.len();
        if transaction.is_decided() {
            return self.finish(true);
        }
        if !self.offered.pipelining {
            return self.send(Expect::MailFrom, mail);
        }
        let mut commands = Vec::with_capacity(recipients + 2);
        commands.push(mail);
        let order = transaction.order();
        commands.extend(order.rids.iter().map(|rid| rcpt_to(order, *rid, &self.offered)));
        commands.push(Command::Data);
        self.expected.push_back(Expect::MailFrom);
        self.expected.extend((0..recipients).map(Expect::RcptTo));
        self.expected.push_back(Expect::Data);
        Step::Send(commands)
    }

    /// Ends an idle session.
    pub fn quit(&mut self) -> Step {
        if self.over || !self.expected.is_empty() {
            return self.close();
        }
        self.send(Expect::Quit, Command::Quit)
    }

    /// The whole body went out, its final dot with it.
    pub fn on_body_sent(&mut self) {
        if let Some(front @ Expect::Body) = self.expected.front_mut() {
            *front = Expect::EndOfData;
        }
    }

    /// Takes the reply to the oldest unanswered command. `waited`: how long it took.
    pub fn on_reply(&mut self, reply: Reply, waited: Duration) -> Step {
        let Some(expected) = self.expected.pop_front() else { return self.close() };
        let code = reply.code;
        let closing = code == ReplyCode(421);
        match expected {
            Expect::Greeting | Expect::Ehlo | Expect::Helo | Expect::StartTls | Expect::Handshake => {
                self.on_opening_reply(expected, reply, waited)
            }
            Expect::Rset => self.finish(code.is_positive()),
            Expect::Quit => self.close(),
            _ if closing => self.on_service_closing(expected, reply, waited),
            _ => self.on_transaction_reply(expected, reply, waited),
        }
    }

    /// The session broke: no answer in time, connection lost, not SMTP, or something of ours.
    pub fn on_failure(&mut self, trouble: Trouble, waited: Duration) -> Step {
        let Some(expected) = self.expected() else { return self.close() };
        let mut failure = Failure { stage: expected.stage(), trouble, elapsed: waited };
        match expected {
            Expect::Greeting | Expect::Ehlo | Expect::Helo | Expect::StartTls | Expect::Handshake => {
                if failure.trouble == Trouble::Dropped
                    && let Some(refusal) = self.ehlo_refusal.take()
                {
                    failure.trouble = Trouble::Reply(refusal);
                }
                self.fail(failure)
            }
            Expect::Quit => self.close(),
            _ => self.rest_failed(failure),
        }
    }

    fn on_transaction_reply(&mut self, expected: Expect, reply: Reply, waited: Duration) -> Step {
        let code = reply.code;
        let refused = code.is_transient() || code.is_permanent();
        let stage = expected.stage();
        let Some(transaction) = &mut self.transaction else { return self.close() };
        match expected {
            Expect::MailFrom if code.is_positive() => transaction.mail_taken = true,
            Expect::MailFrom if refused => transaction.refuse_rest(stage, &reply),
            Expect::RcptTo(place) if code.is_positive() => transaction.take(place),
            Expect::RcptTo(place) if refused => transaction.refuse(place, stage, reply),
            Expect::Data if code.is_intermediate() => return self.on_go_ahead(),
            Expect::Data if refused => {
                transaction.refuse_rest(stage, &reply);
                transaction.data_answered = true;
            }
            // Refused before it was all sent: the peer no longer reads, so nothing can follow.
            Expect::Body if refused => {
                transaction.refuse_rest(Stage::EndOfData, &reply);
                return self.finish(false);
            }
            Expect::EndOfData if code.is_positive() => {
                // Taking an empty message for nobody: this peer has lost the thread.
                let somebody = transaction.deliver_taken(&reply);
                return self.finish(somebody);
            }
            Expect::EndOfData if refused => {
                transaction.refuse_rest(stage, &reply);
                return self.finish(true);
            }
            _ => return self.rest_failed(Failure { stage, trouble: Trouble::Reply(reply), elapsed: waited }),
        }
        self.go_on(expected)
    }

    /// The go-ahead, 354. It may come though nobody was accepted, where all was sent at once: then a lone dot ends an
    /// empty body, and the peer should refuse it (RFC 2920 §3.1).
    fn on_go_ahead(&mut self) -> Step {
        let accepted = self.transaction.as_ref().map(Transaction::accepted).unwrap_or_default();
        if accepted.is_empty() {
            return self.send(Expect::EndOfData, Command::Dot);
        }
        self.expected.push_back(Expect::Body);
        Step::SendBody { accepted }
    }

    /// 421 within a transaction: it decides what it answers; the rest was never answered.
    fn on_service_closing(&mut self, expected: Expect, reply: Reply, waited: Duration) -> Step {
        if let Some(transaction) = &mut self.transaction {
            match expected {
                Expect::RcptTo(place) => transaction.refuse(place, Stage::RcptTo, reply.clone()),
                Expect::Body => transaction.refuse_rest(Stage::EndOfData, &reply),
                _ => transaction.refuse_rest(expected.stage(), &reply),
            }
        }
        self.rest_failed(Failure { stage: expected.stage(), trouble: Trouble::Reply(reply), elapsed: waited })
    }

    /// After an answer that leaves the transaction open: see the table of [`Expect`].
    fn go_on(&mut self, answered: Expect) -> Step {
        if !self.expected.is_empty() {
            return Step::Read;
        }
        let Some(transaction) = &self.transaction else { return self.close() };
        let next = match answered {
            Expect::MailFrom => 0,
            Expect::RcptTo(place) => place + 1,
            _ => transaction.len(),
        };
        let order = transaction.order();
        let rcpt = order.rids.get(next).map(|rid| rcpt_to(order, *rid, &self.offered));
        if !transaction.mail_taken {
            self.finish(true)
        } else if let Some(rcpt) = rcpt {
            self.send(Expect::RcptTo(next), rcpt)
        } else if transaction.has_taken() && !transaction.data_answered {
            self.send(Expect::Data, Command::Data)
        } else {
            // The peer still holds our MAIL; the next one would be a second.
            self.send(Expect::Rset, Command::Rset)
        }
    }

    fn send(&mut self, expect: Expect, command: Command) -> Step {
        self.expected.push_back(expect);
        Step::Send(vec![command])
    }

    fn rest_failed(&mut self, failure: Failure) -> Step {
        if let Some(transaction) = &mut self.transaction {
            transaction.fail_rest(failure);
        }
        self.finish(false)
    }

    fn finish(&mut self, reusable: bool) -> Step {
        if !reusable {
            self.end();
        }
        let outcomes = self.transaction.take().map(Transaction::into_outcomes).unwrap_or_default();
        Step::TransactionDone { outcomes, reusable }
    }

    fn fail(&mut self, failure: Failure) -> Step {
        self.end();
        Step::Failed(failure)
    }

    fn close(&mut self) -> Step {
        self.end();
        Step::Closed
    }

    fn end(&mut self) {
        self.over = true;
        self.expected.clear();
    }
}

/// RCPT of one recipient, with what was asked about it where they offered DSN.
fn rcpt_to(order: &Order, rid: RecipientId, offered: &Extensions) -> Command {
    let place = rid.0 as usize;
    let asked = order.envelope.dsn.recipients.get(place).filter(|_| offered.dsn);
    let dsn = asked.map_or_else(RecipientDsn::default, Clone::clone);
    Command::RcptTo { to: order.envelope.recipients[place].clone(), dsn }
}

#[cfg(test)]
mod tests;
