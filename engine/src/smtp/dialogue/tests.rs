//! Every row of the table of moves, and random peers.

use super::*;
use crate::envelope::Envelope;
use crate::failure::Outcome;
use common::vocab::{Address, AttemptId, MessageId, RecipientId, Timestamp};
use std::sync::Arc;

mod moves;
mod random_peer;
mod reports;
mod secured;

const WAITED: Duration = Duration::from_millis(7);

fn order(recipients: usize) -> Order {
    let address = |n: usize| format!("u{n}@x.test").parse::<Address>().unwrap();
    Order {
        attempt: AttemptId(1),
        envelope: Arc::new(Envelope {
            mid: MessageId(1),
            from: "a@sender.test".parse().ok(),
            recipients: (0..recipients).map(address).collect(),
            size_bytes: 100,
            received_at: Timestamp(0),
            eight_bit: true,
            smtputf8: false,
            dsn: Default::default(),
        }),
        rids: (0..recipients as u32).map(RecipientId).collect(),
        host: "x.test".parse().unwrap(),
    }
}

fn reply(code: u16) -> Reply {
    Reply::new(ReplyCode(code), &format!("said {code}"))
}

fn new(plan: Plan) -> Dialogue {
    with_rule(plan, TlsRule::None)
}

fn with_rule(plan: Plan, rule: TlsRule) -> Dialogue {
    Dialogue::new("mail.example.net".parse().unwrap(), plan, rule)
}

/// A dialogue that is ready; `offered` are the lines of the EHLO reply.
fn ready(offered: &str) -> Dialogue {
    let mut dialogue = new(Plan::Deliver);
    assert_eq!(said(dialogue.on_reply(reply(220), WAITED)), "EHLO mail.example.net");
    let ehlo = Reply::new(ReplyCode(250), &format!("mx.x.test\n{offered}"));
    assert_eq!(dialogue.on_reply(ehlo, WAITED), Step::Ready);
    dialogue
}

/// The commands of a step as one line.
fn said(step: Step) -> String {
    match step {
        Step::Send(commands) => commands.iter().map(Command::to_string).collect::<Vec<_>>().join(" | "),
        other => panic!("{other:?}"),
    }
}

/// Answers one after the other; the step after the last one.
fn answer(dialogue: &mut Dialogue, codes: &[u16]) -> Step {
    let (last, early) = codes.split_last().unwrap();
    for code in early {
        let step = dialogue.on_reply(reply(*code), WAITED);
        assert!(matches!(step, Step::Read | Step::Send(_)), "after {code}: {step:?}");
    }
    dialogue.on_reply(reply(*last), WAITED)
}

fn refused(stage: Stage, code: u16) -> Outcome {
    Outcome::Refused { stage, reply: reply(code) }
}

fn failed(stage: Stage, trouble: Trouble) -> Outcome {
    Outcome::Failed(Failure { stage, trouble, elapsed: WAITED })
}

fn failed_by(stage: Stage, code: u16) -> Outcome {
    failed(stage, Trouble::Reply(reply(code)))
}

fn done(outcomes: Vec<Outcome>, reusable: bool) -> Step {
    Step::TransactionDone { outcomes, reusable }
}

fn body(rids: &[u32]) -> Step {
    Step::SendBody { accepted: rids.iter().copied().map(RecipientId).collect() }
}

/// A pipelined dialogue with its order sent.
fn pipelined(recipients: usize) -> Dialogue {
    let mut dialogue = ready("PIPELINING");
    assert!(matches!(dialogue.deliver(order(recipients)), Step::Send(_)));
    dialogue
}

/// A dialogue that was offered STARTTLS and said it.
fn asked_for_tls(rule: TlsRule) -> Dialogue {
    let mut dialogue = with_rule(Plan::Deliver, rule);
    let _ = dialogue.on_reply(reply(220), WAITED);
    let ehlo = Reply::new(ReplyCode(250), "mx.x.test\nSTARTTLS\nPIPELINING\nSIZE 1");
    assert_eq!(said(dialogue.on_reply(ehlo, WAITED)), "STARTTLS");
    dialogue
}

/// A dialogue that waits for what is named, with one recipient and no pipelining.
fn waiting_for(expect: Expect) -> Dialogue {
    let mut dialogue = new(Plan::Deliver);
    let road: &[u16] = match expect {
        Expect::Greeting => &[],
        Expect::Ehlo => &[220],
        Expect::Helo => &[220, 500],
        Expect::StartTls | Expect::Handshake => {
            dialogue = asked_for_tls(TlsRule::Opportunistic);
            if expect == Expect::Handshake {
                assert_eq!(dialogue.on_reply(reply(220), WAITED), Step::ShakeHands);
            }
            return dialogue;
        }
        _ => &[220, 250],
    };
    road.iter().for_each(|&code| drop(dialogue.on_reply(reply(code), WAITED)));
    let road: &[u16] = match expect {
        Expect::Greeting | Expect::Ehlo | Expect::Helo | Expect::StartTls | Expect::Handshake => return dialogue,
        Expect::Quit => {
            assert_eq!(said(dialogue.quit()), "QUIT");
            return dialogue;
        }
        Expect::MailFrom => &[],
        Expect::RcptTo(_) => &[250],
        Expect::Data => &[250, 250],
        Expect::Body | Expect::EndOfData => &[250, 250, 354],
        Expect::Rset => &[250, 550],
    };
    dialogue.deliver(order(1));
    road.iter().for_each(|&code| drop(dialogue.on_reply(reply(code), WAITED)));
    if expect == Expect::EndOfData {
        dialogue.on_body_sent();
    }
    assert_eq!(dialogue.expected(), Some(expect));
    dialogue
}

