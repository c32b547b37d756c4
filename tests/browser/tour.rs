//! The pictures of `docs/tour`: each page in light, dark, Japanese and on a phone, as a person meets it.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use std::path::{Path, PathBuf};
use tests::browser::Browser;
use tests::server::Server;

/// A page: its picture's name, its address, and what is on it once it is whole.
const PAGES: [(&str, &str, &str, &str); 4] = [
    ("overview", "/", "[data-part=attention]", "refused.test"),
    ("hosts", "/hosts", "tbody", "refused.test"),
    ("host", "/hosts/refused.test", "[data-part=messages]", "@refused.test"),
    ("actions", "/actions", ".actions", "host:refused.test"),
];

/// How it is looked at: the picture's suffix, the language, the theme, and the width of a phone if it is one.
const LOOKS: [(&str, &str, &str, Option<u64>); 4] = [
    ("light", "en", "light", None),
    ("dark", "en", "dark", None),
    ("japanese", "ja", "light", None),
    ("phone", "en", "light", Some(390)),
];

async fn picture(browser: &Browser, folder: &Path, name: &str) {
    let wish = serde_json::json!({"format": "webp", "quality": 80});
    let answer = browser.driver.cdp().send_raw("Page.captureScreenshot", wish).await.expect("a picture");
    let octets = STANDARD.decode(answer["data"].as_str().expect("its data")).expect("base64");
    std::fs::write(folder.join(format!("{name}.webp")), octets).expect("it is kept");
}

/// Something that was done, for the page of actions.
async fn retry_once(browser: &Browser, server: &Server) {
    browser.driver.goto(&format!("http://{}/hosts/refused.test?lang=en", server.console)).await.expect("the page");
    browser.until_text("[data-part=messages]", "@refused.test").await;
    browser.click("[data-part=retry]").await;
    browser.until("dialog[open] [data-part=retry-confirm]:enabled", |text| !text.is_empty()).await.expect("a plan");
    browser.click("dialog[open] [data-part=retry-confirm]").await;
    browser.until("[data-part=receipt]", |text| !text.is_empty()).await.expect("a receipt");
}

#[tokio::test]
#[ignore = "makes pictures to look at: `cargo xtask tour`"]
async fn of_every_page() {
    let folder = PathBuf::from(std::env::var_os("NEXTHOP_TOUR").expect("NEXTHOP_TOUR: the folder of the pictures"));
    let server = Server::lab().await;
    let browser = Browser::open(1440, 900, &[]).await;
    retry_once(&browser, &server).await;
    for (look, language, theme, phone) in LOOKS {
        let media = serde_json::json!({"features": [{"name": "prefers-color-scheme", "value": theme}]});
        browser.driver.cdp().send_raw("Emulation.setEmulatedMedia", media).await.expect("a theme");
        if let Some(width) = phone {
            browser.become_phone(width).await;
        }
        for (name, path, css, wanted) in PAGES {
            let page = format!("http://{}{path}?lang={language}", server.console);
            browser.driver.goto(&page).await.expect("the page");
            browser.until_text(css, wanted).await;
            picture(&browser, &folder, &format!("{name}-{look}")).await;
        }
    }
    browser.driver.clone().quit().await.expect("the browser ends");
}
