//! Diagnose on the page: one click from the host, a verdict, every stage of every address, a link that stays; in both languages,
//! on a phone, and for everybody.

use tests::axe;
use tests::browser::Browser;
use tests::server::Server;

const TABLE: &str = "[data-part=probe] table.stages";

#[tokio::test]
async fn one_click_says_where_it_stops_and_the_link_stays() {
    let server = Server::lab().await;
    let browser = Browser::open(1440, 900, &[]).await;
    let host = |name: &str, language: &str| format!("http://{}/hosts/{name}?lang={language}", server.console);
    browser.driver.goto(&host("refused.test", "en")).await.expect("the page");
    browser.until_text("[data-part=servers]", "127.").await;
    browser.watch_errors().await;
    browser.click("[data-part=diagnose]").await;
    let verdict = browser.until_text("[data-part=diagnosis-verdict]", "tcp.refused").await;
    assert!(verdict.contains("Their mail servers refuse connections") && verdict.contains("their side"), "{verdict}");
    browser.until_text(&format!("{TABLE} td[data-state=failed]"), "FAILED").await;
    assert_eq!(browser.count(&format!("{TABLE} td[data-state=not-run]")).await, 6, "what follows did not run");
    browser.until_text(TABLE, "Delivery met the same here").await;
    browser.until_text("[data-part=probe-foot] code", "nexthop diagnose refused.test").await;
    let address = browser.driver.current_url().await.expect("an address");
    assert!(address.path().starts_with("/probes/"), "{address}");
    assert_eq!(browser.errors().await, "");
    browser.keep_picture("diagnosis-light.png").await;
    browser.driver.refresh().await.expect("the page again");
    browser.until_text("[data-part=diagnosis-verdict]", "tcp.refused").await;
    browser.driver.clone().quit().await.expect("the browser ends");
}

#[tokio::test]
async fn five_mail_servers_in_japanese_and_dark_and_on_a_phone() {
    let (server, source) = (Server::lab().await, axe::source());
    let browser = Browser::open(1440, 900, &["--force-dark-mode"]).await;
    let address = format!("http://{}/hosts/five-mx.test?lang=ja", server.console);
    browser.driver.goto(&address).await.expect("the page");
    browser.until_text("[data-part=servers]", "127.").await;
    browser.click("[data-part=diagnose]").await;
    browser.until_text("[data-part=diagnosis-verdict]", "ok.partial").await;
    for preference in ["5 mx5", "10 mx10", "20 mx20", "30 mx30", "40 mx40"] {
        browser.until_text(TABLE, preference).await;
    }
    browser.keep_picture("diagnosis-ja-dark.png").await;
    assert_eq!(axe::findings(&browser, &source).await, Vec::<String>::new());
    browser.become_phone(390).await;
    browser.until_text(TABLE, "40 mx40").await;
    browser.is_as_wide_as(390).await;
    browser.keep_picture("diagnosis-phone.png").await;
    browser.driver.clone().quit().await.expect("the browser ends");
}
