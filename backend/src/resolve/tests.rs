//! Every outcome of a look-up, over real UDP and TCP.

use super::fake::{FakeServer, Say};
use super::*;
use crate::connect::guard::GuardSettings;
use crate::lab::zone::{ZoneServer, address, cname, mx, txt};
use engine::route::ExchangerAnswer;
use hickory_resolver::proto::op::ResponseCode;
use hickory_resolver::proto::rr::rdata::MX;
use hickory_resolver::proto::rr::{Name, RData, Record, RecordType};
use std::net::Ipv4Addr;

const PORT: u16 = 2525;

fn guard(allow: &[&str], own: &[&str]) -> Arc<TargetGuard> {
    Arc::new(TargetGuard::new(GuardSettings {
        allow: allow.iter().map(|block| block.parse().unwrap()).collect(),
        own: own.iter().map(|address| address.parse().unwrap()).collect(),
        probe_ports: vec![],
    }))
}

fn settings(servers: &[SocketAddr]) -> ResolveSettings {
    ResolveSettings {
        servers: servers.to_vec(),
        port: PORT,
        own_names: vec!["mail.us.test".parse().unwrap()],
        mx_timeout: Duration::from_secs(2),
        ..ResolveSettings::default()
    }
}

fn room(servers: &[SocketAddr]) -> Resolver {
    Resolver::new(settings(servers), guard(&["127.0.0.0/8"], &["127.0.0.99:2525"])).unwrap()
}

fn routed(servers: &[SocketAddr], allow: &[&str], rules: &[(&str, &[&str])]) -> Resolver {
    let routes = rules.iter().map(|(pattern, to)| RouteRule::new(pattern, to).unwrap()).collect();
    let settings = ResolveSettings { routes, ..settings(servers) };
    Resolver::new(settings, guard(allow, &["127.0.0.99:2525"])).unwrap()
}

async fn ask(room: &Resolver, host: &str) -> Result<Answer, RouteFailure> {
    room.resolve(&host.parse().unwrap()).await
}

fn ip4(last: u8) -> Ipv4Addr {
    Ipv4Addr::new(127, 0, 0, last)
}

/// `10 mx.a.test 127.0.0.1:2525 …`
fn shown(answer: &Answer) -> Vec<String> {
    let line = |one: &ExchangerAnswer| {
        let addresses: String = one.addresses.iter().map(|address| format!(" {address}")).collect();
        format!("{} {}{addresses}", one.preference, one.name)
    };
    answer.exchangers.iter().map(line).collect()
}

fn unusable(found: Result<Answer, RouteFailure>) -> String {
    match found {
        Err(RouteFailure::Unusable(text)) => text.to_string(),
        other => panic!("not unusable: {other:?}"),
    }
}

fn ours(found: Result<Answer, RouteFailure>) -> String {
    match found {
        Err(RouteFailure::Ours(text)) => text.to_string(),
        other => panic!("not ours: {other:?}"),
    }
}

