//! Why a recipient waits, in English: the cause with what it rests on. Its twin is `waiting_ja`.

use crate::vocab::{Guard, Limit, VerdictCode, WaitCause};
use crate::words::phrase::{Hold, Waiting};
use crate::words::{Language, duration, en, verdict_en};

/// The sentence without an end: a countdown may follow.
pub(super) fn say(waiting: &Waiting<'_>) -> String {
    let cause = en::cause(waiting.cause);
    let rule = waiting.rule.unwrap_or("*");
    match (waiting.hold, waiting.guard) {
        (Some(Hold { by, reason: Some(reason) }), _) => return format!("{cause} by {by}: {reason}"),
        (Some(Hold { by, reason: None }), _) => return format!("{cause} by {by}"),
        (None, Some(guard)) => return guarded(cause, guard),
        (None, None) => {}
    }
    match (waiting.cause, waiting.limit, waiting.most) {
        (WaitCause::Rate, _, Some(most)) => {
            let period = duration::long(Language::En, waiting.period.unwrap_or_default());
            let recipients = en::counted(most, "recipient", "recipients");
            format!("{cause}: {recipients} in {period} for each host of [[destination]] \"{rule}\"")
        }
        (WaitCause::Slot, Some(limit), Some(most)) => {
            let connections = en::counted(most, "connection", "connections");
            match limit {
                Limit::Total => format!("{cause}: {connections} over all hosts, as many as allowed"),
                Limit::Address => format!("{cause}: {connections} to its mail server's address, as many as allowed"),
                Limit::Destination => {
                    format!("{cause}: {connections}, as many as [[destination]] \"{rule}\" allows")
                }
                Limit::Window => format!("{cause}: {connections}, as many as its window allows at this moment"),
                Limit::Other => cause.into(),
            }
        }
        _ => match waiting.verdict {
            Some(code) if let Some(asked) = waiting.asked => {
                let asked = duration::long(Language::En, asked);
                format!("{cause}: {}, and they asked us to wait {asked}", verdict_en::brief(code))
            }
            Some(code) => format!("{cause}: {}", verdict_en::brief(code)),
            None => cause.into(),
        },
    }
}

fn guarded(cause: &str, guard: Guard) -> String {
    match guard {
        Guard::Stopping => format!("{cause}: the server stops, and starts nothing new"),
        Guard::Brake { refused: 0, .. } => format!("{cause}: {}", verdict_en::brief(VerdictCode::GuardBrake)),
        Guard::Brake { refused, hosts } => {
            let (recipients, hosts) = (
                en::counted(refused, "recipient", "recipients"),
                en::counted(hosts, "unrelated host", "unrelated hosts"),
            );
            format!("{cause}: {hosts} refused {recipients} at once for who we are")
        }
        Guard::Other => cause.into(),
    }
}
