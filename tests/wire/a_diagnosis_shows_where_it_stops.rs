//! `nexthop diagnose` against the playground: each destination's verdict, the stage where it stops, and what delivery itself met.

use backend::lab::{HOSTNAME, Lab, LabSettings};
use serde_json::Value;
use std::time::Duration;
use tests::load::{Acknowledged, Mail, hand_in};
use tests::playground::towards;
use tests::server::Server;

async fn world() -> (Lab, Server) {
    let lab = Lab::start(LabSettings::default()).await.expect("a lab");
    let server = Server::serve(&format!("{}[local]\nnames = [{HOSTNAME:?}]\n", towards(&lab))).await;
    (lab, server)
}

/// How the verb ends, and the diagnosis.
async fn diagnose(server: &Server, host: &str) -> (i32, Value) {
    let (exit, output, errors) = server.verb(&["diagnose", host, "--json"]).await;
    let mut probe: Value = serde_json::from_str(&output).unwrap_or_else(|why| panic!("{host}: {why}: {errors}"));
    (exit, probe["diagnosis"].take())
}

/// The first row's stages that are no `ok`: `starttls warning tls.handshake`.
fn stops(diagnosis: &Value) -> Vec<String> {
    let cells = diagnosis["rows"][0]["cells"].as_array().cloned().unwrap_or_default();
    let word = |value: &Value| value.as_str().unwrap_or("-").to_owned();
    let told = |cell: &Value| [&cell["stage"], &cell["state"], &cell["verdict"]].map(word).join(" ");
    cells.iter().filter(|cell| cell["state"] != "ok" && cell["state"] != "not_run").map(told).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn each_destination_stops_at_its_stage_and_one_that_works_at_none() {
    let (_lab, server) = world().await;
    for (host, exit, verdict, stop) in [
        ("healthy", 0, "ok", "certificate warning tls.cert_chain"),
        ("greylist", 0, "ok", "starttls warning -"),
        ("refused", 1, "tcp.refused", "tcp failed tcp.refused"),
        ("busy", 1, "smtp.banner_4xx", "banner failed smtp.banner_4xx"),
        ("blocked", 0, "ok", "starttls warning -"), // it refuses mail, not connections
        ("expired-cert", 0, "ok", "certificate warning tls.cert_expired"),
        ("bad-tls", 0, "ok", "starttls warning tls.handshake"),
        ("nxdomain", 1, "dns.nxdomain", ""),
        ("null-mx", 1, "dns.null_mx", ""),
        ("servfail", 1, "dns.servfail", ""),
        ("loop", 1, "route.loop", ""),
    ] {
        let (ended, diagnosis) = diagnose(&server, &format!("{host}.test")).await;
        assert_eq!((ended, &diagnosis["verdict"]), (exit, &verdict.into()), "{host}: {diagnosis}");
        assert_eq!(stops(&diagnosis).join(", "), stop, "{host}: {diagnosis}");
    }
    let (_, five) = diagnose(&server, "five-mx.test").await;
    let preferences: Vec<&Value> =
        five["rows"].as_array().expect("rows").iter().map(|row| &row["preference"]).collect();
    assert_eq!(preferences, [5, 10, 20, 30, 40], "every mail server is looked at");
    let (exit, _, errors) = server.verb(&["diagnose", "no domain"]).await;
    assert_eq!(exit, 2, "{errors}");
}

#[tokio::test(flavor = "multi_thread")]
async fn it_stands_beside_what_delivery_met_and_is_kept_under_its_number() {
    let (_lab, server) = world().await;
    let mail = Mail { id: "m".into(), to: "u@refused.test".into() };
    hand_in(server.smtp, 1, vec![mail], 1_024, Acknowledged::default()).await;
    server.until_totals(Duration::from_secs(60), |totals| totals["hosts_down"] == 1).await;
    let (exit, text, _) = server.verb(&["diagnose", "refused.test"]).await;
    assert_eq!(exit, 1);
    for part in [
        "Diagnosis of refused.test, ",
        "\nVerdict: Their mail servers refuse connections",
        "(tcp.refused; their side)\nWhat to do: They have to act.",
        "\n10 mx.refused.test 127.0.0.14:",
        "\n  TCP           FAILED ",
        "\n  did not run: banner, EHLO, STARTTLS, certificate, EHLO (TLS), QUIT\n",
        "\n  Delivery met the same here at ",
    ] {
        assert!(text.contains(part), "{part:?} is missing:\n{text}");
    }
    let (_, output, _) = server.verb(&["diagnose", "refused.test", "--json"]).await;
    let shown: Value = serde_json::from_str(&output).expect("a probe");
    let kept = server.get(&format!("/api/v1/probes/{}", shown["id"])).await;
    assert_eq!((&kept["kind"], &kept["state"], &kept), (&"diagnose".into(), &"done".into(), &shown));
}
