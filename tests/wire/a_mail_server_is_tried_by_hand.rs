//! The hands-on part of the ritual by the real binary: dig and telnet, exactly as they print, and peers that mean harm.

use backend::lab::{Lab, LabSettings};
use std::net::SocketAddr;
use std::process::Stdio;
use std::time::Duration;
use tests::load::{Acknowledged, Mail, hand_in};
use tests::server::{Server, binary, free_address};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream, UdpSocket};
use tokio::process::Command;

const PATIENCE: Duration = Duration::from_secs(60);

/// A lab and a server that delivers to it; `more` are lines of its configuration.
async fn world(more: &str) -> (Lab, Server) {
    let lab = Lab::start(LabSettings::default()).await.expect("a lab");
    let (dns, port) = (lab.dns(), lab.port());
    let delivery = format!("[delivery]\nport = {port}\nallow_targets = [\"127.0.0.0/8\"]\n");
    let server = Server::serve(&format!("[dns]\nservers = [\"{dns}\"]\n{delivery}{more}")).await;
    (lab, server)
}

/// Runs a verb with something to read; by the control socket, or by `--server`.
async fn typed(server: &Server, by_socket: bool, words: &[&str], input: &str) -> (i32, String, String) {
    let mut command = Command::new(binary());
    command.args(words);
    match by_socket {
        true => command.arg("--config").arg(server.configuration()),
        false => command.arg("--server").arg(format!("http://{}", server.console)),
    };
    command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped()).kill_on_drop(true);
    let mut child = command.spawn().expect("the verb runs");
    child.stdin.take().expect("an input").write_all(input.as_bytes()).await.expect("it reads");
    let output = tokio::time::timeout(PATIENCE, child.wait_with_output()).await.expect("it ends").expect("an output");
    let text = |octets: Vec<u8>| String::from_utf8(octets).expect("what goes to a terminal is UTF-8");
    (output.status.code().unwrap_or(-1), text(output.stdout), text(output.stderr))
}

/// A peer that says this so many times to whoever comes, and closes.
async fn peer(says: Vec<u8>, times: usize) -> SocketAddr {
    let listener = TcpListener::bind(free_address()).await.expect("a listener");
    let address = listener.local_addr().expect("an address");
    tokio::spawn(async move {
        while let Ok((mut stream, _)) = listener.accept().await {
            for _ in 0..times {
                if stream.write_all(&says).await.is_err() {
                    break;
                }
            }
        }
    });
    address
}

