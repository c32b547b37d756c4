//! The lab behaves as its table says: its zone through the resolver, its next hops over real sockets.

use super::*;
use crate::clock::Clock;
use crate::connect::guard::{GuardSettings, TargetGuard};
use crate::lab::ledger::digest;
use crate::lab::traffic::TrafficSettings;
use crate::resolve::{ResolveSettings, Resolver};
use engine::failure::RouteFailure;
use engine::route::{Answer, RouteKind};
use tokio::io::{AsyncBufReadExt, AsyncReadExt, AsyncWriteExt, BufReader};
use tokio::net::TcpStream;
use tokio::sync::watch;
use tokio::time::{Instant, timeout};

const SOON: Duration = Duration::from_secs(20);

async fn lab() -> Lab {
    Lab::start(LabSettings { slow: Duration::from_millis(50), record: true, ..LabSettings::default() }).await.unwrap()
}

fn resolver(lab: &Lab) -> Resolver {
    let allow = vec![ALLOWED_TARGETS.parse().unwrap()];
    let guard = TargetGuard::new(GuardSettings { allow, ..GuardSettings::default() });
    let settings = ResolveSettings { servers: vec![lab.dns()], port: lab.port(), ..ResolveSettings::default() };
    Resolver::new(settings, Arc::new(guard)).unwrap()
}

async fn resolve(lab: &Lab, host: &str) -> Result<Answer, RouteFailure> {
    resolver(lab).resolve(&host.parse().unwrap()).await
}

/// `preference name address` of every exchanger.
fn shown(answer: &Answer) -> Vec<String> {
    let line = |one: &engine::route::ExchangerAnswer| {
        let ips: Vec<String> = one.addresses.iter().map(|address| address.ip().to_string()).collect();
        format!("{} {} {}", one.preference, one.name, ips.join(" "))
    };
    let mut lines: Vec<String> = answer.exchangers.iter().map(line).collect();
    lines.sort_by_key(|line| line.split(' ').next().unwrap().parse::<u16>().unwrap());
    lines
}

/// A client that waits for each answer.
struct Peer(BufReader<TcpStream>);

impl Peer {
    async fn connect(lab: &Lab, octet: u8) -> io::Result<Peer> {
        Ok(Peer(BufReader::new(TcpStream::connect((ip(octet), lab.port())).await?)))
    }

    async fn greeted(lab: &Lab, octet: u8) -> Peer {
        let mut peer = Peer::connect(lab, octet).await.unwrap();
        assert!(peer.answer().await.starts_with("220 "));
        peer.ask("EHLO client.test").await;
        peer
    }

    /// The last line of an answer.
    async fn answer(&mut self) -> String {
        loop {
            let mut line = String::new();
            timeout(SOON, self.0.read_line(&mut line)).await.expect("an answer in time").unwrap();
            if line.as_bytes().get(3) != Some(&b'-') {
                return line.trim_end().to_string();
            }
        }
    }

    async fn ask(&mut self, lines: &str) -> String {
        self.0.get_mut().write_all(format!("{lines}\r\n").as_bytes()).await.unwrap();
        self.answer().await
    }

    async fn send(&mut self, recipient: &str, message: &str) -> String {
        for line in ["MAIL FROM:<a@lab.test> SIZE=100 BODY=8BITMIME", &format!("RCPT TO:<{recipient}>"), "DATA"] {
            let answer = self.ask(line).await;
            if answer.starts_with(['4', '5']) || answer.is_empty() {
                return answer;
            }
        }
        self.ask(&format!("{message}\r\n.")).await
    }
}

#[tokio::test]
async fn the_zone_names_the_next_hops_that_the_table_promises() {
    let lab = lab().await;
    for (host, expected) in [
        ("healthy.test", "10 mx.healthy.test 127.0.0.11"),
        ("slow.test", "10 mx.slow.test 127.0.0.12"),
        ("greylist.test", "10 mx.greylist.test 127.0.0.13"),
        ("refused.test", "10 mx.refused.test 127.0.0.14"),
        ("silent.test", "10 mx.silent.test 127.0.0.15"),
        ("lab.test", "10 mx.healthy.test 127.0.0.11"),
        ("d0.many.test", "10 mx.many.test 127.0.0.11"),
        ("d999.many.test", "10 mx.many.test 127.0.0.11"),
        ("alias.test", "10 mx.healthy.test 127.0.0.11"),
    ] {
        let answer = resolve(&lab, host).await.unwrap();
        assert_eq!((answer.kind, shown(&answer)), (RouteKind::Mx, vec![expected.to_string()]), "{host}");
        assert_eq!(answer.exchangers[0].addresses[0].port(), lab.port(), "{host}");
        assert_eq!(answer.ttl, Duration::from_secs(60), "{host}");
    }
}

