//! `sendmail -bs`: SMTP on standard input and output, carried to the server's SMTP listener and back.
//!
//! Promises: octets go as they come, both ways, after the greeting: a program that pipes its dialogue in does not wait for
//! it, and the server refuses whoever speaks first. The end of the input is told to the server, whose last words are
//! waited for. Never: reads what is said.

use crate::cli::failure::Failure;
use crate::cli::terminal::Terminal;
use common::words::{Language, SendmailPhrase, VerbPhrase};
use std::io::ErrorKind;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};
use tokio::io::{AsyncReadExt, AsyncWriteExt, copy};
use tokio::net::TcpStream;
use tokio::sync::oneshot;

/// Octets that are carried at once.
const PIECE_BYTES: usize = 16 * 1024;

/// Carries a session to the first of `listeners`.
pub(super) async fn run(
    listeners: &[SocketAddr],
    language: Language,
    terminal: &mut Terminal<'_>,
) -> Result<(), Failure> {
    let Some(listener) = listeners.first().copied().map(reachable) else {
        return Err(Failure::NoServer(language.say_sendmail(&SendmailPhrase::NoListener)));
    };
    let place = listener.to_string();
    let stream = TcpStream::connect(listener).await.map_err(|why| {
        Failure::NoServer(language.say_verb(&VerbPhrase::NoServer { place: &place, why: &why.to_string() }))
    })?;
    let (mut theirs, mut ours) = stream.into_split();
    let Terminal { out, input, .. } = terminal;
    let (greeted, greeting) = oneshot::channel();
    let asking = async {
        // Without a greeting the answers end, and the session with them.
        let _ = greeting.await;
        // Their end ends the session, whoever goes first; an answer that cannot be heard any more is none.
        let _ = copy(input, &mut ours).await;
        let _ = ours.shutdown().await;
        std::future::pending::<()>().await
    };
    let answering = async {
        let mut piece = vec![0; PIECE_BYTES];
        let mut greeted = Some(greeted);
        loop {
            match theirs.read(&mut piece).await {
                Ok(0) => return Ok(()),
                Ok(count) => {
                    out.write_all(&piece[..count])?;
                    out.flush()?;
                    if piece[..count].contains(&b'\n')
                        && let Some(greeted) = greeted.take()
                    {
                        let _ = greeted.send(()); // the other side is in this very task
                    }
                }
                Err(why) if why.kind() == ErrorKind::ConnectionReset => return Ok(()),
                Err(why) => return Err(Failure::Output(why)),
            }
        }
    };
    tokio::select! {
        ended = answering => ended,
        () = asking => Ok(()),
    }
}

/// Where a listener is reached from this machine.
fn reachable(listener: SocketAddr) -> SocketAddr {
    let ip = match listener.ip() {
        IpAddr::V4(Ipv4Addr::UNSPECIFIED) => Ipv4Addr::LOCALHOST.into(),
        IpAddr::V6(Ipv6Addr::UNSPECIFIED) => Ipv6Addr::LOCALHOST.into(),
        given => given,
    };
    SocketAddr::new(ip, listener.port())
}
