//! What a viewer sees of addresses: every route and every frame that carries one, with one planted in each.

use super::house::{Console, House, PATIENCE, down};
use crate::console::auth::Permission;
use crate::console::http;
use common::vocab::{Reply, ReplyCode};
use common::wire::{ApiError, ClientFrame, ErrorCode, HostsQuery, List, MessageDetail, Probe, ProbeState, Role};
use common::wire::{ServerFrame, Topic};
use engine::view::HostView;
use serde_json::json;
use std::collections::BTreeSet;
use tokio::io::{AsyncBufReadExt, AsyncWriteExt, BufStream};
use tokio::net::{TcpListener, TcpStream};

/// The local part that stands in everything below; no viewer may read it.
const PLANTED: &str = "secretary";

/// A host that refused somebody by name.
fn refusing() -> HostView {
    let mut view = down("a.test", 3);
    let reply = Reply::new(ReplyCode(550), &format!("5.7.1 {PLANTED}@a.test is blocked"));
    view.evidence.as_mut().unwrap().reply = Some(reply);
    view
}

/// A mail server that repeats a line, and says goodbye.
async fn echo() -> u16 {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let port = listener.local_addr().unwrap().port();
    tokio::spawn(async move {
        let mut stream = BufStream::new(listener.accept().await.unwrap().0);
        let mut line = String::new();
        stream.write_all(b"220 mx.test\r\n").await.unwrap();
        stream.flush().await.unwrap();
        stream.read_line(&mut line).await.unwrap();
        stream.write_all(format!("451 4.7.1 later: {}", &line[8..]).as_bytes()).await.unwrap();
        stream.write_all(b"421 bye\r\n").await.unwrap();
        stream.flush().await.unwrap();
    });
    port
}

/// A house in which everything that can quote an address quotes one.
struct Planted {
    house: House,
    mid: u64,
    probe: u64,
    action: u64,
    viewer: String,
    operator: String,
}

impl Planted {
    async fn new() -> Planted {
        let house = House::with_sign_in().await;
        house.change(vec![refusing()]).await;
        house.shows(1).await;
        let (viewer, operator) = (house.token(Role::Viewer).await.0, house.token(Role::Operator).await.0);
        let scope = json!({"filter": format!("to:{PLANTED}")});
        let act = json!({"kind": "retry", "scope": scope, "reason": format!("for {PLANTED}@a.test")});
        let action = house.as_program("POST", "/api/v1/actions", &operator, &act.to_string()).await;
        let action = action.json()["id"].as_u64().unwrap();
        let begin = json!({"kind": "smtp", "target": "mx.test", "port": echo().await, "live": true}).to_string();
        let probe = house.as_program("POST", "/api/v1/probes", &operator, &begin).await.json()["id"].as_u64().unwrap();
        let line = json!({"data": format!("RCPT TO:<{PLANTED}@a.test>")}).to_string();
        let typed = house.as_program("POST", &format!("/api/v1/probes/{probe}/lines"), &operator, &line).await;
        assert_eq!(typed.status, 202, "{typed:?}");
        let planted = Planted { house, mid: 7, probe, action, viewer, operator };
        let ended = planted.get(&planted.operator, &format!("/api/v1/probes/{probe}?wait=30")).await.1;
        let ended: Probe = serde_json::from_str(&ended).unwrap();
        assert_eq!(ended.state, ProbeState::Done, "{ended:?}");
        planted
    }

    async fn get(&self, token: &str, path: &str) -> (u16, String) {
        let answer = self.house.as_program("GET", path, token, "").await;
        (answer.status, answer.text())
    }
}

/// Every route that a viewer may ask, and whether what is planted stands in its answer.
const ROUTES: [(&str, bool); 11] = [
    ("/api/v1/status", false),
    ("/api/v1/hosts", true),
    ("/api/v1/hosts/{host}", true),
    ("/api/v1/messages", true),
    ("/api/v1/messages/{mid}", true),
    ("/api/v1/actions", true),
    ("/api/v1/actions/{id}", true),
    ("/api/v1/probes/{id}", true),
    ("/api/v1/poll", true),
    ("/api/v1/ws", false), // its frames are below
    ("/api/v1/openapi.json", false),
];

