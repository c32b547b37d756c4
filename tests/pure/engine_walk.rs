//! One message after the other through an engine that holds others: taken, routed, handed over, settled.
//!
//! Promises: every effect is answered at once, as a world without any delay would; the backlog's hosts refuse and wait.

use common::vocab::{Domain, MessageId, Reply, ReplyCode, Timestamp};
use engine::dsn::Dsn;
use engine::envelope::Envelope;
use engine::failure::{Outcome, RouteFailure};
use engine::peer::Peer;
use engine::route::{Answer, ExchangerAnswer, NamedBy, RouteKind};
use engine::{Effect, Engine, Event, Output, Settings};
use std::sync::Arc;
use std::time::Duration;

const DAWN: Timestamp = Timestamp(1_800_000_000_000);
/// Hosts that take mail, by turns.
const LIVE_HOSTS: u64 = 100;

/// See the head of this file.
pub struct Walk {
    engine: Engine,
    now: Timestamp,
    next: u64,
    live: Vec<Domain>,
    settled: u64,
}

impl Walk {
    /// An engine in which so many messages wait at so many hosts that nobody can reach.
    pub fn with_backlog(waiting: u64, hosts: u64) -> Walk {
        let live = (0..LIVE_HOSTS).map(|n| format!("live{n}.test").parse().expect("a domain")).collect();
        let engine = Engine::new(DAWN, Settings::default(), 7);
        let mut walk = Walk { engine, now: DAWN, next: 1, live, settled: 0 };
        for n in 0..waiting {
            walk.take(&format!("b@dead{}.test", n % hosts));
        }
        // The first messages make the sessions that the others use.
        for _ in 0..LIVE_HOSTS {
            walk.one_message();
        }
        walk
    }

    /// One more message to a host that takes it; panics if it was not settled.
    pub fn one_message(&mut self) {
        let before = self.settled;
        let host = &self.live[(self.next % LIVE_HOSTS) as usize];
        let to = format!("b@{host}");
        self.take(&to);
        assert_eq!(self.settled, before + 1, "it is delivered at once");
    }

    fn take(&mut self, to: &str) {
        let envelope = Envelope {
            mid: MessageId(self.next),
            from: Some("a@bench.test".parse().expect("an address")),
            recipients: vec![to.parse().expect("an address")],
            size_bytes: 4_096,
            received_at: self.now,
            eight_bit: false,
            smtputf8: false,
            dsn: Dsn::default(),
        };
        self.next += 1;
        self.now = self.now + Duration::from_micros(100);
        let mut events = vec![Event::Accepted(Arc::new(envelope))];
        let mut out = Output::default();
        while let Some(event) = events.pop() {
            self.engine.handle(self.now, event, &mut out);
            events.extend(out.effects.drain(..).filter_map(|effect| self.answer(effect)));
            out.facts.clear();
        }
    }

    fn answer(&mut self, effect: Effect) -> Option<Event> {
        match effect {
            Effect::Resolve { host } => {
                let answer = if host.as_str().starts_with("dead") { Err(RouteFailure::Servfail) } else { Ok(answer()) };
                Some(Event::Resolved { host, answer })
            }
            Effect::Connect { session, .. } => {
                Some(Event::SessionReady { session, peer: Peer { reports: false, tls: None } })
            }
            Effect::Deliver { session, order } => {
                let reply = Reply { code: ReplyCode(250), enhanced: None, text: "taken".into() };
                let outcomes = order.rids.iter().map(|_| Outcome::Delivered(reply.clone())).collect();
                Some(Event::Attempted { session, mid: order.envelope.mid, outcomes, reusable: true })
            }
            Effect::Close { session } => Some(Event::SessionClosed { session }),
            Effect::Settle(settlement) => {
                self.settled += u64::from(settlement.message_done);
                None
            }
            Effect::Report(_) => None,
        }
    }
}

fn answer() -> Answer {
    let exchanger = ExchangerAnswer {
        preference: 10,
        name: "mx.live.test".into(),
        named_by: NamedBy::Dns,
        addresses: vec![([127, 0, 0, 1], 25).into()],
    };
    let ttl = Duration::from_secs(86_400);
    Answer { kind: RouteKind::Mx, exchangers: vec![exchanger], ttl, mx_ttl: Some(ttl) }
}
