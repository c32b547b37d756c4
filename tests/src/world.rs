//! A simulated world around the engine: fake clock, fake DNS, fake hosts, fake disk, one seed.
//!
//! It picks the earliest of what is to come, moves the clock there, hands the event to the engine, carries out its
//! effects, and checks after every step. A crash drops the engine and rebuilds it from what the fake disk holds.
//! The same seed gives the same run.

use crate::books::Books;
use crate::check::{GRACE, Ledger};
use crate::holds::Holds;
use crate::host::Character;
use crate::reports::Reports;
use crate::waits::Waits;
use common::vocab::{ActionId, Address, Domain, MessageId, RecipientId, SessionId, Timestamp, WaitCause};
use engine::dsn::{Dsn, Notify, RecipientDsn};
use engine::envelope::{Envelope, Order, Recovered, RecoveredRecipient, Settled, Settlement};
use engine::failure::Outcome;
use engine::failure::{Failure, Stage, Trouble};
use engine::jump::Jump;
use engine::peer::Peer;
use engine::random::Random;
use engine::route::{Answer, ExchangerAnswer, NamedBy, RouteKind};
use engine::view::HostView;
use engine::view::Pick;
use engine::{Effect, Engine, Event, Fact, HostScope, Output, RetryScope, Settings};
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use std::time::Duration;

/// When the simulated world begins.
pub const DAWN: Timestamp = Timestamp(1_800_000_000_000);

/// No retry is further off: four hours and a tenth.
const LONGEST_WAIT: Duration = Duration::from_secs(4 * 3600 + 1440);

/// What is to happen outside of the engine.
#[derive(Clone, Debug)]
enum Coming {
    Event(Event),
    Arrival,
    Retry,
    UndoRetry(ActionId),
    Crash,
    /// An operator suspends one of the hosts, or all of them.
    Suspend,
    Resume,
    /// The configuration is read again with other limits.
    Reload,
    /// An operator sets a new base of all counters.
    Reset,
    /// The clock jumps by so many hours.
    Jump(i64),
}

/// What the fake disk holds of a message.
#[derive(Clone, Debug)]
struct OnDisk {
    envelope: Arc<Envelope>,
    waiting: BTreeMap<RecipientId, (u32, Option<Timestamp>, bool)>,
    /// Warnings up to this time were given or passed over.
    warned_to: Timestamp,
}

/// See the head of this file.
pub struct World {
    /// The engine under test.
    pub engine: Engine,
    /// Its moment.
    pub now: Timestamp,
    /// What must hold.
    pub ledger: Ledger,
    /// The facts of the run as text: the same seed gives the same list.
    pub facts: Vec<String>,
    /// What senders are told.
    pub reports: Reports,
    /// What recipients waited for.
    waits: Waits,
    settings: Settings,
    /// The largest window before a reload: what was dialled by it ends as it began.
    window_before: u32,
    random: Random,
    characters: BTreeMap<Domain, Character>,
    coming: BTreeMap<(Timestamp, u64), Coming>,
    disk: BTreeMap<MessageId, OnDisk>,
    carried: BTreeMap<SessionId, Order>,
    rows: BTreeMap<Domain, HostView>,
    forced: bool,
    /// Mail may outlive its time: only an attempt ends it, and none is possible.
    patient: bool,
    /// What is suspended.
    pub holds: Holds,
    /// The counters on disk.
    pub books: Books,
    /// All hosts share the addresses of their mail servers, thus sessions.
    pub shared_address: bool,
    /// The MX records of all hosts name the same mail servers, each with four addresses.
    pub shared_provider: bool,
    serial: u64,
    next_mid: u64,
    arrivals_left: u32,
    /// Transactions that began: when, for which host, with how many recipients.
    pub begun: Vec<(Timestamp, Domain, usize)>,
    /// Recipients that this engine has been given.
    given: u64,
}

