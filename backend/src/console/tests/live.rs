//! The websocket over a real socket.

use super::house::{Console, House, PATIENCE, ask_as_is, down, host};
use crate::console::ConsoleSettings;
use common::vocab::{ActionId, NotSent};
use common::wire::{
    ActionKind, ActionRequest, ActionState, ApiError, ClientFrame, ErrorCode, HostRow, HostsQuery, LineEnd, ProbeEvent,
    RetryMode, Scope, ServerFrame, TelnetRequest, Topic, Window,
};
use futures_util::{SinkExt, StreamExt};
use std::collections::HashMap;
use std::sync::atomic::Ordering;
use tokio::io::{AsyncBufReadExt, AsyncWriteExt, BufReader};
use tokio::net::{TcpListener, TcpStream};
use tokio_tungstenite::tungstenite::Message;

/// The rows of the next frame of the subscription, with its number; acknowledged.
async fn next_rows(console: &mut Console<TcpStream>, sid: u32) -> (u64, Vec<HostRow>) {
    let (seq, rows) = match console.hear().await {
        ServerFrame::Snapshot { sid: of, seq, body } if of == sid => (seq, body.decode_rows()),
        ServerFrame::Delta { sid: of, seq, body } if of == sid => (seq, body.decode_rows()),
        other => panic!("no rows of {sid}: {other:?}"),
    };
    assert_eq!(rows.1, 0, "every row can be read");
    console.ack(sid, seq).await;
    (seq, rows.0)
}

#[tokio::test]
async fn only_our_own_page_is_let_in() {
    let house = House::new().await;
    let own = house.address;
    for origin in [
        None,
        Some("null"),
        Some("http://evil.test"),
        Some(&*format!("https://{own}")),
        Some(&*format!("http://{own}0")),
    ] {
        assert_eq!(house.open(origin).await.err(), Some(403), "{origin:?}");
    }
    assert!(house.open(Some(&format!("http://localhost:{}", own.port()))).await.is_ok());
}

#[tokio::test]
async fn a_console_too_many_is_told_to_come_later() {
    let house = House::with(ConsoleSettings { live_max: 1, ..Default::default() }, HashMap::new()).await;
    let console = house.console().await;
    let origin = format!("http://{}", house.address);
    assert_eq!(house.open(Some(&origin)).await.err(), Some(429));
    drop(console);
    let wait = async {
        while house.open(Some(&origin)).await.is_err() {
            tokio::task::yield_now().await;
        }
    };
    tokio::time::timeout(PATIENCE, wait).await.expect("the seat becomes free");
}

#[tokio::test]
async fn a_snapshot_is_followed_by_deltas_without_a_gap() {
    let house = House::new().await;
    house.change(vec![host("a.test", 3), host("b.test", 1)]).await;
    house.shows(2).await;
    let mut console = house.console().await;
    console.follow(1, HostsQuery::default()).await;
    let (seq, rows) = next_rows(&mut console, 1).await;
    assert_eq!((seq, rows.len(), rows[0].host.as_str()), (1, 2, "a.test"));
    for n in 0..5 {
        house.change(vec![host("a.test", 10 + n)]).await;
        let (seq, rows) = next_rows(&mut console, 1).await;
        assert_eq!((seq, rows.len()), (2 + n, 1));
        assert_eq!((rows[0].active_recipients, rows[0].connections_max), (10 + n, 2), "the row is whole");
    }
}

#[tokio::test]
async fn the_overview_names_the_hosts_in_trouble_and_says_what_changes() {
    let house = House::new().await;
    house.change(vec![host("a.test", 30), down("b.test", 2), down("c.test", 9), down("idle.test", 0)]).await;
    house.shows(4).await;
    let mut console = house.console().await;
    console.say(ClientFrame::Subscribe { sid: 2, topic: Topic::Overview }).await;
    let ServerFrame::Overview { sid: 2, seq: 1, body } = console.hear().await else { panic!("the overview") };
    let (rows, broken) = body.decode_attention();
    let named: Vec<&str> = rows.iter().map(|row| row.host.as_str()).collect();
    assert_eq!((named, broken, body.troubled), (vec!["c.test", "b.test"], 0, 2));
    assert_eq!((body.totals.active_recipients, body.totals.hosts_down), (41, 3));
    house.change(vec![down("b.test", 20)]).await;
    loop {
        match console.hear().await {
            ServerFrame::Overview { sid: 2, seq: 2, body } => {
                assert_eq!(body.decode_attention().0[0].host.as_str(), "b.test");
                break;
            }
            ServerFrame::Tick { .. } => {}
            other => panic!("{other:?}"),
        }
    }
}

