//! Peers that answer anything at any time, judged by an independent book of who was asked what and said what.

use super::*;
use proptest::prelude::*;

/// What the peer does when something is due.
#[derive(Clone, Copy, Debug)]
enum Act {
    Say(u16),
    Break,
}

fn act() -> impl Strategy<Value = Act> {
    let code = prop_oneof![
        8 => Just(250u16),
        4 => Just(354u16),
        2 => prop_oneof![Just(450u16), Just(550u16), Just(503u16)],
        1 => Just(421u16),
        1 => 200u16..600,
    ];
    prop_oneof![20 => code.prop_map(Act::Say), 1 => Just(Act::Break)]
}

/// Mostly follows the protocol, so that random runs come far.
fn fitting(asked: &str, act: Act) -> Act {
    match (asked, act) {
        ("DATA", Act::Say(250)) => Act::Say(354),
        ("MAIL" | "RCPT" | "body" | "RSET", Act::Say(354)) => Act::Say(250),
        (_, act) => act,
    }
}

/// What was asked and what was said, in order: the peer's own view.
#[derive(Default)]
struct Book {
    asked: VecDeque<&'static str>,
    said: Vec<(&'static str, u16)>,
}

impl Book {
    fn ask(&mut self, commands: &[Command]) {
        self.asked.extend(commands.iter().map(|command| match command {
            Command::MailFrom { .. } => "MAIL",
            Command::RcptTo { .. } => "RCPT",
            Command::Data => "DATA",
            Command::Dot => "dot",
            Command::Rset => "RSET",
            other => panic!("{other} within a transaction"),
        }));
    }

    fn first(&self, what: &str) -> Option<u16> {
        self.said.iter().find(|(asked, _)| *asked == what).map(|(_, code)| *code)
    }

    /// Whether this recipient was delivered, judged by what was said alone.
    fn delivered(&self, place: usize) -> bool {
        let positive = |code: Option<u16>| code.is_some_and(|code| code / 100 == 2);
        let rcpt = self.said.iter().filter(|(asked, _)| *asked == "RCPT").nth(place).map(|(_, code)| *code);
        positive(self.first("MAIL")) && positive(rcpt) && positive(self.first("body"))
    }
}

/// Runs one order against the peer; outcomes, whether the session goes on, and the book.
fn run(dialogue: &mut Dialogue, recipients: usize, acts: &mut impl Iterator<Item = Act>) -> (Vec<Outcome>, bool, Book) {
    let mut book = Book::default();
    let mut step = dialogue.deliver(order(recipients));
    for _ in 0..1_000 {
        match step {
            Step::Read => {}
            Step::Send(commands) => {
                assert!(book.asked.is_empty(), "something is said while answers are due");
                book.ask(&commands);
            }
            Step::SendBody { accepted } => {
                assert!(!accepted.is_empty(), "a body for nobody");
                assert!(book.asked.is_empty(), "a body while answers are due");
                book.asked.push_back("body");
                dialogue.on_body_sent();
            }
            Step::TransactionDone { outcomes, reusable } => return (outcomes, reusable, book),
            other => panic!("{other:?} within a transaction"),
        }
        let asked = book.asked.pop_front().expect("the dialogue waits for what it did not ask");
        step = match fitting(asked, acts.next().unwrap_or(Act::Break)) {
            Act::Say(code) => {
                book.said.push((asked, code));
                dialogue.on_reply(reply(code), WAITED)
            }
            Act::Break => dialogue.on_failure(Trouble::Dropped, WAITED),
        };
    }
    panic!("a transaction without end");
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(2_000))]

    #[test]
    fn every_recipient_gets_one_outcome_and_delivered_means_what_it_says(
        pipelining: bool,
        recipients in 1usize..6,
        acts in proptest::collection::vec(act(), 0..60),
    ) {
        let mut dialogue = ready(if pipelining { "PIPELINING" } else { "DSN" });
        let mut acts = acts.into_iter();
        for _ in 0..4 {
            let (outcomes, reusable, book) = run(&mut dialogue, recipients, &mut acts);
            prop_assert_eq!(outcomes.len(), recipients);
            for (place, outcome) in outcomes.iter().enumerate() {
                let delivered = matches!(outcome, Outcome::Delivered(_));
                prop_assert_eq!(delivered, book.delivered(place), "{:?} {:?}", &outcome, &book.said);
            }
            prop_assert_eq!(reusable, !dialogue.over);
            if !reusable {
                prop_assert_eq!(dialogue.on_reply(reply(250), WAITED), Step::Closed);
                break;
            }
            prop_assert_eq!(dialogue.expected(), None);
            prop_assert!(book.asked.is_empty(), "reused although answers are due");
        }
    }

    #[test]
    fn no_order_of_calls_makes_it_panic(calls in proptest::collection::vec((0u8..8, 200u16..600), 0..60)) {
        let mut dialogue = with_rule(Plan::Deliver, TlsRule::Opportunistic);
        for (call, code) in calls {
            match call {
                0 => drop(dialogue.deliver(order(2))),
                1 => drop(dialogue.quit()),
                2 => dialogue.on_body_sent(),
                3 => drop(dialogue.on_failure(Trouble::TimedOut, WAITED)),
                4 => drop(dialogue.on_secured(&secured::proven(), WAITED)),
                5 => drop(dialogue.on_reply(Reply::new(ReplyCode(code), "x\nSTARTTLS"), WAITED)),
                _ => drop(dialogue.on_reply(reply(code), WAITED)),
            }
        }
    }
}
