//! Host characters of the simulated world: how a destination answers, as a pure function of time and chance.

use common::vocab::{Reply, ReplyCode, Timestamp};
use engine::failure::{Failure, Outcome, RouteFailure, Stage, Trouble};
use engine::random::Random;
use std::time::Duration;

/// How a destination behaves.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Character {
    /// Takes everything at once.
    Healthy,
    /// 451 to each leg's first attempt.
    Greylisting,
    /// Takes everything, each answer late.
    Slow,
    /// Accepts the connection and never greets.
    Silent,
    /// Refuses connections.
    Down,
    /// Our network has no way there.
    Unreachable,
    /// Down and up by turns of half an hour.
    Flapping,
    /// Refuses some recipients for good, some for now, takes the others.
    Picky,
    /// Breaks the session at a random stage.
    Dropping,
    /// The domain does not exist.
    Nxdomain,
    /// Its name servers fail half of the time.
    Servfail,
    /// Asks us to slow down, in its greeting or in the middle, more often than not.
    Throttling,
    /// Greets, and answers every transaction that it is too much.
    Busy,
    /// Refuses every recipient for good, for who we are.
    Blocking,
    /// Answers first attempts at once, half of them with a 451; whoever comes again waits for five minutes. Not among
    /// [`Character::ALL`]: nothing new would happen there.
    SlowToRetries,
    /// Keeps first attempts for five minutes and then says 451; whoever comes again is served at once. Not among them either.
    SlowToFresh,
    /// Greylists, and says for how long: half an hour. Not among them either.
    Asking,
    /// Nothing answers at all, as behind a firewall. Not among them either.
    Blackhole,
    /// Its first server refuses connections, the second one takes everything. Not among them either.
    Lame,
    /// A relay that wants a login. Not among them either.
    Locked,
    /// Every mailbox is full. Not among [`Character::ALL`]: nothing new would happen there.
    Full,
    /// Looking it up always fails on our own side. Not among [`Character::ALL`]: its mail never ends.
    Deaf,
}

impl Character {
    /// All that a world may be made of.
    pub const ALL: [Character; 14] = [
        Character::Healthy,
        Character::Greylisting,
        Character::Slow,
        Character::Silent,
        Character::Down,
        Character::Unreachable,
        Character::Flapping,
        Character::Picky,
        Character::Dropping,
        Character::Nxdomain,
        Character::Servfail,
        Character::Throttling,
        Character::Busy,
        Character::Blocking,
    ];

    /// What DNS says, or why not.
    pub fn resolves(self, random: &mut Random) -> Result<(), RouteFailure> {
        match self {
            Character::Nxdomain => Err(RouteFailure::Nxdomain),
            Character::Deaf => Err(RouteFailure::Ours("no answer".into())),
            Character::Servfail if random.below(2) == 0 => Err(RouteFailure::Servfail),
            _ => Ok(()),
        }
    }

    /// Whether it greets, and after how long.
    pub fn greets(self, now: Timestamp, random: &mut Random) -> (Duration, Result<(), Failure>) {
        let failed = |stage, trouble, elapsed| Err(Failure { stage, trouble, elapsed });
        let quick = Duration::from_millis(1 + random.below(20));
        match self {
            Character::Down => (quick, failed(Stage::Connect, Trouble::Refused, quick)),
            Character::Unreachable => (quick, failed(Stage::Connect, Trouble::NoRoute, quick)),
            Character::Flapping if (now.millis() / 1_800_000).is_multiple_of(2) => {
                (quick, failed(Stage::Connect, Trouble::Refused, quick))
            }
            Character::Blackhole => {
                let wait = Duration::from_secs(30);
                (wait, failed(Stage::Connect, Trouble::TimedOut, wait))
            }
            Character::Silent => {
                let wait = Duration::from_secs(300);
                (wait, failed(Stage::Greeting, Trouble::TimedOut, wait))
            }
            Character::Slow => (Duration::from_secs(2), Ok(())),
            Character::Throttling if random.below(4) == 0 => {
                let reply = Reply::new(ReplyCode(421), "4.7.0 Too many connections");
                (quick, failed(Stage::Greeting, Trouble::Reply(reply), quick))
            }
            _ => (quick, Ok(())),
        }
    }

    /// What becomes of a transaction: after how long, one outcome per recipient, and whether the session goes on.
    pub fn takes(self, recipients: usize, first_attempt: bool, random: &mut Random) -> (Duration, Vec<Outcome>, bool) {
        let quick = Duration::from_millis(2 + random.below(30));
        let taken = || Outcome::Delivered(Reply::new(ReplyCode(250), "2.0.0 taken"));
        let refused =
            |code, text: &str| Outcome::Refused { stage: Stage::RcptTo, reply: Reply::new(ReplyCode(code), text) };
        match self {
            Character::Greylisting if first_attempt => {
                (quick, vec![refused(451, "4.7.1 Greylisted, come back later"); recipients], true)
            }
            Character::Asking if first_attempt => {
                (quick, vec![refused(451, "4.7.1 Greylisted, try again in 1800 seconds"); recipients], true)
            }
            Character::SlowToRetries if first_attempt && random.below(2) == 0 => {
                (quick, vec![refused(451, "4.3.0 Try again"); recipients], true)
            }
            Character::SlowToRetries if !first_attempt => (Duration::from_secs(300), vec![taken(); recipients], true),
            Character::SlowToFresh if first_attempt => {
                (Duration::from_secs(300), vec![refused(451, "4.3.0 Try again"); recipients], true)
            }
            Character::Throttling if random.below(3) > 0 => {
                (quick, vec![refused(421, "4.7.0 Slow down"); recipients], false)
            }
            Character::Blocking => (quick, vec![refused(550, "5.7.1 Your address is listed"); recipients], true),
            Character::Locked => (quick, vec![refused(530, "5.7.0 Authentication required"); recipients], true),
            Character::Full => (quick, vec![refused(452, "4.2.2 Mailbox full"); recipients], true),
            Character::Busy => (quick, vec![refused(421, "4.7.0 Too many messages"); recipients], false),
            Character::Slow => (Duration::from_secs(8), vec![taken(); recipients], true),
            Character::Picky => {
                let outcomes = (0..recipients).map(|_| match random.below(5) {
                    0 => refused(550, "5.1.1 No such user"),
                    1 => refused(452, "4.2.2 Mailbox full"),
                    2 => refused(421, "4.7.0 Too many connections"),
                    _ => taken(),
                });
                (quick, outcomes.collect(), random.below(4) > 0)
            }
            Character::Dropping if random.below(2) == 0 => {
                let stage = [Stage::MailFrom, Stage::RcptTo, Stage::Body, Stage::EndOfData][random.below(4) as usize];
                let failure = Failure { stage, trouble: Trouble::Dropped, elapsed: quick };
                (quick, vec![Outcome::Failed(failure); recipients], false)
            }
            _ => (quick, vec![taken(); recipients], true),
        }
    }
}
