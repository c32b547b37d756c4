//! Verbs from the command line to exit code and output, against the canned server.

use super::server::{Canned, start, start_tcp};
use crate::cli::arguments::Arguments;
use crate::cli::{Surroundings, Terminal, run};
use clap::Parser;
use common::wire::{
    Action, ApiError, ErrorCode, HostDetail, HostRow, List, MessageDetail, Probe, ProbeEvent, ServerStatus,
};

/// What a verb left behind.
struct Ran {
    code: u8,
    out: String,
    err: String,
}

async fn nexthop(words: &[&str], surroundings: &Surroundings, input: &'static [u8], typed: bool) -> Ran {
    let arguments = Arguments::try_parse_from(["nexthop"].iter().chain(words)).unwrap();
    let (mut out, mut err) = (Vec::new(), Vec::new());
    let mut terminal = Terminal { out: &mut out, err: &mut err, input: Box::new(input), typed };
    let running = run(arguments, surroundings, &mut terminal);
    let code = tokio::time::timeout(std::time::Duration::from_secs(60), running).await.expect("the verb ends");
    drop(terminal);
    Ran { code, out: String::from_utf8(out).unwrap(), err: String::from_utf8(err).unwrap() }
}

impl Canned {
    async fn ask(&self, words: &[&str]) -> Ran {
        self.ask_with(words, b"", false).await
    }
    async fn ask_with(&self, words: &[&str], input: &'static [u8], typed: bool) -> Ran {
        let config = self.config.to_str().unwrap();
        let words: Vec<&str> = words.iter().chain(&["--config", config]).copied().collect();
        nexthop(&words, &Surroundings::default(), input, typed).await
    }
}

#[tokio::test]
async fn every_question_reaches_the_socket_of_the_configuration_and_prints_its_layout() {
    let server = start();
    let tophosts = server.ask(&["tophosts", "soft_bounced"]).await;
    assert_eq!((tophosts.code, tophosts.err.as_str()), (0, ""));
    assert!(tophosts.out.contains("\n1*  down.test "), "{}", tophosts.out);
    let status = server.ask(&["status"]).await;
    assert!(status.code == 0 && status.out.contains("System status:                 Online"));
    let host = server.ask(&["hoststatus", "MAIL.com."]).await;
    assert!(host.code == 0 && host.out.contains("Host mail status for: 'mail.com'"));
    let dig = server.ask(&["dig", "mx", "xmail.com"]).await;
    assert!(dig.code == 0 && dig.out.contains(";; ANSWER SECTION:"), "{}", dig.err);
    let seen = server.seen.all();
    assert_eq!(seen[0], "sort=-soft_bounced_events&limit=20");
    assert_eq!(seen[1], "localhost - en");
    assert_eq!(
        seen[2],
        r#"{"kind":"dig","target":"xmail.com","rtype":"MX","server":null,"tcp":false,"dnssec":false,"port":null}"#
    );
}

#[tokio::test]
async fn showrecipients_asks_with_one_filter_made_of_all_its_flags() {
    let server = start();
    let words = ["showrecipients", "--host", "*.net", "--from", "", "--filter", "-cause:slot age>2h", "--limit", "7"];
    let ran = server.ask(&words).await;
    assert_eq!((ran.code, ran.err.as_str()), (0, ""));
    assert!(ran.out.contains("9554@example.net") && ran.out.contains("\n1 of 9 messages are shown"), "{}", ran.out);
    let asked = "limit=7&q=host%3A%22%2A.net%22%20from%3A%22%22%20-cause%3Aslot%20age%3E2h";
    assert_eq!(server.seen.all(), [asked]);
    let none = server.ask(&["showrecipients", "--to", "nobody"]).await;
    assert_eq!((none.code, none.out.as_str()), (0, "No recipient in the queue matches.\n"));
    let wrong = server.ask(&["showrecipients", "--filter", "cause:moon"]).await;
    assert_eq!((wrong.code, server.seen.all().len()), (2, 2), "nobody is asked");
    assert!(wrong.err.contains("At character 1 of the filter"), "{}", wrong.err);
}

