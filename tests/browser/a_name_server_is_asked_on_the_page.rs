//! dig on the page: in its layout and as a table, with what delivery would use, under a link that stays; and whatever a
//! name server says stays text.

use backend::lab::zone::{ZoneServer, address, mx, txt};
use tests::browser::Browser;
use tests::server::Server;
use thirtyfour::{By, Key};

const ANSWER: &str = "[data-part=dig-answer]";
const SCRIPT: &str = "<script>window.harmed=1</script><img src=x onerror=window.harmed=1>";
const STEERS: &str = "\u{1b}[2J\u{1b}]0;owned\u{7}\u{202e}gpj.exe\u{2066}";

async fn world() -> (ZoneServer, Server) {
    let long = "x".repeat(250);
    let long: Vec<&str> = (0..40).map(|_| long.as_str()).collect();
    let mut texts = vec![SCRIPT, STEERS];
    texts.extend(long);
    let records = vec![mx("a.test", 10, "mx.a.test"), address("mx.a.test", [127, 0, 0, 11]), txt("evil.test", &texts)];
    let zone = ZoneServer::start("test.", records).await.expect("a name server");
    let dns = zone.address();
    let server =
        Server::serve(&format!("[dns]\nservers = [\"{dns}\"]\n[delivery]\nallow_targets = [\"127.0.0.0/8\"]\n")).await;
    (zone, server)
}

async fn ask(browser: &Browser, name: &str, rtype: &str) {
    browser.until("[data-part=dig] select", |_| true).await.expect("the form");
    let select = browser.driver.find(By::Css("[data-part=dig] select")).await.expect("the types");
    select.send_keys(rtype).await.expect("one is chosen");
    browser.fill("[data-part=dig] input", &format!("{name}{}", Key::Enter.value())).await;
}

#[tokio::test]
async fn an_answer_is_read_in_two_forms_and_kept_under_its_link() {
    let (_zone, server) = world().await;
    let browser = Browser::open(1440, 900, &[]).await;
    browser.driver.goto(&format!("http://{}/dig?lang=en&name=a.test&type=mx", server.console)).await.expect("the page");
    browser.until_text("h1", "DNS (dig)").await;
    browser.watch_errors().await;
    browser.click("[data-part=dig] button[type=submit]").await;
    let text = browser.until_text(&format!("{ANSWER} pre"), "QUESTION SECTION").await;
    for line in ["status: NOERROR", ";; ANSWER SECTION:", "10 mx.a.test.", ";; ADDITIONAL SECTION:"] {
        assert!(text.contains(line), "{line} is missing:\n{text}");
    }
    browser.until_text("[data-part=delivery]", "10 mx.a.test 127.0.0.11:25").await;
    browser.until_text("[data-part=probe-foot] code", "nexthop dig mx a.test").await;
    browser.keep_picture("dig-light.png").await;
    browser.click(&format!("{ANSWER} .segments button:nth-child(2)")).await;
    browser.until_text(&format!("{ANSWER} .records"), "10 mx.a.test.").await;
    browser.keep_picture("dig-table-light.png").await;

    // A name that has nothing says so with the zone's SOA.
    ask(&browser, "a.test", "TLSA").await;
    let text = browser.until_text(&format!("{ANSWER} pre"), "AUTHORITY SECTION").await;
    assert!(text.contains("SOA") && text.contains("ANSWER: 0"), "{text}");
    assert_eq!(browser.errors().await, "");

    browser.click("[data-part=probe-foot] a").await;
    browser.until_text("h1", "dig tlsa a.test").await;
    browser.driver.refresh().await.expect("the page again");
    browser.until_text("[data-part=probe] pre", "AUTHORITY SECTION").await;
    browser.driver.goto(&format!("http://{}/probes/1?lang=ja", server.console)).await.expect("a page");
    browser.until_text("[data-part=probe]", "該当するプローブはありません").await;
    browser.driver.clone().quit().await.expect("the browser ends");
}

#[tokio::test]
async fn whatever_a_name_server_says_stays_text() {
    let (_zone, server) = world().await;
    let browser = Browser::open(1440, 900, &["--force-dark-mode"]).await;
    browser.driver.goto(&format!("http://{}/dig?lang=ja", server.console)).await.expect("the page");
    browser.until_text("h1", "DNS 照会").await;
    browser.watch_errors().await;
    ask(&browser, "evil.test", "TXT").await;
    let text = browser.until_text(&format!("{ANSWER} pre"), "onerror").await;
    assert_eq!(text.matches('x').count() / 1_000, 10, "ten kilobytes are shown whole");
    assert!(text.contains("\\027[2J") && !text.contains(['\u{1b}', '\u{7}', '\u{202e}', '\u{2066}']), "{text}");
    browser.click(&format!("{ANSWER} .segments button:nth-child(2)")).await;
    let table = browser.until_text(&format!("{ANSWER} .records"), "onerror").await;
    assert!(!table.contains(['\u{1b}', '\u{7}', '\u{202e}', '\u{2066}']));
    browser.keep_picture("dig-hostile-ja-dark.png").await;
    assert_eq!(browser.count("main script, main img").await, 0);
    assert_eq!(browser.execute("return window.harmed === undefined").await.as_bool(), Some(true));

    // What cannot be asked is refused with what to write, in the language of the page.
    ask(&browser, " ", "MX").await;
    browser.until_text(ANSWER, "名前が必要です").await;
    ask(&browser, "192.0.2.1", "MX").await;
    browser.until_text(ANSWER, "192.0.2.1 はアドレスです").await;
    ask(&browser, "a..test", "MX").await;
    browser.until_text(ANSWER, "ドメイン名として正しくありません").await;
    assert_eq!(browser.errors().await, "");
    browser.driver.clone().quit().await.expect("the browser ends");
}

#[tokio::test]
async fn on_a_phone_nothing_runs_off_the_screen() {
    let (_zone, server) = world().await;
    let browser = Browser::open(800, 844, &[]).await;
    for width in [390, 320] {
        browser.become_phone(width).await;
        browser.driver.goto(&format!("http://{}/dig?lang=en", server.console)).await.expect("the page");
        ask(&browser, "evil.test", "TXT").await;
        browser.until_text(&format!("{ANSWER} pre"), "onerror").await;
        browser.is_as_wide_as(width).await;
        ask(&browser, "a.test", "MX").await;
        browser.until_text("[data-part=delivery]", "127.0.0.11").await;
        browser.keep_picture(&format!("dig-phone-{width}.png")).await;
        browser.is_as_wide_as(width).await;
    }
    browser.driver.clone().quit().await.expect("the browser ends");
}
