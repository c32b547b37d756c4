//! What a TLS session is and what its certificate proved: recorded for every session, demanded by a few rules.

use common::vocab::{Timestamp, VerdictCode};
use std::fmt;

/// A version that we speak. Older ones are never offered.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum TlsVersion {
    /// RFC 5246.
    Tls12,
    /// RFC 8446.
    Tls13,
}

impl fmt::Display for TlsVersion {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            TlsVersion::Tls12 => "TLS 1.2",
            TlsVersion::Tls13 => "TLS 1.3",
        })
    }
}

/// Why a certificate does not prove that the peer is the exchanger.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Unproven {
    /// It is outside of its time: expired, or not valid yet.
    Expired,
    /// It is made out for other names.
    Name,
    /// It leads to no root that we trust, or cannot be understood.
    Chain,
}

impl Unproven {
    /// Its word in the catalogue.
    pub fn code(self) -> VerdictCode {
        match self {
            Unproven::Expired => VerdictCode::TlsCertExpired,
            Unproven::Name => VerdictCode::TlsCertName,
            Unproven::Chain => VerdictCode::TlsCertChain,
        }
    }
}

/// What is known of a TLS session. Its text is the peer's and hostile: whoever shows it escapes it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TlsFacts {
    /// The version.
    pub version: TlsVersion,
    /// The cipher suite by its registered name: `TLS_AES_128_GCM_SHA256`.
    pub cipher: Box<str>,
    /// The group of the key exchange: `X25519`.
    pub group: Box<str>,
    /// The DNS names of the certificate; some of them, where there are very many.
    pub names: Vec<Box<str>>,
    /// Who issued the certificate; none if that cannot be read.
    pub issuer: Option<Box<str>>,
    /// Until when the certificate is valid; none if that cannot be read.
    pub not_after: Option<Timestamp>,
    /// Whether the certificate proves the exchanger's name.
    pub proof: Result<(), Unproven>,
    /// The session goes on from an earlier one; its certificate is that one's, judged anew.
    pub resumed: bool,
}

impl fmt::Display for TlsFacts {
    /// As the log says it: `TLS 1.3, TLS_AES_128_GCM_SHA256, X25519, verified`.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}, {}, {}, ", self.version, self.cipher, self.group)?;
        match self.proof {
            Ok(()) => f.write_str("verified"),
            Err(why) => write!(f, "not verified: {}", why.code()),
        }
    }
}
