//! A load client for backlogs: as many small messages as wished, one recipient each, as fast as a session goes.
//! Nothing is kept of them but their count.

use std::net::SocketAddr;
use tokio::io::{AsyncBufReadExt, AsyncWriteExt, BufReader};
use tokio::net::TcpStream;
use tokio::task::JoinSet;

/// Sessions side by side: groups of the journal's writer stay large.
const SESSIONS: u64 = 64;
/// Octets of a body's text.
const TEXT: &str = "The quick brown fox jumps over the lazy dog and then comes back.\r\n";

/// Hands in the messages of these numbers; the recipient of number n is at host n modulo `hosts`.
pub async fn fill(smtp: SocketAddr, numbers: std::ops::Range<u64>, hosts: u64) {
    let mut sessions = JoinSet::new();
    for first in numbers.start..numbers.end.min(numbers.start + SESSIONS) {
        let share = (first..numbers.end).step_by(SESSIONS as usize);
        sessions.spawn(session(smtp, share, hosts));
    }
    while let Some(ended) = sessions.join_next().await {
        ended.expect("a session does not panic").expect("every message is taken");
    }
}

async fn session(smtp: SocketAddr, numbers: impl Iterator<Item = u64>, hosts: u64) -> std::io::Result<()> {
    let mut stream = BufReader::new(TcpStream::connect(smtp).await?);
    stream.get_ref().set_nodelay(true)?;
    expect(&mut stream, "220").await?;
    stream.get_mut().write_all(b"EHLO load.lab.test\r\n").await?;
    expect(&mut stream, "250").await?;
    for n in numbers {
        let host = n % hosts;
        let envelope =
            format!("MAIL FROM:<news-{n}@sender.test>\r\nRCPT TO:<someone{n}@host{host}.backlog.test>\r\nDATA\r\n");
        stream.get_mut().write_all(envelope.as_bytes()).await?;
        for code in ["250", "250", "354"] {
            expect(&mut stream, code).await?;
        }
        let body = format!("Subject: message {n}\r\n\r\n{TEXT}{TEXT}.\r\n");
        stream.get_mut().write_all(body.as_bytes()).await?;
        expect(&mut stream, "250").await?;
    }
    stream.get_mut().write_all(b"QUIT\r\n").await
}

async fn expect(stream: &mut BufReader<TcpStream>, code: &str) -> std::io::Result<()> {
    let mut line = String::new();
    loop {
        line.clear();
        if stream.read_line(&mut line).await? == 0 {
            return Err(std::io::ErrorKind::UnexpectedEof.into());
        }
        if !line.starts_with(code) {
            return Err(std::io::Error::other(format!("wanted {code}, got {line}")));
        }
        if line.as_bytes().get(3) != Some(&b'-') {
            return Ok(());
        }
    }
}
