//! Sessions with played mail servers on loopback.

use super::{Guard, LINES_MAX, Lookup, Session, Telnet, TelnetSettings, Typed};
use crate::clock::Clock;
use crate::connect::tls::{Roots, TlsClient};
use crate::lab::certificate::{Authority, Validity};
use common::vocab::{Domain, SessionEnd, TargetRule, VerdictCode};
use common::wire::{ErrorCode, LineEnd, ProbeEvent, TelnetRequest};
use common::words::Language;
use futures_util::FutureExt;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;
use tokio::io::{AsyncBufReadExt, AsyncReadExt, AsyncWriteExt, BufReader};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::watch;

const PATIENCE: Duration = Duration::from_secs(20);

fn telnet(addresses: Vec<SocketAddr>, guard: Arc<Guard>, settings: TelnetSettings) -> Telnet {
    let lookup: Arc<dyn Lookup> = Arc::new(move |_: Domain, _: u16| {
        let addresses = addresses.clone();
        async move { if addresses.is_empty() { Err(gone()) } else { Ok(addresses) } }.boxed()
    });
    Telnet::new(lookup, guard, Arc::new(TlsClient::default()), settings)
}

fn gone() -> SessionEnd {
    let (host, detail) = ("mx.test".to_owned(), String::new());
    SessionEnd::NotFound { host, verdict: VerdictCode::DnsNxdomain, detail }
}

fn anywhere() -> Arc<Guard> {
    Arc::new(|_| Ok(()))
}

fn request(host: &str, port: Option<u16>) -> TelnetRequest {
    TelnetRequest { host: host.into(), port }
}

async fn listen() -> (TcpListener, SocketAddr) {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    (listener, address)
}

/// A session with a peer at `address`, and the switch that stops the server.
fn session(address: SocketAddr, settings: TelnetSettings) -> (Session, watch::Sender<bool>) {
    let (stop, stopping) = watch::channel(false);
    let telnet = telnet(vec![address], anywhere(), settings);
    (telnet.open(&request("mx.test", None), "a test", Language::En, stopping).unwrap(), stop)
}

fn crlf(data: &str) -> Typed {
    Typed { data: data.into(), eol: LineEnd::Crlf }
}

/// The events as short lines, until the end.
async fn told(session: &mut Session) -> Vec<String> {
    let mut all = Vec::new();
    while let Some(event) = tokio::time::timeout(PATIENCE, session.events.recv()).await.expect("it ends") {
        all.push(match event {
            ProbeEvent::Trying { address, .. } => format!("trying {address}"),
            ProbeEvent::Connected { address, host, .. } => format!("connected {address} {host}"),
            ProbeEvent::Line { text, .. } => format!("S: {text}"),
            ProbeEvent::NotSent { why, .. } => format!("not sent {why:?}"),
            ProbeEvent::Sent { text, .. } => format!("C: {text}"),
            ProbeEvent::Opened { id, .. } => format!("opened {id}"),
            ProbeEvent::Waiting { .. } => "waiting".into(),
            ProbeEvent::Secured { tls, .. } => format!("secured {} {:?}", tls.sentence, tls.names),
            ProbeEvent::Ended { connected, reason, why, .. } => {
                assert_eq!(reason, Language::En.say_end(&why));
                format!("ended {connected} {reason}")
            }
            ProbeEvent::Other => "other".into(),
        });
    }
    all
}

#[tokio::test]
async fn addresses_are_tried_in_turn_and_forbidden_ones_are_not_dialled() {
    let (listener, good) = listen().await;
    let (closed, refusing) = listen().await;
    drop(closed);
    let forbidden: SocketAddr = "192.0.2.1:25".parse().unwrap();
    let guard: Arc<Guard> =
        Arc::new(move |address| if address == forbidden { Err(TargetRule::Documentation) } else { Ok(()) });
    let telnet = telnet(vec![forbidden, refusing, good], guard, TelnetSettings::default());
    let (_stop, stopping) = watch::channel(false);
    let mut session = telnet.open(&request("MX.Test.", None), "a test", Language::En, stopping).unwrap();
    tokio::spawn(async move { listener.accept().await.unwrap().0.write_all(b"220 x\r\n").await });
    let told = told(&mut session).await;
    assert_eq!(
        told,
        [
            format!("trying {refusing}"),
            format!("trying {good}"),
            format!("connected {good} mx.test"),
            "S: 220 x".into(),
            "ended true They closed the connection.".into()
        ]
    );
}

