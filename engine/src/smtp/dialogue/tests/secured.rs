//! STARTTLS: when it is said, what follows it, and what each rule makes of a peer without it.

use super::*;
use crate::tls::{TlsFacts, TlsVersion, Unproven};

/// A session whose certificate proves the exchanger.
pub(super) fn proven() -> TlsFacts {
    TlsFacts {
        version: TlsVersion::Tls13,
        cipher: "TLS_AES_128_GCM_SHA256".into(),
        group: "X25519".into(),
        names: vec!["mx.x.test".into()],
        issuer: None,
        not_after: None,
        proof: Ok(()),
        resumed: false,
    }
}

fn unproven(why: Unproven) -> TlsFacts {
    TlsFacts { proof: Err(why), ..proven() }
}

fn secure(dialogue: &mut Dialogue, facts: &TlsFacts) -> Step {
    assert_eq!(dialogue.on_reply(reply(220), WAITED), Step::ShakeHands);
    assert_eq!(dialogue.expected(), Some(Expect::Handshake));
    dialogue.on_secured(facts, WAITED)
}

fn no_tls() -> Step {
    Step::Failed(Failure { stage: Stage::StartTls, trouble: Trouble::NoTls, elapsed: WAITED })
}

#[test]
fn only_the_second_ehlo_counts_and_tls_is_asked_for_once() {
    let mut dialogue = asked_for_tls(TlsRule::Opportunistic);
    assert_eq!(said(secure(&mut dialogue, &unproven(Unproven::Chain))), "EHLO mail.example.net");
    assert_eq!(dialogue.extensions(), &Extensions::default(), "what was offered in clear is forgotten");
    let ehlo = Reply::new(ReplyCode(250), "mx.x.test\nSTARTTLS\n8BITMIME");
    assert_eq!(dialogue.on_reply(ehlo, WAITED), Step::Ready);
    assert!(!dialogue.extensions().pipelining && dialogue.extensions().size_bytes_max.is_none());
    assert_eq!(said(dialogue.deliver(order(1))), "MAIL FROM:<a@sender.test> BODY=8BITMIME");
}

#[test]
fn a_peer_that_offers_nothing_the_second_time_gets_nothing_special() {
    let mut dialogue = asked_for_tls(TlsRule::Require);
    let _ = secure(&mut dialogue, &proven());
    assert_eq!(said(dialogue.on_reply(reply(502), WAITED)), "HELO mail.example.net");
    assert_eq!(dialogue.on_reply(reply(250), WAITED), Step::Ready);
    assert_eq!(said(dialogue.deliver(order(1))), "MAIL FROM:<a@sender.test>");
}

#[test]
fn without_an_offer_opportunistic_goes_on_in_clear_and_a_demand_ends_it() {
    for (rule, step) in [
        (TlsRule::None, Step::Ready),
        (TlsRule::Opportunistic, Step::Ready),
        (TlsRule::Require, no_tls()),
        (TlsRule::Verify, no_tls()),
    ] {
        let mut dialogue = with_rule(Plan::Deliver, rule);
        let _ = dialogue.on_reply(reply(220), WAITED);
        assert_eq!(dialogue.on_reply(reply(250), WAITED), step, "{rule:?}");
        let mut forced_to_helo = with_rule(Plan::Deliver, rule);
        let _ = answer(&mut forced_to_helo, &[220, 500]);
        assert_eq!(forced_to_helo.on_reply(reply(250), WAITED), step, "{rule:?} after a refused EHLO");
    }
}

#[test]
fn clear_text_by_rule_ignores_the_offer() {
    assert!(ready("STARTTLS").extensions().starttls);
}

#[test]
fn a_refused_starttls_fails_the_session_whatever_the_rule() {
    for rule in [TlsRule::Opportunistic, TlsRule::Require, TlsRule::Verify] {
        for code in [354, 421, 454, 502, 554] {
            let mut dialogue = asked_for_tls(rule);
            assert_eq!(dialogue.on_reply(reply(code), WAITED), session_failed(Stage::StartTls, code));
            assert!(dialogue.over);
        }
    }
}

#[test]
fn a_certificate_that_proves_nothing_is_refused_by_verify_alone() {
    for why in [Unproven::Expired, Unproven::Name, Unproven::Chain] {
        for rule in [TlsRule::Opportunistic, TlsRule::Require] {
            let step = secure(&mut asked_for_tls(rule), &unproven(why));
            assert_eq!(said(step), "EHLO mail.example.net");
        }
        let failure = Failure { stage: Stage::StartTls, trouble: Trouble::Unproven(why), elapsed: WAITED };
        assert_eq!(secure(&mut asked_for_tls(TlsRule::Verify), &unproven(why)), Step::Failed(failure));
    }
    assert_eq!(said(secure(&mut asked_for_tls(TlsRule::Verify), &proven())), "EHLO mail.example.net");
}

#[test]
fn an_answer_while_hands_are_shaken_is_an_injection_and_fails_the_session() {
    let mut dialogue = waiting_for(Expect::Handshake);
    assert_eq!(dialogue.on_reply(reply(250), WAITED), session_failed(Stage::StartTls, 250));
    assert_eq!(dialogue.on_secured(&proven(), WAITED), Step::Closed);
}

#[test]
fn hands_that_were_not_asked_for_are_not_shaken() {
    for expect in [Expect::Greeting, Expect::Ehlo, Expect::StartTls, Expect::MailFrom] {
        assert_eq!(waiting_for(expect).on_secured(&proven(), WAITED), Step::Closed, "{expect:?}");
    }
}
