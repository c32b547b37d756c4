//! The parameters of RFC 3461.

use super::server;
use tests::caller::Caller;

#[tokio::test]
async fn dsn_is_offered_and_its_parameters_are_taken() {
    let server = server().await;
    let mut caller = Caller::call(server.smtp).await;
    caller.expect("220").await;
    caller.send("EHLO caller.test\r\n").await;
    assert!(caller.reply().await.contains("250-DSN\r\n"));
    for from in ["<a@b.test>", "<>"] {
        caller.says(&format!("MAIL FROM:{from} RET=HDRS ENVID=QQ+2B314159"), "250 2.1.0").await;
        caller.says("RCPT TO:<a@x.test> NOTIFY=SUCCESS,FAILURE ORCPT=rfc822;Bob+40x.test", "250 2.1.5").await;
        caller.says("RCPT TO:<b@x.test> NOTIFY=NEVER", "250 2.1.5").await;
        caller.says("DATA", "354").await;
        caller.says("x: y\r\n\r\n.", "250 2.0.0").await;
    }
}

#[tokio::test]
async fn junk_in_them_is_501() {
    let server = server().await;
    let long_envid = format!("ENVID={}", "a".repeat(101));
    let long_orcpt = format!("ORCPT=rfc822;{}", "a".repeat(494));
    let of_mail = ["RET=ALL", "ENVID=+0D+0A", "ENVID=a=b", &long_envid, "RET=FULL RET=HDRS"];
    let of_rcpt =
        ["NOTIFY=ALWAYS", "NOTIFY=NEVER,DELAY", "ORCPT=a", "ORCPT=rfc822;+0A", "ORCPT=rfc822;\u{e9}", &long_orcpt];
    let mut caller = Caller::known(server.smtp).await;
    for parameter in of_mail {
        caller.says(&format!("MAIL FROM:<> {parameter}"), "501 5.5.4").await;
    }
    caller.says("MAIL FROM:<>", "250 2.1.0").await;
    for parameter in of_rcpt {
        caller.says(&format!("RCPT TO:<a@x.test> {parameter}"), "501 5.5.4").await;
    }
    caller.says("RCPT TO:<a@x.test>", "250 2.1.5").await;
}
