//! How recipients end, message by message: gathered while an event is dealt with, then asked of the spool at once.
//!
//! Promises: one effect per message and event, two where some of its recipients failed and others are to be reported as
//! relayed; a report carries the settlement of the recipients that it is about; the last effect of a message says that
//! it is done. Never: a report about a message from the null sender, or one that its sender did not want (RFC 3461 §4.1).

use super::Engine;
use crate::envelope::{Envelope, Settled, Settlement};
use crate::queue::{MessageBook, Word};
use crate::report::{Report, ReportKind, Reported};
use crate::{Effect, Output};
use common::vocab::{Domain, MessageId, RecipientId, Timestamp};
use std::sync::Arc;

/// What became of some recipients of one message in one event.
#[derive(Clone, Debug)]
pub(super) struct Ending {
    envelope: Arc<Envelope>,
    expires_at: Timestamp,
    settled: Vec<(RecipientId, Settled)>,
    failed: Vec<Reported>,
    relayed: Vec<Reported>,
    done: bool,
}

impl Ending {
    /// Of which message.
    pub(super) fn mid(&self) -> MessageId {
        self.envelope.mid
    }

    /// When the message is given up.
    pub(super) fn expires_at(&self) -> Timestamp {
        self.expires_at
    }

    /// A recipient ended, or waits again: nobody is told.
    pub(super) fn settle(&mut self, rid: RecipientId, how: Settled) {
        self.settled.push((rid, how));
    }

    /// A recipient failed for good: its sender hears of it unless it asked not to.
    pub(super) fn fail(&mut self, rid: RecipientId, how: Settled, word: &Word) {
        self.settled.push((rid, how));
        if self.envelope.from.is_some() && self.envelope.dsn.notify(rid.0 as usize).failure {
            self.failed.push(word.reported(rid, self.expires_at));
        }
    }

    /// A recipient was taken by a next hop. If that does not report success by itself, we do, to whoever asked.
    pub(super) fn deliver(&mut self, rid: RecipientId, they_report: bool, word: impl FnOnce() -> Word) {
        self.settled.push((rid, Settled::Delivered));
        let asked = !they_report && self.envelope.from.is_some() && self.envelope.dsn.notify(rid.0 as usize).success;
        if asked {
            self.relayed.push(word().reported(rid, self.expires_at));
        }
    }

    fn absorb(&mut self, other: Ending) {
        self.settled.extend(other.settled);
        self.failed.extend(other.failed);
        self.relayed.extend(other.relayed);
        self.done |= other.done;
    }

    fn write_down(self, out: &mut Output) {
        let Ending { envelope, mut settled, failed, relayed, done, .. } = self;
        let mid = envelope.mid;
        if !relayed.is_empty() {
            let all = failed.is_empty();
            let told = |rid: &RecipientId| relayed.iter().any(|reported| reported.rid == *rid);
            // What has failed waits for the report that replaces it: only who was relayed leaves with this one.
            let mine =
                if all { std::mem::take(&mut settled) } else { settled.extract_if(.., |(rid, _)| told(rid)).collect() };
            let settlement = Some(Settlement { mid, recipients: mine, message_done: all && done });
            let report =
                Report { envelope: envelope.clone(), kind: ReportKind::Relayed, recipients: relayed, settlement };
            out.effects.push(Effect::Report(report));
        }
        if !failed.is_empty() {
            let settlement = Some(Settlement { mid, recipients: settled, message_done: done });
            out.effects.push(Effect::Report(Report {
                envelope,
                kind: ReportKind::Failed,
                recipients: failed,
                settlement,
            }));
        } else if !settled.is_empty() {
            out.effects.push(Effect::Settle(Settlement { mid, recipients: settled, message_done: done }));
        }
    }
}

impl Engine {
    /// The envelope of a message that has recipients in the queue.
    pub(super) fn envelope(&self, mid: MessageId) -> Arc<Envelope> {
        let book = &self.messages[&mid];
        book.held.envelope(mid, self.only_host(book).as_ref())
    }

    /// The domain of all recipients of a message that are in the queue, if it is one.
    pub(super) fn only_host(&self, book: &MessageBook) -> Option<Domain> {
        let host = self.hosts[book.only_host()?.0 as usize].as_ref()?;
        Some(host.name.clone())
    }

    fn fold(&mut self, mid: MessageId) {
        let host = self.messages.get(&mid).and_then(|book| self.only_host(book));
        if let Some(book) = self.messages.get_mut(&mid) {
            book.held.fold(host.as_ref());
        }
    }

    /// Nothing has become of the recipients of this message yet.
    pub(super) fn ending(&self, envelope: Arc<Envelope>) -> Ending {
        let expires_at = self.expires_at(envelope.received_at, envelope.from.is_some());
        Ending { envelope, expires_at, settled: Vec::new(), failed: Vec::new(), relayed: Vec::new(), done: false }
    }

    /// Takes who ended off the message's book; what was gathered is written down at the end of the event.
    pub(super) fn conclude(&mut self, mut ending: Ending) {
        if ending.settled.is_empty() {
            return;
        }
        let mid = ending.envelope.mid;
        let ended = ending.settled.iter().filter(|(_, how)| !matches!(how, Settled::Deferred { .. })).count() as u32;
        if let Some(book) = self.messages.get_mut(&mid) {
            book.recipients -= ended;
            ending.done = book.recipients == 0;
        }
        if !ending.done && self.queue_is_long() {
            self.fold(mid); // it waits for another attempt
        }
        if ending.done
            && let Some(book) = self.messages.remove(&mid)
        {
            self.deadlines.remove(&(book.deadline, mid));
        }
        match self.endings.last_mut() {
            Some(last) if last.envelope.mid == mid => last.absorb(ending),
            _ => self.endings.push(ending),
        }
    }

    /// Asks the spool for all that was gathered: legs of one message that ended together are one record.
    pub(super) fn write_endings(&mut self, out: &mut Output) {
        if self.endings.len() > 1 {
            self.endings.sort_by_key(|ending| ending.envelope.mid);
        }
        let mut gathered = self.endings.drain(..);
        let Some(mut current) = gathered.next() else { return };
        for ending in gathered {
            if ending.envelope.mid == current.envelope.mid {
                current.absorb(ending);
            } else {
                std::mem::replace(&mut current, ending).write_down(out);
            }
        }
        current.write_down(out);
    }
}
