//! A house to knock at, and a client that says exactly what it is told.

use super::double::MemorySpool;
use crate::clock::Clock;
use crate::intake::IntakeSettings;
use crate::intake::smtp::{Intake, session};
use std::net::{IpAddr, Ipv4Addr};
use std::sync::Arc;
use std::time::Duration;
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt, DuplexStream, duplex};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::watch;
use tokio::task::JoinHandle;

/// No answer takes longer than this, unless the test has stopped the clock: then it is simulated and long.
const PATIENCE: Duration = Duration::from_secs(7_200);

/// An intake on a port of its own.
pub struct House {
    /// What it keeps.
    pub spool: Arc<MemorySpool>,
    /// The door.
    pub intake: Arc<Intake>,
    /// Stops it.
    pub stop: watch::Sender<bool>,
    address: Option<std::net::SocketAddr>,
    served: Option<JoinHandle<()>>,
}

/// Settings of most tests: our name is mail.test, loopback may relay, strangers are greeted at once.
pub fn settings() -> IntakeSettings {
    let mut settings = IntakeSettings { hostname: "mail.test".parse().unwrap(), ..IntakeSettings::default() };
    settings.limits.greet_delay = Duration::ZERO;
    settings
}

impl House {
    /// Without a listener: sessions run over pipes, so that the clock can be stopped.
    pub fn without_port(settings: IntakeSettings) -> House {
        let spool = Arc::new(MemorySpool::default());
        let intake = Arc::new(Intake::new(settings, spool.clone(), Clock));
        House { spool, intake, stop: watch::channel(false).0, address: None, served: None }
    }

    /// On 127.0.0.1, port 0.
    pub async fn open(settings: IntakeSettings) -> House {
        let mut house = House::without_port(settings);
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        house.address = Some(listener.local_addr().unwrap());
        house.served = Some(tokio::spawn(house.intake.clone().serve(listener, house.stop.subscribe())));
        house
    }

    /// Connects, and reads nothing yet.
    pub async fn connect(&self) -> Client<TcpStream> {
        let stream = TcpStream::connect(self.address.unwrap()).await.unwrap();
        stream.set_nodelay(true).unwrap();
        Client { stream, unread: Vec::new() }
    }

    /// A client that was greeted.
    pub async fn greeted(&self) -> Client<TcpStream> {
        let mut client = self.connect().await;
        client.expect("220 mail.test ESMTP").await;
        client
    }

    /// A client that said EHLO.
    pub async fn known(&self) -> Client<TcpStream> {
        let mut client = self.greeted().await;
        client.says("EHLO client.test", "250").await;
        client
    }

    /// A client over a pipe, from this address; and its session.
    pub fn pipe(&self, client: &str) -> (Client<DuplexStream>, JoinHandle<()>) {
        let (ours, theirs) = duplex(64 * 1024);
        let (intake, stop): (_, watch::Receiver<bool>) = (self.intake.clone(), self.stop.subscribe());
        let client: IpAddr = client.parse().unwrap_or(IpAddr::V4(Ipv4Addr::LOCALHOST));
        let session = tokio::spawn(async move { session::run(&intake, theirs, client, stop).await });
        (Client { stream: ours, unread: Vec::new() }, session)
    }

    /// Tells it to stop.
    pub fn tell_to_stop(&self) {
        self.stop.send(true).unwrap();
    }

    /// Waits until it has stopped.
    pub async fn stopped(&mut self) {
        tokio::time::timeout(PATIENCE, self.served.take().unwrap()).await.unwrap().unwrap();
    }
}

/// A client.
pub struct Client<S> {
    stream: S,
    unread: Vec<u8>,
}

impl<S: AsyncRead + AsyncWrite + Unpin> Client<S> {
    /// A client over this stream.
    pub fn of(stream: S) -> Client<S> {
        Client { stream, unread: Vec::new() }
    }

    /// Its stream, of which nothing may be unread.
    pub fn into_stream(self) -> S {
        assert_eq!(self.unread, b"");
        self.stream
    }

    /// All octets up to the end of the connection.
    pub async fn octets_to_the_end(&mut self) -> Vec<u8> {
        let mut octets = std::mem::take(&mut self.unread);
        let _ = tokio::time::timeout(PATIENCE, self.stream.read_to_end(&mut octets)).await.expect("an end in time");
        octets
    }

    /// Sends these octets.
    pub async fn send(&mut self, octets: impl AsRef<[u8]>) {
        self.stream.write_all(octets.as_ref()).await.unwrap();
    }

    /// Sends these octets to somebody who may have hung up.
    pub async fn offer(&mut self, octets: impl AsRef<[u8]>) {
        let _ = self.stream.write_all(octets.as_ref()).await;
    }

    /// Sends a line, and checks how the answer to it begins.
    pub async fn says(&mut self, line: &str, answer: &str) {
        self.send(format!("{line}\r\n")).await;
        self.expect(answer).await;
    }

    /// MAIL, RCPT and DATA, up to the 354.
    pub async fn begins_a_message(&mut self) {
        self.send("MAIL FROM:<from@client.test>\r\nRCPT TO:<to@example.com>\r\nDATA\r\n").await;
        for answer in ["250 2.1.0", "250 2.1.5", "354"] {
            self.expect(answer).await;
        }
    }

    /// A whole message.
    pub async fn sends_a_message(&mut self, body: impl AsRef<[u8]>, answer: &str) {
        self.begins_a_message().await;
        self.send(body).await;
        self.expect(answer).await;
    }

    /// The next answer must begin so.
    pub async fn expect(&mut self, answer: &str) {
        let reply = self.reply().await;
        assert!(reply.starts_with(answer), "expected {answer:?}, got {reply:?}");
    }

    /// Reads one answer, all its lines.
    pub async fn reply(&mut self) -> String {
        let mut reply = String::new();
        loop {
            let line = self.line().await.unwrap_or_else(|| panic!("closed after {reply:?}"));
            let last = line.as_bytes().get(3) != Some(&b'-');
            reply += &line;
            if last {
                return reply;
            }
        }
    }

    /// The server must close now, without another word.
    pub async fn expect_closed(&mut self) {
        assert_eq!(self.line().await, None);
    }

    async fn line(&mut self) -> Option<String> {
        loop {
            if let Some(at) = self.unread.iter().position(|&octet| octet == b'\n') {
                let line: Vec<u8> = self.unread.drain(..=at).collect();
                return Some(String::from_utf8(line).unwrap());
            }
            let mut piece = [0; 4_096];
            let read = tokio::time::timeout(PATIENCE, self.stream.read(&mut piece)).await.expect("an answer in time");
            match read {
                Ok(count) if count > 0 => self.unread.extend_from_slice(&piece[..count]),
                _ => return None,
            }
        }
    }

    /// Everything that comes until the server closes.
    pub async fn rest(&mut self) -> String {
        let mut all = String::new();
        while let Some(line) = self.line().await {
            all += &line;
        }
        all
    }
}
