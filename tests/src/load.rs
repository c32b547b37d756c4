//! A load client: many sessions hand in mail, and what was acknowledged is written down.

use std::net::SocketAddr;
use std::sync::{Arc, Mutex};
use tokio::io::{AsyncBufReadExt, AsyncWriteExt, BufReader};
use tokio::net::TcpStream;

/// One message to hand in.
#[derive(Clone, Debug)]
pub struct Mail {
    /// Goes into `X-Test-Id`.
    pub id: String,
    /// The envelope recipient.
    pub to: String,
}

/// A message that was answered 250.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Receipt {
    /// What its `X-Test-Id` says.
    pub id: String,
    /// The number that the answer named.
    pub mid: u64,
}

/// What was answered 250.
pub type Acknowledged = Arc<Mutex<Vec<Receipt>>>;

/// Hands in `mails` over so many sessions, each message of about `bytes` octets. A session that breaks ends;
/// its unanswered message may or may not have been taken.
pub async fn hand_in(smtp: SocketAddr, sessions: usize, mails: Vec<Mail>, bytes: usize, acknowledged: Acknowledged) {
    let shares: Vec<Vec<Mail>> =
        (0..sessions).map(|n| mails.iter().skip(n).step_by(sessions).cloned().collect()).collect();
    let mut tasks = tokio::task::JoinSet::new();
    for share in shares {
        let acknowledged = acknowledged.clone();
        tasks.spawn(async move {
            // A broken session is what the kill tests are about.
            drop(session(smtp, share, bytes, &acknowledged).await);
        });
    }
    while let Some(ended) = tasks.join_next().await {
        ended.expect("a session does not panic");
    }
}

async fn session(smtp: SocketAddr, mails: Vec<Mail>, bytes: usize, acknowledged: &Acknowledged) -> std::io::Result<()> {
    let mut stream = BufReader::new(TcpStream::connect(smtp).await?);
    stream.get_ref().set_nodelay(true)?;
    expect(&mut stream, "220").await?;
    stream.get_mut().write_all(b"EHLO load.lab.test\r\n").await?;
    expect(&mut stream, "250").await?;
    let filler = "The quick brown fox jumps over the lazy dog and then comes back.\r\n".repeat(bytes / 66);
    for mail in mails {
        let envelope = format!("MAIL FROM:<load@lab.test>\r\nRCPT TO:<{}>\r\nDATA\r\n", mail.to);
        stream.get_mut().write_all(envelope.as_bytes()).await?;
        for code in ["250", "250", "354"] {
            expect(&mut stream, code).await?;
        }
        let body = format!("X-Test-Id: {}\r\nSubject: load\r\n\r\n{filler}.\r\n", mail.id);
        stream.get_mut().write_all(body.as_bytes()).await?;
        let answer = expect(&mut stream, "250").await?;
        let mid = answer.rsplit(' ').next().and_then(|word| word.trim().parse().ok());
        let mid = mid.ok_or_else(|| std::io::Error::other(format!("no number in {answer}")))?;
        acknowledged.lock().expect("no holder panics").push(Receipt { id: mail.id, mid });
    }
    stream.get_mut().write_all(b"QUIT\r\n").await
}

async fn expect(stream: &mut BufReader<TcpStream>, code: &str) -> std::io::Result<String> {
    loop {
        let mut line = String::new();
        if stream.read_line(&mut line).await? == 0 {
            return Err(std::io::ErrorKind::UnexpectedEof.into());
        }
        if !line.starts_with(code) {
            return Err(std::io::Error::other(format!("wanted {code}, got {line}")));
        }
        if line.as_bytes().get(3) != Some(&b'-') {
            return Ok(line);
        }
    }
}
