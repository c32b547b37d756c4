//! At phone width the rows become blocks: everything is there and nothing runs off the screen.

use tests::browser::Browser;
use tests::server::Server;

#[tokio::test]
async fn at_390_and_320_pixels() {
    let server = Server::lab().await;
    let browser = Browser::open(800, 844, &[]).await;
    let devtools = browser.driver.cdp();
    for width in [390, 320] {
        let screen = serde_json::json!({"width": width, "height": 844, "deviceScaleFactor": 1, "mobile": true});
        devtools.send_raw("Emulation.setDeviceMetricsOverride", screen).await.expect("a phone");
        browser.driver.goto(&format!("http://{}/hosts?lang=en", server.console)).await.expect("the page");
        browser.until_text("tbody", "refused.test").await;
        let script = "return document.documentElement.scrollWidth";
        let found = browser.driver.execute(script, vec![]).await.expect("the page's width");
        assert_eq!(found.json().as_u64(), Some(width), "the page is wider than the screen");
        browser.keep_picture(&format!("hosts-phone-{width}.png")).await;
    }
    browser.driver.clone().quit().await.expect("the browser ends");
}
