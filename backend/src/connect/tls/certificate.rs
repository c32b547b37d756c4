//! What a certificate says of itself, for people to read. Whether it is true is another question.

use common::vocab::Timestamp;
use tokio_rustls::rustls::pki_types::CertificateDer;
use x509_parser::extensions::GeneralName;
use x509_parser::prelude::{FromDer, X509Certificate};

/// Names that are kept; certificates of large hosters have hundreds.
const NAMES_MAX: usize = 8;
/// Octets of an issuer that are kept.
const ISSUER_BYTES_MAX: usize = 256;
/// Octets of a name that are kept: no DNS name is longer.
const NAME_BYTES_MAX: usize = 255;

/// What could be read. `Default`: nothing.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Read {
    /// DNS names, addresses as text.
    pub(super) names: Vec<Box<str>>,
    /// The issuer's distinguished name.
    pub(super) issuer: Option<Box<str>>,
    /// The end of its validity.
    pub(super) not_after: Option<Timestamp>,
}

/// Reads a certificate. What cannot be understood is left out.
pub(super) fn read(certificate: &CertificateDer<'_>) -> Read {
    let Ok((_, certificate)) = X509Certificate::from_der(certificate) else { return Read::default() };
    let alternative = certificate.subject_alternative_name().ok().flatten();
    let names = alternative.map(|found| found.value.general_names.as_slice()).unwrap_or_default();
    let not_after = u64::try_from(certificate.validity().not_after.timestamp()).ok();
    Read {
        names: names.iter().filter_map(name).take(NAMES_MAX).collect(),
        issuer: Some(cut(&certificate.issuer().to_string(), ISSUER_BYTES_MAX)),
        not_after: not_after.map(|seconds| Timestamp(seconds.saturating_mul(1_000))),
    }
}

fn name(name: &GeneralName<'_>) -> Option<Box<str>> {
    match name {
        GeneralName::DNSName(name) => Some(cut(name, NAME_BYTES_MAX)),
        GeneralName::IPAddress(octets) => {
            let four = <[u8; 4]>::try_from(*octets).map(|octets| std::net::IpAddr::from(octets).to_string());
            let ip = four.or_else(|_| <[u8; 16]>::try_from(*octets).map(|o| std::net::IpAddr::from(o).to_string()));
            ip.ok().map(Into::into)
        }
        _ => None,
    }
}

fn cut(text: &str, most: usize) -> Box<str> {
    text[..text.floor_char_boundary(most)].into()
}