impl World {
    /// A world of the seed's making: its hosts, its mail, its accidents.
    pub fn new(seed: u64) -> World {
        let mut random = Random::new(seed ^ 0x5eed);
        // In most worlds the engine remembers every change of a cause; in the others it must make do with a few.
        let short_history = seed.is_multiple_of(3);
        let settings = Settings {
            cause_history_max: if short_history { 4 } else { 1_000_000 },
            whole_envelopes_max: random.below(4) as usize, // a queue is soon long here
            lifetime: Duration::from_secs(8 * 3600),
            lifetime_null_sender: Duration::from_secs(3 * 3600),
            warn: vec![Duration::from_secs(4 * 3600), Duration::from_secs(3600)],
            ..Settings::default()
        };
        // In some worlds connections are scarce.
        let scarce = Settings { connections_max: 2, connecting_max: 4, ..settings.clone() };
        let settings = if seed % 5 == 1 { scarce } else { settings };
        let count = 3 + random.below(8);
        let characters = (0..count).map(|number| {
            let character = Character::ALL[random.below(Character::ALL.len() as u64) as usize];
            (format!("h{number}.test").parse().expect("a domain"), character)
        });
        let characters = characters.collect();
        let mut world = World {
            engine: Engine::new(DAWN, settings.clone(), seed),
            now: DAWN,
            ledger: Ledger::default(),
            facts: Vec::new(),
            reports: Reports::default(),
            waits: Waits::new(short_history),
            settings,
            window_before: 0,
            characters,
            coming: BTreeMap::new(),
            disk: BTreeMap::new(),
            carried: BTreeMap::new(),
            rows: BTreeMap::new(),
            forced: false,
            patient: false,
            holds: Holds::default(),
            books: Books::default(),
            shared_address: seed.is_multiple_of(4),
            shared_provider: false,
            serial: 0,
            next_mid: 1,
            begun: Vec::new(),
            given: 0,
            arrivals_left: 20 + random.below(60) as u32,
            random,
        };
        world.plan_accidents();
        world
    }

    /// A world with one host of a given character and no accidents.
    pub fn with_host(seed: u64, name: &str, character: Character) -> World {
        let mut world = World::new(seed);
        world.characters = BTreeMap::from([(name.parse().expect("a domain"), character)]);
        world.shared_address = false;
        let plenty = Settings::default();
        if world.settings.connections_max != plenty.connections_max {
            world.configure(|settings| {
                (settings.connections_max, settings.connecting_max) = (plenty.connections_max, plenty.connecting_max);
            });
        }
        world.coming.clear();
        world.arrivals_left = 0;
        world
    }

    /// Other settings, before anything has happened.
    pub fn configure(&mut self, change: impl FnOnce(&mut Settings)) {
        change(&mut self.settings);
        self.engine = Engine::new(self.now, self.settings.clone(), self.random.next_u64());
    }

    /// The configuration is read again.
    pub fn reload(&mut self, change: impl FnOnce(&mut Settings)) {
        let mut settings = self.settings.clone();
        change(&mut settings);
        self.window_before = self.window_before.max(self.settings.window_max);
        self.settings = settings.clone().over(&self.settings);
        self.handle(Event::Configured(Box::new(settings)));
    }

    /// One more host beside it.
    pub fn add_host(&mut self, name: &str, character: Character) {
        self.characters.insert(name.parse().expect("a domain"), character);
    }

    fn plan_accidents(&mut self) {
        self.later(Duration::ZERO, Coming::Arrival);
        for _ in 0..self.random.below(3) {
            let at = Duration::from_millis(self.random.below(6 * 3_600_000));
            self.later(at, Coming::Crash);
        }
        for _ in 0..self.random.below(6) {
            let at = Duration::from_millis(self.random.below(6 * 3_600_000));
            self.later(at, Coming::Retry);
        }
        if self.random.below(3) == 0 {
            let at = Duration::from_millis(self.random.below(6 * 3_600_000));
            self.later(at, Coming::Reset);
        }
        for _ in 0..self.random.below(3) {
            let at = Duration::from_millis(self.random.below(6 * 3_600_000));
            self.later(at, Coming::Reload);
        }
        for _ in 0..self.random.below(4) {
            let at = Duration::from_millis(self.random.below(6 * 3_600_000));
            self.later(at, Coming::Suspend);
            let at = at + Duration::from_millis(self.random.below(6 * 3_600_000));
            self.later(at, Coming::Resume);
        }
        for _ in 0..self.random.below(3) {
            let at = Duration::from_millis(self.random.below(6 * 3_600_000));
            let hours = [-1, 240][self.random.below(2) as usize];
            self.later(at, Coming::Jump(hours));
        }
    }

