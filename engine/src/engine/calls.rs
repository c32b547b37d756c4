//! What becomes of a retry: delivered, deferred or given up, added up over its hosts; over, followed up, taken back.
//!
//! A retry is over at a host when all that it covers was tried, or when the host could not be reached, asked us to slow
//! down or was suspended: what is left then waits for that. Promises: each recipient counts once for each retry that
//! covers it, and the sums add up (`Engine::assert_consistent`). Bounded: so many retries, so many at one host.

use super::Engine;
use crate::host::{Call, Host, Part};
use crate::host_id::HostId;
use crate::queue::{LegKey, Word};
use crate::view::{Heard, RetryProgress};
use common::vocab::{ActionId, Timestamp};
use std::collections::BTreeSet;

/// Retries whose progress is known: as many as the doors keep receipts.
const TALLIES_MAX: usize = 1_000;
/// Retries of one host that are followed at once; the oldest gives way. Whoever asks again sooner than the host answers
/// asks for the same thing.
const CALLS_MAX: usize = 8;
/// What is kept of refused canaries.
const HEARD_MAX: usize = 10;
/// Legs that are put back in one event: about a millisecond.
const UNDO_LEGS: usize = 500;

/// One retry over all hosts.
#[derive(Debug, Default)]
pub(super) struct Tally {
    sums: RetryProgress,
    open: BTreeSet<HostId>,
    /// Hosts where it is still to be taken back; `None` while nobody asked for that.
    undo: Option<BTreeSet<HostId>>,
}

/// What an attempt, or an end without one, came to for the recipients of a leg.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct CameTo {
    pub(super) delivered: u64,
    pub(super) deferred: u64,
    pub(super) failed: u64,
}

impl Engine {
    /// What a retry has come to; nothing if it is unknown or long over.
    pub fn progress(&self, action: ActionId) -> Option<RetryProgress> {
        let tally = self.tallies.get(&action)?;
        let undoing = tally.undo.as_ref().is_some_and(|hosts| !hosts.is_empty());
        Some(RetryProgress { open: tally.open.len() as u64, undoing, ..tally.sums.clone() })
    }

    pub(super) fn open_tally(&mut self, action: ActionId) {
        self.tallies.entry(action).or_default();
        while self.tallies.len() > TALLIES_MAX {
            self.tallies.pop_first();
        }
    }

    pub(super) fn tally_more(&mut self, action: ActionId, recipients: u64) {
        if let Some(tally) = self.tallies.get_mut(&action) {
            tally.sums.total += recipients;
        }
    }

    pub(super) fn tally_less(&mut self, action: ActionId, recipients: u64) {
        if let Some(tally) = self.tallies.get_mut(&action) {
            tally.sums.total -= recipients;
        }
    }

    /// A retry begins at a host. A suspended one does not go on: it is counted and over.
    pub(super) fn open_call(&mut self, id: HostId, call: Call) {
        self.tally_more(call.action, call.left + call.expected);
        let host = self.host_mut(id);
        if host.suspended.is_some() || call.left == 0 {
            return self.close_tally(id, call.action);
        }
        // A later slice of the same retry adds to its call.
        if let Some(open) = host.calls.iter_mut().find(|open| open.action == call.action)
            && let (Part::Legs(known), Part::Legs(legs)) = (&mut open.part, &call.part)
        {
            known.extend(legs);
            open.left += call.left;
            return;
        }
        let (action, oldest) = (call.action, (host.calls.len() >= CALLS_MAX).then(|| host.calls.remove(0)));
        host.calls.push(call);
        oldest.into_iter().for_each(|oldest| self.close_tally(id, oldest.action));
        if let Some(tally) = self.tallies.get_mut(&action) {
            tally.open.insert(id);
        }
    }

