//! One question and its answer on the wire: UDP, and TCP when the answer is cut short (RFC 7766).
//!
//! Promises: an answer with another id or another question is not taken for ours. Never: a cache, a time limit of its
//! own (the caller's). The walk goes on to `text`.

use hickory_resolver::proto::op::{Edns, Message, Query};
use hickory_resolver::proto::rr::{Name, RecordType};
use std::io;
use std::net::{Ipv4Addr, Ipv6Addr, SocketAddr};
use std::time::Duration;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpStream, UdpSocket};
use tokio::time::{Instant, timeout_at};

/// A UDP question that is not answered is sent again after this: datagrams get lost.
const UDP_TRY: Duration = Duration::from_millis(1_600);
/// Octets of a UDP answer that we offer to take (DNS flag day 2020); what is larger comes by TCP.
const UDP_PAYLOAD_BYTES: u16 = 1_232;

/// The question with a random id and EDNS (RFC 6891), as octets.
pub(super) struct Question {
    query: Query,
    id: u16,
    octets: Vec<u8>,
}

impl Question {
    /// Recursion is wanted: delivery wants it too. `dnssec`: signatures too.
    pub(super) fn new(name: &Name, rtype: RecordType, dnssec: bool) -> Result<Question, String> {
        let query = Query::query(name.clone(), rtype);
        let mut message = Message::query();
        message.metadata.recursion_desired = true;
        message.add_query(query.clone());
        let mut edns = Edns::new();
        edns.set_max_payload(UDP_PAYLOAD_BYTES).set_version(0).set_dnssec_ok(dnssec);
        message.set_edns(edns);
        let octets = message.to_vec().map_err(|error| error.to_string())?;
        Ok(Question { query, id: message.metadata.id, octets })
    }
}

/// What came back.
pub(super) struct Heard {
    /// The answer.
    pub(super) message: Message,
    /// `UDP` or `TCP`.
    pub(super) transport: &'static str,
    /// Its octets.
    pub(super) size: usize,
}

/// By UDP, and again by TCP when the answer did not fit; or by TCP at once. Waits as long as the caller does.
pub(super) async fn exchange(server: SocketAddr, question: &Question, tcp: bool) -> io::Result<Heard> {
    if tcp {
        return by_tcp(server, question).await;
    }
    let heard = by_udp(server, question).await?;
    if heard.message.metadata.truncation { by_tcp(server, question).await } else { Ok(heard) }
}

async fn by_udp(server: SocketAddr, question: &Question) -> io::Result<Heard> {
    let from: SocketAddr = match server {
        SocketAddr::V4(_) => (Ipv4Addr::UNSPECIFIED, 0).into(),
        SocketAddr::V6(_) => (Ipv6Addr::UNSPECIFIED, 0).into(),
    };
    let socket = UdpSocket::bind(from).await?;
    socket.connect(server).await?; // the kernel then drops what others send
    let mut buffer = vec![0; usize::from(u16::MAX)];
    loop {
        socket.send(&question.octets).await?;
        let again = Instant::now() + UDP_TRY;
        while let Ok(size) = timeout_at(again, socket.recv(&mut buffer)).await {
            let size = size?;
            if let Some(message) = understand(&buffer[..size], question) {
                return Ok(Heard { message, transport: "UDP", size });
            }
        }
    }
}

async fn by_tcp(server: SocketAddr, question: &Question) -> io::Result<Heard> {
    let mut stream = TcpStream::connect(server).await?;
    let length = u16::try_from(question.octets.len()).map_err(io::Error::other)?;
    stream.write_all(&[&length.to_be_bytes()[..], &question.octets].concat()).await?;
    loop {
        let size = usize::from(stream.read_u16().await?);
        let mut octets = vec![0; size];
        stream.read_exact(&mut octets).await?;
        if let Some(message) = understand(&octets, question) {
            return Ok(Heard { message, transport: "TCP", size });
        }
    }
}

/// The message, if it is an answer to this question: anything else may be forged.
fn understand(octets: &[u8], question: &Question) -> Option<Message> {
    if octets.get(..2)? != question.id.to_be_bytes() {
        return None;
    }
    let message = Message::from_vec(octets).ok()?;
    let is_answer = octets.get(2)? & 0x80 != 0;
    // A server that could not read the question may leave it out (FORMERR).
    let is_ours = message.queries.is_empty() || message.queries == [question.query.clone()];
    (is_answer && is_ours).then_some(message)
}
