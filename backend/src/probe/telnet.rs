//! A line session with a mail server, typed by a person: what `telnet HOST 25` is used for.
//!
//! Promises: every address is judged by the guard before it is dialled; time, lines and octets are bounded; whatever
//! the peer says comes out as lines, control characters and all; nobody left to type means QUIT.
//! Never: a message (DATA and BDAT are not sent), an AUTH secret in an event, a second line hidden in one.
//! The walk comes from `console` (a topic of the websocket, or a probe of the API) and goes back there as events.

mod conversation;
mod line;
#[cfg(test)]
mod tests;

use common::vocab::Domain;
use common::wire::{ApiError, ErrorCode, LineEnd, ProbeEvent, TelnetRequest};
use conversation::Conversation;
use futures_util::future::BoxFuture;
use std::net::{IpAddr, SocketAddr};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;
use tokio::net::TcpStream;
use tokio::sync::{OwnedSemaphorePermit, Semaphore, mpsc, watch};
use tokio::time::{Instant, timeout};

/// Addresses that are tried, as in a delivery attempt.
const ADDRESSES_MAX: usize = 5;
/// Lines that wait to be sent. A person types one at a time.
const TYPED_MAX: usize = 16;
/// Events of a whole session: a session may have 200 lines each way and 200 refusals, thus sending never waits.
const EVENTS_MAX: usize = 1_024;

/// Finds the addresses of a name. Implemented by every closure of this shape.
pub trait Lookup: Send + Sync + 'static {
    /// The addresses with the port put in, or a sentence that says why there are none.
    fn lookup(&self, host: Domain, port: u16) -> BoxFuture<'static, Result<Vec<SocketAddr>, String>>;
}

impl<F> Lookup for F
where
    F: Fn(Domain, u16) -> BoxFuture<'static, Result<Vec<SocketAddr>, String>> + Send + Sync + 'static,
{
    fn lookup(&self, host: Domain, port: u16) -> BoxFuture<'static, Result<Vec<SocketAddr>, String>> {
        self(host, port)
    }
}

/// Whether an address may be dialled; if not, a sentence that names the rule.
pub type Guard = dyn Fn(SocketAddr) -> Result<(), String> + Send + Sync;

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
}

impl Default for TelnetSettings {
    fn default() -> TelnetSettings {
        TelnetSettings {
            port: 25,
            sessions_max: 16,
            connect: Duration::from_secs(10),
            idle: Duration::from_secs(60),
            total: Duration::from_secs(300),
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
    settings: TelnetSettings,
    seats: Arc<Semaphore>,
}

impl Telnet {
    /// Sessions that find addresses by `lookup` and dial what `guard` lets pass.
    pub fn new(lookup: Arc<dyn Lookup>, guard: Arc<Guard>, settings: TelnetSettings) -> Telnet {
        let seats = Arc::new(Semaphore::new(settings.sessions_max));
        Telnet { lookup, guard, settings, seats }
    }

    /// Starts a session. `BadField` for what is no host or port, `Busy` if all seats are taken.
    pub fn open(&self, request: &TelnetRequest, stop: watch::Receiver<bool>) -> Result<Session, ApiError> {
        let target = Target::read(request, self.settings.port)?;
        let seat = self.seats.clone().try_acquire_owned().map_err(|_| {
            let most = self.settings.sessions_max;
            ApiError::new(ErrorCode::Busy, format!("{most} SMTP sessions are open already. Close one, or try later."))
        })?;
        let (typed, input) = mpsc::channel(TYPED_MAX);
        let (happened, events) = mpsc::channel(EVENTS_MAX);
        tracing::info!(host = %target.shown(), port = target.port, "an SMTP session was asked for");
        tokio::spawn(self.clone().run(target, input, happened, stop, seat));
        Ok(Session { input: typed, events })
    }

    async fn run(
        self,
        target: Target,
        input: mpsc::Receiver<Typed>,
        happened: mpsc::Sender<ProbeEvent>,
        mut stop: watch::Receiver<bool>,
        _seat: OwnedSemaphorePermit,
    ) {
        let diary = Diary { started: Instant::now(), happened, connected: AtomicBool::new(false) };
        let stopped = async { drop(stop.wait_for(|stop| *stop).await) };
        let session = async {
            match self.connect(&target, &diary).await {
                Err(reason) => reason,
                Ok(stream) => Conversation::new(stream, input, &diary, self.settings.idle).hold().await,
            }
        };
        let reason = tokio::select! {
            end = timeout(self.settings.total, session) => {
                end.unwrap_or_else(|_| format!("A session lasts {} s at most.", self.settings.total.as_secs()))
            }
            () = stopped => "The server is stopping.".into(),
            () = diary.happened.closed() => "Nobody listens any more.".into(),
        };
        let connected = diary.connected.load(Ordering::Relaxed);
        diary.write(|ms| ProbeEvent::Ended { ms, connected, reason });
    }

    /// The first address that the guard lets pass and that answers; or why none does.
    async fn connect(&self, target: &Target, diary: &Diary) -> Result<TcpStream, String> {
        let addresses = match &target.host {
            Host::Address(address) => vec![SocketAddr::new(*address, target.port)],
            Host::Name(name) => self.lookup.lookup(name.clone(), target.port).await?,
        };
        let mut reason = format!("{} has no address.", target.shown());
        for address in addresses.into_iter().take(ADDRESSES_MAX) {
            if let Err(rule) = (self.guard)(address) {
                reason = rule;
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
                Ok(Err(why)) => reason = format!("{address}: {}", in_words(&why)),
                Err(_) => reason = format!("{address}: no answer within {} s.", self.settings.connect.as_secs()),
            }
        }
        Err(reason)
    }
}

fn in_words(why: &std::io::Error) -> String {
    use std::io::ErrorKind;
    match why.kind() {
        ErrorKind::ConnectionRefused => "the connection was refused.".into(),
        ErrorKind::HostUnreachable | ErrorKind::NetworkUnreachable => "there is no route to it.".into(),
        _ => format!("{why}."),
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
    fn read(request: &TelnetRequest, default_port: u16) -> Result<Target, ApiError> {
        let port = request.port.unwrap_or(default_port);
        if port == 0 {
            return Err(ApiError::field(ErrorCode::BadField, "port", "A port is a number from 1 to 65535."));
        }
        let text = request.host.trim();
        let bare = text.strip_prefix('[').and_then(|rest| rest.strip_suffix(']')).unwrap_or(text);
        let host = match bare.parse::<IpAddr>() {
            Ok(address) => Host::Address(address),
            Err(_) => Host::Name(text.parse().map_err(|why| {
                ApiError::field(ErrorCode::BadField, "host", format!("This is no host name and no address: {why}."))
            })?),
        };
        Ok(Target { host, port })
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
}

impl Diary {
    fn write(&self, event: impl FnOnce(u64) -> ProbeEvent) {
        let ms = self.started.elapsed().as_millis() as u64;
        // Never full: its size is that of the longest session. Closed: the owner has gone and `run` ends.
        let _ = self.happened.try_send(event(ms));
    }
}
