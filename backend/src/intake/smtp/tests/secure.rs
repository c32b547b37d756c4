//! STARTTLS: what it leaves behind, what it refuses, and that a handshake ends.

use super::wire::{Client, House, settings};
use crate::intake::IntakeSettings;
use crate::intake::certificate::Certificate;
use rcgen::{CertifiedKey, generate_simple_self_signed};
use std::sync::Arc;
use tokio::io::DuplexStream;
use tokio::time::Instant;
use tokio_rustls::TlsConnector;
use tokio_rustls::client::TlsStream;
use tokio_rustls::rustls::{ClientConfig, RootCertStore, crypto::ring};

/// Settings with a certificate for mail.test, and a client's trust in it.
fn secured() -> (IntakeSettings, TlsConnector) {
    let CertifiedKey { cert, signing_key } = generate_simple_self_signed(["mail.test".to_owned()]).unwrap();
    let folder = tempfile::tempdir().unwrap();
    let (chain, key) = (folder.path().join("chain.pem"), folder.path().join("key.pem"));
    std::fs::write(&chain, cert.pem()).unwrap();
    std::fs::write(&key, signing_key.serialize_pem()).unwrap();
    let certificate = Some(Arc::new(Certificate::load(&chain, &key).unwrap()));
    let mut roots = RootCertStore::empty();
    roots.add(cert.der().clone()).unwrap();
    let config = ClientConfig::builder_with_provider(Arc::new(ring::default_provider()))
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_root_certificates(roots)
        .with_no_client_auth();
    (IntakeSettings { certificate, ..settings() }, TlsConnector::from(Arc::new(config)))
}

async fn known(house: &House) -> Client<DuplexStream> {
    let (mut client, _session) = house.pipe("127.0.0.1");
    client.expect("220").await;
    client.says("EHLO before.test", "250").await;
    client
}

async fn secure(mut client: Client<DuplexStream>, connector: &TlsConnector) -> Client<TlsStream<DuplexStream>> {
    client.says("STARTTLS", "220 2.0.0").await;
    let name = "mail.test".try_into().unwrap();
    Client::of(connector.connect(name, client.into_stream()).await.expect("a handshake"))
}

#[tokio::test]
async fn nothing_that_was_said_in_clear_text_survives_the_handshake() {
    let (settings, connector) = secured();
    let house = House::without_port(settings);
    let mut client = secure(known(&house).await, &connector).await;
    client.says("MAIL FROM:<a@b.test>", "503 5.5.1 Send EHLO first").await;
    client.says("STARTTLS", "503 5.5.1 TLS is active already").await;
    client.send("EHLO after.test\r\n").await;
    assert!(!client.reply().await.contains("STARTTLS"));
    client.sends_a_message("x: y\r\n\r\n.\r\n", "250 2.0.0").await;
    let text = String::from_utf8(house.spool.kept()[0].body.front().to_vec()).unwrap();
    let head = "Received: from after.test ([127.0.0.1])\r\n\tby mail.test with ESMTPS id 1\r\n\ttls TLS_";
    assert!(text.starts_with(head) && text.contains(" (TLSv1.3); "), "{text}");
}

#[tokio::test]
async fn starttls_is_offered_outside_of_transactions_and_takes_no_argument() {
    let (settings, _) = secured();
    let house = House::without_port(settings);
    let mut client = known(&house).await;
    client.send("EHLO client.test\r\n").await;
    assert!(client.reply().await.contains("250-STARTTLS\r\n"));
    client.says("STARTTLS now", "501 5.5.4").await;
    client.says("MAIL FROM:<a@b.test>", "250").await;
    client.says("STARTTLS", "503 5.5.1 STARTTLS is not allowed within a transaction").await;
    client.says("RCPT TO:<a@x.test>", "250 2.1.5").await;
}

#[tokio::test]
async fn what_comes_in_clear_text_behind_starttls_ends_the_session() {
    let (settings, _) = secured();
    let house = House::without_port(settings);
    for behind in ["MAIL FROM:<a@b.test>\r\n", "\x16\x03\x01", "\r\n"] {
        let mut client = known(&house).await;
        client.send(format!("STARTTLS\r\n{behind}")).await;
        client.expect("554 5.5.0").await;
        client.expect_closed().await;
    }
}

#[tokio::test]
async fn a_client_that_does_not_speak_tls_after_starttls_is_left() {
    let (settings, _) = secured();
    let house = House::without_port(settings);
    let mut client = known(&house).await;
    client.says("STARTTLS", "220 2.0.0").await;
    client.send("EHLO client.test\r\n").await;
    let alert = client.octets_to_the_end().await;
    assert!(!alert.windows(3).any(|window| window == b"250"), "{}", alert.escape_ascii());
}

#[tokio::test(start_paused = true)]
async fn a_handshake_has_a_minute() {
    let (settings, _) = secured();
    let house = House::without_port(settings);
    let mut client = known(&house).await;
    client.says("STARTTLS", "220 2.0.0").await;
    let start = Instant::now();
    client.expect_closed().await;
    assert_eq!(start.elapsed().as_secs(), 60);
}
