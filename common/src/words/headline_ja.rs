//! The sentence at the head of the page, in Japanese. Its twin is `headline_en`.

use crate::vocab::VerdictCode as Code;
use crate::words::phrase::{Headline, HostTrouble};
use crate::words::{Language, duration, grouped};

/// The sentence, or two.
pub(super) fn say(headline: &Headline<'_>) -> String {
    match headline {
        Headline::NoMail => "待機中のメールはありません。".into(),
        Headline::AllMoving => "すべてのメールが正常に配信されています。".into(),
        Headline::Host(trouble) => host(trouble),
        Headline::Several { recipients, down, limited, held } => {
            let counts = [(*down, "停止"), (*limited, "制限中"), (*held, "保留中")];
            let hosts: Vec<String> = counts
                .iter()
                .filter(|(count, _)| *count > 0)
                .map(|(count, word)| format!("{word}のホストが{}件", grouped(*count)))
                .collect();
            format!("受信者{}件が待機中です。{}あります。", grouped(*recipients), hosts.join("、"))
        }
    }
}

fn host(trouble: &HostTrouble<'_>) -> String {
    let since = match trouble.span {
        Some(span) => format!("{}前から", duration::long(Language::Ja, span)),
        None => String::new(),
    };
    let others = match trouble.others {
        0 => "その他の配信は正常です。".into(),
        count => format!("ほかに確認が必要なホストが{}件あります。", grouped(count)),
    };
    let (count, clause) = (grouped(trouble.recipients), clause(trouble.code));
    format!("{} 宛ての受信者{count}件が待機中です。{since}{clause}。{others}", trouble.host)
}

/// What has been going on, so that 「47分前から」 can stand before it.
fn clause(code: Option<Code>) -> &'static str {
    match code {
        Some(Code::TcpRefused) => "接続が拒否されています",
        Some(Code::TcpTimeout | Code::SmtpGreetDelay) => "応答がありません",
        Some(Code::TcpNoRoute | Code::TcpTimeoutAll) => "こちらから到達できません",
        Some(Code::GuardTarget) => "接続が許可されていないアドレスになっています",
        Some(Code::DnsOurs) => "こちらのネームサーバーで調べられません",
        Some(Code::DnsServfail | Code::DnsMxUnusable | Code::DnsNxdomain | Code::DnsNullMx) => {
            "メールサーバーが見つかりません"
        }
        Some(Code::SmtpGreylist | Code::SmtpDeferred | Code::SmtpBanner4xx | Code::SmtpMailboxFull) => {
            "先方が配信を延期しています"
        }
        Some(Code::SmtpRate) => "送信量を減らすよう求められています",
        Some(Code::LimitOurs) => "こちらの上限に達しています",
        Some(Code::SmtpDropped | Code::SmtpProtocol) => "通信が途中で切断されています",
        Some(
            Code::SmtpRejected
            | Code::SmtpContent
            | Code::SmtpBanner5xx
            | Code::SmtpAuth
            | Code::SmtpUnsupported
            | Code::SmtpUnknownUser,
        ) => "受け取りが拒否されています",
        Some(
            Code::TlsNoneRequired
            | Code::TlsHandshake
            | Code::TlsCertExpired
            | Code::TlsCertName
            | Code::TlsCertChain
            | Code::PolicyMtaSts
            | Code::PolicyDane,
        ) => "暗号化の確認に失敗しています",
        Some(Code::Held | Code::Suspended) => "保留されています",
        Some(Code::GuardDisk | Code::GuardBrake) => "こちらの保護機能により停止しています",
        Some(Code::RouteLoop) => "経路がこのサーバーに戻っています",
        Some(Code::Ok | Code::OkPartial | Code::Other) | None => "問題が発生しています",
    }
}
