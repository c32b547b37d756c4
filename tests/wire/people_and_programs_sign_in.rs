//! Users by the control socket, programs by their tokens, browsers by their cookie; all of it kept across a kill.

use std::path::Path;
use std::sync::Arc;
use tests::server::Server;
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio_rustls::TlsConnector;
use tokio_rustls::rustls::pki_types::pem::PemObject;
use tokio_rustls::rustls::pki_types::{CertificateDer, ServerName};
use tokio_rustls::rustls::{ClientConfig, RootCertStore, crypto::ring};

const PASSWORD: &str = "correct horse battery";

/// Head and body of what the console answers over this stream.
async fn ask(mut stream: impl AsyncRead + AsyncWrite + Unpin, head: &str, body: &str) -> (String, String) {
    let request = format!("{head}Content-Length: {}\r\n\r\n{body}", body.len());
    stream.write_all(request.as_bytes()).await.expect("a request");
    let mut answer = Vec::new();
    // A server that closes TLS without its last word has still answered.
    let _ = stream.read_to_end(&mut answer).await;
    let answer = String::from_utf8(answer).expect("text");
    let (head, body) = answer.split_once("\r\n\r\n").expect("a head and a body");
    (head.to_owned(), body.to_owned())
}

async fn ask_plain(server: &Server, head: &str, body: &str) -> (String, String) {
    ask(TcpStream::connect(server.console).await.expect("the console listens"), head, body).await
}

/// Signs in as the console's own page; the head of the answer.
async fn sign_in(server: &Server, name: &str, password: &str) -> String {
    let host = server.console;
    let head = format!(
        "POST /api/v1/session HTTP/1.0\r\nHost: {host}\r\nOrigin: http://{host}\r\nContent-Type: application/json\r\n"
    );
    ask_plain(server, &head, &format!("{{\"name\":\"{name}\",\"password\":\"{password}\"}}")).await.0
}

/// The status of a GET with these more fields.
async fn status(server: &Server, more: &str) -> String {
    let head = format!("GET /api/v1/status HTTP/1.0\r\nHost: {}\r\n{more}", server.console);
    ask_plain(server, &head, "").await.0.split(' ').nth(1).expect("a status").to_owned()
}

async fn done(server: &Server, words: &[&str], input: &str) -> String {
    let (code, output, errors) = server.own_verb(words, input).await;
    assert_eq!(code, 0, "{words:?}: {errors}");
    output
}

#[tokio::test]
async fn a_first_start_prints_a_token_that_a_restart_replaces() {
    let mut server = Server::with_sign_in("").await;
    let file = server.data.join("setup-token");
    let first = std::fs::read_to_string(&file).expect("the one-time token");
    assert!(server.log().contains(first.trim()), "{}", server.log());
    assert_eq!(status(&server, "").await, "401");
    server.kill().await;
    server.start_again().await;
    // It listens before it has opened its files; it answers after.
    assert_eq!(status(&server, "").await, "401");
    let second = std::fs::read_to_string(&file).expect("the one-time token");
    assert_ne!(first, second);
    done(&server, &["user", "add", "Ann"], PASSWORD).await;
    assert!(!file.exists());
    let host = server.console;
    let head = format!("POST /api/v1/setup HTTP/1.0\r\nHost: {host}\r\nContent-Type: application/json\r\n");
    let body = format!("{{\"token\":\"{}\",\"name\":\"eve\",\"password\":\"{PASSWORD}\"}}", second.trim());
    assert!(ask_plain(&server, &head, &body).await.0.contains(" 409 "));
    let users = done(&server, &["user", "list"], "").await;
    assert!(users.starts_with("ann ") && users.contains("admin") && users.lines().count() == 1, "{users}");
    server.kill().await;
    server.start_again().await;
    assert_eq!(status(&server, "").await, "401");
    assert!(!file.exists(), "there is an admin");
}

