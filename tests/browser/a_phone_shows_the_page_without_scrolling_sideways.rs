//! At phone width the rows become blocks: everything is there and nothing runs off the screen.

use tests::browser::Browser;
use tests::server::Server;

#[tokio::test]
async fn at_390_and_320_pixels() {
    let server = Server::lab().await;
    let browser = Browser::open(800, 844, &[]).await;
    for width in [390, 320] {
        browser.become_phone(width).await;
        browser.driver.goto(&format!("http://{}/hosts?lang=en", server.console)).await.expect("the page");
        browser.until_text("tbody", "refused.test").await;
        browser.is_as_wide_as(width).await;
        browser.keep_picture(&format!("hosts-phone-{width}.png")).await;
    }
    browser.driver.clone().quit().await.expect("the browser ends");
}
