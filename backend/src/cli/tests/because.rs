//! Golden layouts of why something waits, in both languages.

use super::sample::*;
use crate::cli::because::reason;
use crate::cli::{hoststatus, showmessage};
use common::vocab::{Limit, Timestamp, VerdictCode, WaitCause};
use common::wire::{Because, Held, MessageDetail};
use common::words::Language;

/// What rests on a verdict and ends `left_ms` after now, as a server says it whose language is another.
fn because(verdict: Option<VerdictCode>, left_ms: Option<i64>) -> Because {
    Because {
        sentence: "\u{1b}[2J: as the server says it".into(),
        until: left_ms.map(|left| Timestamp(NOW.0.saturating_add_signed(left))),
        verdict,
        ..Because::default()
    }
}

/// The number of seconds in each line of the last table, the age as the last.
fn seconds(text: &str) -> Vec<u64> {
    let table = text.split("Waited for:\n").nth(1).unwrap();
    table.lines().map(|line| line.split_whitespace().next().unwrap().replace(',', "").parse().unwrap()).collect()
}

fn waiting_message() -> MessageDetail {
    let mut message = message();
    message.as_of = Some(NOW);
    let row = &mut message.recipients[0];
    row.because = Some(because(Some(VerdictCode::SmtpGreylist), Some(250_000)));
    row.also = vec![WaitCause::Rate, WaitCause::Slot];
    row.next_attempt_at = Some(Timestamp(NOW.0 + 250_000));
    row.waited_seconds[WaitCause::Sending] = 3;
    row.waited_seconds[WaitCause::Retry] = 400;
    row.unrecorded_seconds = 115;
    message
}

#[test]
fn a_suspension_says_whose_it_is_and_the_terminal_is_safe_from_it() {
    let hold = Held { since: NOW, by: "ann".into(), reason: Some("their \u{1b}[2Jmove".into()), until: None };
    let held = Because { hold: Some(hold), ..because(None, None) };
    let said = reason(Some(WaitCause::Suspended), &held, NOW, Language::En);
    assert!(said.starts_with("delivery suspended by ann: their ") && said.ends_with("move"), "{said}");
    assert!(!said.contains('\u{1b}'), "{said:?}");
}

#[test]
fn showmessage_says_why_each_recipient_waits_and_escapes_what_came_from_outside() {
    assert_eq!(
        showmessage::layout(&waiting_message(), Language::En),
        "
MID:                   1527
Envelope Sender:       <>
Bytes:                 1230
Received:              Tue Nov 24 04:00:00 2026 UTC
Message-ID:            -
Subject:               \\x1b[5mTesting

[0]               [2]      9554@example.net                retry
  Wait cause:          waiting for its next try: greylisted; until Tue Nov 24 04:12:48 2026 UTC (in 4m 10s)
  Also:                rate limit reached; waiting for a connection
  Next attempt:        Tue Nov 24 04:12:48 2026 UTC
  Expires:             Tue Nov 24 04:08:38 2026 UTC
  Latest reply:        451 4.7.1 later
                       or never
  Waited for:
                 3 s   being delivered
               400 s   waiting for its next try
               115 s   not recorded: before the server's start, or while the machine slept
               518 s   age
"
    );
}

#[test]
fn the_words_of_showmessage_follow_the_language() {
    let text = showmessage::layout(&waiting_message(), Language::Ja);
    for line in [
        "  Wait cause:          次回の再試行待ち: グレイリスト。Tue Nov 24 04:12:48 2026 UTC まで (あと 4m 10s)",
        "  Also:                送信レートの上限、接続の空き待ち",
        "               400 s   次回の再試行待ち",
        "               115 s   記録なし (サーバーの起動前、またはマシンのスリープ中)",
        "               518 s   キューでの経過時間",
    ] {
        assert!(text.lines().any(|found| found == line), "{line:?} is missing:\n{text}");
    }
}

#[test]
fn the_seconds_by_cause_sum_to_the_age() {
    let mut message = waiting_message();
    message.received_at = Timestamp(NOW.0 - 1_000_518_000);
    message.recipients[0].waited_seconds[WaitCause::HostDown] = 1_000_000;
    let seconds = seconds(&showmessage::layout(&message, Language::En));
    let (age, parts) = seconds.split_last().unwrap();
    assert_eq!((*age, parts.iter().sum::<u64>()), (1_000_518, 1_000_518), "{parts:?}");
}

#[test]
fn a_message_that_has_just_come_has_no_table_of_seconds() {
    let mut message = message();
    message.as_of = Some(message.received_at);
    assert!(!showmessage::layout(&message, Language::En).contains("Waited for:"));
}

#[test]
fn hoststatus_says_what_mail_waits_for_until_when_and_what_else_holds() {
    let mut detail = detail(down("down.test"));
    detail.row.cause = Some(WaitCause::HostDown);
    detail.row.because = Some(because(Some(VerdictCode::TcpRefused), Some(250_000)));
    detail.row.also = vec![WaitCause::Slot];
    let text = hoststatus::layout(&detail, Language::En);
    assert!(
        text.contains(
            "
Wait cause:           waiting for the host: refused; until Tue Nov 24 04:12:48 2026 UTC (in 4m 10s)
Also:                 waiting for a connection

Counters:"
        ),
        "{text}"
    );
    let japanese = hoststatus::layout(&detail, Language::Ja);
    assert!(japanese.contains("UTC まで (あと 4m 10s)\nAlso:                 接続の空き待ち\n"), "{japanese}");
}

#[test]
fn a_limit_names_its_rule_and_what_the_rule_says_is_shown_harmless() {
    let mut detail = detail(row("busy.test"));
    let limit = Because { limit: Some(Limit::Destination), most: Some(2), ..because(None, None) };
    detail.row.cause = Some(WaitCause::Slot);
    detail.row.because = Some(Because { rule: Some("\u{1b}[2J.test".into()), ..limit });
    let text = hoststatus::layout(&detail, Language::En);
    let said = "waiting for a connection: 2 connections, as many as [[destination]] \"\\x1b[2J.test\" allows";
    assert!(text.contains(&format!("\nWait cause:           {said}\n")), "{text}");
}

#[test]
fn a_wait_without_an_end_names_none_and_one_that_is_over_says_so() {
    let mut detail = detail(down("busy.test"));
    detail.row.cause = Some(WaitCause::Slot);
    detail.row.because = Some(because(None, None));
    let text = hoststatus::layout(&detail, Language::En);
    assert!(text.contains("\nWait cause:           waiting for a connection\n"), "{text}");
    detail.row.because = Some(because(None, Some(-1)));
    let text = hoststatus::layout(&detail, Language::En);
    assert!(text.contains("waiting for a connection; until Tue Nov 24 04:08:37 2026 UTC (now)\n"), "{text}");
}

#[test]
fn a_cause_of_a_newer_server_is_told_in_the_servers_words() {
    let mut detail = detail(down("new.test"));
    detail.row.because = Some(because(None, None));
    let text = hoststatus::layout(&detail, Language::En);
    assert!(text.contains("\nWait cause:           \\x1b[2J: as the server says it\n"), "{text}");
}
