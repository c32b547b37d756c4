//! Every route: status, shape, refusals.

use super::house::{Answer, House, PATIENCE, ask, down, host};
use crate::console::ConsoleSettings;
use crate::spool::{Reading, Report};
use common::vocab::{Counters, HostStatus, VerdictCode};
use common::wire::{Action, ActionState, ErrorCode, Health, List, RetryMode};
use common::words::Language;
use serde_json::{Value, json};
use std::collections::HashMap;
use std::sync::atomic::Ordering;
use std::time::Duration;
use tokio::io::{AsyncBufReadExt, AsyncWriteExt, BufReader};
use tokio::net::{TcpListener, UnixStream};

fn refused(answer: &Answer, status: u16, code: ErrorCode, field: Option<&str>) -> String {
    let refusal = answer.refusal().error;
    assert_eq!((answer.status, refusal.code, refusal.field.as_deref()), (status, code, field), "{answer:?}");
    assert!(refusal.request_id.is_some_and(|id| id.starts_with("1a20b7e") || id.contains('-')), "{answer:?}");
    refusal.sentence
}

#[tokio::test]
async fn status_carries_the_totals_under_the_promised_names() {
    let house = House::new().await;
    house.change(vec![host("a.test", 3), down("b.test", 2)]).await;
    house.shows(2).await;
    let answer = house.get("/api/v1/status").await;
    assert_eq!(answer.status, 200);
    assert_eq!(answer.field("cache-control"), Some("no-store"));
    assert_eq!(answer.field("x-content-type-options"), Some("nosniff"));
    assert_eq!(answer.field("referrer-policy"), Some("no-referrer"));
    let status = answer.json();
    assert_eq!(status["hostname"], "mail.test");
    assert_eq!(status["health"], "online");
    assert_eq!(status["up_since"], "2026-11-24T04:00:00.000Z");
    assert_eq!(status["messages_received"], 7);
    assert_eq!(status["recovery"], Value::Null);
    let totals = &status["totals"];
    for (name, value) in [("hosts", 2), ("hosts_down", 1), ("hosts_waiting", 2), ("active_recipients", 5)] {
        assert_eq!(totals[name], value, "{name}");
    }
    assert_eq!(totals["wait_causes"], json!({"slot": 5}));
    assert_eq!(totals["5xx_hard_bounces"], 0);
}

#[tokio::test]
async fn hosts_come_in_pages_that_do_not_overlap() {
    let house = House::new().await;
    house.change((0..25).map(|n| host(&format!("h{n:02}.test"), n % 5)).collect()).await;
    house.shows(25).await;
    let mut seen: Vec<String> = Vec::new();
    let mut path = "/api/v1/hosts?limit=10".to_owned();
    loop {
        let page = house.get(&path).await.json();
        assert_eq!(page["total"], 25);
        seen.extend(page["items"].as_array().unwrap().iter().map(|row| row["host"].as_str().unwrap().to_owned()));
        match page["next"].as_str() {
            Some(next) => path = format!("/api/v1/hosts?limit=10&cursor={next}"),
            None => break,
        }
    }
    let mut expected: Vec<(u64, String)> = (0..25).map(|n| (5 - n % 5, format!("h{n:02}.test"))).collect();
    expected.sort();
    assert_eq!(seen, expected.into_iter().map(|(_, name)| name).collect::<Vec<_>>());
}

#[tokio::test]
async fn hosts_are_sorted_and_filtered_as_asked() {
    let house = House::new().await;
    house.change(vec![host("c.test", 1), down("a.test", 2), host("b.example", 9)]).await;
    house.shows(3).await;
    let names = async |query: &str| {
        let page = house.get(&format!("/api/v1/hosts?{query}")).await.json();
        let rows = page["items"].as_array().unwrap().iter();
        rows.map(|row| row["host"].as_str().unwrap().to_owned()).collect::<Vec<_>>()
    };
    assert_eq!(names("").await, ["b.example", "a.test", "c.test"]);
    assert_eq!(names("sort=active_recipients").await, ["c.test", "a.test", "b.example"]);
    assert_eq!(names("sort=host").await, ["a.test", "b.example", "c.test"]);
    assert_eq!(names("sort=-host").await, ["c.test", "b.example", "a.test"]);
    assert_eq!(names("sort=status&q=test").await, ["a.test", "c.test"]);
    assert_eq!(names("q=status:down").await, ["a.test"]);
    assert_eq!(names("q=EXAMPLE%20status%3Aunknown").await, ["b.example"]);
    let row = &house.get("/api/v1/hosts?q=a.test").await.json()["items"][0];
    assert_eq!((&row["status"], &row["badge"]), (&json!("down"), &json!("down")));
    assert_eq!(row["since"], "2026-11-24T04:00:00.000Z");
    assert_eq!((&row["verdict"]["code"], &row["verdict"]["owner"]), (&json!("tcp.refused"), &json!("theirs")));
}

