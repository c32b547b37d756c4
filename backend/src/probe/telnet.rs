//! A line session with a mail server, typed by a person: what `telnet HOST 25` is used for.
//!
//! Promises: every address is judged by the guard before it is dialled; time, lines and octets are bounded; whatever
//! the peer says comes out as lines, control characters and all; nobody left to type means QUIT; a typed STARTTLS that
//! is answered with 220 is followed by the handshake; every session leaves a line in the log: who, where, how much.
//! Never: a message (DATA and BDAT are not sent), an AUTH secret in an event, a second line hidden in one.
//! The walk comes from `console` (a topic of the websocket, or a probe of the API) and goes back there as events.

mod conversation;
pub mod line;
#[cfg(test)]
mod tests;

use crate::connect::tls::TlsClient;
use common::vocab::{Domain, SessionEnd, TargetRule};
use common::wire::{ApiError, ErrorCode, LineEnd, ProbeEvent, TelnetRequest};
use common::words::{Language, ProbeRefusal};
use conversation::Conversation;
use futures_util::future::BoxFuture;
use std::net::{IpAddr, SocketAddr};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::time::Duration;
use tokio::net::TcpStream;
use tokio::sync::{OwnedSemaphorePermit, Semaphore, mpsc, watch};
use tokio::time::{Instant, timeout};
use tokio_rustls::rustls::pki_types::ServerName;

/// Addresses that are tried, as in a delivery attempt.
const ADDRESSES_MAX: usize = 5;
/// Lines that wait to be sent. A person types one at a time.
const TYPED_MAX: usize = 16;
/// Lines of each side.
pub const LINES_MAX: usize = 200;
/// Octets from the peer: far more than 200 lines need.
pub const RECEIVED_BYTES_MAX: usize = 1024 * 1024;
/// Events of a whole session: a session may have 200 lines each way and 200 refusals, thus sending never waits.
const EVENTS_MAX: usize = 1_024;

/// Finds the addresses of a name. Implemented by every closure of this shape.
pub trait Lookup: Send + Sync + 'static {
    /// The addresses with the port put in, or why there are none.
    fn lookup(&self, host: Domain, port: u16) -> BoxFuture<'static, Result<Vec<SocketAddr>, SessionEnd>>;
}

impl<F> Lookup for F
where
    F: Fn(Domain, u16) -> BoxFuture<'static, Result<Vec<SocketAddr>, SessionEnd>> + Send + Sync + 'static,
{
    fn lookup(&self, host: Domain, port: u16) -> BoxFuture<'static, Result<Vec<SocketAddr>, SessionEnd>> {
        self(host, port)
    }
}

/// Whether an address may be dialled; if not, a sentence that names the rule.
pub type Guard = dyn Fn(SocketAddr) -> Result<(), TargetRule> + Send + Sync;

/// The limits of sessions.
#[derive(Clone, Debug)]
pub struct TelnetSettings {
    /// The port when none is asked for: the delivery port.
    pub port: u16,
    /// Sessions at once.
    pub sessions_max: usize,
    /// For one address to answer.
    pub connect: Duration,
    /// Without a line from either side.
    pub idle: Duration,
    /// A whole session.
    pub total: Duration,
    /// A reply that is due is missed after this, and again each time it has passed.
    pub silence: Duration,
    /// For a TLS handshake: as long as for a reply to a probe.
    pub handshake: Duration,
    /// Of the words about a certificate.
    pub language: Language,
}

impl Default for TelnetSettings {
    fn default() -> TelnetSettings {
        TelnetSettings {
            port: 25,
            sessions_max: 16,
            connect: Duration::from_secs(10),
            idle: Duration::from_secs(60),
            total: Duration::from_secs(300),
            silence: Duration::from_secs(10),
            handshake: Duration::from_secs(30),
            language: Language::En,
        }
    }
}

/// A line as it was typed.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Typed {
    /// Without its line end.
    pub data: String,
    /// What is added.
    pub eol: LineEnd,
}