    /// The wall clock is set forwards or back while real time goes on: what is to come comes after the same wait.
    pub fn jump(&mut self, hours: i64) {
        self.holds.pass(self.now);
        let from = self.now;
        let to = Timestamp(from.0.checked_add_signed(hours * 3_600_000).expect("a time after 1970"));
        let jump = Jump { from, to };
        self.waits.before(&self.engine, from);
        self.now = to;
        self.coming =
            std::mem::take(&mut self.coming).into_iter().map(|((at, n), c)| ((jump.moved(at), n), c)).collect();
        self.ledger.jump(jump);
        self.waits.jump(jump);
        self.disk.values_mut().for_each(|kept| kept.warned_to = kept.warned_to.max(to));
        self.handle(Event::ClockJumped(jump));
    }

    fn later(&mut self, after: Duration, coming: Coming) {
        self.serial += 1;
        self.coming.insert((self.now + after, self.serial), coming);
    }

    /// Runs until nothing waits and nothing is to come, or the bound of steps: then the world is stuck.
    pub fn run(&mut self) {
        for _ in 0..200_000 {
            if self.coming.is_empty() && self.ledger.waiting() == 0 {
                return;
            }
            self.step();
        }
        panic!("after 200,000 steps {} recipients still wait", self.ledger.waiting());
    }

    /// One step of a world in which mail may outlive its time.
    pub fn step_patiently(&mut self) {
        self.patient = true;
        self.step();
    }

    /// One step: the earliest of what is to come and the engine's own wake-up.
    pub fn step(&mut self) {
        let next = self.coming.first_key_value().map(|((at, _), _)| *at);
        let wake = self.engine.next_wakeup();
        match (next, wake) {
            (Some(at), wake) if wake.is_none_or(|wake| at <= wake) => {
                let (_, coming) = self.coming.pop_first().expect("it was just seen");
                self.now = self.now.max(at);
                self.happen(coming);
            }
            (_, Some(wake)) => {
                self.now = self.now.max(wake);
                self.handle(Event::Woke);
            }
            (_, None) => panic!("{} recipients wait and nothing is to come", self.ledger.waiting()),
        }
        self.check();
    }

    fn happen(&mut self, coming: Coming) {
        match coming {
            Coming::Event(event) => {
                if let Event::Attempted { session, .. } = &event {
                    self.carried.remove(session);
                }
                self.handle(event);
            }
            Coming::Crash => self.crash(),
            Coming::Jump(hours) => self.jump(hours),
            Coming::Reload => {
                let (window, minutes) = (1 + self.random.below(10) as u32, 1 + self.random.below(30));
                self.reload(|settings| {
                    settings.window_max = window;
                    // The longest wait stays: a start trusts no timer beyond it.
                    settings.retry_steps[0] = Duration::from_secs(60 * minutes);
                });
            }
            Coming::Suspend => {
                let (scope, minutes) = (self.some_scope(), 1 + self.random.below(600));
                self.suspend(scope, Duration::from_secs(60 * minutes));
            }
            Coming::Reset => {
                self.handle(Event::ResetCounters { action: ActionId(1) });
                self.given = self.disk.values().map(|kept| kept.waiting.len() as u64).sum();
                self.books.save(&mut self.engine, self.now, 0);
            }
            Coming::Resume => {
                let scope = self.some_scope();
                self.resume(scope);
            }
            Coming::Retry => {
                self.forced = true;
                self.retry();
            }
            Coming::UndoRetry(action) => {
                self.handle(Event::UndoRetry { action });
                while self.engine.progress(action).is_some_and(|progress| progress.undoing) {
                    self.handle(Event::UndoRetry { action });
                }
            }
            Coming::Arrival => {
                if self.arrivals_left > 0 {
                    self.arrivals_left -= 1;
                    self.arrive();
                    let gap = Duration::from_millis(self.random.below(120_000));
                    self.later(gap, Coming::Arrival);
                }
            }
        }
    }

