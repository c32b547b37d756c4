//! The table of moves, cell by cell, for one recipient and without pipelining.

use super::*;

/// 2xx, 3xx, 4xx, 5xx, and the 421 that closes.
const CODES: [u16; 5] = [250, 354, 450, 550, 421];

/// One cell.
enum Move {
    /// This command goes out.
    Send(&'static str),
    Ready,
    Shake,
    /// The session failed by this reply.
    Failed,
    Body,
    Delivered,
    /// The recipient is refused at this stage; the session goes on.
    Refused(Stage),
    /// The recipient is refused at this stage; the session is over.
    RefusedOver(Stage),
    /// The recipient failed by this reply; the session is over.
    Broken,
    Closed,
}
use Move::*;

fn table() -> [(Expect, [Move; 5]); 12] {
    use Stage::{Data, EndOfData, MailFrom, RcptTo};
    [
        (Expect::Greeting, [Send("EHLO mail.example.net"), Failed, Failed, Failed, Failed]),
        (Expect::Ehlo, [Ready, Failed, Failed, Send("HELO mail.example.net"), Failed]),
        (Expect::Helo, [Ready, Failed, Failed, Failed, Failed]),
        (Expect::StartTls, [Shake, Failed, Failed, Failed, Failed]),
        (Expect::Handshake, [Failed, Failed, Failed, Failed, Failed]),
        (
            Expect::MailFrom,
            [Send("RCPT TO:<u0@x.test>"), Broken, Refused(MailFrom), Refused(MailFrom), RefusedOver(MailFrom)],
        ),
        (Expect::RcptTo(0), [Send("DATA"), Broken, Send("RSET"), Send("RSET"), RefusedOver(RcptTo)]),
        (Expect::Data, [Broken, Body, Send("RSET"), Send("RSET"), RefusedOver(Data)]),
        (Expect::Body, [Broken, Broken, RefusedOver(EndOfData), RefusedOver(EndOfData), RefusedOver(EndOfData)]),
        (Expect::EndOfData, [Delivered, Broken, Refused(EndOfData), Refused(EndOfData), RefusedOver(EndOfData)]),
        // The recipient was refused by 550 before.
        (
            Expect::Rset,
            [Refused(RcptTo), RefusedOver(RcptTo), RefusedOver(RcptTo), RefusedOver(RcptTo), RefusedOver(RcptTo)],
        ),
        (Expect::Quit, [Closed, Closed, Closed, Closed, Closed]),
    ]
}

#[test]
fn every_answer_at_every_place_makes_the_move_of_the_table() {
    for (expect, row) in table() {
        for (code, cell) in CODES.into_iter().zip(row) {
            let mut dialogue = waiting_for(expect);
            let step = dialogue.on_reply(reply(code), WAITED);
            let by = if expect == Expect::Rset { 550 } else { code };
            let (expected, over) = match cell {
                Send(command) => {
                    assert_eq!(said(step), command, "{expect:?} answered {code}");
                    continue;
                }
                Ready => (Step::Ready, false),
                Shake => (Step::ShakeHands, false),
                Failed => (session_failed(expect.stage(), code), true),
                Body => (body(&[0]), false),
                Delivered => (done(vec![Outcome::Delivered(reply(code))], true), false),
                Refused(stage) => (done(vec![refused(stage, by)], true), false),
                RefusedOver(stage) => (done(vec![refused(stage, by)], false), true),
                Broken => (done(vec![failed_by(expect.stage(), code)], false), true),
                Closed => (Step::Closed, true),
            };
            assert_eq!(step, expected, "{expect:?} answered {code}");
            assert_eq!(dialogue.over, over, "{expect:?} answered {code}");
        }
    }
}
