//! A letter: one or several reports to one address, to be kept as one message with everything that they settle.

use common::vocab::{Address, RecipientId};
use engine::envelope::{Settled, Settlement};
use engine::report::{Report, ReportKind};

/// What is to be written to whom.
#[derive(Clone, Debug)]
pub struct Letter {
    /// The sender of what it is about, or where that address leads.
    pub to: Address,
    /// One, or several failures that are told together.
    pub reports: Vec<Report>,
}

/// Takes out of a report what need not ride with it: whoever is not told of in it. They were delivered, wait again, or
/// failed and nobody wants to hear; if the report has to wait, a result that came later must not be overtaken by theirs.
pub fn take_others(report: &mut Report) -> Option<Settlement> {
    let settlement = report.settlement.as_mut()?;
    let told = |rid: RecipientId| report.recipients.iter().any(|reported| reported.rid == rid);
    let others: Vec<_> = settlement.recipients.extract_if(.., |(rid, _)| !told(*rid)).collect();
    let mid = settlement.mid;
    (!others.is_empty()).then_some(Settlement { mid, recipients: others, message_done: false })
}

impl Letter {
    /// What takes effect with it.
    pub fn settles(&self) -> Vec<Settlement> {
        self.reports.iter().filter_map(|report| report.settlement.clone()).collect()
    }

    /// Takes out what need not wait for the letter: who is delivered is delivered, told or not, and would be sent the
    /// message twice if the process ended before there is room for the letter.
    pub fn take_deliveries(&mut self) -> Vec<Settlement> {
        let is_delivery = |settlement: &mut Settlement| {
            settlement.recipients.iter().all(|(_, how)| matches!(how, Settled::Delivered))
        };
        let relays = self.reports.iter_mut().filter(|report| report.kind == ReportKind::Relayed);
        relays.filter_map(|report| report.settlement.take_if(is_delivery)).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::report::tests::report;
    use common::vocab::{HardBounce, MessageId, Timestamp};

    #[test]
    fn only_who_is_told_of_rides_with_a_report() {
        let mut report = report(7, ReportKind::Failed, "a@x.test", 2);
        let later = Settled::Deferred { attempts: 1, next_attempt_at: Timestamp(9), braked: false };
        let told = report.settlement.clone().unwrap();
        report
            .settlement
            .as_mut()
            .unwrap()
            .recipients
            .extend([(RecipientId(2), later), (RecipientId(3), Settled::Delivered)]);
        let others = take_others(&mut report).unwrap();
        assert_eq!(others.recipients, [(RecipientId(2), later), (RecipientId(3), Settled::Delivered)]);
        assert_eq!((others.mid, others.message_done), (MessageId(7), false));
        assert_eq!(report.settlement, Some(told));
        assert_eq!(take_others(&mut report), None);
    }

    #[test]
    fn a_delivery_does_not_wait_for_room_and_a_failure_does() {
        let mut relayed = report(7, ReportKind::Relayed, "a@x.test", 1);
        let delivered = vec![(RecipientId(0), Settled::Delivered)];
        relayed.settlement = Some(Settlement { mid: MessageId(7), recipients: delivered, message_done: true });
        let failed = report(8, ReportKind::Failed, "a@x.test", 1);
        let to = "a@x.test".parse().unwrap();
        let mut letter = Letter { to, reports: vec![relayed.clone(), failed.clone()] };
        assert_eq!(letter.take_deliveries(), [relayed.settlement.unwrap()]);
        assert_eq!(letter.settles(), [failed.settlement.unwrap()]);
        assert!(matches!(letter.settles()[0].recipients[0].1, Settled::Bounced(HardBounce::FiveXx)));
    }
}