    /// One host, or all of them.
    fn some_scope(&mut self) -> HostScope {
        let place = self.random.below(self.characters.len() as u64 + 1) as usize;
        self.characters.keys().nth(place).cloned().map_or(HostScope::All, HostScope::Host)
    }

    /// An operator retries something in some way, and may think better of it.
    fn retry(&mut self) {
        let action = ActionId(100 + self.random.below(1 << 40));
        let canary = self.random.below(2) == 0;
        let scope = match (self.random.below(3), self.some_scope()) {
            (0, _) => {
                let pick = Pick { message: self.disk.keys().next().copied(), ..Pick::default() };
                RetryScope::Legs(self.engine.pick(self.now, &pick, None).legs)
            }
            (1, _) => RetryScope::Legs(self.engine.pick(self.now, &Pick::default(), None).legs),
            (_, HostScope::All) => RetryScope::All,
            (_, HostScope::Host(host)) => RetryScope::Hosts(vec![host]),
        };
        self.handle(Event::Retry { action, scope, canary });
        if self.random.below(2) == 0 {
            let after = Duration::from_millis(self.random.below(60_000));
            self.later(after, Coming::UndoRetry(action));
        }
    }

    /// An operator suspends delivery for so long.
    pub fn suspend(&mut self, scope: HostScope, span: Duration) {
        let suspension = self.holds.suspend(self.now, scope.clone(), span);
        self.ledger.held_until = self.ledger.held_until.max(self.holds.last_end());
        self.handle(Event::Suspend { action: Some(ActionId(1)), scope, suspension });
    }

    /// An operator resumes it.
    pub fn resume(&mut self, scope: HostScope) {
        self.holds.resume(&scope);
        self.handle(Event::Resume { action: ActionId(1), scope });
    }

    fn arrive(&mut self) {
        let names: Vec<Domain> = self.characters.keys().cloned().collect();
        let most = if self.random.below(10) == 0 { 130 } else { 4 };
        let count = 1 + self.random.below(most);
        let recipients = (0..count).map(|n| {
            let name = &names[self.random.below(names.len() as u64) as usize];
            format!("r{n}@{name}").parse().expect("an address")
        });
        let recipients = recipients.collect();
        self.send(recipients);
    }

    /// Accepts a message now.
    pub fn send(&mut self, recipients: Vec<Address>) -> MessageId {
        let mid = MessageId(self.next_mid);
        self.next_mid += 1;
        let from = (self.random.below(5) > 0).then(|| "sender@lab.test".parse().expect("an address"));
        let dsn = self.asked(recipients.len());
        let lifetime = if from.is_some() { self.settings.lifetime } else { self.settings.lifetime_null_sender };
        let envelope = Envelope {
            mid,
            from,
            recipients,
            size_bytes: 4_096,
            received_at: self.now,
            eight_bit: false,
            smtputf8: false,
            dsn,
        };
        let envelope = Arc::new(envelope);
        self.reports.accept(envelope.clone());
        let ends_by = self.now + lifetime + GRACE;
        let rids = (0..envelope.recipients.len() as u32).map(RecipientId);
        rids.clone().for_each(|rid| self.ledger.accept(mid, rid, self.now, ends_by));
        let waiting = rids.map(|rid| (rid, (0, None, false))).collect();
        self.disk.insert(mid, OnDisk { envelope: envelope.clone(), waiting, warned_to: self.now });
        self.given += envelope.recipients.len() as u64;
        self.handle(Event::Accepted(envelope));
        mid
    }

    /// Half of all senders ask something about reports, each recipient by itself.
    fn asked(&mut self, recipients: usize) -> Dsn {
        let mut chance = || self.random.below(2) == 0;
        if chance() {
            return Dsn::default();
        }
        let recipient = |_| RecipientDsn {
            notify: chance().then(|| Notify { success: chance(), failure: chance(), delay: chance() }),
            original: None,
        };
        Dsn { recipients: (0..recipients).map(recipient).collect(), ..Dsn::default() }
    }

