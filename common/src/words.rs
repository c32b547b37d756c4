//! What a person reads, in English and Japanese: the same words in page, verb, log and ticket.
//!
//! Every phrase is one arm of an enum with typed parameters; each language is one `match` over all of them.
//! A phrase that is missing in a language, or a parameter too many, does not compile.

mod en;
mod ja;
mod phrase;
mod setting;
mod setting_en;
mod setting_ja;
mod verb;
mod verb_en;
mod verb_ja;

pub use phrase::Phrase;
pub use setting::SettingPhrase;
pub use verb::VerbPhrase;

use crate::vocab::VerdictCode;

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

    /// From a tag such as `ja`, `ja-JP`, `ja_JP.UTF-8` or an Accept-Language value; English if none fits.
    pub fn from_tag(tag: &str) -> Language {
        let first = tag.split([',', ';']).next().unwrap_or("").trim().to_ascii_lowercase();
        match first.split(['-', '_', '.']).next() {
            Some("ja") => Language::Ja,
            _ => Language::En,
        }
    }

    /// For `<html lang>`.
    pub fn tag(self) -> &'static str {
        match self {
            Language::En => "en",
            Language::Ja => "ja",
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
            Language::En => en::verdict_sentence(code),
            Language::Ja => ja::verdict_sentence(code),
        }
    }

    /// What to do about the verdict.
    pub fn verdict_advice(self, code: VerdictCode) -> &'static str {
        match self {
            Language::En => en::verdict_advice(code),
            Language::Ja => ja::verdict_advice(code),
        }
    }
}
