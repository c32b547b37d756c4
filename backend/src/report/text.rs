//! The part for people: what happened to whom, in English and below it in Japanese.
//!
//! Never: a word that is not of the catalogue, except names, times and what a remote said, made visible.

use crate::report::escape::cut;
use crate::report::fields::Case;
use crate::report::original::Attached;
use common::vocab::{Address, Domain};
use common::words::{Language, ReportPhrase, printable};
use engine::report::{ReportKind, Reported};

/// Octets of a reply that are shown; the machine-readable part has more of it.
const REPLY_BYTES_MAX: usize = 500;
/// Columns after which a line is wrapped between words.
const COLUMNS: usize = 76;
/// What stands between the two languages.
const RULE: &str = "--------------------";

/// The subject of the report, in both languages.
pub fn subject(cases: &[Case]) -> String {
    let phrase = match cases {
        [case] => match case.report.kind {
            ReportKind::Failed => ReportPhrase::SubjectFailed,
            ReportKind::Delayed => ReportPhrase::SubjectDelayed,
            ReportKind::Relayed => ReportPhrase::SubjectRelayed,
        },
        _ => ReportPhrase::SubjectSeveral,
    };
    Language::ALL.map(|language| language.say_report(&phrase)).join(" / ")
}

/// The whole part. `hourly`: reports that an hour brings one by one.
pub fn text(hostname: &Domain, cases: &[Case], hourly: usize) -> String {
    Language::ALL.map(|language| in_language(language, hostname, cases, hourly)).join(&format!("\r\n{RULE}\r\n\r\n"))
}

fn in_language(language: Language, hostname: &Domain, cases: &[Case], hourly: usize) -> String {
    let say = |phrase: ReportPhrase<'_>| language.say_report(&phrase);
    let mut text = String::new();
    paragraph(&mut text, "", &say(ReportPhrase::Greeting { hostname: hostname.as_str() }));
    text.push_str("\r\n");
    let opening = match cases {
        [case] => match case.report.kind {
            ReportKind::Failed => ReportPhrase::Failed,
            ReportKind::Delayed => ReportPhrase::Delayed,
            ReportKind::Relayed => ReportPhrase::Relayed,
        },
        _ => {
            let recipients = cases.iter().map(|case| case.report.recipients.len() as u64).sum();
            ReportPhrase::Several { recipients, hourly: hourly as u64 }
        }
    };
    paragraph(&mut text, "", &say(opening));
    for case in cases {
        let (original, received_at) = (&case.original, case.report.envelope.received_at.rfc5322());
        let (subject, message_id) = (original.subject.as_deref(), original.message_id.as_deref());
        text.push_str("\r\n");
        paragraph(&mut text, "", &say(ReportPhrase::Message { subject, received_at: &received_at, message_id }));
        for reported in &case.report.recipients {
            recipient(&mut text, language, case, reported);
        }
    }
    match cases {
        [case] if matches!(case.original.attached, Attached::Whole(_)) => {
            text.push_str("\r\n");
            paragraph(&mut text, "", &say(ReportPhrase::WholeAttached));
        }
        [case] if matches!(case.original.attached, Attached::Header(_)) => {
            text.push_str("\r\n");
            paragraph(&mut text, "", &say(ReportPhrase::HeaderAttached));
        }
        _ => {}
    }
    text
}

fn recipient(text: &mut String, language: Language, case: &Case, reported: &Reported) {
    const INDENT: &str = "    ";
    let address = case.address(reported).map_or("", Address::as_str);
    text.push_str(&format!("\r\n<{}>\r\n", printable(address)));
    let mut say = |phrase: ReportPhrase<'_>| paragraph(text, INDENT, &language.say_report(&phrase));
    let exchanger = reported.exchanger.as_ref().map(Domain::as_str);
    if case.report.kind == ReportKind::Relayed {
        return say(ReportPhrase::HandedTo { exchanger });
    }
    let expires_at = reported.expires_at.rfc5322();
    if case.gave_up(reported) {
        say(ReportPhrase::GivenUp);
    } else if case.report.kind == ReportKind::Delayed {
        say(ReportPhrase::TriedUntil { time: &expires_at });
    }
    paragraph(text, INDENT, language.verdict_sentence(reported.verdict));
    if let Some(reply) = &reported.reply {
        let reply = cut(&printable(&reply.to_string()), REPLY_BYTES_MAX);
        paragraph(text, INDENT, &language.say_report(&ReportPhrase::Replied { exchanger, reply: &reply }));
    }
}

/// Adds a paragraph, wrapped between words.
fn paragraph(text: &mut String, indent: &str, sentence: &str) {
    let mut column = 0;
    for word in sentence.split(' ').filter(|word| !word.is_empty()) {
        let width = word.chars().count();
        if column > 0 && column + 1 + width > COLUMNS {
            text.push_str("\r\n");
            column = 0;
        }
        let gap = if column == 0 { indent } else { " " };
        text.push_str(gap);
        text.push_str(word);
        column += gap.len() + width;
    }
    text.push_str("\r\n");
}
