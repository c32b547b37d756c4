//! Scripted mail servers on loopback, each met by the real walk.

use super::*;
use common::wire::DiagnosisStage::*;
use common::wire::StageState::{Failed, NotRun, Warning};
use engine::route::{ExchangerAnswer, NamedBy, RouteKind};
use futures_util::FutureExt;
use std::sync::Mutex;
use tokio::io::{AsyncBufReadExt, AsyncWriteExt, BufReader};
use tokio::net::TcpListener;

/// `Ok` of a stage.
const FINE: StageState = StageState::Ok;

type Heard = Arc<Mutex<Vec<String>>>;

/// A mail server that greets so, and answers each line by the first answer whose word begins it; else it hangs up.
async fn peer(greeting: &'static str, answers: &'static [(&'static str, &'static str)]) -> (SocketAddr, Heard) {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let heard = Heard::default();
    let kept = heard.clone();
    tokio::spawn(async move {
        while let Ok((stream, _)) = listener.accept().await {
            let mut stream = BufReader::new(stream);
            stream.write_all(greeting.as_bytes()).await.unwrap();
            let mut line = String::new();
            while stream.read_line(&mut line).await.is_ok_and(|count| count > 0) {
                kept.lock().unwrap().push(line.trim_end().to_owned());
                let answer = answers.iter().find(|(word, _)| line.starts_with(word));
                let Some((_, answer)) = answer else { break };
                stream.write_all(answer.as_bytes()).await.unwrap();
                line.clear();
            }
        }
    });
    (address, heard)
}

/// An address where nobody listens.
async fn nobody() -> SocketAddr {
    TcpListener::bind("127.0.0.1:0").await.unwrap().local_addr().unwrap()
}

fn way(addresses: Vec<SocketAddr>) -> Diagnose {
    let exchangers = addresses.iter().enumerate().map(|(place, address)| ExchangerAnswer {
        preference: 10 * (place as u16 + 1),
        name: format!("mx{place}.a.test").into(),
        named_by: NamedBy::Dns,
        addresses: vec![*address],
    });
    let ttl = Duration::from_secs(60);
    let answer = Answer { kind: RouteKind::Mx, exchangers: exchangers.collect(), ttl, mx_ttl: Some(ttl) };
    Diagnose {
        find: Arc::new(move |_| std::future::ready(Ok(answer.clone())).boxed()),
        real: Arc::new(|_| std::future::ready(Vec::new()).boxed()),
        may_dial: Arc::new(|_| true),
        rule_of: Arc::new(|_| TlsRule::Opportunistic),
        tls: Arc::default(),
        hello: "me.test".parse().unwrap(),
        clock: Clock,
        limits: DiagnoseLimits::default(),
    }
}

async fn looked(way: &Diagnose) -> Diagnosis {
    way.run("a.test".parse().unwrap(), |_| {}).await
}

fn states(row: &DiagnosisRow) -> Vec<(DiagnosisStage, StageState)> {
    row.cells.iter().map(|cell| (cell.stage, cell.state)).collect()
}

const PLAIN: &[(&str, &str)] = &[("EHLO", "250-mx\r\n250 PIPELINING\r\n"), ("QUIT", "221 bye\r\n")];

#[tokio::test]
async fn a_server_without_tls_works_and_its_starttls_is_a_warning_and_it_hears_ehlo_and_quit_alone() {
    let (address, heard) = peer("220 mx ESMTP\r\n", PLAIN).await;
    let diagnosis = looked(&way(vec![address])).await;
    assert_eq!(diagnosis.verdict, Some(VerdictCode::Ok));
    let row = &diagnosis.rows[0];
    let rest = [(Certificate, NotRun), (EhloTls, NotRun), (Quit, FINE)];
    assert_eq!(
        states(row),
        [vec![(Tcp, FINE), (Banner, FINE), (Ehlo, FINE), (Starttls, Warning)], rest.to_vec()].concat()
    );
    assert_eq!(row.cells[1].said.as_deref(), Some("220 mx ESMTP"));
    assert_eq!(*heard.lock().unwrap(), ["EHLO me.test", "QUIT"]);
}

