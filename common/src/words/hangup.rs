//! Why a session by hand is over, and why an address is not dialled, in both languages.

use super::Language;
use crate::vocab::{SessionEnd, TargetRule};

impl TargetRule {
    pub(super) fn en(self) -> &'static str {
        match self {
            TargetRule::Unspecified => "an unspecified address",
            TargetRule::Multicast => "a multicast address",
            TargetRule::Reserved => "a reserved address",
            TargetRule::OurOwn => "a listener of this server",
            TargetRule::ProbePort => "a port that probes may not look at",
            TargetRule::Loopback => "a loopback address",
            TargetRule::LinkLocal => "a link-local address",
            TargetRule::Metadata => "a cloud metadata address",
            TargetRule::Private => "a private address",
            TargetRule::Shared => "a shared address (100.64.0.0/10)",
            TargetRule::UniqueLocal => "a unique local address (fc00::/7)",
            TargetRule::Special => "a special-purpose address",
            TargetRule::Documentation => "an address for documentation",
            TargetRule::Other => "an address that is not dialled",
        }
    }

    pub(super) fn ja(self) -> &'static str {
        match self {
            TargetRule::Unspecified => "未指定アドレス",
            TargetRule::Multicast => "マルチキャストアドレス",
            TargetRule::Reserved => "予約済みアドレス",
            TargetRule::OurOwn => "このサーバー自身の待ち受けアドレス",
            TargetRule::ProbePort => "診断で接続できないポート",
            TargetRule::Loopback => "ループバックアドレス",
            TargetRule::LinkLocal => "リンクローカルアドレス",
            TargetRule::Metadata => "クラウドのメタデータ用アドレス",
            TargetRule::Private => "プライベートアドレス",
            TargetRule::Shared => "共有アドレス（100.64.0.0/10）",
            TargetRule::UniqueLocal => "ユニークローカルアドレス（fc00::/7）",
            TargetRule::Special => "特殊用途のアドレス",
            TargetRule::Documentation => "文書用のアドレス",
            TargetRule::Other => "接続しないアドレス",
        }
    }
}

impl SessionEnd {
    pub(super) fn en(&self) -> String {
        use SessionEnd::*;
        match self {
            NoAddress { host } => format!("{host} has no address."),
            NotFound { host, verdict, detail } => {
                let more = if detail.is_empty() { String::new() } else { format!(" ({detail})") };
                format!("{host}: {}{more}", Language::En.verdict_sentence(*verdict))
            }
            Forbidden { address, rule } => format!("{address} is {}: it is not dialled.", rule.en()),
            Refused { address } => format!("{address}: the connection was refused."),
            NoRoute { address } => format!("{address}: there is no route to it."),
            Unanswered { address, seconds } => format!("{address}: no answer within {seconds} s."),
            Unreachable { address, detail } => format!("{address}: {detail}."),
            TheyClosed => "They closed the connection.".into(),
            WeClosed => "We closed the connection.".into(),
            Broke { detail } => format!("The connection broke: {detail}."),
            Quiet { seconds } => format!("Nothing was said for {seconds} s."),
            TooLong { seconds } => format!("A session lasts {seconds} s at most."),
            TooMuch { octets } => format!("They sent more than {}.", octets_en(*octets)),
            TooManyLines { lines } => format!("They sent more than {lines} lines."),
            TypedTooMany { lines } => format!("{lines} lines were typed: that is the most for one session."),
            TookNothing { seconds } => format!("They took nothing for {seconds} s."),
            Injected => "They slipped something in behind the 220, before the handshake.".into(),
            SecuredTwice => "They answered 220 to STARTTLS in a session that has TLS already.".into(),
            Handshake { detail } => format!("The TLS handshake failed: {detail}."),
            HandshakeSlow { seconds } => format!("The TLS handshake took more than {seconds} s."),
            Stopping => "The server is stopping.".into(),
            Unheard => "Nobody listens any more.".into(),
            Other => "The session is over.".into(),
        }
    }

