//! Proves that the catalogue is complete in both languages.

use super::phrase::*;
use super::*;
use crate::vocab::{Alert, Badge, Guard, Limit, NotSent, Owner, Timestamp, VerdictCode, WaitCause};
use std::time::Duration;

const BADGES: [Badge; 5] = [Badge::Held, Badge::Down, Badge::Limited, Badge::Up, Badge::Unknown];
const OWNERS: [Owner; 6] = [Owner::None, Owner::Ours, Owner::Network, Owner::Theirs, Owner::Recipient, Owner::Other];

fn codes() -> impl Iterator<Item = VerdictCode> {
    VerdictCode::ALL.iter().copied().chain([VerdictCode::Other])
}

fn trouble(code: Option<VerdictCode>) -> HostTrouble<'static> {
    HostTrouble { recipients: 13, host: "cisco-ros.com", code, span: Some(Duration::from_secs(47 * 60)), others: 0 }
}

fn receipt(matched: u64, done: u64, failed: u64, running: bool) -> Phrase<'static> {
    Phrase::RetryReceipt(RetryReceipt { matched, done, failed, hosts: 2, running })
}

fn footer(matching: u64) -> Phrase<'static> {
    let sort = Column::ActiveRecipients;
    Phrase::ListFooter(ListFooter { matching, total: 1_204, waiting: 340, sort })
}

fn waits(span: Duration) -> Vec<Phrase<'static>> {
    let mut all = Vec::new();
    let waiting = Waiting::of;
    let refused = Some(VerdictCode::TcpRefused);
    all.extend(WaitCause::ALL.map(|cause| Phrase::Waiting(Waiting { verdict: refused, ..waiting(cause) })));
    let limits = [Limit::Total, Limit::Address, Limit::Provider, Limit::Destination, Limit::Window, Limit::Other];
    let slot = |limit| Waiting { limit: Some(limit), most: Some(2), ..waiting(WaitCause::Slot) };
    all.extend(limits.map(|limit| Phrase::Waiting(slot(limit))));
    let holds = [None, Some("the fair")].map(|reason| Hold { by: "ann", reason });
    let held = |hold| Phrase::Waiting(Waiting { hold: Some(hold), ..waiting(WaitCause::Suspended) });
    all.extend(holds.map(held));
    let guards =
        [Guard::Stopping, Guard::Brake { refused: 0, hosts: 0 }, Guard::Brake { refused: 61, hosts: 3 }, Guard::Other];
    let asked = Waiting { verdict: refused, asked: Some(span), ..waiting(WaitCause::Retry) };
    all.push(Phrase::Waiting(asked));
    let guarded = |guard| Phrase::Waiting(Waiting { guard: Some(guard), ..waiting(WaitCause::Guard) });
    all.extend(guards.map(guarded));
    all.push(Phrase::Waiting(Waiting { most: Some(100), period: Some(span), ..waiting(WaitCause::Rate) }));
    all
}

fn alerts() -> Vec<Phrase<'static>> {
    let alerts = [
        Alert::ClockJumped { from: Timestamp(0), to: Timestamp(1) },
        Alert::BrakePulled { refused: 0, hosts: 0 },
        Alert::BrakePulled { refused: 61, hosts: 3 },
        Alert::ResolverSuspected { domains: 12, gone: 9 },
        Alert::Other,
    ];
    alerts.into_iter().flat_map(|alert| [Phrase::Alert(alert), Phrase::AlertAdvice(alert)]).collect()
}

