//! axe-core finds nothing serious on any page, in both themes, in both languages, and on a phone.

use tests::axe;
use tests::browser::Browser;
use tests::server::Server;

/// A page, and what is on it once it is whole.
const PAGES: [(&str, &str, &str); 6] = [
    ("/", ".page", "refused.test"),
    ("/hosts", "tbody", "refused.test"),
    ("/hosts/refused.test", "[data-part=servers]", "127."),
    ("/actions", "h1", ""),
    ("/people", "[data-part=users] ~ form", ""),
    ("/no-such-page", "h1", ""),
];

async fn theme(browser: &Browser, theme: &str) {
    let media = serde_json::json!({"features": [
        {"name": "prefers-color-scheme", "value": theme},
        {"name": "prefers-reduced-motion", "value": "reduce"}, // no colour is looked at on its way to another
    ]});
    browser.driver.cdp().send_raw("Emulation.setEmulatedMedia", media).await.expect("a theme");
}

/// What axe finds on the page as it stands, in both themes.
async fn look(browser: &Browser, source: &str, what: &str, found: &mut Vec<String>) {
    for name in ["light", "dark"] {
        theme(browser, name).await;
        let lines = axe::findings(browser, source).await;
        found.extend(lines.iter().map(|line| format!("{what}, {name}: {line}")));
    }
}

#[tokio::test]
async fn who_is_signed_in() {
    let (server, source) = (Server::lab().await, axe::source());
    let browser = Browser::open(1440, 900, &[]).await;
    let mut found = Vec::new();
    for (language, phone) in [("en", None), ("ja", None), ("en", Some(390))] {
        if let Some(width) = phone {
            browser.become_phone(width).await;
        }
        for (path, css, wanted) in PAGES {
            let address = format!("http://{}{path}?lang={language}", server.console);
            browser.driver.goto(&address).await.expect("the page");
            browser.until_text(css, wanted).await;
            look(&browser, &source, &format!("{path} {language} {phone:?}"), &mut found).await;
        }
    }
    assert!(found.is_empty(), "{} findings:\n{}", found.len(), found.join("\n"));
    browser.driver.clone().quit().await.expect("the browser ends");
}

#[tokio::test]
async fn who_is_asked_before_mail_is_tried_again_and_told_what_became_of_it() {
    let (server, source) = (Server::lab().await, axe::source());
    let browser = Browser::open(1440, 900, &[]).await;
    let mut found = Vec::new();
    browser.driver.goto(&format!("http://{}/hosts?lang=en", server.console)).await.expect("the page");
    browser.until_text("tbody", "refused.test").await;
    browser.click("[data-part=retry]").await;
    browser.until("[data-part=retry-preview]", |text| text.contains(char::is_numeric)).await.expect("a preview");
    look(&browser, &source, "the dialog", &mut found).await;
    browser.click("[data-part=retry-confirm]").await;
    browser.until("[data-part=receipt]", |text| !text.is_empty()).await.expect("a receipt");
    look(&browser, &source, "the receipt", &mut found).await;
    assert!(found.is_empty(), "{} findings:\n{}", found.len(), found.join("\n"));
    browser.driver.clone().quit().await.expect("the browser ends");
}

#[tokio::test]
async fn who_is_not_signed_in_yet() {
    let (server, source) = (Server::with_sign_in("").await, axe::source());
    let browser = Browser::open(1440, 900, &[]).await;
    let mut found = Vec::new();
    for (user, title) in [(false, "Set up the console"), (true, "Sign in to Nexthop")] {
        if user {
            let (code, _, errors) =
                server.own_verb(&["user", "add", "ann", "--role", "admin"], "a long password").await;
            assert_eq!(code, 0, "{errors}");
        }
        browser.driver.goto(&format!("http://{}/?lang=en", server.console)).await.expect("the page");
        browser.until_text("h1", title).await;
        look(&browser, &source, title, &mut found).await;
    }
    assert!(found.is_empty(), "{} findings:\n{}", found.len(), found.join("\n"));
    browser.driver.clone().quit().await.expect("the browser ends");
}
