//! What a report looks like, read back by a parser of mail.

use super::{address, report};
use crate::report::compose::{Composed, Heading, compose};
use crate::report::fields::Case;
use crate::report::original::{Original, Shows};
use bytes::Bytes;
use common::vocab::{HardBounce, MessageId, Reply, ReplyCode, Timestamp, VerdictCode};
use engine::dsn::{Dsn, RecipientDsn};
use engine::envelope::Settled;
use engine::report::{Report, ReportKind};
use mail_parser::{Message, MessageParser, MimeHeaders};
use std::sync::Arc;

const ORIGINAL: &str = "Received: from a\r\nFrom: <me@here.test>\r\nSubject: Hello\r\n\
                        References: <0@here.test>\r\nMessage-ID: <1@here.test>\r\n\r\nThe body.\r\n";
const HEADER: Shows = Shows::Header(50 * 1024);

fn case(report: Report, original: &str, shows: Shows) -> Case {
    Case { report, original: Original::of(&Bytes::from(original.to_owned()), shows, 50 * 1024) }
}

fn composed(cases: &[Case]) -> Composed {
    let (hostname, to) = ("mail.example.net".parse().unwrap(), address("me@here.test"));
    let now = Timestamp(1_795_493_320_000);
    compose(Heading { hostname: &hostname, mid: MessageId(9), to: &to, now, hourly: 100 }, cases)
}

fn parsed(composed: &Composed) -> Message<'_> {
    MessageParser::default().parse(&composed.body[..]).expect("a message")
}

/// The content of the part of this type, as text.
fn part(message: &Message<'_>, wanted: &str) -> String {
    let is = |part: &&mail_parser::MessagePart<'_>| {
        part.content_type()
            .is_some_and(|found| format!("{}/{}", found.ctype(), found.subtype().unwrap_or("")) == wanted)
    };
    let part = message.parts.iter().find(is).unwrap_or_else(|| panic!("no {wanted}: {message:?}"));
    String::from_utf8(part.contents().to_vec()).unwrap()
}

#[test]
fn a_failure_is_told_as_rfc_3464_says() {
    let composed = composed(&[case(report(7, ReportKind::Failed, "me@here.test", 2), ORIGINAL, HEADER)]);
    let message = parsed(&composed);
    let kind = message.content_type().unwrap();
    assert_eq!((kind.ctype(), kind.subtype()), ("multipart", Some("report")));
    assert_eq!(kind.attribute("report-type"), Some("delivery-status"));
    let header = |name: &str| message.header_raw(name.to_owned()).unwrap_or_default().trim().to_owned();
    assert_eq!(header("From"), "\"MAILER-DAEMON\" <postmaster@mail.example.net>");
    assert_eq!(header("To"), "<me@here.test>");
    assert_eq!(header("Auto-Submitted"), "auto-replied");
    assert_eq!(header("Date"), "Tue, 24 Nov 2026 04:08:40 +0000");
    assert_eq!(header("Message-ID"), "<report.1795493320000.9@mail.example.net>");
    assert_eq!(header("In-Reply-To"), "<1@here.test>");
    assert_eq!(header("References"), "<0@here.test> <1@here.test>");
    assert!(message.subject().unwrap().starts_with("Your mail could not be delivered / メール"));
    assert_eq!(
        part(&message, "message/delivery-status"),
        "Reporting-MTA: dns; mail.example.net\r\nArrival-Date: Tue, 24 Nov 2026 04:08:38 +0000\r\n\
         \r\nFinal-Recipient: rfc822; r0@there.test\r\nAction: failed\r\nStatus: 5.1.1\r\nRemote-MTA: dns; mx.there.test\r\n\
         Diagnostic-Code: smtp; 550 5.1.1 No such user here\r\nLast-Attempt-Date: Tue, 24 Nov 2026 04:08:39 +0000\r\n\
         \r\nFinal-Recipient: rfc822; r1@there.test\r\nAction: failed\r\nStatus: 5.1.1\r\nRemote-MTA: dns; mx.there.test\r\n\
         Diagnostic-Code: smtp; 550 5.1.1 No such user here\r\nLast-Attempt-Date: Tue, 24 Nov 2026 04:08:39 +0000\r\n"
    );
    let original = part(&message, "text/rfc822-headers");
    assert!(original.contains("Message-ID: <1@here.test>") && !original.contains("The body"), "{original}");
    let text = message.body_text(0).unwrap();
    for words in [
        "<r0@there.test>",
        "<r1@there.test>",
        "There is no such mailbox",
        "mx.there.test answered: 550 5.1.1",
        "宛先にそのメールボックスは存在しません。",
        "\"Hello\"",
        "「Hello」",
        "The header of your mail is attached.",
    ] {
        assert!(text.contains(words), "{words} is missing:\n{text}");
    }
    assert!(composed.body.is_ascii() && !composed.eight_bit && !composed.smtputf8);
    let lines = String::from_utf8(composed.body.to_vec()).unwrap();
    assert!(lines.split("\r\n").all(|line| line.len() <= 998 && !line.contains(['\r', '\n'])), "{lines}");
}