#[tokio::test]
async fn no_route_shows_a_viewer_an_address() {
    let planted = Planted::new().await;
    let known = ROUTES.map(|(path, _)| path);
    let of_viewers = http::routes().into_iter().filter(|(needs, ..)| *needs == Some(Permission::See));
    assert_eq!(of_viewers.map(|(_, path, _)| path).collect::<Vec<_>>(), known, "a new route stands in this list too");
    for (path, carries) in ROUTES {
        let id = if path.contains("probes") { planted.probe } else { planted.action };
        let real = path.replace("{host}", "a.test").replace("{mid}", &planted.mid.to_string());
        let real = real.replace("{id}", &id.to_string());
        let (status, whole) = planted.get(&planted.operator, &real).await;
        assert_eq!((whole.contains(PLANTED), status == 200), (carries, path != "/api/v1/ws"), "{path}: {whole}");
        let (status, masked) = planted.get(&planted.viewer, &real).await;
        assert!(!masked.contains(PLANTED), "{path}: {masked}");
        assert!(!carries || masked.contains('…'), "{path}: {masked}");
        assert_eq!(status == 200, path != "/api/v1/ws", "{path}: {masked}");
    }
}

/// The kinds of frames, and whether what is planted stands in one. A new kind does not compile without its row.
fn carries(frame: &ServerFrame) -> (&'static str, bool) {
    match frame {
        ServerFrame::Welcome(_) => ("welcome", false),
        ServerFrame::Snapshot { .. } => ("snapshot", true),
        ServerFrame::Delta { .. } => ("delta", true),
        ServerFrame::Overview { .. } => ("overview", true),
        ServerFrame::Host { .. } => ("host", true),
        ServerFrame::Events { .. } => ("events", true),
        ServerFrame::End { .. } => ("end", false),
        ServerFrame::Reply { .. } => ("reply", false), // a viewer's commands are refused
        ServerFrame::Tick { .. } => ("tick", false),
        ServerFrame::Pong { .. } => ("pong", false),
        ServerFrame::Drain { .. } => ("drain", false),
        ServerFrame::Unknown => ("unknown", false),
    }
}

/// Everything that can be followed by looking, until each kind of frame was heard: kind and text.
async fn followed(planted: &Planted, token: &str) -> Vec<(ServerFrame, String)> {
    let fields = [("authorization", format!("Bearer {token}"))];
    let mut console: Console<TcpStream> =
        planted.house.open_with(&fields).await.map_err(|why| panic!("{why}")).unwrap();
    let host = Topic::Host { host: "a.test".parse().unwrap(), locale: "en".into() };
    let topics = [Topic::Hosts { query: HostsQuery::default() }, Topic::Overview, host];
    let topics = topics.into_iter().chain([Topic::Probe { id: planted.probe }]);
    for (sid, topic) in (1..).zip(topics) {
        console.say(ClientFrame::Subscribe { sid, topic }).await;
    }
    let wanted = BTreeSet::from(["snapshot", "delta", "overview", "host", "events"]);
    let until = tokio::time::Instant::now() + PATIENCE;
    let (mut heard, mut frames) = (BTreeSet::new(), Vec::new());
    while !wanted.is_subset(&heard) {
        let next = tokio::time::timeout_at(until, console.hear_text()).await;
        let (frame, text) = next.unwrap_or_else(|_| panic!("heard {heard:?} alone"));
        if let ServerFrame::Snapshot { sid, seq, .. } = &frame {
            console.ack(*sid, *seq).await;
            let mut changed = refusing();
            changed.attempted = planted.house.state.index().totals.attempted_recipients + 1;
            planted.house.change(vec![changed]).await; // a delta comes of it
        }
        heard.insert(carries(&frame).0);
        frames.push((frame, text));
    }
    frames
}

