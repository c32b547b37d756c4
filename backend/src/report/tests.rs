//! Tests of the room: what a report looks like, and what becomes of it.

mod full_disk;
mod keeping;
mod looks;
mod spool;

use crate::report::{OwnNames, ReportLimits, ReportSettings};
use arc_swap::ArcSwap;
use common::vocab::{Address, HardBounce, MessageId, RecipientId, Reply, ReplyCode, Timestamp, VerdictCode};
use engine::envelope::{Envelope, Settled, Settlement};
use engine::report::{Report, ReportKind, Reported};
use std::sync::Arc;

pub(super) fn address(text: &str) -> Address {
    text.parse().unwrap()
}

pub(super) fn settings() -> ReportSettings {
    ReportSettings {
        hostname: "mail.example.net".parse().unwrap(),
        own: Default::default(),
        limits: ReportLimits::default(),
    }
}

/// The same with names and aliases of our own.
pub(super) fn with_aliases(names: &[&str], aliases: &[(&str, &str)]) -> ReportSettings {
    let names = names.iter().map(|name| name.parse().unwrap()).collect();
    let aliases = aliases.iter().map(|(name, target)| (name.to_string(), address(target))).collect();
    ReportSettings { own: Arc::new(ArcSwap::from_pointee(OwnNames { names, aliases })), ..settings() }
}

/// A report about so many recipients `r0@there.test`, …, all answered `550 5.1.1`.
pub(super) fn report(mid: u64, kind: ReportKind, from: &str, recipients: u32) -> Report {
    let envelope = Envelope {
        mid: MessageId(mid),
        from: (!from.is_empty()).then(|| address(from)),
        recipients: (0..recipients).map(|rid| address(&format!("r{rid}@there.test"))).collect(),
        size_bytes: 2_000,
        received_at: Timestamp(1_795_493_318_000),
        eight_bit: false,
        smtputf8: false,
        dsn: Default::default(),
    };
    let told = |rid| Reported {
        rid: RecipientId(rid),
        verdict: VerdictCode::SmtpUnknownUser,
        reply: Some(Reply::new(ReplyCode(550), "5.1.1 No such user here")),
        exchanger: Some("mx.there.test".parse().unwrap()),
        last_attempt_at: Some(Timestamp(1_795_493_319_000)),
        expires_at: Timestamp(1_795_925_318_000),
    };
    let settled = |rid| (RecipientId(rid), Settled::Bounced(HardBounce::FiveXx));
    let settlement = (kind == ReportKind::Failed).then(|| Settlement {
        mid: MessageId(mid),
        recipients: (0..recipients).map(settled).collect(),
        message_done: true,
    });
    Report { envelope: Arc::new(envelope), kind, recipients: (0..recipients).map(told).collect(), settlement }
}
