//! From the first start to the sign-out, in both languages; and what a viewer cannot do, not even with a forged frame.

use common::wire::SUBPROTOCOL;
use tests::browser::Browser;
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

/// A page's own websocket with a command that its role may not give; what the server answers.
const FORGED: &str = r#"
    const [protocol, done] = arguments;
    const socket = new WebSocket(`ws://${location.host}/api/v1/ws`, protocol);
    socket.onopen = () => socket.send(JSON.stringify(
        {t: "cmd", b: {id: 7, cmd: {kind: "retry", scope: {all: true}, mode: "all"}}}));
    socket.onmessage = (message) => { if (message.data.includes('"reply"') || message.data.includes('not_allowed')) done(message.data); };
    socket.onclose = (event) => done(`closed ${event.code} ${event.reason}`);
"#;

#[tokio::test]
async fn a_viewer_sees_no_button_and_a_forged_frame_is_refused_and_written_down() {
    let server = Server::with_sign_in("").await;
    for (name, role) in [("ann", "admin"), ("vic", "viewer")] {
        let (code, _, errors) = server.own_verb(&["user", "add", name, "--role", role], PASSWORD).await;
        assert_eq!(code, 0, "{errors}");
    }
    let browser = Browser::open(1440, 900, &[]).await;
    browser.driver.goto(&format!("http://{}/hosts?lang=en", server.console)).await.expect("the page");
    browser.until_text("h1", "Sign in to Nexthop").await;
    sign_in(&browser, "vic", PASSWORD).await;
    browser.until_text("h1", "Delivery Status").await;
    browser.until_text(".top .line", "live").await;
    assert_eq!(browser.count("[data-part=retry]").await, 0);
    let answer = browser.driver.execute_async(FORGED, vec![SUBPROTOCOL.into()]).await.expect("an answer");
    let answer = answer.json().as_str().unwrap_or_default().to_owned();
    assert!(answer.contains("not_allowed") && answer.contains("operator"), "{answer}");
    let end = Instant::now() + Duration::from_secs(20);
    loop {
        let (_, audit, _) = server.own_verb(&["audit", "--json"], "").await;
        if audit.contains("user vic") && audit.contains("refused: This needs the role operator") {
            break;
        }
        assert!(Instant::now() < end, "{audit}");
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    for page in ["dig", "smtp"] {
        browser.driver.goto(&format!("http://{}/{page}?lang=en", server.console)).await.expect("the page");
        browser.until_text(".page", "operator").await;
        assert_eq!(browser.count(".page form").await, 0, "a viewer asks nobody");
    }
    // The page is told at once that there is no such user any more.
    let (code, _, errors) = server.own_verb(&["user", "remove", "vic"], "").await;
    assert_eq!(code, 0, "{errors}");
    browser.until_text("h1", "Sign in to Nexthop").await;
    browser.driver.clone().quit().await.expect("the browser ends");
}
