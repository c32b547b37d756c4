//! What a person reads, in English and Japanese: the same words in page, verb, log and ticket.
//!
//! Every phrase is one arm of an enum with typed parameters; each language is one `match` over all of them.
//! A phrase that is missing in a language, or a parameter too many, does not compile. The walk goes on in
//! `phrase` (what can be said), `en` and `ja` (how it is said).

#[macro_use]
mod side_by_side;

mod account;
mod action;
mod alert_en;
mod alert_ja;
mod certificate;
mod damage;
mod diagnosis;
mod duration;
mod en;
mod hangup;
mod headline_en;
mod headline_ja;
mod ja;
mod label;
mod label_en;
mod label_ja;
mod number;
mod panel;
mod people;
mod phrase;
mod printable;
mod probe;
mod recovery;
mod refusal;
mod report;
mod report_en;
mod report_ja;
mod sendmail;
mod setting;
mod setting_en;
mod setting_ja;
mod verb;
mod verb_en;
mod verb_ja;
mod verdict_en;
mod verdict_ja;
mod waiting_en;
mod waiting_ja;

#[cfg(test)]
mod complete;

pub use account::AccountPhrase;
pub use action::ActionPhrase;
pub use certificate::CertificatePhrase;
pub use diagnosis::{DiagnosisHead, DiagnosisPhrase};
pub use label::{Label, Note};
pub use number::grouped;
pub use panel::PanelWord;
pub use people::PeopleWord;
pub use phrase::{Column, Headline, Hold, HostTrouble, ListFooter, Phrase, Protection, RetryReceipt, SLOT, Waiting};
pub use printable::{printable, printable_lines};
pub use probe::ProbePhrase;
pub use recovery::{ReadingPhrase, RecoveryPhrase};
pub use refusal::ProbeRefusal;
pub use report::ReportPhrase;
pub use sendmail::SendmailPhrase;
pub use setting::SettingPhrase;
pub use verb::VerbPhrase;

use crate::filter::FilterError;
use crate::vocab::{SessionEnd, TargetRule, VerdictCode};
use crate::wire::DamagedRecord;

/// A language of the catalogue.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum Language {
    /// English.
    #[default]
    En,
    /// Japanese.
    Ja,
}

impl Language {
    /// All of them.
    pub const ALL: [Language; 2] = [Language::En, Language::Ja];

    /// From a tag such as `ja`, `ja-JP` or `ja_JP.UTF-8`; English if it is of another language.
    pub fn from_tag(tag: &str) -> Language {
        Language::known_tag(tag.trim()).unwrap_or_default()
    }

    /// The best of a field Accept-Language such as `de, ja;q=0.8, en;q=0.5` (RFC 9110 section 12.5.4): the first of
    /// those with the highest weight. `None` if none of them is spoken here.
    pub fn accepted(field: &str) -> Option<Language> {
        let mut best = None;
        for range in field.split(',') {
            let (tag, parameter) = range.split_once(';').unwrap_or((range, ""));
            let weight = match parameter.trim().strip_prefix("q=") {
                Some(weight) => weight.trim().parse().unwrap_or(0.0),
                None => 1.0,
            };
            if let Some(language) = Language::known_tag(tag.trim())
                && weight > best.map_or(0.0, |(_, most)| most)
            {
                best = Some((language, weight));
            }
        }
        best.map(|(language, _)| language)
    }

    /// From one tag such as `ja-JP`; `None` if it is of a language that is not spoken here.
    pub fn known_tag(tag: &str) -> Option<Language> {
        let primary = tag.split(['-', '_', '.']).next().unwrap_or("");
        Language::ALL.into_iter().find(|language| primary.eq_ignore_ascii_case(language.tag()))
    }

    /// For `<html lang>`.
    pub fn tag(self) -> &'static str {
        match self {
            Language::En => "en",
            Language::Ja => "ja",
        }
    }

    /// Its name in itself.
    pub fn name(self) -> &'static str {
        match self {
            Language::En => "English",
            Language::Ja => "日本語",
        }
    }

    /// The phrase in this language.
    pub fn say(self, phrase: &Phrase<'_>) -> String {
        match self {
            Language::En => en::say(phrase),
            Language::Ja => ja::say(phrase),
        }
    }

    /// What a verb says, in this language.
    pub fn say_verb(self, phrase: &VerbPhrase<'_>) -> String {
        match self {
            Language::En => verb_en::say(phrase),
            Language::Ja => verb_ja::say(phrase),
        }
    }

    /// What a report to a sender says, in this language.
    pub fn say_report(self, phrase: &ReportPhrase<'_>) -> String {
        match self {
            Language::En => report_en::say(phrase),
            Language::Ja => report_ja::say(phrase),
        }
    }

    /// What is said of an action, in this language.
    pub fn say_action(self, phrase: &ActionPhrase<'_>) -> String {
        match self {
            Language::En => phrase.en(),
            Language::Ja => phrase.ja(),
        }
    }

    /// What is said of a damaged record, in this language.
    pub fn say_damage(self, record: &DamagedRecord) -> String {
        match self {
            Language::En => record.en(),
            Language::Ja => record.ja(),
        }
    }

    /// What is said of a start, in this language; empty if it found nothing.
    pub fn say_recovery(self, found: &RecoveryPhrase) -> String {
        match self {
            Language::En => found.en(),
            Language::Ja => found.ja(),
        }
    }

    /// What is said while a start still reads what waits from before, in this language.
    pub fn say_reading(self, phrase: &ReadingPhrase) -> String {
        match self {
            Language::En => phrase.en(),
            Language::Ja => phrase.ja(),
        }
    }

    /// What is said of a probe, in this language.
    pub fn say_probe(self, phrase: &ProbePhrase<'_>) -> String {
        match self {
            Language::En => phrase.en(),
            Language::Ja => phrase.ja(),
        }
    }

    /// What is said of a diagnosis, in this language.
    pub fn say_diagnosis(self, phrase: &DiagnosisPhrase<'_>) -> String {
        match self {
            Language::En => phrase.en(),
            Language::Ja => phrase.ja(),
        }
    }

    /// Why a session by hand is over, in this language.
    pub fn say_end(self, end: &SessionEnd) -> String {
        match self {
            Language::En => end.en(),
            Language::Ja => end.ja(),
        }
    }

    /// What an address is that is not dialled, in this language: `a loopback address`.
    pub fn say_rule(self, rule: TargetRule) -> &'static str {
        match self {
            Language::En => rule.en(),
            Language::Ja => rule.ja(),
        }
    }

    /// What is wrong with a filter, in this language.
    pub fn say_filter(self, error: &FilterError) -> String {
        match self {
            Language::En => error.en(),
            Language::Ja => error.ja(),
        }
    }

    /// What is said of a setting, in this language.
    pub fn say_setting(self, phrase: &SettingPhrase<'_>) -> String {
        match self {
            Language::En => setting_en::say(phrase),
            Language::Ja => setting_ja::say(phrase),
        }
    }

    /// What the verdict means, in one sentence.
    pub fn verdict_sentence(self, code: VerdictCode) -> &'static str {
        match self {
            Language::En => verdict_en::sentence(code),
            Language::Ja => verdict_ja::sentence(code),
        }
    }

    /// What to do about the verdict, and who has to.
    pub fn verdict_advice(self, code: VerdictCode) -> &'static str {
        match self {
            Language::En => verdict_en::advice(code),
            Language::Ja => verdict_ja::advice(code),
        }
    }
}