#[tokio::test]
async fn a_query_that_makes_no_sense_is_refused_by_its_field() {
    let house = House::new().await;
    for (query, field) in [
        ("limit=0", "limit"),
        ("limit=501", "limit"),
        ("limit=x", "limit"),
        ("limit=-1", "limit"),
        ("cursor=x", "cursor"),
        ("cursor=1.a..b", "cursor"),
        ("sort=size", "sort"),
        ("sort=", "sort"),
        ("sort=--host", "sort"),
        ("q=status:asleep", "q"),
        ("window=2h", "window"),
        ("since=1h", "since"),
        ("limit=1&limit=2", "limit"),
    ] {
        let answer = house.get(&format!("/api/v1/hosts?{query}")).await;
        refused(&answer, 422, ErrorCode::BadField, Some(field));
    }
    let long = format!("/api/v1/hosts?q={}", "a".repeat(1_025));
    refused(&house.get(&long).await, 422, ErrorCode::BadField, Some("q"));
}

#[tokio::test]
async fn a_host_is_shown_whole_and_an_unknown_one_in_the_ancestors_words() {
    let house = House::new().await;
    house.change(vec![down("a.test", 2)]).await;
    let detail = house.get("/api/v1/hosts/A.Test.").await.json();
    assert_eq!(detail["row"]["host"], "a.test");
    assert_eq!(detail["last_4xx"]["reply"], "451 4.7.1 later");
    assert_eq!(detail["last_5xx"], Value::Null);
    assert_eq!(detail["exchangers"], json!([]));
    let missing = house.get("/api/v1/hosts/nowhere.test").await;
    assert_eq!(refused(&missing, 404, ErrorCode::NotFound, None), "No record of host: nowhere.test");
    for path in ["..%2f..%2fetc%2fpasswd", "a'%20OR%201=1", "%00", "%ff", &"a".repeat(5_000)] {
        let answer = house.get(&format!("/api/v1/hosts/{path}")).await;
        let sentence = refused(&answer, 404, ErrorCode::NotFound, None);
        assert!(sentence.len() < 400 && !sentence.contains('\0'), "{sentence}");
    }
}

#[tokio::test]
async fn sentences_come_in_the_language_that_is_asked_for() {
    let house = House::new().await;
    house.change(vec![down("a.test", 2)]).await;
    house.shows(1).await;
    for (language, field) in [(Language::En, "de"), (Language::En, "en-GB, ja"), (Language::Ja, "ja-JP, en;q=0.5")] {
        let said = language.verdict_sentence(VerdictCode::TcpRefused);
        let get = async |path: &str| {
            let head = format!("GET {path} HTTP/1.1\r\nHost: {}\r\nAccept-Language: {field}\r\n", house.address);
            house.ask(&head, "").await.json()
        };
        assert_eq!(get("/api/v1/hosts").await["items"][0]["verdict"]["sentence"], said, "{field}");
        assert_eq!(get("/api/v1/hosts/a.test").await["row"]["verdict"]["sentence"], said, "{field}");
        let because = &get("/api/v1/messages/7").await["recipients"][0]["because"]["sentence"];
        assert_eq!(because.as_str().is_some_and(str::is_ascii), language == Language::En, "{because}");
    }
}

