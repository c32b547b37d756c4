//! Where the server is, and how to get there.
//!
//! Order (DESIGN 9): `--server`, `NEXTHOP_SERVER`, `--config`, `./nexthop.toml`, `/etc/nexthop/nexthop.toml` (its
//! data directory's socket), and last the socket of the default data directory.

use crate::cli::failure::Failure;
use crate::config::{CONTROL_SOCKET, Config, ConfigError, DATA_DIR_DEFAULT, Found};
use crate::connect::tls::Roots;
use common::words::{Language, VerbPhrase};
use std::fmt;
use std::io::{self, ErrorKind};
use std::net::IpAddr;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::{TcpStream, UnixStream};
use tokio_rustls::TlsConnector;
use tokio_rustls::rustls::ClientConfig;
use tokio_rustls::rustls::crypto::ring;
use tokio_rustls::rustls::pki_types::ServerName;

/// How long a connection may take. A server that is there answers at once.
const CONNECT_TIMEOUT: Duration = Duration::from_secs(10);

/// A connection to the server.
pub(super) trait Wire: AsyncRead + AsyncWrite + Send + Unpin {}
impl<T: AsyncRead + AsyncWrite + Send + Unpin> Wire for T {}

/// Where the server is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Place {
    /// Its control socket.
    Socket(PathBuf),
    /// Its console.
    Tcp {
        /// A name or an address, without brackets.
        host: String,
        /// The port.
        port: u16,
        /// How TLS is spoken; `None` for none.
        tls: Option<Secure>,
    },
}

/// By what the server's certificate is judged.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Secure {
    /// A file of authorities beside the public ones.
    pub ca_file: Option<PathBuf>,
}

impl Secure {
    fn connector(&self, language: Language) -> Result<TlsConnector, Failure> {
        let roots = Roots::with_file(self.ca_file.as_deref());
        let roots = roots.map_err(|problem| Failure::Usage(language.say_setting(&problem)))?;
        let versions = ClientConfig::builder_with_provider(Arc::new(ring::default_provider()))
            .with_safe_default_protocol_versions()
            .map_err(|why| Failure::Usage(why.to_string()))?;
        let config = versions.with_root_certificates(roots.into_store()).with_no_client_auth();
        Ok(TlsConnector::from(Arc::new(config)))
    }
}

fn default_port(tls: bool) -> u16 {
    if tls { 443 } else { 80 }
}

impl fmt::Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Place::Socket(path) => std::path::absolute(path).as_ref().unwrap_or(path).display().fmt(f),
            Place::Tcp { .. } => f.write_str(&self.origin()),
        }
    }
}

impl Place {
    /// Finds the server. `server` is `--server` or else `NEXTHOP_SERVER`; `secure` holds for `https://`.
    pub fn find(
        server: Option<&str>,
        secure: Secure,
        found: Option<Found>,
        language: Language,
    ) -> Result<Place, Failure> {
        match (server, found) {
            (Some(url), _) => Place::from_url(url, secure, language),
            (None, Some(found)) => Place::of_config(&found.file, language),
            (None, None) => Ok(Place::Socket(Path::new(DATA_DIR_DEFAULT).join(CONTROL_SOCKET))),
        }
    }

    /// The socket of a configuration.
    fn of_config(file: &Path, language: Language) -> Result<Place, Failure> {
        match Config::load_to_find_server(file) {
            Ok(config) => Ok(Place::Socket(config.control_socket())),
            Err(error @ ConfigError::Unreadable { kind: ErrorKind::PermissionDenied, .. }) => {
                Err(Failure::Denied(error.say(language).join("\n")))
            }
            Err(error) => Err(Failure::Usage(error.say(language).join("\n"))),
        }
    }