fn zone() -> Vec<Record> {
    let mut records = vec![
        mx("two.test", 20, "b.two.test"),
        mx("two.test", 10, "a.two.test"),
        address("a.two.test", ip4(1)),
        address("a.two.test", "2a00::1".parse::<IpAddr>().unwrap()),
        address("b.two.test", ip4(2)),
        cname("alias.test", "two.test"),
        mx("aliased-mx.test", 10, "alias-host.test"),
        cname("alias-host.test", "b.two.test"),
        cname("dangling.test", "gone.test"),
        cname("around.test", "around2.test"),
        cname("around2.test", "around.test"),
        address("implicit.test", ip4(3)),
        txt("text.test", &["neither MX nor address"]),
        mx("null.test", 0, "."),
        mx("half-null.test", 0, "."),
        mx("half-null.test", 10, "a.two.test"),
        mx("partly.test", 10, "gone.test"),
        mx("partly.test", 20, "b.two.test"),
        mx("nowhere.test", 10, "gone.test"),
        mx("nowhere.test", 20, "text.test"),
        mx("private.test", 10, "inside.test"),
        mx("private.test", 20, "metadata.test"),
        address("inside.test", Ipv4Addr::new(10, 0, 0, 7)),
        address("metadata.test", Ipv4Addr::new(169, 254, 169, 254)),
        address("mixed.test", Ipv4Addr::new(10, 0, 0, 7)),
        address("mixed.test", ip4(4)),
        mx("us-first.test", 10, "mail.us.test"),
        mx("us-first.test", 20, "a.two.test"),
        mx("us-second.test", 20, "mail.us.test"),
        mx("us-second.test", 20, "b.two.test"),
        mx("us-second.test", 10, "a.two.test"),
        mx("us-second-dead.test", 20, "mail.us.test"),
        mx("us-second-dead.test", 10, "gone.test"),
        address("mail.us.test", ip4(99)),
        mx("us-by-address.test", 10, "a.two.test"),
        mx("us-by-address.test", 20, "other-name-of-us.test"),
        mx("us-by-address.test", 30, "b.two.test"),
        address("other-name-of-us.test", ip4(99)),
        mx("literal.test", 10, "127.0.0.1"),
        mx("twice.test", 30, "a.two.test"),
        mx("twice.test", 10, "a.two.test"),
    ];
    for number in 0..30u8 {
        records.push(mx("many.test", u16::from(number), &format!("m{number}.many.test")));
        records.push(address(&format!("m{number}.many.test"), ip4(100 + number)));
        records.push(address("wide.test", ip4(100 + number)));
        records.push(mx("many-dead.test", u16::from(number), &format!("gone{number}.test")));
    }
    records
}

async fn served() -> (ZoneServer, Resolver) {
    let server = ZoneServer::start("test.", zone()).await.unwrap();
    let room = room(&[server.address()]);
    (server, room)
}

#[tokio::test]
async fn mx_records_become_exchangers_by_preference_with_both_families() {
    let (_server, room) = served().await;
    let answer = ask(&room, "two.test").await.unwrap();
    assert_eq!(answer.kind, RouteKind::Mx);
    assert_eq!(shown(&answer), ["10 a.two.test 127.0.0.1:2525 [2a00::1]:2525", "20 b.two.test 127.0.0.2:2525"]);
    assert_eq!(answer.ttl, Duration::from_secs(60));
}

#[tokio::test]
async fn aliases_are_followed_at_the_domain_and_at_the_exchanger() {
    let (_server, room) = served().await;
    assert_eq!(shown(&ask(&room, "alias.test").await.unwrap()).len(), 2);
    assert_eq!(shown(&ask(&room, "aliased-mx.test").await.unwrap()), ["10 alias-host.test 127.0.0.2:2525"]);
}

#[tokio::test]
async fn a_missing_domain_and_an_alias_to_one_do_not_exist() {
    let (_server, room) = served().await;
    for host in ["gone.test", "dangling.test"] {
        assert_eq!(ask(&room, host).await, Err(RouteFailure::Nxdomain), "{host}");
    }
}

#[tokio::test]
async fn an_alias_that_leads_in_a_circle_is_no_missing_domain() {
    let (_server, room) = served().await;
    assert_eq!(unusable(ask(&room, "around.test").await), "around.test has no address");
}

#[tokio::test]
async fn without_mx_the_domain_itself_is_the_exchanger() {
    let (_server, room) = served().await;
    let answer = ask(&room, "implicit.test").await.unwrap();
    assert_eq!((answer.kind, shown(&answer)), (RouteKind::ImplicitMx, vec!["0 implicit.test 127.0.0.3:2525".into()]));
    assert_eq!(unusable(ask(&room, "text.test").await), "text.test has no address");
}

#[tokio::test]
async fn a_null_mx_is_heard_unless_it_stands_beside_others() {
    let (_server, room) = served().await;
    assert_eq!(ask(&room, "null.test").await, Err(RouteFailure::NullMx));
    assert_eq!(shown(&ask(&room, "half-null.test").await.unwrap()).len(), 1);
}

