//! 20,000 messages by Postfix's generator, through us, into Postfix's sink.

use std::process::Stdio;
use std::time::Duration;
use tests::server::{Server, free_address};
use tokio::io::AsyncReadExt;
use tokio::process::Command;

const MESSAGES: u64 = 20_000;

#[tokio::test(flavor = "multi_thread")]
async fn all_arrive() {
    let sink_address = free_address();
    let mut sink = Command::new("/usr/sbin/smtp-sink")
        .args(["-c", "-u", "nobody", &sink_address.to_string(), "1000"])
        .stdout(Stdio::piped())
        .kill_on_drop(true)
        .spawn()
        .expect("smtp-sink is installed: apt-get install postfix");
    // It counts aloud: unread, its full pipe would stop it.
    let mut counters = sink.stdout.take().expect("its output");
    let listening = tokio::spawn(async move {
        let mut said = String::new();
        counters.read_to_string(&mut said).await.expect("its counters");
        said
    });
    let server = Server::serve(&format!("[[route]]\nmatch = \"*\"\nto = [\"{sink_address}\"]\n")).await;
    let count = MESSAGES.to_string();
    let source = ["-d", "-s", "20", "-m", &count, "-l", "4096", "-f", "a@lab.test", "-t", "b@sink.test"];
    let status = Command::new("/usr/sbin/smtp-source").args(source).arg(server.smtp.to_string()).status().await;
    assert!(status.expect("smtp-source is installed: apt-get install postfix").success(), "{}", server.log());
    let all = |totals: &serde_json::Value| totals["completed_recipients"] == MESSAGES;
    let totals = server.until_totals(Duration::from_secs(120), all).await;
    assert_eq!(totals["delivered_recipients"], MESSAGES, "{totals}");
    sink.start_kill().expect("the sink ends");
    let said = listening.await.expect("its counters");
    // It prints `sess=… quit=… mesg=…` again and again over one line.
    let counted = said.rsplit("mesg=").next().and_then(|rest| rest.split_whitespace().next()).map(str::to_owned);
    assert_eq!(counted.as_deref(), Some("20000"), "the sink counted: {:?}", said.get(said.len().saturating_sub(80)..));
}
