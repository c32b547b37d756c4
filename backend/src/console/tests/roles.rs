//! Who may do what: every route and every frame, for everybody.

use super::house::House;
use super::people::refused;
use crate::console::auth::Permission;
use crate::console::http;
use common::wire::{
    ActionKind, ActionRequest, ClientFrame, ErrorCode, Hello, HostsQuery, LineEnd, RetryMode, Role, Scope, ServerFrame,
    TelnetRequest, Topic,
};
use serde_json::json;
use std::sync::atomic::Ordering;

/// What each route needs, written down a second time: a change of the table is a change of this.
const TABLE: [(&str, &str, Option<Role>); 31] = [
    ("GET", "/healthz", None),
    ("GET", "/readyz", None),
    ("GET", "/api/v1/session", None),
    ("POST", "/api/v1/session", None),
    ("DELETE", "/api/v1/session", None),
    ("POST", "/api/v1/setup", None),
    ("GET", "/api/v1/status", Some(Role::Viewer)),
    ("GET", "/api/v1/hosts", Some(Role::Viewer)),
    ("GET", "/api/v1/hosts/{host}", Some(Role::Viewer)),
    ("GET", "/api/v1/messages", Some(Role::Viewer)),
    ("POST", "/api/v1/messages", Some(Role::Operator)),
    ("GET", "/api/v1/messages/{mid}", Some(Role::Viewer)),
    ("POST", "/api/v1/actions", Some(Role::Operator)),
    ("GET", "/api/v1/actions", Some(Role::Viewer)),
    ("GET", "/api/v1/actions/{id}", Some(Role::Viewer)),
    ("POST", "/api/v1/actions/{id}/undo", Some(Role::Operator)),
    ("POST", "/api/v1/probes", Some(Role::Operator)),
    ("GET", "/api/v1/probes/{id}", Some(Role::Viewer)),
    ("POST", "/api/v1/probes/{id}/lines", Some(Role::Operator)),
    ("GET", "/api/v1/users", Some(Role::Admin)),
    ("POST", "/api/v1/users", Some(Role::Admin)),
    ("PUT", "/api/v1/users/{name}", Some(Role::Admin)),
    ("DELETE", "/api/v1/users/{name}", Some(Role::Admin)),
    ("DELETE", "/api/v1/users/{name}/sessions", Some(Role::Admin)),
    ("GET", "/api/v1/tokens", Some(Role::Admin)),
    ("POST", "/api/v1/tokens", Some(Role::Admin)),
    ("DELETE", "/api/v1/tokens/{id}", Some(Role::Admin)),
    ("GET", "/api/v1/audit", Some(Role::Admin)),
    ("GET", "/api/v1/poll", Some(Role::Viewer)),
    ("GET", "/api/v1/ws", Some(Role::Viewer)),
    ("GET", "/api/v1/openapi.json", Some(Role::Viewer)),
];

#[tokio::test]
async fn every_route_lets_in_who_the_table_says_and_nobody_else() {
    let house = House::with_sign_in().await;
    let routes: Vec<_> =
        http::routes().into_iter().map(|(needs, path, _)| (path, needs.map(Permission::least))).collect();
    assert_eq!(routes, TABLE.map(|(_, path, least)| (path, least)));
    let mut tokens = Vec::new();
    for role in Role::ALL {
        tokens.push((role, house.token(role).await.0));
    }
    for (method, path, least) in TABLE {
        let real = path.replace("{host}", "a.test").replace("{mid}", "7").replace("{id}", "9").replace("{name}", "zed");
        // A body that makes sense to nobody: what is asked is who may ask.
        let body = if matches!(method, "POST" | "PUT") { "[]" } else { "" };
        let nobody = house.as_page(method, &real, "", body).await;
        assert_eq!(nobody.status == 401, least.is_some(), "{method} {path}: {nobody:?}");
        if least.is_some() {
            assert_eq!(refused(&nobody, 401).error.code, ErrorCode::SignIn);
        }
        for (role, token) in &tokens {
            let answer = house.as_program(method, &real, token, body).await;
            let may = least.is_none_or(|least| *role >= least);
            assert_eq!(!matches!(answer.status, 401 | 403), may, "{role:?} {method} {path}: {answer:?}");
        }
    }
    assert_eq!(house.retries.load(Ordering::SeqCst), 0);
}

fn retry() -> ActionRequest {
    ActionRequest {
        kind: ActionKind::Retry,
        scope: Scope::All(true),
        mode: RetryMode::All,
        reason: None,
        dry_run: false,
        key: None,
        for_seconds: None,
    }
}

fn look_at(host: &str) -> Topic {
    Topic::Host { host: host.parse().unwrap(), locale: "en".into() }
}

