//! One TCP connection to one address.
//!
//! Promises: an answer within the deadline; whatever the operating system says becomes one of a few troubles.
//! Never: asks whether the address may be connected to. Whoever dials asks the guard right before.
//! The walk goes on in `deliver::session`.

use engine::failure::{Failure, Stage, Trouble};
use std::io::{self, ErrorKind};
use std::net::SocketAddr;
use std::time::Duration;
use tokio::net::TcpStream;
use tokio::time::{Instant, timeout};

/// Error numbers of Linux that `std` gives no stable name: our tables or memory are full, or a family is switched off.
const ENOMEM: i32 = 12;
const ENFILE: i32 = 23;
const EMFILE: i32 = 24;
const EAFNOSUPPORT: i32 = 97;
const ENOBUFS: i32 = 105;

/// Opens a connection without delay on small writes (TCP_NODELAY). Fails at [`Stage::Connect`] after `within` at the latest.
pub async fn dial(address: SocketAddr, within: Duration) -> Result<TcpStream, Failure> {
    let started = Instant::now();
    let connect = async {
        let stream = TcpStream::connect(address).await?;
        stream.set_nodelay(true)?;
        io::Result::Ok(stream)
    };
    let trouble = match timeout(within, connect).await {
        Ok(Ok(stream)) => return Ok(stream),
        Ok(Err(error)) => trouble_of(&error, address),
        Err(_) => Trouble::TimedOut,
    };
    Err(Failure { stage: Stage::Connect, trouble, elapsed: started.elapsed() })
}

/// What an error of connect(2) says, and on whose side it is.
fn trouble_of(error: &io::Error, address: SocketAddr) -> Trouble {
    match (error.kind(), error.raw_os_error()) {
        (ErrorKind::ConnectionRefused, _) => Trouble::Refused,
        (ErrorKind::TimedOut, _) => Trouble::TimedOut,
        (ErrorKind::ConnectionReset | ErrorKind::ConnectionAborted | ErrorKind::BrokenPipe, _) => Trouble::Dropped,
        (_, Some(EMFILE | ENFILE)) => Trouble::Ours("no file descriptor is free: raise the limit of open files".into()),
        (_, Some(ENOBUFS | ENOMEM)) => Trouble::Ours("the operating system has no memory for a connection".into()),
        // With IPv4 the machine has an address, so what is not available is a port.
        (ErrorKind::AddrNotAvailable, _) if address.is_ipv4() => {
            Trouble::Ours("no local port is free for one more connection to this address".into())
        }
        (ErrorKind::HostUnreachable | ErrorKind::NetworkUnreachable | ErrorKind::NetworkDown, _)
        | (ErrorKind::AddrNotAvailable, _)
        | (_, Some(EAFNOSUPPORT)) => Trouble::NoRoute,
        // A packet filter of this machine, or something never seen.
        _ => Trouble::Ours(error.to_string().into()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use tokio::net::TcpListener;

    #[tokio::test]
    async fn an_open_port_is_connected_without_delay() {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let stream = dial(listener.local_addr().unwrap(), Duration::from_secs(5)).await.unwrap();
        assert!(stream.nodelay().unwrap());
    }

    #[tokio::test]
    async fn a_closed_port_is_refused() {
        let address = TcpListener::bind("127.0.0.1:0").await.unwrap().local_addr().unwrap();
        let failure = dial(address, Duration::from_secs(5)).await.unwrap_err();
        assert_eq!((failure.stage, failure.trouble), (Stage::Connect, Trouble::Refused));
    }

    #[tokio::test]
    async fn a_peer_that_never_answers_is_given_up_at_the_deadline() {
        // A listener that accepts nobody: once its backlog is full the kernel drops further requests.
        let socket = socket2::Socket::new(socket2::Domain::IPV4, socket2::Type::STREAM, None).unwrap();
        socket.bind(&"127.0.0.1:0".parse::<SocketAddr>().unwrap().into()).unwrap();
        socket.listen(0).unwrap();
        let address = socket.local_addr().unwrap().as_socket().unwrap();
        let within = Duration::from_millis(100);
        let mut held = Vec::new();
        for _ in 0..8 {
            match dial(address, within).await {
                Ok(stream) => held.push(stream),
                Err(failure) => {
                    assert_eq!(failure.trouble, Trouble::TimedOut);
                    assert!(failure.elapsed >= within);
                    return;
                }
            }
        }
        panic!("eight connections to a listener with no backlog");
    }

    #[test]
    fn each_error_is_on_its_side() {
        let v4: SocketAddr = "127.0.0.1:25".parse().unwrap();
        let v6: SocketAddr = "[::1]:25".parse().unwrap();
        let trouble = |number, address| trouble_of(&io::Error::from_raw_os_error(number), address);
        for (number, expected) in [
            (111, Trouble::Refused),
            (110, Trouble::TimedOut),
            (104, Trouble::Dropped),
            (113, Trouble::NoRoute),
            (101, Trouble::NoRoute),
        ] {
            assert_eq!(trouble(number, v4), expected, "{number}");
        }
        assert_eq!(trouble(99, v6), Trouble::NoRoute);
        assert_eq!(trouble(EAFNOSUPPORT, v6), Trouble::NoRoute);
        for number in [99, EMFILE, ENFILE, ENOBUFS, ENOMEM, 1, 13] {
            assert!(matches!(trouble(number, v4), Trouble::Ours(_)), "{number}");
        }
    }
}