fn every_phrase() -> Vec<Phrase<'static>> {
    let span = Duration::from_secs(8_040);
    let mut all = vec![
        Phrase::DeliveryStatus,
        Phrase::ShortSpan(span),
        Phrase::LongSpan(span),
        Phrase::Recipients(13),
        Phrase::Hosts(2),
        Phrase::Addresses(2),
        Phrase::Headline(Headline::NoMail),
        Phrase::Headline(Headline::AllMoving),
        Phrase::Headline(Headline::Several { recipients: 340, down: 3, limited: 12, held: 1 }),
        Phrase::TabTitle { down: 0 },
        Phrase::TabTitle { down: 3 },
        Phrase::UnreadableRows(1),
        Phrase::NoHostMatches("status:down"),
        Phrase::HostsChosen(2),
        Phrase::ReconnectingIn { seconds: 2 },
        Phrase::LastUpdate(span),
        Phrase::ConnectionLost { as_of: "10:42:31" },
        Phrase::RetryPlan { recipients: 13, hosts: 2 },
        Phrase::RetryProgress(crate::wire::Progress { undone: 1, ..Default::default() }),
        Phrase::DamagedRecords(1),
        Phrase::DamagedRecords(2),
        Phrase::StillReading { read: 5, of: 9 },
        Phrase::StillReading { read: 5, of: 0 },
        Phrase::RetryRefused(""),
        footer(1_204),
        Phrase::ListCut { shown: 350_000 },
        receipt(13, 13, 0, false),
        receipt(13, 12, 1, false),
        receipt(13, 12, 0, false),
        receipt(13, 0, 0, true),
        receipt(0, 0, 0, false),
    ];
    all.extend(BADGES.map(|badge| Phrase::HostTurned { host: "a.test", badge }));
    all.extend(BADGES.into_iter().flat_map(|badge| [Phrase::Badge(badge), Phrase::BadgeMeaning(badge)]));
    all.extend(OWNERS.map(Phrase::Owner));
    all.extend(WaitCause::ALL.map(Phrase::Cause));
    all.extend(waits(span));
    all.extend(alerts());
    all.extend(Column::ALL.map(Phrase::Column));
    all.extend(codes().map(Phrase::Brief));
    let (version, because) = ("TLS 1.3", VerdictCode::TlsCertExpired);
    let protections = [
        Protection::Verified { version },
        Protection::NotVerified { version, because },
        Protection::ClearByRule,
        Protection::ClearNotOffered,
        Protection::ClearBroken,
    ];
    all.extend(protections.map(Phrase::Protection));
    all.extend(NotSent::ALL.map(Phrase::NotSent));
    all.extend(codes().map(|code| Phrase::Headline(Headline::Host(trouble(Some(code))))));
    all.push(Phrase::Headline(Headline::Host(HostTrouble { span: None, others: 2, ..trouble(None) })));
    all.extend(Label::ALL.iter().copied().map(Phrase::Label));
    all.extend(Note::ALL.iter().copied().map(Phrase::Note));
    all
}

fn is_japanese(text: &str) -> bool {
    text.chars().any(|c| matches!(c, '\u{3041}'..='\u{30ff}' | '\u{4e00}'..='\u{9fff}'))
}

#[test]
fn every_phrase_is_said_in_both_languages() {
    for phrase in every_phrase() {
        let (en, ja) = (Language::En.say(&phrase), Language::Ja.say(&phrase));
        assert!(!en.trim().is_empty() && !is_japanese(&en), "{phrase:?}: {en}");
        assert!(is_japanese(&ja), "{phrase:?}: {ja}");
    }
}

#[test]
fn every_verdict_has_a_sentence_and_an_advice_in_both_languages() {
    for code in codes() {
        for text in [Language::En.verdict_sentence(code), Language::En.verdict_advice(code)] {
            assert!(text.len() > 10 && text.ends_with('.') && !is_japanese(text), "{code}: {text}");
        }
        for text in [Language::Ja.verdict_sentence(code), Language::Ja.verdict_advice(code)] {
            assert!(text.ends_with('。') && is_japanese(text), "{code}: {text}");
        }
    }
}

#[test]
fn no_two_verdicts_read_alike() {
    for language in Language::ALL {
        let sentences: std::collections::HashSet<_> = codes().map(|code| language.verdict_sentence(code)).collect();
        let briefs: std::collections::HashSet<_> = codes().map(|code| language.say(&Phrase::Brief(code))).collect();
        assert_eq!((sentences.len(), briefs.len()), (40, 40));
    }
}

#[test]
fn the_fixed_terms_stand_as_they_are_known() {
    let ja = |phrase| Language::Ja.say(&phrase);
    assert_eq!(ja(Phrase::DeliveryStatus), "配信ステータス");
    assert_eq!(ja(Phrase::Label(Label::RetryAllDelivery)), "すべての配信の再試行");
    for (column, term) in [
        (Column::DestinationDomain, "宛先ドメイン"),
        (Column::LatestHostStatus, "最新のホストステータス"),
        (Column::ActiveRecipients, "アクティブな受信者"),
        (Column::ConnectionsOut, "送信接続"),
        (Column::DeliveredRecipients, "配信済み受信者"),
        (Column::SoftBounced, "ソフトバウンス"),
        (Column::HardBounced, "ハードバウンス"),
    ] {
        assert_eq!(ja(Phrase::Column(column)), term);
    }
}

#[test]
fn a_rate_and_a_slot_name_their_rule() {
    let rate = Waiting {
        limit: Some(Limit::Destination),
        most: Some(100),
        period: Some(Duration::from_secs(60)),
        rule: Some(".example.com"),
        ..Waiting::of(WaitCause::Rate)
    };
    assert_eq!(
        Language::En.say(&Phrase::Waiting(rate)),
        "rate limit reached: 100 recipients in 1 minute for each host of [[destination]] \".example.com\""
    );
    let slot = Waiting { cause: WaitCause::Slot, most: Some(1), period: None, ..rate };
    assert_eq!(
        Language::En.say(&Phrase::Waiting(slot)),
        "waiting for a connection: 1 connection, as many as [[destination]] \".example.com\" allows"
    );
}

