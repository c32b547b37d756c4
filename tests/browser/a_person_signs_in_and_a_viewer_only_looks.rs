//! From the first start to the sign-out, in both languages; what each role sees; and what a viewer cannot do, not even
//! with a forged frame.

use common::wire::SUBPROTOCOL;
use serde_json::json;
use tests::browser::Browser;
use tests::caller::Caller;
use tests::server::Server;
use thirtyfour::Key;
use tokio::time::{Duration, Instant};

const PASSWORD: &str = "correct horse battery";

async fn first_admin(server: &Server, browser: &Browser, language: &str, title: &str) {
    let token = std::fs::read_to_string(server.data.join("setup-token")).expect("the one-time token");
    // Whatever the address, there is nothing else to do yet.
    browser.driver.goto(&format!("http://{}/setup", server.console)).await.expect("the page");
    // The choice is kept: it holds after the sign-out too.
    browser.click(&format!(".segments [lang={language}]")).await;
    browser.until_text("h1", title).await;
    browser.keep_picture(&format!("setup-{language}.png")).await;
    browser.fill("#token", "a guess").await;
    browser.fill("#name", "ann").await;
    browser.fill("#password", PASSWORD).await;
    browser.click("button[type=submit]").await;
    browser.until("#refusal", |text| !text.is_empty()).await.expect("it says that the token is wrong");
    browser.fill("#token", token.trim()).await;
    // Keys alone do.
    browser.fill("#password", &format!("{PASSWORD}{}", Key::Enter.value())).await;
}

async fn sign_in(browser: &Browser, name: &str, password: &str) {
    browser.fill("#name", name).await;
    browser.fill("#password", &format!("{password}{}", Key::Enter.value())).await;
}

async fn journey(language: &str, [setup, hosts, sign_in_title]: [&str; 3], more: &[&str]) {
    let server = Server::with_sign_in("").await;
    let browser = Browser::open(1440, 900, more).await;
    first_admin(&server, &browser, language, setup).await;
    browser.until_text("h1", hosts).await;
    browser.until_text(".top .account bdi", "ann").await;
    assert!(browser.driver.current_url().await.expect("an address").path().starts_with("/hosts"));
    assert_eq!(browser.count("[data-part=retry]").await, 1);
    browser.click(".rail a[href='/']").await;
    browser.until(".rail a[href='/'][aria-current=page]", |_| true).await.expect("the overview");
    browser.click("[data-part=sign-out]").await;
    browser.until_text("h1", sign_in_title).await;
    browser.keep_picture(&format!("sign-in-{language}.png")).await;
    browser.driver.back().await.expect("back");
    browser.until_text("h1", sign_in_title).await;
    assert_eq!(browser.count("table").await, 0, "nothing of the queue is shown");
    sign_in(&browser, "ann", "wrong wrong wrong").await;
    browser.until("#refusal", |text| !text.is_empty()).await.expect("it says that this is wrong");
    sign_in(&browser, "ann", PASSWORD).await;
    browser.until_text("h1", hosts).await;
    browser.driver.clone().quit().await.expect("the browser ends");
}

#[tokio::test]
async fn from_the_first_start_to_the_sign_out_in_english() {
    journey("en", ["Set up the console", "Delivery Status", "Sign in to Nexthop"], &[]).await;
}

#[tokio::test]
async fn from_the_first_start_to_the_sign_out_in_japanese_and_dark() {
    journey("ja", ["コンソールの初期設定", "配信ステータス", "Nexthopにサインイン"], &["--force-dark-mode"]).await;
}

