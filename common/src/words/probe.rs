//! What is said of a look at the outside (dig, telnet), in both languages.

use super::grouped;

/// A sentence about a probe. Texts of the other side are as they came; whoever shows them escapes them.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ProbePhrase<'a> {
    /// Heading of the addresses that delivery would connect to.
    WouldUse {
        /// How long that is believed.
        seconds: u64,
    },
    /// The same, where a configured route decides.
    WouldUseByRoute {
        /// How long that is believed.
        seconds: u64,
    },
    /// In the place of MX records that a domain does not have.
    NoMxRecord,
    /// A route throws this domain's mail away.
    WouldDiscard,
    /// Delivery has nowhere to go.
    WouldFail {
        /// What the verdict means, in this language.
        sentence: &'a str,
        /// More of it; may be empty.
        detail: &'a str,
    },
    /// Records that are not shown.
    LeftOut {
        /// How many.
        records: u64,
    },
    /// Where a session is kept, and its limits.
    Session {
        /// Its number.
        id: u64,
        /// Lines of each side.
        lines: u64,
        /// Seconds in all.
        seconds: u64,
        /// Seconds without a word.
        idle: u64,
    },
    /// The other side is waited for.
    Silence {
        /// For how long.
        seconds: u64,
    },
    /// Names, issuer and end of a certificate, one line.
    Certificate {
        /// Joined by commas.
        names: &'a str,
        /// Who issued it; may be empty.
        issuer: &'a str,
        /// Until when; may be empty.
        until: &'a str,
    },
}

impl ProbePhrase<'_> {
    pub(super) fn en(&self) -> String {
        use ProbePhrase::*;
        match self {
            WouldUse { seconds } => format!("Delivery would use, in this order, for the next {seconds} s:"),
            WouldUseByRoute { seconds } => {
                format!("A route decides. Delivery would use, in this order, for the next {seconds} s:")
            }
            NoMxRecord => "None: the domain's own address takes its mail (RFC 5321 section 5.1).".into(),
            WouldDiscard => "A route decides: mail for this domain is thrown away.".into(),
            WouldFail { sentence, detail: "" } => format!("Delivery would find no mail server. {sentence}"),
            WouldFail { sentence, detail } => format!("Delivery would find no mail server. {sentence} ({detail})"),
            LeftOut { records: 1 } => "1 record is not shown: the answer is too large.".into(),
            LeftOut { records } => format!("{} records are not shown: the answer is too large.", grouped(*records)),
            Session { id, lines, seconds, idle } => format!(
                "Session {id}, kept under /probes/{id}: at most {lines} lines each way and {seconds} s; it ends after \
                 {idle} s without a word."
            ),
            Silence { seconds } => format!("They have said nothing for {seconds} s."),
            Certificate { names, issuer, until } => {
                let part =
                    |word: &str, text: &str| if text.is_empty() { String::new() } else { format!("{word}{text}") };
                let names = if names.is_empty() { "no name" } else { names };
                format!("Certificate for {names}{}{}", part(", issued by ", issuer), part(", valid until ", until))
            }
        }
    }

    pub(super) fn ja(&self) -> String {
        use ProbePhrase::*;
        match self {
            WouldUse { seconds } => format!("配信では次の順に使います（今後 {seconds} 秒間）:"),
            WouldUseByRoute { seconds } => {
                format!("ルート設定に従います。配信では次の順に使います（今後 {seconds} 秒間）:")
            }
            NoMxRecord => "なし（ドメイン自身のアドレスへ配信します。RFC 5321 5.1節）".into(),
            WouldDiscard => "ルート設定により、このドメイン宛てのメールは破棄されます。".into(),
            WouldFail { sentence, detail: "" } => format!("配信先のメールサーバーが見つかりません。{sentence}"),
            WouldFail { sentence, detail } => format!("配信先のメールサーバーが見つかりません。{sentence}（{detail}）"),
            LeftOut { records } => {
                format!("応答が大きすぎるため、{} 件のレコードは表示していません。", grouped(*records))
            }
            Session { id, lines, seconds, idle } => format!(
                "セッション {id}（/probes/{id} に保存）: 双方それぞれ最大 {lines} 行、最長 {seconds} 秒。{idle} 秒間やり取りがなければ終了します。"
            ),
            Silence { seconds } => format!("相手は {seconds} 秒間、何も返していません。"),
            Certificate { names, issuer, until } => {
                let part =
                    |word: &str, text: &str| if text.is_empty() { String::new() } else { format!("、{word}: {text}") };
                let names = if names.is_empty() { "なし" } else { names };
                format!("証明書の名前: {names}{}{}", part("発行者", issuer), part("有効期限", until))
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_sentence_is_whole_in_both_languages() {
        let all = [
            ProbePhrase::WouldUse { seconds: 300 },
            ProbePhrase::WouldUseByRoute { seconds: 300 },
            ProbePhrase::WouldDiscard,
            ProbePhrase::NoMxRecord,
            ProbePhrase::WouldFail { sentence: "x.", detail: "" },
            ProbePhrase::WouldFail { sentence: "x.", detail: "y" },
            ProbePhrase::LeftOut { records: 1 },
            ProbePhrase::LeftOut { records: 2_000 },
            ProbePhrase::Session { id: 7, lines: 200, seconds: 300, idle: 60 },
            ProbePhrase::Silence { seconds: 10 },
            ProbePhrase::Certificate { names: "", issuer: "", until: "" },
        ];
        for phrase in all {
            let (en, ja) = (phrase.en(), phrase.ja());
            assert!(en.is_ascii() && en.len() > 10, "{en}");
            assert!(ja.chars().any(|c| ('\u{3040}'..='\u{9fff}').contains(&c)), "{ja}");
        }
        let certificate = ProbePhrase::Certificate { names: "a.test, b.test", issuer: "CA", until: "2026" };
        assert_eq!(certificate.en(), "Certificate for a.test, b.test, issued by CA, valid until 2026");
        assert_eq!(certificate.ja(), "証明書の名前: a.test, b.test、発行者: CA、有効期限: 2026");
    }
}