#[tokio::test]
async fn an_exchanger_without_address_is_named_beside_those_that_have_one() {
    let (_server, room) = served().await;
    assert_eq!(shown(&ask(&room, "partly.test").await.unwrap()), ["10 gone.test", "20 b.two.test 127.0.0.2:2525"]);
}

#[tokio::test]
async fn when_no_exchanger_is_usable_the_reasons_are_named() {
    let (_server, room) = served().await;
    for (host, reason) in [
        ("nowhere.test", "gone.test does not exist; text.test has no address"),
        (
            "private.test",
            "inside.test leads to 10.0.0.7, a private address; metadata.test leads to 169.254.169.254, a link-local address",
        ),
        ("literal.test", "127.0.0.1 is an address in place of a name"),
        (
            "many-dead.test",
            "gone0.test does not exist; gone1.test does not exist; gone2.test does not exist; gone3.test does not exist; \
             gone4.test does not exist; and 5 more",
        ),
    ] {
        assert_eq!(unusable(ask(&room, host).await), reason, "{host}");
    }
}

#[tokio::test]
async fn an_exchanger_with_octets_that_no_name_holds_is_skipped_and_shown_escaped() {
    let server = FakeServer::start(|asked| {
        let odd = Name::from_labels([b"a b\x00\x1b".as_slice(), b"test"]).unwrap();
        match asked.rtype {
            RecordType::MX => {
                let name = Name::from_ascii("a.test.").unwrap();
                Say::Records(vec![Record::from_rdata(name, 60, RData::MX(MX::new(10, odd)))])
            }
            _ => Say::Records(vec![]),
        }
    })
    .await;
    let text = unusable(ask(&room(&[server.address]), "a.test").await);
    assert!(text.ends_with("is no host name (the domain holds a character that no domain may hold)"), "{text}");
    assert!(text.chars().all(|c| !c.is_control()), "{text:?}");
}

#[tokio::test]
async fn forbidden_addresses_are_dropped_and_the_others_kept() {
    let (_server, room) = served().await;
    assert_eq!(shown(&ask(&room, "mixed.test").await.unwrap()), ["0 mixed.test 127.0.0.4:2525"]);
}

#[tokio::test]
async fn a_list_is_cut_where_it_reaches_ourselves() {
    let (_server, room) = served().await;
    assert_eq!(ask(&room, "us-first.test").await, Err(RouteFailure::Loop));
    assert_eq!(ask(&room, "mail.us.test").await, Err(RouteFailure::Loop));
    assert_eq!(ask(&room, "other-name-of-us.test").await, Err(RouteFailure::Loop));
    for host in ["us-second.test", "us-by-address.test"] {
        assert_eq!(shown(&ask(&room, host).await.unwrap()).len(), 1, "{host}");
    }
    let text = unusable(ask(&room, "us-second-dead.test").await);
    assert_eq!(text, "gone.test does not exist; the next exchanger would be ourselves");
}

#[tokio::test]
async fn a_hostile_number_of_exchangers_and_addresses_is_bounded() {
    let (_server, room) = served().await;
    let answer = ask(&room, "many.test").await.unwrap();
    assert_eq!(answer.exchangers.len(), exchanger::LOOKUPS_MAX);
    assert!(answer.exchangers.iter().map(|one| one.preference).eq(0..10), "the best ten");
    let wide = ask(&room, "wide.test").await.unwrap();
    assert_eq!(wide.exchangers[0].addresses.len(), exchanger::ADDRESSES_MAX);
}

#[tokio::test]
async fn an_exchanger_named_twice_counts_once_at_its_better_preference() {
    let (_server, room) = served().await;
    let answer = ask(&room, "twice.test").await.unwrap();
    assert_eq!(answer.exchangers.iter().map(|one| one.preference).collect::<Vec<_>>(), [10]);
}