#[tokio::test(flavor = "multi_thread")]
async fn the_ritual_prints_what_a_postmaster_knows() {
    let (lab, server) = world("").await;
    let mail = Mail { id: "r".into(), to: "u@refused.test".into() };
    hand_in(server.smtp, 1, vec![mail], 1_024, Acknowledged::default()).await;
    server.until_totals(PATIENCE, |totals| totals["hosts_down"] == 1).await;

    let (_, top, _) = server.verb(&["tophosts", "active_rcpts"]).await;
    let rows: Vec<&str> = top.lines().skip(2).collect();
    assert_eq!(
        rows,
        [
            "Hosts marked with '*' were down as of the last delivery attempt.",
            "",
            "                               Active  Conn.     Deliv.       Soft       Hard",
            "#   Recipient Host             Recip.    Out     Recip.    Bounced    Bounced",
            "",
            "1*  refused.test                    1      0          0          0          0",
        ]
    );
    let (_, status, _) = server.verb(&["hoststatus", "refused.test"]).await;
    for line in
        ["Host mail status for:  'refused.test'", "Host up/down:         down", "Active Recipients               1"]
    {
        let found = status.lines().any(|shown| shown.split_whitespace().eq(line.split_whitespace()));
        assert!(found, "{line} is missing:\n{status}");
    }

    let (code, dig, _) = server.verb(&["dig", "mx", "refused.test"]).await;
    assert_eq!(code, 0);
    let changes = |line: &&str| {
        [";; ->>HEADER<<-", ";; Query time", ";; WHEN", ";; MSG SIZE"].iter().any(|w| line.starts_with(w))
    };
    let (moving, fixed): (Vec<&str>, Vec<&str>) = dig.lines().partition(changes);
    assert_eq!(moving.len(), 4, "{dig}");
    assert!(moving[0].starts_with(";; ->>HEADER<<- opcode: QUERY, status: NOERROR, id: "), "{dig}");
    assert_eq!(
        fixed,
        [
            "",
            "; <<>> nexthop dig <<>> mx refused.test",
            ";; Got answer:",
            ";; flags: qr aa rd; QUERY: 1, ANSWER: 1, AUTHORITY: 0, ADDITIONAL: 1",
            "",
            ";; QUESTION SECTION:",
            ";refused.test.                  IN      MX",
            "",
            ";; ANSWER SECTION:",
            "refused.test.           60      IN      MX      10 mx.refused.test.",
            "",
            ";; ADDITIONAL SECTION:",
            "mx.refused.test.        60      IN      A       127.0.0.14",
            "",
            &format!(";; SERVER: 127.0.0.1#{}(127.0.0.1) (UDP)", lab.dns().port()),
            "",
            ";; Delivery would use, in this order, for the next 60 s:",
            &format!(";;   10 mx.refused.test 127.0.0.14:{}", lab.port()),
            "",
        ]
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn telnet_is_typed_by_hand_over_both_doors() {
    let (lab, server) = world("").await;
    let words = ["telnet", "mx.healthy.test", &lab.port().to_string()];
    let lines = "EHLO me.test\nMAIL FROM:<a@me.test>\nRCPT TO:<u@healthy.test>\nDATA\nQUIT\n";
    for by_socket in [true, false] {
        let (code, output, errors) = typed(&server, by_socket, &words, lines).await;
        assert_eq!(
            output,
            "Trying 127.0.0.11...
Connected to mx.healthy.test.
Escape character is '^]'.
220 mx.healthy.test ESMTP lab
250-mx.healthy.test
250-PIPELINING
250-8BITMIME
250-ENHANCEDSTATUSCODES
250-STARTTLS
250 SIZE 26214400
250 2.1.0 Ok
250 2.1.5 Ok
221 2.0.0 Bye
Connection closed by foreign host.
The session is over: They closed the connection.
",
            "{errors}"
        );
        assert_eq!((code, errors.contains("DATA and BDAT would begin a message")), (0, true), "{errors}");
    }
    assert_eq!(lab.counts("healthy").messages, 0);
    let (code, output, errors) = typed(&server, true, &words, "STARTTLS\nEHLO me.test\nQUIT\n").await;
    assert_eq!(code, 0, "{errors}");
    assert!(
        output.contains("220 2.0.0 Ready to start TLS\n250-mx.healthy.test\n") && output.contains("221 "),
        "{output}"
    );
    assert_eq!(output.matches("250-STARTTLS").count(), 0, "it is not offered twice: {output}");
    for part in ["TLS 1.3, certificate not verified", ", X25519", "Certificate for mx.healthy.test, ", "CN=Nexthop lab"]
    {
        assert!(errors.contains(part), "{part} is missing: {errors}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn peers_that_mean_harm_neither_hold_a_session_nor_steer_a_terminal() {
    let endless_line = peer(vec![b'x'; 10_240], 1).await;
    let escapes = peer(b"220 \x1b[2J\x1b]0;owned\x07 \xff\xfb\x01 \xe2\x80\xaeevil\r\n".to_vec(), 1).await;
    let banner = peer(b"220-still talking\r\n".to_vec(), usize::MAX).await;
    let ports = [endless_line.port(), escapes.port(), banner.port()];
    let (_lab, server) = world(&format!("[probe]\nports = {ports:?}\n")).await;
    let run = async |address: SocketAddr| {
        typed(&server, true, &["telnet", "127.0.0.1", &address.port().to_string()], "").await
    };

    let (_, output, _) =
        typed(&server, true, &["telnet", "127.0.0.1", &endless_line.port().to_string(), "--json"], "").await;
    assert!(output.contains(&"x".repeat(2_048)) && !output.contains(&"x".repeat(2_049)), "{}", output.len());

    let (_, output, _) = run(escapes).await;
    assert!(!output.contains(['\u{1b}', '\u{7}', '\u{202e}']), "{output:?}");

    let (_, output, _) = run(banner).await;
    assert!(output.lines().count() <= 220, "{}", output.lines().count());

    let (code, output, errors) = typed(&server, true, &["telnet", "127.0.0.1", "22"], "").await;
    assert_eq!((code, output.as_str()), (1, ""), "{errors}");
    assert!(errors.contains("a port that probes may not look at"), "{errors}");
    let (code, _, errors) = typed(&server, true, &["telnet", "169.254.169.254"], "").await;
    assert_eq!(code, 1, "{errors}");
}

#[tokio::test(flavor = "multi_thread")]
async fn silence_is_told_while_it_lasts_and_the_probe_keeps_everything() {
    let (lab, server) = world("").await;
    let body = format!(r#"{{"kind":"smtp","target":"mx.silent.test","port":{},"live":true}}"#, lab.port());
    let origin = format!("Content-Type: application/json\r\nOrigin: http://{}\r\n", server.console);
    let (status, started) = server.post("/api/v1/probes", &origin, body.as_bytes()).await;
    assert_eq!(status, 202, "{started}");
    let path = format!("/api/v1/probes/{}", started["id"]);
    let probe = loop {
        let probe = server.get(&format!("{path}?wait=1")).await;
        let waits = |event: &serde_json::Value| event["what"] == "waiting";
        if probe["events"].as_array().is_some_and(|events| events.iter().any(waits)) {
            break probe;
        }
    };
    assert_eq!((&probe["state"], &probe["target"]), (&"running".into(), &"mx.silent.test".into()));
    let (status, _) = server.post(&format!("{path}/lines"), &origin, br#"{"data":"QUIT"}"#).await;
    assert_eq!(status, 202);
    let words = |probe: &serde_json::Value| -> Vec<String> {
        probe["events"].as_array().into_iter().flatten().filter_map(|e| e["what"].as_str().map(str::to_owned)).collect()
    };
    while !words(&server.get(&path).await).contains(&"sent".into()) {}
    assert_eq!(server.get(&path).await["events"][0]["what"], "opened");
}

/// A name server that answers each question with its own octets, changed by `spoil`.
async fn name_server(spoil: fn(&mut Vec<u8>)) -> SocketAddr {
    let (udp, tcp) = loop {
        let address = free_address();
        if let (Ok(udp), Ok(tcp)) = (UdpSocket::bind(address).await, TcpListener::bind(address).await) {
            break (udp, tcp);
        }
    };
    let address = udp.local_addr().expect("an address");
    tokio::spawn(async move {
        let mut buffer = [0; 4_096];
        while let Ok((length, from)) = udp.recv_from(&mut buffer).await {
            let mut answer = buffer[..length].to_vec();
            spoil(&mut answer);
            let _ = udp.send_to(&answer, from).await;
        }
    });
    tokio::spawn(async move {
        while let Ok((stream, _)) = tcp.accept().await {
            tokio::spawn(answer_by_tcp(stream, spoil));
        }
    });
    address
}

async fn answer_by_tcp(mut stream: TcpStream, spoil: fn(&mut Vec<u8>)) -> std::io::Result<()> {
    loop {
        let mut octets = vec![0; stream.read_u16().await?.into()];
        stream.read_exact(&mut octets).await?;
        spoil(&mut octets);
        stream.write_u16(octets.len() as u16).await?;
        stream.write_all(&octets).await?;
    }
}

/// Says that it is an answer.
const ANSWER: u8 = 0x80;
/// Says that it did not fit.
const TRUNCATED: u8 = 0x02;

#[tokio::test(flavor = "multi_thread")]
async fn dig_asks_whom_it_may_and_believes_no_stranger() {
    let wrong_id = name_server(|answer| {
        answer[0] ^= 0xff;
        answer[2] |= ANSWER;
    })
    .await;
    let truncates = name_server(|answer| answer[2] |= ANSWER | TRUNCATED).await;
    let garbage = name_server(|answer| {
        answer[2] |= ANSWER;
        answer[7] = 9; // nine answers, none of which is there
    })
    .await;
    let servers = [wrong_id, truncates, garbage].map(|address| address.to_string());
    let (lab, server) = world(&format!("[probe]\ndns_servers = {servers:?}\n")).await;
    for address in [wrong_id, garbage] {
        let (code, output, errors) = server.verb(&["dig", &format!("@{address}"), "mx", "healthy.test"]).await;
        assert_eq!((code, output.as_str()), (75, ""), "{errors}");
        assert!(errors.contains(&format!("{address} did not answer within 5 s")), "{errors}");
    }
    let dig = server.json(&["dig", &format!("@{truncates}"), "mx", "healthy.test"]).await["dig"].take();
    assert_eq!((&dig["transport"], &dig["flags"][1]), (&"TCP".into(), &"tc".into()), "{dig}");
    assert_eq!(dig["delivery"]["hops"][0]["exchanger"], "mx.healthy.test", "delivery asks its own: {dig}");
    let (code, _, errors) = server.verb(&["dig", "@192.0.2.53", "mx", "healthy.test"]).await;
    assert_eq!(code, 77, "{errors}");
    assert!(errors.contains("[probe] dns_servers") && errors.contains(&lab.dns().to_string()), "{errors}");
    let (code, output, _) = server.verb(&["dig", "-x", "127.0.0.11", "+tcp"]).await;
    assert_eq!(code, 0);
    assert!(output.contains("; <<>> nexthop dig <<>> ptr 127.0.0.11 +tcp\n"), "{output}");
    assert!(output.contains(";11.0.0.127.in-addr.arpa.       IN      PTR\n") && output.contains("(TCP)"), "{output}");
}
