//! A next hop that keeps what it takes, to be read: the sender's mailbox, and the server that refuses.
//!
//! It takes every recipient except those whose local part begins with `no-`: they are answered `550 5.1.1`.

use std::collections::BTreeMap;
use std::io;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;
use tokio::io::{AsyncBufReadExt, AsyncWriteExt, BufReader};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::watch;
use tokio::task::JoinHandle;

/// One message as it was taken.
#[derive(Clone, Debug)]
pub struct Taken {
    /// The reverse path; empty for the null sender.
    pub from: String,
    /// Who was taken at RCPT.
    pub recipients: Vec<String>,
    /// The message, dots unstuffed.
    pub body: String,
}

/// See the head of this file. It ends when this is dropped.
pub struct Sink {
    /// Where it listens.
    pub address: SocketAddr,
    taken: watch::Sender<Vec<Arc<Taken>>>,
    task: JoinHandle<()>,
}

impl Sink {
    /// Opens it on a free port of loopback.
    pub async fn start() -> Sink {
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
        let address = listener.local_addr().expect("an address");
        let taken = watch::Sender::new(Vec::new());
        let keep = taken.clone();
        let task = tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                let keep = keep.clone();
                tokio::spawn(async move { drop(serve(stream, &keep).await) }); // a killed peer ends its session
            }
        });
        Sink { address, taken, task }
    }

    /// Everything that was taken so far.
    pub fn taken(&self) -> Vec<Arc<Taken>> {
        self.taken.borrow().clone()
    }

    /// Waits until what was taken is as wished.
    pub async fn until(&self, limit: Duration, wished: impl Fn(&[Arc<Taken>]) -> bool) -> Vec<Arc<Taken>> {
        let mut taken = self.taken.subscribe();
        let found = tokio::time::timeout(limit, taken.wait_for(|taken| wished(taken))).await;
        found.expect("the sink gets what it waits for in time").expect("the sink is there").clone()
    }
}

impl Drop for Sink {
    fn drop(&mut self) {
        self.task.abort();
    }
}

async fn serve(stream: TcpStream, keep: &watch::Sender<Vec<Arc<Taken>>>) -> io::Result<()> {
    stream.set_nodelay(true)?;
    let mut stream = BufReader::new(stream);
    let (mut from, mut recipients) = (String::new(), Vec::new());
    let mut answer = "220 sink.test ESMTP".to_owned();
    loop {
        stream.get_mut().write_all(format!("{answer}\r\n").as_bytes()).await?;
        let mut line = String::new();
        if stream.read_line(&mut line).await? == 0 {
            return Ok(());
        }
        let path = || line.split(['<', '>']).nth(1).unwrap_or_default().to_owned();
        answer = match line.get(..4).unwrap_or_default().to_ascii_uppercase().as_str() {
            "EHLO" => "250-sink.test\r\n250-8BITMIME\r\n250 ENHANCEDSTATUSCODES".into(),
            "MAIL" => {
                (from, recipients) = (path(), Vec::new());
                "250 2.1.0 Ok".into()
            }
            "RCPT" if path().starts_with("no-") => "550 5.1.1 No such user here".into(),
            "RCPT" => {
                recipients.push(path());
                "250 2.1.5 Ok".into()
            }
            "DATA" if recipients.is_empty() => "554 5.5.1 No valid recipients".into(),
            "DATA" => {
                stream.get_mut().write_all(b"354 Go on\r\n").await?;
                let body = body(&mut stream).await?;
                let taken = Taken { from: from.clone(), recipients: std::mem::take(&mut recipients), body };
                keep.send_modify(|kept| kept.push(Arc::new(taken)));
                "250 2.0.0 Taken".into()
            }
            "QUIT" => return stream.get_mut().write_all(b"221 2.0.0 Bye\r\n").await,
            _ => "250 2.0.0 Ok".into(),
        };
    }
}

async fn body(stream: &mut BufReader<TcpStream>) -> io::Result<String> {
    let mut body = String::new();
    loop {
        let start = body.len();
        if stream.read_line(&mut body).await? == 0 {
            return Err(io::ErrorKind::UnexpectedEof.into());
        }
        if &body[start..] == ".\r\n" {
            body.truncate(start);
            return Ok(body);
        }
        if body[start..].starts_with('.') {
            body.remove(start);
        }
    }
}

/// A client that hands in messages one after the other and believes only a `250`.
pub struct Client(BufReader<TcpStream>);

impl Client {
    /// Connects and says EHLO.
    pub async fn connect(smtp: SocketAddr) -> io::Result<Client> {
        let stream = TcpStream::connect(smtp).await?;
        stream.set_nodelay(true)?;
        let mut client = Client(BufReader::new(stream));
        client.expect("220").await?;
        client.ask("EHLO client.test", "250").await?;
        Ok(client)
    }

    /// Hands in one message, header and body with CRLF line ends; `from` may be empty.
    pub async fn send(&mut self, from: &str, to: &[&str], message: &str) -> io::Result<()> {
        self.ask(&format!("MAIL FROM:<{from}>"), "250").await?;
        for recipient in to {
            self.ask(&format!("RCPT TO:<{recipient}>"), "250").await?;
        }
        self.ask("DATA", "354").await?;
        self.ask(&format!("{message}."), "250").await
    }

    async fn ask(&mut self, line: &str, code: &str) -> io::Result<()> {
        self.0.get_mut().write_all(format!("{line}\r\n").as_bytes()).await?;
        self.expect(code).await
    }

    async fn expect(&mut self, code: &str) -> io::Result<()> {
        loop {
            let mut line = String::new();
            if self.0.read_line(&mut line).await? == 0 {
                return Err(io::ErrorKind::UnexpectedEof.into());
            }
            if !line.starts_with(code) {
                return Err(io::Error::other(format!("wanted {code}, got {line}")));
            }
            if line.as_bytes().get(3) != Some(&b'-') {
                return Ok(());
            }
        }
    }
}

/// The fields of a delivery status: those of the message, then those of each recipient. Folded lines are joined.
pub fn status_fields(status: &str) -> Vec<BTreeMap<String, String>> {
    let unfolded = status.replace("\r\n ", " ");
    let groups = unfolded.trim_end().split("\r\n\r\n");
    let field = |line: &str| line.split_once(": ").map(|(name, value)| (name.to_owned(), value.to_owned()));
    groups.map(|group| group.split("\r\n").filter_map(field).collect()).collect()
}
