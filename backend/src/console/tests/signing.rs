//! Signing in and out, over real sockets.

use super::house::House;
use super::people::{PASSWORD, refused};
use crate::clock::Clock;
use crate::console::auth::{Auth, SESSION_LIFETIME};
use common::wire::{ErrorCode, Role};
use serde_json::{Value, json};
use std::os::unix::fs::PermissionsExt;
use std::sync::atomic::Ordering;

const RETRY: &str = r#"{"kind":"retry","scope":{"all":true}}"#;

fn setup_token(house: &House) -> String {
    let file = house.folder.path().join("setup-token");
    assert_eq!(std::fs::metadata(&file).unwrap().permissions().mode() & 0o777, 0o600);
    std::fs::read_to_string(file).unwrap().trim().to_owned()
}

#[tokio::test]
async fn the_first_admin_is_made_with_the_one_time_token_and_only_once() {
    let house = House::with_sign_in().await;
    let state = house.get("/api/v1/session").await.json();
    assert_eq!((&state["sign_in"], &state["set_up"], &state["role"]), (&json!(true), &json!(true), &Value::Null));
    let token = setup_token(&house);
    let ask = |token: &str, password: &str| json!({"token": token, "name": "Ann", "password": password}).to_string();
    let wrong = house.post("/api/v1/setup", &ask("guess", PASSWORD)).await;
    assert_eq!(refused(&wrong, 403).error.field.as_deref(), Some("token"));
    let short = house.post("/api/v1/setup", &ask(&token, "short")).await;
    assert_eq!(refused(&short, 422).error.field.as_deref(), Some("password"));
    let done = house.post("/api/v1/setup", &ask(&token, PASSWORD)).await;
    assert_eq!((done.status, &done.json()["name"], &done.json()["role"]), (200, &json!("ann"), &json!("admin")));
    let cookie = done.field("set-cookie").unwrap();
    assert!(cookie.ends_with("HttpOnly; SameSite=Strict") && cookie.starts_with("nexthop-"), "{cookie}");
    assert!(!house.folder.path().join("setup-token").exists());
    let again = house.post("/api/v1/setup", &ask(&token, PASSWORD)).await;
    assert_eq!(refused(&again, 409).error.code, ErrorCode::Conflict);
    assert_eq!(house.sign_in("ann", PASSWORD).await.status, 200);
}

#[tokio::test]
async fn users_sessions_and_tokens_are_there_after_a_restart_and_no_secret_is_on_disk() {
    let house = House::with_sign_in().await;
    house.user("ann", Role::Admin).await;
    let cookie = house.cookie("ann").await;
    let (token, _) = house.token(Role::Viewer).await;
    let (_, secret) = cookie.split_once('=').unwrap();
    let again = Auth::open(house.folder.path(), true, Clock).unwrap();
    assert_eq!(again.identify(Some(secret), None).unwrap().to_string(), "user ann");
    assert_eq!(again.identify(None, Some(&token)).unwrap().to_string(), "token 1 program");
    assert_eq!(again.identify(Some("guess"), None).unwrap().to_string(), "nobody");
    assert_eq!(again.identify(Some(secret), Some("guess")).unwrap_err().error.code, ErrorCode::SignIn);
    for file in ["users.db", "users.db-wal"] {
        let path = house.folder.path().join(file);
        assert_eq!(std::fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o600, "{file}");
        let octets = std::fs::read(&path).unwrap();
        for planted in [PASSWORD, secret, &token] {
            assert!(!octets.windows(planted.len()).any(|part| part == planted.as_bytes()), "{file}");
        }
    }
}

