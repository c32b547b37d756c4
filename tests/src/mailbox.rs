//! A next hop that takes everything and keeps it: what really arrived, envelope and octets.

use std::net::SocketAddr;
use std::time::Duration;
use tokio::io::{AsyncBufReadExt, AsyncWriteExt, BufReader};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::watch;

/// How long one waits for mail on a loaded machine.
const PATIENCE: Duration = Duration::from_secs(30);

/// A message that arrived.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Arrived {
    /// The envelope sender as it stood between the brackets.
    pub from: String,
    /// The envelope recipients.
    pub to: Vec<String>,
    /// The message, dots unstuffed, lines ended by `\n`.
    pub text: String,
}

impl Arrived {
    /// The value of the first field of this name; folds are kept.
    pub fn field(&self, name: &str) -> Option<&str> {
        let header = self.text.split("\n\n").next().unwrap_or("");
        let found =
            header.lines().filter_map(|line| line.split_once(": ")).find(|(own, _)| own.eq_ignore_ascii_case(name));
        found.map(|(_, value)| value)
    }

    /// What follows the header.
    pub fn body(&self) -> &str {
        self.text.split_once("\n\n").map_or("", |(_, body)| body)
    }
}

/// The next hop.
pub struct Mailbox {
    /// Where it listens.
    pub address: SocketAddr,
    arrived: watch::Receiver<Vec<Arrived>>,
}

impl Mailbox {
    /// Opens one on a port of the kernel's choice.
    pub async fn open() -> Mailbox {
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
        let address = listener.local_addr().expect("its address");
        let (keep, arrived) = watch::channel(Vec::new());
        tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                tokio::spawn(converse(stream, keep.clone()));
            }
        });
        Mailbox { address, arrived }
    }

    /// A route for everything that leads here.
    pub fn route(&self) -> String {
        format!("[[route]]\nmatch = \"*\"\nto = [\"{}\"]\n", self.address)
    }

    /// All that arrived, once it is so many.
    pub async fn until(&mut self, count: usize) -> Vec<Arrived> {
        let so_many = async { self.arrived.wait_for(|all| all.len() >= count).await.expect("it is open").clone() };
        let enough = tokio::time::timeout(PATIENCE, so_many).await.ok();
        enough.unwrap_or_else(|| panic!("only {} of {count} arrived", self.arrived.borrow().len()))
    }
}

async fn converse(stream: TcpStream, keep: watch::Sender<Vec<Arrived>>) -> Option<()> {
    let mut stream = BufReader::new(stream);
    stream.write_all(b"220 mailbox.test ESMTP\r\n").await.ok()?;
    let mut coming = Arrived { from: String::new(), to: Vec::new(), text: String::new() };
    loop {
        let line = next_line(&mut stream).await?;
        let path = || line.split(['<', '>']).nth(1).unwrap_or("").to_owned();
        let verb = line.get(..4).unwrap_or("").to_ascii_uppercase();
        let answer = match verb.as_str() {
            "EHLO" => "250-mailbox.test\r\n250 8BITMIME\r\n",
            "MAIL" => {
                coming = Arrived { from: path(), to: Vec::new(), text: String::new() };
                "250 ok\r\n"
            }
            "RCPT" => {
                coming.to.push(path());
                "250 ok\r\n"
            }
            "DATA" => {
                stream.write_all(b"354 go on\r\n").await.ok()?;
                coming.text = data(&mut stream).await?;
                keep.send_modify(|all| all.push(coming.clone()));
                "250 kept\r\n"
            }
            "QUIT" => {
                stream.write_all(b"221 bye\r\n").await.ok()?;
                return Some(());
            }
            _ => "250 ok\r\n",
        };
        stream.write_all(answer.as_bytes()).await.ok()?;
    }
}

/// A line without its CRLF; `None` at the end. A line that ends otherwise is a fault of the sender.
async fn next_line(stream: &mut BufReader<TcpStream>) -> Option<String> {
    let mut line = Vec::new();
    stream.read_until(b'\n', &mut line).await.ok()?;
    let text = line.strip_suffix(b"\r\n")?;
    assert!(!text.contains(&b'\r'), "a bare CR was sent: {}", text.escape_ascii());
    Some(String::from_utf8_lossy(text).into_owned())
}

async fn data(stream: &mut BufReader<TcpStream>) -> Option<String> {
    let mut text = String::new();
    loop {
        let line = next_line(stream).await?;
        if line == "." {
            return Some(text);
        }
        text.push_str(line.strip_prefix('.').unwrap_or(&line));
        text.push('\n');
    }
}
