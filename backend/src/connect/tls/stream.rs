//! A connection in clear or under TLS, as one stream: what talks over it need not know.

use std::io;
use std::pin::Pin;
use std::task::{Context, Poll};
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio_rustls::TlsStream;

/// See the head of this file.
#[derive(Debug)]
pub enum Stream<S> {
    /// As it was opened.
    Clear(S),
    /// Hands were shaken.
    Secure(Box<TlsStream<S>>),
    /// The handshake took the connection and did not give it back: it failed.
    Gone,
}

impl<S> Stream<S> {
    /// Takes the connection out to shake hands over it; nothing is left here. `None` if it is not in clear.
    pub fn take_clear(&mut self) -> Option<S> {
        match std::mem::replace(self, Stream::Gone) {
            Stream::Clear(stream) => Some(stream),
            other => {
                *self = other;
                None
            }
        }
    }
}

fn gone<T>() -> Poll<io::Result<T>> {
    Poll::Ready(Err(io::ErrorKind::NotConnected.into()))
}

impl<S: AsyncRead + AsyncWrite + Unpin> AsyncRead for Stream<S> {
    fn poll_read(self: Pin<&mut Self>, cx: &mut Context<'_>, buf: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
        match self.get_mut() {
            Stream::Clear(stream) => Pin::new(stream).poll_read(cx, buf),
            Stream::Secure(stream) => Pin::new(stream).poll_read(cx, buf),
            Stream::Gone => gone(),
        }
    }
}

impl<S: AsyncRead + AsyncWrite + Unpin> AsyncWrite for Stream<S> {
    fn poll_write(self: Pin<&mut Self>, cx: &mut Context<'_>, buf: &[u8]) -> Poll<io::Result<usize>> {
        match self.get_mut() {
            Stream::Clear(stream) => Pin::new(stream).poll_write(cx, buf),
            Stream::Secure(stream) => Pin::new(stream).poll_write(cx, buf),
            Stream::Gone => gone(),
        }
    }

    fn poll_flush(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        match self.get_mut() {
            Stream::Clear(stream) => Pin::new(stream).poll_flush(cx),
            Stream::Secure(stream) => Pin::new(stream).poll_flush(cx),
            Stream::Gone => gone(),
        }
    }

    fn poll_shutdown(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        match self.get_mut() {
            Stream::Clear(stream) => Pin::new(stream).poll_shutdown(cx),
            Stream::Secure(stream) => Pin::new(stream).poll_shutdown(cx),
            Stream::Gone => gone(),
        }
    }
}