#[tokio::test]
async fn five_mx_has_five_exchangers_by_preference() {
    let lab = lab().await;
    let expected = [
        "5 mx5.five-mx.test 127.0.0.21",
        "10 mx10.five-mx.test 127.0.0.22",
        "20 mx20.five-mx.test 127.0.0.23",
        "30 mx30.five-mx.test 127.0.0.24",
        "40 mx40.five-mx.test 127.0.0.25",
    ];
    assert_eq!(shown(&resolve(&lab, "five-mx.test").await.unwrap()), expected);
}

#[tokio::test]
async fn the_zone_has_each_kind_of_domain_without_exchanger() {
    let lab = lab().await;
    assert_eq!(resolve(&lab, "nxdomain.test").await, Err(RouteFailure::Nxdomain));
    assert_eq!(resolve(&lab, "null-mx.test").await, Err(RouteFailure::NullMx));
    assert_eq!(resolve(&lab, "elsewhere.example").await, Err(RouteFailure::Servfail), "the server refuses other zones");
    let implicit = resolve(&lab, "no-mx.test").await.unwrap();
    assert_eq!((implicit.kind, shown(&implicit)), (RouteKind::ImplicitMx, vec!["0 no-mx.test 127.0.0.11".into()]));
}

#[tokio::test]
async fn a_healthy_next_hop_takes_and_counts() {
    let lab = lab().await;
    let mut peer = Peer::greeted(&lab, 11).await;
    let message = "X-Test-Id: one\r\n\r\nhello\r\n..dot";
    assert!(peer.send("b@healthy.test", message).await.starts_with("250 2.0.0"));
    assert!(peer.send("b@d7.many.test", "\r\n").await.starts_with("250 2.0.0"));
    for line in ["MAIL FROM:<>", "RCPT TO:<c@healthy.test>", "DATA"] {
        peer.ask(line).await;
    }
    assert!(peer.ask(".").await.starts_with("250 2.0.0"), "an empty body");
    assert_eq!(lab.counts("healthy"), Counts { messages: 2, recipients: 2 });
    assert_eq!(lab.counts("d7.many.test"), Counts { messages: 1, recipients: 1 });
    assert_eq!(lab.site("healthy").unwrap().taken, Counts { messages: 3, recipients: 3 });
    let entry = lab.ledger().entry("one").unwrap();
    assert_eq!((entry.transactions, entry.digest), (1, digest(b"\r\n\r\nhello\r\n.dot\r\n")));
    assert!(peer.ask("QUIT").await.starts_with("221"));
}

#[tokio::test]
async fn commands_sent_together_are_answered_in_order() {
    let lab = lab().await;
    let mut peer = Peer::greeted(&lab, 11).await;
    let batch = "MAIL FROM:<>\r\nRCPT TO:<a@healthy.test>\r\nRCPT TO:<b@healthy.test>\r\nDATA";
    assert!(peer.ask(batch).await.starts_with("250 2.1.0"));
    for code in ["250 2.1.5", "250 2.1.5", "354"] {
        assert!(peer.answer().await.starts_with(code));
    }
    // The next envelope rides with the final dot.
    assert!(peer.ask("\r\nbody\r\n.\r\nMAIL FROM:<>\r\nRCPT TO:<c@healthy.test>").await.starts_with("250 2.0.0"));
    for code in ["250 2.1.0", "250 2.1.5"] {
        assert!(peer.answer().await.starts_with(code));
    }
    assert_eq!(lab.counts("healthy"), Counts { messages: 1, recipients: 2 });
}

#[tokio::test]
async fn a_dot_inside_a_line_or_with_a_bare_line_feed_ends_no_body() {
    let lab = lab().await;
    let mut peer = Peer::greeted(&lab, 11).await;
    let message = "X-Test-Id: dots\r\n\r\na\n.\nb\r\n.c\r\nd.";
    assert!(peer.send("a@healthy.test", message).await.starts_with("250 2.0.0"));
    assert_eq!(lab.ledger().entry("dots").unwrap().digest, digest(b"\r\n\r\na\n\nb\r\nc\r\nd.\r\n"));
}

