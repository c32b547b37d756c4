//! Why a probe was not made, or a name server's answer did not come, and what to do, in both languages.

use super::Language;

/// See the head of this file. Names are as they came; they are shown quoted and escaped.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ProbeRefusal<'a> {
    /// There is no server to ask.
    NoServers,
    /// What was named as a server is no address.
    NoServerAddress {
        /// As it was written.
        named: &'a str,
    },
    /// That server is not in the list.
    ServerNotListed {
        /// As it was written.
        named: &'a str,
        /// Those that may be asked.
        known: &'a str,
    },
    /// No type that can be asked for.
    NoSuchType {
        /// As it was written.
        asked: &'a str,
        /// Those that can.
        known: &'a str,
    },
    /// Nothing was written.
    NoName,
    /// An address, and not its PTR.
    AddressNeedsPtr {
        /// As it was written.
        address: &'a str,
    },
    /// It breaks the rules of names.
    NoDomain {
        /// As it was written, cut.
        shown: &'a str,
        /// Which rule, in English.
        why: &'a str,
    },
    /// No answer within the time.
    Silent {
        /// `192.0.2.53:53`.
        server: &'a str,
        /// How long it was waited for.
        seconds: u64,
    },
    /// Nobody listens there.
    Refused {
        /// `192.0.2.53:53`.
        server: &'a str,
    },
    /// It closed the connection without an answer.
    Closed {
        /// `192.0.2.53:53`.
        server: &'a str,
    },
    /// Another failure of the network.
    Failed {
        /// `192.0.2.53:53`.
        server: &'a str,
        /// As the operating system says it.
        why: &'a str,
    },
    /// Neither a host name nor an address.
    NoHost {
        /// Which rule it breaks, in English.
        why: &'a str,
    },
    /// Not a port.
    NoPort,
    /// All sessions are taken.
    NoSeat {
        /// As many as there may be.
        most: u64,
    },
    /// Too many at once.
    Busy {
        /// As many as there may be.
        most: u64,
    },
    /// Too many in a minute.
    TooMany {
        /// As many as there may be.
        most: u64,
    },
}

impl ProbeRefusal<'_> {
    /// The sentence in this language.
    pub fn say(&self, language: Language) -> String {
        match language {
            Language::En => self.en(),
            Language::Ja => self.ja(),
        }
    }

    fn en(&self) -> String {
        use ProbeRefusal::*;
        match self {
            NoServers => "No name server is configured; name one under [dns] servers.".into(),
            NoServerAddress { named } => {
                format!("{named:?} is no server address; write 192.0.2.53 or 192.0.2.53:53.")
            }
            ServerNotListed { named, known } => {
                format!("{named} may not be asked. dig asks these: {known}; name others under [probe] dns_servers.")
            }
            NoSuchType { asked, known } => {
                format!("{asked:?} is no record type that can be asked for; write one of {known}.")
            }
            NoName => "A name is needed; write a domain such as example.com.".into(),
            AddressNeedsPtr { address } => format!("{address} is an address; ask for its PTR, or write a domain."),
            NoDomain { shown, why } => format!("{shown:?} is no domain: {why}."),
            Silent { server, seconds } => {
                format!("{server} did not answer within {seconds} s; is it running and reachable?")
            }
            Refused { server } => format!("{server} refused: no name server listens there."),
            Closed { server } => format!("{server} closed the connection before it answered."),
            Failed { server, why } => format!("{server} cannot be asked: {why}."),
            NoHost { why } => format!("This is no host name and no address: {why}."),
            NoPort => "A port is a number from 1 to 65535.".into(),
            NoSeat { most } => format!("{most} SMTP sessions are open already. Close one, or try later."),
            Busy { most } => format!("{most} look-ups are at work already. Try again in a few seconds."),
            TooMany { most } => format!("{most} look-ups were made in this minute. Try again in a minute."),
        }
    }

    fn ja(&self) -> String {
        use ProbeRefusal::*;
        match self {
            NoServers => "ネームサーバーが設定されていません。[dns] の servers に指定してください。".into(),
            NoServerAddress { named } => {
                format!(
                    "{named:?} はサーバーのアドレスではありません。192.0.2.53 または 192.0.2.53:53 のように指定してください。"
                )
            }
            ServerNotListed { named, known } => format!(
                "{named} には問い合わせできません。問い合わせできるのは {known} です。追加するには [probe] の dns_servers に指定してください。"
            ),
            NoSuchType { asked, known } => {
                format!("{asked:?} というレコードタイプは問い合わせできません。{known} のいずれかを指定してください。")
            }
            NoName => "名前が必要です。example.com のようにドメインを入力してください。".into(),
            AddressNeedsPtr { address } => {
                format!("{address} はアドレスです。PTR を問い合わせるか、ドメインを入力してください。")
            }
            NoDomain { shown, why } => {
                format!("{shown:?} はドメイン名として正しくありません（{why}）。example.com のように入力してください。")
            }
            Silent { server, seconds } => {
                format!(
                    "{server} は {seconds} 秒以内に応答しませんでした。稼働しているか、到達できるかを確認してください。"
                )
            }
            Refused { server } => format!("{server} に拒否されました。ネームサーバーが待ち受けていません。"),
            Closed { server } => format!("{server} は応答せずに接続を閉じました。"),
            Failed { server, why } => format!("{server} に問い合わせできません（{why}）。"),
            NoHost { why } => {
                format!(
                    "ホスト名またはアドレスではありません（{why}）。mx.example.com や 192.0.2.25 のように入力してください。"
                )
            }
            NoPort => "ポートは 1 から 65535 までの数字です。".into(),
            NoSeat { most } => {
                format!("すでに {most} 件の SMTP セッションが開いています。いずれかを閉じるか、後でお試しください。")
            }
            Busy { most } => format!("すでに {most} 件の照会を実行中です。数秒後にもう一度お試しください。"),
            TooMany { most } => format!("この 1 分間に {most} 件の照会がありました。1 分後にもう一度お試しください。"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_refusal_says_in_both_languages_what_is_wrong_and_shows_nothing_that_steers() {
        let (hostile, server, why) = ("a\u{1b}[2J\u{202e}", "192.0.2.53:53", "a rule");
        let all = [
            ProbeRefusal::NoServers,
            ProbeRefusal::NoServerAddress { named: hostile },
            ProbeRefusal::ServerNotListed { named: server, known: server },
            ProbeRefusal::NoSuchType { asked: hostile, known: "A, MX" },
            ProbeRefusal::NoName,
            ProbeRefusal::AddressNeedsPtr { address: "192.0.2.1" },
            ProbeRefusal::NoDomain { shown: hostile, why },
            ProbeRefusal::Silent { server, seconds: 5 },
            ProbeRefusal::Refused { server },
            ProbeRefusal::Closed { server },
            ProbeRefusal::Failed { server, why },
            ProbeRefusal::NoHost { why },
            ProbeRefusal::NoPort,
            ProbeRefusal::NoSeat { most: 16 },
            ProbeRefusal::Busy { most: 16 },
            ProbeRefusal::TooMany { most: 60 },
        ];
        for refusal in all {
            let (en, ja) = (refusal.say(Language::En), refusal.say(Language::Ja));
            assert!(en.is_ascii() && en.ends_with(['.', '?']), "{en}");
            assert!(ja.ends_with('。') && ja.chars().any(|c| ('\u{3040}'..='\u{9fff}').contains(&c)), "{ja}");
            assert!(![en, ja].iter().any(|text| text.contains(['\u{1b}', '\u{202e}'])));
        }
    }
}
