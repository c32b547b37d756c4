//! Mail enters: a message is cut into legs, one for each host and fifty recipients.

use super::Engine;
use crate::envelope::{Envelope, Recovered, RecoveredRecipient};
use crate::host::Host;
use crate::host_id::HostId;
use crate::queue::{Held, Leg, LegStage, MessageBook, Word};
use crate::{Fact, Output, schedule};
use common::vocab::{Alert, Domain, MessageId, RecipientId, Timestamp, VerdictCode};
use std::collections::BTreeMap;
use std::sync::Arc;

impl Engine {
    pub(super) fn accepted(&mut self, now: Timestamp, envelope: Arc<Envelope>, out: &mut Output) {
        let waiting = (0..envelope.recipients.len() as u32)
            .map(|rid| RecoveredRecipient { rid: RecipientId(rid), attempts: 0, next_attempt_at: None, braked: false })
            .collect();
        self.counts.total.messages += 1;
        self.counts.recipients_accepted += envelope.recipients.len() as u64;
        self.recovered(now, Recovered { envelope, waiting }, out);
    }

    pub(super) fn recovered(&mut self, now: Timestamp, recovered: Recovered, out: &mut Output) {
        let Recovered { envelope, waiting } = recovered;
        if waiting.is_empty() || self.messages.contains_key(&envelope.mid) {
            return;
        }
        let mid = envelope.mid;
        out.facts.push(Fact::Queued { envelope: envelope.clone() });
        let mut by_host: BTreeMap<HostId, Vec<RecoveredRecipient>> = BTreeMap::new();
        for recipient in &waiting {
            let domain = envelope.recipients[recipient.rid.0 as usize].domain().clone();
            by_host.entry(self.host_of(now, &domain)).or_default().push(*recipient);
        }
        let ids: Vec<HostId> = by_host.keys().copied().collect();
        // What lies in the past counts as sent: a warning is never given twice, whatever happened in between.
        let mut held = Held::Whole(envelope);
        let deadline = self.next_deadline(&held, now);
        self.deadlines.insert((deadline, mid), ());
        if self.queue_is_long() {
            held.fold(if let [id] = ids[..] { Some(&self.host(id).name) } else { None });
        }
        self.messages.insert(mid, MessageBook::new(held, deadline, &ids, waiting.len() as u32));
        for (id, recipients) in by_host {
            self.add_legs(now, id, mid, recipients);
            self.start(now, id, out);
        }
    }

    /// The record of a host, made if it is new.
    fn host_of(&mut self, now: Timestamp, domain: &Domain) -> HostId {
        if let Some(id) = self.names.get(domain) {
            return *id;
        }
        let mut host = Host::new(domain.clone(), &self.settings);
        self.recall(now, &mut host);
        host.suspended = self.suspensions.of(domain);
        let id = match self.free_hosts.pop() {
            Some(id) => {
                self.hosts[id.0 as usize] = Some(host);
                id
            }
            None => {
                self.hosts.push(Some(host));
                HostId(self.hosts.len() as u32 - 1)
            }
        };
        self.names.insert(domain.clone(), id);
        id
    }

    /// Whether envelopes are folded: the queue is so long that their memory counts more than a moment's work.
    pub(super) fn queue_is_long(&self) -> bool {
        self.messages.len() >= self.settings.whole_envelopes_max
    }

    fn add_legs(&mut self, now: Timestamp, id: HostId, mid: MessageId, mut recipients: Vec<RecoveredRecipient>) {
        // Recipients with the same history share a leg, so that a recovered timer is nobody else's.
        let history = |r: &RecoveredRecipient| (r.attempts, r.next_attempt_at, r.braked);
        recipients.sort_by_key(|r| (history(r), r.rid));
        let most = self.host(id).limits.leg_recipients(self.settings.transaction_recipients_max);
        let groups = recipients.chunk_by(|a, b| history(a) == history(b)).flat_map(|group| group.chunks(most));
        let latest = schedule::retry_at_latest(now, &self.settings);
        for (number, group) in groups.enumerate() {
            let key = (mid, number as u16);
            let stage = match group[0].next_attempt_at {
                // No timer that we set is longer than this: it was written down before the clock was set back.
                Some(until) if group[0].braked => {
                    let until = until.min(now + self.settings.brake.bounce_pause);
                    LegStage::Retry { until, epoch: 0, braked: true }
                }
                Some(until) => LegStage::Retry { until: until.min(latest), epoch: 0, braked: false },
                None => LegStage::Due { epoch: 0 },
            };
            let rids: Vec<RecipientId> = group.iter().map(|recipient| recipient.rid).collect();
            let mut leg = Leg::new(now, &rids, group[0].attempts, stage);
            if let LegStage::Retry { until, braked: true, .. } = stage {
                // It is held once: so it is known again, and so is the alert, though not by which figures.
                leg.set_latest(Word { code: VerdictCode::GuardBrake, reply: None, exchanger: None, at: None });
                self.alert(now, Alert::BrakePulled { refused: 0, hosts: 0 }, until);
            }
            self.host_mut(id).insert(key, leg);
        }
    }
}
