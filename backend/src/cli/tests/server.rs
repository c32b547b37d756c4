//! A canned server on a Unix socket, or on a loopback port.

use super::sample::*;
use axum::Router;
use axum::body::Bytes;
use axum::extract::ws::{Message, WebSocket, WebSocketUpgrade};
use axum::extract::{Path, RawQuery};
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse, Json, Response};
use axum::routing::{get, post};
use common::vocab::SessionEnd;
use common::wire::*;
use std::path::PathBuf;
use std::sync::{Arc, Mutex};

/// What the canned server was asked, in order.
#[derive(Clone, Default)]
pub(super) struct Seen(Arc<Mutex<Vec<String>>>);

impl Seen {
    fn note(&self, what: impl Into<String>) {
        self.0.lock().unwrap().push(what.into());
    }
    pub(super) fn all(&self) -> Vec<String> {
        self.0.lock().unwrap().clone()
    }
}

/// A running canned server; its directory ends with it.
pub(super) struct Canned {
    pub(super) folder: tempfile::TempDir,
    pub(super) config: PathBuf,
    pub(super) seen: Seen,
}

/// Starts one on `DATA_DIR/control.sock` of a configuration of its own.
pub(super) fn start() -> Canned {
    let folder = tempfile::tempdir().unwrap();
    let config = folder.path().join("nexthop.toml");
    std::fs::write(&config, "data_dir = \"data\"\n").unwrap();
    std::fs::create_dir(folder.path().join("data")).unwrap();
    let listener = tokio::net::UnixListener::bind(folder.path().join("data/control.sock")).unwrap();
    let seen = Seen::default();
    tokio::spawn(axum::serve(listener, router(seen.clone())).into_future());
    Canned { folder, config, seen }
}

/// Starts one on a loopback port; answers its URL.
pub(super) async fn start_tcp() -> (String, Seen) {
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    let seen = Seen::default();
    tokio::spawn(axum::serve(listener, router(seen.clone())).into_future());
    (url, seen)
}

fn refused(code: ErrorCode, sentence: &str) -> Response {
    let status = StatusCode::from_u16(code.http_status()).unwrap();
    (status, Json(ApiError::new(code, sentence))).into_response()
}

fn router(seen: Seen) -> Router {
    let (s1, s2, s3, s4, s5, s6) = (seen.clone(), seen.clone(), seen.clone(), seen.clone(), seen.clone(), seen);
    Router::new()
        .route("/api/v1/status", get(move |headers: HeaderMap| status_or_refusal(s1, headers)))
        .route("/api/v1/hosts", get(move |RawQuery(query): RawQuery| hosts(s2, query)))
        .route("/api/v1/hosts/{host}", get(|Path(host): Path<String>| host_of(host)))
        .route("/api/v1/messages", get(move |RawQuery(query): RawQuery| messages(s6, query)))
        .route("/api/v1/messages/{mid}", get(|Path(mid): Path<u64>| message_of(mid)))
        .route("/api/v1/actions", post(move |body: Bytes| act(s3, body)))
        .route("/api/v1/probes", post(move |body: Bytes| probe(s4, body)))
        .route("/api/v1/probes/{id}", get(probe_of))
        .route("/api/v1/ws", get(move |headers: HeaderMap, ws: WebSocketUpgrade| upgrade(s5, headers, ws)))
}

async fn status_or_refusal(seen: Seen, headers: HeaderMap) -> Response {
    let header = |name: &str| headers.get(name).and_then(|value| value.to_str().ok()).unwrap_or("-").to_owned();
    seen.note(format!("{} {} {}", header("host"), header("authorization"), header("accept-language")));
    if header("authorization") == "Bearer wrong" {
        return refused(ErrorCode::SignIn, "this token is not known");
    }
    Json(status()).into_response()
}

async fn hosts(seen: Seen, query: Option<String>) -> Json<List<HostRow>> {
    seen.note(query.unwrap_or_default());
    Json(List { items: vec![down("down.test"), row("mail.com")], total: 2, next: None })
}

async fn messages(seen: Seen, query: Option<String>) -> Json<List<MessageDetail>> {
    let query = query.unwrap_or_default();
    let none = query.contains("nobody");
    seen.note(query);
    let items = if none { Vec::new() } else { vec![message()] };
    Json(List { items, total: 9, next: (!none).then(|| "1527".into()) })
}

async fn message_of(mid: u64) -> Response {
    if mid == 1_527 { Json(message()).into_response() } else { refused(ErrorCode::NotFound, "no such message") }
}

