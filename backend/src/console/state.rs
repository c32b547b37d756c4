//! What the console stands on: everything is handed in.

use crate::clock::Clock;
use crate::connect::cidr::Cidr;
use crate::console::actions::ActionBook;
use crate::console::auth::Auth;
use crate::console::http::assets::{Embedded, Site};
use crate::console::index::HostsIndex;
use crate::console::live::overview::LatestOverview;
use crate::console::probes::ProbeBook;
use crate::driver::desk::Desk;
use crate::intake::http::HttpIntake;
use crate::probe::diagnose::Diagnose;
use crate::probe::telnet::Telnet;
use crate::spool::{Reading, Spool};
use common::vocab::Timestamp;
use common::wire::{ApiError, DigAnswer, DigRequest, ErrorCode, Health, Recovering};
use common::words::{Language, ReadingPhrase, RecoveryPhrase};
use futures_util::future::BoxFuture;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;
use tokio::sync::{Semaphore, watch};

/// Longest wait for the driver's answer. It answers within milliseconds; more means that it is stuck.
const DESK_PATIENCE: Duration = Duration::from_secs(10);

/// Searches at once: each has the driver look at a slice of the queue in turn with its own work.
const SEARCHES_MAX: usize = 2;

/// What the console is told about the server it stands in.
#[derive(Clone, Debug)]
pub struct ConsoleSettings {
    /// The name the server greets with.
    pub hostname: String,
    /// Of the program.
    pub version: String,
    /// Whether this is the lab.
    pub lab: bool,
    /// When the process started. Its milliseconds are the epoch, and the first action is numbered behind them:
    /// no number is used twice, across restarts too.
    pub up_since: Timestamp,
    /// The language of whoever does not ask for one.
    pub language: Language,
    /// Names by which browsers reach the console beside its own address: `mail.example.net`, `mail.example.net:8443`
    /// or `https://mail.example.net`. Requests for any other name are refused.
    pub public: Vec<String>,
    /// Networks of proxies in front of the console: what they say of a client's address is believed.
    pub proxies: Vec<Cidr>,
    /// Open websockets at most.
    pub live_max: usize,
}

impl Default for ConsoleSettings {
    fn default() -> ConsoleSettings {
        ConsoleSettings {
            hostname: "localhost".into(),
            version: env!("CARGO_PKG_VERSION").into(),
            lab: false,
            up_since: Timestamp::default(),
            language: Language::En,
            public: Vec::new(),
            proxies: Vec::new(),
            live_max: 64,
        }
    }
}

/// Asks a name server. Implemented by every closure of this shape.
pub trait Digger: Send + Sync + 'static {
    /// The answer, or why there is none, in this language.
    fn dig(&self, request: DigRequest, language: Language) -> BoxFuture<'static, Result<DigAnswer, ApiError>>;
}

impl<F> Digger for F
where
    F: Fn(DigRequest, Language) -> BoxFuture<'static, Result<DigAnswer, ApiError>> + Send + Sync + 'static,
{
    fn dig(&self, request: DigRequest, language: Language) -> BoxFuture<'static, Result<DigAnswer, ApiError>> {
        self(request, language)
    }
}

/// By what the console looks outside.
pub struct Looks {
    /// Asks name servers.
    pub digger: Arc<dyn Digger>,
    /// Talks to mail servers.
    pub telnet: Telnet,
    /// Looks at all mail servers of a domain.
    pub diagnose: Diagnose,
}

/// Everything the console needs of the house.
pub struct ConsoleParts {
    /// Where the driver is asked.
    pub desk: Desk,
    /// What `feed` publishes.
    pub hosts: watch::Receiver<Arc<HostsIndex>>,
    /// For stamps.
    pub clock: Clock,
    /// See there.
    pub settings: ConsoleSettings,
    /// How the server is.
    pub health: watch::Receiver<Health>,
    /// By what it looks outside.
    pub looks: Looks,
    /// Takes mail.
    pub mail: Arc<HttpIntake>,
    /// Where queued messages are looked at.
    pub spool: Arc<dyn Spool>,
    /// Who may what.
    pub auth: Arc<Auth>,
    /// How far the start has come with what waits from before.
    pub reading: watch::Receiver<Reading>,
}

