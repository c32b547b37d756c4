//! The engine against peers that can do TLS, cannot, or could before: what is asked of each connection.

use super::*;
use crate::envelope::Envelope;
use crate::failure::{Failure, Outcome, Stage, Trouble};
use crate::peer::Peer;
use crate::route::{Answer, ExchangerAnswer, NamedBy, RouteKind};
use crate::tls::{ClearBecause, Protection, TLS_BROKEN_FOR, TlsFacts, TlsRules, TlsVersion, Unproven};
use crate::{Effect, Event, Fact, Output, Settings};
use common::vocab::{HostStatus, MessageId, Reply, ReplyCode, SessionId};
use std::sync::Arc;
use std::time::Duration;

const DAWN: Timestamp = Timestamp(1_800_000_000_000);

struct World {
    engine: Engine,
    now: Timestamp,
    mid: u64,
    addresses: u8,
}

/// A connection that was asked for: its number, the last octet of its address, what it is told to give.
type Asked = (SessionId, u8, TlsRule);

fn world(rules: &[(&str, TlsRule)], addresses: u8) -> World {
    let settings = Settings { tls: TlsRules::new(rules.iter().copied()).unwrap(), ..Settings::default() };
    World { engine: Engine::new(DAWN, settings, 1), now: DAWN, mid: 0, addresses }
}

fn facts(proof: Result<(), Unproven>) -> Peer {
    let facts = TlsFacts {
        version: TlsVersion::Tls13,
        cipher: "TLS_AES_128_GCM_SHA256".into(),
        group: "X25519".into(),
        names: Vec::new(),
        issuer: None,
        not_after: None,
        proof,
        resumed: false,
    };
    Peer { reports: false, tls: Some(Arc::new(facts)) }
}

impl World {
    fn happens(&mut self, event: Event) -> Output {
        let mut out = Output::default();
        self.engine.handle(self.now, event, &mut out);
        self.engine.assert_consistent();
        out
    }

    /// A message for a host comes; its route, if it is asked for, leads to `mx.EXCHANGER` at 10.0.0.1 and so on.
    fn mail(&mut self, host: &str, exchanger: &str) -> Vec<Effect> {
        self.mid += 1;
        let envelope = Envelope {
            mid: MessageId(self.mid),
            from: "a@sender.test".parse().ok(),
            recipients: vec![format!("u@{host}").parse().unwrap()],
            size_bytes: 1,
            received_at: self.now,
            eight_bit: false,
            smtputf8: false,
            dsn: Default::default(),
        };
        let out = self.happens(Event::Accepted(Arc::new(envelope)));
        self.routed(out.effects, exchanger)
    }

    fn routed(&mut self, mut effects: Vec<Effect>, exchanger: &str) -> Vec<Effect> {
        let asks = |effect: &Effect| if let Effect::Resolve { host } = effect { Some(host.clone()) } else { None };
        while let Some((at, host)) = effects.iter().enumerate().find_map(|(at, e)| asks(e).map(|host| (at, host))) {
            effects.remove(at);
            let exchangers = (1..=self.addresses).map(|last| ExchangerAnswer {
                preference: last.into(),
                name: exchanger.into(),
                named_by: NamedBy::Dns,
                addresses: vec![SocketAddr::from(([10, 0, 0, last], 25))],
            });
            let ttl = Duration::from_secs(3600 * 24 * 60);
            let answer = Ok(Answer { kind: RouteKind::Mx, exchangers: exchangers.collect(), ttl, mx_ttl: None });
            effects.extend(self.happens(Event::Resolved { host, answer }).effects);
        }
        effects
    }

    fn fails(&mut self, session: SessionId, stage: Stage, trouble: Trouble) -> Vec<Effect> {
        let failure = Failure { stage, trouble, elapsed: Duration::ZERO };
        self.happens(Event::SessionFailed { session, failure }).effects
    }

    fn handshake_fails(&mut self, session: SessionId) -> Vec<Effect> {
        self.fails(session, Stage::StartTls, Trouble::Handshake("alert".into()))
    }

    fn ready(&mut self, session: SessionId, peer: Peer) -> Output {
        self.happens(Event::SessionReady { session, peer })
    }

    fn delivered(&mut self, session: SessionId) -> Vec<Effect> {
        let outcomes = vec![Outcome::Delivered(Reply::new(ReplyCode(250), "ok"))];
        self.happens(Event::Attempted { session, mid: MessageId(self.mid), outcomes, reusable: true }).effects
    }

    /// The host's timer runs out.
    fn wakes(&mut self) -> Vec<Effect> {
        loop {
            self.now = self.engine.next_wakeup().unwrap();
            let effects = self.happens(Event::Woke).effects;
            if !effects.is_empty() {
                return self.routed(effects, "mx.x.test"); // other timers ask for nothing
            }
        }
    }

