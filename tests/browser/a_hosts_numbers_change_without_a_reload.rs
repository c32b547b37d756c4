//! The page *Delivery Status* follows the queue, in both languages, without a reload.

use tests::browser::Browser;
use tests::server::Server;

/// The number in a host's row under *Delivered Recipients*.
async fn until_more_than(browser: &Browser, less: u64) -> u64 {
    let number = |text: &str| text.replace(',', "").trim().parse::<u64>().ok();
    let seen = browser.until(DELIVERED, |text| number(text).is_some_and(|seen| seen > less)).await;
    let text = seen.unwrap_or_else(|last| panic!("never more than {less} delivered; the cell says {last:?}"));
    number(&text).expect("it was a number")
}

const DELIVERED: &str = "tr[data-host] [data-cell=delivered]";

async fn journey(language: &str, title: &str, more: &[&str]) {
    let server = Server::lab().await;
    let browser = Browser::open(1440, 900, more).await;
    let address = format!("http://{}/hosts?lang={language}&q=healthy.test", server.console);
    browser.driver.goto(&address).await.expect("the page");
    browser.until_text("h1", title).await;
    // A mark that a reload would wipe away.
    browser.driver.execute("window.stayed = true", vec![]).await.expect("a mark");
    let first = until_more_than(&browser, 0).await;
    until_more_than(&browser, first).await;
    let stayed = browser.driver.execute("return window.stayed === true", vec![]).await.expect("the mark");
    assert_eq!(stayed.json().as_bool(), Some(true), "the page was loaded again");
    browser.driver.goto(&format!("http://{}/hosts?lang={language}", server.console)).await.expect("the page");
    browser.until_text("tbody", "refused.test").await;
    browser.keep_picture(&format!("hosts-{language}.png")).await;
    browser.driver.clone().quit().await.expect("the browser ends");
}

#[tokio::test]
async fn in_english_light() {
    journey("en", "Delivery Status", &[]).await;
}

#[tokio::test]
async fn in_japanese_dark() {
    journey("ja", "配信ステータス", &["--force-dark-mode"]).await;
}