#[tokio::test]
async fn a_ttl_is_used_within_its_bounds() {
    for (ttl, expected) in [(0, 30), (29, 30), (31, 31), (3_599, 3_599), (90_000, 3_600), (u32::MAX, 3_600)] {
        let server = FakeServer::start(move |asked| {
            let mut record = match asked.rtype {
                RecordType::MX => mx("a.test", 10, "mx.a.test"),
                RecordType::A => address("mx.a.test", ip4(1)),
                _ => return Say::Records(vec![]),
            };
            record.ttl = ttl;
            Say::Records(vec![record])
        })
        .await;
        let answer = ask(&room(&[server.address]), "a.test").await.unwrap();
        assert_eq!(answer.ttl, Duration::from_secs(expected), "TTL {ttl}");
        assert_eq!(answer.mx_ttl, Some(Duration::from_secs(expected)), "the cache keeps the records as long");
    }
}

#[tokio::test]
async fn an_error_code_of_their_servers_is_theirs() {
    for code in [ResponseCode::ServFail, ResponseCode::Refused, ResponseCode::FormErr, ResponseCode::NotImp] {
        let server = FakeServer::start(move |_| Say::Code(code)).await;
        assert_eq!(ask(&room(&[server.address]), "a.test").await, Err(RouteFailure::Servfail), "{code}");
    }
}

#[tokio::test]
async fn an_error_code_for_an_exchanger_is_a_failure_that_may_pass() {
    let server = FakeServer::start(|asked| match asked.rtype {
        RecordType::MX => Say::Records(vec![mx("a.test", 10, "mx.a.test"), mx("a.test", 20, "mx2.a.test")]),
        _ if asked.name.starts_with("mx.") => Say::Code(ResponseCode::ServFail),
        _ => Say::Code(ResponseCode::NXDomain),
    })
    .await;
    assert_eq!(ask(&room(&[server.address]), "a.test").await, Err(RouteFailure::Servfail));
}

#[tokio::test]
async fn one_family_that_fails_does_not_hide_the_other() {
    let server = FakeServer::start(|asked| match asked.rtype {
        RecordType::MX => Say::Records(vec![mx("a.test", 10, "mx.a.test")]),
        RecordType::A => Say::Records(vec![address("mx.a.test", ip4(1))]),
        _ => Say::Code(ResponseCode::ServFail),
    })
    .await;
    assert_eq!(shown(&ask(&room(&[server.address]), "a.test").await.unwrap()), ["10 mx.a.test 127.0.0.1:2525"]);
}

#[tokio::test]
async fn a_silent_name_server_is_our_trouble_and_costs_no_more_than_the_limit() {
    let server = FakeServer::start(|_| Say::Nothing).await;
    let started = std::time::Instant::now();
    let text = ours(ask(&room(&[server.address]), "a.test").await);
    assert!(text.contains("within 2s") && text.contains(&server.address.to_string()), "{text}");
    assert!(started.elapsed() < Duration::from_secs(5), "{:?}", started.elapsed());
}

#[tokio::test]
async fn a_name_server_that_is_not_there_is_our_trouble() {
    let server = FakeServer::start(|_| Say::Nothing).await;
    let gone = server.address;
    drop(server);
    let text = ours(ask(&room(&[gone]), "a.test").await);
    assert!(text.contains(&gone.to_string()), "{text}");
}

#[tokio::test]
async fn a_broken_server_beside_a_good_one_does_not_stop_the_mail() {
    let good = ZoneServer::start("test.", zone()).await.unwrap();
    for broken in [Some(ResponseCode::ServFail), Some(ResponseCode::Refused), None] {
        let bad = FakeServer::start(move |_| broken.map_or(Say::Nothing, Say::Code)).await;
        let room = room(&[bad.address, good.address()]);
        for host in ["two.test", "implicit.test"] {
            assert!(ask(&room, host).await.is_ok(), "{host} beside {broken:?}");
        }
        assert_eq!(ask(&room, "gone.test").await, Err(RouteFailure::Nxdomain), "beside {broken:?}");
    }
}