#[tokio::test]
async fn no_frame_shows_a_viewer_an_address() {
    let planted = Planted::new().await;
    let whole = followed(&planted, &planted.operator).await;
    for (frame, text) in &whole {
        let (kind, carries) = carries(frame);
        assert!(text.contains(PLANTED) == carries || kind == "events", "{kind}: {text}");
    }
    assert!(whole.iter().any(|(frame, text)| carries(frame).0 == "events" && text.contains(PLANTED)));
    for (frame, text) in followed(&planted, &planted.viewer).await {
        assert!(!text.contains(PLANTED), "{text}");
        if let ServerFrame::Snapshot { body, .. } = frame {
            let (rows, broken) = body.decode_rows();
            let reply = rows[0].verdict.as_ref().unwrap().reply.as_deref();
            assert_eq!((reply, broken), (Some("550 5.7.1 s…@a.test is blocked"), 0));
        }
    }
}

#[tokio::test]
async fn what_is_masked_reads_as_the_same_types() {
    let planted = Planted::new().await;
    let (_, text) = planted.get(&planted.viewer, "/api/v1/messages?q=host:a.test").await;
    let list: List<MessageDetail> = serde_json::from_str(&text).unwrap();
    assert_eq!(list.items[0].recipients[0].address.as_str(), "s…@a.test");
    let (_, text) = planted.get(&planted.viewer, &format!("/api/v1/probes/{}", planted.probe)).await;
    assert!(text.contains("RCPT TO:<s…@a.test>") && text.contains("451 4.7.1 later: <s…@a.test>"), "{text}");
    let (_, text) = planted.get(&planted.viewer, &format!("/api/v1/actions/{}", planted.action)).await;
    assert!(text.contains(r#""scope":{"filter":"…"}"#) && text.contains(r#""reason":"for s…@a.test""#), "{text}");
}

#[tokio::test]
async fn a_subject_is_masked_and_an_operator_reads_it() {
    let planted = Planted::new().await;
    let house = &planted.house;
    let new = json!({"from": "", "to": ["a@a.test"], "raw": format!("Subject: the {PLANTED}\nMessage-ID: <{PLANTED}@x>\n\n")});
    for _ in 0..planted.mid {
        let sent = house.as_program("POST", "/api/v1/messages", &planted.operator, &new.to_string()).await;
        assert_eq!(sent.status, 202, "{sent:?}");
    }
    let (_, whole) = planted.get(&planted.operator, "/api/v1/messages/7").await;
    assert!(whole.contains(&format!(r#""subject":"the {PLANTED}""#)), "{whole}");
    let (_, masked) = planted.get(&planted.viewer, "/api/v1/messages/7").await;
    assert!(masked.contains(r#""subject":"t…""#) && masked.contains(r#""message_id":"s…@x""#), "{masked}");
}

#[tokio::test]
async fn a_viewers_search_tells_nothing_of_what_is_masked() {
    let planted = Planted::new().await;
    for q in
        ["to:sec", "sec", "-to:sec", "from:a", "reply:sec", "host:a.test%20to:s", "to:%22s%22", "TO:s", "%EF%BD%94o:s"]
    {
        let path = format!("/api/v1/messages?q={q}");
        let (status, text) = planted.get(&planted.viewer, &path).await;
        let refusal: ApiError = serde_json::from_str(&text).unwrap();
        let field = refusal.error.field.as_deref();
        assert_eq!((status, refusal.error.code, field), (403, ErrorCode::NotAllowed, Some("q")), "{q}");
        assert_eq!(planted.get(&planted.operator, &path).await.0, 200, "{q}");
    }
    for q in ["", "host:a.test", "to:@a.test", "from:%22%22", "age%3E1h", "-cause:retry", "mid:7"] {
        assert_eq!(planted.get(&planted.viewer, &format!("/api/v1/messages?q={q}")).await.0, 200, "{q}");
    }
    let (status, _) = planted.get(&planted.viewer, "/api/v1/hosts?q=to:sec").await;
    assert_eq!(status, 422, "lists of hosts know no such field");
}