#[tokio::test]
async fn a_message_is_shown_with_what_waits_of_it() {
    let house = House::new().await;
    let message = house.get("/api/v1/messages/7").await.json();
    assert_eq!((&message["mid"], &message["from"], &message["size_bytes"]), (&json!(7), &json!(""), &json!(1234)));
    let waiting = &message["recipients"][0];
    assert_eq!((&waiting["rid"], &waiting["address"]), (&json!(1), &json!("secretary@a.test")));
    assert_eq!((&waiting["state"], &waiting["cause"]), (&json!("queued"), &json!("retry")));
    assert_eq!(waiting["reply"], "451 4.7.1 later");
    assert_eq!(waiting["expires_at"], "2026-11-24T04:00:00.000Z");
    // Its record is damaged: what its header says is not known.
    assert_eq!((&message["message_id"], &message["subject"]), (&Value::Null, &Value::Null));
    for path in ["8", "-7", "+7", "7x", "99999999999999999999"] {
        refused(&house.get(&format!("/api/v1/messages/{path}")).await, 404, ErrorCode::NotFound, None);
    }
}

#[tokio::test]
async fn messages_come_in_pages_and_each_knows_how_many_there_are() {
    let house = House::new().await;
    let mids = |page: &Value| -> Vec<u64> {
        page["items"].as_array().unwrap().iter().map(|message| message["mid"].as_u64().unwrap()).collect()
    };
    let all = house.get("/api/v1/messages").await.json();
    assert_eq!((mids(&all), &all["total"], &all["next"]), (vec![7, 8, 9], &json!(3), &Value::Null));
    assert_eq!(all["items"][0]["recipients"][0]["cause"], "retry");
    let first = house.get("/api/v1/messages?limit=2&sort=mid&q=to:y").await.json();
    assert_eq!((mids(&first), &first["total"], &first["next"]), (vec![7, 8], &json!(3), &json!("8")));
    let second = house.get("/api/v1/messages?limit=2&cursor=8&q=to:y").await.json();
    assert_eq!((mids(&second), &second["total"], &second["next"]), (vec![9], &json!(3), &Value::Null));
}

#[tokio::test]
async fn a_search_that_cannot_be_read_is_refused_by_field_and_place() {
    let house = House::new().await;
    for (query, field) in [("limit=501", "limit"), ("cursor=x", "cursor"), ("sort=-mid", "sort"), ("host=a", "host")] {
        let answer = house.get(&format!("/api/v1/messages?{query}")).await;
        refused(&answer, 422, ErrorCode::BadField, Some(field));
    }
    let answer = house.get("/api/v1/messages?q=a%20cause:moon").await;
    let sentence = refused(&answer, 422, ErrorCode::BadField, Some("q"));
    assert!(sentence.starts_with("At character 3 of the filter: \"moon\" is no cause."), "{sentence}");
}

#[tokio::test]
async fn a_message_is_known_by_its_subject_and_message_id() {
    let house = House::new().await;
    // The played driver has number 7 alone.
    for _ in 0..7 {
        let body =
            json!({"from": "", "to": ["a@b.test"], "raw": "Subject: =?utf-8?q?=E6=97=A5?=\nMessage-ID: <m@x>\n\n"});
        assert_eq!(house.post("/api/v1/messages", &body.to_string()).await.status, 202);
    }
    let message = house.get("/api/v1/messages/7").await.json();
    assert_eq!((&message["message_id"], &message["subject"]), (&json!("m@x"), &json!("日")));
}

