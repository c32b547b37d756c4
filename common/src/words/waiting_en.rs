//! Why a recipient waits, in English: the cause with what it rests on. Its twin is `waiting_ja`.

use crate::vocab::{Limit, WaitCause};
use crate::words::phrase::Waiting;
use crate::words::{Language, duration, en, verdict_en};

/// The sentence without an end: a countdown may follow.
pub(super) fn say(waiting: &Waiting<'_>) -> String {
    let cause = en::cause(waiting.cause);
    let rule = waiting.rule.unwrap_or("*");
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
            Some(code) => format!("{cause}: {}", verdict_en::brief(code)),
            None => cause.into(),
        },
    }
}