#[tokio::test]
async fn showmessage_shows_what_waits_and_says_no_to_what_does_not() {
    let server = start();
    let ran = server.ask(&["showmessage", "1527"]).await;
    assert!(ran.code == 0 && ran.out.contains("Latest reply:        451 4.7.1 later"), "{}", ran.out);
    let missing = server.ask(&["showmessage", "3"]).await;
    assert_eq!((missing.code, missing.err.as_str()), (1, "nexthop: MID 3 not found.\n"));
}

#[tokio::test]
async fn json_prints_what_the_api_gave_and_nothing_else() {
    let server = start();
    let list: List<HostRow> = serde_json::from_str(&server.ask(&["tophosts", "--json"]).await.out).unwrap();
    assert_eq!(list.items.len(), 2);
    serde_json::from_str::<ServerStatus>(&server.ask(&["--json", "status"]).await.out).unwrap();
    serde_json::from_str::<HostDetail>(&server.ask(&["hoststatus", "mail.com", "--json"]).await.out).unwrap();
    serde_json::from_str::<Probe>(&server.ask(&["dig", "a.test", "--json"]).await.out).unwrap();
    serde_json::from_str::<MessageDetail>(&server.ask(&["showmessage", "1527", "--json"]).await.out).unwrap();
    serde_json::from_str::<List<MessageDetail>>(&server.ask(&["showrecipients", "--json"]).await.out).unwrap();
    serde_json::from_str::<Action>(&server.ask(&["delivernow", "all", "--json"]).await.out).unwrap();
}

