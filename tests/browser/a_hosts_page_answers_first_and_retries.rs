//! From the list to one host: its page says why its mail waits and what was tried, and a retry is asked for, seen and
//! found among the actions; in both languages and themes, and at phone width.

use tests::backlog;
use tests::browser::Browser;
use tests::chaos::{Chaos, Mood};
use tests::server::{Server, free_address};

/// What a person reads on the way.
struct Words {
    list: &'static str,
    brief: &'static str,
    actions: &'static str,
    nothing: &'static str,
}

const EN: Words =
    Words { list: "Delivery Status", brief: "refused", actions: "Actions", nothing: "Nothing waits for this domain" };
const JA: Words =
    Words {
        list: "配信ステータス", brief: "拒否", actions: "操作履歴", nothing: "待機しているメールはなく"
    };

async fn journey(language: &str, words: Words, name: &str, more: &[&str]) {
    let server = Server::lab().await;
    let browser = Browser::open(1440, 900, more).await;
    let page = |path: &str| format!("http://{}{path}?lang={language}", server.console);
    browser.driver.goto(&page("/hosts")).await.expect("the list");
    browser.until_text("h1", words.list).await;
    browser.watch_errors().await;
    browser.click("tr[data-host='refused.test'] th a").await;
    browser.until_text("h1", "refused.test").await;
    browser.until_text("[data-part=verdict]", words.brief).await;
    browser.until_text("[data-part=servers]", "127.").await;
    browser.until_text("[data-part=figures]", "Unattempted Recipients").await;
    browser.until_text("[data-part=messages]", "@refused.test").await;
    browser.keep_picture(&format!("host-{name}.png")).await;
    browser.click("[data-part=retry]").await;
    browser.until_text("dialog[open]", "host:refused.test").await;
    browser.keep_picture(&format!("retry-{name}.png")).await;
    browser.until("dialog[open] [data-part=retry-confirm]:enabled", |text| !text.is_empty()).await.expect("a plan");
    browser.click("dialog[open] [data-part=retry-confirm]").await;
    browser.until("[data-part=receipt]", |text| !text.is_empty()).await.expect("a receipt");
    assert_eq!(browser.errors().await, "");
    browser.driver.goto(&page("/actions")).await.expect("the actions");
    browser.until_text("h1", words.actions).await;
    browser.until_text(".actions", "host:refused.test").await;
    browser.keep_picture(&format!("actions-{name}.png")).await;
    browser.driver.goto(&page("/hosts/nobody.example")).await.expect("a host without a record");
    browser.until_text(".lead", words.nothing).await;
    browser.driver.clone().quit().await.expect("the browser ends");
}

#[tokio::test]
async fn in_english_light() {
    journey("en", EN, "light", &[]).await;
}

#[tokio::test]
async fn in_japanese_dark() {
    journey("ja", JA, "ja-dark", &["--force-dark-mode"]).await;
}

#[tokio::test]
async fn on_a_phone_nothing_runs_off_the_screen() {
    let server = Server::lab().await;
    let browser = Browser::open(800, 844, &[]).await;
    for width in [390, 320] {
        browser.become_phone(width).await;
        let page = format!("http://{}/hosts/refused.test?lang=en", server.console);
        browser.driver.goto(&page).await.expect("the page");
        browser.until_text("[data-part=messages]", "@refused.test").await;
        browser.is_as_wide_as(width).await;
        browser.keep_picture(&format!("host-phone-{width}.png")).await;
    }
    browser.driver.clone().quit().await.expect("the browser ends");
}

#[tokio::test]
async fn it_follows_its_host_where_no_websocket_comes_through() {
    let server = Server::serve(&format!("[[route]]\nmatch = \"*\"\nto = [\"{}\"]\n", free_address())).await;
    backlog::fill(server.smtp, 0..1, 1).await;
    let chaos = Chaos::before(server.console, Mood::Closed, 7).await;
    let browser = Browser::open(1440, 900, &[]).await;
    let page = format!("http://{}/hosts/host0.backlog.test?lang=en", chaos.address);
    browser.driver.goto(&page).await.expect("the page");
    browser.until_text("[data-part=verdict]", "1 recipient").await;
    backlog::fill(server.smtp, 1..3, 1).await;
    browser.until_text("[data-part=steps] li:nth-child(1)", "3 recipients").await;
    browser.click("[data-part=fold-terminal] summary").await;
    browser.until_text("[data-part=session-end]", "nexthop telnet").await;
    browser.driver.clone().quit().await.expect("the browser ends");
}
