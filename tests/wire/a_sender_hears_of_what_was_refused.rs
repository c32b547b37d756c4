//! A recipient that is refused brings its sender one report that a machine and a person can read; the null sender hears
//! nothing; an alias of ours leads the report out.

use mail_parser::{Message, MessageParser, MimeHeaders};
use std::sync::Arc;
use std::time::Duration;
use tests::server::Server;
use tests::sink::{Client, Sink, Taken, status_fields};

const SOON: Duration = Duration::from_secs(60);
const MESSAGE: &str = "From: <me@here.test>\r\nTo: <a@there.test>\r\nSubject: Hello\r\nMessage-ID: <1@here.test>\r\n\r\n\
                       The body stays here.\r\n";

async fn server(sink: &Sink, more: &str) -> Server {
    Server::serve(&format!("{more}[[route]]\nmatch = \"*\"\nto = [\"{}\"]\n", sink.address)).await
}

async fn send(server: &Server, from: &str, to: &[&str]) {
    let mut client = Client::connect(server.smtp).await.expect("a session");
    client.send(from, to, MESSAGE).await.expect("it is taken");
}

fn reports(taken: &[Arc<Taken>]) -> Vec<Arc<Taken>> {
    taken.iter().filter(|one| one.from.is_empty()).cloned().collect()
}

/// The content of the part of this type.
fn part(message: &Message<'_>, wanted: &str) -> String {
    let is = |part: &&mail_parser::MessagePart<'_>| {
        part.content_type().is_some_and(|is| format!("{}/{}", is.ctype(), is.subtype().unwrap_or("")) == wanted)
    };
    let part = message.parts.iter().find(is).unwrap_or_else(|| panic!("no {wanted}"));
    String::from_utf8(part.contents().to_vec()).expect("text")
}

/// Waits until the queue has nothing left, reports included.
async fn until_empty(server: &Server, completed: u64) {
    let empty = move |totals: &serde_json::Value| {
        totals["active_recipients"] == 0 && totals["completed_recipients"].as_u64() >= Some(completed)
    };
    server.until_totals(SOON, empty).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn several_recipients_refused_at_once_bring_one_report() {
    let sink = Sink::start().await;
    let server = server(&sink, "").await;
    send(&server, "me@here.test", &["no-a@there.test", "yes@there.test", "no-b@there.test", "no-c@there.test"]).await;
    until_empty(&server, 5).await;
    let taken = sink.taken();
    let found = reports(&taken);
    let [report] = &found[..] else { panic!("one report: {taken:?}") };
    assert_eq!(report.recipients, ["me@here.test"]);

    let message = MessageParser::default().parse(&report.body).expect("a message");
    let kind = message.content_type().expect("a type");
    assert_eq!((kind.ctype(), kind.subtype()), ("multipart", Some("report")));
    assert_eq!(kind.attribute("report-type"), Some("delivery-status"));
    let header = |name: &str| message.header_raw(name.to_owned()).unwrap_or_default().trim().to_owned();
    assert_eq!(header("Auto-Submitted"), "auto-replied");
    assert_eq!(header("References"), "<1@here.test>");
    assert!(header("From").ends_with("<postmaster@mail.lab.test>") && header("To") == "<me@here.test>");

    let groups = status_fields(&part(&message, "message/delivery-status"));
    assert_eq!(groups[0]["Reporting-MTA"], "dns; mail.lab.test");
    assert!(groups[0].contains_key("Arrival-Date"));
    let told: Vec<&str> = groups[1..].iter().map(|group| group["Final-Recipient"].as_str()).collect();
    assert_eq!(told, ["rfc822; no-a@there.test", "rfc822; no-b@there.test", "rfc822; no-c@there.test"]);
    for group in &groups[1..] {
        assert_eq!((group["Action"].as_str(), group["Status"].as_str()), ("failed", "5.1.1"));
        assert_eq!(group["Diagnostic-Code"], "smtp; 550 5.1.1 No such user here");
        assert!(group.contains_key("Last-Attempt-Date"));
    }
    let original = part(&message, "text/rfc822-headers");
    assert!(original.starts_with("Received: ") && original.contains("Subject: Hello\r\nMessage-ID: <1@here.test>\r\n"));
    assert!(!report.body.contains("The body stays here"), "only the header goes back");
    let text = message.body_text(0).expect("a text");
    assert!(text.contains("There is no such mailbox") && text.contains("メールボックスは存在しません"), "{text}");
    assert!(!text.contains("yes@there.test"), "who was taken is not in it");
}

#[tokio::test(flavor = "multi_thread")]
async fn the_null_sender_hears_nothing_and_a_report_that_is_refused_brings_no_other() {
    let sink = Sink::start().await;
    let server = server(&sink, "").await;
    send(&server, "", &["no-a@there.test"]).await;
    send(&server, "no-sender@here.test", &["no-b@there.test"]).await;
    until_empty(&server, 3).await; // the two, and the report to no-sender, which is refused as well
    send(&server, "me@here.test", &["no-c@there.test"]).await;
    until_empty(&server, 5).await;
    let found = reports(&sink.taken());
    assert_eq!(found.len(), 1, "{found:?}");
    assert!(found[0].body.contains("no-c@there.test"));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_sender_at_our_own_name_is_told_where_its_alias_leads() {
    let sink = Sink::start().await;
    let server = server(&sink, "[local]\naliases = { cron = \"admin@elsewhere.test\" }\n").await;
    send(&server, "nobody@mail.lab.test", &["no-a@there.test"]).await;
    send(&server, "Cron@mail.lab.test", &["no-b@there.test"]).await;
    let found = sink.until(SOON, |taken| !reports(taken).is_empty()).await;
    assert_eq!(found[0].recipients, ["admin@elsewhere.test"]);
    until_empty(&server, 3).await;
    assert_eq!(sink.taken().len(), 1, "nobody leads nowhere, and nothing loops");
    let log = server.log();
    assert!(log.contains("no report to the sender") && log.contains("OwnName"), "{log}");
}
