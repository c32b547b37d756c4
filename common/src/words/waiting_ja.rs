//! Why a recipient waits, in Japanese: the cause with what it rests on. Its twin is `waiting_en`.

use crate::vocab::{Limit, WaitCause};
use crate::words::phrase::Waiting;
use crate::words::{Language, duration, grouped, ja, verdict_ja};

/// The sentence without an end: a countdown may follow.
pub(super) fn say(waiting: &Waiting<'_>) -> String {
    let cause = ja::cause(waiting.cause);
    let rule = waiting.rule.unwrap_or("*");
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
            Some(code) => format!("{cause}: {}", verdict_ja::brief(code)),
            None => cause.into(),
        },
    }
}