#[tokio::test]
async fn a_truncated_answer_is_asked_for_again_by_tcp() {
    let server = FakeServer::start(|asked| match (asked.by_tcp, asked.rtype) {
        (false, _) => Say::Truncated,
        (true, RecordType::MX) => Say::Records(vec![mx("a.test", 10, "mx.a.test")]),
        (true, RecordType::A) => Say::Records(vec![address("mx.a.test", ip4(1))]),
        (true, _) => Say::Records(vec![]),
    })
    .await;
    assert_eq!(shown(&ask(&room(&[server.address]), "a.test").await.unwrap()), ["10 mx.a.test 127.0.0.1:2525"]);
    assert!(server.asked().iter().any(|asked| asked.by_tcp));
}

#[tokio::test]
async fn a_forged_answer_and_records_of_other_names_are_not_believed() {
    let server = FakeServer::start(|asked| match asked.rtype {
        RecordType::MX => Say::ForgedThen(
            vec![mx("a.test", 1, "evil.test")],
            vec![mx("a.test", 10, "mx.a.test"), mx("b.test", 1, "evil.test")],
        ),
        RecordType::A => Say::Records(vec![address("mx.a.test", ip4(1)), address("evil.test", ip4(66))]),
        _ => Say::Records(vec![]),
    })
    .await;
    assert_eq!(shown(&ask(&room(&[server.address]), "a.test").await.unwrap()), ["10 mx.a.test 127.0.0.1:2525"]);
}

#[tokio::test]
async fn an_answer_is_kept_until_it_is_flushed() {
    let server = FakeServer::start(|asked| match asked.rtype {
        RecordType::MX => Say::Records(vec![mx("a.test", 10, "mx.a.test")]),
        RecordType::A => Say::Records(vec![address("mx.a.test", ip4(1))]),
        _ => Say::Records(vec![]),
    })
    .await;
    let room = room(&[server.address]);
    for (flush, expected) in [(None, 1), (None, 1), (Some("b.test"), 1), (Some("a.test"), 2), (Some(""), 3)] {
        match flush {
            None => {}
            Some("") => room.flush(None),
            Some(name) => room.flush(Some(&name.parse().unwrap())),
        }
        ask(&room, "a.test").await.unwrap();
        assert_eq!(server.count(RecordType::MX), expected, "after flushing {flush:?}");
    }
}

#[tokio::test]
async fn a_thousand_domains_at_once_are_all_resolved() {
    let zone = vec![mx("*.many.test", 10, "mx.many.test"), address("mx.many.test", ip4(1))];
    let server = ZoneServer::start("test.", zone).await.unwrap();
    let room = room(&[server.address()]);
    let hosts: Vec<Domain> = (0..1_000).map(|number| format!("d{number}.many.test").parse().unwrap()).collect();
    let answers = join_all(hosts.iter().map(|host| room.resolve(host))).await;
    assert_eq!(answers.iter().filter(|answer| answer.is_ok()).count(), 1_000);
}

#[tokio::test]
async fn a_route_to_addresses_and_names_keeps_its_order() {
    let server = ZoneServer::start("test.", zone()).await.unwrap();
    let to: &[&str] = &["127.0.0.1:26", "b.two.test:27", "mx:two.test"];
    let room = routed(&[server.address()], &["127.0.0.0/8"], &[("*", to)]);
    let answer = ask(&room, "anything.test").await.unwrap();
    assert_eq!(answer.kind, RouteKind::Configured);
    let expected = [
        "0 127.0.0.1 127.0.0.1:26",
        "10 b.two.test 127.0.0.2:27",
        "20 a.two.test 127.0.0.1:2525 [2a00::1]:2525",
        "21 b.two.test 127.0.0.2:2525",
    ];
    assert_eq!(shown(&answer), expected);
}

#[tokio::test]
async fn a_literal_address_in_a_route_needs_no_other_permission_and_no_name_server() {
    let silent = FakeServer::start(|_| Say::Nothing).await;
    let room = routed(&[silent.address], &[], &[("*", &["127.0.0.1:2626"])]);
    assert_eq!(shown(&ask(&room, "a.test").await.unwrap()), ["0 127.0.0.1 127.0.0.1:2626"]);
    assert_eq!(silent.asked(), []);
}

