//! TLS on a connection that is open: the handshake, and what it proved, as facts.
//!
//! Promises: TLS 1.2 and 1.3 by rustls and *ring*, X25519 first, one small ClientHello; the exchanger's name in SNI;
//! sessions resumed; whatever certificate comes is recorded with whether it proves the name, and why not.
//! Never: a refusal for what a certificate proves (RFC 7435). The engine's dialogue refuses where a rule says so.
//! The walk comes from `deliver` and goes back there.

mod certificate;
mod recorder;
mod roots;
pub mod state;
pub mod stream;
#[cfg(test)]
mod tests;

pub use roots::Roots;
pub use stream::Stream;

use crate::clock::Clock;
use engine::failure::Trouble;
use engine::route::Hop;
use engine::tls::{TlsFacts, TlsVersion, Unproven};
use recorder::Recorder;
use std::fmt;
use std::io;
use std::sync::Arc;
use std::time::Duration;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio_rustls::TlsConnector;
use tokio_rustls::client::TlsStream;
use tokio_rustls::rustls::client::danger::ServerCertVerifier;
use tokio_rustls::rustls::client::{Resumption, WebPkiServerVerifier};
use tokio_rustls::rustls::pki_types::{CertificateDer, ServerName, UnixTime};
use tokio_rustls::rustls::{
    self, CertificateError, ClientConfig, ClientConnection, HandshakeKind, ProtocolVersion, crypto::ring,
};

/// Exchangers whose sessions can be resumed. Each holds its tickets and its chain: some ten KiB.
const RESUMED_MAX: usize = 512;

/// Shakes hands. One for the whole process: sessions are resumed across connections.
pub struct TlsClient {
    connector: TlsConnector,
    judge: Arc<WebPkiServerVerifier>,
    clock: Clock,
}

impl TlsClient {
    /// A client that judges certificates by these roots.
    ///
    /// # Panics
    /// Without any root. [`Roots::public`] has many.
    pub fn new(roots: Roots, clock: Clock) -> TlsClient {
        let provider = Arc::new(ring::default_provider());
        let judge = WebPkiServerVerifier::builder_with_provider(roots.into_store(), provider.clone()).build();
        let algorithms = provider.signature_verification_algorithms;
        let versions = ClientConfig::builder_with_provider(provider).with_safe_default_protocol_versions();
        let mut config = versions
            .expect("ring speaks both versions")
            .dangerous()
            .with_custom_certificate_verifier(Arc::new(Recorder::new(algorithms)))
            .with_no_client_auth();
        config.resumption = Resumption::in_memory_sessions(RESUMED_MAX);
        let connector = TlsConnector::from(Arc::new(config));
        TlsClient { connector, judge: judge.expect("there are roots"), clock }
    }

    /// Shakes hands over a stream from which nothing after the 220 was read. May be dropped while it waits.
    ///
    /// # Errors
    /// [`Trouble::Handshake`] with the library's words, or what became of the connection.
    pub async fn shake_hands<S>(
        &self,
        stream: S,
        name: &ServerName<'static>,
    ) -> Result<(TlsStream<S>, TlsFacts), Trouble>
    where
        S: AsyncRead + AsyncWrite + Unpin,
    {
        let stream = self.connector.connect(name.clone(), stream).await.map_err(trouble_of)?;
        let facts = self.facts(stream.get_ref().1, name);
        Ok((stream, facts))
    }

    fn facts(&self, session: &ClientConnection, name: &ServerName<'static>) -> TlsFacts {
        let chain = session.peer_certificates().unwrap_or_default();
        let read = chain.first().map(certificate::read).unwrap_or_default();
        let cipher = session.negotiated_cipher_suite().and_then(|suite| suite.suite().as_str()).unwrap_or("unknown");
        let group = session.negotiated_key_exchange_group().and_then(|group| group.name().as_str());
        TlsFacts {
            version: match session.protocol_version() {
                Some(ProtocolVersion::TLSv1_3) => TlsVersion::Tls13,
                _ => TlsVersion::Tls12,
            },
            cipher: cipher.replacen("TLS13_", "TLS_", 1).into(),
            group: group.unwrap_or("unknown").into(),
            names: read.names,
            issuer: read.issuer,
            not_after: read.not_after,
            proof: self.proof(chain, name),
            resumed: session.handshake_kind() == Some(HandshakeKind::Resumed),
        }
    }

    /// Whether the chain proves the name at this moment; a resumed session is judged as if it were new.
    fn proof(&self, chain: &[CertificateDer<'_>], name: &ServerName<'static>) -> Result<(), Unproven> {
        let Some((first, rest)) = chain.split_first() else { return Err(Unproven::Chain) };
        let now = UnixTime::since_unix_epoch(Duration::from_millis(self.clock.now().millis()));
        match self.judge.verify_server_cert(first, rest, name, &[], now) {
            Ok(_) => Ok(()),
            Err(rustls::Error::InvalidCertificate(why)) => Err(unproven(&why)),
            Err(_) => Err(Unproven::Chain),
        }
    }
}

impl fmt::Debug for TlsClient {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("TlsClient").finish_non_exhaustive()
    }
}

impl Default for TlsClient {
    fn default() -> TlsClient {
        TlsClient::new(Roots::public(), Clock)
    }
}

/// The name that a certificate is to prove, and that SNI says: the exchanger's. A name that no certificate can hold
/// leaves the address, which is then not proven.
pub fn name_to_prove(hop: &Hop) -> ServerName<'static> {
    let name = ServerName::try_from(hop.exchanger.to_string());
    name.unwrap_or_else(|_| ServerName::IpAddress(hop.address.ip().into()))
}

fn unproven(why: &CertificateError) -> Unproven {
    use CertificateError::*;
    match why {
        Expired | ExpiredContext { .. } | NotValidYet | NotValidYetContext { .. } => Unproven::Expired,
        NotValidForName | NotValidForNameContext { .. } => Unproven::Name,
        _ => Unproven::Chain,
    }
}

/// Why a handshake failed.
fn trouble_of(error: io::Error) -> Trouble {
    let ours = error.get_ref().and_then(|inner| inner.downcast_ref::<rustls::Error>());
    match (ours, error.kind()) {
        (Some(why), _) => Trouble::Handshake(why.to_string().into()),
        (None, io::ErrorKind::TimedOut) => Trouble::TimedOut,
        (None, _) => Trouble::Handshake("they closed the connection during the handshake".into()),
    }
}