#[test]
fn what_the_sender_asked_is_answered() {
    let mut report = report(7, ReportKind::Failed, "me@here.test", 1);
    let original = Some("rfc822;Someone+tag@elsewhere.test".into());
    Arc::make_mut(&mut report.envelope).dsn = Dsn {
        envid: Some("QQ\r\n314159".into()),
        recipients: [RecipientDsn { notify: None, original }].into(),
        ret: None,
    };
    let composed = composed(&[case(report, ORIGINAL, Shows::Whole)]);
    let message = parsed(&composed);
    let status = part(&message, "message/delivery-status");
    assert!(status.contains("\r\nOriginal-Envelope-Id: QQ 314159\r\n"), "{status}");
    assert!(
        status.contains("\r\nOriginal-Recipient: rfc822; Someone+tag@elsewhere.test\r\nFinal-Recipient: "),
        "{status}"
    );
    let raw = String::from_utf8(composed.body.to_vec()).unwrap();
    assert!(raw.contains("Content-Type: message/rfc822\r\n") && raw.contains("\r\n\r\nThe body.\r\n"), "{raw}");
}

#[test]
fn a_delay_says_until_when_it_is_tried_and_an_expiry_keeps_the_trouble_that_was_met() {
    let delayed = composed(&[case(report(7, ReportKind::Delayed, "me@here.test", 1), ORIGINAL, HEADER)]);
    let status = part(&parsed(&delayed), "message/delivery-status");
    for line in ["Action: delayed", "Status: 4.1.1", "Will-Retry-Until: Sun, 29 Nov 2026 04:08:38 +0000"] {
        assert!(status.contains(&format!("\r\n{line}\r\n")), "{line}:\n{status}");
    }
    let mut expired = report(8, ReportKind::Failed, "me@here.test", 1);
    expired.recipients[0].verdict = VerdictCode::TcpRefused;
    expired.recipients[0].reply = None;
    expired.settlement.as_mut().unwrap().recipients[0].1 = Settled::Bounced(HardBounce::Expired);
    let expired = composed(&[case(expired, ORIGINAL, HEADER)]);
    let message = parsed(&expired);
    let status = part(&message, "message/delivery-status");
    for line in
        ["Action: failed", "Status: 4.4.1", "Diagnostic-Code: X-Nexthop; tcp.refused: Their mail servers refuse"]
    {
        assert!(status.contains(&format!("\r\n{line}")), "{line}:\n{status}");
    }
    assert!(message.body_text(0).unwrap().contains("until its time ran out"));
}

#[test]
fn a_hostile_reply_stays_inside_of_its_field() {
    let mut report = report(7, ReportKind::Failed, "me@here.test", 1);
    let evil = format!("x\nAction: delivered\n\n--b\n\u{1b}[2J\u{202e}日本{}", "y".repeat(10_000));
    report.recipients[0].reply = Some(Reply::new(ReplyCode(554), &evil));
    let composed = composed(&[case(report, ORIGINAL, HEADER)]);
    let message = parsed(&composed);
    let status = part(&message, "message/delivery-status");
    assert_eq!(status.matches("\r\nAction: ").count(), 1, "{status}");
    let unfolded = status.replace("\r\n ", " ");
    assert!(unfolded.contains("smtp; 554 x Action: delivered --b \\x1b[2J\\u{202e}\\u{65e5}"), "{status}");
    assert!(status.is_ascii() && status.len() < 2_000);
    let text = message.body_text(0).unwrap().into_owned();
    assert!(!text.contains(['\u{1b}', '\u{202e}']) && text.contains("日本"), "{text}");
}

#[test]
fn raw_octets_in_a_header_are_encoded_and_an_eight_bit_message_is_named_as_one() {
    let raw = ORIGINAL.replace("Hello", "Grüße");
    let header = composed(&[case(report(7, ReportKind::Failed, "me@here.test", 1), &raw, HEADER)]);
    assert!(header.body.is_ascii() && !header.eight_bit);
    assert!(part(&parsed(&header), "text/rfc822-headers").contains("Grüße"));
    let whole = composed(&[case(report(7, ReportKind::Failed, "me@here.test", 1), &raw, Shows::Whole)]);
    assert!(whole.eight_bit && !whole.smtputf8);
}

#[test]
fn an_internationalised_message_is_told_in_the_variants_of_rfc_6533() {
    let mut report = report(7, ReportKind::Failed, "me@here.test", 1);
    let envelope = Arc::make_mut(&mut report.envelope);
    envelope.smtputf8 = true;
    let original = Some("utf-8;用户@elsewhere.test".into());
    envelope.dsn.recipients = [RecipientDsn { notify: None, original }].into();
    let composed = composed(&[case(report, &ORIGINAL.replace("Hello", "こんにちは"), HEADER)]);
    let message = parsed(&composed);
    assert_eq!(message.content_type().unwrap().attribute("report-type"), Some("global-delivery-status"));
    let status = part(&message, "message/global-delivery-status");
    assert!(status.contains("\r\nOriginal-Recipient: utf-8; 用户@elsewhere.test\r\n"), "{status}");
    assert!(part(&message, "message/global-headers").contains("こんにちは"));
    assert!(composed.body.is_ascii(), "any next hop can take it");
}

#[test]
fn several_failures_told_together_name_each_message() {
    let two = ORIGINAL.replace("<1@here.test>", "<2@here.test>");
    let first = case(report(7, ReportKind::Failed, "me@here.test", 1), ORIGINAL, Shows::Nothing);
    let second = case(report(8, ReportKind::Failed, "me@here.test", 1), &two, Shows::Nothing);
    let composed = composed(&[first, second]);
    let message = parsed(&composed);
    assert!(message.subject().unwrap().starts_with("Several of your mails"));
    let status = part(&message, "message/delivery-status");
    for id in ["<1@here.test>", "<2@here.test>"] {
        assert!(status.contains(&format!("\r\nX-Original-Message-ID: {id}\r\n")), "{status}");
        assert!(message.body_text(0).unwrap().contains(id));
    }
}
