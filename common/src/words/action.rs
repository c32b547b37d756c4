//! What is said of actions: receipts of a suspension, what an action does not move, why a host is held; in both languages.

use super::grouped;
use crate::vocab::Timestamp;

/// A sentence about an action. Names and reasons are as they came.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ActionPhrase<'a> {
    /// Delivery is suspended: by whom, why, until when.
    Suspended {
        /// Who, or by which door.
        by: &'a str,
        /// Why.
        reason: Option<&'a str>,
        /// When it ends by itself.
        until: Option<Timestamp>,
    },
    /// Nothing is suspended there.
    CannotResume {
        /// The host; all delivery if not given.
        host: Option<&'a str>,
    },
    /// Recipients that sessions carry at this moment.
    InHand {
        /// How many.
        recipients: u64,
    },
    /// The host resumes, but all delivery is suspended.
    AllRemains,
    /// A retry does not move what is suspended.
    RetrySuspended {
        /// How many recipients.
        recipients: u64,
    },
    /// A retry does not move what is due already.
    RetryDue {
        /// How many recipients.
        recipients: u64,
    },
    /// Hosts that were not reached at the latest attempt.
    RetryDown {
        /// How many hosts.
        hosts: u64,
    },
    /// Recipients that share a transaction with some that were meant.
    RetryMates {
        /// How many recipients.
        recipients: u64,
    },
    /// A canary was not accepted.
    CanaryHeard {
        /// By which host.
        host: &'a str,
        /// What that means.
        verdict: &'a str,
        /// What they said, if they did.
        reply: Option<&'a str>,
    },
    /// How much an action concerns.
    Concerns {
        /// Recipients in the queue.
        recipients: u64,
        /// Hosts.
        hosts: u64,
    },
    /// A retry was taken back.
    Undone {
        /// How many recipients.
        recipients: u64,
    },
    /// It was only counted.
    DryRun,
    /// When a suspension ends by itself.
    Until {
        /// When.
        at: Timestamp,
    },
}

