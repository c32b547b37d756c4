//! What is passed on of the sender's wishes: reports (RFC 3461) and UTF-8 (RFC 6531).

use super::*;
use crate::dsn::{Dsn, Notify, RecipientDsn, ReturnContent};

fn with(change: impl FnOnce(&mut Envelope)) -> Order {
    let mut order = order(2);
    let envelope = Arc::make_mut(&mut order.envelope);
    envelope.eight_bit = false;
    change(envelope);
    order
}

fn asked(envelope: &mut Envelope) {
    let second = RecipientDsn { notify: Some(Notify::NEVER), original: Some("rfc822;old@x.test".into()) };
    envelope.dsn = Dsn {
        ret: Some(ReturnContent::Full),
        envid: Some("a=b".into()),
        recipients: [RecipientDsn::default(), second].into(),
    };
}

#[test]
fn the_wishes_go_to_a_peer_that_offers_dsn_each_with_its_recipient() {
    let mut dialogue = ready("DSN\nPIPELINING");
    assert_eq!(
        said(dialogue.deliver(with(asked))),
        "MAIL FROM:<a@sender.test> RET=FULL ENVID=a+3Db | RCPT TO:<u0@x.test> | \
         RCPT TO:<u1@x.test> NOTIFY=NEVER ORCPT=rfc822;old@x.test | DATA"
    );
    let mut dialogue = ready("DSN");
    let mut order = with(asked);
    order.rids = vec![RecipientId(1)];
    assert_eq!(said(dialogue.deliver(order)), "MAIL FROM:<a@sender.test> RET=FULL ENVID=a+3Db");
    let rcpt = "RCPT TO:<u1@x.test> NOTIFY=NEVER ORCPT=rfc822;old@x.test";
    assert_eq!(said(dialogue.on_reply(reply(250), WAITED)), rcpt);
}

#[test]
fn a_peer_without_dsn_hears_nothing_of_them_and_nothing_is_made_up() {
    let plain = "MAIL FROM:<a@sender.test> | RCPT TO:<u0@x.test> | RCPT TO:<u1@x.test> | DATA";
    assert_eq!(said(ready("PIPELINING").deliver(with(asked))), plain);
    assert_eq!(said(ready("PIPELINING\nDSN").deliver(with(|_| {}))), plain);
}

#[test]
fn utf8_is_announced_where_it_is_offered_and_fails_for_good_where_not() {
    let utf8 = || with(|envelope| envelope.smtputf8 = true);
    assert_eq!(said(ready("SMTPUTF8").deliver(utf8())), "MAIL FROM:<a@sender.test> SMTPUTF8");
    let Step::TransactionDone { outcomes, reusable: true } = ready("8BITMIME").deliver(utf8()) else { panic!() };
    assert_eq!(outcomes.len(), 2);
    for outcome in outcomes {
        let Outcome::Failed(failure) = outcome else { panic!("{outcome:?}") };
        let judgement = crate::verdict::of_failure(&failure);
        assert!(judgement.permanent);
        assert_eq!(judgement.code, common::vocab::VerdictCode::SmtpUnsupported);
    }
}
