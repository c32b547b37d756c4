//! The machine-readable part: `message/delivery-status` (RFC 3464 §2), or its UTF-8 variant (RFC 6533 §4).

use crate::report::code::status;
use crate::report::escape::{ascii, field};
use crate::report::original::Original;
use common::vocab::{Address, Domain, HardBounce};
use common::words::{Language, printable};
use engine::envelope::Settled;
use engine::report::{Report, ReportKind, Reported};

/// One message and what became of it.
#[derive(Clone, Debug)]
pub struct Case {
    /// What became of it.
    pub report: Report,
    /// What it was.
    pub original: Original,
}

impl Case {
    /// The address of a recipient.
    pub fn address(&self, reported: &Reported) -> Option<&Address> {
        self.report.envelope.recipients.get(reported.rid.0 as usize)
    }

    /// Whether a recipient's time ran out.
    pub fn gave_up(&self, reported: &Reported) -> bool {
        let settled = self.report.settlement.iter().flat_map(|settlement| &settlement.recipients);
        settled.into_iter().any(|pair| *pair == (reported.rid, Settled::Bounced(HardBounce::Expired)))
    }

    /// What its sender wrote as the recipient's original address (`ORCPT`).
    fn original_recipient(&self, reported: &Reported) -> Option<&str> {
        self.report.envelope.dsn.recipients.get(reported.rid.0 as usize)?.original.as_deref()
    }

    /// Whether an address of it is UTF-8, so that only the UTF-8 variant can name it.
    pub fn is_global(&self) -> bool {
        let is_utf8 = |reported: &Reported| {
            let address = self.address(reported).map(Address::as_str);
            address.into_iter().chain(self.original_recipient(reported)).any(|text| !text.is_ascii())
        };
        self.report.recipients.iter().any(is_utf8)
    }
}

/// The text of the part. `global`: UTF-8 is allowed in it.
pub fn delivery_status(hostname: &Domain, cases: &[Case], global: bool) -> String {
    let value = |text: &str| if global { printable(text) } else { ascii(text) };
    let mut text = field("Reporting-MTA", &format!("dns; {hostname}"));
    if let [case] = cases {
        let envelope = &case.report.envelope;
        if let Some(envid) = &envelope.dsn.envid {
            text.push_str(&field("Original-Envelope-Id", &value(envid)));
        }
        text.push_str(&field("Arrival-Date", &envelope.received_at.rfc5322()));
    }
    for case in cases {
        for reported in &case.report.recipients {
            text.push_str("\r\n");
            per_recipient(&mut text, case, reported, &value);
            if let (false, Some(id)) = (cases.len() == 1, &case.original.message_id) {
                text.push_str(&field("X-Original-Message-ID", &format!("<{id}>")));
            }
        }
    }
    text
}

fn per_recipient(text: &mut String, case: &Case, reported: &Reported, value: &impl Fn(&str) -> String) {
    let kind = case.report.kind;
    let mut put = |name: &str, value: &str| text.push_str(&field(name, value));
    if let Some((addr_type, original)) = case.original_recipient(reported).and_then(|text| text.split_once(';')) {
        put("Original-Recipient", &format!("{}; {}", value(addr_type), value(original)));
    }
    let address = case.address(reported).map_or("", Address::as_str);
    let addr_type = if address.is_ascii() { "rfc822" } else { "utf-8" };
    put("Final-Recipient", &format!("{addr_type}; {}", value(address)));
    put(
        "Action",
        match kind {
            ReportKind::Failed => "failed",
            ReportKind::Delayed => "delayed",
            ReportKind::Relayed => "relayed",
        },
    );
    put("Status", &status(kind, reported, case.gave_up(reported)).to_string());
    if let Some(exchanger) = &reported.exchanger {
        put("Remote-MTA", &format!("dns; {exchanger}"));
    }
    match &reported.reply {
        Some(reply) => put("Diagnostic-Code", &format!("smtp; {}", value(&reply.to_string()))),
        // No remote said anything: the reason is ours to say, under a type of our own (RFC 3464 §2.1.2).
        None if kind != ReportKind::Relayed => {
            let sentence = Language::En.verdict_sentence(reported.verdict);
            put("Diagnostic-Code", &format!("X-Nexthop; {}: {sentence}", reported.verdict));
        }
        None => {}
    }
    if let Some(at) = reported.last_attempt_at {
        put("Last-Attempt-Date", &at.rfc5322());
    }
    if kind == ReportKind::Delayed {
        put("Will-Retry-Until", &reported.expires_at.rfc5322());
    }
}
