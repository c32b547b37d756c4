//! Looks at the outside that were asked for by the API: dig, and a short SMTP session.
//!
//! Promises: at most 16 run at once and 60 questions a minute are asked; the latest 200 are kept.
//! Never: a line to a mail server other than QUIT. A session that a person types in runs over the websocket.

use crate::console::state::Digger;
use crate::probe::telnet::Telnet;
use common::wire::{
    ApiError, DigAnswer, DigRequest, ErrorCode, Probe, ProbeEvent, ProbeKind, ProbeRequest, ProbeState, TelnetRequest,
};
use futures_util::future::BoxFuture;
use std::collections::{BTreeMap, VecDeque};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::task::Poll;
use std::time::Duration;
use tokio::sync::{OwnedSemaphorePermit, Semaphore, watch};
use tokio::time::Instant;

/// Probes that are kept.
pub const HISTORY_MAX: usize = 200;
/// Questions to name servers that run at once; a session takes one of telnet's own seats.
const DIGS_MAX: usize = 16;
/// Questions to name servers per minute: a console is no instrument for a flood.
const DIGS_PER_MINUTE: usize = 60;

struct Inner {
    digger: Arc<dyn Digger>,
    telnet: Telnet,
    numbers: AtomicU64,
    seats: Arc<Semaphore>,
    recent: Mutex<VecDeque<Instant>>,
    history: Mutex<BTreeMap<u64, watch::Receiver<Probe>>>,
}

/// The book of probes. Cheap to clone.
#[derive(Clone)]
pub struct ProbeBook(Arc<Inner>);

impl ProbeBook {
    /// An empty book; the first probe gets the number behind `first`.
    pub fn new(digger: Arc<dyn Digger>, telnet: Telnet, first: u64) -> ProbeBook {
        ProbeBook(Arc::new(Inner {
            digger,
            telnet,
            numbers: AtomicU64::new(first),
            seats: Arc::new(Semaphore::new(DIGS_MAX)),
            recent: Mutex::default(),
            history: Mutex::default(),
        }))
    }

    /// Starts a look and gives its number. `BadField` for what makes no sense, `Busy` for too many.
    pub async fn start(&self, request: ProbeRequest, stop: watch::Receiver<bool>) -> Result<u64, ApiError> {
        match request.kind {
            ProbeKind::Dig => self.start_dig(request).await,
            ProbeKind::Smtp => self.start_smtp(request, stop),
            ProbeKind::Other => {
                Err(ApiError::field(ErrorCode::BadField, "kind", "This server knows the kinds dig and smtp."))
            }
        }
    }

    /// The probe as it stands, after at most `wait` if it is still at work.
    pub async fn find(&self, id: u64, wait: Duration) -> Option<Probe> {
        let mut probe = self.history().get(&id)?.clone();
        let done = probe.wait_for(|probe| probe.state == ProbeState::Done);
        let _ = tokio::time::timeout(wait, done).await; // still running: shown as it is
        Some(probe.borrow().clone())
    }

    async fn start_dig(&self, request: ProbeRequest) -> Result<u64, ApiError> {
        let seat = self.seat()?;
        let (rtype, server) = (request.rtype.unwrap_or_default(), request.server);
        let question = DigRequest { name: request.target, rtype, server, tcp: request.tcp, dnssec: request.dnssec };
        let mut answer = self.0.digger.dig(question);
        // A question that makes no sense is refused before anything is sent, thus at the first look.
        let early = match std::future::poll_fn(|context| Poll::Ready(answer.as_mut().poll(context))).await {
            Poll::Ready(Err(refusal)) => return Err(of_target(refusal, "name")),
            Poll::Ready(Ok(answer)) => Some(answer),
            Poll::Pending => None,
        };
        let (id, probe) = self.enter(ProbeKind::Dig);
        match early {
            Some(answer) => finish_dig(&probe, Ok(answer), Duration::ZERO),
            None => drop(tokio::spawn(follow_dig(answer, probe, seat))),
        }
        Ok(id)
    }