#[tokio::test]
async fn why_nothing_was_reached_is_said() {
    let (closed, refusing) = listen().await;
    drop(closed);
    let nowhere: Arc<Guard> = Arc::new(|_| Err(TargetRule::Private));
    let (_stop, stopping) = watch::channel(false);
    for (addresses, guard, reason) in [
        (vec![], anywhere(), Language::En.say_end(&gone())),
        (vec![refusing], anywhere(), format!("{refusing}: the connection was refused.")),
        (vec![refusing], nowhere, format!("{refusing} is a private address: it is not dialled.")),
    ] {
        let telnet = telnet(addresses, guard, TelnetSettings::default());
        let mut session = telnet.open(&request("mx.test", None), "a test", Language::En, stopping.clone()).unwrap();
        assert_eq!(told(&mut session).await.last(), Some(&format!("ended false {reason}")));
    }
}

#[test]
fn what_is_no_target_is_refused_by_its_field() {
    let (_stop, stopping) = watch::channel(false);
    let telnet = telnet(vec![], anywhere(), TelnetSettings::default());
    for (host, port, field) in [
        ("", None, "host"),
        ("a b", None, "host"),
        ("fe80::1%eth0", None, "host"),
        ("mx.test:25", None, "host"),
        ("http://mx.test/", None, "host"),
        ("mx.test\r\nQUIT", None, "host"),
        ("mx.test", Some(0), "port"),
    ] {
        let refusal = telnet.open(&request(host, port), "a test", Language::En, stopping.clone()).unwrap_err().error;
        assert_eq!((refusal.code, refusal.field.as_deref()), (ErrorCode::BadField, Some(field)), "{host}");
    }
}

/// What the peer hears, until the other side has closed.
async fn hears(listener: TcpListener, greeting: &'static [u8]) -> Vec<u8> {
    let (mut stream, _) = listener.accept().await.unwrap();
    stream.write_all(greeting).await.unwrap();
    let mut heard = Vec::new();
    let _ = stream.read_to_end(&mut heard).await;
    heard
}

#[tokio::test]
async fn lines_end_as_they_are_typed_and_no_message_begins_even_in_pieces() {
    let (listener, address) = listen().await;
    let peer = tokio::spawn(hears(listener, b""));
    let (mut session, stop) = session(address, TelnetSettings::default());
    for (data, eol) in [
        ("EHLO me", LineEnd::Crlf),
        ("NOOP", LineEnd::Lf),
        ("RS", LineEnd::None),
        ("ET", LineEnd::Crlf),
        ("DATA", LineEnd::Crlf),
        ("DA", LineEnd::None),
        ("TA", LineEnd::Crlf),
        ("TE", LineEnd::Crlf),
        ("NOOP\r\nDATA", LineEnd::Crlf),
        ("NOOP\nDATA", LineEnd::Crlf),
        ("bdat 5 last", LineEnd::Crlf),
        ("VRFY \u{1b}é", LineEnd::Crlf),
    ] {
        session.input.send(Typed { data: data.into(), eol }).await.unwrap();
    }
    let typed = 12;
    for _ in 0..2 + typed {
        // Trying, connected, then one event for each line: sent, or refused.
        tokio::time::timeout(PATIENCE, session.events.recv()).await.unwrap().unwrap();
    }
    stop.send_replace(true);
    assert_eq!(told(&mut session).await, ["ended true The server is stopping."]);
    let heard = String::from_utf8(peer.await.unwrap()).unwrap();
    assert_eq!(heard, "EHLO me\r\nNOOP\nRSET\r\nDATE\r\nVRFY \u{1b}é\r\n");
}

