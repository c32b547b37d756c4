//! `sendmail` as cron, PHP, mail(1), mutt and git send-email call it: the real binary, by its own name and by the old.

use std::path::Path;
use std::process::Stdio;
use tests::mailbox::Mailbox;
use tests::server::{Server, binary, free_address};
use tokio::io::AsyncWriteExt;
use tokio::process::Command;

struct Ran {
    code: Option<i32>,
    out: String,
    err: String,
}

/// Runs `program` in `folder` with these words and this input.
async fn run(program: &Path, folder: &Path, words: &[&str], input: &[u8]) -> Ran {
    let mut command = Command::new(program);
    command.args(words).current_dir(folder).env_remove("NEXTHOP_SERVER").env("LC_ALL", "C").kill_on_drop(true);
    command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
    let mut child = command.spawn().expect("it starts");
    let mut stdin = child.stdin.take().expect("its input");
    let _ = stdin.write_all(input).await; // it may refuse its words before it reads
    drop(stdin);
    let output = child.wait_with_output().await.expect("it ends");
    let text = |bytes| String::from_utf8(bytes).expect("text");
    Ran { code: output.status.code(), out: text(output.stdout), err: text(output.stderr) }
}

/// A folder with `sendmail`, `mailq` and `newaliases` in it, beside a link to the server's configuration.
fn old_names(server: &Server) -> tempfile::TempDir {
    let folder = tempfile::tempdir().expect("a folder");
    for name in ["sendmail", "mailq", "newaliases"] {
        std::os::unix::fs::symlink(binary(), folder.path().join(name)).expect("a link");
    }
    std::os::unix::fs::symlink(server.configuration(), folder.path().join("nexthop.toml")).expect("a link");
    folder
}

/// A server whose mail arrives in a mailbox. The configuration names its data directory in full.
async fn served() -> (Mailbox, Server, tempfile::TempDir) {
    let mailbox = Mailbox::open().await;
    let aliases = "[local]\naliases = { root = \"admin@example.com\" }\n";
    let server = Server::serve(&format!("{aliases}{}", mailbox.route())).await;
    let folder = old_names(&server);
    (mailbox, server, folder)
}