#[tokio::test]
async fn a_name_in_a_route_may_be_private_but_not_loopback() {
    let server = ZoneServer::start("test.", zone()).await.unwrap();
    let rules: &[(&str, &[&str])] = &[("in.test", &["inside.test:25"]), ("lo.test", &["b.two.test:25"])];
    let room = routed(&[server.address()], &[], rules);
    assert_eq!(shown(&ask(&room, "in.test").await.unwrap()), ["0 inside.test 10.0.0.7:25"]);
    let text = ours(ask(&room, "lo.test").await);
    assert_eq!(
        text,
        "the route of lo.test leads nowhere: b.two.test:25: b.two.test leads to 127.0.0.2, a loopback address"
    );
}

#[tokio::test]
async fn a_discarding_route_asks_nobody() {
    let silent = FakeServer::start(|_| Say::Nothing).await;
    let room = routed(&[silent.address], &[], &[(".sink.test", &["discard"])]);
    let answer = ask(&room, "a.sink.test").await.unwrap();
    assert_eq!((answer.kind, answer.exchangers.len()), (RouteKind::Discard, 0));
    assert_eq!(silent.asked(), []);
}

#[tokio::test]
async fn a_fault_in_a_route_is_ours_never_a_missing_domain() {
    let server = ZoneServer::start("test.", zone()).await.unwrap();
    for (to, text) in [
        ("gone.test:25", "gone.test:25: gone.test does not exist"),
        ("mx:gone.test", "mx:gone.test: does not exist"),
        ("mx:null.test", "mx:null.test: takes no mail"),
        ("224.0.0.1:25", "224.0.0.1:25: 224.0.0.1 is a multicast address"),
    ] {
        let room = routed(&[server.address()], &[], &[("*", &[to])]);
        assert_eq!(ours(ask(&room, "a.test").await), format!("the route of a.test leads nowhere: {text}"));
    }
}

#[tokio::test]
async fn a_dead_first_target_leaves_the_second() {
    let server = ZoneServer::start("test.", zone()).await.unwrap();
    let room = routed(&[server.address()], &[], &[("*", &["gone.test:25", "127.0.0.1:26"])]);
    assert_eq!(shown(&ask(&room, "a.test").await.unwrap()), ["10 127.0.0.1 127.0.0.1:26"]);
}

#[tokio::test]
async fn a_route_to_ourselves_is_a_loop() {
    let server = ZoneServer::start("test.", zone()).await.unwrap();
    for to in ["127.0.0.99:2525", "other-name-of-us.test:2525", "mx:us-first.test"] {
        let room = routed(&[server.address()], &["127.0.0.0/8"], &[("*", &[to, "127.0.0.1:26"])]);
        assert_eq!(ask(&room, "a.test").await, Err(RouteFailure::Loop), "{to}");
    }
    let room = routed(&[server.address()], &[], &[("*", &["127.0.0.1:26", "127.0.0.99:2525"])]);
    assert_eq!(shown(&ask(&room, "a.test").await.unwrap()).len(), 1);
}

#[tokio::test]
async fn addresses_for_a_probe_come_with_the_reason_when_there_are_none() {
    let (_server, room) = served().await;
    let ips = |host: &str| {
        let host: Domain = host.parse().unwrap();
        let room = &room;
        async move { room.addresses(&host).await }
    };
    assert_eq!(ips("a.two.test").await, Ok(vec![ip4(1).into(), "2a00::1".parse().unwrap()]));
    assert_eq!(ips("gone.test").await, Err(RouteFailure::Nxdomain));
    assert_eq!(ips("text.test").await, Err(RouteFailure::Unusable("text.test has no address".into())));
}

#[tokio::test]
async fn two_routes_for_the_same_domain_do_not_open_the_room() {
    let rule = || RouteRule::new("*", &["discard"]).unwrap();
    let settings = ResolveSettings { routes: vec![rule(), rule()], ..settings(&["127.0.0.1:53".parse().unwrap()]) };
    let error = Resolver::new(settings, guard(&[], &[])).unwrap_err();
    assert!(error.to_string().contains("two routes match \"*\""), "{error}");
}