#[tokio::test]
async fn sessions_are_kept_across_a_kill_and_end_with_their_user() {
    let mut server = Server::with_sign_in("").await;
    for (name, role) in [("ann", "admin"), ("ben", "operator")] {
        done(&server, &["user", "add", name, "--role", role], PASSWORD).await;
    }
    assert!(sign_in(&server, "ben", "wrong wrong wrong").await.contains(" 401 "));
    let head = sign_in(&server, "ben", PASSWORD).await;
    let cookie = head.lines().find_map(|line| line.strip_prefix("set-cookie: ")).expect("a cookie");
    assert!(cookie.contains("HttpOnly") && cookie.contains("SameSite=Strict"), "{cookie}");
    let field = format!("Cookie: {}\r\n", cookie.split(';').next().expect("a pair"));
    assert_eq!(status(&server, &field).await, "200");
    server.kill().await;
    server.start_again().await;
    assert_eq!(status(&server, &field).await, "200", "a restart signs nobody out");
    done(&server, &["user", "role", "ben", "viewer"], "").await;
    assert_eq!(status(&server, &field).await, "401", "another role is another session");
    done(&server, &["user", "password", "ben"], "another horse battery\n").await;
    assert!(sign_in(&server, "ben", PASSWORD).await.contains(" 401 "));
    assert!(sign_in(&server, "ben", "another horse battery").await.contains(" 200 "));
    let audit = done(&server, &["audit"], "").await;
    for part in ["user_change  ben  operator to viewer", "user_change  ben  viewer to viewer, another password"] {
        assert!(audit.contains(part), "{part} is missing:\n{audit}");
    }
    assert!(!audit.contains(PASSWORD) && !server.log().contains(PASSWORD));
}

#[tokio::test]
async fn a_program_does_with_its_token_what_its_role_may() {
    let server = Server::with_sign_in("").await;
    let (code, _, errors) = server.verb(&["status"]).await;
    assert_eq!(code, 77, "{errors}");
    let file = server.data.join("token");
    for (role, delivernow, users) in [("viewer", 77, 77), ("operator", 0, 77), ("admin", 0, 0)] {
        let secret = done(&server, &["user", "token", "script", "--role", role, "--expires", "1h"], "").await;
        std::fs::write(&file, &secret).expect("the token's file");
        let token = ["--token-file", file.to_str().expect("a path")];
        let run = async |words: &[&str]| server.verb(&[words, &token].concat()).await;
        assert_eq!(run(&["status"]).await.0, 0, "{role}");
        let (code, _, errors) = run(&["delivernow", "all"]).await;
        assert_eq!(code, delivernow, "{role}: {errors}");
        assert_eq!(run(&["user", "list"]).await.0, users, "{role}");
        // The websocket of `telnet` lets in by the same token; the target is refused, or nobody listens there.
        let (code, _, errors) = run(&["telnet", "192.0.2.1", "25"]).await;
        assert_eq!(code == 77, role == "viewer", "{role}: {errors}");
    }
    let audit = done(&server, &["audit", "--limit", "50"], "").await;
    assert!(audit.contains("token 2 script  127.0.0.1  retry  all  action "), "{audit}");
    assert!(audit.contains("token 1 script  127.0.0.1  retry  /api/v1/actions  refused: "), "{audit}");
    let tokens = done(&server, &["user", "tokens"], "").await;
    assert_eq!(tokens.lines().count(), 3, "{tokens}");
    done(&server, &["user", "revoke", "3"], "").await;
    let token = ["status", "--token-file", file.to_str().expect("a path")];
    assert_eq!(server.verb(&token).await.0, 77);
}

/// Tries to sign in with a wrong password, through a proxy that says this; the head of the answer.
async fn fail(server: &Server, name: &str, said: &str) -> String {
    let host = server.console;
    let head = format!(
        "POST /api/v1/session HTTP/1.0\r\nHost: {host}\r\nOrigin: http://{host}\r\nContent-Type: application/json\r\n{said}"
    );
    ask_plain(server, &head, &format!("{{\"name\":\"{name}\",\"password\":\"wrong wrong wrong\"}}")).await.0
}

#[tokio::test]
async fn behind_a_proxy_that_is_named_the_clients_address_is_written_down_and_counted() {
    let server = Server::with_sign_in("proxies = [\"127.0.0.1\"]").await;
    done(&server, &["user", "add", "ann"], PASSWORD).await;
    let from = |client: &str| format!("X-Forwarded-For: 203.0.113.7, {client}\r\n");
    for _ in 0..5 {
        assert!(fail(&server, "ann", &from("198.51.100.1")).await.contains(" 401 "));
    }
    // What the client wrote itself, on the left, gains it nothing.
    assert!(fail(&server, "ann", "X-Forwarded-For: 9.9.9.9, 198.51.100.1\r\n").await.contains(" 429 "));
    assert!(fail(&server, "ann", "Forwarded: for=\"198.51.100.1:4711\"\r\n").await.contains(" 429 "));
    assert!(fail(&server, "ann", &from("198.51.100.2")).await.contains(" 401 "), "another client is another");
    until_audited(&server, "nobody  198.51.100.1  sign_in  ann  refused: ").await;
}

