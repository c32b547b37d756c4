//! The driver owns the engine: the only caller of `handle`, the only place that reads the engine's clock.
//!
//! It never waits for disk, DNS, a socket or a lock: it drains what happened, reads the clock once, lets the engine
//! decide, and hands effects and facts on. The walk comes from `spool` and goes on to `resolve`, `deliver` and `report`.

pub mod desk;
mod jump;
mod ledger;
mod rooms;

pub use rooms::Rooms;

use crate::clock::Clock;
use crate::spool::{Notes, SpoolError};
use common::vocab::{Guard, SessionId, Timestamp};
use desk::{Changes, Question};
use engine::envelope::{Envelope, Recovered};
use engine::{Engine, Event, Output, RetryScope};
use jump::JumpWatch;
use ledger::Ledger;
use std::collections::HashMap;
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::{mpsc, watch};
use tokio::time::{Instant, sleep_until};

/// Events taken up before effects are handed on: bounds how long one turn takes.
const TURN_EVENTS_MAX: usize = 1_024;
/// How often changed rows are published: four times a second is as much as a person can read.
const PUBLISH_EVERY: Duration = Duration::from_millis(250);
/// While a start still reads, so many times less often: a batch of what waits from before touches as many hosts as it
/// has messages, and their rows would cost more than the mail.
const COUNTING_BEATS: u64 = 8;
/// How long a stop waits for what is in hand.
const STOP_PATIENCE: Duration = Duration::from_secs(8);

/// What the driver is given at the start.
pub struct Inlets {
    /// What the rooms report.
    pub events: mpsc::UnboundedReceiver<Event>,
    /// What waits from before the start.
    pub backlog: mpsc::Receiver<Vec<Recovered>>,
    /// What the spool keeps.
    pub kept: mpsc::Receiver<Vec<Arc<Envelope>>>,
    /// What doors ask.
    pub questions: mpsc::Receiver<Question>,
    /// True: finish what is in hand and end.
    pub stop: watch::Receiver<bool>,
}

/// See the head of this file.
pub struct Driver {
    engine: Engine,
    clock: Clock,
    jumps: JumpWatch,
    rooms: Rooms,
    sessions: HashMap<SessionId, crate::deliver::SessionHandle>,
    changes: mpsc::Sender<Changes>,
    ledger: Ledger,
    /// All that waits from before the start is in the engine.
    complete: bool,
    beats: u64,
    unpublished: bool,
}

impl Driver {
    /// A driver around an engine that knows nothing yet.
    pub fn new(engine: Engine, clock: Clock, rooms: Rooms, changes: mpsc::Sender<Changes>) -> Driver {
        Driver {
            engine,
            clock,
            jumps: JumpWatch::new(clock.now(), Instant::now()),
            rooms,
            sessions: HashMap::new(),
            changes,
            ledger: Ledger::new(Instant::now()),
            complete: false,
            beats: 0,
            unpublished: true,
        }
    }

    /// Runs until the stop signal; what is in hand then gets a few seconds to end.
    pub async fn run(mut self, notes: Notes, mut inlets: Inlets) {
        self.engine.restore_counters(notes.counts);
        let found = |(scope, suspension)| Event::Suspend { action: None, scope, suspension };
        self.turn(notes.suspensions.into_iter().map(found)); // before anything could be started
        let mut events = Vec::with_capacity(TURN_EVENTS_MAX);
        let mut publish = tokio::time::interval(PUBLISH_EVERY);
        loop {
            let wake = self.wake_in();
            tokio::select! {
                count = inlets.events.recv_many(&mut events, TURN_EVENTS_MAX) => {
                    if count == 0 { break }
                    self.turn(events.drain(..));
                }
                Some(batch) = inlets.kept.recv() => self.keep(batch),
                // In turn with all the others: neither fresh mail nor the queue from before waits for the other.
                batch = inlets.backlog.recv(), if !self.complete => self.recover(batch),
                Some(question) = inlets.questions.recv() => self.answer(question),
                () = sleep_until(wake) => self.turn([Event::Woke]),
                _ = publish.tick() => self.beat(),
                _ = inlets.stop.wait_for(|stop| *stop) => break,
            }
        }
        // What is kept from here on is found at the next start; nothing may wait for us to hear of it.
        drop((inlets.kept, inlets.backlog));
        self.wind_down(&mut inlets.events).await;
    }

    fn wake_in(&self) -> Instant {
        let now = self.clock.now();
        let wait = self.engine.next_wakeup().map_or(Duration::from_secs(3600), |at| at.since(now));
        Instant::now() + wait.min(Duration::from_secs(3600))
    }

