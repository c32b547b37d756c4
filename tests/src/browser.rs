//! Debian's Chromium by its own driver, headless, with a fresh profile for each test.

use std::path::PathBuf;
use std::process::Stdio;
use std::time::Duration;
use thirtyfour::prelude::*;
use tokio::io::{AsyncBufReadExt, BufReader};
use tokio::process::{Child, Command};

/// How long the page may take to show something on a loaded machine.
pub const PATIENCE: Duration = Duration::from_secs(30);
const LOOK_EVERY: Duration = Duration::from_millis(50);
const FLAGS: [&str; 10] = [
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--disable-dev-shm-usage",
    "--hide-scrollbars",
];

/// Keeps what goes wrong on a page: what its program says, and what its own policy forbids.
const WATCH: &str = "window.errors = []; console.error = (...said) => window.errors.push(said.join(' ')); \
    addEventListener('error', event => window.errors.push(event.message)); \
    addEventListener('unhandledrejection', event => window.errors.push(String(event.reason))); \
    addEventListener('securitypolicyviolation', event => \
        window.errors.push('policy: ' + event.violatedDirective + ' ' + event.blockedURI))";

/// A browser and the driver that steers it.
pub struct Browser {
    /// Steers it.
    pub driver: WebDriver,
    _chromedriver: Child,
    _profile: tempfile::TempDir,
}

impl Browser {
    /// A browser with a window of this size.
    pub async fn open(width: u32, height: u32, more: &[&str]) -> Browser {
        let mut child = Command::new("chromedriver")
            .arg("--port=0")
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .kill_on_drop(true)
            .spawn()
            .expect("chromedriver is installed: apt-get install chromium chromium-driver");
        let mut lines = BufReader::new(child.stdout.take().expect("its output")).lines();
        let port = loop {
            let line = lines.next_line().await.expect("its output").expect("it says its port");
            if let Some(port) = line.split("started successfully on port ").nth(1) {
                break port.trim_end_matches('.').trim().to_owned();
            }
        };
        tokio::spawn(async move { while let Ok(Some(_)) = lines.next_line().await {} });
        let profile = tempfile::tempdir().expect("a profile folder");
        let mut wishes = DesiredCapabilities::chrome();
        for flag in FLAGS.iter().chain(more) {
            wishes.add_arg(flag).expect("a flag");
        }
        wishes.add_arg(&format!("--window-size={width},{height}")).expect("a flag");
        wishes.add_arg(&format!("--user-data-dir={}", profile.path().display())).expect("a flag");
        let driver = WebDriver::new(format!("http://127.0.0.1:{port}"), wishes).await.expect("a browser");
        // As if a person had its window in front: without that, no page hears of the focus.
        let in_front = serde_json::json!({"enabled": true});
        driver.cdp().send_raw("Emulation.setFocusEmulationEnabled", in_front).await.expect("the window is in front");
        Browser { driver, _chromedriver: child, _profile: profile }
    }

    /// The text of the page, once it holds `wanted`.
    pub async fn until_text(&self, css: &str, wanted: &str) -> String {
        let what = |text: &str| text.contains(wanted);
        self.until(css, what).await.unwrap_or_else(|last| panic!("{css} never said {wanted:?}; it says {last:?}"))
    }

    /// The text at `css`, once it is as wished; the last text if it never is.
    pub async fn until(&self, css: &str, wished: impl Fn(&str) -> bool) -> Result<String, String> {
        let end = tokio::time::Instant::now() + PATIENCE;
        let mut last = String::new();
        while tokio::time::Instant::now() < end {
            // An element may be replaced between two looks: the next look sees the new one.
            if let Ok(found) = self.driver.find(By::Css(css)).await
                && let Ok(text) = found.text().await
            {
                if wished(&text) {
                    return Ok(text);
                }
                last = text;
            }
            tokio::time::sleep(LOOK_EVERY).await;
        }
        Err(last)
    }

    /// What the script returns.
    pub async fn execute(&self, script: &str) -> serde_json::Value {
        let answer = self.driver.execute(script, vec![]).await.unwrap_or_else(|why| panic!("{script}: {why}"));
        answer.json().clone()
    }

    /// From now on it is a phone of this width.
    pub async fn become_phone(&self, width: u64) {
        let screen = serde_json::json!({"width": width, "height": 844, "deviceScaleFactor": 1, "mobile": true});
        self.driver.cdp().send_raw("Emulation.setDeviceMetricsOverride", screen).await.expect("a phone");
    }

    /// The page is exactly as wide as the screen: nothing runs off it.
    pub async fn is_as_wide_as(&self, width: u64) {
        let found = self.execute("return document.documentElement.scrollWidth").await;
        assert_eq!(found.as_u64(), Some(width), "the page is wider than the screen");
    }

    /// Keeps what the page says to the browser's console as an error from now on, panics of the program included.
    pub async fn watch_errors(&self) {
        self.execute(WATCH).await;
    }

    /// The same of every page that is opened from now on, from its first octet.
    pub async fn watch_from_the_start(&self) {
        let script = serde_json::json!({ "source": WATCH });
        self.driver.cdp().send_raw("Page.addScriptToEvaluateOnNewDocument", script).await.expect("it is watched");
    }

    /// What was kept, a line each; empty if there is nothing.
    pub async fn errors(&self) -> String {
        self.execute("return window.errors.join('\\n')")
            .await
            .as_str()
            .unwrap_or("the page was loaded again")
            .to_owned()
    }

    /// Types into the field at `css`, once it is there.
    pub async fn fill(&self, css: &str, text: &str) {
        self.until(css, |_| true).await.unwrap_or_else(|_| panic!("{css} never came"));
        let field = self.driver.find(By::Css(css)).await.expect("the field");
        field.clear().await.expect("it is emptied");
        field.send_keys(text).await.expect("it is typed");
    }

    /// Clicks at `css`, once it is there.
    pub async fn click(&self, css: &str) {
        self.until(css, |_| true).await.unwrap_or_else(|_| panic!("{css} never came"));
        self.driver.find(By::Css(css)).await.expect("it").click().await.expect("a click");
    }

    /// How many there are at `css` now.
    pub async fn count(&self, css: &str) -> usize {
        self.driver.find_all(By::Css(css)).await.expect("a look").len()
    }

    /// Keeps a picture among the artefacts.
    pub async fn keep_picture(&self, name: &str) {
        let folder = std::env::var_os("NEXTHOP_ARTEFACTS").map_or_else(std::env::temp_dir, PathBuf::from);
        std::fs::create_dir_all(&folder).expect("the artefacts' folder");
        self.driver.screenshot(&folder.join(name)).await.expect("a picture");
    }
}