#[tokio::test]
async fn a_refused_line_says_why() {
    let (listener, address) = listen().await;
    let _peer = tokio::spawn(hears(listener, b""));
    let (mut session, _stop) =
        session(address, TelnetSettings { idle: Duration::from_millis(300), ..Default::default() });
    session.input.send(crlf("DATA")).await.unwrap();
    session.input.send(crlf("NOOP\r\nNOOP")).await.unwrap();
    session.input.send(crlf(&"x".repeat(3_000))).await.unwrap();
    let told = told(&mut session).await;
    assert_eq!(told[2..5], ["not sent BeginsMessage", "not sent LineEnds", "not sent TooLong"]);
    assert_eq!(told[5], "ended true Nothing was said for 0 s.");
}

#[tokio::test]
async fn whoever_goes_away_leaves_politely() {
    let (listener, address) = listen().await;
    let peer = tokio::spawn(async move {
        let mut stream = BufReader::new(listener.accept().await.unwrap().0);
        let mut line = String::new();
        stream.read_line(&mut line).await.unwrap();
        stream.write_all(b"221 bye\r\n").await.unwrap();
        line
    });
    let (session, _stop) = session(address, TelnetSettings::default());
    let Session { input, events } = session;
    drop(input);
    let mut session = Session { input: tokio::sync::mpsc::channel(1).0, events };
    let told = told(&mut session).await;
    assert_eq!(told[2..], ["C: QUIT", "S: 221 bye", "ended true They closed the connection."]);
    assert_eq!(peer.await.unwrap(), "QUIT\r\n");
}

#[tokio::test]
async fn a_login_leaves_no_secret_in_the_events() {
    let (listener, address) = listen().await;
    tokio::spawn(async move {
        let mut stream = BufReader::new(listener.accept().await.unwrap().0);
        for answer in ["334 VXNlcm5hbWU6", "334 UGFzc3dvcmQ6", "235 ok", "235 ok", "250 ok"] {
            let mut line = String::new();
            stream.read_line(&mut line).await.unwrap();
            stream.write_all(format!("{answer}\r\n").as_bytes()).await.unwrap();
        }
    });
    let (mut session, _stop) = session(address, TelnetSettings::default());
    let mut all = Vec::new();
    for line in ["AUTH LOGIN", "c2VjcmV0", "aHVudGVyMg==", "AUTH PLAIN AHNlY3JldABodW50ZXIy", "NOOP"] {
        session.input.send(crlf(line)).await.unwrap();
        loop {
            match tokio::time::timeout(PATIENCE, session.events.recv()).await.unwrap().unwrap() {
                ProbeEvent::Sent { text, .. } => all.push(text),
                ProbeEvent::Line { .. } => break,
                _ => {}
            }
        }
    }
    assert_eq!(all, ["AUTH LOGIN", "***", "***", "AUTH PLAIN ***", "NOOP"]);
}

#[tokio::test]
async fn a_peer_that_never_stops_is_stopped() {
    for (flood, reason) in
        [(&b"a\r\n"[..], "They sent more than 200 lines."), (&[b'a'; 4_096][..], "They sent more than 1 MiB.")]
    {
        let (listener, address) = listen().await;
        tokio::spawn(async move {
            let (mut stream, _) = listener.accept().await.unwrap();
            while stream.write_all(flood).await.is_ok() {}
        });
        let (mut session, _stop) = session(address, TelnetSettings::default());
        let told = told(&mut session).await;
        assert_eq!(told.last(), Some(&format!("ended true {reason}")));
        assert!(told.len() <= LINES_MAX + 4, "{}", told.len());
    }
}

