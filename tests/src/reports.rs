//! What senders are told in a simulated world: who has to hear of what, worked out anew from envelopes and facts.

use common::vocab::{MessageId, RecipientId, SessionId};
use engine::envelope::Envelope;
use engine::report::ReportKind;
use engine::{Effect, Fact, Output};
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

/// Recipients by message.
pub type Recipients = BTreeSet<(MessageId, RecipientId)>;

/// See the head of this file.
#[derive(Clone, Debug, Default)]
pub struct Reports {
    envelopes: BTreeMap<MessageId, Arc<Envelope>>,
    /// Sessions whose other side reports success by itself.
    pub they_report: BTreeSet<SessionId>,
    /// Reports by kind.
    pub failed: u64,
    /// The same.
    pub relayed: u64,
    /// The same.
    pub delayed: u64,
    now_delayed: Recipients,
}

impl Reports {
    /// A message whose sender may have to hear something.
    pub fn accept(&mut self, envelope: Arc<Envelope>) {
        self.envelopes.insert(envelope.mid, envelope);
    }

    /// One event's facts and effects agree: whoever wanted to hear is told, with the record that ends the recipient.
    pub fn check(&mut self, out: &Output) {
        let (mut failed, mut relayed) = (Recipients::new(), Recipients::new());
        for fact in &out.facts {
            let (mid, rid, session) = match fact {
                Fact::Bounced { mid, rid, .. } => (*mid, *rid, None),
                Fact::Delivered { mid, rid, session, .. } => (*mid, *rid, Some(session)),
                _ => continue,
            };
            let envelope = &self.envelopes[&mid];
            let notify = envelope.dsn.notify(rid.0 as usize);
            let theirs = session.is_some_and(|session| session.is_some_and(|s| self.they_report.contains(&s)));
            match session {
                _ if envelope.from.is_none() => {}
                None if notify.failure => drop(failed.insert((mid, rid))),
                Some(_) if notify.success && !theirs => drop(relayed.insert((mid, rid))),
                _ => {}
            }
        }
        assert_eq!(self.told(out, ReportKind::Failed), failed, "who failed and whose sender is told differ");
        assert_eq!(self.told(out, ReportKind::Relayed), relayed, "who was relayed and whose sender is told differ");
        self.now_delayed = self.told(out, ReportKind::Delayed);
    }

    /// Whose senders were told in the last event that it is late.
    pub fn take_delayed(&mut self) -> Recipients {
        std::mem::take(&mut self.now_delayed)
    }

    fn told(&mut self, out: &Output, kind: ReportKind) -> Recipients {
        let (mut told, mut messages) = (Recipients::new(), BTreeSet::new());
        for effect in &out.effects {
            let Effect::Report(report) = effect else { continue };
            if report.kind != kind {
                continue;
            }
            let mid = report.envelope.mid;
            assert!(messages.insert(mid), "{mid}: two reports of one kind in one event");
            *match kind {
                ReportKind::Failed => &mut self.failed,
                ReportKind::Relayed => &mut self.relayed,
                ReportKind::Delayed => &mut self.delayed,
            } += 1;
            let settled = report.settlement.iter().flat_map(|settlement| &settlement.recipients);
            let settled: BTreeSet<RecipientId> = settled.map(|(rid, _)| *rid).collect();
            for reported in &report.recipients {
                let with_it = settled.contains(&reported.rid) == (kind != ReportKind::Delayed);
                assert!(with_it, "{mid}:{} is not settled with its report", reported.rid);
                told.insert((mid, reported.rid));
            }
        }
        told
    }
}
