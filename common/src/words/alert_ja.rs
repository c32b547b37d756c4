//! What is wrong on our own side and what to do, in Japanese. Its twin is `alert_en`.

use crate::vocab::Alert;
use crate::words::grouped;

pub(super) fn sentence(alert: &Alert) -> String {
    match *alert {
        Alert::ClockJumped { from, to } => {
            format!("このマシンの時計が {} から {} に飛びました。", from.status_line(), to.status_line())
        }
        Alert::BrakePulled { refused: 0, .. } => {
            "起動前に複数のホストから一度に拒否されました。拒否されたメールはバウンスせずに待機しています。".into()
        }
        Alert::BrakePulled { refused, hosts } => format!(
            "互いに無関係な{}ホストが、送信元を理由に受信者{}件を一度に拒否しました。以後に拒否されたメールはバウンスせずに待機します。",
            grouped(hosts),
            grouped(refused)
        ),
        Alert::ResolverSuspected { domains, gone } => format!(
            "最近調べた{}ドメインのうち{}が存在しないと応答されました。リゾルバーを信用せず、その応答ではバウンスしません。",
            grouped(domains),
            grouped(gone)
        ),
        Alert::Other => "この画面がまだ知らない問題が起きています。".into(),
    }
}

pub(super) fn advice(alert: &Alert) -> &'static str {
    match alert {
        Alert::ClockJumped { .. } => {
            "このマシンの時刻同期を確認してください。時計が飛んだことだけで期限切れになるメールはなく、その前に必ずもう一度配送を試みます。"
        }
        Alert::BrakePulled { .. } => {
            "こちらのアドレスがブロックリストに載っていないか、SPF、DKIM、逆引きDNSが正しいかを確認してください。その後に再試行すると、\
             待機中のメールはすぐに試され、再び拒否されたものはバウンスします。"
        }
        Alert::ResolverSuspected { .. } => "[dns] のネームサーバーを確認してください（例: “nexthop dig”）。",
        Alert::Other => "“nexthop status” とログを確認してください。",
    }
}
