//! The stream of a session: in clear text, or under TLS from some moment on.
//!
//! Promises: once TLS was begun there is no way back to clear text; what TLS was agreed on is known.
//! Never: waits for longer than its caller lets it.

use std::io;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio_rustls::TlsAcceptor;
use tokio_rustls::rustls::{ProtocolVersion, ServerConfig};
use tokio_rustls::server::TlsStream;

/// What was agreed on in a handshake, as a Received field says it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Tls {
    /// `TLSv1.3`.
    pub version: &'static str,
    /// The suite's name at IANA, `TLS_AES_256_GCM_SHA384`.
    pub suite: String,
}

/// The stream.
pub enum Channel<S> {
    /// As it came.
    Clear(S),
    /// Under TLS.
    Secured(Box<TlsStream<S>>),
    /// The handshake failed or is under way: reads end, writes fail.
    Gone,
}

impl<S: AsyncRead + AsyncWrite + Unpin> Channel<S> {
    /// Whether TLS was begun.
    pub fn is_clear(&self) -> bool {
        matches!(self, Channel::Clear(_))
    }

    /// The handshake. The channel is gone unless it succeeds.
    pub async fn secure(&mut self, config: Arc<ServerConfig>) -> io::Result<Tls> {
        let Channel::Clear(stream) = std::mem::replace(self, Channel::Gone) else {
            return Err(io::Error::from(io::ErrorKind::AlreadyExists));
        };
        let stream = TlsAcceptor::from(config).accept(stream).await?;
        let connection = stream.get_ref().1;
        let version = match connection.protocol_version() {
            Some(ProtocolVersion::TLSv1_3) => "TLSv1.3",
            _ => "TLSv1.2",
        };
        let suite = connection.negotiated_cipher_suite().and_then(|suite| suite.suite().as_str()).unwrap_or_default();
        // The library tells the suites of 1.3 from those of 1.2 by a prefix that IANA does not have.
        let suite = suite.replacen("TLS13_", "TLS_", 1);
        *self = Channel::Secured(Box::new(stream));
        Ok(Tls { version, suite })
    }
}

impl<S: AsyncRead + AsyncWrite + Unpin> AsyncRead for Channel<S> {
    fn poll_read(self: Pin<&mut Self>, context: &mut Context<'_>, room: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
        match self.get_mut() {
            Channel::Clear(stream) => Pin::new(stream).poll_read(context, room),
            Channel::Secured(stream) => Pin::new(stream.as_mut()).poll_read(context, room),
            Channel::Gone => Poll::Ready(Ok(())),
        }
    }
}

impl<S: AsyncRead + AsyncWrite + Unpin> AsyncWrite for Channel<S> {
    fn poll_write(self: Pin<&mut Self>, context: &mut Context<'_>, octets: &[u8]) -> Poll<io::Result<usize>> {
        match self.get_mut() {
            Channel::Clear(stream) => Pin::new(stream).poll_write(context, octets),
            Channel::Secured(stream) => Pin::new(stream.as_mut()).poll_write(context, octets),
            Channel::Gone => Poll::Ready(Err(io::ErrorKind::BrokenPipe.into())),
        }
    }

    fn poll_flush(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        match self.get_mut() {
            Channel::Clear(stream) => Pin::new(stream).poll_flush(context),
            Channel::Secured(stream) => Pin::new(stream.as_mut()).poll_flush(context),
            Channel::Gone => Poll::Ready(Ok(())),
        }
    }

    fn poll_shutdown(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        match self.get_mut() {
            Channel::Clear(stream) => Pin::new(stream).poll_shutdown(context),
            Channel::Secured(stream) => Pin::new(stream.as_mut()).poll_shutdown(context),
            Channel::Gone => Poll::Ready(Ok(())),
        }
    }
}