    fn close_tally(&mut self, id: HostId, action: ActionId) {
        if self.host(id).calls.iter().any(|call| call.action == action) {
            return;
        }
        if let Some(tally) = self.tallies.get_mut(&action) {
            tally.open.remove(&id);
            tally.undo.as_mut().map(|hosts| hosts.remove(&id));
        }
    }

    /// A leg that is in the books came to this: every retry that covers it counts it. `word` is what a canary heard.
    pub(super) fn credit(&mut self, id: HostId, key: LegKey, came_to: CameTo, word: Option<&Word>) {
        if self.host(id).calls.is_empty() {
            return;
        }
        let host = self.host_mut(id);
        let Some(leg) = host.legs.get(&key) else { return };
        let recipients = leg.recipients();
        let mut followed = Vec::new();
        for call in host.calls.iter_mut().filter(|call| call.covers(key, leg)) {
            call.left -= recipients;
            if let Part::Legs(legs) = &mut call.part {
                legs.remove(&key);
            }
            followed.push((call.action, call.then.is_some()));
        }
        for (action, canary) in followed {
            if let Some(tally) = self.tallies.get_mut(&action) {
                tally.sums.delivered += came_to.delivered;
                tally.sums.deferred += came_to.deferred;
                tally.sums.failed += came_to.failed;
            }
            if canary {
                self.canary_came_home(id, action, came_to.delivered > 0, word);
            }
        }
    }

    fn canary_came_home(&mut self, id: HostId, action: ActionId, accepted: bool, word: Option<&Word>) {
        let calls = &mut self.host_mut(id).calls;
        let Some(place) = calls.iter().position(|call| call.action == action) else { return };
        let call = calls.remove(place);
        if accepted {
            // The leg itself is still in the books and about to leave them: what follows is opened once it has.
            self.canaries_home.push((id, call));
        } else {
            self.heard(id, action, word);
            self.close_tally(id, action);
        }
    }

    fn heard(&mut self, id: HostId, action: ActionId, word: Option<&Word>) {
        let host = self.host(id);
        let said = match word {
            Some(word) => Some((word.code, word.reply.clone())),
            None => host.evidence.as_ref().map(|evidence| (evidence.code, evidence.reply.clone())),
        };
        let heard = said.map(|(code, reply)| Heard { host: host.name.clone(), code, reply });
        let Some(tally) = self.tallies.get_mut(&action) else { return };
        tally.sums.refused_canaries += 1;
        let room = HEARD_MAX - tally.sums.heard.len();
        tally.sums.heard.extend(heard.into_iter().take(room));
    }

    /// What follows canaries that were accepted begins; what has nothing left is over. At the end of every event.
    pub(super) fn tend_calls(&mut self, now: Timestamp, out: &mut crate::Output) {
        while let Some((id, call)) = self.canaries_home.pop() {
            let action = call.action;
            self.follow_canary(now, id, call, out);
            self.close_tally(id, action);
            self.start(now, id, out);
        }
        let over = |host: &Host| host.calls.iter().any(|call| call.left == 0);
        let touched: BTreeSet<HostId> = self.touched.iter().copied().collect();
        for id in touched {
            if !self.hosts[id.0 as usize].as_ref().is_some_and(over) {
                continue;
            }
            let ended: Vec<Call> = self.host_mut(id).calls.extract_if(.., |call| call.left == 0).collect();
            ended.into_iter().for_each(|call| self.close_tally(id, call.action));
        }
    }

    /// Nothing more is tried at a host for now: every retry is over there, and what it left waits.
    pub(super) fn end_calls(&mut self, id: HostId) {
        if self.host(id).calls.is_empty() {
            return;
        }
        let host = self.host_mut(id);
        host.forget_called();
        for call in std::mem::take(&mut host.calls) {
            if call.then.is_some() {
                self.heard(id, call.action, None);
            }
            self.close_tally(id, call.action);
        }
    }