    pub(super) fn ja(&self) -> String {
        use SessionEnd::*;
        match self {
            NoAddress { host } => format!("{host} にはアドレスがありません。"),
            NotFound { host, verdict, detail } => {
                let more = if detail.is_empty() { String::new() } else { format!("（{detail}）") };
                format!("{host}：{}{more}", Language::Ja.verdict_sentence(*verdict))
            }
            Forbidden { address, rule } => format!("{address} は{}のため、接続しません。", rule.ja()),
            Refused { address } => format!("{address}：接続を拒否されました。"),
            NoRoute { address } => format!("{address}：到達できる経路がありません。"),
            Unanswered { address, seconds } => format!("{address}：{seconds} 秒以内に応答がありませんでした。"),
            Unreachable { address, detail } => format!("{address}：接続できません（{detail}）。"),
            TheyClosed => "相手が接続を閉じました。".into(),
            WeClosed => "こちらから接続を閉じました。".into(),
            Broke { detail } => format!("接続が切れました（{detail}）。"),
            Quiet { seconds } => format!("{seconds} 秒間、どちらからも通信がありませんでした。"),
            TooLong { seconds } => format!("セッションは最長 {seconds} 秒です。"),
            TooMuch { octets } => format!("相手が {} を超えて送信しました。", octets_en(*octets)),
            TooManyLines { lines } => format!("相手が {lines} 行を超えて送信しました。"),
            TypedTooMany { lines } => format!("1 セッションで入力できるのは {lines} 行までです。"),
            TookNothing { seconds } => format!("相手が {seconds} 秒間、データを受け取りませんでした。"),
            Injected => "220 応答の後、ハンドシェイクの前に、平文のデータが紛れ込みました。".into(),
            SecuredTwice => "TLS で保護済みのセッションで、相手が STARTTLS に 220 を返しました。".into(),
            Handshake { detail } => format!("TLS ハンドシェイクに失敗しました（{detail}）。"),
            HandshakeSlow { seconds } => format!("TLS ハンドシェイクが {seconds} 秒以内に終わりませんでした。"),
            Stopping => "サーバーが停止しています。".into(),
            Unheard => "このセッションを見ている人がいなくなりました。".into(),
            Other => "セッションが終了しました。".into(),
        }
    }
}

/// `1 MiB`, where it is whole; the limits are.
fn octets_en(octets: u64) -> String {
    match octets {
        whole if whole > 0 && whole % (1 << 20) == 0 => format!("{} MiB", whole >> 20),
        other => format!("{other} B"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::vocab::VerdictCode;

    #[test]
    fn every_end_of_a_session_is_said_in_both_languages() {
        let (host, address, detail) = ("mx.test".to_owned(), "192.0.2.1:25".to_owned(), "x".to_owned());
        let verdict = VerdictCode::DnsServfail;
        let mut all = vec![
            SessionEnd::NoAddress { host: host.clone() },
            SessionEnd::NotFound { host: host.clone(), verdict, detail: String::new() },
            SessionEnd::NotFound { host, verdict, detail: detail.clone() },
            SessionEnd::Refused { address: address.clone() },
            SessionEnd::NoRoute { address: address.clone() },
            SessionEnd::Unanswered { address: address.clone(), seconds: 10 },
            SessionEnd::Unreachable { address: address.clone(), detail: detail.clone() },
            SessionEnd::TheyClosed,
            SessionEnd::WeClosed,
            SessionEnd::Broke { detail: detail.clone() },
            SessionEnd::Quiet { seconds: 60 },
            SessionEnd::TooLong { seconds: 300 },
            SessionEnd::TooMuch { octets: 1 << 20 },
            SessionEnd::TooManyLines { lines: 200 },
            SessionEnd::TypedTooMany { lines: 200 },
            SessionEnd::TookNothing { seconds: 10 },
            SessionEnd::Injected,
            SessionEnd::SecuredTwice,
            SessionEnd::Handshake { detail },
            SessionEnd::HandshakeSlow { seconds: 60 },
            SessionEnd::Stopping,
            SessionEnd::Unheard,
            SessionEnd::Other,
        ];
        all.extend(TargetRule::ALL.map(|rule| SessionEnd::Forbidden { address: address.clone(), rule }));
        for end in all {
            let (en, ja) = (end.en(), end.ja());
            assert!(en.is_ascii() && (en.ends_with('.') || en.ends_with(')')), "{en}");
            assert!(ja.chars().any(|c| ('\u{3040}'..='\u{9fff}').contains(&c)), "{ja}");
            let json = serde_json::to_string(&end).unwrap();
            assert_eq!(serde_json::from_str::<SessionEnd>(&json).unwrap(), end, "{json}");
        }
        assert_eq!(serde_json::from_str::<SessionEnd>(r#"{"code":"tomorrow","x":1}"#).unwrap(), SessionEnd::Other);
    }
}