#[tokio::test]
async fn a_strangers_word_about_its_address_is_ignored() {
    let server = Server::with_sign_in("proxies = [\"192.0.2.0/24\"]").await;
    done(&server, &["user", "add", "ann"], PASSWORD).await;
    for n in 0..5 {
        assert!(fail(&server, "ann", &format!("X-Forwarded-For: 198.51.100.{n}\r\n")).await.contains(" 401 "));
    }
    assert!(fail(&server, "ann", "X-Forwarded-For: 198.51.100.9\r\n").await.contains(" 429 "), "they count together");
    until_audited(&server, "nobody  127.0.0.1  sign_in  ann  refused: ").await;
    assert!(!done(&server, &["audit"], "").await.contains("198.51.100."));
}

async fn until_audited(server: &Server, row: &str) {
    let written = async {
        while !done(server, &["audit"], "").await.contains(row) {
            tokio::time::sleep(std::time::Duration::from_millis(20)).await;
        }
    };
    tokio::time::timeout(std::time::Duration::from_secs(20), written).await.expect("it is written down");
}

/// A certificate for 127.0.0.1 that vouches for itself.
fn certificate(folder: &Path) -> String {
    let names = ["127.0.0.1".to_owned(), "queue.test".to_owned()];
    let made = rcgen::generate_simple_self_signed(names).expect("a certificate");
    let (chain, key) = (folder.join("c.pem"), folder.join("k.pem"));
    std::fs::write(&chain, made.cert.pem()).expect("the chain");
    std::fs::write(&key, made.signing_key.serialize_pem()).expect("the key");
    format!("tls_cert = {chain:?}\ntls_key = {key:?}\npublic = [\"queue.test\"]")
}

#[tokio::test]
async fn by_tls_the_cookie_is_bound_to_its_host_and_verbs_judge_the_certificate() {
    let folder = tempfile::tempdir().expect("a folder");
    let server = Server::with_sign_in(&certificate(folder.path())).await;
    done(&server, &["user", "add", "ann"], PASSWORD).await;
    let chain = folder.path().join("c.pem");
    let mut roots = RootCertStore::empty();
    roots.add(CertificateDer::from_pem_file(&chain).expect("it is read")).expect("a root");
    let config = ClientConfig::builder_with_provider(Arc::new(ring::default_provider()))
        .with_safe_default_protocol_versions()
        .expect("versions")
        .with_root_certificates(roots)
        .with_no_client_auth();
    let connector = TlsConnector::from(Arc::new(config));
    let secure = async |head: &str, body: &str| {
        let stream = TcpStream::connect(server.console).await.expect("the console listens");
        let name = ServerName::try_from("queue.test").expect("a name");
        ask(connector.connect(name, stream).await.expect("TLS"), head, body).await
    };
    let host = server.console;
    let post = |origin: &str| {
        format!(
            "POST /api/v1/session HTTP/1.0\r\nHost: {host}\r\nOrigin: {origin}\r\nContent-Type: application/json\r\n"
        )
    };
    let body = format!("{{\"name\":\"ann\",\"password\":\"{PASSWORD}\"}}");
    assert!(secure(&post(&format!("http://{host}")), &body).await.0.contains(" 403 "), "its pages come by TLS");
    let (head, _) = secure(&post(&format!("https://{host}")), &body).await;
    assert!(head.contains("set-cookie: __Host-nexthop=") && head.contains("; Secure"), "{head}");
    assert!(head.contains("strict-transport-security: max-age="), "{head}");

    let secret = done(&server, &["user", "token", "script"], "").await;
    let token = folder.path().join("token");
    std::fs::write(&token, secret).expect("the token's file");
    let url = format!("https://{host}");
    let (token, chain) = (token.to_str().expect("a path"), chain.to_str().expect("a path"));
    let (code, output, errors) = tests::server::nexthop(&["status", "--server", &url, "--token-file", token]).await;
    assert_eq!(code, 69, "nobody vouches for it: {output}{errors}");
    let words = ["status", "--server", &url, "--token-file", token, "--ca-file", chain];
    let (code, output, errors) = tests::server::nexthop(&words).await;
    assert!(code == 0 && output.contains("System status:"), "{errors}");
}
