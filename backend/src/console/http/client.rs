//! Who is at the other end of a connection, as far as a connection tells.

use std::net::{IpAddr, SocketAddr};

/// The other end. Put beside every request by the connection that it came over.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Client {
    /// Its address; `None` on the control socket.
    pub address: Option<IpAddr>,
}

impl From<SocketAddr> for Client {
    fn from(address: SocketAddr) -> Client {
        Client { address: Some(address.ip().to_canonical()) }
    }
}

impl From<tokio::net::unix::SocketAddr> for Client {
    fn from(_: tokio::net::unix::SocketAddr) -> Client {
        Client { address: None }
    }
}
