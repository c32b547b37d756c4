//! An operator says: now. What waits for a timer is due; limits, windows and counts of tries stay as they are.
//!
//! What is meant may be hosts as a whole, which touches no leg, or legs found one by one. A leg moves as a whole: its
//! recipients share one transaction, so whoever retries one of them retries all. A leg that is called by itself is the
//! probe of a host that rests: it goes alone, and the others go on waiting for the host. A suspended host stays so.
//! A canary is one leg of each host; what follows it has not been touched before it was accepted. The walk goes on in
//! `calls`: what becomes of it.

use super::Engine;
use crate::host::{Call, Host, Part, Then};
use crate::host_id::HostId;
use crate::queue::LegKey;
use crate::view::{Pick, Picked, RetryView, Search};
use crate::{Fact, HostScope, LegName, Output, RetryScope};
use common::vocab::{ActionId, Domain, HostStatus, MessageId, Timestamp};
use std::collections::BTreeMap;
use std::ops::Bound;

/// Hosts named in a preview.
const SAMPLE_MAX: usize = 10;
/// Recipients that are looked at in a slice; the last message is looked at whole.
const SLICE_RECIPIENTS: usize = 250;

impl Engine {
    pub(super) fn retried(
        &mut self,
        now: Timestamp,
        action: ActionId,
        scope: RetryScope,
        canary: bool,
        out: &mut Output,
    ) {
        self.open_tally(action);
        let legs = match scope {
            RetryScope::Legs(legs) => legs,
            RetryScope::All | RetryScope::Hosts(_) => {
                let view = self.preview_retry(now, &scope);
                out.facts.push(Fact::Retried { action, recipients: view.recipients, hosts: view.hosts });
                let ids = self.in_retry(&scope);
                ids.iter().for_each(|id| self.call_host(now, *id, action, canary));
                return ids.into_iter().for_each(|id| self.start(now, id, out));
            }
        };
        let mut by_host: BTreeMap<HostId, Vec<LegKey>> = BTreeMap::new();
        for LegName { host, mid, part } in legs {
            if let Some(id) = self.names.get(&host) {
                by_host.entry(*id).or_default().push((mid, part));
            }
        }
        let of = |id: &HostId, key: &LegKey| self.host(*id).legs.get(key).map_or(0, |leg| leg.recipients());
        let recipients = by_host.iter().flat_map(|(id, keys)| keys.iter().map(move |key| of(id, key))).sum();
        out.facts.push(Fact::Retried { action, recipients, hosts: by_host.len() as u64 });
        for (id, keys) in by_host {
            self.call_legs(now, id, action, keys, canary);
            self.start(now, id, out);
        }
    }

    /// The whole host is called, or a canary of it.
    fn call_host(&mut self, now: Timestamp, id: HostId, action: ActionId, canary: bool) {
        let host = self.host_mut(id);
        if !canary {
            let (part, left) = host.call_all(now);
            return self.open_call(id, Call { action, part, left, then: None, expected: 0 });
        }
        // Nothing of a suspended host goes, thus nothing follows a canary either.
        let Some(key) = host.canary().filter(|_| host.suspended.is_none()) else { return };
        let waiting = host.counts.active() - host.counts.sending;
        let Some((left, timer)) = host.call_leg(now, key) else { return };
        let part = Part::Legs([(key, timer)].into());
        self.open_call(id, Call { action, part, left, then: Some(Then::Whole), expected: waiting - left });
    }

    /// Some legs of a host are called, or the first of them as a canary.
    fn call_legs(&mut self, now: Timestamp, id: HostId, action: ActionId, keys: Vec<LegKey>, canary: bool) {
        let host = self.host_mut(id);
        if host.suspended.is_some() && canary {
            return;
        }
        let waits = |host: &Host, key: &LegKey| host.legs.get(key).is_some_and(|leg| !leg.stage.is_sending());
        let mut keys: Vec<LegKey> = keys.into_iter().filter(|key| waits(host, key)).collect();
        // A later slice of the same retry: the canary of this host is out, or the call is open.
        if let Some(call) = host.calls.iter_mut().find(|call| call.action == action)
            && let Some(Then::Legs(rest)) = &mut call.then
        {
            let more: u64 = keys.iter().map(|key| host.legs[key].recipients()).sum();
            rest.append(&mut keys);
            call.expected += more;
            return self.tally_more(action, more);
        }
        let rest = if canary && !keys.is_empty() { keys.split_off(1) } else { Vec::new() };
        let expected = rest.iter().map(|key| host.legs[key].recipients()).sum();
        let (mut legs, mut left) = (BTreeMap::new(), 0);
        for key in keys {
            let Some((recipients, timer)) = host.call_leg(now, key) else { continue };
            left += recipients;
            legs.insert(key, timer);
        }
        let then = canary.then_some(Then::Legs(rest));
        if !legs.is_empty() {
            self.open_call(id, Call { action, part: Part::Legs(legs), left, then, expected });
        }
    }

    /// What followed a canary that was accepted.
    pub(super) fn follow_canary(&mut self, now: Timestamp, id: HostId, mut call: Call, out: &mut Output) {
        out.facts.push(Fact::Retried { action: call.action, recipients: call.expected, hosts: 1 });
        self.tally_less(call.action, call.expected);
        match call.then.take() {
            Some(Then::Whole) => self.call_host(now, id, call.action, false),
            Some(Then::Legs(keys)) => self.call_legs(now, id, call.action, keys, false),
            None => {}
        }
    }

