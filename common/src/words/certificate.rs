//! What is said of the intake's certificate and its key, in both languages.

use std::borrow::Cow;

/// A sentence about certificate and key. Paths and reasons are as files and libraries have them.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum CertificatePhrase<'a> {
    /// One of certificate and key without the other.
    Half {
        /// `smtp.tls_cert`, which is set.
        given: Cow<'a, str>,
        /// `smtp.tls_key`, which is not.
        missing: Cow<'a, str>,
    },
    /// A file cannot be read.
    Unreadable {
        /// Which.
        path: Cow<'a, str>,
        /// In the system's or the parser's words.
        why: Cow<'a, str>,
    },
    /// There is no certificate in the file.
    Missing(Cow<'a, str>),
    /// There is no private key in the file.
    KeyMissing(Cow<'a, str>),
    /// The key is that of another certificate.
    OtherKey {
        /// The file of the certificate.
        certificate: Cow<'a, str>,
        /// The file of the key.
        key: Cow<'a, str>,
    },
    /// Certificate or key cannot be used.
    Unusable {
        /// The file of the certificate.
        path: Cow<'a, str>,
        /// In the library's words.
        why: Cow<'a, str>,
    },
}

impl CertificatePhrase<'_> {
    pub(super) fn en(&self) -> String {
        use CertificatePhrase::*;
        match self {
            Half { given, missing } => format!("{given} is set and {missing} is not; set both, or neither"),
            Unreadable { path, why } => format!("{path} cannot be read: {why}"),
            Missing(path) => {
                format!("{path} holds no certificate; write the PEM file that begins with -----BEGIN CERTIFICATE-----")
            }
            KeyMissing(path) => {
                format!("{path} holds no private key; write the PEM file that begins with -----BEGIN PRIVATE KEY-----")
            }
            OtherKey { certificate, key } => {
                format!("the key in {key} is not that of the certificate in {certificate}; write the key made with it")
            }
            Unusable { path, why } => format!("the certificate in {path} cannot be used: {why}"),
        }
    }

    pub(super) fn ja(&self) -> String {
        use CertificatePhrase::*;
        match self {
            Half { given, missing } => {
                format!("{given} はありますが {missing} がありません。両方を書くか、両方を外してください")
            }
            Unreadable { path, why } => format!("{path} を読み込めません: {why}"),
            Missing(path) => format!(
                "{path} に証明書がありません。-----BEGIN CERTIFICATE----- で始まる PEM ファイルを指定してください"
            ),
            KeyMissing(path) => format!(
                "{path} に秘密鍵がありません。-----BEGIN PRIVATE KEY----- で始まる PEM ファイルを指定してください"
            ),
            OtherKey { certificate, key } => {
                format!("{key} の鍵は {certificate} の証明書のものではありません。対になる鍵を指定してください")
            }
            Unusable { path, why } => format!("{path} の証明書は使えません: {why}"),
        }
    }
}