impl ActionPhrase<'_> {
    pub(super) fn en(&self) -> String {
        let count = |number: u64, noun: &str| match number {
            1 => format!("1 {noun}"),
            _ => format!("{} {noun}s", grouped(number)),
        };
        match *self {
            ActionPhrase::Suspended { by, reason, until } => {
                let until = until.map(|at| format!(" until {}", at.status_line())).unwrap_or_default();
                let by = if by.is_empty() { String::new() } else { format!(" from {by}") };
                let reason = reason.map(|reason| format!(": {reason}")).unwrap_or_default();
                format!("Delivery was suspended{until} by a person{by}{reason}")
            }
            ActionPhrase::CannotResume { host: Some(host) } => {
                format!("Delivery to {host} is not suspended by itself: cannot resume it.")
            }
            ActionPhrase::CannotResume { host: None } => "Mail delivery is not suspended: cannot resume it.".into(),
            ActionPhrase::InHand { recipients } => {
                format!("{} in a session at this moment: these end.", count(recipients, "recipient"))
            }
            ActionPhrase::AllRemains => "All mail delivery is suspended: resume all, or this host waits too.".into(),
            ActionPhrase::RetrySuspended { recipients } => {
                format!(
                    "{} of suspended hosts: nothing of them goes until delivery resumes.",
                    count(recipients, "recipient")
                )
            }
            ActionPhrase::RetryDown { hosts } => {
                format!(
                    "{} not reached at the latest attempt: it may well fail again.",
                    match hosts {
                        1 => "1 host was".to_owned(),
                        _ => format!("{} hosts were", grouped(hosts)),
                    }
                )
            }
            ActionPhrase::Undone { recipients } => {
                format!(
                    "Taken back: {} for the timer of before.",
                    match recipients {
                        1 => "1 recipient waits".to_owned(),
                        _ => format!("{} recipients wait", grouped(recipients)),
                    }
                )
            }
            ActionPhrase::RetryMates { recipients } => {
                format!(
                    "{} more: the same message goes to them in the same transaction.",
                    count(recipients, "recipient")
                )
            }
            ActionPhrase::CanaryHeard { host, verdict, reply } => {
                let reply = reply.map(|reply| format!(" They said: {reply}")).unwrap_or_default();
                format!("{host} did not accept the first message; the rest waits as before. {verdict}{reply}")
            }
            ActionPhrase::RetryDue { recipients: 1 } => {
                "1 recipient is due already: it waits for something other than a timer.".into()
            }
            ActionPhrase::RetryDue { recipients } => {
                format!(
                    "{} recipients are due already: they wait for something other than a timer.",
                    grouped(recipients)
                )
            }
            ActionPhrase::Concerns { recipients, hosts } => {
                format!("{} at {} in the queue.", count(recipients, "recipient"), count(hosts, "host"))
            }
            ActionPhrase::DryRun => "Dry run: nothing was changed.".into(),
            ActionPhrase::Until { at } => format!("It ends by itself at {}.", at.status_line()),
        }
    }

    pub(super) fn ja(&self) -> String {
        match *self {
            ActionPhrase::Suspended { by, reason, until } => {
                let until = until.map(|at| format!("（{} まで）", at.status_line())).unwrap_or_default();
                let by = if by.is_empty() { String::new() } else { format!("（{by}）") };
                let reason = reason.map(|reason| format!("：{reason}")).unwrap_or_default();
                format!("配信は管理者{by}によって一時停止されています{until}{reason}")
            }
            ActionPhrase::CannotResume { host: Some(host) } => {
                format!("{host} への配信は個別には停止されていないため、再開できません。")
            }
            ActionPhrase::CannotResume { host: None } => "配信は停止されていないため、再開できません。".into(),
            ActionPhrase::InHand { recipients } => {
                format!("受信者 {} 件は現在セッションで送信中です。これらは最後まで送信されます。", grouped(recipients))
            }
            ActionPhrase::AllRemains => {
                "すべての配信が停止中です。すべてを再開するまで、このホストも待機します。".into()
            }
            ActionPhrase::RetrySuspended { recipients } => {
                format!("受信者 {} 件は停止中のホスト宛です。配信を再開するまで送信されません。", grouped(recipients))
            }
            ActionPhrase::RetryDown { hosts } => {
                format!("{} ホストは直近の試行で到達できず、再び失敗する可能性があります。", grouped(hosts))
            }
            ActionPhrase::Undone { recipients } => {
                format!("取り消しました: 受信者 {} 件は元のタイマーまで待機します。", grouped(recipients))
            }
            ActionPhrase::RetryMates { recipients } => {
                format!("ほかに受信者 {} 件が同じトランザクションで送信されます。", grouped(recipients))
            }
            ActionPhrase::CanaryHeard { host, verdict, reply } => {
                let reply = reply.map(|reply| format!(" 応答: {reply}")).unwrap_or_default();
                format!("{host} は最初のメッセージを受け入れませんでした。残りは元のまま待機します。{verdict}{reply}")
            }
            ActionPhrase::RetryDue { recipients } => {
                format!("受信者 {} 件はすでに送信可能で、タイマー以外の理由で待機しています。", grouped(recipients))
            }
            ActionPhrase::Concerns { recipients, hosts } => {
                format!("キュー内: {} ホスト、受信者 {} 件", grouped(hosts), grouped(recipients))
            }
            ActionPhrase::DryRun => "試行: 何も変更していません。".into(),
            ActionPhrase::Until { at } => format!("{} に自動で再開します。", at.status_line()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::words::Language;

    #[test]
    fn every_language_says_who_why_and_until_when() {
        let until = Some(Timestamp(1_795_492_800_000));
        let held = ActionPhrase::Suspended { by: "DOOR", reason: Some("REASON"), until };
        for language in Language::ALL {
            let said = language.say_action(&held);
            assert!(["DOOR", "REASON", "2026"].iter().all(|part| said.contains(part)), "{said}");
        }
        let least = ActionPhrase::Suspended { by: "", reason: None, until: None };
        assert_eq!(least.en(), "Delivery was suspended by a person");
    }
}