/// The console's own state: shared by all its doors.
pub struct ConsoleState {
    pub(super) desk: Desk,
    pub(super) hosts: watch::Receiver<Arc<HostsIndex>>,
    pub(super) clock: Clock,
    pub(super) settings: ConsoleSettings,
    pub(super) health: watch::Receiver<Health>,
    pub(super) mail: Arc<HttpIntake>,
    pub(super) spool: Arc<dyn Spool>,
    pub(super) auth: Arc<Auth>,
    pub(super) reading: watch::Receiver<Reading>,
    pub(super) site: Arc<dyn Site>,
    pub(super) actions: ActionBook,
    pub(super) probes: ProbeBook,
    /// A seat for each open websocket.
    pub(super) live: Arc<Semaphore>,
    /// What the page *Overview* says, shared by all who follow it.
    pub(super) overview: LatestOverview,
    /// A seat for each search through the queue.
    pub(super) searches: Semaphore,
    /// Requests so far.
    pub(super) requests: AtomicU64,
    connections: AtomicU64,
}

impl ConsoleState {
    /// The console with the pages that were built into the binary.
    pub fn new(parts: ConsoleParts) -> Arc<ConsoleState> {
        ConsoleState::with_site(parts, Arc::new(Embedded))
    }

    /// The console with other pages.
    pub(super) fn with_site(parts: ConsoleParts, site: Arc<dyn Site>) -> Arc<ConsoleState> {
        let first = parts.settings.up_since.millis();
        Arc::new(ConsoleState {
            actions: ActionBook::new(parts.desk.clone(), parts.spool.clone(), parts.clock, first),
            probes: ProbeBook::new(parts.looks, parts.clock, first),
            live: Arc::new(Semaphore::new(parts.settings.live_max)),
            overview: LatestOverview::default(),
            searches: Semaphore::new(SEARCHES_MAX),
            desk: parts.desk,
            hosts: parts.hosts,
            clock: parts.clock,
            settings: parts.settings,
            health: parts.health,
            mail: parts.mail,
            spool: parts.spool,
            auth: parts.auth,
            reading: parts.reading,
            site,
            requests: AtomicU64::new(0),
            connections: AtomicU64::new(0),
        })
    }

    /// Changes at every start.
    pub fn epoch(&self) -> u64 {
        self.settings.up_since.millis()
    }

    /// The latest index.
    pub(super) fn index(&self) -> Arc<HostsIndex> {
        self.hosts.borrow().clone()
    }

    /// How far the start has come, and what is said of it.
    pub(super) fn recovery(&self, language: Language) -> (Option<Recovering>, Option<String>) {
        let complete = self.index().complete; // asked first: what it has counted was read before
        let under = |read, of| {
            let phrase = ReadingPhrase { read, of };
            (Some(Recovering { messages: read, of }), Some(language.say_reading(&phrase)))
        };
        match &*self.reading.borrow() {
            Reading::Under { read, of } => under(*read, *of),
            Reading::Done(report) if !complete => under(report.messages, report.messages),
            Reading::Done(report) => {
                let found = RecoveryPhrase {
                    messages: report.messages,
                    recipients: report.recipients,
                    damaged: report.damaged,
                    torn_bytes: report.torn_bytes,
                    possibly_twice: report.possibly_twice,
                    lost_batches: report.lost_batches,
                    orphans: report.orphans,
                };
                (None, (!found.is_empty()).then(|| language.say_recovery(&found)))
            }
        }
    }

    /// A name for a request, by which the log knows it: epoch and count.
    pub(super) fn next_request(&self) -> String {
        format!("{:x}-{}", self.epoch(), self.requests.fetch_add(1, Ordering::Relaxed) + 1)
    }

    /// A number for a websocket, from 1.
    pub(super) fn next_connection(&self) -> u64 {
        self.connections.fetch_add(1, Ordering::Relaxed) + 1
    }
}

/// The driver's answer, within a bound.
pub(super) async fn asked<T, E>(question: impl Future<Output = Result<T, E>>) -> Result<T, ApiError> {
    match tokio::time::timeout(DESK_PATIENCE, question).await {
        Ok(Ok(answer)) => Ok(answer),
        Ok(Err(_)) => Err(ApiError::new(ErrorCode::Unavailable, "The server is stopping. Try again in a minute.")),
        Err(_) => {
            tracing::error!("the driver did not answer within {} s", DESK_PATIENCE.as_secs());
            Err(ApiError::new(ErrorCode::Unavailable, "The queue does not answer. Try again in a minute."))
        }
    }
}
