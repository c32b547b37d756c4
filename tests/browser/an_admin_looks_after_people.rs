//! The page of people and programs: somebody is added, gets another role, is signed out and removed; a token is made, shown
//! once, used and revoked; what the server refuses is said; keys alone do; everything is written down.

use tests::axe;
use tests::browser::Browser;
use tests::server::{Server, nexthop};
use thirtyfour::{By, Key};

const PASSWORD: &str = "correct horse battery";
const USERS: &str = "[data-part=users]";
const TOKENS: &str = "[data-part=tokens]";
const ADD: &str = "form[data-path='/api/v1/users']";
const MAKE: &str = "form[data-path='/api/v1/tokens']";

async fn with_admin() -> Server {
    let server = Server::with_sign_in("").await;
    user(&server, "ann", "admin").await;
    server
}

async fn user(server: &Server, name: &str, role: &str) {
    let (code, _, errors) = server.own_verb(&["user", "add", name, "--role", role], PASSWORD).await;
    assert_eq!(code, 0, "{errors}");
}

async fn open(server: &Server, browser: &Browser, name: &str, language: &str) {
    browser.driver.goto(&format!("http://{}/people?lang={language}", server.console)).await.expect("the page");
    browser.fill("#name", name).await;
    browser.fill("#password", &format!("{PASSWORD}{}", Key::Enter.value())).await;
    browser.until_text("h1", if language == "en" { "People" } else { "利用者" }).await;
}

/// Types into a field of this form that may be a choice.
async fn type_into(browser: &Browser, form: &str, name: &str, text: &str) {
    let css = format!("{form} [name={name}]");
    browser.until(&css, |_| true).await.unwrap_or_else(|_| panic!("{css} never came"));
    browser.driver.find(By::Css(css.as_str())).await.expect("the field").send_keys(text).await.expect("it is typed");
}

async fn audit(server: &Server) -> String {
    server.own_verb(&["audit", "--limit", "100"], "").await.1
}

#[tokio::test]
async fn a_person_is_added_changed_signed_out_and_removed() {
    let server = with_admin().await;
    let browser = Browser::open(1440, 900, &[]).await;
    browser.watch_from_the_start().await;
    open(&server, &browser, "ann", "en").await;
    browser.click(".rail a[href='/']").await;
    browser.click(".rail a[href='/people']").await;
    browser.until_text("h1", "People and programs").await;
    browser.until_text(USERS, "ann · admin · last seen: 20").await;
    // Too short a password is refused, and what was typed stays.
    type_into(&browser, ADD, "name", "ben").await;
    type_into(&browser, ADD, "role", "operator").await;
    type_into(&browser, ADD, "password", "short").await;
    browser.click(&format!("{ADD} button")).await;
    browser.until_text("#outcome", "12 to 128 characters").await;
    type_into(&browser, ADD, "password", " of a password no more").await;
    browser.click(&format!("{ADD} button")).await;
    browser.until_text("#outcome", "Done.").await;
    browser.until_text(USERS, "ben · operator · last seen: never · open sessions: 0").await;
    assert_eq!(browser.execute("return document.activeElement.id").await.as_str(), Some("outcome"));
    let empty = format!("return document.querySelector(\"{ADD} [name=password]\").value");
    assert_eq!(browser.execute(&empty).await.as_str(), Some(""), "a password does not stay on the page");
    type_into(&browser, ADD, "name", "ben").await;
    type_into(&browser, ADD, "password", PASSWORD).await;
    browser.click(&format!("{ADD} button")).await;
    browser.until_text("#outcome", "of this name already").await;

    browser.click(&format!("{USERS} li:nth-child(2) summary")).await;
    browser.keep_picture("people-en.png").await;
    let form = "form[data-path='/api/v1/users/ben']";
    type_into(&browser, form, "role", "viewer").await;
    browser.click(&format!("{form} button:not([type=button])")).await;
    browser.until_text(USERS, "ben · viewer").await;
    browser.click(&format!("{USERS} li:nth-child(2) summary")).await;
    browser.click("[data-path='/api/v1/users/ben/sessions']").await;
    browser.until_text("#outcome", "Done.").await;
    browser.click(&format!("{USERS} li:nth-child(1) summary")).await;
    browser.click("button[data-path='/api/v1/users/ann']").await;
    browser.until_text("#outcome", "last admin").await;
    browser.click(&format!("{USERS} li:nth-child(2) summary")).await;
    browser.click("button[data-path='/api/v1/users/ben']").await;
    browser.until(USERS, |text| !text.contains("ben")).await.expect("he is gone");
    let audit = audit(&server).await;
    for row in [
        "user_add  ben  operator",
        "user_change  ben  operator to viewer",
        "sessions_end  ben  0 sessions",
        "user_remove  ben  viewer",
    ] {
        assert!(audit.contains(&format!("user ann  127.0.0.1  {row}")), "{row} is missing:\n{audit}");
    }
    assert_eq!(browser.errors().await, "");
    browser.driver.clone().quit().await.expect("the browser ends");
}

