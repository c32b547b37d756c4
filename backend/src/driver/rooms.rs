//! What the driver hands effects to: the rooms, each by its own handle. Nothing here waits.

use crate::deliver::{EventSender, HopGuard, SessionHandle, SessionSettings, open};
use crate::report::Reports;
use crate::resolve::Resolver;
use crate::spool::Spool;
use common::vocab::SessionId;
use engine::envelope::Order;
use engine::failure::{Failure, Outcome, Stage, Trouble};
use engine::{Effect, Event};
use std::collections::HashMap;
use std::sync::Arc;
use std::time::Duration;

/// The rooms that carry out what the engine wants.
pub struct Rooms {
    /// Keeps and settles.
    pub spool: Arc<dyn Spool>,
    /// Tells senders.
    pub reports: Reports,
    /// Finds next hops.
    pub resolver: Arc<Resolver>,
    /// Deadlines and the name we greet with.
    pub session: Arc<SessionSettings>,
    /// Judges an address right before it is dialled.
    pub guard: HopGuard,
    /// Where rooms report.
    pub events: EventSender,
}

impl Rooms {
    /// Hands every effect to its room; settlements go together.
    pub fn carry_out(&self, effects: Vec<Effect>, sessions: &mut HashMap<SessionId, SessionHandle>) {
        let mut settlements = Vec::new();
        for effect in effects {
            match effect {
                Effect::Settle(settlement) => settlements.push(settlement),
                Effect::Report(report) => self.reports.write(report),
                Effect::Resolve { host } => {
                    let (resolver, events) = (self.resolver.clone(), self.events.clone());
                    tokio::spawn(async move {
                        let answer = resolver.resolve(&host).await;
                        // Without a driver nobody waits for the answer.
                        drop(events.send(Event::Resolved { host, answer }));
                    });
                }
                Effect::Connect { session, hop, tls, .. } => {
                    let (settings, spool) = (self.session.clone(), self.spool.clone());
                    let handle = open(session, hop, tls, settings, spool, self.events.clone(), self.guard.clone());
                    sessions.insert(session, handle);
                }
                Effect::Deliver { session, order } => match sessions.get(&session) {
                    Some(handle) => handle.deliver(order),
                    None => self.not_carried(session, &order),
                },
                Effect::Close { session } => {
                    if let Some(handle) = sessions.get(&session) {
                        handle.close();
                    }
                }
            }
        }
        if !settlements.is_empty() {
            self.spool.settle(settlements);
        }
    }

    /// The session left in the very turn in which it was given an order: the order is answered all the same.
    fn not_carried(&self, session: SessionId, order: &Order) {
        let failure = Failure { stage: Stage::MailFrom, trouble: Trouble::Dropped, elapsed: Duration::ZERO };
        let outcomes = vec![Outcome::Failed(failure); order.rids.len()];
        let answer = Event::Attempted { session, mid: order.envelope.mid, outcomes, reusable: false };
        drop(self.events.send(answer));
    }
}
