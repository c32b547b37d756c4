//! What a client of the spool was told, and what it may therefore expect after a restart.
//!
//! Whatever was acknowledged and not settled must be there, byte for byte; what was settled and synced must not;
//! everything else may go either way.

use crate::spool::{Begun, Report, Submission};
use bytes::Bytes;
use common::vocab::{MessageId, RecipientId, Timestamp};
use engine::envelope::{Envelope, Recovered, Settled, Settlement};
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

/// What may be known of a recipient.
#[derive(Clone, Debug, Default)]
struct Line {
    /// Settled for good, and that was synced.
    gone: bool,
    /// Settled for good, not known to be synced.
    leaving: bool,
    /// The latest result that was synced, and all since: attempts and the time of the next.
    results: Vec<(u32, Option<Timestamp>)>,
    /// Whether begun and done records were written since the last sync, or stand without a result.
    begun: u32,
}

#[derive(Clone, Debug)]
struct Row {
    envelope: Arc<Envelope>,
    acknowledged: bool,
    lines: Vec<Line>,
}

/// All that was said.
#[derive(Clone, Debug, Default)]
pub struct Ledger {
    rows: BTreeMap<MessageId, Row>,
    /// Reports that were handed over and not answered yet, with the recipients that they settle.
    reports: BTreeMap<MessageId, Vec<(MessageId, RecipientId)>>,
    /// The highest number that was given out.
    pub highest: u64,
}

impl Ledger {
    /// Somebody was given a number.
    pub fn reserved(&mut self, mid: MessageId) {
        assert!(mid.0 > self.highest, "{mid} was given out before (up to {})", self.highest);
        self.highest = mid.0;
    }

    /// A message is handed over; nothing is known yet.
    pub fn sent(&mut self, submission: &Submission) {
        let line = Line { results: vec![(0, None)], ..Line::default() };
        let lines = vec![line; submission.envelope.recipients.len()];
        let settles = submission.settles.iter().flat_map(|s| s.recipients.iter().map(|(rid, _)| (s.mid, *rid)));
        self.reports.insert(submission.envelope.mid, settles.collect());
        let envelope = submission.envelope.clone();
        self.rows.insert(envelope.mid, Row { envelope, acknowledged: false, lines });
    }

    /// The answer was `Ok`.
    pub fn acknowledged(&mut self, mid: MessageId) {
        self.rows.get_mut(&mid).unwrap().acknowledged = true;
        self.reported(mid);
    }

    /// A report is on disk, so whoever it settles is gone.
    fn reported(&mut self, report: MessageId) {
        for (mid, rid) in self.reports.remove(&report).unwrap_or_default() {
            if let Some(row) = self.rows.get_mut(&mid) {
                (row.lines[rid.0 as usize].gone, row.lines[rid.0 as usize].leaving) = (true, true);
            }
        }
    }

    /// A begun is handed over.
    pub fn begun(&mut self, begun: &Begun) {
        let row = self.rows.get_mut(&begun.mid).unwrap();
        begun.rids.iter().for_each(|rid| row.lines[rid.0 as usize].begun += 1);
    }

    /// A settlement is handed over.
    pub fn settled(&mut self, settlement: &Settlement) {
        let row = self.rows.get_mut(&settlement.mid).unwrap();
        for (rid, settled) in &settlement.recipients {
            let line = &mut row.lines[rid.0 as usize];
            match *settled {
                Settled::Deferred { attempts, next_attempt_at, .. } => {
                    line.results.push((attempts, Some(next_attempt_at)))
                }
                Settled::Delivered | Settled::Bounced(_) | Settled::Deleted => line.leaving = true,
            }
        }
    }

    /// Everything handed over so far is on disk.
    pub fn synced(&mut self) {
        for line in self.rows.values_mut().flat_map(|row| &mut row.lines) {
            line.gone |= line.leaving;
            line.results = line.results.split_off(line.results.len() - 1);
        }
        self.rows.retain(|_, row| row.lines.iter().any(|line| !line.gone));
    }

    /// Acknowledged messages and those of their recipients that wait. Nobody tries one whose report is on its way.
    pub fn waiting(&self) -> Vec<(MessageId, Vec<RecipientId>)> {
        let told: BTreeSet<(MessageId, RecipientId)> = self.reports.values().flatten().copied().collect();
        let of = |mid: MessageId, row: &Row| -> Vec<RecipientId> {
            let rids = row.lines.iter().enumerate().filter(|(_, line)| !line.leaving);
            rids.map(|(rid, _)| RecipientId(rid as u32)).filter(|rid| !told.contains(&(mid, *rid))).collect()
        };
        let rows = self.rows.iter().filter(|(_, row)| row.acknowledged);
        rows.map(|(mid, row)| (*mid, of(*mid, row))).filter(|(_, rids)| !rids.is_empty()).collect()
    }

    /// Attempts that a result of this recipient may build upon.
    pub fn attempts(&self, mid: MessageId, rid: RecipientId) -> u32 {
        self.rows[&mid].lines[rid.0 as usize].results.last().unwrap().0
    }

    /// Compares with what a restart found; then takes that as the truth.
    pub fn check(&mut self, recovered: &[Recovered], report: &Report, body: impl Fn(MessageId) -> Option<Bytes>) {
        let found: BTreeMap<MessageId, &Recovered> = recovered.iter().map(|r| (r.envelope.mid, r)).collect();
        assert_eq!(found.len(), recovered.len(), "a message came back twice");
        assert!(recovered.is_sorted_by_key(|r| r.envelope.mid), "oldest first");
        for report in found.keys() {
            self.reported(*report); // both or neither
        }
        self.reports.clear();
        let mids: Vec<MessageId> = self.rows.keys().copied().collect();
        for mid in mids {
            let row = self.rows.get_mut(&mid).unwrap();
            row.check(found.get(&mid).copied());
            if !found.contains_key(&mid) {
                self.rows.remove(&mid);
            }
        }
        for (mid, recovered) in &found {
            let row = self.rows.get(mid).unwrap_or_else(|| panic!("{mid} came back and should not"));
            let expected = super::body_of(*mid, row.envelope.size_bytes as usize);
            assert_eq!(body(*mid), Some(expected), "the body of {mid}");
            assert_eq!(recovered.envelope, row.envelope);
        }
        assert_eq!(report.messages, found.len() as u64);
        assert_eq!(report.recipients, recovered.iter().map(|r| r.waiting.len() as u64).sum::<u64>());
    }
}

impl Row {
    fn check(&mut self, recovered: Option<&Recovered>) {
        let mid = self.envelope.mid;
        for (rid, line) in self.lines.iter_mut().enumerate() {
            let waiting = recovered.and_then(|r| r.waiting.iter().find(|w| w.rid.0 as usize == rid));
            match waiting {
                None => {
                    let may_be_gone = line.gone || line.leaving || !self.acknowledged;
                    assert!(may_be_gone, "{mid} recipient {rid} was acknowledged and is lost");
                    (line.gone, line.leaving) = (true, true);
                }
                Some(waiting) => {
                    assert!(!line.gone, "{mid} recipient {rid} was settled and synced and came back");
                    let known = line.results.iter().find(|(attempts, at)| {
                        *at == waiting.next_attempt_at
                            && (*attempts..=attempts + line.begun).contains(&waiting.attempts)
                    });
                    assert!(known.is_some(), "{mid} recipient {rid}: {waiting:?} of {line:?}");
                    let result = *known.unwrap();
                    *line = Line { results: vec![result], begun: line.begun, ..Line::default() };
                }
            }
        }
        self.acknowledged = true;
    }
}
