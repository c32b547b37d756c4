//! The first page says who is in trouble and why, and every number leads to the rows behind it; in both languages, both
//! themes and at phone width.

use tests::browser::Browser;
use tests::server::Server;
use thirtyfour::By;

async fn journey(language: &str, [title, title_of_list]: [&str; 2], name: &str, more: &[&str]) {
    let server = Server::lab().await;
    let browser = Browser::open(1440, 900, more).await;
    browser.driver.goto(&format!("http://{}/?lang={language}", server.console)).await.expect("the page");
    browser.until_text("h1", title).await;
    browser.until_text("[data-part=attention]", "refused.test").await;
    let headline = browser.until("[data-part=headline] .name", |text| text.ends_with(".test")).await;
    headline.expect("the worst host stands in the first sentence");
    let delivered = browser.until(".tiles li:nth-child(3) b", |text| text.parse::<u64>().is_ok_and(|n| n > 0)).await;
    delivered.expect("deliveries of the latest minute are counted");
    browser.keep_picture(&format!("overview-{name}.png")).await;
    let tile = browser.driver.find(By::Css(".tiles li:first-child a")).await.expect("a tile");
    tile.click().await.expect("a click");
    browser.until_text("h1", title_of_list).await;
    let address = browser.driver.current_url().await.expect("an address");
    assert_eq!((address.path(), address.query()), ("/hosts", Some("q=status:waiting")));
    browser.until_text("tbody", "refused.test").await;
    browser.driver.clone().quit().await.expect("the browser ends");
}

#[tokio::test]
async fn in_english_light() {
    journey("en", ["Overview", "Delivery Status"], "light", &[]).await;
}

#[tokio::test]
async fn in_japanese_dark() {
    journey("ja", ["概要", "配信ステータス"], "ja-dark", &["--force-dark-mode"]).await;
}

#[tokio::test]
async fn on_a_phone_nothing_runs_off_the_screen() {
    let server = Server::lab().await;
    let browser = Browser::open(800, 844, &[]).await;
    for width in [390, 320] {
        browser.become_phone(width).await;
        browser.driver.goto(&format!("http://{}/?lang=en", server.console)).await.expect("the page");
        browser.until_text("[data-part=attention]", "refused.test").await;
        browser.is_as_wide_as(width).await;
        browser.keep_picture(&format!("overview-phone-{width}.png")).await;
    }
    browser.driver.clone().quit().await.expect("the browser ends");
}
