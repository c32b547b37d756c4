//! Looks at the outside: dig, diagnoses, and SMTP sessions that are typed over the websocket or by the API.
//!
//! Promises: at most 16 run at once and 60 questions a minute are asked; the latest 200 are kept, for a day, in at most
//! 16 MiB; reading one changes nothing; whoever follows a session sees every event of it, from the first one.
//! Never: a line of its own to a mail server other than QUIT.

use crate::clock::Clock;
use crate::console::state::Looks;
use crate::probe::telnet::{LINES_MAX, RECEIVED_BYTES_MAX, Typed, line};
use common::vocab::{Domain, DomainError, SessionEnd};
use common::wire::{
    ApiError, Diagnosis, DigAnswer, DigRequest, ErrorCode, LineRequest, Probe, ProbeEvent, ProbeKind, ProbeRequest,
    ProbeState, TelnetRequest,
};
use common::words::{Language, ProbeRefusal};
use futures_util::future::BoxFuture;
use std::collections::{BTreeMap, VecDeque};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::Poll;
use std::time::Duration;
use tokio::sync::mpsc::error::TrySendError;
use tokio::sync::{OwnedSemaphorePermit, Semaphore, mpsc, watch};
use tokio::time::Instant;

/// Probes that are kept.
pub const HISTORY_MAX: usize = 200;
/// Octets of them: a session of the longest lines has 800 KiB, a person's some kilobytes.
pub const HISTORY_BYTES_MAX: usize = 16 * 1024 * 1024;
/// How long they are kept: a link in a ticket is opened on the same day or not at all.
pub const HISTORY_AGE_MAX: Duration = Duration::from_secs(24 * 3_600);
/// Questions to name servers that run at once; a session takes one of telnet's own seats.
const DIGS_MAX: usize = 16;
/// Questions to name servers per minute: a console is no instrument for a flood.
const DIGS_PER_MINUTE: usize = 60;
/// Events that wait for a follower; the session does not wait for it.
const FOLLOWED_MAX: usize = 256;
/// Octets that a record, event or probe takes beside its text, roughly.
const ITEM_BYTES: usize = 64;

struct Inner {
    looks: Looks,
    clock: Clock,
    numbers: AtomicU64,
    seats: Arc<Semaphore>,
    recent: Mutex<VecDeque<Instant>>,
    history: Mutex<BTreeMap<u64, Kept>>,
}

/// A probe in the book.
struct Kept {
    probe: watch::Receiver<Probe>,
    begun: Instant,
    /// Where lines go that are typed by the API.
    input: Option<mpsc::Sender<Typed>>,
}

/// The book of probes. Cheap to clone.
#[derive(Clone)]
pub struct ProbeBook(Arc<Inner>);

impl ProbeBook {
    /// An empty book; the first probe gets the number behind `first`.
    pub fn new(looks: Looks, clock: Clock, first: u64) -> ProbeBook {
        ProbeBook(Arc::new(Inner {
            looks,
            clock,
            numbers: AtomicU64::new(first),
            seats: Arc::new(Semaphore::new(DIGS_MAX)),
            recent: Mutex::default(),
            history: Mutex::default(),
        }))
    }

    /// Starts a look for `who` and gives its number. `BadField` for what makes no sense, `Busy` for too many.
    pub async fn start(
        &self,
        request: ProbeRequest,
        who: &str,
        language: Language,
        stop: watch::Receiver<bool>,
    ) -> Result<u64, ApiError> {
        match request.kind {
            ProbeKind::Dig => self.start_dig(request, language).await,
            ProbeKind::Smtp => self.start_smtp(request, who, language, stop),
            ProbeKind::Diagnose => self.start_diagnosis(&request.target, who, language, stop),
            ProbeKind::Other => {
                let known = "This server knows the kinds dig, smtp and diagnose.";
                Err(ApiError::field(ErrorCode::BadField, "kind", known))
            }
        }
    }

    /// Opens a session whose lines the caller types; when it drops the sender, the session says QUIT.
    pub fn open(
        &self,
        target: &TelnetRequest,
        who: &str,
        language: Language,
        stop: watch::Receiver<bool>,
    ) -> Result<(u64, mpsc::Sender<Typed>), ApiError> {
        let session = self.0.looks.telnet.open(target, who, language, stop)?;
        let settings = self.0.looks.telnet.settings();
        let (id, probe) = self.enter(ProbeKind::Smtp, &target.host, None, target.port);
        let opened = ProbeEvent::Opened {
            ms: 0,
            id,
            lines_max: LINES_MAX as u64,
            octets_max: RECEIVED_BYTES_MAX as u64,
            idle_seconds: settings.idle.as_secs(),
            total_seconds: settings.total.as_secs(),
        };
        probe.send_modify(|probe| probe.events.push(opened));
        let mut events = session.events;
        tokio::spawn(async move {
            while let Some(event) = events.recv().await {
                probe.send_modify(|probe| probe.events.push(event));
            }
            probe.send_modify(|probe| probe.state = ProbeState::Done);
        });
        Ok((id, session.input))
    }