#[tokio::test]
async fn two_frames_wait_for_their_paint_and_no_third() {
    let house = House::new().await;
    house.change(vec![host("a.test", 1)]).await;
    house.shows(1).await;
    let mut console = house.console().await;
    console.follow(1, HostsQuery::default()).await;
    assert!(matches!(console.hear().await, ServerFrame::Snapshot { seq: 1, .. }));
    house.change(vec![host("a.test", 2)]).await;
    assert!(matches!(console.hear().await, ServerFrame::Delta { seq: 2, .. }));
    house.change(vec![host("a.test", 3), host("b.test", 1)]).await;
    house.shows(2).await;
    house.change(vec![host("a.test", 4), host("c.test", 1)]).await;
    house.shows(3).await;
    console.say(ClientFrame::Ping { n: 1 }).await;
    assert!(matches!(console.hear().await, ServerFrame::Pong { n: 1 }), "nothing but the pong");
    console.ack(1, 1).await;
    let ServerFrame::Delta { seq: 3, body, .. } = console.hear().await else { panic!("the merged delta") };
    assert_eq!(body.decode_rows().0[0].active_recipients, 4);
}

#[tokio::test]
async fn subscribing_again_is_a_new_snapshot_and_sixteen_lists_are_the_most() {
    let house = House::new().await;
    house.change(vec![host("a.test", 1), down("b.test", 1)]).await;
    house.shows(2).await;
    let mut console = house.console().await;
    for sid in 1..=16 {
        console.follow(sid, HostsQuery { window: Window { first: 0, len: 1 }, ..HostsQuery::default() }).await;
        assert_eq!(next_rows(&mut console, sid).await.0, 1);
    }
    console.follow(17, HostsQuery::default()).await;
    assert_eq!(end(&mut console, 17).await.unwrap().error.code, ErrorCode::Busy);
    console.follow(16, HostsQuery { filter: "status:down".into(), ..HostsQuery::default() }).await;
    let (seq, rows) = next_rows(&mut console, 16).await;
    assert_eq!((seq, rows.len(), rows[0].host.as_str()), (1, 1, "b.test"));
    console.say(ClientFrame::Unsubscribe { sid: 3 }).await;
    console.follow(17, HostsQuery::default()).await;
    assert_eq!(next_rows(&mut console, 17).await.1.len(), 2);
}

async fn end(console: &mut Console<TcpStream>, sid: u32) -> Option<ApiError> {
    match console.hear().await {
        ServerFrame::End { sid: of, error } if of == sid => error,
        other => panic!("no end of {sid}: {other:?}"),
    }
}

