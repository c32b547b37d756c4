//! A line that is cut, delayed, doubled and corrupted, or that lets no websocket through: in the end the page shows what
//! the server has, and what the reader was doing is still there.

use tests::backlog;
use tests::browser::{Browser, PATIENCE};
use tests::chaos::{Chaos, Mood};
use tests::server::{Server, free_address};
use tokio::time::{Instant, sleep, timeout};

/// Hosts with mail; few enough to be in the page all at once.
const HOSTS: u64 = 24;
const SEED: u64 = 8;

/// A server whose hosts all refuse connections.
async fn server() -> Server {
    Server::serve(&format!("[[route]]\nmatch = \"*\"\nto = [\"{}\"]\n", free_address())).await
}

/// What the page's rows say: host, badge's class, active recipients.
const ROWS: &str = "return [...document.querySelectorAll('tr[data-host]')].map(row => [row.dataset.host, \
    row.querySelector('.badge').className, row.querySelector('[data-cell=active]').textContent].join(' ')).join('\\n')";

async fn rows_of(browser: &Browser) -> String {
    browser.execute(ROWS).await.as_str().unwrap_or_default().to_owned()
}

async fn rows_at(server: &Server) -> String {
    let list = server.get("/api/v1/hosts?q=host&limit=100").await;
    let row = |row: &serde_json::Value| {
        let text = |name: &str| row[name].as_str().unwrap_or_default().to_owned();
        format!("{} badge {} {}", text("host"), text("badge"), row["active_recipients"])
    };
    list["items"].as_array().expect("rows").iter().map(row).collect::<Vec<_>>().join("\n")
}

async fn until_equal(browser: &Browser, server: &Server) {
    let end = Instant::now() + PATIENCE;
    loop {
        let (shown, there) = (rows_of(browser).await, rows_at(server).await);
        if shown == there && there.lines().count() == HOSTS as usize {
            return;
        }
        assert!(Instant::now() < end, "the page never showed the server's list:\n{shown}\n\nbut there is\n{there}");
        sleep(std::time::Duration::from_millis(100)).await;
    }
}

#[tokio::test]
async fn with_frames_cut_delayed_doubled_and_corrupted() {
    let server = server().await;
    backlog::fill(server.smtp, 0..HOSTS, HOSTS).await;
    let chaos = Chaos::before(server.console, Mood::Calm, SEED).await;
    let browser = Browser::open(1440, 1200, &[]).await;
    browser.driver.goto(&format!("http://{}/hosts?lang=en&q=host", chaos.address)).await.expect("the page");
    until_equal(&browser, &server).await;
    browser.watch_errors().await;
    browser.execute("document.querySelector('.filter input').focus(); window.stayed = true").await;
    chaos.set(Mood::Wild);
    let mut handed_in = HOSTS;
    let spoilt = async {
        while !chaos.deeds().all_at_least(2) {
            backlog::fill(server.smtp, handed_in..handed_in + 3, HOSTS).await;
            handed_in += 3;
            sleep(std::time::Duration::from_millis(250)).await; // as often as the server speaks
        }
    };
    timeout(PATIENCE * 4, spoilt).await.unwrap_or_else(|_| panic!("not everything was done: {:?}", chaos.deeds()));
    chaos.set(Mood::Calm);
    browser.execute("document.querySelector('[data-part=lost] button')?.click()").await;
    until_equal(&browser, &server).await;
    browser.until_text("[data-part=line]", "live").await;
    let typed = "return window.stayed && document.activeElement.value";
    assert_eq!(
        browser.execute(typed).await.as_str(),
        Some("host"),
        "the page, the focus and the filter are still there"
    );
    assert_eq!(browser.errors().await, "");
    browser.driver.clone().quit().await.expect("the browser ends");
}

#[tokio::test]
async fn by_polling_where_no_websocket_comes_through() {
    let server = server().await;
    backlog::fill(server.smtp, 0..HOSTS, HOSTS).await;
    let chaos = Chaos::before(server.console, Mood::Closed, SEED).await;
    let browser = Browser::open(1440, 1200, &[]).await;
    browser.driver.goto(&format!("http://{}/hosts?lang=en&q=host", chaos.address)).await.expect("the page");
    browser.until_text("[data-part=line]", "polling").await;
    browser.until_text("[data-part=polling]", "blocks websockets").await;
    until_equal(&browser, &server).await;
    browser.keep_picture("hosts-polling.png").await;
    backlog::fill(server.smtp, HOSTS..2 * HOSTS + 5, HOSTS).await;
    until_equal(&browser, &server).await;
    chaos.set(Mood::Calm);
    browser.until_text("[data-part=line]", "live").await;
    until_equal(&browser, &server).await;
    browser.driver.clone().quit().await.expect("the browser ends");
}
