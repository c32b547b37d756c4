//! TLS to the lab's next hops: used where it is offered, recorded, demanded by a rule, and clear text only where none does.

use backend::lab::behaviour::{Behaviour, Moment};
use backend::lab::{Lab, LabSettings};
use serde_json::Value;
use std::time::Duration;
use tests::load::{Acknowledged, Mail, hand_in};
use tests::playground::towards;
use tests::server::Server;

const PATIENCE: Duration = Duration::from_secs(60);

/// A lab and a server that delivers to it; `more` are lines of its configuration.
async fn world(more: &str) -> (Lab, Server) {
    let lab = Lab::start(LabSettings::default()).await.expect("a lab");
    let delivery = towards(&lab);
    let server = Server::serve(&format!("{delivery}{more}")).await;
    (lab, server)
}

/// One message to the domain of the playground with this name.
async fn send(server: &Server, name: &str) {
    let mail = Mail { id: name.into(), to: format!("u@{name}.test") };
    hand_in(server.smtp, 1, vec![mail], 1_024, Acknowledged::default()).await;
}

async fn delivered(server: &Server) -> Value {
    server.until_totals(PATIENCE, |totals| totals["delivered_recipients"] == 1).await
}

/// The host waits for TLS and nothing of its mail went anywhere; what its verdict is.
async fn waits_for_tls(lab: &Lab, server: &Server, name: &str) -> String {
    server.until_totals(PATIENCE, |totals| totals["wait_causes"]["tls_policy"] == 1).await;
    assert_eq!(lab.counts(name).messages, 0);
    let detail = server.json(&["hoststatus", &format!("{name}.test")]).await;
    assert_eq!((&detail["row"]["status"], &detail["row"]["hard_bounced_recipients"]), (&"down".into(), &0.into()));
    detail["row"]["verdict"]["code"].as_str().expect("a verdict").to_owned()
}

fn rule(name: &str, rule: &str) -> String {
    format!("[[destination]]\nmatch = \"{name}.test\"\ntls = \"{rule}\"\n")
}

#[tokio::test(flavor = "multi_thread")]
async fn mail_goes_under_tls_and_hoststatus_says_what_was_proved() {
    let (lab, server) = world("").await;
    send(&server, "healthy").await;
    delivered(&server).await;
    assert_eq!(lab.site("healthy").unwrap().taken_by_tls, 1);
    let tls = server.json(&["hoststatus", "healthy.test"]).await["tls"].take();
    assert_eq!((&tls["version"], &tls["group"]), (&"TLS 1.3".into(), &"X25519".into()));
    assert_eq!((&tls["verified"], &tls["because"]), (&false.into(), &"tls.cert_chain".into()));
    assert_eq!(tls["names"][0], "mx.healthy.test");
    let (_, status, _) = server.verb(&["hoststatus", "healthy.test"]).await;
    assert!(status.contains("TLS 1.3, certificate not verified"), "{status}");
    assert!(status.contains("CN=Nexthop lab authority"), "{status}");
}

#[tokio::test(flavor = "multi_thread")]
async fn with_its_authority_in_ca_file_a_certificate_is_verified_and_satisfies_verify() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("roots.pem");
    // The authority lives with the lab, so the lab is there before the server reads the file.
    let lab = Lab::start(LabSettings::default()).await.expect("a lab");
    std::fs::write(&file, lab.authority().root_pem()).unwrap();
    let server =
        Server::serve(&format!("{}[tls]\nca_file = {file:?}\n{}", towards(&lab), rule("healthy", "verify"))).await;
    send(&server, "healthy").await;
    delivered(&server).await;
    assert_eq!(lab.site("healthy").unwrap().taken_by_tls, 1);
    assert_eq!(server.json(&["hoststatus", "healthy.test"]).await["tls"]["verified"], true);
}

#[tokio::test(flavor = "multi_thread")]
async fn an_expired_certificate_is_recorded_and_refuses_nothing_where_nothing_is_demanded() {
    let (lab, server) = world("").await;
    send(&server, "expired-cert").await;
    delivered(&server).await;
    assert_eq!(lab.site("expired-cert").unwrap().taken_by_tls, 1);
    let tls = server.json(&["hoststatus", "expired-cert.test"]).await["tls"].take();
    assert_eq!((&tls["verified"], &tls["because"]), (&false.into(), &"tls.cert_expired".into()));
}

#[tokio::test(flavor = "multi_thread")]
async fn an_expired_certificate_holds_mail_back_under_verify() {
    let (lab, server) = world(&rule("expired-cert", "verify")).await;
    send(&server, "expired-cert").await;
    assert_eq!(waits_for_tls(&lab, &server, "expired-cert").await, "tls.cert_expired");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_broken_handshake_is_followed_by_clear_text_once() {
    let (lab, server) = world("").await;
    send(&server, "bad-tls").await;
    delivered(&server).await;
    let site = lab.site("bad-tls").unwrap();
    assert_eq!((site.connections, site.taken.messages, site.taken_by_tls), (2, 1, 0));
    let tls = server.json(&["hoststatus", "bad-tls.test"]).await["tls"].take();
    assert_eq!((&tls["version"], &tls["verified"]), (&Value::Null, &false.into()));
    assert_eq!(tls["sentence"], "clear text, since their TLS handshake fails");
}

#[tokio::test(flavor = "multi_thread")]
async fn require_never_goes_in_clear() {
    let (lab, server) = world(&rule("bad-tls", "require")).await;
    send(&server, "bad-tls").await;
    assert_eq!(waits_for_tls(&lab, &server, "bad-tls").await, "tls.handshake");
    // One that does not offer it at all.
    let (lab, server) = world(&rule("greylist", "require")).await;
    send(&server, "greylist").await;
    assert_eq!(waits_for_tls(&lab, &server, "greylist").await, "tls.none_required");
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_slipped_in_behind_the_220_is_not_trusted() {
    let (lab, server) = world(&rule("healthy", "require")).await;
    let injected = "220 go\r\n250-mx.healthy.test\r\n250 PIPELINING";
    lab.set("healthy", Behaviour::answers(Moment::StartTls, injected)).await.unwrap();
    send(&server, "healthy").await;
    assert_eq!(waits_for_tls(&lab, &server, "healthy").await, "tls.handshake");
}