#[tokio::test]
async fn a_retry_is_planned_done_and_kept() {
    let house = House::new().await;
    let planned = house.post("/api/v1/actions", r#"{"kind":"retry","scope":{"all":true},"dry_run":true}"#).await.json();
    assert_eq!((&planned["id"], &planned["state"], &planned["matched"]), (&Value::Null, &json!("planned"), &json!(5)));
    assert_eq!((&planned["done"], &planned["sample"]), (&json!(0), &json!(["a.test"])));
    assert!(planned["obstacles"][0].as_str().unwrap().starts_with("2 recipients are due already"));
    assert_eq!(house.retries.load(Ordering::SeqCst), 0);

    let done = house.post("/api/v1/actions", r#"{"kind":"retry","scope":{"all":true},"reason":"mended"}"#).await.json();
    assert_eq!((&done["state"], &done["done"]), (&json!("done"), &json!(5)));
    assert_eq!(house.retries.load(Ordering::SeqCst), 1);
    let kept = house.get(&format!("/api/v1/actions/{}", done["id"])).await.json();
    assert_eq!(kept, done);
    refused(&house.get("/api/v1/actions/1").await, 404, ErrorCode::NotFound, None);
}

#[tokio::test]
async fn a_key_does_it_once_from_wherever_it_comes() {
    let house = House::new().await;
    let body = r#"{"kind":"retry","scope":{"all":true},"key":"k1"}"#;
    let (a, b, c) = tokio::join!(
        house.post("/api/v1/actions", body),
        house.post("/api/v1/actions", body),
        house.post("/api/v1/actions", body)
    );
    assert_eq!(a.json(), b.json());
    assert_eq!(b.json(), c.json());
    assert_eq!(house.retries.load(Ordering::SeqCst), 1);
    let other = house.post("/api/v1/actions", r#"{"kind":"retry","scope":{"host":"a.test"},"key":"k1"}"#).await;
    refused(&other, 422, ErrorCode::BadField, Some("key"));
}

#[tokio::test]
async fn what_cannot_be_done_is_refused_and_never_done_differently() {
    let house = House::new().await;
    for (body, field) in [
        (r#"{"kind":"bounce","scope":{"all":true}}"#, "kind"),
        (r#"{"kind":"retry","scope":{"all":false}}"#, "scope"),
        (r#"{"kind":"suspend","scope":{"mid":7}}"#, "scope"),
        (r#"{"kind":"resume","scope":{"filter":"cause:retry"}}"#, "scope"),
        (r#"{"kind":"retry","scope":{"hosts":[]}}"#, "scope"),
        (r#"{"kind":"retry","scope":{"filter":"status:asleep"}}"#, "scope"),
        (r#"{"kind":"retry","scope":{"all":true},"mode":"ramp"}"#, "mode"),
        (r#"{"kind":"suspend","scope":{"all":true},"mode":"canary"}"#, "mode"),
        (r#"{"kind":"retry","scope":{"all":true},"key":""}"#, "key"),
    ] {
        refused(&house.post("/api/v1/actions", body).await, 422, ErrorCode::BadField, Some(field));
    }
    let long = format!(r#"{{"kind":"retry","scope":{{"all":true}},"reason":"{}"}}"#, "x".repeat(501));
    refused(&house.post("/api/v1/actions", &long).await, 422, ErrorCode::BadField, Some("reason"));
    let unknown = house.post("/api/v1/actions", r#"{"kind":"retry","scope":{"host":"nowhere.test"}}"#).await;
    assert_eq!(refused(&unknown, 404, ErrorCode::NotFound, None), "No record of host: nowhere.test");
    assert_eq!(house.retries.load(Ordering::SeqCst), 0);
}

#[tokio::test]
async fn a_retry_of_a_message_is_listed_with_who_asked_and_what_came_of_it() {
    let house = House::new().await;
    let body = r#"{"kind":"retry","scope":{"recipient":{"mid":7,"rid":0}},"mode":"canary","reason":"asked by phone"}"#;
    let read = |answer: Answer| serde_json::from_value::<Action>(answer.json()).unwrap();
    let done = read(house.post("/api/v1/actions", body).await);
    assert_eq!((done.matched, done.messages, done.state), (5, Some(1), ActionState::Done));
    assert_eq!(done.progress.map(|progress| (progress.total, progress.delivered)), Some((5, 5)));
    let list: List<Action> = serde_json::from_value(house.get("/api/v1/actions").await.json()).unwrap();
    assert_eq!((list.total, &list.items), (1, &vec![done.clone()]));
    let asked = done.asked.expect("who asked");
    assert_eq!((asked.mode, asked.reason.as_deref()), (RetryMode::Canary, Some("asked by phone")));
    let id = done.id.expect("a number");
    let late = house.post(&format!("/api/v1/actions/{id}/undo"), "{}").await;
    refused(&late, 409, ErrorCode::Conflict, None); // all of it was tried
    refused(&house.post("/api/v1/actions/1/undo", "{}").await, 404, ErrorCode::NotFound, None);
}

#[tokio::test]
async fn a_body_that_does_not_belong_here_is_refused_in_json() {
    let house = House::new().await;
    for body in ["", "{", "[]", "{\"kind\":\"retry\"}", "{\"kind\":1e400}", "\u{0}", &"[".repeat(1_000)] {
        let body = if body.is_empty() { " " } else { body };
        refused(&house.post("/api/v1/actions", body).await, 400, ErrorCode::BadRequest, None);
    }
    let large = format!(r#"{{"kind":"retry","reason":"{}"}}"#, "x".repeat(70_000));
    refused(&house.post("/api/v1/actions", &large).await, 413, ErrorCode::TooLarge, None);
    let own = format!("POST /api/v1/actions HTTP/1.1\r\nHost: {0}\r\nOrigin: http://{0}\r\n", house.address);
    let form = house.ask(&format!("{own}Content-Type: text/plain\r\n"), "{}").await;
    refused(&form, 415, ErrorCode::BadRequest, None);
    let packed = format!("{own}Content-Type: application/json\r\nContent-Encoding: gzip\r\n");
    refused(&house.ask(&packed, "{}").await, 415, ErrorCode::BadRequest, None);
}

#[tokio::test]
async fn below_api_everything_is_json() {
    let house = House::new().await;
    for path in ["/api", "/api/", "/api/v1/nothing", "/api/v2/status", "/api/v1/hosts/a/b", "/metrics"] {
        refused(&house.get(path).await, 404, ErrorCode::NotFound, None);
    }
    let own = format!("Host: {0}\r\nOrigin: http://{0}\r\n", house.address);
    let answer = house.ask(&format!("DELETE /api/v1/status HTTP/1.1\r\n{own}"), "").await;
    refused(&answer, 405, ErrorCode::BadRequest, None);
    assert!(answer.field("allow").is_some_and(|allow| allow.contains("GET")), "{answer:?}");
    refused(&house.ask(&format!("POST / HTTP/1.1\r\n{own}"), "").await, 405, ErrorCode::BadRequest, None);
    refused(&house.get("/api/v1/ws").await, 403, ErrorCode::NotAllowed, None);
    let plain = house.ask(&format!("GET /api/v1/ws HTTP/1.1\r\n{own}"), "").await;
    refused(&plain, 400, ErrorCode::BadRequest, None);
}

#[tokio::test]
async fn a_foreign_name_reaches_nothing() {
    let house =
        House::with(ConsoleSettings { public: vec!["queue.test".into()], ..Default::default() }, HashMap::new()).await;
    let port = house.address.port();
    for path in ["/", "/healthz", "/api/v1/status", "/api/v1/nothing", "/main.css"] {
        for name in ["evil.test", "localhost", "localhost.evil.test:1", ""] {
            let answer = house.ask(&format!("GET {path} HTTP/1.1\r\nHost: {name}\r\n"), "").await;
            refused(&answer, 403, ErrorCode::NotAllowed, None);
        }
        let none = house.ask(&format!("GET {path} HTTP/1.0\r\n"), "").await;
        refused(&none, 403, ErrorCode::NotAllowed, None);
    }
    for name in
        [format!("localhost:{port}"), format!("[::1]:{port}"), "queue.test".into(), format!("queue.test:{port}")]
    {
        let answer = house.ask(&format!("GET /api/v1/status HTTP/1.1\r\nHost: {name}\r\n"), "").await;
        assert_eq!(answer.status, 200, "{name}");
    }
    let target = format!("GET http://evil.test/api/v1/status HTTP/1.1\r\nHost: localhost:{port}\r\n");
    refused(&house.ask(&target, "").await, 403, ErrorCode::NotAllowed, None);
    let twice = format!("GET /api/v1/status HTTP/1.1\r\nHost: localhost:{port}\r\nHost: evil.test\r\n");
    let answer = house.ask(&twice, "").await;
    assert!(matches!(answer.status, 400 | 403), "{answer:?}");
}

#[tokio::test]
async fn a_foreign_page_changes_nothing() {
    let house = House::new().await;
    let body = r#"{"kind":"retry","scope":{"all":true}}"#;
    let own = house.address;
    let post = |more: &str| {
        format!("POST /api/v1/actions HTTP/1.1\r\nHost: {own}\r\nContent-Type: application/json\r\n{more}")
    };
    for origin in
        ["http://evil.test", "null", "https://127.0.0.1", &format!("https://{own}"), &format!("http://{own}.evil.test")]
    {
        let answer = house.ask(&post(&format!("Origin: {origin}\r\n")), body).await;
        refused(&answer, 403, ErrorCode::NotAllowed, None);
    }
    let hidden = house.ask(&post("Sec-Fetch-Site: cross-site\r\n"), body).await;
    refused(&hidden, 403, ErrorCode::NotAllowed, None);
    assert_eq!(house.retries.load(Ordering::SeqCst), 0);
    let program = house.ask(&post(""), body).await;
    assert_eq!(program.status, 200);
}

#[tokio::test]
async fn the_control_socket_asks_for_no_name_and_no_origin() {
    let house = House::new().await;
    let connect = async || UnixStream::connect(&house.control).await.unwrap();
    let status = ask(connect().await, "GET /api/v1/status HTTP/1.1\r\nHost: nexthop\r\n", "").await;
    assert_eq!(status.status, 200);
    let body = r#"{"kind":"retry","scope":{"all":true}}"#;
    let done = ask(connect().await, "POST /api/v1/actions HTTP/1.1\r\nHost: nexthop\r\n", body).await;
    assert_eq!(done.json()["state"], "done");
    let mut console =
        super::house::open(connect().await, "ws://nexthop/api/v1/ws", None).await.map_err(|_| ()).unwrap();
    assert!(matches!(console.hear().await, common::wire::ServerFrame::Welcome(_)));
}

#[tokio::test]
async fn a_start_that_still_reads_is_ready_and_says_how_far_it_has_come() {
    let house = House::new().await;
    house.change(vec![host("a.test", 3)]).await;
    house.shows(1).await;
    house.reading.send_replace(Reading::Under { read: 312_000, of: 1_000_000 });
    let status = house.get("/api/v1/status").await.json();
    assert_eq!(status["recovering"], json!({"messages": 312_000, "of": 1_000_000}));
    assert_eq!(status["recovery"], "the queue is being read: 312,000 of 1,000,000 messages so far");
    assert_eq!(house.get("/readyz").await.status, 200);
    house.reading.send_replace(Reading::Done(Report { messages: 2, recipients: 3, ..Report::default() }));
    let status = house.get("/api/v1/status").await.json();
    assert_eq!((&status["recovering"], &status["recovery"]), (&Value::Null, &json!("3 recipients of 2 messages")));
}

#[tokio::test]
async fn health_is_told_as_it_is() {
    let house = House::new().await;
    assert_eq!(house.get("/healthz").await.text(), "ok\n");
    assert_eq!(house.get("/readyz").await.status, 200);
    house.health.send_replace(Health::ReceivingStopped);
    refused(&house.get("/readyz").await, 503, ErrorCode::Unavailable, None);
    assert_eq!(house.get("/healthz").await.status, 200);
    assert_eq!(house.get("/api/v1/status").await.json()["health"], "receiving_stopped");
}

#[tokio::test]
async fn a_dig_is_started_and_waited_for() {
    let house = House::new().await;
    let started = house.post("/api/v1/probes", r#"{"kind":"dig","target":"slow.test","rtype":"A"}"#).await;
    assert_eq!(started.status, 202);
    let path = format!("/api/v1/probes/{}", started.json()["id"]);
    let now = house.get(&path).await.json();
    assert_eq!((&now["state"], &now["dig"]), (&json!("running"), &Value::Null));
    let probe = house.get(&format!("{path}?wait=30")).await.json();
    assert_eq!((&probe["kind"], &probe["state"]), (&json!("dig"), &json!("done")));
    assert_eq!((&probe["dig"]["name"], &probe["dig"]["status"]), (&json!("slow.test."), &json!("NOERROR")));

    let silent = house.post("/api/v1/probes", r#"{"kind":"dig","target":"silent.test"}"#).await.json();
    let silent = house.get(&format!("/api/v1/probes/{}?wait=5", silent["id"])).await.json();
    assert_eq!((&silent["state"], &silent["dig"]), (&json!("done"), &Value::Null));
    assert_eq!(silent["events"][0]["reason"], "No name server answered.");

    let bad = house.post("/api/v1/probes", r#"{"kind":"dig","target":"bad"}"#).await;
    refused(&bad, 422, ErrorCode::BadField, Some("target"));
    let other = house.post("/api/v1/probes", r#"{"kind":"seance","target":"a.test"}"#).await;
    refused(&other, 422, ErrorCode::BadField, Some("kind"));
    for wait in ["31", "-1", "x"] {
        refused(&house.get(&format!("{path}?wait={wait}")).await, 422, ErrorCode::BadField, Some("wait"));
    }
    refused(&house.get("/api/v1/probes/1").await, 404, ErrorCode::NotFound, None);
}

#[tokio::test]
async fn more_than_sixty_digs_a_minute_are_too_many() {
    let house = House::new().await;
    for n in 0..60 {
        let answer = house.post("/api/v1/probes", r#"{"kind":"dig","target":"a.test"}"#).await;
        assert_eq!(answer.status, 202, "dig {n}");
    }
    let answer = house.post("/api/v1/probes", r#"{"kind":"dig","target":"a.test"}"#).await;
    refused(&answer, 429, ErrorCode::Busy, None);
}

#[tokio::test]
async fn an_smtp_probe_reads_the_greeting_and_says_quit() {
    let house = House::new().await;
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let port = listener.local_addr().unwrap().port();
    let peer = tokio::spawn(async move {
        let (stream, _) = listener.accept().await.unwrap();
        let mut stream = BufReader::new(stream);
        stream.write_all(b"220-mx.test\r\n220 ready\r\n").await.unwrap();
        let mut line = String::new();
        stream.read_line(&mut line).await.unwrap();
        stream.write_all(b"221 bye\r\n").await.unwrap();
        line
    });
    let body = format!(r#"{{"kind":"smtp","target":"mx.test","port":{port}}}"#);
    let started = house.post("/api/v1/probes", &body).await.json();
    let probe = house.get(&format!("/api/v1/probes/{}?wait=30", started["id"])).await.json();
    assert_eq!(peer.await.unwrap(), "QUIT\r\n");
    assert_eq!(probe["state"], "done");
    let events = probe["events"].as_array().unwrap();
    assert_eq!((&events[0]["what"], &events[0]["id"]), (&json!("opened"), &started["id"]));
    let told: Vec<String> = events.iter().skip(1).map(told).collect();
    let address = format!("127.0.0.1:{port}");
    assert_eq!(
        told,
        [
            format!("trying {address}"),
            format!("connected {address}"),
            "line 220-mx.test".into(),
            "line 220 ready".into(),
            "sent QUIT".into(),
            "line 221 bye".into(),
            "ended They closed the connection.".into(),
        ]
    );
    let bad = house.post("/api/v1/probes", r#"{"kind":"smtp","target":"a b"}"#).await;
    refused(&bad, 422, ErrorCode::BadField, Some("target"));
}

fn told(event: &Value) -> String {
    let said = ["text", "address", "reason"].iter().find_map(|name| event[*name].as_str()).unwrap();
    format!("{} {said}", event["what"].as_str().unwrap())
}

fn page_files() -> HashMap<&'static str, &'static str> {
    HashMap::from([
        ("index.html", "<html><script type=\"module\">alert(1)</script></html>"),
        ("frontend-0123456789abcdef_bg.wasm", "wasm"),
        ("frontend-0123456789abcdef_bg.wasm.br", "wasm in br"),
        ("frontend-0123456789abcdef_bg.wasm.gz", "wasm in gz"),
        ("icon.svg", "<svg/>"),
    ])
}

#[tokio::test]
async fn the_page_comes_in_the_best_form_the_browser_takes() {
    let house = House::with(ConsoleSettings::default(), page_files()).await;
    let wasm = async |encodings: &str| {
        let head = format!("GET /frontend-0123456789abcdef_bg.wasm HTTP/1.1\r\nHost: {}\r\n", house.address);
        house.ask(&format!("{head}Accept-Encoding: {encodings}\r\n"), "").await
    };
    let br = wasm("gzip, deflate, br, zstd").await;
    assert_eq!((br.field("content-encoding"), br.text().as_str()), (Some("br"), "wasm in br"));
    assert_eq!(br.field("content-type"), Some("application/wasm"));
    assert_eq!(br.field("cache-control"), Some("public, max-age=31536000, immutable"));
    assert_eq!(br.field("vary"), Some("accept-encoding"));
    let gz = wasm("gzip, br;q=0").await;
    assert_eq!((gz.field("content-encoding"), gz.text().as_str()), (Some("gzip"), "wasm in gz"));
    let plain = wasm("identity").await;
    assert_eq!((plain.field("content-encoding"), plain.text().as_str()), (None, "wasm"));
    let head = format!("GET /icon.svg HTTP/1.1\r\nHost: {}\r\n", house.address);
    let icon = house.ask(&head, "").await;
    assert_eq!((icon.status, icon.field("cache-control")), (200, Some("no-cache")));
    let again = format!("{head}If-None-Match: {}\r\n", icon.field("etag").unwrap());
    let again = house.ask(&again, "").await;
    assert_eq!((again.status, again.body.len()), (304, 0));
}

#[tokio::test]
async fn the_page_finds_its_own_way_and_keeps_its_policy() {
    let house = House::with(ConsoleSettings::default(), page_files()).await;
    for path in ["/", "/hosts", "/hosts/example", "/tools/smtp?x=1"] {
        let page = house.get(path).await;
        assert_eq!((page.status, page.field("content-type")), (200, Some("text/html; charset=utf-8")), "{path}");
        assert_eq!(page.field("cache-control"), Some("no-cache"));
        let policy = page.field("content-security-policy").unwrap();
        for part in [
            "default-src 'none'",
            "script-src 'self' 'wasm-unsafe-eval' 'sha256-bhHHL3z2vDgxUt0W3dWQOrprscmda2Y5pLsLg4GF+pI='",
            "frame-ancestors 'none'",
            "base-uri 'none'",
        ] {
            assert!(policy.contains(part), "{policy}");
        }
    }
    for path in
        ["/missing.css", "/hosts/../index.html.x", "/../Cargo.toml", "/..%2f..%2fCargo.toml", "/hosts/example.com/.."]
    {
        assert_eq!(house.get(path).await.status, 404, "{path}");
    }
}

#[tokio::test]
async fn a_host_with_a_dot_in_its_name_has_a_page_too() {
    let house = House::with(ConsoleSettings::default(), page_files()).await;
    let page = house.get("/hosts/example.com").await;
    assert_eq!((page.status, page.field("content-type")), (200, Some("text/html; charset=utf-8")));
}

#[tokio::test]
async fn without_a_build_the_page_says_how_to_make_one() {
    let house = House::new().await;
    let answer = house.get("/").await;
    assert_eq!(answer.status, 503);
    assert!(answer.text().contains("cargo xtask build"), "{answer:?}");
}

#[tokio::test]
async fn a_row_carries_all_its_counters() {
    let house = House::new().await;
    let mut view = host("a.test", 0);
    view.status = HostStatus::Up;
    view.counters = Counters {
        delivered_recipients: 4,
        completed_recipients: 5,
        five_xx_hard_bounces: 1,
        hard_bounced_recipients: 1,
        ..Counters::default()
    };
    house.change(vec![view]).await;
    house.shows(1).await;
    let row = house.get("/api/v1/hosts").await.json()["items"][0].clone();
    for (name, value) in [
        ("delivered_recipients", 4),
        ("completed_recipients", 5),
        ("5xx_hard_bounces", 1),
        ("hard_bounced_recipients", 1),
    ] {
        assert_eq!(row[name], value, "{name}");
    }
    assert_eq!((&row["badge"], &row["verdict"], &row["oldest_message_at"]), (&json!("up"), &Value::Null, &Value::Null));
}

#[tokio::test]
async fn a_stop_ends_the_server_though_somebody_waits() {
    let house = House::new().await;
    let started = house.post("/api/v1/probes", r#"{"kind":"dig","target":"stuck.test"}"#).await.json();
    let path = format!("/api/v1/probes/{}?wait=30", started["id"]);
    let stop = async {
        house.eventually(|house| house.state.requests.load(Ordering::Relaxed) == 2).await;
        house.stop.send_replace(true);
    };
    let (answer, ()) = tokio::join!(house.get(&path), stop);
    assert_eq!((answer.status, &answer.json()["state"]), (200, &json!("running")));
    tokio::time::timeout(PATIENCE.min(Duration::from_secs(9)), house.server).await.expect("it stops").unwrap();
    assert!(!house.control.exists());
}
