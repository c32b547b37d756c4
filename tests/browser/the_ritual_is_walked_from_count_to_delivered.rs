//! The ritual that the product grew from, whole: count what waits for a host that refuses, test it by dig and by an SMTP
//! session, and once it greets with 220 move the mail; in English by mouse, in Japanese by keyboard alone.

use backend::lab::behaviour::Behaviour;
use backend::lab::{Lab, LabSettings};
use std::time::Duration;
use tests::browser::{Browser, PATIENCE};
use tests::load::{Acknowledged, Mail, hand_in};
use tests::playground::towards;
use tests::server::Server;
use thirtyfour::Key;

const HOST: &str = "healthy.test";
const RECIPIENTS: u64 = 13;
/// Stops on the way round a page by Tab.
const STOPS_MAX: usize = 150;
/// Where the page says what was said.
const LOG: &str = "[data-part=terminal] [role=log]";

/// How the person works.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Hand {
    Mouse,
    Keys,
}

/// What a person reads on the way.
struct Words {
    language: &'static str,
    counted: &'static str,
    refused: &'static str,
    kept: &'static str,
}

async fn world() -> (Lab, Server) {
    let lab = Lab::start(LabSettings::default()).await.expect("a lab");
    lab.set("healthy", Behaviour::Refused).await.expect("its port closes");
    let server = Server::serve(&towards(&lab)).await;
    let mail = (0..RECIPIENTS).map(|n| Mail { id: format!("r{n}"), to: format!("u{n}@{HOST}") }).collect();
    hand_in(server.smtp, 1, mail, 1_024, Acknowledged::default()).await;
    server.until_totals(Duration::from_secs(60), |totals| totals["hosts_down"] == 1).await;
    (lab, server)
}

async fn strike(browser: &Browser, keys: &str) {
    browser.driver.action_chain().send_keys(keys).perform().await.expect("keys");
}

/// Goes on by Tab until this has the focus.
async fn tab_to(browser: &Browser, css: &str) {
    browser.until(css, |_| true).await.unwrap_or_else(|_| panic!("{css} never came"));
    let there = format!("return document.activeElement.matches({css:?})");
    for _ in 0..STOPS_MAX {
        if browser.execute(&there).await.as_bool() == Some(true) {
            return;
        }
        strike(browser, &String::from(Key::Tab.value())).await;
    }
    panic!("{css} cannot be reached by Tab");
}

async fn press(browser: &Browser, hand: Hand, css: &str) {
    match hand {
        Hand::Mouse => {
            browser.until(css, |_| true).await.unwrap_or_else(|_| panic!("{css} never came"));
            // As a person does, who brings it into sight from below the bar first.
            browser.execute(&format!("document.querySelector({css:?}).scrollIntoView({{block: 'center'}})")).await;
            browser.click(css).await;
        }
        Hand::Keys => {
            tab_to(browser, css).await;
            strike(browser, &String::from(Key::Enter.value())).await;
        }
    }
}

/// Sends one of the usual lines: its button writes it, the focus is in the field then, and Enter sends it.
async fn say(browser: &Browser, hand: Hand, place: u32, answer: &str) {
    press(browser, hand, &format!("[data-part=terminal] .chips button:nth-of-type({place})")).await;
    let focused = "return document.activeElement.id";
    assert_eq!(browser.execute(focused).await.as_str(), Some("smtp-line"), "the focus is in the line");
    match hand {
        Hand::Mouse => browser.click("[data-part=terminal] .line-form button").await,
        Hand::Keys => strike(browser, &String::from(Key::Enter.value())).await,
    }
    browser.until_text(LOG, answer).await;
}

