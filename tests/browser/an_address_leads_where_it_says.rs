//! Links, back and forward, and addresses that are typed: each leads to its page, with its title and the focus on its head.

use tests::browser::Browser;
use tests::server::Server;
use thirtyfour::By;

const FOCUSED: &str = "return document.activeElement.id";

async fn is_at(browser: &Browser, path: &str, title: &str) {
    browser.until_text("h1", title).await;
    let address = browser.driver.current_url().await.expect("an address");
    assert_eq!(address.path(), path);
}

#[tokio::test]
async fn by_link_by_back_and_forward_and_by_hand() {
    let server = Server::lab().await;
    let browser = Browser::open(1440, 900, &[]).await;
    browser.driver.goto(&format!("http://{}/?lang=en", server.console)).await.expect("the page");
    is_at(&browser, "/", "Overview").await;
    browser.watch_errors().await;
    browser.click(".rail a[href='/hosts']").await;
    is_at(&browser, "/hosts", "Delivery Status").await;
    assert_eq!(browser.execute(FOCUSED).await, "title", "another page begins at its title");
    assert_eq!(browser.count(".rail [aria-current=page]").await, 1);
    browser.until_text("tbody", "refused.test").await;
    browser.click("tr[data-host='refused.test'] a").await;
    is_at(&browser, "/hosts/refused.test", "refused.test").await;
    assert!(browser.driver.title().await.expect("a title").starts_with("refused.test"));
    browser.execute("history.back()").await;
    is_at(&browser, "/hosts", "Delivery Status").await;
    browser.execute("history.back()").await;
    is_at(&browser, "/", "Overview").await;
    browser.execute("history.forward()").await;
    is_at(&browser, "/hosts", "Delivery Status").await;
    assert_eq!(browser.errors().await, "", "the page was never loaded again");
    // What is in the address is on the page, and a name may hold anything.
    browser.driver.goto(&format!("http://{}/hosts?lang=en&q=domain:refused", server.console)).await.expect("the page");
    browser.until_text("tbody", "refused.test").await;
    let field = browser.driver.find(By::Css(".filter input")).await.expect("the filter");
    assert_eq!(field.value().await.expect("its text").as_deref(), Some("domain:refused"));
    browser.driver.goto(&format!("http://{}/hosts/a%2Fb%3F%25", server.console)).await.expect("the page");
    is_at(&browser, "/hosts/a%2Fb%3F%25", "a/b?%").await;
    browser.driver.goto(&format!("http://{}/hosts/a/b", server.console)).await.expect("the page");
    browser.until("h1", |text| !text.is_empty()).await.expect("it says that there is no such page");
    browser.click("main a[href='/hosts']").await;
    is_at(&browser, "/hosts", "Delivery Status").await;
    browser.driver.clone().quit().await.expect("the browser ends");
}

#[tokio::test]
async fn a_click_for_a_new_tab_is_the_browsers_own() {
    let server = Server::lab().await;
    let browser = Browser::open(1440, 900, &[]).await;
    browser.driver.goto(&format!("http://{}/?lang=en", server.console)).await.expect("the page");
    browser.until_text("h1", "Overview").await;
    let prevented = "const link = document.querySelector(\".rail a[href='/hosts']\"); let prevented; \
                     addEventListener('click', event => { prevented = event.defaultPrevented; event.preventDefault(); }, {once: true}); \
                     link.dispatchEvent(new MouseEvent('click', {bubbles: true, cancelable: true, ctrlKey: true})); return prevented";
    assert_eq!(browser.execute(prevented).await, false);
    is_at(&browser, "/", "Overview").await;
    browser.driver.clone().quit().await.expect("the browser ends");
}
