//! An SMTP client that says exactly what it is told, octet by octet, and checks what it hears.

use std::io;
use std::net::{Ipv4Addr, SocketAddr, SocketAddrV4};
use std::time::Duration;
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt};
use tokio::net::{TcpSocket, TcpStream};

/// No answer takes longer on a loaded machine.
const PATIENCE: Duration = Duration::from_secs(60);

/// A client.
pub struct Caller<S = TcpStream> {
    stream: S,
    unread: Vec<u8>,
}

impl Caller {
    /// Connects from 127.0.0.1, and reads nothing yet.
    pub async fn call(server: SocketAddr) -> Caller {
        Caller::call_from(Ipv4Addr::LOCALHOST, server).await.expect("the server accepts")
    }

    /// Connects from an address of 127.0.0.0/8. Errors: the system's.
    pub async fn call_from(client: Ipv4Addr, server: SocketAddr) -> io::Result<Caller> {
        let socket = TcpSocket::new_v4()?;
        socket.bind(SocketAddrV4::new(client, 0).into())?;
        let stream = socket.connect(server).await?;
        stream.set_nodelay(true)?;
        Ok(Caller::over(stream))
    }

    /// Connects, is greeted, says EHLO.
    pub async fn known(server: SocketAddr) -> Caller {
        let mut caller = Caller::call(server).await;
        caller.expect("220 ").await;
        caller.says("EHLO caller.test", "250").await;
        caller
    }
}

impl<S: AsyncRead + AsyncWrite + Unpin> Caller<S> {
    /// Over a stream that is there already.
    pub fn over(stream: S) -> Caller<S> {
        Caller { stream, unread: Vec::new() }
    }

    /// Its stream, of which nothing may be unread.
    pub fn into_stream(self) -> S {
        assert_eq!(self.unread, b"", "something was not read");
        self.stream
    }

    /// Sends these octets; the server may have hung up.
    pub async fn send(&mut self, octets: impl AsRef<[u8]>) {
        let sent = tokio::time::timeout(PATIENCE, self.stream.write_all(octets.as_ref())).await;
        drop(sent.expect("the server reads"));
    }

    /// Sends a line, and checks how the answer to it begins.
    pub async fn says(&mut self, line: &str, answer: &str) {
        self.send(format!("{line}\r\n")).await;
        let reply = self.reply().await;
        assert!(reply.starts_with(answer), "{line:?} was answered {reply:?}, not {answer:?}");
    }

    /// MAIL, RCPT and DATA, up to the 354.
    pub async fn begins_a_message(&mut self) {
        self.send("MAIL FROM:<from@caller.test>\r\nRCPT TO:<to@example.com>\r\nDATA\r\n").await;
        for answer in ["250 2.1.0", "250 2.1.5", "354"] {
            self.expect(answer).await;
        }
    }

    /// A whole message; `body` ends with its final dot.
    pub async fn sends_a_message(&mut self, body: impl AsRef<[u8]>, answer: &str) {
        self.begins_a_message().await;
        self.send(body).await;
        self.expect(answer).await;
    }

    /// The next answer must begin so.
    pub async fn expect(&mut self, answer: &str) {
        let reply = self.reply().await;
        assert!(reply.starts_with(answer), "expected {answer:?}, heard {reply:?}");
    }

    /// Reads one answer, all its lines.
    pub async fn reply(&mut self) -> String {
        let mut reply = String::new();
        loop {
            let line = self.line().await.unwrap_or_else(|| panic!("closed after {reply:?}"));
            let is_last = line.as_bytes().get(3) != Some(&b'-');
            reply += &line;
            if is_last {
                return reply;
            }
        }
    }

    /// The server must close now, without another word.
    pub async fn expect_closed(&mut self) {
        assert_eq!(self.line().await, None);
    }

    /// Everything that comes until the server closes.
    pub async fn rest(&mut self) -> String {
        let mut all = String::new();
        while let Some(line) = self.line().await {
            all += &line;
        }
        all
    }

    async fn line(&mut self) -> Option<String> {
        loop {
            if let Some(at) = self.unread.iter().position(|&octet| octet == b'\n') {
                let line: Vec<u8> = self.unread.drain(..=at).collect();
                return Some(String::from_utf8(line).expect("answers are ASCII"));
            }
            let mut piece = [0; 4_096];
            let read = tokio::time::timeout(PATIENCE, self.stream.read(&mut piece)).await.expect("an answer in time");
            match read {
                Ok(count) if count > 0 => self.unread.extend_from_slice(&piece[..count]),
                _ => return None,
            }
        }
    }
}
