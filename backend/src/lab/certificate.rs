//! Certificates of the lab's next hops, from an authority that lives as long as the lab.
//!
//! Promises: nothing that is signed here means anything outside of this process. Never: written to a disk by us.

use rcgen::{
    BasicConstraints, CertificateParams, DistinguishedName, DnType, IsCa, Issuer, KeyPair, KeyUsagePurpose,
    date_time_ymd,
};
use std::fmt;
use std::io;
use std::sync::Arc;
use tokio_rustls::TlsAcceptor;
use tokio_rustls::rustls::pki_types::{CertificateDer, PrivateKeyDer, PrivatePkcs8KeyDer};
use tokio_rustls::rustls::{ServerConfig, crypto::ring};

/// Whether a certificate is within its time.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Validity {
    /// For decades.
    Good,
    /// Its time is over.
    Expired,
}

/// An authority of its own.
pub struct Authority {
    issuer: Issuer<'static, KeyPair>,
    root: CertificateDer<'static>,
    root_pem: String,
}

impl fmt::Debug for Authority {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Authority")
    }
}

impl Authority {
    /// A new authority with a key that nobody else has.
    pub fn new() -> io::Result<Authority> {
        let key = KeyPair::generate().map_err(io::Error::other)?;
        let mut params = params("Nexthop lab authority", &[], Validity::Good)?;
        params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        params.key_usages = vec![KeyUsagePurpose::KeyCertSign];
        let root = params.self_signed(&key).map_err(io::Error::other)?;
        let (der, root_pem) = (root.der().clone(), root.pem());
        Ok(Authority { issuer: Issuer::new(params, key), root: der, root_pem })
    }

    /// By which its certificates can be verified.
    pub fn root(&self) -> &CertificateDer<'static> {
        &self.root
    }

    /// The same as a file for `tls.ca_file`.
    pub fn root_pem(&self) -> &str {
        &self.root_pem
    }

    /// A server's end of TLS, with a certificate for these names.
    pub fn acceptor(&self, names: &[&str], validity: Validity) -> io::Result<TlsAcceptor> {
        let key = KeyPair::generate().map_err(io::Error::other)?;
        let params = params(names.first().copied().unwrap_or("nobody"), names, validity)?;
        let certificate = params.signed_by(&key, &self.issuer).map_err(io::Error::other)?;
        let key = PrivateKeyDer::Pkcs8(PrivatePkcs8KeyDer::from(key.serialize_der()));
        let config = ServerConfig::builder_with_provider(Arc::new(ring::default_provider()))
            .with_safe_default_protocol_versions()
            .and_then(|config| config.with_no_client_auth().with_single_cert(vec![certificate.der().clone()], key));
        Ok(TlsAcceptor::from(Arc::new(config.map_err(io::Error::other)?)))
    }
}

fn params(common_name: &str, names: &[&str], validity: Validity) -> io::Result<CertificateParams> {
    let names: Vec<String> = names.iter().map(|name| (*name).to_owned()).collect();
    let mut params = CertificateParams::new(names).map_err(io::Error::other)?;
    params.distinguished_name = DistinguishedName::new();
    params.distinguished_name.push(DnType::CommonName, common_name);
    params.not_before = date_time_ymd(2020, 1, 1);
    params.not_after = match validity {
        Validity::Good => date_time_ymd(2049, 12, 31),
        Validity::Expired => date_time_ymd(2021, 1, 1),
    };
    Ok(params)
}