    /// Takes a retry back, some legs at a time.
    pub(super) fn undo_retry(&mut self, now: Timestamp, action: ActionId, out: &mut crate::Output) {
        let Some(tally) = self.tallies.get_mut(&action) else { return };
        tally.undo.get_or_insert_with(|| tally.open.clone());
        let mut room = UNDO_LEGS;
        while room > 0
            && let Some(id) = self.tallies.get(&action).and_then(|tally| tally.undo.as_ref()?.first().copied())
        {
            let (recipients, complete) = self.undo_at(now, id, action, &mut room);
            if let Some(tally) = self.tallies.get_mut(&action) {
                tally.sums.undone += recipients;
                if complete {
                    tally.undo.as_mut().map(|hosts| hosts.remove(&id));
                }
            }
            self.start(now, id, out);
        }
    }

    /// The same at one host: the recipients that were put back, and whether that was all.
    fn undo_at(&mut self, now: Timestamp, id: HostId, action: ActionId, room: &mut usize) -> (u64, bool) {
        let host = self.host_mut(id);
        let Some(place) = host.calls.iter().position(|call| call.action == action) else { return (0, true) };
        let call = &mut host.calls[place];
        // What would have followed a canary was never touched: it has its timers.
        let mut undone = std::mem::take(&mut call.expected);
        call.then = None;
        if let Part::Whole { epoch, before } = call.part {
            let (recipients, complete) = host.uncall_all(now, epoch, before, *room);
            *room = if complete { room.saturating_sub(recipients as usize).max(1) } else { 0 };
            if complete {
                host.calls.remove(place);
                self.close_tally(id, action);
            }
            return (undone + recipients, complete);
        }
        let Part::Legs(legs) = &mut call.part else { return (undone, true) };
        let sending = |host: &Host, key: &LegKey| host.legs.get(key).is_some_and(|leg| leg.stage.is_sending());
        let mut legs = std::mem::take(legs);
        let mut kept = std::collections::BTreeMap::new();
        let mut left = 0;
        while *room > 0
            && let Some((key, timer)) = legs.pop_first()
        {
            *room -= 1;
            let host = self.host_mut(id);
            if sending(host, &key) {
                left += host.legs[&key].recipients();
                kept.insert(key, timer);
            } else if let Some(timer) = timer {
                undone += host.uncall_leg(now, key, timer);
            }
        }
        let complete = legs.is_empty();
        kept.extend(legs);
        let host = self.host_mut(id);
        if complete {
            host.calls[place].left = left;
        } else {
            host.calls[place].left = kept.keys().filter_map(|key| host.legs.get(key)).map(|leg| leg.recipients()).sum();
        }
        host.calls[place].part = Part::Legs(kept);
        (undone, complete)
    }

    /// What must hold of every retry after every step.
    pub(super) fn assert_calls(&self) {
        for (name, id) in &self.names {
            let host = self.host(*id);
            for call in &host.calls {
                let covered = host.legs.iter().filter(|(key, leg)| call.covers(**key, leg));
                let left: u64 = covered.map(|(_, leg)| leg.recipients()).sum();
                assert_eq!(call.left, left, "{name}: what is left of {call:?}");
                let open = self.tallies.get(&call.action).is_none_or(|tally| tally.open.contains(id));
                assert!(open, "{name}: a call that its retry does not know: {call:?}");
            }
        }
        for (action, tally) in &self.tallies {
            let RetryProgress { total, delivered, deferred, failed, undone, .. } = tally.sums;
            let of = |id: &HostId| {
                let calls = self.host(*id).calls.iter().filter(|call| call.action == *action);
                calls.map(|call| call.left + call.expected).sum::<u64>()
            };
            let left: u64 = tally.open.iter().map(of).sum();
            assert!(delivered + deferred + failed + undone + left <= total, "retry {action}: {tally:?}, {left} left");
            assert!(tally.open.iter().all(|id| of(id) > 0), "retry {action} is over at a host that it names");
        }
    }
}