fn session_failed(stage: Stage, code: u16) -> Step {
    Step::Failed(Failure { stage, trouble: Trouble::Reply(reply(code)), elapsed: WAITED })
}

#[test]
fn a_break_at_every_place_fails_what_is_not_decided() {
    for expect in [Expect::Greeting, Expect::Ehlo, Expect::StartTls, Expect::Handshake] {
        let failure = Failure { stage: expect.stage(), trouble: Trouble::TimedOut, elapsed: WAITED };
        assert_eq!(waiting_for(expect).on_failure(Trouble::TimedOut, WAITED), Step::Failed(failure));
    }
    let places = [Expect::MailFrom, Expect::RcptTo(0), Expect::Data, Expect::Body, Expect::EndOfData];
    for expect in places {
        let step = waiting_for(expect).on_failure(Trouble::Dropped, WAITED);
        assert_eq!(step, done(vec![failed(expect.stage(), Trouble::Dropped)], false), "{expect:?}");
    }
    let step = waiting_for(Expect::Rset).on_failure(Trouble::Dropped, WAITED);
    assert_eq!(step, done(vec![refused(Stage::RcptTo, 550)], false));
    assert_eq!(waiting_for(Expect::Quit).on_failure(Trouble::Dropped, WAITED), Step::Closed);
    assert_eq!(ready("").on_failure(Trouble::Dropped, WAITED), Step::Closed);
}

#[test]
fn an_answer_that_nobody_asked_for_ends_an_idle_session() {
    for code in [220, 250, 354, 421, 550] {
        assert_eq!(ready("").on_reply(reply(code), WAITED), Step::Closed);
    }
}

#[test]
fn without_pipelining_one_command_waits_for_the_other() {
    let mut dialogue = ready("SIZE 1000\n8BITMIME");
    assert_eq!(said(dialogue.deliver(order(2))), "MAIL FROM:<a@sender.test> SIZE=100 BODY=8BITMIME");
    assert_eq!(said(dialogue.on_reply(reply(250), WAITED)), "RCPT TO:<u0@x.test>");
    assert_eq!(said(dialogue.on_reply(reply(250), WAITED)), "RCPT TO:<u1@x.test>");
    assert_eq!(said(dialogue.on_reply(reply(250), WAITED)), "DATA");
    assert_eq!(dialogue.on_reply(reply(354), WAITED), body(&[0, 1]));
    dialogue.on_body_sent();
    assert_eq!(dialogue.on_reply(reply(250), WAITED), done(vec![Outcome::Delivered(reply(250)); 2], true));
    assert_eq!(said(dialogue.deliver(order(1))), "MAIL FROM:<a@sender.test> SIZE=100 BODY=8BITMIME");
}

#[test]
fn with_pipelining_the_whole_envelope_goes_at_once() {
    let mut dialogue = ready("PIPELINING");
    let all = "MAIL FROM:<a@sender.test> | RCPT TO:<u0@x.test> | RCPT TO:<u1@x.test> | DATA";
    assert_eq!(said(dialogue.deliver(order(2))), all);
    assert_eq!(answer(&mut dialogue, &[250, 250, 250, 354]), body(&[0, 1]));
}

#[test]
fn only_what_was_accepted_is_delivered() {
    let mut dialogue = pipelined(3);
    assert_eq!(answer(&mut dialogue, &[250, 550, 250, 450, 354]), body(&[1]));
    dialogue.on_body_sent();
    let outcomes = vec![refused(Stage::RcptTo, 550), Outcome::Delivered(reply(250)), refused(Stage::RcptTo, 450)];
    assert_eq!(dialogue.on_reply(reply(250), WAITED), done(outcomes, true));
}

#[test]
fn mail_refused_is_for_all_whatever_the_rest_is_answered() {
    for code in [450, 550] {
        let mut dialogue = pipelined(2);
        let outcomes = vec![refused(Stage::MailFrom, code); 2];
        assert_eq!(answer(&mut dialogue, &[code, 503, 250, 503]), done(outcomes, true));
    }
}

