//! 20,000 messages to 1,000 destination domains: all arrive once, and the views agree.

use backend::lab::{Lab, LabSettings};
use std::collections::BTreeMap;
use std::time::Duration;
use tests::browser::Browser;
use tests::load::{Acknowledged, Mail, hand_in};
use tests::playground::towards;
use tests::server::Server;

const MESSAGES: usize = 20_000;
const DOMAINS: usize = 1_000;

#[tokio::test(flavor = "multi_thread")]
async fn all_arrive_once_and_the_views_agree() {
    let lab = Lab::start(LabSettings { record: true, ..LabSettings::default() }).await.expect("the lab");
    let server = Server::serve(&towards(&lab)).await;
    let mails = (0..MESSAGES).map(|n| Mail { id: format!("m{n}"), to: format!("r@d{}.many.test", n % DOMAINS) });
    let acknowledged = Acknowledged::default();
    hand_in(server.smtp, 20, mails.collect(), 1_024, acknowledged.clone()).await;
    assert_eq!(acknowledged.lock().unwrap().len(), MESSAGES, "every message is taken; it said:\n{}", server.log());
    let all = |totals: &serde_json::Value| totals["completed_recipients"] == MESSAGES;
    let totals = server.until_totals(Duration::from_secs(120), all).await;
    for n in 0..MESSAGES {
        let entry = lab.ledger().entry(&format!("m{n}")).unwrap_or_else(|| panic!("m{n} did not arrive"));
        assert_eq!((entry.transactions, entry.is_constant), (1, true), "m{n} arrived {} times", entry.transactions);
    }
    assert_eq!((&totals["hosts"], &totals["delivered_recipients"]), (&DOMAINS.into(), &MESSAGES.into()));
    let rows = rows(&server).await;
    assert_eq!(rows.len(), DOMAINS);
    assert!(rows.values().all(|row| row["delivered_recipients"] == MESSAGES / DOMAINS && row["status"] == "up"));
    let top = server.json(&["tophosts", "delivered"]).await;
    let top = top["items"].as_array().expect("rows");
    assert!(top.len() >= 20, "the verb shows the first of them: {}", top.len());
    for row in top {
        assert_eq!(Some(row), rows.get(row["host"].as_str().expect("a name")), "verb and API show the same row");
    }
    the_page_agrees(&server, top).await;
    lab.stop().await;
}

/// The third view: the page counts the same hosts, and its first rows are the verb's, number by number and in its order.
async fn the_page_agrees(server: &Server, top: &[serde_json::Value]) {
    let browser = Browser::open(1440, 900, &[]).await;
    let page = format!("http://{}/hosts?lang=en&sort=-delivered_recipients", server.console);
    browser.driver.goto(&page).await.expect("the page");
    browser.until_text("main", "1,000 hosts").await;
    browser.until_text("tbody tr[aria-rowindex='2']", top[0]["host"].as_str().expect("a name")).await;
    let rows = browser.execute(ROWS).await;
    let wanted = |row: &serde_json::Value| {
        let number = |key: &str| row[key].to_string();
        let connections = format!("{} / {}", row["current_outbound_connections"], row["connections_max"]);
        let cells = ["delivered_recipients", "soft_bounced_events", "hard_bounced_recipients"].map(number);
        let host = row["host"].as_str().expect("a name").to_owned();
        [vec![host, number("active_recipients"), connections], cells.to_vec()].concat()
    };
    let shown: Vec<Vec<String>> = serde_json::from_value(rows).expect("rows of texts");
    assert!(shown.len() >= 10, "a screenful: {shown:?}");
    for (row, shown) in top.iter().zip(&shown) {
        assert_eq!(shown, &wanted(row));
    }
    browser.driver.clone().quit().await.expect("the browser ends");
}

/// What the rows say, in the order of their places.
const ROWS: &str = "
    const rows = [...document.querySelectorAll('tbody tr[aria-rowindex]')];
    rows.sort((one, other) => one.ariaRowIndex - other.ariaRowIndex);
    const cells = ['host', 'active', 'connections', 'delivered', 'soft', 'hard'];
    return rows.map(row => cells.map(name => row.querySelector(`[data-cell=${name}]`).textContent.trim()));
";

/// Every row of `GET /api/v1/hosts`, page by page.
async fn rows(server: &Server) -> BTreeMap<String, serde_json::Value> {
    let mut rows = BTreeMap::new();
    let mut next = String::new();
    loop {
        let page = server.get(&format!("/api/v1/hosts?limit=500&sort=host{next}")).await;
        for row in page["items"].as_array().expect("rows") {
            rows.insert(row["host"].as_str().expect("a name").to_owned(), row.clone());
        }
        match page["next"].as_str() {
            Some(cursor) => next = format!("&cursor={cursor}"),
            None => return rows,
        }
    }
}
