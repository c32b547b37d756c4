//! The websocket's upgrade: our own page with its cookie is let in; a foreign page, a foreign name and nobody are refused,
//! each written down.

use std::time::Duration;
use tests::server::Server;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

const PASSWORD: &str = "correct horse battery";

/// The status line of what the console answers to these head lines.
async fn ask(server: &Server, head: &str, body: &str) -> String {
    let mut stream = TcpStream::connect(server.console).await.expect("the console listens");
    let length = format!("Content-Length: {}\r\n\r\n{body}", body.len());
    stream.write_all(format!("{head}{length}").as_bytes()).await.expect("a request");
    let mut answer = Vec::new();
    while !answer.windows(4).any(|four| four == b"\r\n\r\n") {
        assert_ne!(stream.read_buf(&mut answer).await.expect("an answer"), 0, "it closed without an answer");
    }
    String::from_utf8_lossy(&answer).into_owned()
}

/// The status of an upgrade under this name, with these more fields.
async fn upgrade(server: &Server, host: &str, more: &str) -> u16 {
    let head = format!(
        "GET /api/v1/ws HTTP/1.1\r\nHost: {host}\r\nUpgrade: websocket\r\nConnection: upgrade\r\n\
         Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n{more}"
    );
    let answer = ask(server, &head, "").await;
    answer.split(' ').nth(1).and_then(|code| code.parse().ok()).expect("a status")
}

async fn cookie(server: &Server, name: &str) -> String {
    let host = server.console;
    let head = format!(
        "POST /api/v1/session HTTP/1.1\r\nHost: {host}\r\nOrigin: http://{host}\r\nContent-Type: application/json\r\n"
    );
    let answer = ask(server, &head, &format!("{{\"name\":\"{name}\",\"password\":\"{PASSWORD}\"}}")).await;
    let line = answer.lines().find_map(|line| line.strip_prefix("set-cookie: ")).expect("a cookie");
    format!("Cookie: {}\r\n", line.split(';').next().expect("a pair"))
}

#[tokio::test]
async fn foreign_pages_foreign_names_and_nobody_are_refused_at_the_upgrade() {
    let server = Server::with_sign_in("").await;
    for (name, role) in [("ann", "admin"), ("vic", "viewer")] {
        let (code, _, errors) = server.own_verb(&["user", "add", name, "--role", role], PASSWORD).await;
        assert_eq!(code, 0, "{errors}");
    }
    let host = server.console.to_string();
    let own = format!("Origin: http://{host}\r\n");
    for name in ["ann", "vic"] {
        let cookie = cookie(&server, name).await;
        assert_eq!(upgrade(&server, &host, &format!("{own}{cookie}")).await, 101, "{name}");
        for origin in [
            "Origin: http://evil.test\r\n".to_owned(),
            format!("Origin: https://{host}\r\n"),
            format!("Origin: http://{host}.evil.test\r\n"),
            "Origin: null\r\n".to_owned(),
            format!("{own}Origin: http://evil.test\r\n"),
            String::new(),
        ] {
            assert_eq!(upgrade(&server, &host, &format!("{origin}{cookie}")).await, 403, "{name} {origin}");
        }
        // A name that was made to point at us, with the page of that name.
        let rebound = format!("Origin: http://rebound.test\r\n{cookie}");
        assert_eq!(upgrade(&server, "rebound.test", &rebound).await, 403, "{name}");
        assert_eq!(upgrade(&server, "rebound.test", &format!("{own}{cookie}")).await, 403, "{name}");
    }
    assert_eq!(upgrade(&server, &host, &own).await, 401, "nobody");
    assert_eq!(upgrade(&server, &host, &format!("{own}Cookie: nexthop-1=x\r\n")).await, 401, "nobody");
    let wanted = [
        "user ann  127.0.0.1  origin  http://evil.test  refused: ",
        "nobody  127.0.0.1  host  rebound.test  refused: ",
    ];
    let written = async {
        loop {
            let (_, audit, _) = server.own_verb(&["audit", "--limit", "100"], "").await;
            if wanted.iter().all(|row| audit.contains(row)) {
                return;
            }
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    };
    tokio::time::timeout(Duration::from_secs(20), written).await.expect("it is written down");
}
