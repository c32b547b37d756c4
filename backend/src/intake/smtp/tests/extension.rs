//! SMTPUTF8 (RFC 6531) and DSN (RFC 3461), from the command line to the envelope.

use super::wire::{House, settings};
use engine::dsn::{Notify, ReturnContent};

#[tokio::test]
async fn addresses_beyond_ascii_are_for_transactions_that_asked_for_them() {
    let house = House::open(settings()).await;
    let mut client = house.known().await;
    client.says("MAIL FROM:<\u{e9}@b.test>", "501 5.1.7").await;
    client.says("MAIL FROM:<a@b.test>", "250 2.1.0").await;
    client.says("RCPT TO:<\u{e9}@b.test>", "501 5.1.3").await;
    client.says("RCPT TO:<a@b\u{fc}cher.test>", "501 5.1.3").await;
    client.says("RCPT TO:<a@b.test> ORCPT=utf-8;\u{e9}@b.test", "501 5.1.3").await;
    client.says("RSET", "250 2.0.0").await;
    client.says("MAIL FROM:<\u{e9}@b.test> SMTPUTF8", "250 2.1.0").await;
    client.says("RCPT TO:<\u{7528}\u{6237}@B\u{dc}CHER.test>", "250 2.1.5").await;
    client.says("RCPT TO:<\u{7528}\u{6237}@xn--bcher-kva.test>", "250 2.1.5").await;
    client.says("RCPT TO:<a\u{202e}b@x.test>", "501 5.1.3").await;
    client.says("DATA", "354").await;
    client.says("Subject: \u{e9}\r\n\r\n.", "250 2.0.0").await;
    let kept = &house.spool.kept()[0];
    assert_eq!(kept.envelope.from.as_ref().map(|from| from.as_str()), Some("\u{e9}@b.test"));
    let recipients: Vec<(&str, &str)> =
        kept.envelope.recipients.iter().map(|to| (to.as_str(), to.domain().as_str())).collect();
    let expected = [("\u{7528}\u{6237}@b\u{fc}cher.test", "xn--bcher-kva.test")];
    assert_eq!(recipients, expected, "two spellings of one recipient");
    assert!(kept.envelope.smtputf8);
    assert!(kept.body.front().windows(15).any(|window| window == b" with UTF8SMTP "));
}

#[tokio::test]
async fn a_message_needs_smtputf8_only_if_something_of_it_does() {
    let house = House::open(settings()).await;
    let mut client = house.known().await;
    for (parameter, header, needs) in
        [(" SMTPUTF8", "Subject: x", false), (" SMTPUTF8", "Subject: \u{e9}", true), ("", "Subject: \u{e9}", false)]
    {
        client.says(&format!("MAIL FROM:<a@b.test>{parameter}"), "250 2.1.0").await;
        client.says("RCPT TO:<a@x.test>", "250 2.1.5").await;
        client.says("DATA", "354").await;
        client.says(&format!("{header}\r\n\r\n\u{e9}\r\n."), "250 2.0.0").await;
        let envelope = house.spool.kept().last().unwrap().envelope.clone();
        assert_eq!((envelope.smtputf8, envelope.eight_bit), (needs, true), "{parameter:?} {header}");
    }
}

#[tokio::test]
async fn what_was_asked_about_reports_is_in_the_envelope() {
    let house = House::open(settings()).await;
    let mut client = house.known().await;
    client.says("MAIL FROM:<a@b.test> RET=HDRS ENVID=QQ+2B314159", "250 2.1.0").await;
    client.says("RCPT TO:<one@x.test>", "250 2.1.5").await;
    client.says("RCPT TO:<two@x.test> NOTIFY=SUCCESS,DELAY ORCPT=rfc822;Two+40x.test", "250 2.1.5").await;
    client.says("RCPT TO:<two@x.test> NOTIFY=NEVER", "250 2.1.5").await;
    client.says("DATA", "354").await;
    client.says("x: y\r\n\r\n.", "250 2.0.0").await;
    let dsn = house.spool.kept()[0].envelope.dsn.clone();
    assert_eq!((dsn.ret, dsn.envid.as_deref()), (Some(ReturnContent::Headers), Some("QQ+314159")));
    assert_eq!(dsn.recipients.len(), 2, "the first word about a recipient counts");
    assert_eq!(dsn.notify(0), Notify::default());
    assert_eq!(dsn.notify(1), Notify { success: true, failure: false, delay: true });
    assert_eq!(dsn.recipients[1].original.as_deref(), Some("rfc822;Two@x.test"));
}

#[tokio::test]
async fn the_null_sender_may_ask_and_nothing_asked_is_nothing_kept() {
    let house = House::open(settings()).await;
    let mut client = house.known().await;
    client.says("MAIL FROM:<> RET=FULL ENVID=x", "250 2.1.0").await;
    client.says("RSET", "250 2.0.0").await;
    client.sends_a_message("x: y\r\n\r\n.\r\n", "250 2.0.0").await;
    assert_eq!(house.spool.kept()[0].envelope.dsn, engine::dsn::Dsn::default());
}
