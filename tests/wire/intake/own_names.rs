//! Mail for our own names follows its alias or is refused.

use super::{DISCARD, until_received};
use std::net::Ipv4Addr;
use tests::caller::Caller;
use tests::server::{Server, binary};

const LOCAL: &str = "[local]\nnames = [\"own.test\"]\n\
                     aliases = { root = \"admin@example.com\", postmaster = \"root\", Chain = \"postmaster@own.test\" }\n";

#[tokio::test]
async fn a_stranger_reaches_postmaster_without_a_domain_and_every_alias() {
    let server = Server::serve_as(&[], "relay_from = []", &format!("{LOCAL}{DISCARD}")).await;
    let mut stranger = Caller::call_from(Ipv4Addr::new(127, 0, 0, 2), server.smtp).await.expect("the server accepts");
    stranger.expect("220").await;
    stranger.says("EHLO stranger.test", "250").await;
    stranger.says("MAIL FROM:<a@other.test>", "250 2.1.0").await;
    for (to, answer) in [
        ("Postmaster", "250 2.1.5"),
        ("POSTMASTER@own.test", "250 2.1.5"),
        ("chain@mail.lab.test", "250 2.1.5"),
        ("nobody", "550 5.1.1"),
        ("nobody@own.test", "550 5.1.1"),
        ("admin@example.com", "550 5.7.1"),
    ] {
        stranger.says(&format!("RCPT TO:<{to}>"), answer).await;
    }
    stranger.says("DATA", "354").await;
    stranger.says("x: y\r\n\r\n.", "250 2.0.0").await;
    until_received(&server, 1).await;
    let status = server.get("/api/v1/status").await;
    assert_eq!(status["recipients_received"], 1, "all three lead to one");
    assert_eq!(server.get("/api/v1/hosts/example.com").await["row"]["host"], "example.com");
}

#[tokio::test]
async fn check_refuses_aliases_that_lead_nowhere_or_back() {
    let folder = tempfile::tempdir().expect("a folder");
    let file = folder.path().join("nexthop.toml");
    let text =
        "hostname = \"mx.test\"\n[local]\naliases = { one = \"two\", two = \"one@mx.test\", three = \"nobody\" }\n";
    std::fs::write(&file, text).expect("the configuration");
    let ran =
        tokio::process::Command::new(binary()).arg("check").arg("--config").arg(&file).output().await.expect("check");
    let said = String::from_utf8_lossy(&ran.stderr);
    assert_eq!(ran.status.code(), Some(2), "{said}");
    for part in
        ["alias \"one\" leads back to itself", "alias \"two\" leads back", "alias \"three\" leads to \"nobody\""]
    {
        assert!(said.contains(part), "{part} is missing:\n{said}");
    }
}