#[tokio::test]
async fn each_failure_stands_at_its_stage_and_what_follows_did_not_run() {
    let ends = |so_far: &[(DiagnosisStage, StageState)]| {
        let missing = DiagnosisStage::ALL.iter().skip(so_far.len()).map(|stage| (*stage, NotRun));
        so_far.iter().copied().chain(missing).collect::<Vec<_>>()
    };
    let (unwanted, _) = peer("554 go away\r\n", PLAIN).await;
    let (mute, _) = peer("220 mx\r\n", &[]).await;
    for (address, verdict, so_far) in [
        (nobody().await, VerdictCode::TcpRefused, vec![(Tcp, Failed)]),
        (unwanted, VerdictCode::SmtpBanner5xx, vec![(Tcp, FINE), (Banner, Failed)]),
        (mute, VerdictCode::SmtpDropped, vec![(Tcp, FINE), (Banner, FINE), (Ehlo, Failed)]),
    ] {
        let diagnosis = looked(&way(vec![address])).await;
        let row = &diagnosis.rows[0];
        assert_eq!((diagnosis.verdict, row.verdict), (Some(verdict), Some(verdict)));
        assert_eq!(states(row), ends(&so_far), "{verdict}");
    }
}

#[tokio::test]
async fn one_that_works_beside_one_that_does_not_is_partial_and_all_are_looked_at() {
    let (works, _) = peer("220 mx\r\n", PLAIN).await;
    let diagnosis = looked(&way(vec![nobody().await, works])).await;
    let verdicts: Vec<_> = diagnosis.rows.iter().map(|row| row.verdict).collect();
    assert_eq!(verdicts, [Some(VerdictCode::TcpRefused), Some(VerdictCode::Ok)]);
    assert_eq!(diagnosis.verdict, Some(VerdictCode::OkPartial));
}

#[tokio::test]
async fn a_handshake_that_breaks_is_a_warning_where_delivery_would_go_on_in_clear_and_a_failure_where_it_may_not() {
    const BROKEN: &[(&str, &str)] = &[
        ("EHLO", "250-mx\r\n250 STARTTLS\r\n"),
        ("STARTTLS", "220 go ahead\r\n this is no TLS\r\n"),
        ("QUIT", "221 bye\r\n"),
    ];
    let (address, heard) = peer("220 mx\r\n", BROKEN).await;
    let mut way = way(vec![address]);
    let diagnosis = looked(&way).await;
    assert_eq!(diagnosis.verdict, Some(VerdictCode::Ok));
    assert_eq!(states(&diagnosis.rows[0])[3], (Starttls, Warning));
    assert_eq!(diagnosis.rows[0].cells[3].verdict, Some(VerdictCode::TlsHandshake));
    assert_eq!(heard.lock().unwrap().iter().filter(|line| *line == "STARTTLS").count(), 1, "and then in clear");
    way.rule_of = Arc::new(|_| TlsRule::Require);
    let diagnosis = looked(&way).await;
    assert_eq!(diagnosis.verdict, Some(VerdictCode::TlsHandshake));
    assert_eq!(states(&diagnosis.rows[0])[3], (Starttls, Failed));
}

#[tokio::test]
async fn an_address_that_the_guard_forbids_is_never_dialled() {
    let (address, heard) = peer("220 mx\r\n", PLAIN).await;
    let mut way = way(vec![address]);
    way.may_dial = Arc::new(|_| false);
    assert_eq!(looked(&way).await.verdict, Some(VerdictCode::GuardTarget));
    assert!(heard.lock().unwrap().is_empty());
}

#[tokio::test]
async fn a_domain_without_a_next_hop_says_why_and_more_addresses_than_the_limit_are_counted() {
    let mut way = way(vec![]);
    assert_eq!(looked(&way).await.verdict, Some(VerdictCode::DnsMxUnusable));
    way.find = Arc::new(|_| std::future::ready(Err(RouteFailure::Nxdomain)).boxed());
    assert_eq!(looked(&way).await.verdict, Some(VerdictCode::DnsNxdomain));
    let many = super::tests::way(vec![nobody().await; ADDRESSES_MAX + 2]);
    let diagnosis = looked(&many).await;
    assert_eq!((diagnosis.rows.len(), diagnosis.left_out), (ADDRESSES_MAX, 2));
}

#[tokio::test]
async fn what_delivery_met_there_stands_beside_it() {
    let address = nobody().await;
    let mut way = way(vec![address]);
    let met = RealAttempt { verdict: VerdictCode::SmtpGreylist, at: common::vocab::Timestamp(7), said: None };
    let kept = met.clone();
    way.real = Arc::new(move |_| std::future::ready(vec![(address, kept.clone())]).boxed());
    assert_eq!(looked(&way).await.rows[0].real, Some(met));
}
