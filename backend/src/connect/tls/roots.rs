//! The authorities by which certificates are judged: the public ones, and those of the configuration.

use common::words::SettingPhrase;
use std::io::Read;
use std::path::Path;
use std::sync::Arc;
use tokio_rustls::rustls::RootCertStore;
use tokio_rustls::rustls::pki_types::CertificateDer;
use tokio_rustls::rustls::pki_types::pem::PemObject;

/// Octets of `tls.ca_file`. The whole list of a browser has about 250 KiB.
pub const FILE_BYTES_MAX: u64 = 4 * 1024 * 1024;

/// See the head of this file.
#[derive(Clone, Debug)]
pub struct Roots(RootCertStore);

impl Roots {
    /// The public authorities, as browsers trust them (`webpki-roots`).
    pub fn public() -> Roots {
        Roots(RootCertStore { roots: webpki_roots::TLS_SERVER_ROOTS.to_vec() })
    }

    /// The public authorities and those of `tls.ca_file`, a file of PEM certificates.
    ///
    /// # Errors
    /// What is wrong with the file, for the person who named it.
    pub fn with_file(file: Option<&Path>) -> Result<Roots, SettingPhrase<'static>> {
        let mut roots = Roots::public();
        let Some(file) = file else { return Ok(roots) };
        let shown = || file.display().to_string();
        let refused = |why: String| SettingPhrase::BadBecause {
            key: "tls.ca_file".into(),
            value: shown().into(),
            why: why.into(),
        };
        let mut text = Vec::new();
        let opened = std::fs::File::open(file).map_err(|why| refused(why.to_string()))?;
        opened.take(FILE_BYTES_MAX + 1).read_to_end(&mut text).map_err(|why| refused(why.to_string()))?;
        if text.len() as u64 > FILE_BYTES_MAX {
            return Err(SettingPhrase::RootsTooLarge { file: shown().into(), most: FILE_BYTES_MAX });
        }
        let mut found = 0;
        for certificate in CertificateDer::pem_slice_iter(&text) {
            let certificate = certificate.map_err(|why| refused(why.to_string()))?;
            roots.0.add(certificate).map_err(|why| refused(why.to_string()))?;
            found += 1;
        }
        if found == 0 { Err(SettingPhrase::NoRoots(shown().into())) } else { Ok(roots) }
    }

    /// One more authority.
    ///
    /// # Errors
    /// It is no certificate.
    pub fn add(&mut self, certificate: CertificateDer<'_>) -> Result<(), tokio_rustls::rustls::Error> {
        self.0.add(certificate)
    }

    /// For a client that refuses what they do not vouch for.
    pub fn into_store(self) -> Arc<RootCertStore> {
        Arc::new(self.0)
    }
}
