//! The first two steps of the ritual: the first page names the host whose mail waits and counts it, the list and the verb say
//! the same numbers, the host's page says since when and why, and once its port opens it turns Up where it stands.

use backend::lab::behaviour::Behaviour;
use backend::lab::{Lab, LabSettings};
use std::time::Duration;
use tests::browser::{Browser, PATIENCE};
use tests::load::{Acknowledged, Mail, hand_in};
use tests::playground::towards;
use tests::server::Server;

const CLOSED: &str = "refused.test";
const OPEN: &str = "healthy.test";
const WAITING: u64 = 13;
const DELIVERED: u64 = 850;
/// The seed's columns that hold numbers, in its order.
const NUMBERS: [&str; 5] = ["active", "connections", "delivered", "soft", "hard"];

/// What a person reads on the way.
struct Words {
    language: &'static str,
    list: &'static str,
    recipients: &'static str,
    down: &'static str,
    refused: &'static str,
    turned: &'static str,
}

async fn world() -> (Lab, Server) {
    let lab = Lab::start(LabSettings::default()).await.expect("a lab");
    let server = Server::serve(&towards(&lab)).await;
    for (host, count) in [(CLOSED, WAITING), (OPEN, DELIVERED)] {
        let mail = (0..count).map(|n| Mail { id: format!("{host}{n}"), to: format!("u{n}@{host}") }).collect();
        hand_in(server.smtp, 4, mail, 512, Acknowledged::default()).await;
    }
    assert!(lab.until(OPEN, DELIVERED, PATIENCE).await, "not all were delivered");
    let settled = |totals: &serde_json::Value| {
        totals["hosts_down"] == 1
            && totals["delivered_recipients"] == DELIVERED
            && totals["current_outbound_connections"] == 0
    };
    server.until_totals(Duration::from_secs(60), settled).await;
    (lab, server)
}

/// The seed's numbers in a host's row, each without its limit and its commas.
async fn row(browser: &Browser, host: &str) -> Vec<String> {
    let mut numbers = Vec::new();
    for name in NUMBERS {
        let cell = browser.until(&format!("tr[data-host='{host}'] [data-cell={name}]"), |text| !text.is_empty()).await;
        let cell = cell.expect("a number");
        numbers.push(cell.split('/').next().unwrap_or_default().trim().replace(',', ""));
    }
    numbers
}

/// The same by the verb, and the mark of a host that was down.
fn printed(output: &str, host: &str) -> (bool, Vec<String>) {
    let line = output.lines().find(|line| line.contains(host)).unwrap_or_else(|| panic!("no {host} in {output}"));
    let words: Vec<String> = line.split_whitespace().map(|word| word.replace(',', "")).collect();
    (line.contains('*'), words[words.len() - NUMBERS.len()..].to_vec())
}

/// Step 1: how many wait, and for whom.
async fn count(browser: &Browser, server: &Server, words: &Words) {
    browser.driver.goto(&format!("http://{}/?lang={}", server.console, words.language)).await.expect("the first page");
    let headline = browser.until_text("[data-part=headline]", CLOSED).await;
    assert!(headline.contains(words.recipients), "{headline}");
    browser.watch_errors().await;
    browser.click("nav a[href='/hosts']").await;
    browser.until_text("h1", words.list).await;
    browser.until_text("tbody", OPEN).await;
    let first = browser.execute("return document.querySelector('tbody tr[data-host]').dataset.host").await;
    assert_eq!(first.as_str(), Some(CLOSED), "the worst stands first");
    browser.until_text(&format!("tr[data-host='{CLOSED}'] [data-cell=status]"), words.down).await;
    assert_eq!(row(browser, CLOSED).await, ["13", "0", "0", "0", "0"]);
    assert_eq!(row(browser, OPEN).await, ["0", "0", "850", "0", "0"]);
    let shape = format!("return document.querySelector(\"tr[data-host='{CLOSED}'] .spark path\").getAttribute('d')");
    let shape = browser.execute(&shape).await;
    assert!(
        shape.as_str().is_some_and(|path| path.contains("V1H30")),
        "the latest two minutes are at their peak: {shape}"
    );
    let (code, output, errors) = server.verb(&["tophosts"]).await;
    assert_eq!(code, 0, "{errors}");
    assert_eq!(printed(&output, CLOSED), (true, row(browser, CLOSED).await));
    assert_eq!(printed(&output, OPEN), (false, row(browser, OPEN).await));
}