    /// One turn: the clock once, every event, then the effects in order.
    fn turn(&mut self, events: impl IntoIterator<Item = Event>) {
        let now: Timestamp = self.clock.now();
        let mut out = Output::default();
        if let Some(jump) = self.jumps.look(now, Instant::now()) {
            self.engine.handle(now, Event::ClockJumped(jump), &mut out);
        }
        for event in events {
            match &event {
                Event::SessionFailed { session, .. }
                | Event::SessionClosed { session }
                | Event::Attempted { session, reusable: false, .. } => drop(self.sessions.remove(session)),
                _ => {}
            }
            self.engine.handle(now, event, &mut out);
        }
        self.unpublished = true;
        out.facts.iter().for_each(crate::record::log::tell);
        self.rooms.carry_out(out.effects, &mut self.sessions);
    }

    fn keep(&mut self, batch: Vec<Arc<Envelope>>) {
        self.turn(batch.into_iter().map(Event::Accepted));
    }

    /// Takes in what waits from before; when there is no more, the house hears of it at once.
    fn recover(&mut self, batch: Option<Vec<Recovered>>) {
        self.complete = batch.is_none();
        self.turn(batch.into_iter().flatten().map(Event::Recovered));
        if self.complete {
            self.publish();
        }
    }

    fn answer(&mut self, question: Question) {
        let now = self.clock.now();
        // An asker that has gone does not want its answer any more.
        match question {
            Question::PreviewRetry { scope, answer } => drop(answer.send(self.engine.preview_retry(now, &scope))),
            Question::PreviewSuspend { scope, answer } => drop(answer.send(self.engine.preview_suspend(&scope))),
            Question::PreviewResume { scope, answer } => drop(answer.send(self.engine.preview_resume(&scope))),
            Question::ResetCounters { action, answer } => {
                self.turn([Event::ResetCounters { action }]);
                let written = Ledger::write_bases(now, &mut self.engine, &*self.rooms.spool);
                tokio::spawn(async move {
                    let written = written.await.unwrap_or(Err(SpoolError::Stopped));
                    let _ = answer.send(written);
                });
            }
            Question::Suspend { action, scope, suspension, answer } => {
                self.turn([Event::Suspend { action: Some(action), scope, suspension }]);
                let _ = answer.send(());
            }
            Question::Resume { action, scope, answer } => {
                self.turn([Event::Resume { action, scope }]);
                let _ = answer.send(());
            }
            Question::Host { host, answer } => drop(answer.send(self.engine.host_detail(&host).map(Box::new))),
            Question::Search { search, answer } => drop(answer.send(self.engine.search(now, &search))),
            Question::Message { mid, answer } => drop(answer.send(self.engine.message(now, mid).map(Box::new))),
            Question::Retry { action, scope, canary, answer } => {
                let view = self.engine.preview_retry(now, &scope);
                self.turn([Event::Retry { action, scope, canary }]);
                drop(answer.send(view));
            }
            Question::Pick { pick, after, retry, answer } => {
                let picked = self.engine.pick(now, &pick, after);
                if let Some((action, canary)) = retry {
                    self.turn([Event::Retry { action, scope: RetryScope::Legs(picked.legs.clone()), canary }]);
                }
                drop(answer.send(picked));
            }
            Question::Progress { action, undo, answer } => {
                if undo {
                    self.turn([Event::UndoRetry { action }]);
                }
                drop(answer.send(self.engine.progress(action)));
            }
        }
    }

    /// Four times a second: a jump of the clock is noticed although nothing happens, and what changed is shown.
    fn beat(&mut self) {
        if self.jumps.sees_one(self.clock.now(), Instant::now()) {
            self.turn([Event::Woke]);
        }
        self.ledger.beat(Instant::now(), self.clock.now(), &mut self.engine, &*self.rooms.spool);
        self.beats += 1;
        if self.complete || self.beats.is_multiple_of(COUNTING_BEATS) {
            self.publish();
        }
    }

    /// Hands changed rows to the feed; if it is still busy with the last ones, they wait for the next beat.
    fn publish(&mut self) {
        if !self.unpublished {
            return;
        }
        let Ok(place) = self.changes.try_reserve() else { return };
        let as_of = self.clock.now();
        let (changed, gone) = self.engine.take_changes(as_of);
        place.send(Changes {
            as_of,
            counters_since: self.engine.counters_since(),
            changed,
            gone,
            ended: self.engine.ended_counters(),
            counts: self.engine.counts(),
            alerts: self.engine.alerts(),
            complete: self.complete,
        });
        self.unpublished = false;
    }

    /// Starts nothing new, waits for what sessions carry, then closes them.
    async fn wind_down(mut self, events: &mut mpsc::UnboundedReceiver<Event>) {
        self.turn([Event::Guard(Some(Guard::Stopping))]);
        let deadline = Instant::now() + STOP_PATIENCE;
        while !self.engine.in_hand().is_empty() {
            tokio::select! {
                Some(event) = events.recv() => self.turn([event]),
                () = sleep_until(deadline) => break,
            }
        }
        self.sessions.values().for_each(crate::deliver::SessionHandle::close);
        self.publish();
        self.ledger.close(self.clock.now(), &mut self.engine, &*self.rooms.spool).await;
    }
}