    /// Reads `http://HOST[:PORT][/]` or `https://…`.
    fn from_url(url: &str, secure: Secure, language: Language) -> Result<Place, Failure> {
        let lower = url.to_ascii_lowercase();
        let tls = lower.starts_with("https://").then_some(secure);
        let read = || -> Option<Place> {
            let authority = lower.strip_prefix(if tls.is_some() { "https://" } else { "http://" })?;
            let authority = authority.strip_suffix('/').unwrap_or(authority);
            let (host, port) = match authority.strip_prefix('[') {
                Some(rest) => {
                    let (host, port) = rest.split_once(']')?;
                    host.parse::<std::net::Ipv6Addr>().ok()?;
                    (host, if port.is_empty() { None } else { Some(port.strip_prefix(':')?) })
                }
                None => authority.split_once(':').map_or((authority, None), |(host, port)| (host, Some(port))),
            };
            let named = host.parse::<common::vocab::Domain>().is_ok() || host.parse::<IpAddr>().is_ok();
            let port = match port {
                None => default_port(tls.is_some()),
                Some(port) if port.bytes().all(|byte| byte.is_ascii_digit()) => port.parse().ok()?,
                Some(_) => return None,
            };
            (named && port != 0).then(|| Place::Tcp { host: host.to_owned(), port, tls: tls.clone() })
        };
        read().ok_or_else(|| Failure::Usage(language.say_verb(&VerbPhrase::BadUrl { url })))
    }

    /// What stands in the Host field: the server checks it.
    pub(super) fn authority(&self) -> String {
        match self {
            Place::Socket(_) => "localhost".into(),
            Place::Tcp { host, port, tls } => {
                let host = if host.contains(':') { format!("[{host}]") } else { host.clone() };
                if *port == default_port(tls.is_some()) { host } else { format!("{host}:{port}") }
            }
        }
    }

    /// The server's own Origin.
    pub(super) fn origin(&self) -> String {
        let scheme = if matches!(self, Place::Tcp { tls: Some(_), .. }) { "https" } else { "http" };
        format!("{scheme}://{}", self.authority())
    }

    /// Whether nobody on the way can read what is sent.
    pub(super) fn is_private(&self) -> bool {
        match self {
            Place::Socket(_) | Place::Tcp { tls: Some(_), .. } => true,
            Place::Tcp { host, .. } => {
                host == "localhost" || host.parse::<IpAddr>().is_ok_and(|ip| ip.to_canonical().is_loopback())
            }
        }
    }

    /// Connects.
    pub(super) async fn open(&self, language: Language) -> Result<Box<dyn Wire>, Failure> {
        let place = self.to_string();
        let connector = match self {
            Place::Tcp { tls: Some(secure), .. } => Some(secure.connector(language)?),
            Place::Socket(_) | Place::Tcp { .. } => None,
        };
        let opening = async {
            Ok::<Box<dyn Wire>, io::Error>(match self {
                Place::Socket(path) => Box::new(UnixStream::connect(path).await?),
                Place::Tcp { host, port, .. } => {
                    let stream = TcpStream::connect((host.as_str(), *port)).await?;
                    match connector {
                        Some(connector) => {
                            let name = ServerName::try_from(host.clone()).map_err(io::Error::other)?;
                            Box::new(connector.connect(name, stream).await?)
                        }
                        None => Box::new(stream),
                    }
                }
            })
        };
        let no_server = |why: &str| Failure::NoServer(language.say_verb(&VerbPhrase::NoServer { place: &place, why }));
        match tokio::time::timeout(CONNECT_TIMEOUT, opening).await {
            Ok(Ok(stream)) => Ok(stream),
            Ok(Err(why)) if why.kind() == ErrorKind::PermissionDenied => {
                Err(Failure::Denied(language.say_verb(&VerbPhrase::SocketDenied { place: &place })))
            }
            Ok(Err(why)) => Err(no_server(&why.to_string())),
            Err(_) => Err(no_server(&format!("{} s", CONNECT_TIMEOUT.as_secs()))),
        }
    }
}
