//! A mail server that greets with HTML, escapes, bidi marks and endless words: in the list, on the host's page and in
//! the terminal it stays text that fits the page; nothing of it runs, is loaded, or breaks the policy of the page.

use tests::browser::Browser;
use tests::caller::Caller;
use tests::server::{Server, free_address};
use thirtyfour::Key;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpListener;

const HARM: &str = "<script>window.harmed=1</script><img src=//evil.test/x onerror=window.harmed=1>\
                    <a href=javascript:window.harmed=1>x</a> \u{1b}[2J\u{1b}]0;owned\u{7}\u{202e}gpj.exe\u{2066} ";

/// The octets of a greeting of ten kilobytes in words without an end; each line within the protocol's bound.
fn greeting() -> Vec<u8> {
    let token = "W".repeat(1_900);
    let words = (0..6).map(|_| format!("554-{token}\r\n")).collect::<String>();
    format!("554-{HARM}\r\n{words}554 go\r\n").into_bytes()
}

/// A peer that says this to whoever comes, and then only listens.
async fn peer() -> u16 {
    let listener = TcpListener::bind(free_address()).await.expect("a listener");
    let port = listener.local_addr().expect("an address").port();
    tokio::spawn(async move {
        while let Ok((mut stream, _)) = listener.accept().await {
            tokio::spawn(async move {
                let _ = stream.write_all(&greeting()).await; // who has gone needs no words
                let mut heard = [0; 1_024];
                while stream.read(&mut heard).await.is_ok_and(|octets| octets > 0) {}
            });
        }
    });
    port
}

/// Nothing of it ran or was loaded, and the page is as wide as the screen.
async fn is_inert(browser: &Browser, what: &str) {
    assert_eq!(browser.count("main script, main img, main a[href^=javascript]").await, 0, "{what}");
    assert_eq!(browser.execute("return window.harmed === undefined").await.as_bool(), Some(true), "{what}");
    let foreign =
        "return performance.getEntriesByType('resource').filter(one => !one.name.startsWith(location.origin)).length";
    assert_eq!(browser.execute(foreign).await.as_u64(), Some(0), "{what}");
    assert_eq!(browser.execute("return document.title.includes('owned')").await.as_bool(), Some(false), "{what}");
    let fits = "return document.documentElement.scrollWidth <= document.documentElement.clientWidth";
    assert_eq!(browser.execute(fits).await.as_bool(), Some(true), "{what} is wider than the screen");
    assert_eq!(browser.errors().await, "", "{what}");
}

#[tokio::test]
async fn in_the_list_on_the_hosts_page_and_in_the_terminal() {
    let port = peer().await;
    let settings = format!(
        "[probe]\nports = [{port}]\n[delivery]\nallow_targets = [\"127.0.0.0/8\"]\n\
         [[route]]\nmatch = \"hostile.test\"\nto = [\"127.0.0.1:{port}\"]\n"
    );
    let server = Server::serve(&settings).await;
    let mut caller = Caller::known(server.smtp).await;
    caller.says("MAIL FROM:<me@lab.test>", "250").await;
    caller.says("RCPT TO:<someone@hostile.test>", "250").await;
    caller.says("DATA", "354").await;
    caller.says("Subject: x\r\n\r\nx\r\n.", "250").await;
    let browser = Browser::open(1440, 900, &[]).await;
    browser.watch_from_the_start().await;
    let goto = async |path: &str| {
        browser.driver.goto(&format!("http://{}{path}", server.console)).await.expect("the page");
    };
    for width in [1440, 390] {
        if width == 390 {
            browser.become_phone(390).await;
        }
        for (language, why) in [("en", "554"), ("ja", "554")] {
            goto(&format!("/hosts?lang={language}")).await;
            browser.until_text("tbody", "hostile.test").await;
            is_inert(&browser, "the list").await;
            goto(&format!("/hosts/hostile.test?lang={language}")).await;
            let said = browser.until_text("[data-part=verdict]", why).await;
            assert!(said.contains("<script>window.harmed=1</script>"), "it is shown as it came: {said}");
            assert!(!said.contains(['\u{1b}', '\u{202e}', '\u{2066}', '\u{7}']), "{said}");
            is_inert(&browser, "the host's page").await;
            browser.keep_picture(&format!("hostile-host-{language}-{width}.png")).await;
        }
        goto("/").await;
        browser.until_text(".page", "hostile.test").await;
        is_inert(&browser, "the overview").await;
        goto(&format!("/smtp?lang=en&host=127.0.0.1&port={port}")).await;
        browser.until_text(".top .line", "live").await;
        browser.click("[data-part=terminal] button[type=submit]").await;
        let said = browser.until_text("[data-part=terminal] [role=log]", "554 go").await;
        assert!(said.contains("WWWW") && !said.contains(['\u{1b}', '\u{202e}', '\u{2066}', '\u{7}']), "{said}");
        browser.fill("#smtp-line", &format!("QUIT{}", Key::Enter.value())).await;
        browser.until_text("[data-part=terminal] [role=log]", "QUIT").await;
        is_inert(&browser, "the terminal").await;
        browser.keep_picture(&format!("hostile-terminal-{width}.png")).await;
    }
    browser.driver.clone().quit().await.expect("the browser ends");
}
