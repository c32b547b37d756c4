//! The verifier of the handshake: any certificate will do, as long as whoever sent it holds its key.
//!
//! Promises: the signature over the handshake is checked, so that a resumed session cannot have begun with another
//! key than the certificate's; a chain is bounded before anybody looks into it.
//! Never: judges whom a certificate is for. `tls` does that afterwards and records it.

use std::fmt;
use tokio_rustls::rustls::client::danger::{HandshakeSignatureValid, ServerCertVerified, ServerCertVerifier};
use tokio_rustls::rustls::crypto::{WebPkiSupportedAlgorithms, verify_tls12_signature, verify_tls13_signature};
use tokio_rustls::rustls::pki_types::{CertificateDer, ServerName, UnixTime};
use tokio_rustls::rustls::{DigitallySignedStruct, Error, SignatureScheme};

/// Certificates of a chain, the server's own included. Real chains have two or three.
const CHAIN_MAX: usize = 10;
/// Octets of a chain. Real ones have three to six KiB; rustls itself reads no more than 64 KiB.
const CHAIN_BYTES_MAX: usize = 48 * 1024;

/// See the head of this file.
pub(super) struct Recorder {
    algorithms: WebPkiSupportedAlgorithms,
}

impl Recorder {
    pub(super) fn new(algorithms: WebPkiSupportedAlgorithms) -> Recorder {
        Recorder { algorithms }
    }
}

impl fmt::Debug for Recorder {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Recorder")
    }
}

impl ServerCertVerifier for Recorder {
    fn verify_server_cert(
        &self,
        end_entity: &CertificateDer<'_>,
        intermediates: &[CertificateDer<'_>],
        _: &ServerName<'_>,
        _: &[u8],
        _: UnixTime,
    ) -> Result<ServerCertVerified, Error> {
        let bytes: usize = end_entity.len() + intermediates.iter().map(|one| one.len()).sum::<usize>();
        if intermediates.len() >= CHAIN_MAX || bytes > CHAIN_BYTES_MAX {
            let count = intermediates.len() + 1;
            return Err(Error::General(format!("a chain of {count} certificates with {bytes} octets is too long")));
        }
        Ok(ServerCertVerified::assertion())
    }

    fn verify_tls12_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signed: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        verify_tls12_signature(message, certificate, signed, &self.algorithms)
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signed: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        verify_tls13_signature(message, certificate, signed, &self.algorithms)
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        self.algorithms.supported_schemes()
    }
}