#[tokio::test]
async fn what_cannot_be_followed_ends_with_a_sentence_and_the_connection_stays() {
    let house = House::new().await;
    let mut console = house.console().await;
    console.text(r#"{"t":"sub","sid":1,"b":{"topic":{"name":"weather"}}}"#).await;
    assert_eq!(end(&mut console, 1).await.unwrap().error.field.as_deref(), Some("topic"));
    console.follow(0, HostsQuery::default()).await;
    assert_eq!(end(&mut console, 0).await.unwrap().error.field.as_deref(), Some("sid"));
    console.follow(2, HostsQuery { filter: "x".repeat(1_025), ..HostsQuery::default() }).await;
    assert_eq!(end(&mut console, 2).await.unwrap().error.field.as_deref(), Some("filter"));
    console.follow(2, HostsQuery::default()).await;
    assert_eq!(next_rows(&mut console, 2).await, (1, vec![]));
    console
        .say(ClientFrame::Tune { sid: 2, query: HostsQuery { filter: "x".repeat(1_025), ..HostsQuery::default() } })
        .await;
    assert_eq!(end(&mut console, 2).await.unwrap().error.field.as_deref(), Some("filter"));
    for late in [
        ClientFrame::Tune { sid: 2, query: HostsQuery::default() },
        ClientFrame::Ack { sid: 2, seq: 9 },
        ClientFrame::Unsubscribe { sid: 2 },
        ClientFrame::Input { sid: 2, data: "x".into(), eol: LineEnd::Crlf },
        ClientFrame::Ping { n: 5 },
    ] {
        console.say(late).await;
    }
    assert!(matches!(console.hear().await, ServerFrame::Pong { n: 5 }));
}

#[tokio::test]
async fn what_is_no_frame_closes_the_connection_with_its_reason() {
    let house = House::new().await;
    for text in ["", "{", "[]", r#"{"t":"hologram"}"#, r#"{"t":"sub","sid":-1}"#, r#"{"t":"ping","b":{"n":1e400}}"#] {
        let mut console = house.console().await;
        console.text(text).await;
        let (code, reason) = console.closes().await;
        assert_eq!(code, 4400, "{text}");
        assert!(reason.starts_with("this is no frame of nexthop.v1.json"), "{reason}");
    }
    let mut console = house.console().await;
    console.socket.send(Message::binary(vec![1, 2, 3])).await.unwrap();
    assert_eq!(console.closes().await.0, 1003);
    let mut console = house.console().await;
    console.text(&format!(r#"{{"t":"ping","x":"{}"}}"#, "x".repeat(64 * 1024))).await;
    assert_eq!(console.closes().await.0, 1009);
}

#[tokio::test]
async fn a_flood_closes_the_connection() {
    let house = House::new().await;
    let mut console = house.console().await;
    for n in 0..500 {
        // The server may have closed already: then the rest cannot be sent.
        let _ = console.socket.send(Message::text(ClientFrame::Ping { n }.encode())).await;
    }
    assert_eq!(console.closes().await.0, 1008);
}

#[tokio::test]
async fn a_command_is_answered_and_its_key_is_the_same_everywhere() {
    let house = House::new().await;
    let mut console = house.console().await;
    let action = ActionRequest {
        kind: ActionKind::Retry,
        scope: Scope::All(true),
        mode: RetryMode::All,
        reason: None,
        for_seconds: None,
        dry_run: false,
        key: Some("k".into()),
    };
    let mut receipts = Vec::new();
    for id in [4, 5] {
        console.say(ClientFrame::Command { id, action: action.clone() }).await;
        let ServerFrame::Reply { id: of, result } = console.hear().await else { panic!("a reply") };
        assert_eq!(of, id);
        receipts.push(result.unwrap());
    }
    let over_http = house.post("/api/v1/actions", &serde_json::to_string(&action).unwrap()).await;
    receipts.push(serde_json::from_value(over_http.json()).unwrap());
    assert_eq!((receipts[0].state, receipts[0].done), (ActionState::Done, 5));
    assert!(receipts.iter().all(|receipt| receipt.id == receipts[0].id && receipt.id > Some(ActionId(0))));
    assert_eq!(house.retries.load(Ordering::SeqCst), 1);
    console
        .say(ClientFrame::Command { id: 6, action: ActionRequest { scope: Scope::All(false), key: None, ..action } })
        .await;
    let ServerFrame::Reply { id: 6, result: Err(refusal) } = console.hear().await else { panic!("a refusal") };
    assert_eq!(refusal.error.field.as_deref(), Some("scope"));
}

/// Events until the end; the frames must be numbered without a gap.
async fn events(console: &mut Console<TcpStream>, sid: u32) -> Vec<ProbeEvent> {
    let (mut all, mut last) = (Vec::new(), 0);
    loop {
        match console.hear().await {
            ServerFrame::Events { sid: of, seq, body } if of == sid => {
                assert_eq!(seq, last + 1);
                last = seq;
                all.extend(body.items);
            }
            ServerFrame::End { sid: of, error: None } if of == sid => return all,
            other => panic!("neither events nor end of {sid}: {other:?}"),
        }
    }
}

#[tokio::test]
async fn a_person_types_into_a_mail_server_through_the_websocket() {
    let house = House::new().await;
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let port = listener.local_addr().unwrap().port();
    tokio::spawn(async move {
        let mut stream = BufReader::new(listener.accept().await.unwrap().0);
        stream.write_all(b"220 mx.test\r\n").await.unwrap();
        let mut line = String::new();
        while stream.read_line(&mut line).await.is_ok_and(|count| count > 0) {
            let answer =
                if line == "QUIT\r\n" { "221 bye\r\n".into() } else { format!("250 you said {}\r\n", line.trim()) };
            stream.write_all(answer.as_bytes()).await.unwrap();
            if line == "QUIT\r\n" {
                break;
            }
            line.clear();
        }
    });
    let mut console = house.console().await;
    let request = TelnetRequest { host: "mx.test".into(), port: Some(port) };
    console.say(ClientFrame::Subscribe { sid: 1, topic: Topic::Smtp { request } }).await;
    for data in ["EHLO me.test", "DATA", "QUIT"] {
        console.say(ClientFrame::Input { sid: 1, data: data.into(), eol: LineEnd::Crlf }).await;
    }
    let all = events(&mut console, 1).await;
    let lines: Vec<&str> = all
        .iter()
        .filter_map(|event| if let ProbeEvent::Line { text, .. } = event { Some(text.as_str()) } else { None })
        .collect();
    for line in ["220 mx.test", "250 you said EHLO me.test", "221 bye"] {
        assert!(lines.contains(&line), "{lines:?}");
    }
    let refused = |event: &ProbeEvent| matches!(event, ProbeEvent::NotSent { why: NotSent::BeginsMessage, .. });
    assert!(all.iter().any(refused) && !lines.iter().any(|line| line.contains("Not sent")), "{all:?}");
    assert!(matches!(all.last(), Some(ProbeEvent::Ended { connected: true, .. })), "{all:?}");
}

#[tokio::test]
async fn who_follows_a_session_sees_it_from_its_beginning_and_types_nothing() {
    let house = House::new().await;
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let port = listener.local_addr().unwrap().port();
    let peer = tokio::spawn(async move {
        let mut stream = BufReader::new(listener.accept().await.unwrap().0);
        stream.write_all(b"220 mx.test\r\n").await.unwrap();
        let mut heard = String::new();
        while !heard.contains("QUIT") {
            stream.read_line(&mut heard).await.unwrap();
        }
        stream.write_all(b"221 bye\r\n").await.unwrap();
        heard
    });
    let begin = format!(r#"{{"kind":"smtp","target":"mx.test","port":{port},"live":true}}"#);
    let id = house.post("/api/v1/probes", &begin).await.json()["id"].as_u64().unwrap();
    let mut console = house.console().await;
    console.say(ClientFrame::Subscribe { sid: 1, topic: Topic::Probe { id } }).await;
    console.say(ClientFrame::Input { sid: 1, data: "RSET".into(), eol: LineEnd::Crlf }).await;
    let refused = |event: &ProbeEvent| matches!(event, ProbeEvent::NotSent { why: NotSent::Watching, .. });
    let mut first = Vec::new();
    while !first.iter().any(refused) {
        let ServerFrame::Events { body, .. } = console.hear().await else { continue };
        first.extend(body.items);
    }
    let path = format!("/api/v1/probes/{id}/lines");
    assert_eq!(house.post(&path, r#"{"data":"QUIT"}"#).await.status, 202);
    loop {
        match console.hear().await {
            ServerFrame::Events { sid: 1, body, .. } => first.extend(body.items),
            ServerFrame::End { sid: 1, error: None } => break,
            other => assert!(matches!(other, ServerFrame::Tick { .. }), "{other:?}"),
        }
    }
    first.retain(|event| !refused(event));
    let kept = house.get(&format!("/api/v1/probes/{id}?wait=30")).await.json();
    assert_eq!((&kept["state"], &kept["target"]), (&serde_json::json!("done"), &serde_json::json!("mx.test")));
    let kept: Vec<ProbeEvent> = serde_json::from_value(kept["events"].clone()).unwrap();
    assert_eq!(kept, first, "whoever comes early and whoever comes late see the same");
    assert!(matches!(kept[0], ProbeEvent::Opened { id: shown, lines_max: 200, .. } if shown == id), "{kept:?}");
    assert_eq!(peer.await.unwrap(), "QUIT\r\n");
    let over = house.post(&path, r#"{"data":"NOOP"}"#).await;
    assert_eq!((over.status, &over.json()["error"]["sentence"]), (409, &serde_json::json!("The session is over.")));
    assert_eq!(house.post("/api/v1/probes/1/lines", r#"{"data":"NOOP"}"#).await.status, 404);
    console.say(ClientFrame::Subscribe { sid: 2, topic: Topic::Probe { id: 1 } }).await;
    assert_eq!(end(&mut console, 2).await.unwrap().error.code, ErrorCode::NotFound);
}

#[tokio::test]
async fn an_smtp_session_that_may_not_be_is_refused() {
    let house = House::new().await;
    let mut console = house.console().await;
    let smtp = |host: &str, port| Topic::Smtp { request: TelnetRequest { host: host.into(), port: Some(port) } };
    console.say(ClientFrame::Subscribe { sid: 1, topic: smtp("a b", 25) }).await;
    assert_eq!(end(&mut console, 1).await.unwrap().error.field.as_deref(), Some("host"));
    console.say(ClientFrame::Subscribe { sid: 1, topic: smtp("192.0.2.1", 25) }).await;
    let all = events(&mut console, 1).await;
    let [ProbeEvent::Opened { .. }, ProbeEvent::Ended { connected: false, reason, .. }] = &all[..] else {
        panic!("{all:?}")
    };
    assert!(reason.ends_with("is an address for documentation: it is not dialled."), "{reason}");
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let port = listener.local_addr().unwrap().port();
    for sid in 1..=2 {
        console.say(ClientFrame::Subscribe { sid, topic: smtp("127.0.0.1", port) }).await;
        assert!(matches!(console.hear().await, ServerFrame::Events { .. }));
    }
    // Frames of the first two may still come in between.
    console.say(ClientFrame::Subscribe { sid: 3, topic: smtp("127.0.0.1", port) }).await;
    let refusal = loop {
        if let ServerFrame::End { sid: 3, error } = console.hear().await {
            break error.unwrap();
        }
    };
    assert_eq!(refusal.error.code, ErrorCode::Busy);
}

#[tokio::test]
async fn a_stop_is_announced_and_closes() {
    let house = House::new().await;
    let mut console = house.console().await;
    house.stop.send_replace(true);
    let ServerFrame::Drain { retry_ms } = console.hear().await else { panic!("a drain") };
    assert!((500..2_500).contains(&retry_ms));
    assert_eq!(console.closes().await.0, 1001);
    drop(console);
    tokio::time::timeout(PATIENCE, house.server).await.expect("it stops").unwrap();
}

#[tokio::test]
async fn who_says_goodbye_gets_an_answer() {
    let house = House::new().await;
    let mut console = house.console().await;
    console.socket.close(None).await.unwrap();
    let answer = tokio::time::timeout(PATIENCE, console.socket.next()).await.expect("an answer");
    assert!(matches!(answer, Some(Ok(Message::Close(_)))), "{answer:?}");
}

#[tokio::test]
async fn another_subprotocol_is_refused() {
    let house = House::new().await;
    let own = house.address;
    let head = format!(
        "GET /api/v1/ws HTTP/1.1\r\nHost: {own}\r\nOrigin: http://{own}\r\nUpgrade: websocket\r\n\
         Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\
         Sec-WebSocket-Protocol: nexthop.v9.morse\r\nConnection: upgrade\r\n"
    );
    let answer = ask_as_is(TcpStream::connect(own).await.unwrap(), &head).await;
    assert_eq!((answer.status, answer.refusal().error.code), (400, ErrorCode::BadRequest));
}