/// Step 2: is it up, since when, and what do the counters say.
async fn look(browser: &Browser, server: &Server, words: &Words) {
    browser.click(&format!("tr[data-host='{CLOSED}'] th a")).await;
    browser.until_text("h1", CLOSED).await;
    browser.until("[data-part=verdict] .badge.down", |text| text.contains(words.down)).await.expect("it is down");
    browser.until("[data-part=verdict] .badge + small", |text| !text.is_empty()).await.expect("since when");
    browser.until_text("[data-part=verdict]", words.refused).await;
    browser.until_text("[data-part=servers]", "127.0.0.14").await;
    browser.until_text("[data-part=servers]", words.refused).await;
    browser.until("[data-part=figures]", |text| !text.is_empty()).await.expect("figures");
    let figures = "return [...document.querySelectorAll('[data-part=figures] div')].map(line => \
        line.querySelector('dt').textContent.trim() + ' ' + line.querySelector('dd').textContent.trim())";
    let figures = browser.execute(figures).await;
    let (code, output, errors) = server.verb(&["hoststatus", CLOSED]).await;
    assert_eq!(code, 0, "{errors}");
    let lines: Vec<String> = output.lines().map(|line| line.split_whitespace().collect::<Vec<_>>().join(" ")).collect();
    let figures = figures.as_array().expect("lines");
    assert!(figures.len() > 10, "{figures:?}");
    for figure in figures {
        assert!(lines.iter().any(|line| figure == line), "{figure} is not in {output}");
    }
}

/// What the page tells those who listen is written down from here on, and what has the focus.
async fn listen(browser: &Browser) {
    let script = "window.heard = []; window.held = document.querySelector('[data-part=retry]'); held.focus(); \
        const place = document.querySelector('[role=status]'); \
        new MutationObserver(() => heard.push(place.textContent.trim())) \
            .observe(place, {childList: true, characterData: true, subtree: true})";
    browser.execute(script).await;
}

async fn journey(words: Words, more: &[&str]) {
    let (lab, server) = world().await;
    let browser = Browser::open(1440, 900, more).await;
    count(&browser, &server, &words).await;
    look(&browser, &server, &words).await;
    listen(&browser).await;
    browser.keep_picture(&format!("counted-{}-down.png", words.language)).await;
    lab.set("refused", Behaviour::Healthy).await.expect("its port opens");
    let (code, _, errors) = server.verb(&["delivernow", CLOSED]).await;
    assert_eq!(code, 0, "{errors}");
    browser.until("[data-part=verdict] .badge.up", |_| true).await.expect("it turns Up in place");
    browser.until_text("[role=status]", words.turned).await;
    assert!(lab.until(CLOSED, WAITING, PATIENCE).await, "not all arrived");
    browser.until_text("[data-part=figures]", "Delivered Recipients\n13").await;
    browser.keep_picture(&format!("counted-{}-up.png", words.language)).await;
    let heard = browser.execute("return window.heard").await;
    assert_eq!(heard, serde_json::json!([words.turned]), "one polite announcement, and no reload");
    let held = browser.execute("return document.activeElement === window.held && document.hasFocus()").await;
    assert_eq!(held, true, "the focus is where it was");
    assert_eq!(browser.errors().await, "");
    browser.driver.clone().quit().await.expect("the browser ends");
}

#[tokio::test(flavor = "multi_thread")]
async fn in_english_light() {
    let words = Words {
        language: "en",
        list: "Delivery Status",
        recipients: "13 recipients",
        down: "Down",
        refused: "refused",
        turned: "refused.test is now Up.",
    };
    journey(words, &[]).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn in_japanese_dark() {
    let words = Words {
        language: "ja",
        list: "配信ステータス",
        recipients: "13件",
        down: "停止",
        refused: "拒否",
        turned: "refused.testの状態が「稼働中」に変わりました。",
    };
    journey(words, &["--force-dark-mode"]).await;
}
