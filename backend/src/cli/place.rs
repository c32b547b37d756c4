//! Where the server is, and how to get there.
//!
//! Order (DESIGN 9): `--server`, `NEXTHOP_SERVER`, `--config`, `./nexthop.toml`, `/etc/nexthop/nexthop.toml` (its
//! data directory's socket), and last the socket of the default data directory.

use crate::cli::failure::Failure;
use crate::config::{CONTROL_SOCKET, Config, ConfigError, DATA_DIR_DEFAULT, Found};
use common::words::{Language, VerbPhrase};
use std::fmt;
use std::io::{self, ErrorKind};
use std::net::IpAddr;
use std::path::{Path, PathBuf};
use std::time::Duration;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::{TcpStream, UnixStream};

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
    },
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
    /// Finds the server. `server` is `--server` or else `NEXTHOP_SERVER`.
    pub fn find(server: Option<&str>, found: Option<Found>, language: Language) -> Result<Place, Failure> {
        match (server, found) {
            (Some(url), _) => Place::from_url(url, language),
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

    /// Reads `http://HOST[:PORT][/]`.
    fn from_url(url: &str, language: Language) -> Result<Place, Failure> {
        let lower = url.to_ascii_lowercase();
        if lower.starts_with("https://") {
            return Err(Failure::Usage(language.say_verb(&VerbPhrase::HttpsNotBuilt)));
        }
        let read = || -> Option<Place> {
            let authority = lower.strip_prefix("http://")?;
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
                None => 80,
                Some(port) if port.bytes().all(|byte| byte.is_ascii_digit()) => port.parse().ok()?,
                Some(_) => return None,
            };
            (named && port != 0).then(|| Place::Tcp { host: host.to_owned(), port })
        };
        read().ok_or_else(|| Failure::Usage(language.say_verb(&VerbPhrase::BadUrl { url })))
    }

    /// What stands in the Host field: the server checks it.
    pub(super) fn authority(&self) -> String {
        match self {
            Place::Socket(_) => "localhost".into(),
            Place::Tcp { host, port } => {
                let host = if host.contains(':') { format!("[{host}]") } else { host.clone() };
                if *port == 80 { host } else { format!("{host}:{port}") }
            }
        }
    }

    /// The server's own Origin.
    pub(super) fn origin(&self) -> String {
        format!("http://{}", self.authority())
    }

    /// Whether what is sent stays on this machine.
    pub(super) fn is_local(&self) -> bool {
        match self {
            Place::Socket(_) => true,
            Place::Tcp { host, .. } => {
                host == "localhost" || host.parse::<IpAddr>().is_ok_and(|ip| ip.to_canonical().is_loopback())
            }
        }
    }

    /// Connects.
    pub(super) async fn open(&self, language: Language) -> Result<Box<dyn Wire>, Failure> {
        let place = self.to_string();
        let opening = async {
            Ok::<Box<dyn Wire>, io::Error>(match self {
                Place::Socket(path) => Box::new(UnixStream::connect(path).await?),
                Place::Tcp { host, port } => Box::new(TcpStream::connect((host.as_str(), *port)).await?),
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
