//! What is said of a diagnosis, in both languages.

use super::Language;
use crate::wire::{DiagnosisStage, StageState};

/// A word or sentence about a diagnosis. Texts of the other side are as they came; whoever shows them escapes them.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum DiagnosisPhrase<'a> {
    /// A stage.
    Stage(DiagnosisStage),
    /// How it ended.
    State(StageState),
    /// How long the look-up took.
    Dns {
        /// Milliseconds.
        ms: u64,
    },
    /// Delivery's own latest connection here ended the same way.
    RealSame {
        /// When.
        at: &'a str,
    },
    /// It ended otherwise.
    RealDiffers {
        /// When.
        at: &'a str,
        /// How: the sentence of its verdict.
        sentence: &'a str,
        /// What they said; may be empty.
        said: &'a str,
    },
    /// Delivery has not been here.
    RealNone,
    /// At the stage STARTTLS.
    NotOffered,
    /// Addresses that were not looked at.
    LeftOut {
        /// How many.
        addresses: u64,
    },
}

impl DiagnosisPhrase<'_> {
    pub(super) fn en(&self) -> String {
        use DiagnosisPhrase::*;
        match self {
            Stage(stage) => stage_en(*stage).into(),
            State(state) => state_en(*state).into(),
            Dns { ms } => format!("Mail servers found after {ms} ms."),
            RealSame { at } => format!("Delivery met the same here at {at}."),
            RealDiffers { at, sentence, said: "" } => format!("Delivery met something else here at {at}: {sentence}"),
            RealDiffers { at, sentence, said } => {
                format!("Delivery met something else here at {at}: {sentence} ({said})")
            }
            RealNone => "Delivery has not connected here yet.".into(),
            NotOffered => "not offered: mail goes in clear text".into(),
            LeftOut { addresses: 1 } => "1 more address was not looked at.".into(),
            LeftOut { addresses } => format!("{addresses} more addresses were not looked at."),
        }
    }

    pub(super) fn ja(&self) -> String {
        use DiagnosisPhrase::*;
        match self {
            Stage(stage) => stage_ja(*stage).into(),
            State(state) => state_ja(*state).into(),
            Dns { ms } => format!("メールサーバーは {ms} ミリ秒で判明しました。"),
            RealSame { at } => format!("実際の配信も {at} に同じ結果でした。"),
            RealDiffers { at, sentence, said: "" } => format!("実際の配信は {at} に異なる結果でした: {sentence}"),
            RealDiffers { at, sentence, said } => {
                format!("実際の配信は {at} に異なる結果でした: {sentence}（{said}）")
            }
            RealNone => "実際の配信では、まだここに接続していません。".into(),
            NotOffered => "提供なし（平文で送信）".into(),
            LeftOut { addresses } => format!("ほかに {addresses} 個のアドレスは調べていません。"),
        }
    }
}

/// What stands around a diagnosis where it is printed: the page has its own heads.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum DiagnosisHead<'a> {
    /// The heading.
    Title {
        /// The domain.
        host: &'a str,
        /// When it began.
        at: &'a str,
    },
    /// Before the sentence that it comes to.
    Verdict,
    /// Before the advice.
    Advice,
    /// It has not come to an end in time.
    Unfinished,
}

impl DiagnosisHead<'_> {
    /// In this language.
    pub fn say(self, language: Language) -> String {
        let [en, ja] = match self {
            DiagnosisHead::Title { host, at } => {
                [format!("Diagnosis of {host}, {at}"), format!("{host} の診断（{at}）")]
            }
            DiagnosisHead::Verdict => ["Verdict:", "判定:"].map(String::from),
            DiagnosisHead::Advice => ["What to do:", "対処:"].map(String::from),
            DiagnosisHead::Unfinished => [
                "the diagnosis has not come to an end; ask for it again in a moment",
                "診断がまだ終わっていません。しばらくしてから、もう一度実行してください",
            ]
            .map(String::from),
        };
        match language {
            Language::En => en,
            Language::Ja => ja,
        }
    }
}

fn stage_en(stage: DiagnosisStage) -> &'static str {
    match stage {
        DiagnosisStage::Tcp => "TCP",
        DiagnosisStage::Banner => "banner",
        DiagnosisStage::Ehlo => "EHLO",
        DiagnosisStage::Starttls => "STARTTLS",
        DiagnosisStage::Certificate => "certificate",
        DiagnosisStage::EhloTls => "EHLO (TLS)",
        DiagnosisStage::Quit => "QUIT",
        DiagnosisStage::Other => "further stage",
    }
}

fn stage_ja(stage: DiagnosisStage) -> &'static str {
    match stage {
        DiagnosisStage::Banner => "バナー",
        DiagnosisStage::Certificate => "証明書",
        DiagnosisStage::EhloTls => "EHLO（TLS）",
        DiagnosisStage::Other => "その他の段階",
        DiagnosisStage::Tcp | DiagnosisStage::Ehlo | DiagnosisStage::Starttls | DiagnosisStage::Quit => stage_en(stage),
    }
}

fn state_en(state: StageState) -> &'static str {
    match state {
        StageState::Ok => "ok",
        StageState::Warning => "warning",
        StageState::Failed => "FAILED",
        StageState::NotRun => "did not run",
        StageState::Other => "?",
    }
}

fn state_ja(state: StageState) -> &'static str {
    match state {
        StageState::Ok => "正常",
        StageState::Warning => "注意",
        StageState::Failed => "失敗",
        StageState::NotRun => "未実行",
        StageState::Other => "?",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_sentence_is_said_in_both_languages_and_every_stage_has_its_own_word() {
        let (at, sentence, said) = ("now", "It is full.", "452 full");
        for phrase in [
            DiagnosisPhrase::Dns { ms: 3 },
            DiagnosisPhrase::RealSame { at },
            DiagnosisPhrase::RealDiffers { at, sentence, said },
            DiagnosisPhrase::RealDiffers { at, sentence, said: "" },
            DiagnosisPhrase::RealNone,
            DiagnosisPhrase::NotOffered,
            DiagnosisPhrase::LeftOut { addresses: 1 },
            DiagnosisPhrase::LeftOut { addresses: 2 },
        ] {
            let (en, ja) = (Language::En.say_diagnosis(&phrase), Language::Ja.say_diagnosis(&phrase));
            assert!(en.is_ascii() && !ja.is_ascii(), "{en} / {ja}");
        }
        for language in Language::ALL {
            let stages = DiagnosisStage::ALL.map(|stage| language.say_diagnosis(&DiagnosisPhrase::Stage(stage)));
            let different: std::collections::HashSet<&String> = stages.iter().collect();
            assert_eq!(different.len(), stages.len(), "{stages:?}");
        }
    }
}