#[tokio::test(flavor = "multi_thread")]
async fn cron_php_and_mutt_are_served() {
    let (mut mailbox, _server, folder) = served().await;
    let sendmail = folder.path().join("sendmail");
    let cron = "From: root (Cron Daemon)\nTo: root\nSubject: Cron <root@x> job\n\n100%\rdone\n.\nlast\n";
    let ran =
        run(&sendmail, folder.path(), &["-FCronDaemon", "-i", "-B8BITMIME", "-oem", "root"], cron.as_bytes()).await;
    assert_eq!((ran.code, ran.out.as_str(), ran.err.as_str()), (Some(0), "", ""));
    let arrived = mailbox.until(1).await.remove(0);
    assert_eq!(
        (arrived.to.join(" ").as_str(), arrived.field("from")),
        ("admin@example.com", Some("root (Cron Daemon)"))
    );
    assert_eq!(arrived.body(), "100%\ndone\n.\nlast\n");
    assert!(arrived.from.ends_with("@mail.lab.test"), "{}", arrived.from);

    let php = "To: a@b.test,\r\n c@d.test\r\nBcc: e@f.test\r\nSubject: hello\r\n\r\ntext\r\n.\r\nnot sent\r\n";
    let ran = run(&sendmail, folder.path(), &["-t", "-fwww@lab.test", "-F", "Web \"Form\""], php.as_bytes()).await;
    assert_eq!((ran.code, ran.err.as_str()), (Some(0), ""));
    let arrived = mailbox.until(4).await;
    let mut to: Vec<&str> = arrived[1..].iter().flat_map(|one| one.to.iter().map(String::as_str)).collect();
    to.sort_unstable();
    assert_eq!(to, ["a@b.test", "c@d.test", "e@f.test"]);
    for one in &arrived[1..] {
        assert_eq!((one.from.as_str(), one.field("bcc"), one.body()), ("www@lab.test", None, "text\n"));
        assert_eq!(one.field("from"), Some(r#""Web \"Form\"" <www@lab.test>"#));
        assert!(one.field("date").is_some() && one.field("message-id").is_some());
    }

    let mutt = ["-oem", "-oi", "-f", "", "-N", "never", "-R", "hdrs", "-v", "--", "Somebody <a@b.test>"];
    let ran = run(&sendmail, folder.path(), &mutt, b"just text\n.\n").await;
    assert_eq!(ran.code, Some(0), "{}", ran.err);
    assert!(ran.out.starts_with("Message ") && ran.out.ends_with(" is taken for 1 recipient.\n"), "{}", ran.out);
    let arrived = mailbox.until(5).await.remove(4);
    assert_eq!((arrived.from.as_str(), arrived.body()), ("", "just text\n.\n"));
}

#[tokio::test(flavor = "multi_thread")]
async fn it_is_a_verb_too_and_takes_many_recipients() {
    let (mut mailbox, server, folder) = served().await;
    let config = server.configuration();
    let many: Vec<String> = (0..600).map(|n| format!("a-long-local-part-{n}@many.test")).collect();
    let mut words = vec!["--config", config.to_str().expect("a path"), "sendmail", "-f", "me@lab.test", "--json"];
    words.extend(many.iter().map(String::as_str));
    let ran = run(&binary(), folder.path(), &words, b"Subject: x\n\ntext\n").await;
    assert_eq!(ran.code, Some(0), "{}", ran.err);
    let answer: serde_json::Value = serde_json::from_str(&ran.out).expect("JSON");
    assert_eq!(answer["recipients"].as_array().map(Vec::len), Some(600));
    let arrived = mailbox.until(12).await;
    assert_eq!(arrived.iter().map(|one| one.to.len()).sum::<usize>(), 600);
}

#[tokio::test(flavor = "multi_thread")]
async fn every_failure_has_the_exit_code_of_its_kind() {
    let (_mailbox, server, folder) = served().await;
    let sendmail = folder.path().join("sendmail");
    let message = b"Subject: x\n\ntext\n";
    for (words, input, code) in [
        (&["-Z", "a@b.test"][..], &message[..], 64),
        (&["-bd"], message, 64),
        (&[], message, 64),
        (&["-t"], message, 64),
        (&["a@b..test"], message, 65),
        (&["nobody"], message, 67),
        (&["nobody@mail.lab.test", "a@b.test"], message, 67),
    ] {
        let ran = run(&sendmail, folder.path(), words, input).await;
        assert_eq!(ran.code, Some(code), "{words:?}: {}", ran.err);
        assert!(ran.err.starts_with("nexthop: ") && ran.out.is_empty(), "{words:?}: {}", ran.err);
    }
    assert_eq!(server.get("/api/v1/status").await["messages_received"], 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn without_a_server_it_is_75_and_the_socket_that_was_tried_is_named() {
    let (_mailbox, mut server, folder) = served().await;
    server.kill().await;
    let ran = run(&folder.path().join("sendmail"), folder.path(), &["a@b.test"], b"text\n").await;
    let socket = server.data.join("control.sock");
    assert_eq!(ran.code, Some(75));
    assert!(ran.err.contains(socket.to_str().expect("a path")), "{}", ran.err);
}

#[tokio::test(flavor = "multi_thread")]
async fn smtp_on_standard_input_reaches_the_listener() {
    let (mut mailbox, _server, folder) = served().await;
    let dialogue = b"EHLO pipe.test\r\n";
    let ran = run(&folder.path().join("sendmail"), folder.path(), &["-bs"], dialogue).await;
    assert!(ran.out.starts_with("220 mail.lab.test ESMTP"), "{} {}", ran.out, ran.err);
    let mut child = Command::new(folder.path().join("sendmail"))
        .args(["-bs"])
        .current_dir(folder.path())
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .kill_on_drop(true)
        .spawn()
        .expect("it starts");
    let mut lines =
        tokio::io::AsyncBufReadExt::lines(tokio::io::BufReader::new(child.stdout.take().expect("its output")));
    let mut input = child.stdin.take().expect("its input");
    let mut said = String::new();
    for (line, answer) in [
        ("", "220 "),
        ("EHLO pipe.test", "250 "),
        ("MAIL FROM:<me@lab.test>", "250 "),
        ("RCPT TO:<a@b.test>", "250 "),
        ("DATA", "354 "),
        ("Subject: piped\r\n\r\ntext\r\n.", "250 "),
        ("QUIT", "221 "),
    ] {
        if !line.is_empty() {
            input.write_all(format!("{line}\r\n").as_bytes()).await.expect("it reads");
        }
        while !said.starts_with(answer) {
            said = lines.next_line().await.expect("it answers").unwrap_or_else(|| panic!("it ended after {said}"));
        }
        said.clear();
    }
    assert_eq!(child.wait().await.expect("it ends").code(), Some(0));
    assert_eq!(mailbox.until(1).await[0].field("subject"), Some("piped"));
}

#[tokio::test(flavor = "multi_thread")]
async fn mailq_says_what_waits_and_newaliases_has_nothing_to_do() {
    let nowhere = free_address();
    let server = Server::serve(&format!("[[route]]\nmatch = \"*\"\nto = [\"{nowhere}\"]\n")).await;
    let folder = old_names(&server);
    let mailq = folder.path().join("mailq");
    let ran = run(&mailq, folder.path(), &[], b"").await;
    assert_eq!((ran.code, ran.out.as_str()), (Some(0), "Mail queue is empty\n"));
    let ran = run(&folder.path().join("sendmail"), folder.path(), &["a@waiting.test"], b"text\n").await;
    assert_eq!(ran.code, Some(0), "{}", ran.err);
    server.until_totals(std::time::Duration::from_secs(30), |totals| totals["active_recipients"] == 1).await;
    let ran = run(&mailq, folder.path(), &[], b"").await;
    assert!(ran.code == Some(0) && ran.out.contains("waiting.test"), "{}", ran.out);
    assert_eq!(run(&folder.path().join("newaliases"), folder.path(), &[], b"").await.code, Some(0));
}