async fn journey(hand: Hand, words: Words, more: &[&str]) {
    let (lab, server) = world().await;
    let browser = Browser::open(1440, 1000, more).await;
    let language = words.language;
    browser.driver.goto(&format!("http://{}/hosts?lang={language}", server.console)).await.expect("the list");
    browser.until_text("tbody", HOST).await;
    browser.watch_errors().await;
    press(&browser, hand, &format!("tr[data-host='{HOST}'] th a")).await;

    // 1. Count.
    browser.until_text("h1", HOST).await;
    browser.until_text("[data-part=verdict]", words.refused).await;
    browser.until_text("[data-part=steps] li:nth-child(1)", words.counted).await;

    // 2. Test: the port is closed still, and the name server knows five exchangers of another host.
    press(&browser, hand, "[data-part=test]").await;
    browser.until_text(LOG, words.refused).await;
    browser.until_text("[data-part=steps] li:nth-child(2)", words.refused).await;
    browser.keep_picture(&format!("ritual-{language}-refused.png")).await;
    press(&browser, hand, "[data-part=fold-dig] summary").await;
    if hand == Hand::Keys {
        tab_to(&browser, "[data-part=dig] input").await;
        strike(&browser, "five-mx.test").await; // Tab has selected what stood there
    } else {
        browser.fill("[data-part=dig] input", "five-mx.test").await;
    }
    press(&browser, hand, "[data-part=dig] button[type=submit]").await;
    let answer = browser.until_text("[data-part=dig-answer] pre", "ANSWER: 5").await;
    for preference in [5, 10, 20, 30, 40] {
        assert!(answer.contains(&format!("{preference} mx{preference}.five-mx.test.")), "{answer}");
    }
    lab.set("healthy", Behaviour::Healthy).await.expect("its port opens");
    press(&browser, hand, "[data-part=test]").await;
    browser.until_text(LOG, "220 ").await;
    browser.until_text("[data-part=steps] li:nth-child(2)", "220 ").await;
    say(&browser, hand, 1, "STARTTLS").await;
    say(&browser, hand, 2, "TLS 1.3").await;
    browser.until_text(LOG, "mx.healthy.test").await;
    say(&browser, hand, 3, "250 ").await;
    say(&browser, hand, 4, "RCPT TO:<postmaster@healthy.test>").await;
    browser.keep_picture(&format!("ritual-{language}-session.png")).await;
    say(&browser, hand, 5, "221 ").await;
    let command = browser.until_text("[data-part=terminal] [data-part=probe-foot] code", "nexthop telnet").await;
    assert_eq!(command, format!("nexthop telnet mx.healthy.test {}", lab.port()));

    // 3. Move.
    press(&browser, hand, "[data-part=retry]").await;
    browser.until_text("dialog[open] [data-part=retry-preview]", &RECIPIENTS.to_string()).await;
    browser.until("dialog[open] [data-part=retry-confirm]:enabled", |text| !text.is_empty()).await.expect("a plan");
    press(&browser, hand, "dialog[open] [data-part=retry-confirm]").await;
    assert!(lab.until(HOST, RECIPIENTS, PATIENCE).await, "not all arrived");
    browser.until_text("[data-part=figures]", "Delivered Recipients\n13").await;
    browser.until("[data-part=verdict] .badge.up", |_| true).await.expect("its badge turns in place");
    assert_eq!(lab.counts(HOST).recipients, RECIPIENTS, "each exactly once");
    browser.keep_picture(&format!("ritual-{language}-moved.png")).await;

    // What was said is kept.
    press(&browser, hand, "[data-part=terminal] [data-part=probe-foot] a").await;
    browser.until_text("h1", "telnet mx.healthy.test").await;
    browser.until_text("[data-part=probe] .transcript", "221 ").await;
    browser.until_text("[data-part=probe]", words.kept).await;
    browser.keep_picture(&format!("ritual-{language}-kept.png")).await;
    assert_eq!(browser.errors().await, "");
    browser.driver.clone().quit().await.expect("the browser ends");
}

#[tokio::test(flavor = "multi_thread")]
async fn in_english_by_mouse() {
    let words = Words { language: "en", counted: "13 recipients", refused: "refused", kept: "ended" };
    journey(Hand::Mouse, words, &[]).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn in_japanese_by_keyboard_alone() {
    let words = Words { language: "ja", counted: "受信者13件", refused: "拒否", kept: "終了" };
    journey(Hand::Keys, words, &["--force-dark-mode"]).await;
}
