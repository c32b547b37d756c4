//! The SMTP terminal: what a mail server says stays text, what may not be sent is refused with the reason, arrows bring
//! back what was sent, and whoever leaves the page leaves the mail server politely.

use backend::lab::{Lab, LabSettings};
use std::net::SocketAddr;
use tests::browser::{Browser, PATIENCE};
use tests::playground::towards;
use tests::server::{Server, free_address};
use thirtyfour::Key;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpListener;

const LOG: &str = "[data-part=terminal] [role=log]";
const LINE: &str = "#smtp-line";
const HARM: &str =
    "220 <script>window.harmed=1</script><img src=x onerror=window.harmed=1> \u{1b}[2J\u{202e}gpj.exe\r\n";

/// A peer that says this to whoever comes, and then only listens.
async fn peer(says: &'static str) -> SocketAddr {
    let listener = TcpListener::bind(free_address()).await.expect("a listener");
    let address = listener.local_addr().expect("an address");
    tokio::spawn(async move {
        while let Ok((mut stream, _)) = listener.accept().await {
            tokio::spawn(async move {
                let _ = stream.write_all(says.as_bytes()).await; // who has gone needs no words
                let mut heard = [0; 1_024];
                while stream.read(&mut heard).await.is_ok_and(|octets| octets > 0) {}
            });
        }
    });
    address
}

async fn open(browser: &Browser, server: &Server, query: &str) {
    browser.driver.goto(&format!("http://{}/smtp?lang=en&{query}", server.console)).await.expect("the page");
    browser.until_text("h1", "SMTP terminal").await;
    browser.until_text(".top .line", "live").await;
    browser.watch_errors().await;
    browser.click("[data-part=terminal] button[type=submit]").await;
    browser.until_text(LOG, "220 ").await;
}

#[tokio::test]
async fn whatever_a_mail_server_says_stays_text() {
    let peer = peer(HARM).await;
    let ports = format!("[probe]\nports = [{}]\n[delivery]\nallow_targets = [\"127.0.0.0/8\"]\n", peer.port());
    let server = Server::serve(&ports).await;
    let browser = Browser::open(1440, 900, &[]).await;
    open(&browser, &server, &format!("host=127.0.0.1&port={}", peer.port())).await;
    let said = browser.until_text(LOG, "onerror").await;
    assert!(said.contains("<script>") && !said.contains(['\u{1b}', '\u{202e}']), "{said}");
    assert_eq!(browser.count("main script, main img").await, 0);
    assert_eq!(browser.execute("return window.harmed === undefined").await.as_bool(), Some(true));

    browser.fill(LINE, &format!("NOOP{}", Key::Enter.value())).await;
    browser.until_text(LOG, "NOOP").await;
    // Their silence is counted from the first second on.
    browser.until_text("[data-part=limits]", "1 of 200 lines").await;
    browser.until("[data-part=limits]", |text| !text.contains("silent for 0 s")).await.expect("it counts");
    browser.fill(LINE, &format!("DATA{}", Key::Enter.value())).await;
    browser.until(LOG, |text| text.matches("DATA").count() >= 1).await.expect("why it was not sent");
    let up = format!("{0}{0}", Key::Up.value());
    browser.fill(LINE, &up).await;
    assert_eq!(browser.execute("return document.querySelector('#smtp-line').value").await.as_str(), Some("NOOP"));
    browser.keep_picture("terminal-hostile.png").await;
    browser.click("[data-part=terminal] .ask button[type=submit]").await; // Disconnect
    browser.until_text("[data-part=terminal] [data-part=probe-foot]", "nexthop telnet 127.0.0.1").await;
    assert_eq!(browser.errors().await, "");
    browser.driver.clone().quit().await.expect("the browser ends");
}

#[tokio::test]
async fn whoever_leaves_the_page_leaves_the_mail_server() {
    let lab = Lab::start(LabSettings::default()).await.expect("a lab");
    let server = Server::serve(&towards(&lab)).await;
    let browser = Browser::open(390, 844, &[]).await;
    browser.become_phone(390).await;
    open(&browser, &server, &format!("host=mx.healthy.test&port={}", lab.port())).await;
    browser.is_as_wide_as(390).await;
    browser.keep_picture("terminal-phone-390.png").await;
    let script = "return /probes\\/([0-9]+)/.exec(document.querySelector('[role=log]').textContent)[1]";
    let id = browser.execute(script).await.as_str().expect("its number").to_owned();
    browser.click(".rail a[href='/hosts']").await;
    browser.until_text("h1", "Delivery Status").await;
    let end = tokio::time::Instant::now() + PATIENCE;
    loop {
        let probe = server.get(&format!("/api/v1/probes/{id}?wait=5")).await;
        if probe["state"] == "done" {
            let said = probe["events"].to_string();
            assert!(said.contains("\"QUIT\"") && said.contains("221 "), "{said}");
            break;
        }
        assert!(tokio::time::Instant::now() < end, "it goes on without anybody: {probe}");
    }
    assert_eq!(browser.errors().await, "");
    browser.driver.clone().quit().await.expect("the browser ends");
}

#[tokio::test]
async fn a_host_that_makes_no_sense_is_refused_with_what_to_write() {
    let server = Server::serve("").await;
    let browser = Browser::open(1440, 900, &[]).await;
    browser.driver.goto(&format!("http://{}/smtp?lang=en&host=a..b", server.console)).await.expect("the page");
    browser.until_text(".top .line", "live").await;
    browser.click("[data-part=terminal] button[type=submit]").await;
    browser.until_text("[data-part=session-end]", "no host name and no address").await;
    browser.driver.clone().quit().await.expect("the browser ends");
}
