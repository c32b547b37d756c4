//! Two programs that we did not write, at both ends: swaks hands mail in, Postfix is the next hop.

use rcgen::{CertifiedKey, generate_simple_self_signed};
use std::time::Duration;
use tests::postfix::Postfix;
use tests::server::Server;
use tokio::process::Command;

const PATIENCE: Duration = Duration::from_secs(30);
/// A leading dot, a line of a dot and more, octets above 127, and white space that must stay.
const BODY: &str = ".leading\n..two\n.\nGrüße aus Zürich — 日本語\n  indented  \n\ttab";

async fn swaks(server: &Server, to: &str) -> String {
    let mut command = Command::new("swaks");
    command.arg("--server").arg(server.smtp.ip().to_string()).arg("--port").arg(server.smtp.port().to_string());
    command.args(["--helo", "client.test", "--from", "one@peer.test", "--to", to]);
    command.args(["--h-Subject", "Gr\u{fc}\u{df}e", "--add-header", "X-Kept:  as it was ", "--body", BODY]);
    let output = command.output().await.expect("apt-get install swaks");
    let said = String::from_utf8_lossy(&output.stdout).into_owned();
    assert!(output.status.success(), "{said}{}", String::from_utf8_lossy(&output.stderr));
    said
}

#[tokio::test(flavor = "multi_thread")]
async fn it_arrives_over_tls_unchanged_and_a_refusal_or_a_delay_is_told_in_its_own_words() {
    let CertifiedKey { cert, signing_key } = generate_simple_self_signed(vec!["mx.peer.test".into()]).unwrap();
    let postfix = Postfix::start("peer.test", &format!("{}{}", signing_key.serialize_pem(), cert.pem())).await;
    let route = format!("[[route]]\nmatch = \"peer.test\"\nto = [\"{}\"]\n", postfix.address);
    let server = Server::serve(&route).await;

    let dialogue = swaks(&server, "one@peer.test").await;
    assert!(dialogue.contains("<~  250 2.0.0") || dialogue.contains("<-  250 2.0.0"), "{dialogue}");
    let arrived = postfix.until(1).await.remove(0);
    let (head, body) = arrived.split_once("\n\n").expect("a head and a body");
    // swaks ends a body with an empty line of its own.
    assert_eq!(body.trim_end_matches('\n'), BODY, "{arrived}");
    assert!(head.contains("\nX-Kept:  as it was ") && head.contains("\nSubject: Grüße\n"), "{head}");
    assert!(head.contains("from client.test") && head.contains("with ESMTPS id"), "{head}");
    assert!(head.contains("TLSv1.3"), "by STARTTLS: {head}");
    let detail = server.get("/api/v1/hosts/peer.test").await;
    assert_eq!(detail["tls"]["version"], "TLS 1.3", "{detail}");

    swaks(&server, "nobody@peer.test").await;
    let bounce = postfix.until(2).await.remove(1);
    assert!(bounce.contains("multipart/report") && bounce.contains("Status: 5.1.1"), "{bounce}");
    assert!(bounce.contains("User unknown in virtual mailbox table"), "their own words: {bounce}");

    swaks(&server, "later@peer.test").await;
    let put_off = |totals: &serde_json::Value| totals["soft_bounced_events"] == 1;
    let totals = server.until_totals(PATIENCE, put_off).await;
    assert_eq!((&totals["active_recipients"], &totals["wait_causes"]["retry"]), (&1.into(), &1.into()), "{totals}");
    let (code, status, errors) = server.verb(&["hoststatus", "peer.test"]).await;
    assert_eq!(code, 0, "{errors}");
    for part in
        ["Host up/down:         up", "450 4.7.1 <later@peer.test>", "Greylisted", "550 5.1.1 <nobody@peer.test>"]
    {
        assert!(status.contains(part), "{part} is missing:\n{status}");
    }
}