#[test]
fn go_ahead_for_nobody_is_answered_with_a_lone_dot() {
    let mut dialogue = pipelined(1);
    assert_eq!(said(answer(&mut dialogue, &[250, 550, 354])), ".");
    assert_eq!(dialogue.expected(), Some(Expect::EndOfData));
    assert_eq!(dialogue.on_reply(reply(554), WAITED), done(vec![refused(Stage::RcptTo, 550)], true));
}

#[test]
fn a_peer_that_takes_a_message_for_nobody_is_not_used_again() {
    let mut dialogue = pipelined(1);
    assert_eq!(said(answer(&mut dialogue, &[250, 550, 354])), ".");
    assert_eq!(dialogue.on_reply(reply(250), WAITED), done(vec![refused(Stage::RcptTo, 550)], false));
}

#[test]
fn after_all_recipients_were_refused_the_transaction_is_reset() {
    let mut dialogue = pipelined(2);
    assert_eq!(said(answer(&mut dialogue, &[250, 550, 450, 503])), "RSET");
    let outcomes = vec![refused(Stage::RcptTo, 550), refused(Stage::RcptTo, 450)];
    assert_eq!(dialogue.on_reply(reply(250), WAITED), done(outcomes, true));
}

#[test]
fn data_refused_is_for_the_accepted_and_the_transaction_is_reset() {
    let mut dialogue = pipelined(2);
    assert_eq!(said(answer(&mut dialogue, &[250, 250, 550, 451])), "RSET");
    let outcomes = vec![refused(Stage::Data, 451), refused(Stage::RcptTo, 550)];
    assert_eq!(dialogue.on_reply(reply(250), WAITED), done(outcomes, true));
}

#[test]
fn closing_between_recipients_decides_one_and_fails_the_others() {
    let mut dialogue = pipelined(3);
    let outcomes = vec![failed_by(Stage::RcptTo, 421), refused(Stage::RcptTo, 421), failed_by(Stage::RcptTo, 421)];
    assert_eq!(answer(&mut dialogue, &[250, 250, 421]), done(outcomes, false));
}

#[test]
fn a_message_over_their_size_is_not_sent() {
    let mut dialogue = ready("SIZE 99");
    let Step::TransactionDone { outcomes, reusable: true } = dialogue.deliver(order(2)) else { panic!() };
    assert_eq!(outcomes.len(), 2);
    for outcome in outcomes {
        let Outcome::Failed(Failure { stage: Stage::MailFrom, trouble: Trouble::Unsupported(why), .. }) = outcome
        else {
            panic!("{outcome:?}");
        };
        assert_eq!(&*why, "the message has 100 octets, the next hop takes at most 99");
    }
    assert!(matches!(ready("SIZE 100").deliver(order(1)), Step::Send(_)));
}

#[test]
fn eight_bit_goes_unannounced_where_it_was_not_offered() {
    assert_eq!(said(ready("SIZE").deliver(order(1))), "MAIL FROM:<a@sender.test> SIZE=100");
}

#[test]
fn helo_offers_nothing_and_a_hang_up_there_is_told_by_the_refusal() {
    let mut dialogue = new(Plan::Deliver);
    assert_eq!(said(answer(&mut dialogue, &[220, 502])), "HELO mail.example.net");
    assert_eq!(dialogue.on_reply(Reply::new(ReplyCode(250), "x\nPIPELINING"), WAITED), Step::Ready);
    assert_eq!(dialogue.extensions(), &Extensions::default());
    let step = waiting_for(Expect::Helo).on_failure(Trouble::Dropped, WAITED);
    assert_eq!(step, session_failed(Stage::Ehlo, 500));
}

#[test]
fn a_probe_says_quit_after_ehlo() {
    let mut dialogue = new(Plan::StopAfterEhlo);
    let _ = dialogue.on_reply(reply(220), WAITED);
    let ehlo = Reply::new(ReplyCode(250), "mx.x.test\nSIZE 5");
    assert_eq!(said(dialogue.on_reply(ehlo, WAITED)), "QUIT");
    assert_eq!(dialogue.extensions().size_bytes_max, Some(5));
    assert_eq!(dialogue.on_reply(reply(221), WAITED), Step::Closed);
}

#[test]
fn an_order_for_nobody_is_answered_for_nobody() {
    assert_eq!(ready("PIPELINING").deliver(order(0)), done(vec![], true));
}

#[test]
fn an_order_on_a_session_that_is_over_or_busy_fails_and_disturbs_nothing() {
    let lost = |n| {
        let failure = Failure { stage: Stage::MailFrom, trouble: Trouble::Dropped, elapsed: Duration::ZERO };
        done(vec![Outcome::Failed(failure); n], false)
    };
    let mut over = ready("");
    let _ = over.on_reply(reply(421), WAITED);
    assert_eq!(over.deliver(order(2)), lost(2));
    let mut busy = pipelined(1);
    assert_eq!(busy.deliver(order(3)), lost(3));
    assert_eq!(answer(&mut busy, &[250, 250, 354]), body(&[0]));
}