/// A session from its owner's side. Dropping `input` means that nobody types any more: the session says QUIT.
#[derive(Debug)]
pub struct Session {
    /// Lines to send.
    pub input: mpsc::Sender<Typed>,
    /// What happens, in order; the last one is `Ended`, then the channel closes.
    pub events: mpsc::Receiver<ProbeEvent>,
}

/// Opens sessions. Cheap to clone; all clones share the seats.
#[derive(Clone)]
pub struct Telnet {
    lookup: Arc<dyn Lookup>,
    guard: Arc<Guard>,
    tls: Arc<TlsClient>,
    settings: TelnetSettings,
    seats: Arc<Semaphore>,
}

impl Telnet {
    /// Sessions that find addresses by `lookup`, dial what `guard` lets pass, and shake hands by `tls`.
    pub fn new(lookup: Arc<dyn Lookup>, guard: Arc<Guard>, tls: Arc<TlsClient>, settings: TelnetSettings) -> Telnet {
        let seats = Arc::new(Semaphore::new(settings.sessions_max));
        Telnet { lookup, guard, tls, settings, seats }
    }

    /// The limits.
    pub fn settings(&self) -> &TelnetSettings {
        &self.settings
    }

    /// Starts a session for `who`; refusals are said in `language`. `BadField` for what is no host or port, `Busy` if all seats are taken.
    pub fn open(
        &self,
        request: &TelnetRequest,
        who: &str,
        language: Language,
        stop: watch::Receiver<bool>,
    ) -> Result<Session, ApiError> {
        let target = Target::read(request, self.settings.port, language)?;
        let seat = self.seats.clone().try_acquire_owned().map_err(|_| {
            let refusal = ProbeRefusal::NoSeat { most: self.settings.sessions_max as u64 };
            ApiError::new(ErrorCode::Busy, refusal.say(language))
        })?;
        let (typed, input) = mpsc::channel(TYPED_MAX);
        let (happened, events) = mpsc::channel(EVENTS_MAX);
        let diary = Diary::new(happened);
        tracing::info!(who, host = %target.shown(), port = target.port, "an SMTP session was asked for");
        tokio::spawn(self.clone().run(target, who.to_owned(), input, diary, stop, seat));
        Ok(Session { input: typed, events })
    }

    async fn run(
        self,
        target: Target,
        who: String,
        input: mpsc::Receiver<Typed>,
        diary: Diary,
        mut stop: watch::Receiver<bool>,
        _seat: OwnedSemaphorePermit,
    ) {
        let stopped = async { drop(stop.wait_for(|stop| *stop).await) };
        let session = async {
            match self.connect(&target, &diary).await {
                Err(end) => end,
                Ok(stream) => Conversation::new(stream, input, &diary, &self, target.name_to_prove()).hold().await,
            }
        };
        let why = tokio::select! {
            end = timeout(self.settings.total, session) => {
                end.unwrap_or(SessionEnd::TooLong { seconds: self.settings.total.as_secs() })
            }
            () = stopped => SessionEnd::Stopping,
            () = diary.happened.closed() => SessionEnd::Unheard,
        };
        let connected = diary.connected.load(Ordering::Relaxed);
        let reason = Language::En.say_end(&why);
        let count = |counter: &AtomicUsize| counter.load(Ordering::Relaxed);
        tracing::info!(
            who,
            host = %target.shown(),
            port = target.port,
            connected,
            lines_sent = count(&diary.lines_sent),
            lines_heard = count(&diary.lines_heard),
            octets_heard = count(&diary.octets_heard),
            seconds = diary.started.elapsed().as_secs(),
            reason,
            "an SMTP session ended"
        );
        diary.write(|ms| ProbeEvent::Ended { ms, connected, reason, why });
    }

