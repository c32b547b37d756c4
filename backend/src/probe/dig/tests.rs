//! dig against real servers: what it prints, what it refuses.

use super::*;
use crate::lab::zone::{ZoneServer, address, cname, mx, ptr, txt};
use crate::resolve::fake::{FakeServer, Say};
use common::wire::DigRecord;
use hickory_resolver::proto::rr::RData;
use hickory_resolver::proto::rr::rdata::tlsa::{CertUsage, Matching, Selector};
use hickory_resolver::proto::rr::rdata::{NULL, TLSA};

fn request(name: &str, rtype: &str) -> DigRequest {
    DigRequest { name: name.into(), rtype: rtype.into(), server: None, tcp: false, dnssec: false }
}

async fn ask(server: SocketAddr, name: &str, rtype: &str) -> DigAnswer {
    dig(&request(name, rtype), &[server], Clock, Language::En).await.unwrap()
}

async fn refused(request: DigRequest, servers: &[SocketAddr]) -> (ErrorCode, Option<String>, String) {
    let error = dig(&request, servers, Clock, Language::En).await.unwrap_err().error;
    (error.code, error.field, error.sentence)
}

fn lines(records: &[DigRecord]) -> Vec<String> {
    let line = |r: &DigRecord| format!("{} {} {} {} {}", r.name, r.ttl, r.class, r.rtype, r.data);
    records.iter().map(line).collect()
}

async fn zone() -> ZoneServer {
    let records = vec![
        mx("a.test", 10, "mx.a.test"),
        address("mx.a.test", [127, 0, 0, 11]),
        address("six.test", "2001:db8::1".parse::<IpAddr>().unwrap()),
        cname("alias.test", "mx.a.test"),
        ptr("reverse.test", "mx.a.test"),
        txt("t.test", &["v=spf1 \"-all\"", "back\\slash\u{7}é"]),
    ];
    ZoneServer::start("test.", records).await.unwrap()
}

#[tokio::test]
async fn an_answer_is_printed_as_dig_does() {
    let server = zone().await;
    let before = Clock.now();
    let answer = ask(server.address(), "A.Test", "mx").await;
    assert_eq!((answer.name.as_str(), answer.rtype.as_str(), answer.status.as_str()), ("a.test.", "MX", "NOERROR"));
    assert_eq!(answer.flags, ["qr", "aa", "rd"]);
    assert_eq!(lines(&answer.answer), ["a.test. 60 IN MX 10 mx.a.test."]);
    assert!(lines(&answer.additional).contains(&"mx.a.test. 60 IN A 127.0.0.11".to_string()));
    assert_eq!((answer.server, answer.transport.as_str()), (server.address().to_string(), "UDP"));
    assert!(answer.at >= before && answer.query_ms < 5_000 && answer.size_bytes > 40);
}

