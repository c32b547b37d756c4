//! The ritual, against a real DNS server and a next hop that is down and comes up: tophosts, hoststatus, dig, telnet, delivernow.

use std::process::Stdio;
use std::time::Duration;
use tests::load::{Acknowledged, Mail, hand_in};
use tests::server::{Server, free_address};
use tokio::process::{Child, Command};

/// dnsmasq with MX records for `partner.test`, both at 127.0.0.1.
fn dnsmasq(port: u16) -> Child {
    Command::new("/usr/sbin/dnsmasq")
        .args(["--no-daemon", "--no-resolv", "--no-hosts", "--conf-file=/dev/null", "--user=root", "--bind-interfaces"])
        .args(["--listen-address=127.0.0.1", &format!("--port={port}"), "--local=/test/"])
        .args(["--mx-host=partner.test,mx1.partner.test,5", "--mx-host=partner.test,mx2.partner.test,10"])
        .args(["--address=/mx1.partner.test/127.0.0.1", "--address=/mx2.partner.test/127.0.0.1"])
        .stderr(Stdio::null())
        .kill_on_drop(true)
        .spawn()
        .expect("dnsmasq is installed: apt-get install dnsmasq-base")
}

async fn until_dns_answers(port: u16) {
    let end = tokio::time::Instant::now() + Duration::from_secs(20);
    while tokio::net::TcpStream::connect(("127.0.0.1", port)).await.is_err() {
        assert!(tokio::time::Instant::now() < end, "dnsmasq does not answer");
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn from_counting_to_moving() {
    let (dns, next_hop) = (free_address(), free_address());
    let _dnsmasq = dnsmasq(dns.port());
    until_dns_answers(dns.port()).await;
    let server = Server::serve(&format!(
        "[dns]\nservers = [\"{dns}\"]\n[delivery]\nport = {}\nallow_targets = [\"127.0.0.0/8\"]\n",
        next_hop.port()
    ))
    .await;
    let mails = (0..13).map(|n| Mail { id: format!("r{n}"), to: format!("r{n}@partner.test") });
    hand_in(server.smtp, 1, mails.collect(), 1_024, Acknowledged::default()).await;
    server.until_totals(Duration::from_secs(30), |totals| totals["hosts_down"] == 1).await;

    let (code, top, _) = server.verb(&["tophosts", "active_rcpts"]).await;
    assert_eq!(code, 0);
    assert!(top.contains("Hosts marked with '*' were down as of the last delivery attempt."), "{top}");
    let first = top.lines().find(|line| line.starts_with('1')).expect("a first row");
    assert_eq!(first.split_whitespace().collect::<Vec<_>>(), ["1*", "partner.test", "13", "0", "0", "0", "0"]);

    let (code, status, _) = server.verb(&["hoststatus", "partner.test"]).await;
    assert_eq!(code, 0);
    assert!(status.contains("Host up/down:         down") && status.contains("refuse connections"), "{status}");
    assert!(status.contains("Active Recipients              13"), "{status}");
    assert!(status.contains("\nWait cause:           waiting for the host: refused; until "), "{status}");

    let (code, dig, _) = server.verb(&["dig", "mx", "partner.test"]).await;
    assert_eq!(code, 0);
    for part in [";; QUESTION SECTION:", ";; ANSWER SECTION:", "5 mx1.partner.test.", "10 mx2.partner.test."] {
        assert!(dig.contains(part), "{part} is missing:\n{dig}");
    }

    let mut sink = Command::new("/usr/sbin/smtp-sink");
    sink.args(["-u", "nobody", &next_hop.to_string(), "100"]).kill_on_drop(true);
    let _sink = sink.spawn().expect("smtp-sink is installed: apt-get install postfix");
    let port = next_hop.port().to_string();
    let telnet = until_banner(&server, &port).await;
    for part in ["Trying 127.0.0.1...", "Connected to mx1.partner.test.", "Escape character is '^]'.", "220 "] {
        assert!(telnet.contains(part), "{part} is missing:\n{telnet}");
    }

    let (code, receipt, _) = server.verb(&["delivernow", "all"]).await;
    assert_eq!(code, 0);
    assert!(
        receipt.contains("Scheduling all messages for delivery.") && receipt.contains("13 recipients"),
        "{receipt}"
    );
    let moved = |totals: &serde_json::Value| totals["delivered_recipients"] == 13 && totals["hosts_up"] == 1;
    server.until_totals(Duration::from_secs(30), moved).await;
}

/// The sink takes a moment to listen: telnet again until it says 220.
async fn until_banner(server: &Server, port: &str) -> String {
    for _ in 0..100 {
        let (code, output, _) = server.verb(&["telnet", "mx1.partner.test", port]).await;
        if code == 0 && output.contains("220 ") {
            return output;
        }
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    panic!("telnet never saw a 220");
}
