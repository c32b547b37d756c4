//! Six hundred hosts: a few rows are in the page, the others come when they are looked at; the focus is never lost.

use tests::backlog;
use tests::browser::Browser;
use tests::server::{Server, free_address};

const HOSTS: u64 = 600;
/// Rows of a screen of 900 pixels and those kept around them.
const ROWS_MAX: u64 = 60;
/// How often the page is scrolled on the way down.
const STEPS: u64 = 6;

const COUNT: &str = "return document.querySelectorAll('tr[data-host]').length";
/// The numbers of the first and the last row that can be seen.
const SEEN: &str = "const seen = [...document.querySelectorAll('tr[data-host]:not(.away)')].filter(row => {\
    const box = row.getBoundingClientRect(); return box.bottom > 0 && box.top < innerHeight });\
    return seen.length ? seen[0].ariaRowIndex + ' ' + seen.at(-1).ariaRowIndex : ''";

async fn until(browser: &Browser, script: &str, wished: impl Fn(&str) -> bool) -> String {
    let end = tokio::time::Instant::now() + tests::browser::PATIENCE;
    loop {
        let answer = browser.execute(script).await;
        let text = answer.as_str().map_or_else(|| answer.to_string(), str::to_owned);
        if wished(&text) {
            return text;
        }
        assert!(tokio::time::Instant::now() < end, "{script}: never as wished, but {text:?}");
        tokio::time::sleep(std::time::Duration::from_millis(50)).await;
    }
}

/// Whether the rows on the screen are those of the place that the page is scrolled to, without a hole.
fn covers(first: u64, seen: &str) -> bool {
    let numbers: Vec<u64> = seen.split(' ').filter_map(|number| number.parse().ok()).collect();
    matches!(&*numbers, [from, to] if *from <= first + 2 && *to >= (first + 10).min(HOSTS + 1))
}

/// The place that the page is scrolled to: this row first.
async fn scroll_to(browser: &Browser, first: u64) {
    let script =
        "window.scrollTo(0, Math.sign(arguments[0]) * document.querySelector('tbody').offsetTop + arguments[0] * 36)";
    browser.driver.execute(script, vec![first.into()]).await.expect("it scrolls");
    until(browser, SEEN, |seen| covers(first, seen)).await;
}

/// Down, back to the beginning, and to the end again, with the focus on a row or on something within it.
async fn scroll_with_the_focus(browser: &Browser, within: &str) {
    scroll_to(browser, 0).await;
    // Not the first one: the rows before it go when the page is scrolled, and it is moved.
    let focus = format!(
        "const row = document.querySelectorAll('tr[data-host]')[3]; \
        window.held = {within:?} ? row.querySelector({within:?}) : row; held.focus(); return document.activeElement === held"
    );
    assert_eq!(browser.execute(&focus).await, true, "{within:?} has the focus");
    let host = "return document.activeElement.closest('tr')?.dataset.host ?? ''";
    let before = browser.execute(host).await;
    for first in (1..=STEPS).map(|step| HOSTS * step / STEPS - 30).chain([0, HOSTS - 30]) {
        scroll_to(browser, first).await;
        assert!(browser.execute(COUNT).await.as_u64().is_some_and(|rows| rows <= ROWS_MAX));
        assert_eq!(browser.execute(host).await, before, "{within:?} at {first}: the focus stays in its row");
        let same = browser.execute("return document.activeElement === window.held").await;
        assert_eq!(same, true, "{within:?} at {first}: the focus stays where it was in the row");
    }
}

#[tokio::test]
async fn from_end_to_end() {
    let server = Server::serve(&format!("[[route]]\nmatch = \"*\"\nto = [\"{}\"]\n", free_address())).await;
    backlog::fill(server.smtp, 0..HOSTS, HOSTS).await;
    let browser = Browser::open(1440, 900, &[]).await;
    browser.driver.goto(&format!("http://{}/hosts?lang=en&sort=host", server.console)).await.expect("the page");
    browser.until_text("[data-part=footer]", "600 hosts").await;
    browser.watch_errors().await;
    until(&browser, SEEN, |seen| covers(0, seen)).await;
    assert!(browser.execute(COUNT).await.as_u64().is_some_and(|rows| rows > 20 && rows <= ROWS_MAX));
    assert_eq!(browser.execute("return document.querySelector('table').ariaRowCount").await.as_str(), Some("601"));
    let height = "return document.querySelector('tr[data-host]').getBoundingClientRect().height";
    assert_eq!(browser.execute(height).await.as_f64(), Some(36.0), "rows are as high as the room kept for them");

    for focused in ["input", "th a", ""] {
        scroll_with_the_focus(&browser, focused).await;
    }
    let down = "document.activeElement.dispatchEvent(new KeyboardEvent('keydown', {key: 'ArrowDown', bubbles: true}))";
    browser.execute(down).await;
    let place = until(&browser, "return document.activeElement.ariaRowIndex || ''", |place| place.len() == 3).await;
    assert!(place.parse::<u64>().is_ok_and(|place| place > HOSTS - 60), "the first row in sight has it: {place}");

    browser
        .execute("document.activeElement.blur(); document.querySelector('[data-column=oldest] button').click()")
        .await;
    until(&browser, "return document.querySelector('[data-column=oldest]').ariaSort || ''", |sort| sort == "ascending")
        .await;
    until(&browser, SEEN, |seen| covers(0, seen)).await;
    assert_eq!(browser.errors().await, "");
    browser.driver.clone().quit().await.expect("the browser ends");
}