    pub(super) fn in_scope(&self, scope: &HostScope) -> Vec<HostId> {
        match scope {
            HostScope::All => self.names.values().copied().filter(|id| self.host(*id).counts.active() > 0).collect(),
            HostScope::Host(name) => self.names.get(name).copied().into_iter().collect(),
        }
    }

    fn in_retry(&self, scope: &RetryScope) -> Vec<HostId> {
        match scope {
            RetryScope::All => self.in_scope(&HostScope::All),
            RetryScope::Hosts(names) => names.iter().filter_map(|name| self.names.get(name).copied()).collect(),
            RetryScope::Legs(_) => Vec::new(), // these are picked, not previewed
        }
    }

    /// What a retry of hosts as a whole would touch.
    pub fn preview_retry(&self, now: Timestamp, scope: &RetryScope) -> RetryView {
        let mut view = RetryView::default();
        let mut touched = Vec::new();
        for id in self.in_retry(scope) {
            let host = self.host(id);
            let waiting = host.waiting_for_timer(now);
            if host.suspended.is_some() {
                view.suspended += host.counts.active();
            }
            view.sending += host.counts.sending;
            view.down += u64::from(host.status == HostStatus::Down && host.counts.active() > 0);
            view.already_due += host.counts.active() - host.counts.sending - waiting;
            if waiting > 0 {
                view.recipients += waiting;
                view.hosts += 1;
                touched.push((std::cmp::Reverse(waiting), &host.name));
            }
        }
        touched.sort();
        view.sample = touched.into_iter().take(SAMPLE_MAX).map(|(_, name)| name.clone()).collect();
        view
    }

    /// The next slice of the legs that are meant. What is seen is true at the time of its slice.
    pub fn pick(&self, now: Timestamp, pick: &Pick, after: Option<MessageId>) -> Picked {
        let mut picked = Picked::default();
        if let Some(mid) = pick.message {
            self.pick_of(now, mid, pick, &mut picked);
            return picked;
        }
        let start = after.map_or(Bound::Unbounded, Bound::Excluded);
        let mut looked_at = 0;
        for (mid, book) in self.messages.range((start, Bound::Unbounded)) {
            if looked_at >= SLICE_RECIPIENTS {
                return picked;
            }
            looked_at += book.recipients.max(1) as usize;
            picked.place = Some(*mid);
            self.pick_of(now, *mid, pick, &mut picked);
        }
        picked.place = None;
        picked
    }

    fn pick_of(&self, now: Timestamp, mid: MessageId, pick: &Pick, picked: &mut Picked) {
        let search = Search { filter: pick.filter.clone(), after: None, shown_after: None, room: 1 };
        let mut found = crate::view::Found::default();
        self.look_at(now, mid, &search, &mut found);
        let Some(view) = found.shown.pop() else { return };
        let meant = |rid| view.recipients.iter().any(|one| one.rid == rid) && pick.recipient.is_none_or(|it| it == rid);
        let before = picked.legs.len();
        for id in self.messages[&mid].hosts() {
            let Some(host) = self.hosts[id.0 as usize].as_ref() else { continue };
            let resting = host.rests(now);
            for (key, leg) in host.legs.range((mid, 0)..=(mid, u16::MAX)) {
                let of_these = leg.rids().iter().filter(|rid| meant(**rid)).count() as u64;
                if of_these == 0 {
                    continue;
                }
                let recipients = leg.recipients();
                picked.mates += recipients - of_these;
                picked.legs.push(LegName { host: host.name.clone(), mid, part: key.1 });
                let sums = &mut picked.sums;
                sums.suspended += if host.suspended.is_some() { recipients } else { 0 };
                if host.status == HostStatus::Down {
                    picked.down.insert(host.name.clone());
                }
                if leg.stage.is_sending() {
                    sums.sending += recipients;
                } else if host.is_due(leg) && !resting {
                    sums.already_due += recipients;
                } else {
                    sums.recipients += recipients;
                    *picked.by_host.entry(host.name.clone()).or_default() += recipients;
                }
            }
        }
        picked.messages += u64::from(picked.legs.len() > before);
    }
}

/// Sums of several slices.
impl Picked {
    /// Adds what a later slice found, its legs left out.
    pub fn add(&mut self, later: Picked) {
        let sums = &mut self.sums;
        sums.recipients += later.sums.recipients;
        sums.already_due += later.sums.already_due;
        sums.suspended += later.sums.suspended;
        sums.sending += later.sums.sending;
        for (host, recipients) in later.by_host {
            *self.by_host.entry(host).or_default() += recipients;
        }
        self.down.extend(later.down);
        self.messages += later.messages;
        self.mates += later.mates;
        self.place = later.place;
    }

    /// The sums with hosts and sample.
    pub fn view(&self) -> RetryView {
        let mut most: Vec<(std::cmp::Reverse<u64>, &Domain)> =
            self.by_host.iter().map(|(host, recipients)| (std::cmp::Reverse(*recipients), host)).collect();
        most.sort();
        let sample = most.into_iter().take(SAMPLE_MAX).map(|(_, host)| host.clone()).collect();
        RetryView { hosts: self.by_host.len() as u64, down: self.down.len() as u64, sample, ..self.sums.clone() }
    }
}