#[tokio::test]
async fn a_wrong_name_and_a_wrong_password_read_alike_and_too_many_are_told_to_wait() {
    let house = House::with_sign_in().await;
    house.user("ann", Role::Admin).await;
    for name in ["ann", "nobody-here"] {
        for _ in 0..5 {
            let answer = house.sign_in(name, "wrong wrong wrong").await;
            assert_eq!(refused(&answer, 401).error.sentence, "Name or password is wrong.");
        }
        let answer = house.sign_in(name, "wrong wrong wrong").await;
        assert_eq!(refused(&answer, 429).error.code, ErrorCode::Busy);
        assert!(answer.field("retry-after").is_some());
    }
    assert_eq!(house.sign_in("ann", PASSWORD).await.status, 429, "the right one has to wait as well");
    let row = house.audited("nobody", "sign_in").await;
    assert!(row[3].starts_with("refused: "), "{row:?}");
    assert!(!house.audit().await.iter().any(|row| row[2].contains("nobody-here")), "it may be a password");
}

#[tokio::test]
async fn a_cookie_alone_changes_nothing() {
    let house = House::with_sign_in().await;
    house.user("ann", Role::Admin).await;
    let cookie = house.cookie("ann").await;
    let own = house.address;
    let post = async |more: &str| {
        let head = format!(
            "POST /api/v1/actions HTTP/1.1\r\nHost: {own}\r\nContent-Type: application/json\r\nCookie: {cookie}\r\n{more}"
        );
        house.ask(&head, RETRY).await
    };
    for more in ["", "Origin: http://evil.test\r\n", "Sec-Fetch-Site: cross-site\r\n", "Sec-Fetch-Site: same-site\r\n"]
    {
        assert_eq!(refused(&post(more).await, 403).error.code, ErrorCode::NotAllowed, "{more}");
    }
    assert_eq!(house.retries.load(Ordering::SeqCst), 0);
    house.audited("user ann", "origin").await;
    assert_eq!(post("Sec-Fetch-Site: same-origin\r\n").await.status, 200);
    assert_eq!(post(&format!("Origin: http://{own}\r\n")).await.status, 200);
}

#[tokio::test]
async fn a_token_needs_no_page_and_a_websocket_without_token_needs_ours() {
    let house = House::with_sign_in().await;
    house.user("ann", Role::Admin).await;
    let cookie = house.cookie("ann").await;
    let (token, id) = house.token(Role::Operator).await;
    assert_eq!(house.as_program("POST", "/api/v1/actions", &token, RETRY).await.status, 200);
    let bearer = ("authorization", format!("Bearer {token}"));
    assert!(house.open_with(std::slice::from_ref(&bearer)).await.is_ok());
    let origin = ("origin", format!("http://{}", house.address));
    let evil = ("origin", "http://evil.test".to_owned());
    let own = ("cookie", cookie);
    assert_eq!(house.open_with(&[]).await.err(), Some(401));
    assert_eq!(house.open_with(std::slice::from_ref(&origin)).await.err(), Some(401));
    assert_eq!(house.open_with(std::slice::from_ref(&own)).await.err(), Some(403));
    assert_eq!(house.open_with(&[own.clone(), evil]).await.err(), Some(403));
    assert!(house.open_with(&[own, origin]).await.is_ok());
    let foreign = format!("GET /api/v1/status HTTP/1.1\r\nHost: evil.test\r\nAuthorization: Bearer {token}\r\n");
    assert_eq!(house.ask(&foreign, "").await.status, 403, "the Host is asked for in any case");

    assert_eq!(house.as_owner("DELETE", &format!("/api/v1/tokens/{id}"), Value::Null).await.status, 200);
    let after = house.as_program("GET", "/api/v1/status", &token, "").await;
    assert_eq!(refused(&after, 401).error.code, ErrorCode::SignIn);
    assert_eq!(after.field("www-authenticate"), Some("Bearer"));
    assert_eq!(house.open_with(&[bearer]).await.err(), Some(401));
}

