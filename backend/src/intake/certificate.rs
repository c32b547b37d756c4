//! Our certificate and its key: read from two PEM files, and read again when the files change.
//!
//! Promises: what is used is whole and fits together; a renewal that cannot be used changes nothing and is told in the
//! log; files are looked at once a second at most, beside the runtime's threads.
//! Never: shows a key; asks for a client's certificate.
//! The walk goes on in `smtp/session/secure`.

use common::words::{CertificatePhrase, Language, SettingPhrase};
use std::fmt;
use std::fs::File;
use std::io::{self, Read};
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;
use tokio::time::Instant;
use tokio_rustls::rustls::crypto::ring;
use tokio_rustls::rustls::pki_types::pem::PemObject;
use tokio_rustls::rustls::pki_types::{CertificateDer, PrivateKeyDer};
use tokio_rustls::rustls::{Error as TlsError, InconsistentKeys, ServerConfig};

/// Octets of a PEM file; a chain of ten certificates has 20 KiB.
const FILE_BYTES_MAX: u64 = 1024 * 1024;
/// The files are looked at so often at most: a renewal is in use a second later, and a flood costs no file access.
const LOOK_EVERY: Duration = Duration::from_secs(1);

/// Why certificate and key cannot be used.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum CertificateError {
    /// A file cannot be read.
    Unreadable {
        /// Which.
        path: PathBuf,
        /// In the system's or the parser's words.
        why: String,
    },
    /// There is no certificate in the file.
    NoCertificate(PathBuf),
    /// There is no private key in the file.
    NoKey(PathBuf),
    /// The key is that of another certificate.
    OtherKey {
        /// Where the certificate is.
        certificate: PathBuf,
        /// Where the key is.
        key: PathBuf,
    },
    /// The certificate or the key is of a kind that cannot be used; why, in the library's words.
    Unusable {
        /// Where the certificate is.
        path: PathBuf,
        /// Why.
        why: String,
    },
}

impl CertificateError {
    /// The sentence for a person.
    pub fn phrase(&self) -> SettingPhrase<'static> {
        let shown = |path: &Path| path.display().to_string().into();
        SettingPhrase::Certificate(match self {
            CertificateError::Unreadable { path, why } => {
                CertificatePhrase::Unreadable { path: shown(path), why: why.clone().into() }
            }
            CertificateError::NoCertificate(path) => CertificatePhrase::Missing(shown(path)),
            CertificateError::NoKey(path) => CertificatePhrase::KeyMissing(shown(path)),
            CertificateError::OtherKey { certificate, key } => {
                CertificatePhrase::OtherKey { certificate: shown(certificate), key: shown(key) }
            }
            CertificateError::Unusable { path, why } => {
                CertificatePhrase::Unusable { path: shown(path), why: why.clone().into() }
            }
        })
    }
}

impl fmt::Display for CertificateError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&Language::En.say_setting(&self.phrase()))
    }
}
impl std::error::Error for CertificateError {}

/// The certificate of the intake.
pub struct Certificate {
    path: PathBuf,
    key: PathBuf,
    current: Mutex<Current>,
}

struct Current {
    config: Arc<ServerConfig>,
    /// The files that `config` was read from; `None` where one could not be seen.
    seen: Option<[Stamp; 2]>,
    looked_at: Instant,
    /// What was last told of a renewal that cannot be used: it is told once.
    told: Option<CertificateError>,
}

/// What tells a file from the one that was there before.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Stamp {
    inode: u64,
    bytes: u64,
    modified: (i64, i64),
}

impl fmt::Debug for Certificate {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Certificate({}, {})", self.path.display(), self.key.display())
    }
}

impl Certificate {
    /// Reads the chain, our own certificate first, and its key. Blocks on files.
    ///
    /// # Errors
    /// One of them cannot be read or used, or they do not belong together.
    pub fn load(path: &Path, key: &Path) -> Result<Certificate, CertificateError> {
        let seen = stamps(path, key);
        let current = Current { config: read(path, key)?, seen, looked_at: Instant::now(), told: None };
        Ok(Certificate { path: path.to_owned(), key: key.to_owned(), current: Mutex::new(current) })
    }

    /// What a session answers a TLS hello with: that of the files as they are now, or as they were when they last made
    /// sense.
    pub async fn fresh(self: &Arc<Certificate>) -> Arc<ServerConfig> {
        if self.is_to_be_looked_at(Instant::now()) {
            let own = Arc::clone(self);
            // A disk that hangs holds this session back and no other.
            drop(tokio::task::spawn_blocking(move || own.look()).await);
        }
        Arc::clone(&self.lock().config)
    }

    fn is_to_be_looked_at(&self, now: Instant) -> bool {
        let mut current = self.lock();
        let due = now.saturating_duration_since(current.looked_at) >= LOOK_EVERY;
        if due {
            current.looked_at = now;
        }
        due
    }

    /// Reads the files again if they changed.
    fn look(&self) {
        let seen = stamps(&self.path, &self.key);
        if seen.is_some() && seen == self.lock().seen {
            return;
        }
        let result = read(&self.path, &self.key);
        let mut current = self.lock();
        match result {
            Ok(config) => {
                tracing::info!(certificate = %self.path.display(), "the certificate was read again");
                (current.config, current.seen, current.told) = (config, seen, None);
            }
            Err(why) if current.told.as_ref() != Some(&why) => {
                tracing::error!(%why, "the certificate that was there before stays in use");
                current.told = Some(why);
            }
            Err(_) => {}
        }
    }