    /// The first address that the guard lets pass and that answers; or why none does.
    async fn connect(&self, target: &Target, diary: &Diary) -> Result<TcpStream, SessionEnd> {
        let addresses = match &target.host {
            Host::Address(address) => vec![SocketAddr::new(*address, target.port)],
            Host::Name(name) => self.lookup.lookup(name.clone(), target.port).await?,
        };
        let mut end = SessionEnd::NoAddress { host: target.shown() };
        for address in addresses.into_iter().take(ADDRESSES_MAX) {
            if let Err(rule) = (self.guard)(address) {
                end = SessionEnd::Forbidden { address: address.to_string(), rule };
                continue;
            }
            diary.write(|ms| ProbeEvent::Trying { ms, address: address.to_string() });
            match timeout(self.settings.connect, TcpStream::connect(address)).await {
                Ok(Ok(stream)) => {
                    diary.connected.store(true, Ordering::Relaxed);
                    let host = target.shown();
                    diary.write(|ms| ProbeEvent::Connected { ms, address: address.to_string(), host });
                    return Ok(stream);
                }
                Ok(Err(why)) => end = unreachable(address, &why),
                Err(_) => {
                    let seconds = self.settings.connect.as_secs();
                    end = SessionEnd::Unanswered { address: address.to_string(), seconds };
                }
            }
        }
        Err(end)
    }
}

fn unreachable(address: SocketAddr, why: &std::io::Error) -> SessionEnd {
    use std::io::ErrorKind;
    let address = address.to_string();
    match why.kind() {
        ErrorKind::ConnectionRefused => SessionEnd::Refused { address },
        ErrorKind::HostUnreachable | ErrorKind::NetworkUnreachable => SessionEnd::NoRoute { address },
        _ => SessionEnd::Unreachable { address, detail: why.to_string() },
    }
}

/// With whom, as it was checked.
#[derive(Debug)]
struct Target {
    host: Host,
    port: u16,
}

#[derive(Debug)]
enum Host {
    Name(Domain),
    Address(IpAddr),
}

impl Target {
    fn read(request: &TelnetRequest, default_port: u16, language: Language) -> Result<Target, ApiError> {
        let refuse =
            |field: &str, why: ProbeRefusal<'_>| ApiError::field(ErrorCode::BadField, field, why.say(language));
        let port = request.port.unwrap_or(default_port);
        if port == 0 {
            return Err(refuse("port", ProbeRefusal::NoPort));
        }
        let text = request.host.trim();
        let bare = text.strip_prefix('[').and_then(|rest| rest.strip_suffix(']')).unwrap_or(text);
        let host = match bare.parse::<IpAddr>() {
            Ok(address) => Host::Address(address),
            Err(_) => Host::Name(text.parse().map_err(|why: common::vocab::DomainError| {
                refuse("host", ProbeRefusal::NoHost { why: &format!("{why}") })
            })?),
        };
        Ok(Target { host, port })
    }

    /// What its certificate is to prove. A name that no certificate can hold leaves an address that is not proven.
    fn name_to_prove(&self) -> ServerName<'static> {
        let name = ServerName::try_from(self.shown());
        name.unwrap_or_else(|_| ServerName::IpAddress(IpAddr::from([0, 0, 0, 0]).into()))
    }

    fn shown(&self) -> String {
        match &self.host {
            Host::Name(name) => name.to_string(),
            Host::Address(address) => address.to_string(),
        }
    }
}

/// Where a session writes what happens.
struct Diary {
    started: Instant,
    happened: mpsc::Sender<ProbeEvent>,
    /// Whether a connection was ever made.
    connected: AtomicBool,
    lines_sent: AtomicUsize,
    lines_heard: AtomicUsize,
    octets_heard: AtomicUsize,
}

impl Diary {
    fn new(happened: mpsc::Sender<ProbeEvent>) -> Diary {
        Diary {
            started: Instant::now(),
            happened,
            connected: AtomicBool::default(),
            lines_sent: AtomicUsize::default(),
            lines_heard: AtomicUsize::default(),
            octets_heard: AtomicUsize::default(),
        }
    }

    fn write(&self, event: impl FnOnce(u64) -> ProbeEvent) {
        let ms = self.started.elapsed().as_millis() as u64;
        // Never full: its size is that of the longest session. Closed: the owner has gone and `run` ends.
        let _ = self.happened.try_send(event(ms));
    }
}