#[tokio::test]
async fn a_session_that_ends_takes_its_open_pages_with_it() {
    let house = House::with_sign_in().await;
    house.user("ann", Role::Admin).await;
    house.user("ben", Role::Operator).await;
    // Signed out.
    let cookie = house.cookie("ben").await;
    let mut console = house.open_as(&cookie).await;
    let answer = house.as_page("DELETE", "/api/v1/session", &format!("Cookie: {cookie}\r\n"), "").await;
    assert_eq!((answer.status, &answer.json()["role"]), (200, &Value::Null));
    assert_eq!(console.closes().await.0, 4401);
    let after = house.as_page("GET", "/api/v1/status", &format!("Cookie: {cookie}\r\n"), "").await;
    assert_eq!(after.status, 401);

    // Expired.
    let cookie = house.cookie("ben").await;
    let mut console = house.open_as(&cookie).await;
    house.state.auth.age_sessions(SESSION_LIFETIME);
    assert_eq!(console.closes().await.0, 4401);
    assert_eq!(house.as_page("GET", "/api/v1/status", &format!("Cookie: {cookie}\r\n"), "").await.status, 401);

    // Another role, then removed.
    for (method, body) in [("PUT", json!({"role": "viewer"})), ("DELETE", Value::Null)] {
        let cookie = house.cookie("ben").await;
        let mut console = house.open_as(&cookie).await;
        assert_eq!(house.as_owner(method, "/api/v1/users/ben", body).await.status, 200);
        assert_eq!(console.closes().await.0, 4401);
    }
    assert_eq!(house.sign_in("ben", PASSWORD).await.status, 401);
    house.open_as_owner().await;
}

#[tokio::test]
async fn there_is_always_an_admin() {
    let house = House::with_sign_in().await;
    let first = json!({"name": "ann", "role": "viewer", "password": PASSWORD});
    let answer = house.as_owner("POST", "/api/v1/users", first).await;
    assert_eq!(refused(&answer, 422).error.field.as_deref(), Some("role"));
    house.user("ann", Role::Admin).await;
    assert!(!house.folder.path().join("setup-token").exists(), "nobody needs it any more");
    let twice = json!({"name": "ANN", "role": "viewer", "password": PASSWORD});
    refused(&house.as_owner("POST", "/api/v1/users", twice).await, 409);
    refused(&house.as_owner("PUT", "/api/v1/users/ann", json!({"role": "operator"})).await, 409);
    refused(&house.as_owner("DELETE", "/api/v1/users/ann", Value::Null).await, 409);
    house.user("ben", Role::Admin).await;
    assert_eq!(house.as_owner("DELETE", "/api/v1/users/ann", Value::Null).await.status, 200);
    for name in ["", "a b", "../etc", "日本", &"x".repeat(65)] {
        let new = json!({"name": name, "role": "viewer", "password": PASSWORD});
        assert_eq!(
            refused(&house.as_owner("POST", "/api/v1/users", new).await, 422).error.field.as_deref(),
            Some("name")
        );
    }
}

#[tokio::test]
async fn a_flood_of_foreign_requests_is_written_down_within_bounds() {
    let house = House::with_sign_in().await;
    for _ in 0..100 {
        let head = "GET /api/v1/status HTTP/1.1\r\nHost: evil.test\r\n";
        assert_eq!(house.ask(head, "").await.status, 403);
    }
    let row = house.audited("nobody", "host").await;
    assert_eq!(row[2], "evil.test");
    assert!(row[3].starts_with("refused: The console is not known by this name."), "{row:?}");
    let rows = house.audit().await.len();
    assert!((1..=60).contains(&rows), "{rows} rows: thirty in a minute, and a minute may have ended");
}

#[tokio::test]
async fn a_token_that_has_expired_is_none() {
    let house = House::with_sign_in().await;
    for lifetime in [0, 3 * 366 * 86_400] {
        let new = json!({"name": "p", "role": "viewer", "lifetime_s": lifetime});
        let answer = house.as_owner("POST", "/api/v1/tokens", new).await;
        assert_eq!(refused(&answer, 422).error.field.as_deref(), Some("lifetime_s"));
    }
    let new = json!({"name": "p", "role": "viewer", "lifetime_s": 1});
    let minted = house.as_owner("POST", "/api/v1/tokens", new).await.json();
    let token = minted["secret"].as_str().unwrap();
    house.eventually(|house| house.state.auth.identify(None, Some(token)).is_err()).await;
    assert!(house.state.auth.tokens().is_empty());
}