/// A page's own websocket with frames that its role may not send, one by one; what the server answers to each.
const FORGED: &str = r#"
    const [protocol, frames, done] = arguments;
    const socket = new WebSocket(`ws://${location.host}/api/v1/ws`, protocol);
    const answers = [];
    const next = () => answers.length < frames.length ? socket.send(JSON.stringify(frames[answers.length])) : done(answers);
    socket.onopen = next;
    socket.onmessage = (message) => {
        if (/^\{"t":"(reply|end)"/.test(message.data)) { answers.push(message.data); next(); }
    };
    socket.onclose = (event) => done([`closed ${event.code} ${event.reason}`]);
"#;

/// Every frame that needs more than a viewer has, with the word by which its refusal is written down.
fn forbidden() -> Vec<(&'static str, serde_json::Value)> {
    let act =
        |kind: &str| json!({"t": "cmd", "b": {"id": 7, "cmd": {"kind": kind, "scope": {"all": true}, "mode": "all"}}});
    let topic = json!({"name": "smtp", "request": {"host": "127.0.0.1", "port": 25}});
    vec![
        ("retry", act("retry")),
        ("act", act("suspend")),
        ("act", act("resume")),
        ("act", act("reset_counters")),
        ("terminal", json!({"t": "sub", "sid": 8, "b": {"topic": topic}})),
        ("terminal", json!({"t": "input", "sid": 8, "b": {"data": "QUIT"}})),
    ]
}

/// A server with mail for somebody whom nobody reaches, and a user of each role.
async fn with_roles() -> Server {
    let server = Server::with_sign_in("[[route]]\nmatch = \"*\"\nto = [\"127.0.0.1:9\"]\n").await;
    for (name, role) in [("ann", "admin"), ("opal", "operator"), ("vic", "viewer")] {
        let (code, _, errors) = server.own_verb(&["user", "add", name, "--role", role], PASSWORD).await;
        assert_eq!(code, 0, "{errors}");
    }
    let mut caller = Caller::known(server.smtp).await;
    caller.says("MAIL FROM:<chief@lab.test>", "250").await;
    caller.says("RCPT TO:<secretary@unreached.test>", "250").await;
    caller.says("DATA", "354").await;
    caller.says("Subject: x\r\n\r\nx\r\n.", "250").await;
    server
}

async fn open_as(server: &Server, browser: &Browser, name: &str) {
    browser.driver.goto(&format!("http://{}/hosts?lang=en", server.console)).await.expect("the page");
    browser.until_text("h1", "Sign in to Nexthop").await;
    sign_in(browser, name, PASSWORD).await;
    browser.until_text("h1", "Delivery Status").await;
    browser.until_text(".top .line", "live").await;
}

async fn sign_out(browser: &Browser) {
    browser.click("[data-part=sign-out]").await;
    browser.until_text("h1", "Sign in to Nexthop").await;
}

/// Waits until the record has so many rows with this text.
async fn until_audited(server: &Server, wanted: &str, rows: usize) {
    let end = Instant::now() + Duration::from_secs(20);
    loop {
        let (_, audit, _) = server.own_verb(&["audit", "--limit", "100"], "").await;
        if audit.matches(wanted).count() == rows {
            return;
        }
        assert!(Instant::now() < end, "{wanted} is not there {rows} times:\n{audit}");
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
}

#[tokio::test]
async fn each_role_sees_what_it_may_do_and_addresses_as_it_may() {
    let server = with_roles().await;
    let browser = Browser::open(1440, 900, &[]).await;
    browser.watch_from_the_start().await;
    for (name, buttons, from, to) in [
        ("vic", 0, "c…@lab.test", "s…@unreached.test"),
        ("opal", 1, "chief@lab.test", "secretary@unreached.test"),
        ("ann", 1, "chief@lab.test", "secretary@unreached.test"),
    ] {
        open_as(&server, &browser, name).await;
        browser.until_text("tbody", "unreached.test").await;
        assert_eq!(browser.count("[data-part=retry]").await, buttons, "{name}");
        browser.driver.goto(&format!("http://{}/hosts/unreached.test", server.console)).await.expect("the page");
        let said = browser.until_text("[data-part=messages]", to).await;
        assert!(said.contains(from), "{name}: {said}");
        browser.keep_picture(&format!("role-{name}.png")).await;
        for page in ["dig", "smtp"] {
            browser.driver.goto(&format!("http://{}/{page}?lang=en", server.console)).await.expect("the page");
            browser.until_text(".page", if buttons == 0 { "operator" } else { "" }).await;
            browser.until_text(".account bdi", name).await;
            assert_eq!(browser.count(".page form").await > 0, buttons > 0, "{name}: {page}");
        }
        assert_eq!(browser.errors().await, "", "{name}");
        sign_out(&browser).await;
    }
    browser.driver.clone().quit().await.expect("the browser ends");
}

#[tokio::test]
async fn forged_frames_of_a_viewer_are_refused_and_written_down_and_the_end_of_a_user_is_seen_at_once() {
    let server = with_roles().await;
    let browser = Browser::open(1440, 900, &[]).await;
    open_as(&server, &browser, "vic").await;
    let (words, frames): (Vec<&str>, Vec<_>) = forbidden().into_iter().unzip();
    let arguments = vec![SUBPROTOCOL.into(), json!(frames)];
    let answers = browser.driver.execute_async(FORGED, arguments).await.expect("answers");
    let answers = answers.json().as_array().expect("a list").clone();
    assert_eq!(answers.len(), frames.len(), "{answers:?}");
    for (frame, answer) in frames.iter().zip(&answers) {
        let answer = answer.as_str().expect("a text");
        assert!(answer.contains("not_allowed") && answer.contains("operator"), "{frame}: {answer}");
    }
    for word in ["retry", "act", "terminal"] {
        let rows = words.iter().filter(|found| **found == word).count();
        let row = format!("user vic  127.0.0.1  {word}  websocket  refused: This needs the role operator");
        until_audited(&server, &row, rows).await;
    }
    // A forged question for what is masked is no way around it either.
    let script = "const done = arguments[0]; fetch('/api/v1/messages?q=to:secr').then(one => done(one.status))";
    let status = browser.driver.execute_async(script, vec![]).await.expect("a status");
    assert_eq!(status.json().as_u64(), Some(403));
    // The page is told at once that there is no such user any more.
    let (code, _, errors) = server.own_verb(&["user", "remove", "vic"], "").await;
    assert_eq!(code, 0, "{errors}");
    browser.until_text("h1", "Sign in to Nexthop").await;
    browser.driver.clone().quit().await.expect("the browser ends");
}
