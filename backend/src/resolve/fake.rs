//! For tests: a name server that answers whatever the test says, failures and lies too, over real UDP and TCP.

use hickory_resolver::proto::op::{Message, Query, ResponseCode};
use hickory_resolver::proto::rr::{Record, RecordType};
use std::net::{Ipv4Addr, SocketAddr};
use std::sync::{Arc, Mutex};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream, UdpSocket};
use tokio::task::JoinSet;

/// What the server does with a question.
pub enum Say {
    /// These records and NOERROR; none is NODATA.
    Records(Vec<Record>),
    /// This code and no record.
    Code(ResponseCode),
    /// No answer at all.
    Nothing,
    /// Nothing but the sign to come back by TCP.
    Truncated,
    /// An answer to another id first, then these records.
    ForgedThen(Vec<Record>, Vec<Record>),
}

/// One question as it came.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Asked {
    /// With its final dot.
    pub name: String,
    /// Which records.
    pub rtype: RecordType,
    /// By TCP, else UDP.
    pub by_tcp: bool,
}

type Answerer = dyn Fn(&Asked) -> Say + Send + Sync;

/// A running server; ends when dropped.
pub struct FakeServer {
    /// Where it listens, by UDP and TCP.
    pub address: SocketAddr,
    asked: Arc<Mutex<Vec<Asked>>>,
    _tasks: JoinSet<()>,
}

impl FakeServer {
    /// Opens it on a port of 127.0.0.1.
    pub async fn start(answer: impl Fn(&Asked) -> Say + Send + Sync + 'static) -> FakeServer {
        let (udp, tcp) = loop {
            let udp = UdpSocket::bind((Ipv4Addr::LOCALHOST, 0)).await.unwrap();
            if let Ok(tcp) = TcpListener::bind(udp.local_addr().unwrap()).await {
                break (udp, tcp);
            }
        };
        let address = udp.local_addr().unwrap();
        let asked: Arc<Mutex<Vec<Asked>>> = Arc::default();
        let answer: Arc<Answerer> = Arc::new(answer);
        let mut tasks = JoinSet::new();
        tasks.spawn(serve_udp(udp, answer.clone(), asked.clone()));
        tasks.spawn(serve_tcp(tcp, answer, asked.clone()));
        FakeServer { address, asked, _tasks: tasks }
    }

    /// Every question so far.
    pub fn asked(&self) -> Vec<Asked> {
        self.asked.lock().unwrap().clone()
    }

    /// How many questions for this type came.
    pub fn count(&self, rtype: RecordType) -> usize {
        self.asked().iter().filter(|asked| asked.rtype == rtype).count()
    }
}

/// The answers to a question, as octets.
fn answers(octets: &[u8], by_tcp: bool, answer: &Answerer, log: &Mutex<Vec<Asked>>) -> Vec<Vec<u8>> {
    let question = Message::from_vec(octets).unwrap();
    let query: Query = question.queries[0].clone();
    let asked = Asked { name: query.name().to_ascii(), rtype: query.query_type(), by_tcp };
    log.lock().unwrap().push(asked.clone());
    let reply = |id: u16, records: Vec<Record>| {
        let mut reply = Message::response(id, question.metadata.op_code);
        reply.metadata.recursion_desired = question.metadata.recursion_desired;
        reply.metadata.recursion_available = true;
        reply.add_query(query.clone());
        reply.add_answers(records);
        reply
    };
    let id = question.metadata.id;
    let replies = match answer(&asked) {
        Say::Nothing => vec![],
        Say::Records(records) => vec![reply(id, records)],
        Say::Code(code) => {
            let mut reply = reply(id, vec![]);
            reply.metadata.response_code = code;
            vec![reply]
        }
        Say::Truncated => {
            let mut reply = reply(id, vec![]);
            reply.metadata.truncation = true;
            vec![reply]
        }
        Say::ForgedThen(forged, records) => vec![reply(id.wrapping_add(1), forged), reply(id, records)],
    };
    replies.iter().map(|reply| reply.to_vec().unwrap()).collect()
}

async fn serve_udp(socket: UdpSocket, answer: Arc<Answerer>, log: Arc<Mutex<Vec<Asked>>>) {
    let mut buffer = [0; 4_096];
    while let Ok((length, from)) = socket.recv_from(&mut buffer).await {
        for reply in answers(&buffer[..length], false, &*answer, &log) {
            socket.send_to(&reply, from).await.unwrap();
        }
    }
}

async fn serve_tcp(listener: TcpListener, answer: Arc<Answerer>, log: Arc<Mutex<Vec<Asked>>>) {
    while let Ok((stream, _)) = listener.accept().await {
        let (answer, log) = (answer.clone(), log.clone());
        tokio::spawn(async move { serve_stream(stream, &*answer, &log).await });
    }
}

async fn serve_stream(mut stream: TcpStream, answer: &Answerer, log: &Mutex<Vec<Asked>>) -> Option<()> {
    loop {
        let length = stream.read_u16().await.ok()?;
        let mut octets = vec![0; length.into()];
        stream.read_exact(&mut octets).await.ok()?;
        for reply in answers(&octets, true, answer, log) {
            stream.write_u16(reply.len() as u16).await.ok()?;
            stream.write_all(&reply).await.ok()?;
        }
    }
}