#[tokio::test]
async fn an_admin_ends_somebodys_sessions_and_sees_who_was_here() {
    let house = House::with_sign_in().await;
    house.user("ann", Role::Admin).await;
    house.user("ben", Role::Viewer).await;
    let list = async || house.as_owner("GET", "/api/v1/users", Value::Null).await.json()["items"][1].clone();
    assert_eq!((&list().await["sessions"], &list().await["seen_at"]), (&json!(0), &Value::Null));
    let cookie = house.cookie("ben").await;
    let seen = list().await;
    assert!(seen["sessions"] == 1 && seen["seen_at"].is_string(), "{seen}");
    let ended = house.as_owner("DELETE", "/api/v1/users/ben/sessions", Value::Null).await.json();
    assert_eq!((&ended["sessions"], &ended["seen_at"]), (&json!(0), &seen["seen_at"]));
    let field = format!("Cookie: {cookie}\r\n");
    assert_eq!(house.as_page("GET", "/api/v1/status", &field, "").await.status, 401);
    assert_eq!(house.sign_in("ben", PASSWORD).await.status, 200);
    assert_eq!(house.audited("socket", "sessions_end").await[2..], ["ben", "1 sessions"]);
    assert_eq!(house.as_owner("DELETE", "/api/v1/users/zed/sessions", Value::Null).await.status, 404);
    let (token, _) = house.token(Role::Viewer).await;
    let tokens = async || house.as_owner("GET", "/api/v1/tokens", Value::Null).await.json()["items"][0].clone();
    assert_eq!(tokens().await["seen_at"], Value::Null);
    assert_eq!(house.as_program("GET", "/api/v1/status", &token, "").await.status, 200);
    assert!(tokens().await["seen_at"].is_string());
}

#[tokio::test]
async fn a_file_of_the_first_form_is_taken_over() {
    let folder = tempfile::tempdir().unwrap();
    let old = rusqlite::Connection::open(folder.path().join("users.db")).unwrap();
    old.execute_batch(
        "CREATE TABLE user (name TEXT PRIMARY KEY, role TEXT NOT NULL, kept TEXT NOT NULL, created_at INTEGER NOT NULL) STRICT;
         CREATE TABLE session (digest BLOB PRIMARY KEY, user TEXT NOT NULL REFERENCES user (name) ON DELETE CASCADE,
             address TEXT, created_at INTEGER NOT NULL, seen_at INTEGER NOT NULL) STRICT, WITHOUT ROWID;
         CREATE TABLE token (id INTEGER PRIMARY KEY AUTOINCREMENT, name TEXT NOT NULL, role TEXT NOT NULL,
             digest BLOB NOT NULL UNIQUE, created_at INTEGER NOT NULL, expires_at INTEGER NOT NULL) STRICT;
         CREATE TABLE audit (id INTEGER PRIMARY KEY AUTOINCREMENT, at INTEGER NOT NULL, who TEXT NOT NULL, address TEXT,
             what TEXT NOT NULL, scope TEXT NOT NULL, outcome TEXT NOT NULL) STRICT;
         INSERT INTO user VALUES ('ann', 'admin', 'x', 1), ('ben', 'viewer', 'x', 1);
         INSERT INTO session VALUES (x'00112233445566778899aabbccddeeff00112233445566778899aabbccddeeff', 'ann', NULL, 5, 7);
         PRAGMA user_version = 1;",
    )
    .unwrap();
    drop(old);
    let users = Auth::open(folder.path(), true, Clock).unwrap().users();
    let seen: Vec<_> = users.iter().map(|user| (&*user.name, user.seen_at.map(|at| at.0))).collect();
    assert_eq!(seen, [("ann", Some(7)), ("ben", None)]);
}
