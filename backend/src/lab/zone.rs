//! A small authoritative name server (hickory-server) on a loopback port of its own, by UDP and TCP.
//!
//! Promises: it answers for the zone that it was given, with SERVFAIL for what it was told to fail at, and refuses
//! everything else; it listens on 127.0.0.1 only.
//! Never: recursion, a transfer, an update. The walk comes from the lab and from tests of `resolve`.

use hickory_server::Server;
use hickory_server::net::runtime::TokioRuntimeProvider;
use hickory_server::proto::rr::rdata::{A, AAAA, CNAME, MX, NS, PTR, SOA, TXT};
use hickory_server::proto::rr::{LowerName, Name, RData, Record, RrKey};
use hickory_server::store::in_memory::InMemoryZoneHandler;
use hickory_server::zone_handler::{AxfrPolicy, Catalog, ZoneHandler, ZoneType};
use std::io;
use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::sync::Arc;
use std::time::Duration;
use tokio::net::{TcpListener, UdpSocket};

/// TTL of every record: short, so that a change in the lab is seen; the resolver's minimum is 30 s anyway.
pub const TTL_SECONDS: u32 = 60;
/// Tries to find a port that is free for UDP and TCP alike.
const PORT_TRIES: usize = 32;
/// A TCP client that says nothing for so long is closed.
const TCP_IDLE: Duration = Duration::from_secs(30);
/// Answers that may wait on one TCP connection.
const TCP_ANSWERS: usize = 64;
/// Octets of questions that may wait: a burst of thousands of host names must not be lost.
const RECEIVE_BUFFER_BYTES: usize = 4 * 1024 * 1024;

/// A running name server. It ends when this is dropped.
pub struct ZoneServer {
    address: SocketAddr,
    server: Server<Catalog>,
}

impl std::fmt::Debug for ZoneServer {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("ZoneServer").field("address", &self.address).finish_non_exhaustive()
    }
}

impl ZoneServer {
    /// Serves `records` as the zone `origin` (with its final dot), with a SOA and an NS record of its own.
    pub async fn start(origin: &str, records: Vec<Record>) -> io::Result<ZoneServer> {
        ZoneServer::failing_at(&[], origin, records).await
    }

    /// The same, with SERVFAIL at these names and below them.
    pub async fn failing_at(failing: &[&str], origin: &str, records: Vec<Record>) -> io::Result<ZoneServer> {
        let origin = name(origin);
        let handler = InMemoryZoneHandler::<TokioRuntimeProvider>::new(
            origin.clone(),
            [apex(&origin)].into(),
            ZoneType::Primary,
            AxfrPolicy::Deny,
        );
        let mut handler = handler.map_err(io::Error::other)?;
        let ns = Name::from_ascii("ns").and_then(|ns| ns.append_name(&origin)).map_err(io::Error::other)?;
        let own = [
            Record::from_rdata(origin.clone(), TTL_SECONDS, RData::NS(NS(ns.clone()))),
            Record::from_rdata(ns, TTL_SECONDS, RData::A(A(Ipv4Addr::LOCALHOST))),
        ];
        for record in own.into_iter().chain(records) {
            let shown = record.to_string();
            if !handler.upsert_mut(record, 0) {
                return Err(io::Error::other(format!("the zone does not take {shown}")));
            }
        }
        let mut catalog = Catalog::new();
        catalog.upsert(LowerName::new(&origin), vec![Arc::new(handler) as Arc<dyn ZoneHandler>]);
        for broken in failing {
            catalog.upsert(LowerName::new(&name(broken)), Vec::new()); // a zone that nobody serves is a failure of ours
        }
        let (udp, tcp) = sockets().await?;
        let address = udp.local_addr()?;
        let mut server = Server::new(catalog);
        server.register_socket(udp);
        server.register_listener(tcp, TCP_IDLE, TCP_ANSWERS);
        Ok(ZoneServer { address, server })
    }

    /// Where it listens, by UDP and TCP.
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// Ends it and waits until its port is free.
    pub async fn stop(mut self) {
        if let Err(error) = self.server.shutdown_gracefully().await {
            tracing::debug!(%error, "the name server of the lab ended");
        }
    }
}

/// One port for both transports.
async fn sockets() -> io::Result<(UdpSocket, TcpListener)> {
    let mut last = io::Error::other("no port was tried");
    for _ in 0..PORT_TRIES {
        let udp = UdpSocket::bind((Ipv4Addr::LOCALHOST, 0)).await?;
        match TcpListener::bind(udp.local_addr()?).await {
            Ok(tcp) => {
                // The kernel may grant less; that only makes a burst slower.
                let _ = socket2::SockRef::from(&udp).set_recv_buffer_size(RECEIVE_BUFFER_BYTES);
                return Ok((udp, tcp));
            }
            Err(error) => last = error,
        }
    }
    Err(last)
}

fn apex(origin: &Name) -> (RrKey, hickory_server::proto::rr::RecordSet) {
    let hostmaster = Name::from_ascii("hostmaster").and_then(|label| label.append_name(origin));
    let rname = hostmaster.unwrap_or_else(|_| origin.clone());
    let soa = SOA::new(origin.clone(), rname, 1, 3600, 600, 86_400, TTL_SECONDS);
    let record = Record::from_rdata(origin.clone(), TTL_SECONDS, RData::SOA(soa));
    (RrKey::new(LowerName::new(origin), record.record_type()), record.into())
}

/// A name of the zone file: absolute whether or not it ends with a dot.
///
/// # Panics
/// When the text is no name: zones here are written by us.
fn name(text: &str) -> Name {
    let mut name = Name::from_ascii(text).unwrap_or_else(|error| panic!("{text:?} is no name: {error}"));
    name.set_fqdn(true);
    name
}

fn record(owner: &str, data: RData) -> Record {
    Record::from_rdata(name(owner), TTL_SECONDS, data)
}

/// `OWNER MX PREFERENCE EXCHANGE`.
pub fn mx(owner: &str, preference: u16, exchange: &str) -> Record {
    record(owner, RData::MX(MX::new(preference, name(exchange))))
}

/// `OWNER A` or `AAAA ADDRESS`.
pub fn address(owner: &str, address: impl Into<IpAddr>) -> Record {
    match address.into() {
        IpAddr::V4(address) => record(owner, RData::A(A(address))),
        IpAddr::V6(address) => record(owner, RData::AAAA(AAAA(address))),
    }
}

/// `OWNER CNAME TARGET`.
pub fn cname(owner: &str, target: &str) -> Record {
    record(owner, RData::CNAME(CNAME(name(target))))
}

/// `OWNER PTR TARGET`.
pub fn ptr(owner: &str, target: &str) -> Record {
    record(owner, RData::PTR(PTR(name(target))))
}

/// `OWNER TXT "TEXT" …`.
pub fn txt(owner: &str, texts: &[&str]) -> Record {
    record(owner, RData::TXT(TXT::new(texts.iter().map(|text| text.to_string()).collect())))
}