    /// Hands an event to the engine and carries out what it wants.
    pub fn handle(&mut self, event: Event) {
        self.holds.pass(self.now);
        let mut out = Output::default();
        if !matches!(event, Event::ClockJumped(_)) {
            self.waits.before(&self.engine, self.now); // before a jump it was done by the old clock
        }
        let known = match &event {
            Event::Accepted(envelope) => Some(envelope.mid),
            Event::Recovered(recovered) => Some(recovered.envelope.mid),
            _ => None,
        };
        known.into_iter().for_each(|mid| self.waits.know(mid, self.now));
        self.engine.handle(self.now, event, &mut out);
        self.waits.after(&self.engine);
        self.reports.check(&out);
        for fact in out.facts {
            self.told(&fact);
        }
        for effect in out.effects {
            self.act(effect);
        }
        self.forced = false;
        self.late();
    }

    /// Whoever became late since the last look and still waits has been warned about, and nobody else.
    fn late(&mut self) {
        let mut late = BTreeSet::new();
        let now = self.now;
        for OnDisk { envelope, waiting, warned_to } in self.disk.values_mut() {
            let before = std::mem::replace(warned_to, now.max(*warned_to));
            let became_late =
                |age: &Duration| (before + Duration::from_millis(1)..=now).contains(&(envelope.received_at + *age));
            if envelope.from.is_some() && self.settings.warn.iter().any(became_late) {
                let asked = waiting.keys().filter(|rid| envelope.dsn.notify(rid.0 as usize).delay);
                late.extend(asked.map(|rid| (envelope.mid, *rid)));
            }
        }
        assert_eq!(self.reports.take_delayed(), late, "who is late and whose sender was warned differ");
    }

    fn told(&mut self, fact: &Fact) {
        self.facts.push(format!("{} {fact:?}", self.now));
        match fact {
            Fact::Delivered { .. } => {} // counted when the peer took it, in `act`
            Fact::Deferred { mid, rid, next_attempt_at, .. } => self.ledger.defer(*mid, *rid, *next_attempt_at),
            Fact::Bounced { mid, rid, .. } => self.ledger.bounce(*mid, *rid),
            Fact::Retried { .. } => self.ledger_forgets_timers(),
            _ => {}
        }
    }

    /// After an operator's retry every timer of the ledger is void.
    fn ledger_forgets_timers(&mut self) {
        let waiting: Vec<(MessageId, RecipientId)> =
            self.disk.iter().flat_map(|(mid, kept)| kept.waiting.keys().map(|rid| (*mid, *rid))).collect();
        waiting.into_iter().for_each(|(mid, rid)| self.ledger.defer(mid, rid, self.now));
    }

    fn act(&mut self, effect: Effect) {
        let starts = match &effect {
            Effect::Resolve { host } | Effect::Connect { host, .. } => Some(host),
            Effect::Deliver { order, .. } => Some(&order.host),
            Effect::Close { .. } | Effect::Settle(_) | Effect::Report(_) => None,
        };
        assert!(!starts.is_some_and(|host| self.holds.hold(host, self.now)), "{effect:?} although it is suspended");
        match effect {
            Effect::Resolve { host } => {
                let answer = self.characters[&host].resolves(&mut self.random).map(|()| self.answer(&host));
                let delay = Duration::from_millis(self.random.below(50));
                self.later(delay, Coming::Event(Event::Resolved { host, answer }));
            }
            Effect::Connect { session, host, hop, .. } => {
                let row = self.engine.hosts().find(|row| row.host == host).expect("a record");
                assert!(row.pending <= row.connections_max, "more connections than its window: {row:?}");
                let lame = self.characters[&host] == Character::Lame && hop.preference == 10;
                let character = if lame { Character::Down } else { self.characters[&host] };
                let (delay, result) = character.greets(self.now, &mut self.random);
                let event = match result {
                    Ok(()) => {
                        let peer = Peer { reports: self.random.below(2) == 0, tls: None };
                        if peer.reports {
                            self.reports.they_report.insert(session);
                        }
                        Event::SessionReady { session, peer }
                    }
                    Err(failure) => Event::SessionFailed { session, failure },
                };
                self.later(delay, Coming::Event(event));
            }
            Effect::Deliver { session, order } => self.transact(session, order),
            Effect::Close { session } => self.hang_up(session),
            Effect::Settle(settlement) => self.settle(settlement),
            Effect::Report(report) => report.settlement.into_iter().for_each(|settlement| self.settle(settlement)),
        }
    }