    /// Hands over a line to a session that was begun with `live`. `Conflict` if nothing can be typed into it (any more).
    pub fn type_line(&self, id: u64, request: LineRequest) -> Option<Result<(), ApiError>> {
        let history = self.history();
        let kept = history.get(&id)?;
        let conflict = |sentence: &str| Err(ApiError::new(ErrorCode::Conflict, sentence));
        let Some(input) = &kept.input else {
            return Some(conflict("Nothing is typed into this probe by the API; begin one with \"live\": true."));
        };
        Some(match input.try_send(Typed { data: request.data, eol: request.eol }) {
            Ok(()) => Ok(()),
            Err(TrySendError::Full(_)) => {
                Err(ApiError::new(ErrorCode::Busy, "Too many lines wait already. Wait for their replies."))
            }
            Err(TrySendError::Closed(_)) => conflict("The session is over."),
        })
    }

    /// The probe as it stands, after at most `wait` if it is still at work.
    pub async fn find(&self, id: u64, wait: Duration) -> Option<Probe> {
        let mut probe = self.kept(id)?;
        let done = probe.wait_for(|probe| probe.state == ProbeState::Done);
        let _ = tokio::time::timeout(wait, done).await; // still running: shown as it is
        Some(probe.borrow().clone())
    }

    /// Every event of a probe from the first one; the channel closes behind the last.
    pub fn follow(&self, id: u64) -> Option<mpsc::Receiver<ProbeEvent>> {
        let mut probe = self.kept(id)?;
        let (told, followed) = mpsc::channel(FOLLOWED_MAX);
        tokio::spawn(async move {
            let mut seen = 0;
            loop {
                let (events, over) = {
                    let now = probe.borrow_and_update();
                    (now.events[seen..].to_vec(), now.state == ProbeState::Done)
                };
                seen += events.len();
                for event in events {
                    if told.send(event).await.is_err() {
                        return;
                    }
                }
                let ended = tokio::select! {
                    changed = probe.changed(), if !over => changed.is_err(),
                    () = told.closed(), if !over => true,
                    else => true,
                };
                if ended {
                    return;
                }
            }
        });
        Some(followed)
    }

    fn kept(&self, id: u64) -> Option<watch::Receiver<Probe>> {
        let history = self.history();
        let kept = history.get(&id).filter(|kept| kept.begun.elapsed() < HISTORY_AGE_MAX)?;
        Some(kept.probe.clone())
    }

    async fn start_dig(&self, request: ProbeRequest, language: Language) -> Result<u64, ApiError> {
        let seat = self.seat(language)?;
        let (rtype, server) = (request.rtype.unwrap_or_default(), request.server);
        let (name, asked_for) = (request.target.clone(), rtype.to_ascii_uppercase());
        let question = DigRequest { name, rtype, server, tcp: request.tcp, dnssec: request.dnssec };
        let mut answer = self.0.looks.digger.dig(question, language);
        // A question that makes no sense is refused before anything is sent, thus at the first look.
        let early = match std::future::poll_fn(|context| Poll::Ready(answer.as_mut().poll(context))).await {
            Poll::Ready(Err(refusal)) => return Err(of_target(refusal, "name")),
            Poll::Ready(Ok(answer)) => Some(answer),
            Poll::Pending => None,
        };
        let (id, probe) = self.enter(ProbeKind::Dig, &request.target, Some(asked_for), None);
        match early {
            Some(answer) => finish_dig(&probe, Ok(answer), Duration::ZERO),
            None => drop(tokio::spawn(follow_dig(answer, probe, seat))),
        }
        Ok(id)
    }

    fn start_smtp(
        &self,
        request: ProbeRequest,
        who: &str,
        language: Language,
        stop: watch::Receiver<bool>,
    ) -> Result<u64, ApiError> {
        let target = TelnetRequest { host: request.target, port: request.port };
        let (id, input) = self.open(&target, who, language, stop).map_err(|refusal| of_target(refusal, "host"))?;
        if request.live {
            if let Some(kept) = self.history().get_mut(&id) {
                kept.input = Some(input);
            }
        } else if let Some(mut events) = self.follow(id) {
            tokio::spawn(async move {
                while let Some(event) = events.recv().await {
                    if greeting_ended(&event) {
                        break;
                    }
                }
                drop(input); // the session says QUIT when nobody is left to type
            });
        }
        Ok(id)
    }

