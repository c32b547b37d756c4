//! Why a recipient waits, in Japanese: the cause with what it rests on. Its twin is `waiting_en`.

use crate::vocab::{Guard, Limit, VerdictCode, WaitCause};
use crate::words::phrase::{Hold, Waiting};
use crate::words::{Language, duration, grouped, ja, verdict_ja};

/// The sentence without an end: a countdown may follow.
pub(super) fn say(waiting: &Waiting<'_>) -> String {
    let cause = ja::cause(waiting.cause);
    let rule = waiting.rule.unwrap_or("*");
    match (waiting.hold, waiting.guard) {
        (Some(Hold { by, reason: Some(reason) }), _) => return format!("{cause}（{by} による: {reason}）"),
        (Some(Hold { by, reason: None }), _) => return format!("{cause}（{by} による）"),
        (None, Some(guard)) => return guarded(cause, guard),
        (None, None) => {}
    }
    match (waiting.cause, waiting.limit, waiting.most) {
        (WaitCause::Rate, _, Some(most)) => {
            let period = duration::long(Language::Ja, waiting.period.unwrap_or_default());
            format!("{cause}: [[destination]] \"{rule}\" により、ホストごとに{period}あたり受信者{}件", grouped(most))
        }
        (WaitCause::Slot, Some(limit), Some(most)) => {
            let most = grouped(most);
            match limit {
                Limit::Total => format!("{cause}: 全ホスト合計の上限、{most}接続"),
                Limit::Address => format!("{cause}: 宛先メールサーバーのアドレスごとの上限、{most}接続"),
                Limit::Destination => format!("{cause}: [[destination]] \"{rule}\" の上限、{most}接続"),
                Limit::Window => format!("{cause}: 現在このホストに許される数、{most}接続"),
                Limit::Other => cause.into(),
            }
        }
        _ => match waiting.verdict {
            Some(code) if let Some(asked) = waiting.asked => {
                let asked = duration::long(Language::Ja, asked);
                format!("{cause}: {}（先方が{asked}待つよう求めています）", verdict_ja::brief(code))
            }
            Some(code) => format!("{cause}: {}", verdict_ja::brief(code)),
            None => cause.into(),
        },
    }
}

fn guarded(cause: &str, guard: Guard) -> String {
    match guard {
        Guard::Stopping => format!("{cause}: サーバーは停止処理中で、新たな配送を始めません"),
        Guard::Brake { refused: 0, .. } => format!("{cause}: {}", verdict_ja::brief(VerdictCode::GuardBrake)),
        Guard::Brake { refused, hosts } => format!(
            "{cause}: 互いに無関係な{}ホストが、送信元を理由に受信者{}件を一度に拒否しました",
            grouped(hosts),
            grouped(refused)
        ),
        Guard::Other => cause.into(),
    }
}