    /// A session that is ready says goodbye; one that is not fails, for we gave it up.
    fn hang_up(&mut self, session: SessionId) {
        let is_its = |coming: &Coming| match coming {
            Coming::Event(Event::SessionReady { session: its, .. } | Event::SessionFailed { session: its, .. }) => {
                *its == session
            }
            _ => false,
        };
        let dialled = self.coming.iter().find(|(_, coming)| is_its(coming)).map(|(at, _)| *at);
        let event = if dialled.is_some_and(|at| self.coming.remove(&at).is_some()) {
            let trouble = Trouble::Ours("the session was closed before it was ready".into());
            let failure = Failure { stage: Stage::Greeting, trouble, elapsed: Duration::from_secs(30) };
            Event::SessionFailed { session, failure }
        } else {
            Event::SessionClosed { session }
        };
        self.later(Duration::from_millis(1), Coming::Event(event));
    }

    /// What the spool would write down.
    fn settle(&mut self, settlement: Settlement) {
        let Some(kept) = self.disk.get_mut(&settlement.mid) else { return };
        for (rid, how) in settlement.recipients {
            match how {
                Settled::Deferred { attempts, next_attempt_at, braked } => {
                    kept.waiting.insert(rid, (attempts, Some(next_attempt_at), braked));
                }
                _ => drop(kept.waiting.remove(&rid)),
            }
        }
        assert_eq!(
            kept.waiting.is_empty(),
            settlement.message_done,
            "{}: done is said too early or too late",
            settlement.mid
        );
        if settlement.message_done {
            self.disk.remove(&settlement.mid);
        }
    }

    fn transact(&mut self, session: SessionId, order: Order) {
        for rid in &order.rids {
            self.ledger.attempt(order.envelope.mid, *rid, self.now, self.forced);
        }
        assert!(order.rids.len() <= self.settings.transaction_recipients_max, "too many recipients in one transaction");
        self.begun.push((self.now, order.host.clone(), order.rids.len()));
        let character = self.characters[&order.host];
        let kept = &self.disk[&order.envelope.mid];
        let first_attempt =
            order.rids.iter().all(|rid| kept.waiting.get(rid).is_some_and(|(attempts, ..)| *attempts == 0));
        let (delay, outcomes, reusable) = character.takes(order.rids.len(), first_attempt, &mut self.random);
        let mid = order.envelope.mid;
        for (rid, outcome) in order.rids.iter().zip(&outcomes) {
            if matches!(outcome, Outcome::Delivered(_)) {
                self.ledger.deliver(mid, *rid);
            }
        }
        assert!(self.carried.insert(session, order).is_none(), "{session} was given a second order");
        self.later(delay, Coming::Event(Event::Attempted { session, mid, outcomes, reusable }));
    }

    fn answer(&mut self, host: &Domain) -> Answer {
        let number = self.characters.keys().position(|name| name == host).unwrap_or(0) as u8;
        let number = if self.shared_address { 0 } else { number };
        let (owner, number, addresses) =
            if self.shared_provider { ("provider.test", 0, 4) } else { (host.as_str(), number, 1) };
        let exchanger = |preference: u16, last: u8| ExchangerAnswer {
            preference,
            name: format!("mx{preference}.{owner}").into(),
            named_by: NamedBy::Dns,
            addresses: (0..addresses).map(|n| ([127, 1, number, last + 2 * n], 25).into()).collect(),
        };
        Answer {
            kind: RouteKind::Mx,
            exchangers: vec![exchanger(10, 1), exchanger(20, 2)],
            ttl: Duration::from_secs(600),
            mx_ttl: Some(Duration::from_secs(600)),
        }
    }