    fn start_smtp(&self, request: ProbeRequest, stop: watch::Receiver<bool>) -> Result<u64, ApiError> {
        let target = TelnetRequest { host: request.target, port: request.port };
        let session = self.0.telnet.open(&target, stop).map_err(|refusal| of_target(refusal, "host"))?;
        let (id, probe) = self.enter(ProbeKind::Smtp);
        tokio::spawn(async move {
            let (mut events, mut input) = (session.events, Some(session.input));
            while let Some(event) = events.recv().await {
                if greeting_ended(&event) {
                    drop(input.take()); // the session says QUIT when nobody is left to type
                }
                probe.send_modify(|probe| probe.events.push(event));
            }
            probe.send_modify(|probe| probe.state = ProbeState::Done);
        });
        Ok(id)
    }

    /// A seat for a question, if there are not too many now or in this minute.
    fn seat(&self) -> Result<OwnedSemaphorePermit, ApiError> {
        let busy = |sentence: &str| ApiError::new(ErrorCode::Busy, sentence);
        let seat = self.0.seats.clone().try_acquire_owned();
        let seat = seat.map_err(|_| busy("16 look-ups are at work already. Try again in a few seconds."))?;
        let mut recent = self.0.recent.lock().unwrap_or_else(PoisonError::into_inner);
        while recent.front().is_some_and(|at| at.elapsed() >= Duration::from_secs(60)) {
            recent.pop_front();
        }
        if recent.len() >= DIGS_PER_MINUTE {
            return Err(busy("60 look-ups were made in this minute. Try again in a minute."));
        }
        recent.push_back(Instant::now());
        Ok(seat)
    }

    /// A new page in the book.
    fn enter(&self, kind: ProbeKind) -> (u64, watch::Sender<Probe>) {
        let id = self.0.numbers.fetch_add(1, Ordering::Relaxed) + 1;
        let (sender, receiver) =
            watch::channel(Probe { id, kind, state: ProbeState::Running, dig: None, events: Vec::new() });
        let mut history = self.history();
        history.insert(id, receiver);
        while history.len() > HISTORY_MAX {
            history.pop_first();
        }
        (id, sender)
    }

    fn history(&self) -> std::sync::MutexGuard<'_, BTreeMap<u64, watch::Receiver<Probe>>> {
        self.0.history.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// A request calls the name or address that is looked at its target, whatever the probe calls it.
fn of_target(mut refusal: ApiError, name: &str) -> ApiError {
    if refusal.error.field.as_deref() == Some(name) {
        refusal.error.field = Some("target".into());
    }
    refusal
}

async fn follow_dig(
    answer: BoxFuture<'static, Result<DigAnswer, ApiError>>,
    probe: watch::Sender<Probe>,
    _seat: OwnedSemaphorePermit,
) {
    let started = Instant::now();
    let answer = answer.await;
    finish_dig(&probe, answer, started.elapsed());
}

/// A question without an answer ends with a sentence in the events, for it has no other place.
fn finish_dig(probe: &watch::Sender<Probe>, answer: Result<DigAnswer, ApiError>, took: Duration) {
    probe.send_modify(|probe| {
        probe.state = ProbeState::Done;
        match answer {
            Ok(answer) => probe.dig = Some(answer),
            Err(refusal) => probe.events.push(ProbeEvent::Ended {
                ms: took.as_millis() as u64,
                connected: false,
                reason: refusal.error.sentence,
            }),
        }
    });
}

/// Whether this is the last line of a reply: three digits, then no hyphen (RFC 5321 §4.2.1).
fn greeting_ended(event: &ProbeEvent) -> bool {
    let ProbeEvent::Line { text, .. } = event else { return false };
    let line = text.as_bytes();
    line.len() >= 3 && line[..3].iter().all(u8::is_ascii_digit) && line.get(3).is_none_or(|next| *next != b'-')
}