    fn lock(&self) -> MutexGuard<'_, Current> {
        self.current.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn stamps(path: &Path, key: &Path) -> Option<[Stamp; 2]> {
    let stamp = |path: &Path| {
        let found = path.metadata().ok()?;
        Some(Stamp { inode: found.ino(), bytes: found.size(), modified: (found.mtime(), found.mtime_nsec()) })
    };
    Some([stamp(path)?, stamp(key)?])
}

fn read(path: &Path, key: &Path) -> Result<Arc<ServerConfig>, CertificateError> {
    let malformed = |path: &Path, why: &dyn fmt::Display| CertificateError::Unreadable {
        path: path.to_owned(),
        why: why.to_string(),
    };
    let octets = |path: &Path| octets(path).map_err(|why| malformed(path, &why));
    let chain: Vec<CertificateDer<'static>> = CertificateDer::pem_slice_iter(&octets(path)?)
        .collect::<Result<_, _>>()
        .map_err(|why| malformed(path, &why))?;
    if chain.is_empty() {
        return Err(CertificateError::NoCertificate(path.to_owned()));
    }
    let private = PrivateKeyDer::pem_slice_iter(&octets(key)?).next();
    let private = private.ok_or_else(|| CertificateError::NoKey(key.to_owned()))?;
    let private = private.map_err(|why| malformed(key, &why))?;
    let unusable = |why: TlsError| match why {
        TlsError::InconsistentKeys(InconsistentKeys::KeyMismatch) => {
            CertificateError::OtherKey { certificate: path.to_owned(), key: key.to_owned() }
        }
        why => CertificateError::Unusable { path: path.to_owned(), why: why.to_string() },
    };
    let config = ServerConfig::builder_with_provider(Arc::new(ring::default_provider()))
        .with_safe_default_protocol_versions()
        .map_err(unusable)?
        .with_no_client_auth()
        .with_single_cert(chain, private)
        .map_err(unusable)?;
    Ok(Arc::new(config))
}

fn octets(path: &Path) -> io::Result<Vec<u8>> {
    let mut octets = Vec::new();
    File::open(path)?.take(FILE_BYTES_MAX + 1).read_to_end(&mut octets)?;
    if octets.len() as u64 > FILE_BYTES_MAX {
        return Err(io::Error::new(io::ErrorKind::FileTooLarge, format!("it is larger than {FILE_BYTES_MAX} octets")));
    }
    Ok(octets)
}

#[cfg(test)]
mod tests {
    use super::*;
    use rcgen::{CertifiedKey, generate_simple_self_signed};

    struct Files {
        folder: tempfile::TempDir,
    }

    impl Files {
        fn new() -> Files {
            let files = Files { folder: tempfile::tempdir().unwrap() };
            files.renew();
            files
        }

        fn certificate(&self) -> PathBuf {
            self.folder.path().join("certificate.pem")
        }

        fn key(&self) -> PathBuf {
            self.folder.path().join("key.pem")
        }

        fn load(&self) -> Result<Certificate, CertificateError> {
            Certificate::load(&self.certificate(), &self.key())
        }

        fn renew(&self) {
            let CertifiedKey { cert, signing_key } = generate_simple_self_signed(["mail.test".to_owned()]).unwrap();
            std::fs::write(self.certificate(), cert.pem()).unwrap();
            std::fs::write(self.key(), signing_key.serialize_pem()).unwrap();
        }
    }

    #[test]
    fn what_is_wrong_with_the_files_is_said() {
        let files = Files::new();
        assert!(files.load().is_ok());
        let (certificate, key) = (std::fs::read(files.certificate()).unwrap(), std::fs::read(files.key()).unwrap());
        std::fs::write(files.certificate(), &key).unwrap();
        assert_eq!(files.load().unwrap_err(), CertificateError::NoCertificate(files.certificate()));
        std::fs::write(files.certificate(), &certificate).unwrap();
        std::fs::write(files.key(), &certificate).unwrap();
        assert_eq!(files.load().unwrap_err(), CertificateError::NoKey(files.key()));
        files.renew();
        std::fs::write(files.key(), &key).unwrap();
        assert!(matches!(files.load().unwrap_err(), CertificateError::OtherKey { .. }));
        std::fs::write(files.key(), "-----BEGIN PRIVATE KEY-----\n!\n-----END PRIVATE KEY-----\n").unwrap();
        assert!(matches!(files.load().unwrap_err(), CertificateError::Unreadable { .. }));
        std::fs::write(files.key(), vec![b'a'; FILE_BYTES_MAX as usize + 1]).unwrap();
        assert!(files.load().unwrap_err().to_string().contains("larger than"));
        std::fs::remove_file(files.key()).unwrap();
        assert!(matches!(files.load().unwrap_err(), CertificateError::Unreadable { .. }));
    }

    #[tokio::test(start_paused = true)]
    async fn a_renewal_is_used_a_second_later_and_half_a_renewal_never() {
        let files = Files::new();
        let certificate = Arc::new(files.load().unwrap());
        let first = certificate.fresh().await;
        let old_key = std::fs::read(files.key()).unwrap();
        files.renew();
        let new_key = std::fs::read(files.key()).unwrap();
        std::fs::write(files.key(), &old_key).unwrap();
        assert!(Arc::ptr_eq(&first, &certificate.fresh().await), "not looked at within a second");
        tokio::time::advance(LOOK_EVERY).await;
        assert!(Arc::ptr_eq(&first, &certificate.fresh().await), "the key is still the old one");
        std::fs::write(files.key(), &new_key).unwrap();
        tokio::time::advance(LOOK_EVERY).await;
        let second = certificate.fresh().await;
        assert!(!Arc::ptr_eq(&first, &second));
        tokio::time::advance(LOOK_EVERY).await;
        assert!(Arc::ptr_eq(&second, &certificate.fresh().await), "nothing changed");
    }
}