async fn host_of(host: String) -> Response {
    match host.as_str() {
        "mail.com" => Json(detail(row("mail.com"))).into_response(),
        "busy.test" => refused(ErrorCode::Busy, "too many questions\u{1b}[31m; ask again in a minute"),
        "html.test" => (StatusCode::OK, "<html>").into_response(),
        "broken.test" => (StatusCode::INTERNAL_SERVER_ERROR, "oops").into_response(),
        "huge.test" => vec![b' '; crate::cli::client::ANSWER_BYTES_MAX + 1].into_response(),
        _ => refused(ErrorCode::NotFound, "there is no record of this host"),
    }
}

async fn act(seen: Seen, body: Bytes) -> Response {
    seen.note(String::from_utf8_lossy(&body));
    let request: ActionRequest = serde_json::from_slice(&body).unwrap();
    match request.scope {
        Scope::Host(host) if host.as_str() == "nosuch.test" => refused(ErrorCode::NotFound, "no such host"),
        Scope::Host(host) if host.as_str() == "failing.test" => {
            Json(Action { state: ActionState::Failed, ..action(1, 1) }).into_response()
        }
        _ => Json(action(34, 1)).into_response(),
    }
}

async fn probe(seen: Seen, body: Bytes) -> Response {
    seen.note(String::from_utf8_lossy(&body));
    (StatusCode::ACCEPTED, Json(serde_json::json!({ "id": 41 }))).into_response()
}

async fn probe_of(Path(id): Path<u64>, RawQuery(query): RawQuery) -> Json<Probe> {
    assert_eq!((id, query.as_deref()), (41, Some("wait=30")));
    let dig = Some(dig_answer());
    let (kind, state, target, events) = (ProbeKind::Dig, ProbeState::Done, String::new(), Vec::new());
    Json(Probe { id, kind, state, target, rtype: None, port: None, begun_at: None, dig, diagnosis: None, events })
}

async fn upgrade(seen: Seen, headers: HeaderMap, ws: WebSocketUpgrade) -> Response {
    let origin = headers.get("origin").and_then(|value| value.to_str().ok()).unwrap_or("-").to_owned();
    seen.note(format!("origin {origin}"));
    if headers.get("authorization").is_some_and(|value| value == "Bearer wrong") {
        return refused(ErrorCode::NotAllowed, "this token may not open sessions");
    }
    ws.protocols([SUBPROTOCOL]).on_upgrade(move |socket| session(seen, socket))
}

/// Plays a mail server: greets, answers each line, says goodbye to QUIT.
async fn session(seen: Seen, mut socket: WebSocket) {
    let mut seq = 0;
    let mut ms = 0;
    while let Some(Ok(message)) = socket.recv().await {
        let Message::Text(text) = message else { continue };
        let frame = ClientFrame::decode(&text).unwrap();
        let mut line = |text: &str| {
            ms += 1;
            ProbeEvent::Line { ms, text: text.into() }
        };
        let items = match frame {
            ClientFrame::Subscribe { sid: 1, topic: Topic::Smtp { request } } => {
                seen.note(format!("telnet {} {:?}", request.host, request.port));
                greeting(&request.host, &mut line)
            }
            ClientFrame::Input { sid: 1, data, eol } => {
                seen.note(format!("{data} {eol:?}"));
                match data.as_str() {
                    "QUIT" => vec![line("221 bye"), over(true, "they closed")],
                    "DATA" => vec![line("354 go on")],
                    "EHLO x" => vec![line("250-mx.test"), line("250 \u{1b}[31mHELP")],
                    text if text.starts_with("body") => Vec::new(),
                    _ => vec![line("250 ok")],
                }
            }
            _ => continue,
        };
        seq += 1;
        let events = ServerFrame::Events { sid: 1, seq, body: ProbeEvents { items } };
        if socket.send(Message::Text(events.encode().into())).await.is_err() {
            return;
        }
    }
}

fn greeting(host: &str, line: &mut impl FnMut(&str) -> ProbeEvent) -> Vec<ProbeEvent> {
    let address = "192.0.2.25:25".to_owned();
    let trying = ProbeEvent::Trying { ms: 0, address: address.clone() };
    if host == "refused.test" {
        return vec![trying, over(false, "Connection refused")];
    }
    vec![trying, ProbeEvent::Connected { ms: 1, address, host: host.into() }, line("220 mx.test ESMTP")]
}

fn over(connected: bool, reason: &str) -> ProbeEvent {
    ProbeEvent::Ended { ms: 9, connected, reason: reason.into(), why: SessionEnd::Other }
}