#[tokio::test]
async fn delivernow_carries_scope_mode_and_reason() {
    let server = start();
    let words = ["delivernow", "example.com", "--dry-run", "--reason", "they are back", "--mode", "canary"];
    assert_eq!(server.ask(&words).await.code, 0);
    assert_eq!(
        server.seen.all(),
        [
            r#"{"kind":"retry","scope":{"host":"example.com"},"mode":"canary","reason":"they are back","for_seconds":null,"dry_run":true,"key":null}"#
        ]
    );
    let all = server.ask(&["delivernow", "all"]).await;
    assert!(all.out.starts_with("Scheduling all messages for delivery.\n34 recipients"), "{}", all.out);
    assert!(server.seen.all()[1].contains(r#""scope":{"all":true},"mode":"all""#));
    assert_eq!(server.ask(&["delivernow", "failing.test"]).await.code, 1);
}

#[tokio::test]
async fn a_host_without_record_is_a_no() {
    let server = start();
    for verb in ["hoststatus", "delivernow"] {
        let ran = server.ask(&[verb, "nosuch.test"]).await;
        assert_eq!(
            (ran.code, ran.out.as_str(), ran.err.as_str()),
            (1, "", "nexthop: No record of host: nosuch.test\n")
        );
    }
    let ran = server.ask(&["hoststatus", "nosuch.test", "--json"]).await;
    assert_eq!((ran.code, ran.out.as_str()), (1, ""));
    assert_eq!(serde_json::from_str::<ApiError>(&ran.err).unwrap().error.code, ErrorCode::NotFound);
}

#[tokio::test]
async fn refusals_end_with_the_code_of_their_kind_and_a_harmless_sentence() {
    let server = start();
    let busy = server.ask(&["hoststatus", "busy.test"]).await;
    assert_eq!((busy.code, busy.err.as_str()), (75, "nexthop: too many questions\\x1b[31m; ask again in a minute\n"));
    let broken = server.ask(&["hoststatus", "broken.test"]).await;
    assert_eq!(broken.code, 75);
    assert!(broken.err.contains("500"), "{}", broken.err);
    let html = server.ask(&["hoststatus", "html.test"]).await;
    assert_eq!(html.code, 69);
    assert!(html.err.contains("is no Nexthop server"), "{}", html.err);
    let huge = server.ask(&["hoststatus", "huge.test"]).await;
    assert_eq!(huge.code, 75);
    assert!(huge.err.contains("larger than 16777216 octets"), "{}", huge.err);
}

#[tokio::test]
async fn without_a_server_the_verb_names_the_socket_and_ends_with_69() {
    let folder = tempfile::tempdir().unwrap();
    let config = folder.path().join("n.toml");
    std::fs::write(&config, "data_dir = \"data\"\n").unwrap();
    let words = ["status", "--config", config.to_str().unwrap()];
    let ran = nexthop(&words, &Surroundings::default(), b"", false).await;
    assert_eq!((ran.code, ran.out.as_str()), (69, ""));
    let socket = folder.path().join("data/control.sock");
    assert!(ran.err.contains(socket.to_str().unwrap()) && ran.err.contains("nexthop serve"), "{}", ran.err);
    let words = ["status", "--json", "--config", config.to_str().unwrap()];
    let ran = nexthop(&words, &Surroundings::default(), b"", false).await;
    assert_eq!((ran.code, ran.out.as_str()), (69, ""));
    assert_eq!(serde_json::from_str::<ApiError>(&ran.err).unwrap().error.code, ErrorCode::Unavailable);
}

#[test]
fn without_url_and_file_the_default_data_directory_is_tried() {
    use crate::cli::Place;
    let place = Place::find(None, crate::cli::Secure::default(), None, common::words::Language::En).unwrap();
    assert_eq!(place, Place::Socket("nexthop-data/control.sock".into()));
    assert!(place.to_string().starts_with('/'), "a person sees where that is: {place}");
}

#[tokio::test]
async fn what_answers_and_is_no_http_is_no_server() {
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    tokio::spawn(async move {
        use tokio::io::AsyncWriteExt;
        let (mut stream, _) = listener.accept().await.unwrap();
        stream.write_all(b"220 mail.test ESMTP\r\n").await.unwrap();
        stream.flush().await.unwrap();
        tokio::time::sleep(std::time::Duration::from_secs(60)).await;
    });
    let ran = nexthop(&["status", "--server", &url], &Surroundings::default(), b"", false).await;
    assert_eq!(ran.code, 69, "{}", ran.err);
    assert!(ran.err.contains("is no Nexthop server"), "{}", ran.err);
}

#[tokio::test]
async fn a_url_comes_before_the_configuration_and_its_token_goes_with_it() {
    let (url, seen) = start_tcp().await;
    let socket = start();
    let surroundings = Surroundings {
        server: Some(url.clone()),
        token: Some("secret".into()),
        locale: Some("ja_JP.UTF-8".into()),
        ..Surroundings::default()
    };
    let config = socket.config.to_str().unwrap();
    assert_eq!(nexthop(&["status", "--config", config], &surroundings, b"", false).await.code, 0);
    let host = url.strip_prefix("http://").unwrap();
    assert_eq!(seen.all(), [format!("{host} Bearer secret ja")]);
    assert_eq!(socket.seen.all().len(), 0);
    let file = socket.folder.path().join("token");
    std::fs::write(&file, "wrong\n").unwrap();
    let other = Surroundings { server: Some("http://127.0.0.1:1".into()), ..surroundings.clone() };
    let words = ["status", "--server", &url, "--token-file", file.to_str().unwrap(), "--lang", "en"];
    let ran = nexthop(&words, &other, b"", false).await;
    assert_eq!((ran.code, ran.err.as_str()), (77, "nexthop: this token is not known\n"));
    std::fs::write(&file, "two\nlines\n").unwrap();
    let ran = nexthop(&words, &other, b"", false).await;
    assert_eq!(ran.code, 2);
    assert!(ran.err.contains("visible ASCII"), "{}", ran.err);
}

#[tokio::test]
async fn what_is_no_address_of_a_server_is_wrong_usage() {
    for url in [
        "https://",
        "https://a/x",
        "mail.test:8025",
        "http://",
        "http://a:0",
        "http://a:b",
        "http://u@a",
        "http://a/x",
        "ftp://a",
        "http://[::1",
    ] {
        let ran = nexthop(&["status", "--server", url], &Surroundings::default(), b"", false).await;
        assert_eq!(ran.code, 2, "{url}: {}", ran.err);
    }
}

#[tokio::test]
async fn a_mistake_elsewhere_in_the_file_does_not_hide_a_running_server() {
    let server = start();
    std::fs::write(&server.config, "data_dir = \"data\"\n[smtp]\nlisten = 5\nlisen = 6\n").unwrap();
    assert_eq!(server.ask(&["status"]).await.code, 0);
    for hidden in ["datadir = \"data\"\n", "data_dir = \"data\"\n= 5\n"] {
        std::fs::write(&server.config, hidden).unwrap();
        assert_eq!(server.ask(&["status"]).await.code, 2, "{hidden}");
    }
    std::fs::write(&server.config, "data_dir = 5\n").unwrap();
    let ran = server.ask(&["status"]).await;
    assert_eq!(ran.code, 2);
    assert!(ran.err.contains("nexthop.toml:1: data_dir cannot be of type integer"), "{}", ran.err);
}

#[tokio::test]
async fn telnet_prints_as_telnet_and_a_pipe_takes_turns() {
    let server = start();
    let input = b"EHLO x\nDATA\nbody 1\nbody 2\n.\nQUIT\n";
    let ran = server.ask_with(&["telnet", "mx.test", "2525"], input, false).await;
    assert_eq!((ran.code, ran.err.as_str()), (0, ""));
    assert_eq!(
        ran.out,
        "Trying 192.0.2.25...
Connected to mx.test.
Escape character is '^]'.
220 mx.test ESMTP
250-mx.test
250 \\x1b[31mHELP
354 go on
250 ok
221 bye
Connection closed by foreign host.
The session is over: they closed
"
    );
    let seen = server.seen.all();
    assert_eq!(seen[..2], ["origin http://localhost", "telnet mx.test Some(2525)"]);
    assert_eq!(seen[2..], ["EHLO x Crlf", "DATA Crlf", "body 1 Crlf", "body 2 Crlf", ". Crlf", "QUIT Crlf"]);
}

#[tokio::test]
async fn telnet_ends_with_its_input_or_with_ctrl_bracket() {
    let server = start();
    let ran = server.ask_with(&["telnet", "mx.test"], b"NOOP\n", false).await;
    assert_eq!(ran.code, 0);
    assert!(ran.out.ends_with("220 mx.test ESMTP\n250 ok\nConnection closed.\n"), "{}", ran.out);
    let ran = server.ask_with(&["telnet", "mx.test"], b"\x1d\n", true).await;
    assert_eq!(ran.code, 0);
    assert!(ran.out.ends_with("Connection closed.\n"), "{}", ran.out);
}

#[tokio::test]
async fn telnet_that_never_connects_is_a_no() {
    let server = start();
    let ran = server.ask(&["telnet", "refused.test"]).await;
    assert_eq!(ran.code, 1);
    assert_eq!(ran.out, "Trying 192.0.2.25...\n");
    assert_eq!(ran.err, "nexthop: Unable to connect to remote host: Connection refused\n");
    let ran = server.ask(&["telnet", "refused.test", "--json"]).await;
    let events: Vec<ProbeEvent> = ran.out.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    assert!(matches!(events[..], [ProbeEvent::Trying { .. }, ProbeEvent::Ended { connected: false, .. }]));
}

#[tokio::test]
async fn a_websocket_that_is_refused_says_why() {
    let (url, seen) = start_tcp().await;
    let surroundings =
        Surroundings { server: Some(url.clone()), token: Some("wrong".into()), ..Surroundings::default() };
    let ran = nexthop(&["telnet", "mx.test"], &surroundings, b"", false).await;
    assert_eq!((ran.code, ran.err.as_str()), (77, "nexthop: this token may not open sessions\n"));
    assert_eq!(seen.all(), [format!("origin {url}")]);
}

#[tokio::test]
async fn check_says_what_a_server_would_do_and_starts_nothing() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("nexthop.toml");
    std::fs::write(
        &file,
        "hostname = \"mx.test\"\n[smtp]\nlisten = [\"127.0.0.1:39125\"]\n[console]\nlisten = \"127.0.0.1:39126\"\n[[route]]\nmatch = \"a.test\"\nto = [\"192.0.2.1:25\"]\n",
    )
    .unwrap();
    let words = ["check", "--config", file.to_str().unwrap()];
    let ran = nexthop(&words, &Surroundings::default(), b"", false).await;
    let folder_text = folder.path().display();
    assert_eq!(ran.code, 0, "{}", ran.err);
    assert_eq!(
        ran.out,
        format!(
            "{folder_text}/nexthop.toml is good.
Mail is taken at 127.0.0.1:39125.
The console is at http://127.0.0.1:39126/.
Name servers are the system's.
Mail for a.test goes to 192.0.2.1:25.
Mail goes to the exchangers of its domain, port 25, where no route is for it.
Data is kept in {folder_text}/nexthop-data, which will be made.
Note: mail for postmaster@mx.test is refused; add aliases = {{ postmaster = \"you@example.com\" }} to [local].
"
        )
    );
    assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 1, "nothing was left behind");
    let japanese = nexthop(&[words[0], words[1], words[2], "--lang", "ja"], &Surroundings::default(), b"", false).await;
    assert!(japanese.out.contains("メールの受付: 127.0.0.1:39125"), "{}", japanese.out);
}

#[tokio::test]
async fn check_refuses_a_bad_file_with_all_complaints_and_a_data_dir_that_is_none() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("nexthop.toml");
    std::fs::write(&file, "hostnme = \"mx.test\"\n[smtp]\nlisten = 5\n").unwrap();
    let words = ["check", "--config", file.to_str().unwrap()];
    let ran = nexthop(&words, &Surroundings::default(), b"", false).await;
    assert_eq!((ran.code, ran.out.as_str()), (2, ""));
    let lines: Vec<&str> = ran.err.lines().collect();
    assert!(lines[0].contains("nexthop.toml:1: unknown key \"hostnme\"") && lines[0].contains("\"hostname\"?"));
    assert!(lines[1].contains("nexthop.toml:3: smtp.listen cannot be of type integer"));
    assert_eq!(lines[2], "2 complaints; nothing was started.");
    let json = nexthop(&[words[0], words[1], words[2], "--json"], &Surroundings::default(), b"", false).await;
    let value: serde_json::Value = serde_json::from_str(&json.out).unwrap();
    assert_eq!((json.code, &value["ok"], value["complaints"].as_array().unwrap().len()), (2, &false.into(), 2));
    std::fs::write(&file, "data_dir = \"nexthop.toml\"\n").unwrap();
    let ran = nexthop(&words, &Surroundings::default(), b"", false).await;
    assert_eq!(ran.code, 2);
    assert!(ran.err.contains("cannot be written"), "{}", ran.err);
    let words = ["check", "--config", "/nowhere/nexthop.toml"];
    let ran = nexthop(&words, &Surroundings::default(), b"", false).await;
    assert_eq!(ran.code, 2);
    assert!(ran.err.starts_with("/nowhere/nexthop.toml: the configuration cannot be read"), "{}", ran.err);
}

#[test]
fn wrong_usage_is_refused_before_anybody_is_asked() {
    for words in [
        &["tophosts", "moon"][..],
        &["hoststatus"],
        &["hoststatus", "a..b"],
        &["telnet", "mx.test", "0"],
        &["telnet", "mx.test", "65536"],
        &["telnet", "a b"],
        &["delivernow"],
        &["delivernow", "all", "--mode", "fast"],
        &["dig"],
        &["lab", "--smtp", "0.0.0.0:25"],
        &["lab", "--console", "192.0.2.1:80"],
        &["status", "--lang", "fr"],
        &["fly"],
    ] {
        let error = Arguments::try_parse_from(["nexthop"].iter().chain(words)).unwrap_err();
        assert_eq!(error.exit_code(), 2, "{words:?}");
    }
}

#[test]
fn the_words_of_the_contract_are_taken() {
    for words in [
        &["serve", "--config", "f"][..],
        &["check", "--config", "f"],
        &["lab"],
        &["lab", "--data", "d", "--smtp", "[::1]:2525", "--console", "127.0.0.1:9000"],
        &["tophosts"],
        &["tophosts", "active_rcpts"],
        &["tophosts", "conn_out"],
        &["tophosts", "delivered"],
        &["tophosts", "soft_bounced"],
        &["tophosts", "hard_bounced", "--json"],
        &["dig", "@127.0.0.1:53", "mx", "a.test"],
        &["telnet", "2001:db8::1", "25"],
        &["delivernow", "all", "--mode", "ramp"],
    ] {
        Arguments::try_parse_from(["nexthop"].iter().chain(words)).unwrap_or_else(|why| panic!("{words:?}: {why}"));
    }
}
