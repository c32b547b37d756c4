//! A message is late: its sender is told at the ages that the settings name, and at the end of its lifetime it is given up.
//!
//! Promises: one timer per message, gone with the message; one report of delay per age and message, naming who still
//! waits and whose sender did not ask to be spared. A warning whose time was over when this engine got to know the
//! message, or that a jump of the clock passed over, counts as sent: none is ever given twice.
//! Never: a word to the null sender.

use super::{Engine, Timer};
use crate::envelope::Envelope;
use crate::host_id::HostId;
use crate::queue::LegKey;
use crate::report::{Report, ReportKind, Reported};
use crate::{Effect, Output, schedule};
use common::vocab::{MessageId, Timestamp};
use std::sync::Arc;

impl Engine {
    /// When a message is given up.
    pub(super) fn expires_at(&self, envelope: &Envelope) -> Timestamp {
        schedule::expires_at(envelope.received_at, &envelope.from, &self.settings)
    }

    /// The first warning of a message after a moment, else the end of its lifetime.
    pub(super) fn next_deadline(&self, envelope: &Envelope, after: Timestamp) -> Timestamp {
        let end = self.expires_at(envelope);
        if envelope.from.is_none() {
            return end;
        }
        let ages = self.settings.warn.iter().map(|age| envelope.received_at + *age);
        let warnings = ages.chain(self.warn_suspended_at(envelope));
        warnings.filter(|at| *at > after && *at < end).min().unwrap_or(end)
    }

    /// When the sender hears that the lifetime of suspended mail is nearly over.
    fn warn_suspended_at(&self, envelope: &Envelope) -> Option<Timestamp> {
        let before = u64::try_from(self.settings.warn_suspended.as_millis()).ok()?;
        self.expires_at(envelope).0.checked_sub(before).map(Timestamp)
    }

    /// The timer of a message has run out.
    pub(super) fn message_is_late(&mut self, now: Timestamp, mid: MessageId, out: &mut Output) {
        let legs = self.legs_of(mid);
        let Some(envelope) = legs.first().map(|(id, key)| self.host(*id).legs[key].envelope.clone()) else { return };
        if self.expires_at(&envelope) <= now {
            return legs.into_iter().for_each(|(id, key)| self.lifetime_over(now, id, key, out));
        }
        let passed = self.messages.get(&mid).map_or(now, |book| book.deadline);
        let of_age = self.settings.warn.iter().any(|age| envelope.received_at + *age == passed);
        let told = |(id, _): &(HostId, LegKey)| of_age || self.host(*id).suspended.is_some();
        let late: Vec<(HostId, LegKey)> = legs.into_iter().filter(told).collect();
        self.warn(&envelope, &late, out);
        let deadline = self.next_deadline(&envelope, now);
        if let Some(book) = self.messages.get_mut(&mid) {
            book.deadline = deadline;
            self.timers.insert((deadline, Timer::Message(mid)));
        }
    }

    /// Registers the next deadline of a message anew. What the clock has passed over counts as done, except the end.
    pub(super) fn reschedule_message(&mut self, now: Timestamp, mid: MessageId) {
        let first = self.legs_of(mid).into_iter().next();
        let Some(envelope) = first.map(|(id, key)| self.host(id).legs[&key].envelope.clone()) else { return };
        let after = self.next_deadline(&envelope, now);
        let Some(book) = self.messages.get_mut(&mid) else { return };
        if book.deadline <= now {
            book.deadline = after;
        }
        self.timers.insert((book.deadline, Timer::Message(mid)));
    }

    /// The legs of a message that are in the queue.
    fn legs_of(&self, mid: MessageId) -> Vec<(HostId, LegKey)> {
        let ids = self.messages.get(&mid).map(|book| book.hosts.as_slice()).unwrap_or_default();
        let hosts = ids.iter().filter_map(|id| Some((*id, self.hosts[id.0 as usize].as_ref()?)));
        hosts
            .flat_map(|(id, host)| host.legs.range((mid, 0)..=(mid, u16::MAX)).map(move |(key, _)| (id, *key)))
            .collect()
    }

    fn warn(&self, envelope: &Arc<Envelope>, legs: &[(HostId, LegKey)], out: &mut Output) {
        let expires_at = self.expires_at(envelope);
        let mut recipients: Vec<Reported> = Vec::new();
        for (id, key) in legs {
            let host = self.host(*id);
            let leg = &host.legs[key];
            let word = host.last_word(leg);
            let asked = leg.rids.iter().filter(|rid| envelope.dsn.notify(rid.0 as usize).delay);
            recipients.extend(asked.map(|rid| word.reported(*rid, expires_at)));
        }
        if !recipients.is_empty() {
            let report = Report { envelope: envelope.clone(), kind: ReportKind::Delayed, recipients, settlement: None };
            out.effects.push(Effect::Report(report));
        }
    }
}
