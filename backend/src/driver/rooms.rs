//! What the driver hands effects to: the rooms, each by its own handle. Nothing here waits.

use crate::deliver::{EventSender, HopGuard, SessionHandle, SessionSettings, open};
use crate::resolve::Resolver;
use crate::spool::Spool;
use common::vocab::SessionId;
use engine::{Effect, Event};
use std::collections::HashMap;
use std::sync::Arc;

/// The rooms that carry out what the engine wants.
pub struct Rooms {
    /// Keeps and settles.
    pub spool: Arc<dyn Spool>,
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
                Effect::Resolve { host } => {
                    let (resolver, events) = (self.resolver.clone(), self.events.clone());
                    tokio::spawn(async move {
                        let answer = resolver.resolve(&host).await;
                        // Without a driver nobody waits for the answer.
                        drop(events.send(Event::Resolved { host, answer }));
                    });
                }
                Effect::Connect { session, hop, .. } => {
                    let (settings, spool) = (self.session.clone(), self.spool.clone());
                    let handle = open(session, hop, settings, spool, self.events.clone(), self.guard.clone());
                    sessions.insert(session, handle);
                }
                Effect::Deliver { session, order } => {
                    if let Some(handle) = sessions.get(&session) {
                        handle.deliver(order);
                    }
                }
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
}