    fn row(&self, host: &str) -> crate::view::HostView {
        self.engine.hosts().find(|row| row.host.as_str() == host).unwrap()
    }
}

fn asked(effects: &[Effect]) -> Vec<Asked> {
    let of = |effect: &Effect| match effect {
        Effect::Connect { session, hop, tls, .. } => {
            let std::net::IpAddr::V4(ip) = hop.address.ip() else { panic!("{hop:?}") };
            Some((*session, ip.octets()[3], *tls))
        }
        _ => None,
    };
    effects.iter().filter_map(of).collect()
}

/// The one connection that was asked for.
fn one(effects: &[Effect]) -> Asked {
    let all = asked(effects);
    assert_eq!(all.len(), 1, "{effects:?}");
    all[0]
}

fn delivers(effects: &[Effect]) -> Vec<SessionId> {
    let of = |effect: &Effect| if let Effect::Deliver { session, .. } = effect { Some(*session) } else { None };
    effects.iter().filter_map(of).collect()
}

#[test]
fn after_a_failed_handshake_the_next_address_is_tried_then_clear_text_once() {
    let mut world = world(&[], 2);
    let (first, at, tls) = one(&world.mail("x.test", "mx.x.test"));
    assert_eq!((at, tls), (1, TlsRule::Opportunistic));
    let (second, at, tls) = one(&world.handshake_fails(first));
    assert_eq!((at, tls), (2, TlsRule::Opportunistic));
    let (third, at, tls) = one(&world.handshake_fails(second));
    assert_eq!((at, tls), (1, TlsRule::None));
    let out = world.ready(third, Peer::default());
    assert_eq!(delivers(&out.effects), [third]);
    let clear = Protection::Clear(ClearBecause::Broken);
    assert!(out.facts.iter().any(|fact| matches!(fact, Fact::SessionReady { protection, .. } if *protection == clear)));
    assert_eq!(world.engine.host_detail(&"x.test".parse().unwrap()).unwrap().protection, Some(clear));
}

#[test]
fn clear_text_that_fails_too_is_not_tried_again_and_the_host_is_down() {
    let mut world = world(&[], 1);
    let (first, ..) = one(&world.mail("x.test", "mx.x.test"));
    let (second, _, tls) = one(&world.handshake_fails(first));
    assert_eq!(tls, TlsRule::None);
    assert_eq!(asked(&world.fails(second, Stage::Connect, Trouble::Refused)), []);
    let row = world.row("x.test");
    assert_eq!((row.status, row.cause), (HostStatus::Down, Some(WaitCause::HostDown)));
    assert_eq!(row.evidence.unwrap().code, VerdictCode::TcpRefused);
}

#[test]
fn a_broken_address_gets_clear_text_at_once_for_a_day_and_goes_behind_the_others() {
    let mut world = world(&[], 1);
    let (first, ..) = one(&world.mail("x.test", "mx.x.test"));
    let (second, ..) = one(&world.handshake_fails(first));
    world.ready(second, Peer::default());
    world.delivered(second);
    world.happens(Event::SessionClosed { session: second });
    world.now = DAWN + TLS_BROKEN_FOR - Duration::from_secs(60);
    let (third, _, tls) = one(&world.mail("x.test", "mx.x.test"));
    assert_eq!(tls, TlsRule::None);
    world.ready(third, Peer::default());
    world.delivered(third);
    world.happens(Event::SessionClosed { session: third });
    world.now = DAWN + TLS_BROKEN_FOR;
    let (_, _, tls) = one(&world.mail("x.test", "mx.x.test"));
    assert_eq!(tls, TlsRule::Opportunistic, "a day is over");
    world.addresses = 2;
    world.now = DAWN + TLS_BROKEN_FOR - Duration::from_secs(30);
    let (_, at, tls) = one(&world.mail("y.test", "mx.y.test"));
    assert_eq!((at, tls), (2, TlsRule::Opportunistic), "the other address of a host that has two");
}

#[test]
fn an_address_that_completed_tls_gets_no_clear_text_and_the_mail_waits_for_tls() {
    let mut world = world(&[], 1);
    let (first, ..) = one(&world.mail("x.test", "mx.x.test"));
    let out = world.ready(first, facts(Err(Unproven::Chain)));
    assert_eq!(delivers(&out.effects), [first]);
    world.delivered(first);
    world.happens(Event::SessionClosed { session: first });
    world.now = DAWN + Duration::from_secs(3600);
    for _ in 0..5 {
        let effects = if world.mid == 1 { world.mail("x.test", "mx.x.test") } else { world.wakes() };
        let (session, _, tls) = one(&effects);
        assert_eq!(tls, TlsRule::Opportunistic);
        assert_eq!(asked(&world.handshake_fails(session)), []);
        let row = world.row("x.test");
        assert_eq!((row.status, row.cause), (HostStatus::Down, Some(WaitCause::TlsPolicy)));
        assert_eq!((row.causes[WaitCause::TlsPolicy], row.counters.hard_bounced_recipients), (1, 0));
    }
}