#[test]
fn a_hold_says_whose_it_is_and_a_guard_by_which_figures() {
    let en = |waiting| Language::En.say(&Phrase::Waiting(waiting));
    let suspended = |reason| Waiting { hold: Some(Hold { by: "ann", reason }), ..Waiting::of(WaitCause::Suspended) };
    assert_eq!(en(suspended(Some("their move"))), "delivery suspended by ann: their move");
    assert_eq!(en(suspended(None)), "delivery suspended by ann");
    let held = Waiting { cause: WaitCause::Held, ..suspended(None) };
    assert_eq!(Language::Ja.say(&Phrase::Waiting(held)), "保留中（ann による）");
    let guarded = |guard| Waiting { guard: Some(guard), ..Waiting::of(WaitCause::Guard) };
    let asked = Some(Duration::from_secs(300));
    let retry = Waiting { verdict: Some(VerdictCode::SmtpGreylist), asked, ..Waiting::of(WaitCause::Retry) };
    assert_eq!(en(retry), "waiting for its next try: greylisted, and they asked us to wait 5 minutes");
    let brake = Guard::Brake { refused: 61, hosts: 3 };
    assert_eq!(
        en(guarded(brake)),
        "stopped by our own guard: 3 unrelated hosts refused 61 recipients at once for who we are"
    );
    assert_eq!(en(guarded(Guard::Stopping)), "stopped by our own guard: the server stops, and starts nothing new");
}

#[test]
fn english_tells_one_from_many() {
    let en = |phrase| Language::En.say(&phrase);
    assert_eq!(en(Phrase::Recipients(1)), "1 recipient");
    assert_eq!(en(Phrase::Recipients(0)), "0 recipients");
    assert_eq!(en(Phrase::Hosts(1_204)), "1,204 hosts");
    assert_eq!(en(Phrase::Addresses(2)), "2 addresses");
    let one = HostTrouble { recipients: 1, others: 1, ..trouble(Some(VerdictCode::TcpTimeout)) };
    assert_eq!(
        en(Phrase::Headline(Headline::Host(one))),
        "1 recipient is waiting for cisco-ros.com, which has not answered for 47 minutes. 1 other host needs attention."
    );
    assert_eq!(
        en(Phrase::Headline(Headline::Several { recipients: 340, down: 1, limited: 12, held: 0 })),
        "340 recipients are waiting. 1 host is down, 12 hosts are limited."
    );
}

#[test]
fn the_headline_names_who_is_in_the_way_and_since_when() {
    let phrase = Phrase::Headline(Headline::Host(trouble(Some(VerdictCode::TcpRefused))));
    assert_eq!(
        Language::En.say(&phrase),
        "13 recipients are waiting for cisco-ros.com, which has refused connections for 47 minutes. \
         Everything else is moving."
    );
    assert_eq!(
        Language::Ja.say(&phrase),
        "cisco-ros.com 宛ての受信者13件が待機中です。47分前から接続が拒否されています。その他の配信は正常です。"
    );
}

#[test]
fn a_footer_tells_how_many_match_and_of_how_many() {
    assert_eq!(
        Language::En.say(&footer(21)),
        "21 of 1,204 hosts · 340 recipients waiting · sorted by Active Recipients"
    );
    assert_eq!(Language::En.say(&footer(1_204)), "1,204 hosts · 340 recipients waiting · sorted by Active Recipients");
}

#[test]
fn a_receipt_says_what_became_of_how_many() {
    assert_eq!(
        Language::En.say(&receipt(13, 13, 0, false)),
        "Everything that waits is due now: 13 recipients on 2 hosts."
    );
    assert_eq!(
        Language::En.say(&receipt(13, 12, 1, false)),
        "12 of 13 recipients on 2 hosts are due now; 1 could not be changed."
    );
}

#[test]
fn a_known_tag_names_its_language_and_others_none() {
    for (tag, language) in [
        ("ja", Some(Language::Ja)),
        ("ja-JP", Some(Language::Ja)),
        ("EN_us.UTF-8", Some(Language::En)),
        ("de-DE", None),
        ("", None),
    ] {
        assert_eq!(Language::known_tag(tag), language, "{tag}");
        assert_eq!(Language::from_tag(tag), language.unwrap_or(Language::En), "{tag}");
    }
}

#[test]
fn the_heaviest_language_that_is_spoken_here_is_accepted() {
    for (field, language) in [
        ("ja", Some(Language::Ja)),
        ("de, ja;q=0.8, en;q=0.5", Some(Language::Ja)),
        ("en;q=0.2, ja-JP;q=0.9", Some(Language::Ja)),
        ("en, ja", Some(Language::En)),
        ("ja;q=0, en;q=0.1", Some(Language::En)),
        ("ja;q=much", None),
        ("de, fr;q=0.9, *", None),
        (",;;=,", None),
    ] {
        assert_eq!(Language::accepted(field), language, "{field}");
    }
}