/// Every frame that a client can send, with the least role for it.
fn frames() -> Vec<(ClientFrame, Role)> {
    let telnet = Topic::Smtp { request: TelnetRequest { host: "192.0.2.1".into(), port: None } };
    let other = ActionRequest { kind: ActionKind::Other, ..retry() };
    let suspend = ActionRequest { kind: ActionKind::Suspend, ..retry() };
    let resume = ActionRequest { kind: ActionKind::Resume, ..retry() };
    let preview = ActionRequest { dry_run: true, ..retry() };
    vec![
        (ClientFrame::Hello(Hello { build: "t".into(), locale: "en".into() }), Role::Viewer),
        (ClientFrame::Subscribe { sid: 1, topic: Topic::Hosts { query: HostsQuery::default() } }, Role::Viewer),
        (ClientFrame::Subscribe { sid: 2, topic: Topic::Other }, Role::Viewer),
        (ClientFrame::Subscribe { sid: 4, topic: look_at("a.test") }, Role::Viewer),
        (ClientFrame::Tune { sid: 1, query: HostsQuery::default() }, Role::Viewer),
        (ClientFrame::Ack { sid: 1, seq: 1 }, Role::Viewer),
        (ClientFrame::Unsubscribe { sid: 1 }, Role::Viewer),
        (ClientFrame::Ping { n: 1 }, Role::Viewer),
        (ClientFrame::Subscribe { sid: 3, topic: telnet }, Role::Operator),
        (ClientFrame::Input { sid: 3, data: "QUIT".into(), eol: LineEnd::default() }, Role::Operator),
        (ClientFrame::Command { id: 1, action: retry() }, Role::Operator),
        (ClientFrame::Command { id: 2, action: preview }, Role::Operator),
        (ClientFrame::Command { id: 3, action: other }, Role::Operator),
        (ClientFrame::Command { id: 4, action: suspend }, Role::Operator),
        (ClientFrame::Command { id: 5, action: resume }, Role::Operator),
    ]
}

#[tokio::test]
async fn every_frame_is_heard_from_who_may_send_it_and_from_nobody_else() {
    let house = House::with_sign_in().await;
    for role in Role::ALL {
        let token = house.token(role).await.0;
        let fields = [("authorization", format!("Bearer {token}"))];
        let mut console = house.open_with(&fields).await.map_err(|status| panic!("{status}")).unwrap();
        assert!(matches!(console.hear().await, ServerFrame::Welcome(_)));
        for (frame, least) in frames() {
            let before = house.retries.load(Ordering::SeqCst);
            console.say(frame.clone()).await;
            console.say(ClientFrame::Ping { n: 99 }).await;
            let mut forbidden = false;
            let mut answered = !matches!(frame, ClientFrame::Command { .. });
            let mut ponged = false;
            while !(ponged && answered) {
                match console.hear().await {
                    ServerFrame::Pong { n: 99 } => ponged = true,
                    ServerFrame::Reply { result, .. } => {
                        answered = true;
                        forbidden |= result.is_err_and(|why| why.error.code == ErrorCode::NotAllowed);
                    }
                    ServerFrame::End { error: Some(why), .. } => forbidden |= why.error.code == ErrorCode::NotAllowed,
                    _ => {}
                }
            }
            assert_eq!(forbidden, role < least, "{role:?} {frame:?}");
            if role < least {
                assert_eq!(house.retries.load(Ordering::SeqCst), before, "{role:?} {frame:?}");
            }
        }
    }
    let row = house.audited("token 1 program", "retry").await;
    assert!(row[3].starts_with("refused: This needs the role operator; yours is viewer."), "{row:?}");
}

#[tokio::test]
async fn what_was_done_is_written_down_with_who_and_how_many() {
    let house = House::with_sign_in().await;
    house.user("ann", Role::Admin).await;
    let cookie = house.cookie("ann").await;
    let act = json!({"kind": "retry", "scope": {"all": true}, "reason": "mended\u{7}"}).to_string();
    let done = house.as_page("POST", "/api/v1/actions", &format!("Cookie: {cookie}\r\n"), &act).await.json();
    let row = house.audited("user ann", "retry").await;
    assert_eq!(
        (&*row[2], &*row[3]),
        ("all", &*format!("action {}: 5 of 5 recipients at 1 hosts; reason: mended\u{fffd}", done["id"]))
    );
    let rows = house.audit().await;
    assert!(rows.contains(&["user ann", "sign_in", "ann", "admin"].map(String::from)), "{rows:?}");
    assert!(rows.contains(&["socket", "user_add", "ann", "admin"].map(String::from)), "{rows:?}");
    assert!(!format!("{rows:?}").contains(super::people::PASSWORD));
}