#[test]
fn a_rule_that_demands_tls_never_asks_for_less() {
    for (rule, trouble) in [
        (TlsRule::Require, Trouble::Handshake("alert".into())),
        (TlsRule::Require, Trouble::NoTls),
        (TlsRule::Verify, Trouble::Dropped),
        (TlsRule::Verify, Trouble::Unproven(Unproven::Expired)),
    ] {
        let mut world = world(&[("x.test", rule)], 2);
        let mut effects = world.mail("x.test", "mx.x.test");
        for _ in 0..6 {
            while let [(session, _, tls)] = asked(&effects)[..] {
                assert_eq!(tls, rule);
                effects = world.fails(session, Stage::StartTls, trouble.clone());
            }
            assert_eq!(world.row("x.test").cause, Some(WaitCause::TlsPolicy), "{trouble:?}");
            effects = world.wakes();
        }
    }
}

#[test]
fn a_session_carries_another_hosts_mail_only_where_it_gives_what_that_host_asks_for() {
    let rules = [("none.test", TlsRule::None), ("req.test", TlsRule::Require), ("ver.test", TlsRule::Verify)];
    let may = |first: &str, peer: Peer, exchanger: &str, then: &str| {
        let mut world = world(&rules, 1);
        let (session, ..) = one(&world.mail(first, exchanger));
        world.ready(session, peer);
        world.delivered(session);
        delivers(&world.mail(then, "mx.shared.test")) == [session]
    };
    let shared = "mx.shared.test";
    let (proven, unproven, clear) = (|| facts(Ok(())), || facts(Err(Unproven::Name)), Peer::default);
    // In clear since nothing was offered.
    assert!(may("opp.test", clear(), shared, "other.test"));
    assert!(may("opp.test", clear(), shared, "none.test"));
    assert!(!may("opp.test", clear(), shared, "req.test"));
    assert!(!may("opp.test", clear(), shared, "ver.test"));
    // In clear by the rule of another host.
    assert!(!may("none.test", clear(), shared, "opp.test"));
    // TLS, whoever it is.
    assert!(may("opp.test", unproven(), shared, "other.test"));
    assert!(may("opp.test", unproven(), shared, "req.test"));
    assert!(!may("opp.test", unproven(), shared, "ver.test"));
    assert!(!may("opp.test", unproven(), shared, "none.test"));
    // TLS, proven for one name.
    assert!(may("opp.test", proven(), shared, "ver.test"));
    assert!(may("opp.test", proven(), "MX.shared.TEST", "ver.test"));
    assert!(!may("opp.test", proven(), "mx.other.test", "ver.test"));
}

#[test]
fn a_full_address_makes_room_for_a_host_that_asks_for_more() {
    let mut world = world(&[("req.test", TlsRule::Require)], 1);
    let most = Settings::default().address_connections_max;
    let mut sessions = Vec::new();
    for number in 0..most {
        let host = format!("h{number}.test");
        let (session, ..) = asked(&world.mail(&host, "mx.shared.test"))[0];
        world.ready(session, Peer::default());
        sessions.push(session);
    }
    for (number, session) in sessions.iter().enumerate() {
        let outcomes = vec![Outcome::Delivered(Reply::new(ReplyCode(250), "ok"))];
        let mid = MessageId(number as u64 + 1);
        world.happens(Event::Attempted { session: *session, mid, outcomes, reusable: true });
    }
    let effects = world.mail("req.test", "mx.shared.test");
    assert!(matches!(effects[..], [Effect::Close { session }] if session == sessions[0]), "{effects:?}");
    let out = world.happens(Event::SessionClosed { session: sessions[0] });
    let (_, _, tls) = one(&out.effects);
    assert_eq!(tls, TlsRule::Require);
}

#[test]
fn the_latest_failure_of_tls_is_kept_with_what_was_asked_for() {
    let mut world = world(&[("x.test", TlsRule::Require)], 1);
    let last = |world: &World| world.engine.host_detail(&"x.test".parse().unwrap()).unwrap().last_tls;
    let effects = world.mail("x.test", "mx.x.test");
    world.fails(one(&effects).0, Stage::Greeting, Trouble::Dropped);
    assert_eq!(last(&world), None, "no TLS came into it");
    let session = one(&world.wakes()).0;
    world.handshake_fails(session);
    let kept = last(&world).unwrap();
    assert_eq!((kept.evidence.code, kept.asked), (VerdictCode::TlsHandshake, TlsRule::Require));
    assert_eq!(kept.detail.as_deref(), Some("alert"));
    let session = one(&world.wakes()).0;
    world.ready(session, facts(Ok(())));
    world.delivered(session);
    assert_eq!(last(&world), Some(kept), "a success does not wipe it out");
}