#[tokio::test]
async fn a_session_has_an_end_whoever_talks() {
    let (listener, address) = listen().await;
    tokio::spawn(async move {
        let (mut stream, _) = listener.accept().await.unwrap();
        while stream.write_all(b"x").await.is_ok() {
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    });
    let (mut session, _stop) = session(address, TelnetSettings { total: Duration::from_secs(1), ..Default::default() });
    assert_eq!(told(&mut session).await.last().unwrap(), "ended true A session lasts 1 s at most.");
}

#[tokio::test]
async fn more_lines_than_two_hundred_are_not_typed() {
    let (listener, address) = listen().await;
    let peer = tokio::spawn(hears(listener, b""));
    let (mut session, _stop) = session(address, TelnetSettings::default());
    for _ in 0..=LINES_MAX {
        session.input.send(crlf("NOOP")).await.unwrap();
    }
    let told = told(&mut session).await;
    assert_eq!(told.last().unwrap(), "ended true 200 lines were typed: that is the most for one session.");
    assert_eq!(peer.await.unwrap().len(), LINES_MAX * "NOOP\r\n".len());
}

#[tokio::test]
async fn seats_are_counted_and_given_back() {
    let (listener, address) = listen().await;
    let (_stop, stopping) = watch::channel(false);
    let telnet = telnet(vec![address], anywhere(), TelnetSettings { sessions_max: 1, ..Default::default() });
    let mut first = telnet.open(&request("mx.test", None), "a test", Language::En, stopping.clone()).unwrap();
    let refusal = telnet.open(&request("mx.test", None), "a test", Language::En, stopping.clone()).unwrap_err();
    assert_eq!(refusal.error.code, ErrorCode::Busy);
    let stream: TcpStream = listener.accept().await.unwrap().0;
    drop(stream);
    told(&mut first).await;
    let again = async {
        while telnet.open(&request("mx.test", None), "a test", Language::En, stopping.clone()).is_err() {
            tokio::task::yield_now().await;
        }
    };
    tokio::time::timeout(PATIENCE, again).await.expect("the seat becomes free");
}

/// A peer that answers 220 to STARTTLS, sends `behind` with it, and shakes hands with a certificate for `mx.test`.
async fn starttls_peer(listener: TcpListener, authority: Authority, behind: &'static [u8]) -> String {
    let mut stream = BufReader::new(listener.accept().await.unwrap().0);
    stream.write_all(b"220 mx.test\r\n").await.unwrap();
    let mut heard = String::new();
    stream.read_line(&mut heard).await.unwrap();
    stream.write_all(&[b"220 go ahead\r\n", behind].concat()).await.unwrap();
    let acceptor = authority.acceptor(&["mx.test"], Validity::Good).unwrap();
    let Ok(mut stream) = acceptor.accept(stream.into_inner()).await.map(BufReader::new) else { return heard };
    stream.read_line(&mut heard).await.unwrap();
    stream.write_all(b"250 under TLS\r\n").await.unwrap();
    stream.flush().await.unwrap();
    stream.read_line(&mut heard).await.unwrap();
    heard
}

#[tokio::test]
async fn a_typed_starttls_is_followed_by_the_handshake_and_its_facts() {
    let (listener, address) = listen().await;
    let authority = Authority::new().unwrap();
    let mut roots = Roots::public();
    roots.add(authority.root().clone()).unwrap();
    let mut telnet = telnet(vec![address], anywhere(), TelnetSettings::default());
    telnet.tls = Arc::new(TlsClient::new(roots, Clock));
    let peer = tokio::spawn(starttls_peer(listener, authority, b""));
    let (_stop, stopping) = watch::channel(false);
    let mut session = telnet.open(&request("mx.test", None), "a test", Language::En, stopping).unwrap();
    // The second line waits for the handshake: it must not go out in clear.
    for line in ["STARTTLS", "EHLO me.test", "QUIT"] {
        session.input.send(crlf(line)).await.unwrap();
    }
    let told = told(&mut session).await;
    let secured = told.iter().position(|line| line == "secured TLS 1.3, certificate verified [\"mx.test\"]");
    let sent = told.iter().position(|line| line == "C: EHLO me.test");
    assert!(secured.is_some() && secured < sent && told.contains(&"S: 250 under TLS".into()), "{told:?}");
    assert_eq!(peer.await.unwrap(), "STARTTLS\r\nEHLO me.test\r\nQUIT\r\n");
    // Many peers drop the connection without TLS' own goodbye.
    assert_eq!(told.last().unwrap(), "ended true They closed the connection.");
}

#[tokio::test]
async fn what_is_slipped_in_before_the_handshake_ends_the_session() {
    for behind in [&b"250 forged\r\n"[..], b"250 for"] {
        let (listener, address) = listen().await;
        tokio::spawn(starttls_peer(listener, Authority::new().unwrap(), behind));
        let (mut session, _stop) = session(address, TelnetSettings::default());
        session.input.send(crlf("STARTTLS")).await.unwrap();
        let told = told(&mut session).await;
        let reason = "ended true They slipped something in behind the 220, before the handshake.";
        assert_eq!(told.last().unwrap(), reason, "{told:?}");
        assert!(!told.iter().any(|line| line.starts_with("secured") || line.contains("forged")), "{told:?}");
    }
}

#[tokio::test]
async fn a_handshake_that_fails_says_in_what_words() {
    let (refusing, address) = listen().await;
    tokio::spawn(async move {
        let mut stream = BufReader::new(refusing.accept().await.unwrap().0);
        stream.write_all(b"220 x\r\n").await.unwrap();
        stream.read_line(&mut String::new()).await.unwrap();
        stream.write_all(b"220 go\r\n").await.unwrap();
        let _ = stream.read(&mut [0; 64]).await;
        stream.write_all(b"this is no TLS").await.unwrap();
    });
    let (mut broken, _stop) = session(address, TelnetSettings::default());
    broken.input.send(crlf("STARTTLS")).await.unwrap();
    let told = told(&mut broken).await;
    assert!(told.last().unwrap().starts_with("ended true The TLS handshake failed: "), "{told:?}");
}

#[tokio::test]
async fn a_refused_starttls_lets_the_session_go_on_in_clear() {
    let (listener, address) = listen().await;
    tokio::spawn(async move {
        let mut stream = BufReader::new(listener.accept().await.unwrap().0);
        stream.write_all(b"220 x\r\n").await.unwrap();
        for answer in ["454 not now", "250 ok"] {
            stream.read_line(&mut String::new()).await.unwrap();
            stream.write_all(format!("{answer}\r\n").as_bytes()).await.unwrap();
        }
    });
    let (mut session, _stop) = session(address, TelnetSettings::default());
    session.input.send(crlf("STARTTLS")).await.unwrap();
    session.input.send(crlf("NOOP")).await.unwrap();
    let told = told(&mut session).await;
    let told: Vec<&str> = told.iter().map(String::as_str).filter(|line| *line != "S: 220 x").collect();
    assert_eq!(told[2..6], ["C: STARTTLS", "S: 454 not now", "C: NOOP", "S: 250 ok"]);
}

#[tokio::test]
async fn silence_is_counted_while_a_reply_is_due_and_not_while_a_person_thinks() {
    let (listener, address) = listen().await;
    let settings = TelnetSettings {
        silence: Duration::from_millis(50),
        idle: Duration::from_millis(400),
        ..TelnetSettings::default()
    };
    tokio::spawn(hears(listener, b""));
    let (mut silent, _stop) = session(address, settings.clone());
    let waited = told(&mut silent).await;
    assert!(waited.iter().filter(|line| *line == "waiting").count() >= 2, "{waited:?}");
    let (listener, address) = listen().await;
    tokio::spawn(hears(listener, b"220 x\r\n"));
    let (mut greeted, _stop) = session(address, TelnetSettings { silence: Duration::from_secs(20), ..settings });
    assert!(!told(&mut greeted).await.contains(&"waiting".into()));
}