#[tokio::test]
async fn every_type_has_its_presentation_format() {
    let server = zone().await;
    for (name, rtype, expected) in [
        ("mx.a.test", "", "mx.a.test. 60 IN A 127.0.0.11"),
        ("six.test", "AAAA", "six.test. 60 IN AAAA 2001:db8::1"),
        ("alias.test", "CNAME", "alias.test. 60 IN CNAME mx.a.test."),
        ("reverse.test", "PTR", "reverse.test. 60 IN PTR mx.a.test."),
        ("test", "NS", "test. 60 IN NS ns.test."),
        ("test.", "soa", "test. 60 IN SOA test. hostmaster.test. 1 3600 600 86400 60"),
        ("t.test", "TXT", r#"t.test. 60 IN TXT "v=spf1 \"-all\"" "back\\slash\007\195\169""#),
    ] {
        assert_eq!(lines(&ask(server.address(), name, rtype).await.answer), [expected], "{rtype} {name}");
    }
}

#[tokio::test]
async fn a_missing_name_and_a_refusing_server_are_answers_not_errors() {
    let server = zone().await;
    let missing = ask(server.address(), "gone.test", "A").await;
    assert_eq!((missing.status.as_str(), missing.answer.len()), ("NXDOMAIN", 0));
    assert!(lines(&missing.authority)[0].starts_with("test. 60 IN SOA "), "{:?}", missing.authority);
    assert_eq!(ask(server.address(), "example.com", "A").await.status, "REFUSED");
    assert_eq!(ask(server.address(), ".", "NS").await.name, ".");
}

#[tokio::test]
async fn a_ptr_question_takes_an_address() {
    let server = FakeServer::start(|_| Say::Records(vec![])).await;
    assert_eq!(ask(server.address, "192.0.2.7", "PTR").await.name, "7.2.0.192.in-addr.arpa.");
    let six = ask(server.address, "2001:db8::1", "ptr").await.name;
    assert!(six.starts_with("1.0.0.0.") && six.ends_with(".8.b.d.0.1.0.0.2.ip6.arpa."), "{six}");
    let (code, field, sentence) = refused(request("192.0.2.7", "A"), &[server.address]).await;
    assert_eq!((code, field.as_deref()), (ErrorCode::BadField, Some("name")));
    assert_eq!(sentence, "192.0.2.7 is an address; ask for its PTR, or write a domain.");
}

#[tokio::test]
async fn a_tlsa_record_is_printed_with_its_numbers_and_digits() {
    let server = FakeServer::start(|asked| {
        let tlsa = TLSA::new(CertUsage::DaneEe, Selector::Spki, Matching::Sha256, vec![0xab; 32]);
        let name = Name::from_ascii(&asked.name).unwrap();
        Say::Records(vec![Record::from_rdata(name, 300, RData::TLSA(tlsa))])
    })
    .await;
    let answer = ask(server.address, "_25._tcp.mx.a.test", "TLSA").await;
    let digits = format!("{} {}", "AB".repeat(28), "AB".repeat(4));
    assert_eq!(lines(&answer.answer), [format!("_25._tcp.mx.a.test. 300 IN TLSA 3 1 1 {digits}")]);
}

#[tokio::test]
async fn a_record_of_an_unknown_type_is_printed_by_its_octets() {
    let server = FakeServer::start(|asked| {
        let name = Name::from_ascii(&asked.name).unwrap();
        let rdata = RData::Unknown { code: RecordType::Unknown(65_280), rdata: NULL::with(vec![10, 0, 0, 1]) };
        Say::Records(vec![Record::from_rdata(name, 5, rdata)])
    })
    .await;
    let record = &ask(server.address, "a.test", "A").await.answer[0];
    assert_eq!(record.data, "\\# 4 0A000001");
}

#[tokio::test]
async fn a_truncated_answer_is_fetched_by_tcp() {
    let server = FakeServer::start(|asked| match asked.by_tcp {
        false => Say::Truncated,
        true => Say::Records(vec![mx("a.test", 10, "mx.a.test")]),
    })
    .await;
    let answer = ask(server.address, "a.test", "MX").await;
    assert_eq!((answer.transport.as_str(), answer.answer.len()), ("TCP", 1));
    assert_eq!(answer.flags, ["qr", "rd", "ra"]);
}

#[tokio::test]
async fn who_asks_by_tcp_is_not_heard_by_udp() {
    let server = FakeServer::start(|_| Say::Records(vec![])).await;
    let request = DigRequest { tcp: true, dnssec: true, ..request("a.test", "MX") };
    let answer = dig(&request, &[server.address], Clock, Language::En).await.unwrap();
    assert_eq!(answer.transport, "TCP");
    assert!(server.asked().iter().all(|asked| asked.by_tcp));
}

#[tokio::test]
async fn an_answer_that_is_truncated_by_tcp_too_is_shown_with_its_flag() {
    let server = FakeServer::start(|_| Say::Truncated).await;
    let answer = ask(server.address, "a.test", "MX").await;
    assert_eq!((answer.transport.as_str(), answer.flags.contains(&"tc".into())), ("TCP", true));
    assert_eq!(server.asked().len(), 2);
}

#[tokio::test]
async fn aliases_in_a_circle_are_shown_and_not_followed() {
    let circle = || Say::Records(vec![cname("a.test", "b.test"), cname("b.test", "a.test")]);
    let server = FakeServer::start(move |_| circle()).await;
    let answer = ask(server.address, "a.test", "MX").await;
    assert_eq!(lines(&answer.answer), ["a.test. 60 IN CNAME b.test.", "b.test. 60 IN CNAME a.test."]);
    assert_eq!(server.asked().len(), 1);
}

#[tokio::test]
async fn a_text_of_ten_kilobytes_is_shown_whole_and_harmless() {
    let bell = "\u{7}".repeat(250);
    let texts: Vec<&str> = (0..40).map(|_| bell.as_str()).collect();
    let record = txt("a.test", &texts);
    let server = FakeServer::start(move |asked| match asked.by_tcp {
        true => Say::Records(vec![record.clone()]),
        false => Say::Truncated,
    })
    .await;
    let answer = ask(server.address, "a.test", "TXT").await;
    let data = &answer.answer[0].data;
    assert_eq!((data.matches("\\007").count(), answer.left_out), (10_000, 0));
    assert!(data.chars().all(|c| c == ' ' || c.is_ascii_graphic()));
}

#[test]
fn names_that_are_short_on_the_wire_do_not_make_a_huge_answer() {
    let long = ["a".repeat(60).as_str(); 4].join(".");
    let records: Vec<Record> = (0..4_000).map(|n| mx(&long, n, &long)).collect();
    let mut page = Page { room: TEXT_BYTES_MAX, left_out: 0 };
    let shown: Vec<DigRecord> = [&records[..300], &records[300..]].iter().flat_map(|part| page.section(part)).collect();
    let octets: usize = shown.iter().map(|record| record.name.len() + record.data.len()).sum();
    assert!((200_000..=TEXT_BYTES_MAX).contains(&octets), "{octets}");
    assert_eq!(shown.len() as u64 + page.left_out, 4_000);
}

#[tokio::test]
async fn an_answer_to_another_question_is_not_shown() {
    let forged = vec![mx("a.test", 1, "evil.test")];
    let real = vec![mx("a.test", 10, "mx.a.test")];
    let server = FakeServer::start(move |_| Say::ForgedThen(forged.clone(), real.clone())).await;
    assert_eq!(ask(server.address, "a.test", "MX").await.answer[0].data, "10 mx.a.test.");
}

#[tokio::test]
async fn a_lost_question_is_asked_again() {
    let count = std::sync::atomic::AtomicU32::new(0);
    let server = FakeServer::start(move |_| match count.fetch_add(1, std::sync::atomic::Ordering::SeqCst) {
        0 => Say::Nothing,
        _ => Say::Records(vec![]),
    })
    .await;
    let answer = ask(server.address, "a.test", "A").await;
    assert_eq!(server.asked().len(), 2);
    assert!(answer.query_ms >= 1_000, "{} ms", answer.query_ms);
}

#[tokio::test]
async fn a_server_that_does_not_answer_is_named() {
    let silent = FakeServer::start(|_| Say::Nothing).await;
    let started = Instant::now();
    let (code, _, sentence) = refused(request("a.test", "A"), &[silent.address]).await;
    assert_eq!(code, ErrorCode::Unavailable);
    assert_eq!(sentence, format!("{} did not answer within 5 s; is it running and reachable?", silent.address));
    assert!(started.elapsed() < TIME_LIMIT + Duration::from_secs(2));
    let gone = silent.address;
    drop(silent);
    tokio::task::yield_now().await; // the server's task ends and closes its sockets
    let (code, _, sentence) = refused(request("a.test", "A"), &[gone]).await;
    assert_eq!((code, sentence), (ErrorCode::Unavailable, format!("{gone} refused: no name server listens there.")));
}

#[tokio::test]
async fn only_servers_that_delivery_uses_are_asked() {
    let server = zone().await;
    let servers = [server.address(), "127.0.0.1:1".parse().unwrap()];
    let with = |text: &str| DigRequest { server: Some(text.into()), ..request("a.test", "MX") };
    let port = server.address().port();
    for named in [format!("127.0.0.1:{port}"), format!("@127.0.0.1:{port}"), "127.0.0.1".into(), "".into()] {
        assert_eq!(
            dig(&with(&named), &servers, Clock, Language::En).await.unwrap().server,
            format!("127.0.0.1:{port}"),
            "{named}"
        );
    }
    for named in ["8.8.8.8", "127.0.0.1:2", "[::1]:53", "[::1]"] {
        let (code, field, sentence) = refused(with(named), &servers).await;
        assert_eq!((code, field.as_deref()), (ErrorCode::NotAllowed, Some("server")), "{named}");
        let expected = format!(
            "{named} may not be asked. dig asks these: 127.0.0.1:{port}, 127.0.0.1:1; name others under [probe] dns_servers."
        );
        assert_eq!(sentence, expected);
    }
    let (code, _, sentence) = refused(with("dns.google"), &servers).await;
    assert_eq!(code, ErrorCode::BadField);
    assert_eq!(sentence, "\"dns.google\" is no server address; write 192.0.2.53 or 192.0.2.53:53.");
    assert_eq!(refused(request("a.test", "A"), &[]).await.0, ErrorCode::Unavailable);
}

#[tokio::test]
async fn a_question_that_cannot_be_asked_is_refused_before_it_is_sent() {
    let server = FakeServer::start(|_| Say::Records(vec![])).await;
    let long = ["abcdefghi"; 30].join(".");
    for (name, rtype, field) in [
        ("", "A", "name"),
        ("a..test", "A", "name"),
        ("a b.test", "A", "name"),
        ("a\u{1b}[31m.test", "A", "name"),
        ("é.test", "A", "name"),
        (long.as_str(), "A", "name"),
        ("a.test", "ANY", "rtype"),
        ("a.test", "AXFR", "rtype"),
        ("a.test", "IXFR", "rtype"),
        ("a.test", "TYPE255", "rtype"),
    ] {
        let (code, at, sentence) = refused(request(name, rtype), &[server.address]).await;
        assert_eq!((code, at.as_deref()), (ErrorCode::BadField, Some(field)), "{name:?} {rtype}");
        assert!(sentence.chars().all(|c| !c.is_control()), "{sentence:?}");
    }
    assert_eq!(server.asked(), []);
}