#[tokio::test]
async fn a_token_is_made_by_keys_in_japanese_on_a_phone_and_revoked() {
    let server = with_admin().await;
    let browser = Browser::open(800, 844, &["--force-dark-mode"]).await;
    browser.become_phone(390).await;
    open(&server, &browser, "ann", "ja").await;
    browser.until_text("h1", "利用者とプログラム").await;
    type_into(&browser, MAKE, "name", &format!("backup{}", Key::Enter.value())).await;
    let secret = browser.until("#secret", |text| text.len() > 40).await.expect("the token");
    browser.until_text("#outcome", "表示は今回限りです").await;
    browser.until_text(TOKENS, "backup · viewer · 最終利用: なし · 有効期限: 20").await;
    browser.is_as_wide_as(390).await;
    browser.keep_picture("people-token-ja-390.png").await;
    let file = server.data.join("token");
    std::fs::write(&file, &secret).expect("the token's file");
    let url = format!("http://{}", server.console);
    let verb = ["status", "--server", &url, "--token-file", file.to_str().expect("a path")];
    assert_eq!(nexthop(&verb).await.0, 0);
    // From what was said the keys go on: to the copy, past the people, to the token's fold and its one button.
    let keys = format!("document.querySelector('{TOKENS} summary').focus()");
    browser.execute(&keys).await;
    let tab = |key: Key| format!("{}", key.value());
    let active = browser.driver.active_element().await.expect("the fold has the focus");
    active.send_keys(tab(Key::Enter)).await.expect("it unfolds");
    active.send_keys(tab(Key::Tab)).await.expect("to its button");
    browser.driver.active_element().await.expect("the button").send_keys(tab(Key::Enter)).await.expect("it is pressed");
    browser.until(TOKENS, |text| !text.contains("backup")).await.expect("it is gone");
    assert_eq!(browser.count("#secret").await, 0, "the secret is gone from the page");
    assert_eq!(nexthop(&verb).await.0, 77);
    assert!(audit(&server).await.contains("user ann  127.0.0.1  token_revoke  1 backup"));
    browser.driver.clone().quit().await.expect("the browser ends");
}

#[tokio::test]
async fn nobody_but_an_admin_sees_it_and_axe_finds_nothing() {
    let (server, source) = (with_admin().await, axe::source());
    user(&server, "opal", "operator").await;
    let (code, _, errors) = server.own_verb(&["user", "token", "backup"], "").await;
    assert_eq!(code, 0, "{errors}");
    let browser = Browser::open(1440, 900, &[]).await;
    open(&server, &browser, "opal", "en").await;
    browser.until_text(".page", "Only admins see").await;
    assert_eq!(browser.count(".rail a[href='/people']").await, 0);
    browser.click("[data-part=sign-out]").await;
    browser.until_text("h1", "Sign in").await;
    open(&server, &browser, "ann", "en").await;
    for width in [1440, 390] {
        if width == 390 {
            browser.become_phone(390).await;
        }
        for theme in ["light", "dark"] {
            browser.execute(&format!("document.documentElement.dataset.theme = '{theme}'")).await;
            browser.until_text(TOKENS, "backup").await;
            browser.execute("document.querySelectorAll('details').forEach(one => one.open = true)").await;
            let found = axe::findings(&browser, &source).await;
            assert!(found.is_empty(), "{width} {theme}: {found:?}");
            browser.keep_picture(&format!("people-{theme}-{width}.png")).await;
        }
    }
    browser.driver.clone().quit().await.expect("the browser ends");
}
