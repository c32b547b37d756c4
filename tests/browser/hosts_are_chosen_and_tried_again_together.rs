//! In the list of hosts: some are chosen by pointer and by key, or all that a filter shows, and are tried again together;
//! the filter says itself what may be typed.

use tests::browser::Browser;
use tests::server::Server;
use thirtyfour::prelude::*;

const CHECKED: &str = "return document.querySelectorAll('tbody input:checked').length";
/// Presses the first row's box, then the third's with the shift key.
const RANGE: &str = "const boxes = document.querySelectorAll('tbody tr[data-host] input'); boxes[0].click(); \
                     boxes[2].dispatchEvent(new MouseEvent('click', {bubbles: true, cancelable: true, shiftKey: true}))";
const FIRST_ROW: &str = "document.querySelector('tbody tr[data-host]').focus()";

async fn list(server: &Server, browser: &Browser) {
    browser.driver.goto(&format!("http://{}/hosts?lang=en", server.console)).await.expect("the page");
    browser.until_text("tbody", "refused.test").await;
    browser.watch_errors().await;
}

#[tokio::test]
async fn by_pointer_by_key_and_by_filter() {
    let server = Server::lab().await;
    let browser = Browser::open(1440, 900, &[]).await;
    list(&server, &browser).await;
    browser.execute(RANGE).await;
    browser.until_text("[data-part=chosen]", "3 hosts selected").await;
    assert_eq!(browser.execute(CHECKED).await, 3);
    browser.execute(FIRST_ROW).await;
    let row = browser.driver.active_element().await.expect("the row");
    row.send_keys("x").await.expect("a key");
    browser.until_text("[data-part=chosen]", "2 hosts selected").await;
    browser.click(".foot [data-part=retry]").await;
    browser.until_text("dialog[open]", "2 hosts").await;
    browser.driver.active_element().await.expect("the dialog").send_keys(Key::Escape).await.expect("a key");
    // The choice is of names: another filter leaves it as it is.
    browser.fill(".filter input", "nothing-is-called-so").await;
    browser.until(".empty", |text| !text.is_empty()).await.expect("an empty list");
    browser.until_text("[data-part=chosen]", "2 hosts selected").await;
    browser.click(".foot button:not([data-part])").await;
    browser.until("[data-part=chosen]", str::is_empty).await.expect("nothing is chosen");
    browser.fill(".filter input", "refused status:down").await;
    browser.until_text("tbody", "refused.test").await;
    browser.click(".foot [data-part=retry]").await;
    browser.until_text("dialog[open]", "domain:refused status:down").await;
    assert_eq!(browser.errors().await, "");
    browser.driver.clone().quit().await.expect("the browser ends");
}

#[tokio::test]
async fn the_filter_is_completed_by_keys_alone() {
    let server = Server::lab().await;
    let browser = Browser::open(1440, 900, &[]).await;
    list(&server, &browser).await;
    let field = browser.driver.find(By::Css(".filter input")).await.expect("the filter");
    field.send_keys("sta").await.expect("keys");
    browser.until_text("[role=listbox]", "status:").await;
    assert_eq!(field.attr("aria-expanded").await.expect("an attribute").as_deref(), Some("true"));
    field.send_keys(Key::Down + "").await.expect("a key");
    browser.until("[role=option][aria-selected=true]", |text| text == "status:").await.expect("it is chosen");
    assert_eq!(field.attr("aria-activedescendant").await.expect("an attribute").as_deref(), Some("filter-options-0"));
    field.send_keys(Key::Enter + "").await.expect("a key");
    browser.until_text("[role=listbox]", "status:down").await;
    field.send_keys(Key::Down + Key::Enter).await.expect("keys");
    assert_eq!(field.value().await.expect("its text").as_deref(), Some("status:down "));
    browser.until_text("tbody", "refused.test").await;
    field.send_keys("ca").await.expect("keys");
    browser.until_text("[role=listbox]", "cause:").await;
    field.send_keys(Key::Escape + "").await.expect("a key");
    let end = browser.until("body", |_| true).await;
    assert!(end.is_ok() && browser.count("[role=listbox]").await == 0, "Escape closes it");
    assert_eq!(field.value().await.expect("its text").as_deref(), Some("status:down ca"), "and leaves the text");
    assert_eq!(browser.errors().await, "");
    browser.driver.clone().quit().await.expect("the browser ends");
}