    /// Looks at every mail server of a domain. It takes one of the seats of questions, and counts as one.
    fn start_diagnosis(
        &self,
        target: &str,
        who: &str,
        language: Language,
        mut stop: watch::Receiver<bool>,
    ) -> Result<u64, ApiError> {
        let host: Domain = target.trim().parse().map_err(|why: DomainError| {
            let refusal = ProbeRefusal::NoHost { why: &format!("{why}") };
            ApiError::field(ErrorCode::BadField, "target", refusal.say(language))
        })?;
        let seat = self.seat(language)?;
        let diagnose = self.0.looks.diagnose.clone();
        let (id, probe) = self.enter(ProbeKind::Diagnose, host.as_str(), None, None);
        tracing::info!(who, %host, id, "a diagnosis was asked for");
        tokio::spawn(async move {
            let _seat = seat;
            let grown = |diagnosis: &Diagnosis| probe.send_modify(|probe| probe.diagnosis = Some(diagnosis.clone()));
            tokio::select! {
                _ = diagnose.run(host, grown) => {}
                _ = stop.wait_for(|stop| *stop) => {}
            }
            probe.send_modify(|probe| probe.state = ProbeState::Done);
        });
        Ok(id)
    }

    /// A seat for a question, if there are not too many now or in this minute.
    fn seat(&self, language: Language) -> Result<OwnedSemaphorePermit, ApiError> {
        let busy = |refusal: ProbeRefusal<'_>| ApiError::new(ErrorCode::Busy, refusal.say(language));
        let seat = self.0.seats.clone().try_acquire_owned();
        let seat = seat.map_err(|_| busy(ProbeRefusal::Busy { most: DIGS_MAX as u64 }))?;
        let mut recent = self.0.recent.lock().unwrap_or_else(PoisonError::into_inner);
        while recent.front().is_some_and(|at| at.elapsed() >= Duration::from_secs(60)) {
            recent.pop_front();
        }
        if recent.len() >= DIGS_PER_MINUTE {
            return Err(busy(ProbeRefusal::TooMany { most: DIGS_PER_MINUTE as u64 }));
        }
        recent.push_back(Instant::now());
        Ok(seat)
    }

    /// A new page in the book.
    fn enter(
        &self,
        kind: ProbeKind,
        target: &str,
        rtype: Option<String>,
        port: Option<u16>,
    ) -> (u64, watch::Sender<Probe>) {
        let id = self.0.numbers.fetch_add(1, Ordering::Relaxed) + 1;
        let (state, begun_at) = (ProbeState::Running, Some(self.0.clock.now()));
        let target = target.trim().to_owned();
        let (dig, diagnosis, events) = (None, None, Vec::new());
        let probe = Probe { id, kind, state, target, rtype, port, begun_at, dig, diagnosis, events };
        let (sender, receiver) = watch::channel(probe);
        let mut history = self.history();
        history.insert(id, Kept { probe: receiver, begun: Instant::now(), input: None });
        make_room(&mut history);
        (id, sender)
    }

    fn history(&self) -> MutexGuard<'_, BTreeMap<u64, Kept>> {
        self.0.history.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Lets the oldest go that are over, until the book is within its bounds. What runs stays: it has seats.
fn make_room(history: &mut BTreeMap<u64, Kept>) {
    history.retain(|_, kept| kept.begun.elapsed() < HISTORY_AGE_MAX);
    let mut octets: usize = history.values().map(|kept| size(&kept.probe.borrow())).sum();
    let over: Vec<u64> = history.iter().filter(|(_, kept)| is_over(kept)).map(|(id, _)| *id).collect();
    for id in over {
        if history.len() <= HISTORY_MAX && octets <= HISTORY_BYTES_MAX {
            return;
        }
        if let Some(gone) = history.remove(&id) {
            octets -= size(&gone.probe.borrow());
        }
    }
}

fn is_over(kept: &Kept) -> bool {
    kept.probe.borrow().state == ProbeState::Done
}

/// Octets that a probe takes, roughly.
fn size(probe: &Probe) -> usize {
    let records = probe.dig.iter().flat_map(|dig| dig.answer.iter().chain(&dig.authority).chain(&dig.additional));
    let records = records.map(|record| ITEM_BYTES + record.name.len() + record.data.len());
    let events = probe.events.iter().map(|event| match event {
        ProbeEvent::Line { text, .. } | ProbeEvent::Sent { text, .. } => ITEM_BYTES + text.len(),
        ProbeEvent::Secured { tls, .. } => 2 * ITEM_BYTES + tls.names.iter().map(String::len).sum::<usize>(),
        _ => 2 * ITEM_BYTES,
    });
    let cells = probe.diagnosis.iter().flat_map(|diagnosis| diagnosis.rows.iter().flat_map(|row| &row.cells));
    let cells = cells.map(|cell| 2 * ITEM_BYTES + cell.said.as_ref().map_or(0, String::len));
    ITEM_BYTES + probe.target.len() + records.chain(events).chain(cells).sum::<usize>()
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
                why: SessionEnd::Other,
            }),
        }
    });
}

fn greeting_ended(event: &ProbeEvent) -> bool {
    matches!(event, ProbeEvent::Line { text, .. } if line::final_code(text).is_some())
}