    /// The process ends; what had begun and was not written down may be delivered twice.
    pub fn crash(&mut self) {
        for order in std::mem::take(&mut self.carried).into_values() {
            let mid = order.envelope.mid;
            self.ledger.possibly_twice.extend(order.rids.iter().map(|rid| (mid, *rid)));
        }
        self.coming.retain(|_, coming| !matches!(coming, Coming::Event(_)));
        self.rows.clear();
        self.disk.values_mut().for_each(|kept| kept.warned_to = self.now);
        self.reports.they_report.clear();
        self.window_before = 0;
        self.engine = Engine::new(self.now, self.settings.clone(), self.random.next_u64());
        self.waits.crash();
        for (scope, suspension) in self.holds.on_disk() {
            self.handle(Event::Suspend { action: None, scope, suspension });
        }
        let kept: Vec<OnDisk> = self.disk.values().cloned().collect();
        let counted = self.books.restore(&mut self.engine);
        let waiting: u64 = kept.iter().map(|kept| kept.waiting.len() as u64).sum();
        self.given = waiting + counted.completed_recipients;
        for OnDisk { envelope, waiting, .. } in kept {
            // A start trusts no timer that is longer than we set any: the clock was set back after it was written down.
            let latest = |braked| self.now + if braked { self.settings.brake.bounce_pause } else { LONGEST_WAIT };
            let due = |at: Option<Timestamp>, braked| at.unwrap_or(self.now).min(latest(braked));
            waiting.iter().for_each(|(rid, (_, at, braked))| self.ledger.defer(envelope.mid, *rid, due(*at, *braked)));
            let waiting = waiting.into_iter().map(|(rid, (attempts, next_attempt_at, braked))| RecoveredRecipient {
                rid,
                attempts,
                next_attempt_at,
                braked,
            });
            self.handle(Event::Recovered(Recovered { envelope, waiting: waiting.collect() }));
        }
    }

    /// The invariants of every step.
    fn check(&mut self) {
        let carried: usize = self.carried.values().map(|order| order.rids.len()).sum();
        let in_hand: usize = self.engine.in_hand().iter().map(|hand| hand.rids.len()).sum();
        assert_eq!(carried, in_hand, "what sessions carry and what the engine thinks they carry differ");
        self.engine.assert_consistent();
        if !self.patient {
            self.ledger.nobody_is_overdue(self.now);
        }
        self.rows_agree();
        let mut total = self.engine.ended_counters();
        self.engine.hosts().for_each(|row| total.add(&row.counters));
        assert_eq!(self.engine.counts().total.counters, total, "the total is the sum over hosts");
        if self.random.below(16) == 0 {
            let most = self.random.below(4) as usize;
            self.books.save(&mut self.engine, self.now, most);
        }
        let on_disk: u64 = self.disk.values().map(|kept| kept.waiting.len() as u64).sum();
        let active: u64 = self.engine.hosts().map(|row| row.active()).sum();
        let completed: u64 = self.engine.hosts().map(|row| row.counters.completed_recipients).sum();
        let ended = self.engine.ended_counters().completed_recipients;
        assert_eq!(self.given, active + completed + ended, "accepted = active + completed, ended records too");
        assert_eq!(on_disk, active, "what is on disk and what is in the queue differ");
    }

    /// The rows rebuilt from what was published equal the engine's own.
    fn rows_agree(&mut self) {
        let (changed, gone) = self.engine.take_changes(self.now);
        gone.iter().for_each(|name| drop(self.rows.remove(name)));
        self.rows.extend(changed.into_iter().map(|row| (row.host.clone(), row)));
        for row in self.engine.hosts() {
            let waits = row.active() - row.causes[WaitCause::Sending];
            let suspended = if self.holds.hold(&row.host, self.now) { waits } else { 0 };
            assert_eq!(row.causes[WaitCause::Suspended], suspended, "what is suspended of {}", row.host);
            assert_eq!(self.rows.get(&row.host), Some(&row), "the published row of {} is not the engine's", row.host);
            // Sessions that idle or say goodbye are left out: what works for a host is what its limit is about.
            let busy = self.carried.values().filter(|order| order.host == row.host).count() as u32;
            let most = self.settings.window_max.max(self.window_before);
            assert!(busy + row.pending <= most, "{} is pressed: {row:?}", row.host);
        }
    }
}
