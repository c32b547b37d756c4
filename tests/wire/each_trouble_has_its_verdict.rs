//! Each ill-behaved destination of the playground: what `hoststatus` says of it, and whose side it is on.

use backend::lab::behaviour::Behaviour;
use backend::lab::{HOSTNAME, Lab, LabSettings};
use serde_json::Value;
use std::time::Duration;
use tests::load::{Acknowledged, Mail, hand_in};
use tests::playground::towards;
use tests::server::Server;

const PATIENCE: Duration = Duration::from_secs(60);

/// The greeting of `slow-banner.test` is late, but not so late that a test has to wait.
async fn world() -> (Lab, Server) {
    let settings = LabSettings { slow_banner: Duration::from_millis(300), ..LabSettings::default() };
    let lab = Lab::start(settings).await.expect("a lab");
    let server = Server::serve(&format!("{}[local]\nnames = [{HOSTNAME:?}]\n", towards(&lab))).await;
    (lab, server)
}

async fn send(server: &Server, names: &[&str]) {
    let mails = names.iter().map(|name| Mail { id: (*name).into(), to: format!("u@{name}.test") });
    hand_in(server.smtp, 1, mails.collect(), 1_024, Acknowledged::default()).await;
}

/// The row of a host once it has a verdict of this code.
async fn until_verdict(server: &Server, host: &str, code: &str) -> Value {
    until(server, host, |row| row["verdict"]["code"] == code).await
}

/// The row of a host that took one message and has nothing to explain.
async fn until_taken(server: &Server, host: &str) {
    let row = until(server, host, |row| row["delivered_recipients"] == 1).await;
    assert_eq!((&row["status"], &row["verdict"]), (&"up".into(), &Value::Null), "{row}");
}

async fn until(server: &Server, host: &str, wished: impl Fn(&Value) -> bool) -> Value {
    let end = tokio::time::Instant::now() + PATIENCE;
    loop {
        // A host without mail and history is no error yet: its first message is on its way.
        let (_, output, _) = server.verb(&["hoststatus", host, "--json"]).await;
        let row = serde_json::from_str::<Value>(&output).unwrap_or_default()["row"].take();
        if wished(&row) {
            return row;
        }
        assert!(tokio::time::Instant::now() < end, "{host} stays {row}");
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn hoststatus_names_each_trouble_and_its_owner() {
    let (_lab, server) = world().await;
    let troubles = [
        ("busy", "smtp.banner_4xx", "theirs", "down"),
        ("drops-after-dot", "smtp.dropped", "theirs", "up"),
        ("flapping", "smtp.dropped", "theirs", "down"),
        ("servfail", "dns.servfail", "theirs", "down"),
        ("loop", "route.loop", "ours", "down"),
        ("refused", "tcp.refused", "theirs", "down"),
    ];
    send(&server, &troubles.map(|(name, ..)| name)).await;
    send(&server, &["slow-banner"]).await;
    for (name, code, owner, status) in troubles {
        let row = until_verdict(&server, &format!("{name}.test"), code).await;
        assert_eq!((&row["verdict"]["owner"], &row["status"]), (&owner.into(), &status.into()), "{name}: {row}");
        let (exit, text, _) = server.verb(&["hoststatus", &format!("{name}.test")]).await;
        assert_eq!(exit, 0, "{name}");
        assert!(text.contains(&format!("({code})")), "{name}:\n{text}");
    }
    until_taken(&server, "slow-banner.test").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_takes_no_mail_at_all_fails_at_once_and_says_so() {
    let (_lab, server) = world().await;
    send(&server, &["nxdomain", "null-mx"]).await;
    for (name, code) in [("nxdomain", "dns.nxdomain"), ("null-mx", "dns.null_mx")] {
        let row = until_verdict(&server, &format!("{name}.test"), code).await;
        assert_eq!((&row["verdict"]["owner"], &row["active_recipients"]), (&"recipient".into(), &0.into()), "{row}");
        assert_eq!(row["dns_hard_bounces"], 1, "{row}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_host_that_flaps_takes_its_mail_when_it_is_told_to_try_again() {
    let (lab, server) = world().await;
    send(&server, &["flapping"]).await;
    until_verdict(&server, "flapping.test", "smtp.dropped").await;
    assert_eq!(server.verb(&["delivernow", "flapping.test"]).await.0, 0);
    until_taken(&server, "flapping.test").await;
    assert_eq!(lab.counts("flapping").recipients, 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_host_that_is_no_longer_busy_is_up_after_delivernow() {
    let (lab, server) = world().await;
    send(&server, &["busy"]).await;
    until_verdict(&server, "busy.test", "smtp.banner_4xx").await;
    lab.set("busy", Behaviour::Healthy).await.unwrap();
    assert_eq!(server.verb(&["delivernow", "busy.test"]).await.0, 0);
    until_taken(&server, "busy.test").await;
    assert_eq!(lab.counts("busy").recipients, 1);
}
