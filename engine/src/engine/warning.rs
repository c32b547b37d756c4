//! A message is late: its sender is told at the ages that the settings name, and at the end of its lifetime it is given up.
//!
//! Promises: one timer per message, gone with the message; one report of delay per age and message, naming who still
//! waits and whose sender did not ask to be spared. A warning whose time was over when this engine got to know the
//! message, or that a jump of the clock passed over, counts as sent: none is ever given twice.
//! Never: a word to the null sender.

use super::Engine;
use crate::envelope::Envelope;
use crate::host_id::HostId;
use crate::queue::{Held, LegKey, MessageBook};
use crate::report::{Report, ReportKind, Reported};
use crate::{Effect, Output, schedule};
use common::vocab::{MessageId, Timestamp};
use std::sync::Arc;

impl Engine {
    /// When a message is given up.
    pub(super) fn expires_at(&self, received_at: Timestamp, has_sender: bool) -> Timestamp {
        schedule::expires_at(received_at, has_sender, &self.settings)
    }

    /// The same of a message in the queue.
    pub(super) fn expires(&self, held: &Held) -> Timestamp {
        self.expires_at(held.received_at(), held.has_sender())
    }

    /// The first warning of a message after a moment, else the end of its lifetime.
    pub(super) fn next_deadline(&self, held: &Held, after: Timestamp) -> Timestamp {
        let (end, received_at) = (self.expires(held), held.received_at());
        if !held.has_sender() {
            return end;
        }
        let ages = self.settings.warn.iter().map(|age| received_at + *age);
        let warnings = ages.chain(self.warn_suspended_at(held));
        warnings.filter(|at| *at > after && *at < end).min().unwrap_or(end)
    }

    /// When the sender hears that the lifetime of suspended mail is nearly over.
    fn warn_suspended_at(&self, held: &Held) -> Option<Timestamp> {
        let before = u64::try_from(self.settings.warn_suspended.as_millis()).ok()?;
        self.expires(held).0.checked_sub(before).map(Timestamp)
    }

    /// The timer of a message has run out.
    pub(super) fn message_is_late(&mut self, now: Timestamp, mid: MessageId, out: &mut Output) {
        let legs = self.legs_of(mid);
        let Some(book) = self.messages.get(&mid) else { return };
        if self.expires(&book.held) <= now {
            return legs.into_iter().for_each(|(id, key)| self.lifetime_over(now, id, key, out));
        }
        let (envelope, received_at) = (self.envelope(mid), book.held.received_at());
        let (passed, deadline) = (book.deadline, self.next_deadline(&book.held, now));
        let of_age = self.settings.warn.iter().any(|age| received_at + *age == passed);
        let told = |(id, _): &(HostId, LegKey)| of_age || self.host(*id).suspended.is_some();
        let late: Vec<(HostId, LegKey)> = legs.into_iter().filter(told).collect();
        self.warn(&envelope, &late, out);
        if let Some(book) = self.messages.get_mut(&mid) {
            book.deadline = deadline;
            self.deadlines.insert((deadline, mid), ());
        }
    }

    /// Registers the next deadline of a message anew. What the clock has passed over counts as done, except the end.
    pub(super) fn reschedule_message(&mut self, now: Timestamp, mid: MessageId) {
        let Some(book) = self.messages.get(&mid) else { return };
        let after = self.next_deadline(&book.held, now);
        let Some(book) = self.messages.get_mut(&mid) else { return };
        if book.deadline <= now {
            book.deadline = after;
        }
        self.deadlines.insert((book.deadline, mid), ());
    }

    /// The legs of a message that are in the queue.
    fn legs_of(&self, mid: MessageId) -> Vec<(HostId, LegKey)> {
        let ids = self.messages.get(&mid).map(MessageBook::hosts).unwrap_or_default();
        let hosts = ids.iter().filter_map(|id| Some((*id, self.hosts[id.0 as usize].as_ref()?)));
        hosts
            .flat_map(|(id, host)| host.legs.range((mid, 0)..=(mid, u16::MAX)).map(move |(key, _)| (id, *key)))
            .collect()
    }

    fn warn(&self, envelope: &Arc<Envelope>, legs: &[(HostId, LegKey)], out: &mut Output) {
        let expires_at = self.expires_at(envelope.received_at, envelope.from.is_some());
        let mut recipients: Vec<Reported> = Vec::new();
        for (id, key) in legs {
            let host = self.host(*id);
            let leg = &host.legs[key];
            let word = host.last_word(leg, envelope.received_at);
            let asked = leg.rids().iter().filter(|rid| envelope.dsn.notify(rid.0 as usize).delay);
            recipients.extend(asked.map(|rid| word.reported(*rid, expires_at)));
        }
        if !recipients.is_empty() {
            let report = Report { envelope: envelope.clone(), kind: ReportKind::Delayed, recipients, settlement: None };
            out.effects.push(Effect::Report(report));
        }
    }
}