#[tokio::test]
async fn commands_out_of_order_are_refused() {
    let lab = lab().await;
    let mut peer = Peer::greeted(&lab, 11).await;
    for (line, code) in [
        ("RCPT TO:<a@healthy.test>", "503"),
        ("DATA", "503"),
        ("MAIL FROM:nobody", "501"),
        ("MAIL FROM:<a@lab.test> SIZE=99999999999", "552"),
        ("MAIL FROM:<a@lab.test>", "250"),
        ("MAIL FROM:<a@lab.test>", "503"),
        ("DATA", "554"),
        ("RSET", "250"),
        ("RCPT TO:<a@healthy.test>", "503"),
        ("HELP", "500"),
    ] {
        assert!(peer.ask(line).await.starts_with(code), "{line}");
    }
}

#[tokio::test]
async fn a_greylisting_next_hop_takes_the_second_try_after_its_delay() {
    let lab = lab().await;
    lab.set("greylist", Behaviour::Greylist(Duration::from_millis(300))).await.unwrap();
    let mut peer = Peer::greeted(&lab, 13).await;
    let first = Instant::now();
    assert!(peer.send("a@greylist.test", "\r\nx").await.starts_with("451 4.7.1"));
    peer.ask("RSET").await;
    loop {
        let answer = peer.send("a@greylist.test", "\r\nx").await;
        if answer.starts_with("250") {
            break;
        }
        assert!(answer.starts_with("451 4.7.1") && first.elapsed() < SOON, "{answer}");
        peer.ask("RSET").await;
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    assert!(first.elapsed() >= Duration::from_millis(300));
    assert_eq!(lab.counts("greylist").messages, 1);
    assert!(lab.site("greylist").unwrap().deferred >= 1);
}

#[tokio::test]
async fn a_slow_next_hop_takes_its_time_for_every_answer() {
    let lab = lab().await;
    let started = Instant::now();
    let mut peer = Peer::greeted(&lab, 12).await;
    assert!(peer.send("a@slow.test", "\r\nx").await.starts_with("250"));
    assert!(started.elapsed() >= Duration::from_millis(6 * 50), "{:?}", started.elapsed());
}

#[tokio::test]
async fn a_silent_next_hop_accepts_and_says_nothing() {
    let lab = lab().await;
    let mut peer = Peer::connect(&lab, 15).await.unwrap();
    peer.0.get_mut().write_all(b"EHLO client.test\r\n").await.unwrap();
    let mut byte = [0];
    let heard = timeout(Duration::from_millis(200), peer.0.read(&mut byte)).await;
    assert!(heard.is_err(), "nothing was said and the connection was kept");
    assert_eq!(lab.site("silent").unwrap().open, 1);
    drop(peer);
    let started = Instant::now();
    while lab.site("silent").unwrap().open > 0 {
        assert!(started.elapsed() < SOON, "a session whose peer left ends");
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
}

#[tokio::test]
async fn a_refusing_next_hop_opens_and_closes_by_order() {
    let lab = lab().await;
    let refused = |found: io::Result<Peer>| found.err().map(|error| error.kind());
    assert_eq!(refused(Peer::connect(&lab, 14).await), Some(io::ErrorKind::ConnectionRefused));
    lab.set("refused", Behaviour::Healthy).await.unwrap();
    let mut peer = Peer::greeted(&lab, 14).await;
    assert!(peer.send("a@refused.test", "\r\nx").await.starts_with("250"));
    lab.set("refused", Behaviour::Refused).await.unwrap();
    assert_eq!(refused(Peer::connect(&lab, 14).await), Some(io::ErrorKind::ConnectionRefused));
    let mut byte = [0];
    let ended = timeout(SOON, peer.0.read(&mut byte)).await.expect("the open session is cut");
    assert!(matches!(ended, Ok(0) | Err(_)));
}

#[tokio::test]
async fn three_next_hops_refuse_as_their_names_say() {
    let lab = lab().await;
    for (octet, name, answer) in [(16, "no-user", "550 5.1.1"), (17, "full", "452 4.2.2"), (18, "blocked", "554 5.7.1")]
    {
        let mut peer = Peer::greeted(&lab, octet).await;
        assert!(peer.send(&format!("a@{name}.test"), "\r\nx").await.starts_with(answer), "{name}");
        assert_eq!(lab.counts(name).messages, 0, "{name}");
    }
}

#[tokio::test]
async fn of_five_mx_the_first_two_refuse() {
    let lab = lab().await;
    for (octet, listens) in [(21, false), (22, false), (23, true), (24, true), (25, true)] {
        assert_eq!(Peer::connect(&lab, octet).await.is_ok(), listens, "127.0.0.{octet}");
    }
}

#[tokio::test]
async fn a_next_hop_answers_at_any_moment_what_a_test_wants() {
    let lab = lab().await;
    for (at, line) in [
        (Moment::Greeting, "554 5.7.1 no service"),
        (Moment::Ehlo, "421 4.3.2 closing"),
        (Moment::MailFrom, "550 5.7.1 sender"),
        (Moment::RcptTo, "550 5.1.1 unknown"),
        (Moment::Data, "451 4.3.0 later"),
        (Moment::EndOfData, "552 5.2.2 full"),
    ] {
        lab.set("healthy", Behaviour::answers(at, line)).await.unwrap();
        let mut peer = Peer::connect(&lab, 11).await.unwrap();
        let greeting = peer.answer().await;
        let hello = peer.ask("EHLO client.test").await;
        let sent = peer.send("a@healthy.test", "\r\nx").await;
        assert!([&greeting, &hello, &sent].iter().any(|said| *said == line), "{at:?}: {greeting} {hello} {sent}");
    }
    assert_eq!(lab.counts("healthy").messages, 2, "only those that failed before MAIL went through");
}

#[tokio::test]
async fn a_dropping_next_hop_hangs_up_and_takes_nothing() {
    let lab = lab().await;
    for at in [Moment::MailFrom, Moment::RcptTo, Moment::Data, Moment::EndOfData] {
        lab.set("healthy", Behaviour::Drops { at }).await.unwrap();
        let mut peer = Peer::greeted(&lab, 11).await;
        assert_eq!(peer.send("a@healthy.test", "\r\nx").await, "", "{at:?}");
    }
    assert_eq!(lab.counts("healthy"), Counts::default());
}

#[tokio::test]
async fn everything_listens_on_loopback_only() {
    let lab = lab().await;
    assert!(lab.dns().ip().is_loopback());
    for hop in lab.hops.values() {
        assert!(hop.address().ip().is_loopback());
        assert_eq!(hop.address().port(), lab.port());
    }
}

#[tokio::test]
async fn an_unknown_next_hop_is_answered_with_those_that_exist() {
    let error = lab().await.set("helthy", Behaviour::Healthy).await.unwrap_err();
    assert!(error.to_string().contains("healthy") && error.to_string().contains("mx5.five-mx"), "{error}");
}

#[tokio::test]
async fn two_labs_run_side_by_side_and_a_stopped_one_frees_its_ports() {
    let (one, two) = (lab().await, lab().await);
    assert_ne!(one.port(), two.port());
    let (dns, port) = (one.dns(), one.port());
    one.stop().await;
    assert!(TcpStream::connect(dns).await.is_err());
    assert!(TcpStream::connect((ip(11), port)).await.is_err());
    assert!(TcpStream::connect((ip(11), two.port())).await.is_ok());
}

#[tokio::test]
async fn traffic_flows_until_it_is_stopped() {
    let lab = lab().await;
    let (stop, stopped) = watch::channel(false);
    let settings = TrafficSettings { intake: SocketAddr::new(ip(11), lab.port()), per_second: 500, seed: 1 };
    let traffic = tokio::spawn(traffic::run(settings, Clock, stopped));
    for domain in ["healthy", "slow", "greylist", "five-mx", "refused"] {
        assert!(lab.until(domain, 1, SOON).await, "{domain}");
    }
    stop.send(true).unwrap();
    let taken = timeout(SOON, traffic).await.expect("it ends").unwrap();
    assert_eq!(taken, lab.site("healthy").unwrap().taken.messages);
    assert_eq!(lab.site("healthy").unwrap().connections, 1, "one kept connection");
    let entries = lab.ledger().drain();
    assert_eq!(entries.len() as u64, taken, "every message has an id of its own");
}

#[tokio::test]
async fn traffic_waits_for_an_intake_that_is_away() {
    let lab = lab().await;
    let (stop, stopped) = watch::channel(false);
    let settings = TrafficSettings { intake: SocketAddr::new(ip(14), lab.port()), per_second: 100, seed: 1 };
    let traffic = tokio::spawn(traffic::run(settings, Clock, stopped));
    tokio::time::sleep(Duration::from_millis(100)).await; // it meets the closed port; either way the next line opens it
    lab.set("refused", Behaviour::Healthy).await.unwrap();
    assert!(lab.until("healthy", 1, SOON).await);
    drop(stop);
    assert!(timeout(SOON, traffic).await.expect("it ends when nobody can stop it any more").unwrap() >= 1);
}
