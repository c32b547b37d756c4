//! STARTTLS with real clients: rustls and openssl.

use super::{DISCARD, until_received};
use rcgen::{CertifiedKey, generate_simple_self_signed};
use std::path::PathBuf;
use std::process::Stdio;
use std::sync::Arc;
use std::time::Duration;
use tests::caller::Caller;
use tests::server::{Server, binary};
use tokio::io::AsyncWriteExt;
use tokio::net::TcpStream;
use tokio_rustls::TlsConnector;
use tokio_rustls::client::TlsStream;
use tokio_rustls::rustls::pki_types::CertificateDer;
use tokio_rustls::rustls::{ClientConfig, RootCertStore, crypto::ring};

/// The files of a certificate for mail.lab.test.
struct Identity {
    folder: tempfile::TempDir,
}

impl Identity {
    fn new() -> (Identity, CertificateDer<'static>) {
        let identity = Identity { folder: tempfile::tempdir().expect("a folder") };
        let certificate = identity.renew();
        (identity, certificate)
    }

    /// Writes another certificate with another key, as a renewal does: two files, one after the other.
    fn renew(&self) -> CertificateDer<'static> {
        let made = generate_simple_self_signed(["mail.lab.test".to_owned()]).expect("a certificate");
        let CertifiedKey { cert, signing_key } = made;
        std::fs::write(self.chain(), cert.pem()).expect("its file");
        std::fs::write(self.key(), signing_key.serialize_pem()).expect("its file");
        cert.der().clone()
    }

    fn chain(&self) -> PathBuf {
        self.folder.path().join("chain.pem")
    }

    fn key(&self) -> PathBuf {
        self.folder.path().join("key.pem")
    }

    /// The lines for `[smtp]`.
    fn lines(&self) -> String {
        format!("tls_cert = {:?}\ntls_key = {:?}", self.chain(), self.key())
    }
}

/// A client that trusts this certificate alone.
fn trusting(certificate: CertificateDer<'static>) -> TlsConnector {
    let mut roots = RootCertStore::empty();
    roots.add(certificate).expect("a root");
    let config = ClientConfig::builder_with_provider(Arc::new(ring::default_provider()))
        .with_safe_default_protocol_versions()
        .expect("versions")
        .with_root_certificates(roots)
        .with_no_client_auth();
    TlsConnector::from(Arc::new(config))
}

/// EHLO, STARTTLS, handshake. Errors: the handshake's.
async fn secured(server: &Server, connector: &TlsConnector) -> std::io::Result<Caller<TlsStream<TcpStream>>> {
    let mut caller = Caller::known(server.smtp).await;
    caller.says("STARTTLS", "220 2.0.0").await;
    let name = "mail.lab.test".try_into().expect("a name");
    Ok(Caller::over(connector.connect(name, caller.into_stream()).await?))
}

#[tokio::test]
async fn mail_comes_in_under_tls_and_nothing_from_before_it_counts() {
    let (identity, certificate) = Identity::new();
    let server = Server::serve_as(&[], &identity.lines(), DISCARD).await;
    let mut caller = secured(&server, &trusting(certificate)).await.expect("a handshake");
    caller.says("MAIL FROM:<a@b.test>", "503 5.5.1 Send EHLO first").await;
    caller.says("STARTTLS", "503 5.5.1").await;
    caller.says("EHLO caller.test", "250").await;
    caller.sends_a_message(format!("x: y\r\n\r\n{}.\r\n", "line\r\n".repeat(100_000)), "250 2.0.0").await;
    until_received(&server, 1).await;
}

#[tokio::test]
async fn octets_in_the_segment_of_starttls_close_the_connection() {
    let (identity, _) = Identity::new();
    let server = Server::serve_as(&[], &identity.lines(), DISCARD).await;
    let mut caller = Caller::known(server.smtp).await;
    caller.send("STARTTLS\r\nMAIL FROM:<evil@x.test>\r\n").await;
    caller.expect("554 5.5.0").await;
    caller.expect_closed().await;
    let mut caller = Caller::known(server.smtp).await;
    caller.says("MAIL FROM:<a@b.test>", "250").await;
    caller.says("STARTTLS", "503 5.5.1").await;
}

#[tokio::test]
async fn openssl_is_served_in_both_versions() {
    let (identity, _) = Identity::new();
    let server = Server::serve_as(&[], &identity.lines(), DISCARD).await;
    for version in ["-tls1_2", "-tls1_3"] {
        let mut client = tokio::process::Command::new("openssl")
            .args(["s_client", "-starttls", "smtp", "-brief", "-crlf", "-verify_return_error", version])
            .args(["-verify_hostname", "mail.lab.test", "-connect", &server.smtp.to_string(), "-CAfile"])
            .arg(identity.chain())
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .kill_on_drop(true)
            .spawn()
            .expect("openssl is installed: apt-get install openssl");
        let mut input = client.stdin.take().expect("its input");
        input.write_all(b"EHLO caller.test\nQUIT\n").await.expect("it reads");
        let ended = tokio::time::timeout(Duration::from_secs(60), client.wait_with_output()).await.expect("it ends");
        let output = ended.expect("its output");
        let said = String::from_utf8_lossy(&[output.stdout, output.stderr].concat()).into_owned();
        assert!(output.status.success() && said.contains("Verification: OK"), "{version}: {said}");
        drop(input);
    }
}

#[tokio::test]
async fn a_renewed_certificate_is_used_without_a_restart() {
    let (identity, first) = Identity::new();
    let server = Server::serve_as(&[], &identity.lines(), DISCARD).await;
    assert!(secured(&server, &trusting(first.clone())).await.is_ok());
    let second = identity.renew();
    let end = tokio::time::Instant::now() + Duration::from_secs(30);
    while secured(&server, &trusting(second.clone())).await.is_err() {
        assert!(tokio::time::Instant::now() < end, "the old certificate stays in use:\n{}", server.log());
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
    assert!(secured(&server, &trusting(first)).await.is_err());
}

#[tokio::test]
async fn check_verifies_that_certificate_and_key_belong_together() {
    let (identity, _) = Identity::new();
    let file = identity.folder.path().join("nexthop.toml");
    let text = format!("hostname = \"mail.lab.test\"\n[smtp]\n{}\n", identity.lines());
    std::fs::write(&file, text).expect("the configuration");
    let check = || async {
        let ran = tokio::process::Command::new(binary()).arg("check").arg("--config").arg(&file).output().await;
        let ran = ran.expect("check");
        (ran.status.code(), String::from_utf8_lossy(&[ran.stdout, ran.stderr].concat()).into_owned())
    };
    let (code, said) = check().await;
    assert!(code == Some(0) && said.contains("STARTTLS is offered"), "{said}");
    let old_key = std::fs::read(identity.key()).expect("the key");
    identity.renew();
    std::fs::write(identity.key(), old_key).expect("the key");
    let (code, said) = check().await;
    assert!(code == Some(2) && said.contains("is not that of the certificate"), "{said}");
}
