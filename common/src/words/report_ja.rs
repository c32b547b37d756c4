//! What a report to a sender says, in Japanese.

use crate::words::ReportPhrase;

pub(super) fn say(phrase: &ReportPhrase<'_>) -> String {
    use ReportPhrase::*;
    match *phrase {
        SubjectFailed => "メールを配信できませんでした".into(),
        SubjectDelayed => "メールの配信が遅れています".into(),
        SubjectRelayed => "メールを次のサーバーに引き渡しました".into(),
        SubjectSeveral => "複数のメールを配信できませんでした".into(),
        Greeting { hostname } => format!("こちらはメールサーバー {hostname} です。"),
        Failed => "お送りになったメールを、次の受信者に配信できませんでした。この受信者への再試行は行いません。\
                   ほかの受信者への配信には影響ありません。"
            .into(),
        Delayed => "お送りになったメールを、次の受信者にまだ配信できていません。再試行を続けていますので、\
                    対応や再送は不要です。"
            .into(),
        Relayed => "お送りになったメールを、次の受信者のメールサーバーに引き渡しました。その後の結果は、\
                    先方のサーバーからは通知されません。"
            .into(),
        Several { recipients, hourly } => format!(
            "お送りになったメールを、さらに受信者{recipients}件に配信できませんでした。個別の通知は1時間に{hourly}通までの\
             ため、まとめてお知らせします。これらの受信者への再試行は行いません。"
        ),
        Message { subject, received_at, message_id } => {
            let subject = subject.map(|subject| format!("「{subject}」")).unwrap_or_default();
            let id = message_id.map(|id| format!("（Message-ID <{id}>）")).unwrap_or_default();
            format!("対象のメール: {subject} {received_at} 受付{id}")
        }
        Replied { exchanger: Some(exchanger), reply } => format!("{exchanger} の応答: {reply}"),
        Replied { exchanger: None, reply } => format!("先方のメールサーバーの応答: {reply}"),
        GivenUp => "期限まで再試行を繰り返しましたが、配信できませんでした。".into(),
        TriedUntil { time } => format!("{time} まで再試行します。"),
        HandedTo { exchanger: Some(exchanger) } => format!("{exchanger} に引き渡しました。"),
        HandedTo { exchanger: None } => "次のメールサーバーに引き渡しました。".into(),
        WholeAttached => "お送りになったメールを添付します。".into(),
        HeaderAttached => "お送りになったメールのヘッダーを添付します。".into(),
    }
}
