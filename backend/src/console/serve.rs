//! Connections to the console: taken, bounded in number and time, served by the router, ended when the server stops.

use crate::console::http;
use crate::console::http::client::Client;
use crate::console::http::gate::Door;
use crate::console::state::ConsoleState;
use crate::intake::certificate::Certificate;
use axum::serve::Listener;
use hyper::Request;
use hyper::body::Incoming;
use hyper::server::conn::http1;
use hyper::service::{Service, service_fn};
use hyper_util::rt::{TokioIo, TokioTimer};
use hyper_util::service::TowerToHyperService;
use std::io;
use std::sync::Arc;
use std::time::Duration;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::TcpListener;
use tokio::sync::{Semaphore, watch};
use tokio::task::JoinSet;
use tokio::time::timeout;
use tokio_rustls::TlsAcceptor;
use tokio_rustls::server::TlsStream;

/// Connections at once on one listener. A browser opens six.
const CONNECTIONS_MAX: usize = 1_024;
/// For the head of a request, from its first octet or the end of the one before.
const HEAD_WITHIN: Duration = Duration::from_secs(15);
/// For a TLS handshake.
const HANDSHAKE_WITHIN: Duration = Duration::from_secs(15);
/// Fields of a head; browsers send about 15.
const FIELDS_MAX: usize = 64;
/// Octets of a head.
const HEAD_BYTES_MAX: usize = 16 * 1024;
/// For requests in hand when the server stops.
const STOP_WITHIN: Duration = Duration::from_secs(8);

/// Serves browsers, API clients and remote verbs until `stop` is true, by TLS if there is a certificate.
/// Errors: the listener's address is not known.
pub async fn serve(
    listener: TcpListener,
    certificate: Option<Arc<Certificate>>,
    state: Arc<ConsoleState>,
    stop: watch::Receiver<bool>,
) -> io::Result<()> {
    let door = Door::tcp(listener.local_addr()?, certificate.is_some(), &state.settings.public, stop.clone());
    let door = door.behind(state.settings.proxies.clone());
    accept(listener, certificate, state, door, stop).await;
    Ok(())
}

/// Waits until the server stops. A signal that nobody can give any more counts as given.
pub(super) async fn stopped(stop: &mut watch::Receiver<bool>) {
    drop(stop.wait_for(|stop| *stop).await);
}

/// Takes connections until `stop` is true, then waits for requests and websockets in hand.
pub(super) async fn accept<L: Listener<Addr: Into<Client>>>(
    mut listener: L,
    certificate: Option<Arc<Certificate>>,
    state: Arc<ConsoleState>,
    door: Door,
    mut stop: watch::Receiver<bool>,
) {
    let router = http::router(state.clone(), door);
    let seats = Arc::new(Semaphore::new(CONNECTIONS_MAX));
    let mut connections = JoinSet::new();
    loop {
        let taken = async {
            let seat = seats.clone().acquire_owned().await;
            (listener.accept().await, seat)
        };
        let ((stream, client), seat) = tokio::select! {
            () = stopped(&mut stop) => break,
            taken = taken => taken,
        };
        let (router, stop, certificate) = (router.clone(), stop.clone(), certificate.clone());
        connections.spawn(async move {
            match certificate {
                None => serve_one(TokioIo::new(stream), client.into(), router, stop).await,
                Some(certificate) => {
                    if let Some(stream) = shake_hands(&certificate, stream).await {
                        serve_one(TokioIo::new(stream), client.into(), router, stop).await;
                    }
                }
            }
            drop(seat);
        });
        while connections.try_join_next().is_some() {}
    }
    drop(listener);
    let ended = timeout(STOP_WITHIN, async {
        while connections.join_next().await.is_some() {}
        let all = state.settings.live_max as u32;
        drop(state.live.acquire_many(all).await);
    });
    if ended.await.is_err() {
        tracing::warn!("some connections to the console did not end in time");
    }
}

/// TLS, or nothing: who speaks something else, or too slowly, is let go.
async fn shake_hands<I>(certificate: &Arc<Certificate>, stream: I) -> Option<TlsStream<I>>
where
    I: AsyncRead + AsyncWrite + Unpin,
{
    let shaking = TlsAcceptor::from(certificate.fresh().await).accept(stream);
    match timeout(HANDSHAKE_WITHIN, shaking).await {
        Ok(Ok(stream)) => Some(stream),
        Ok(Err(why)) => {
            tracing::debug!(%why, "a connection to the console made no TLS session");
            None
        }
        Err(_) => None,
    }
}

/// One connection. Its faults are the client's: noted for who looks closely, nothing more.
async fn serve_one<I>(stream: TokioIo<I>, client: Client, router: axum::Router, mut stop: watch::Receiver<bool>)
where
    I: AsyncRead + AsyncWrite + Unpin + Send + 'static,
{
    let mut builder = http1::Builder::new();
    builder.timer(TokioTimer::new()).header_read_timeout(HEAD_WITHIN);
    builder.max_headers(FIELDS_MAX).max_buf_size(HEAD_BYTES_MAX);
    let router = TowerToHyperService::new(router);
    let service = service_fn(move |mut request: Request<Incoming>| {
        request.extensions_mut().insert(client);
        router.call(request)
    });
    let connection = builder.serve_connection(stream, service).with_upgrades();
    let mut connection = std::pin::pin!(connection);
    let end = tokio::select! {
        end = connection.as_mut() => end,
        () = stopped(&mut stop) => {
            connection.as_mut().graceful_shutdown();
            connection.await
        }
    };
    if let Err(why) = end {
        tracing::debug!(%why, "a connection to the console ended early");
    }
}
