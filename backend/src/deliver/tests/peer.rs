//! A peer that does exactly what a test says.

use std::time::Duration;
use tokio::io::{AsyncBufReadExt, AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt, BufReader};
use tokio::net::TcpStream;
use tokio_rustls::TlsAcceptor;
use tokio_rustls::server::TlsStream;

/// One accepted connection, seen from the peer.
pub(in crate::deliver) struct Peer<S = TcpStream> {
    stream: BufReader<S>,
}

impl Peer {
    pub(super) fn new(stream: TcpStream) -> Peer {
        stream.set_nodelay(true).unwrap();
        Peer { stream: BufReader::new(stream) }
    }

    /// Shakes hands; from then on everything goes under TLS.
    pub(super) async fn secured(self, acceptor: &TlsAcceptor) -> Peer<TlsStream<TcpStream>> {
        assert_eq!(self.stream.buffer(), b"", "we said something between STARTTLS and the answer");
        let stream = acceptor.accept(self.stream.into_inner()).await.expect("a handshake");
        Peer { stream: BufReader::new(stream) }
    }

    /// Closes by RST: what is on its way is lost.
    pub(super) fn resets(self) {
        let stream = self.stream.into_inner().into_std().unwrap();
        socket2::SockRef::from(&stream).set_linger(Some(Duration::ZERO)).unwrap();
    }
}

impl<S: AsyncRead + AsyncWrite + Unpin> Peer<S> {
    /// Says octets as they are. That we may have hung up already is no fault of the peer's.
    pub(super) async fn say(&mut self, octets: impl AsRef<[u8]>) {
        let _ = self.stream.get_mut().write_all(octets.as_ref()).await;
        let _ = self.stream.get_mut().flush().await;
    }

    /// The next line without its CRLF; `None` once we hung up.
    pub(super) async fn line(&mut self) -> Option<String> {
        let mut line = Vec::new();
        match self.stream.read_until(b'\n', &mut line).await {
            Ok(count) if count > 0 => {}
            _ => return None,
        }
        let line = String::from_utf8(line).unwrap();
        Some(line.strip_suffix("\r\n").expect("a line of ours ends in CRLF").to_owned())
    }

    /// Expects a command that begins so.
    pub(super) async fn hears(&mut self, begin: &str) -> String {
        let line = self.line().await.unwrap_or_else(|| panic!("hung up instead of {begin}"));
        assert!(line.starts_with(begin), "{line:?} instead of {begin}");
        line
    }

    /// Expects a command and answers it.
    pub(super) async fn answers(&mut self, begin: &str, reply: &str) {
        self.hears(begin).await;
        self.say(format!("{reply}\r\n")).await;
    }

    /// Greeting and EHLO, with these keywords on offer.
    pub(super) async fn greets(&mut self, keywords: &[&str]) {
        self.say("220 mx.x.test ready\r\n").await;
        self.hears("EHLO mail.example.net").await;
        let mut reply = String::from("250-mx.x.test\r\n");
        keywords.iter().for_each(|keyword| reply.push_str(&format!("250-{keyword}\r\n")));
        reply.push_str("250 HELP\r\n");
        self.say(reply).await;
    }

    /// Greets with PIPELINING and accepts an envelope of this many recipients up to 354.
    pub(super) async fn accepts_envelope(&mut self, recipients: usize) {
        self.answers("MAIL FROM:", "250 ok").await;
        for _ in 0..recipients {
            self.answers("RCPT TO:", "250 ok").await;
        }
        self.answers("DATA", "354 go").await;
    }

    /// The body up to its final dot, its dots undone; `None` if we hung up before.
    pub(super) async fn body(&mut self) -> Option<String> {
        let mut body = String::new();
        loop {
            let line = self.line().await?;
            if line == "." {
                return Some(body);
            }
            body.push_str(line.strip_prefix('.').unwrap_or(&line));
            body.push_str("\r\n");
        }
    }

    /// Octets that one read takes: what arrived together.
    pub(super) async fn read_once(&mut self) -> String {
        let mut octets = vec![0; 65_536];
        let count = self.stream.read(&mut octets).await.unwrap();
        String::from_utf8(octets[..count].to_vec()).unwrap()
    }

    /// Waits until we hang up.
    pub(super) async fn sees_us_leave(&mut self) {
        let mut sink = [0; 4_096];
        while matches!(self.stream.read(&mut sink).await, Ok(count) if count > 0) {}
    }

    /// Everything that still comes, until we hang up.
    pub(super) async fn rest(&mut self) -> Vec<u8> {
        let mut rest = Vec::new();
        let _ = self.stream.read_to_end(&mut rest).await;
        rest
    }

    /// Reads one octet, past any buffer of ours; whether there was one.
    pub(super) async fn sips(&mut self) -> bool {
        matches!(self.stream.get_mut().read(&mut [0]).await, Ok(1))
    }

    /// One octet after the other, until all is said or we hang up.
    pub(super) async fn drips(&mut self, octets: &str, every: Duration) {
        for octet in octets.as_bytes() {
            if self.stream.get_mut().write_all(&[*octet]).await.is_err() {
                return;
            }
            tokio::time::sleep(every).await;
        }
    }
}
