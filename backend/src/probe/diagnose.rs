//! `diagnose`: every mail server of a domain, every address of it, stage by stage, over the path that delivery uses.
//!
//! Promises: the same resolver with its cache, routes, guard, EHLO name, TLS rule and judge of certificates as a delivery of
//! this moment; every address is looked at, also behind one that works; each stage is told as soon as it has ended; within
//! fixed limits of addresses, connections and time. Never: MAIL, a message, a change of the queue or of what the engine knows.
//! One address is `walk`; the walk comes from the console's book of probes and goes back there.

#[cfg(test)]
mod tests;
mod walk;

use crate::clock::Clock;
use crate::connect::tls::TlsClient;
use crate::probe::dig::delivery::would_use;
use common::vocab::{Domain, VerdictCode};
use common::wire::{Diagnosis, DiagnosisCell, DiagnosisRow, DiagnosisStage, RealAttempt, StageState};
use engine::failure::RouteFailure;
use engine::random::Random;
use engine::route::{Answer, Hop, Route};
use engine::tls::TlsRule;
use futures_util::future::BoxFuture;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::{Semaphore, mpsc};
use tokio::task::JoinSet;
use tokio::time::{Instant, timeout};

/// Addresses that are looked at: the largest providers have a dozen.
pub const ADDRESSES_MAX: usize = 20;
/// Of these at once: a look is no flood.
const AT_ONCE_MAX: usize = 8;
/// Stages that wait to be told.
const TOLD_MAX: usize = 64;

/// Finds the next hops of a domain, as delivery does.
pub type Find = dyn Fn(Domain) -> BoxFuture<'static, Result<Answer, RouteFailure>> + Send + Sync;
/// What delivery itself met last at the addresses of a domain.
pub type Real = dyn Fn(Domain) -> BoxFuture<'static, Vec<(SocketAddr, RealAttempt)>> + Send + Sync;
/// Whether a hop may be connected to.
pub type MayDial = dyn Fn(&Hop) -> bool + Send + Sync;
/// What a session to a domain must give.
pub type RuleOf = dyn Fn(&Domain) -> TlsRule + Send + Sync;

/// How long is waited for what. Shorter than delivery waits: a person watches.
#[derive(Clone, Copy, Debug)]
pub struct DiagnoseLimits {
    /// For the next hops.
    pub dns: Duration,
    /// For a connection.
    pub connect: Duration,
    /// For a reply, or for hands to be shaken.
    pub reply: Duration,
    /// For the answer to QUIT.
    pub quit: Duration,
}

impl Default for DiagnoseLimits {
    fn default() -> DiagnoseLimits {
        let seconds = Duration::from_secs;
        DiagnoseLimits { dns: seconds(20), connect: seconds(15), reply: seconds(60), quit: seconds(5) }
    }
}

/// The path of delivery, lent to a look. Cheap to clone.
#[derive(Clone)]
pub struct Diagnose {
    /// Where mail for a domain goes.
    pub find: Arc<Find>,
    /// What is known of it from delivery itself.
    pub real: Arc<Real>,
    /// Asked right before each connection.
    pub may_dial: Arc<MayDial>,
    /// The policy of the domain.
    pub rule_of: Arc<RuleOf>,
    /// Shakes hands and judges certificates.
    pub tls: Arc<TlsClient>,
    /// The name that we say in EHLO.
    pub hello: Domain,
    /// Of the order among equals.
    pub clock: Clock,
    /// How long is waited.
    pub limits: DiagnoseLimits,
}

/// What happens at one address.
enum News {
    Cell(Box<DiagnosisCell>),
    Over(VerdictCode),
}

impl Diagnose {
    /// Looks at the domain; `told` sees the diagnosis each time that it has grown.
    pub async fn run(&self, host: Domain, told: impl Fn(&Diagnosis)) -> Diagnosis {
        let began = Instant::now();
        let found = timeout(self.limits.dns, (self.find)(host.clone())).await;
        let found = found.unwrap_or_else(|_| Err(RouteFailure::Ours("the name servers are slow".into())));
        let dns_ms = milliseconds(began);
        let hops = found.as_ref().map(|answer| self.hops(answer.clone())).unwrap_or_default();
        let delivery = would_use(self.clock.now(), found);
        let mut diagnosis = Diagnosis { host: host.to_string(), dns_ms, delivery, ..Diagnosis::default() };
        diagnosis.left_out = hops.len().saturating_sub(ADDRESSES_MAX) as u64;
        let real = (self.real)(host.clone()).await;
        let row = |hop: &Arc<Hop>| DiagnosisRow {
            preference: hop.preference,
            exchanger: hop.exchanger.to_string(),
            address: hop.address.to_string(),
            cells: Vec::new(),
            verdict: None,
            real: real.iter().find(|(address, _)| *address == hop.address).map(|(_, real)| real.clone()),
        };
        diagnosis.rows = hops.iter().take(ADDRESSES_MAX).map(row).collect();
        told(&diagnosis);
        let (_walks, mut news) = self.walk_all(&hops, (self.rule_of)(&host));
        while let Some((place, news)) = news.recv().await {
            learn(&mut diagnosis.rows[place], news);
            told(&diagnosis);
        }
        diagnosis.verdict = Some(comes_to(&diagnosis));
        told(&diagnosis);
        diagnosis
    }

    /// Every address of every exchanger, in the order of an attempt.
    fn hops(&self, answer: Answer) -> Vec<Arc<Hop>> {
        let now = self.clock.now();
        let route = Route::from_answer(now, answer, &mut Random::new(now.millis()));
        let all = route.exchangers.iter().flat_map(|exchanger| {
            exchanger.addresses.iter().map(|address| {
                Arc::new(Hop {
                    exchanger: exchanger.name.clone(),
                    preference: exchanger.preference,
                    address: *address,
                    named_by: exchanger.named_by,
                })
            })
        });
        all.collect()
    }

    /// Begins all walks. They end when the set is dropped, and the channel when all have ended.
    fn walk_all(&self, hops: &[Arc<Hop>], rule: TlsRule) -> (JoinSet<()>, mpsc::Receiver<(usize, News)>) {
        let (tell, news) = mpsc::channel(TOLD_MAX);
        let seats = Arc::new(Semaphore::new(AT_ONCE_MAX));
        let mut walks = JoinSet::new();
        for (place, hop) in hops.iter().take(ADDRESSES_MAX).cloned().enumerate() {
            let (way, seats, tell) = (self.clone(), seats.clone(), tell.clone());
            walks.spawn(async move {
                let _seat = seats.acquire().await; // never closed
                walk::walk(&way, &hop, rule, &walk::Teller { place, tell }).await;
            });
        }
        (walks, news)
    }
}

/// A row grows by what happens at its address. At its end what never ran stands there too; what was told twice counts as
/// it was told last.
fn learn(row: &mut DiagnosisRow, news: News) {
    match news {
        News::Cell(cell) => row.cells.push(*cell),
        News::Over(verdict) => {
            let found = |stage| row.cells.iter().rev().find(|cell| cell.stage == stage).cloned();
            let all = DiagnosisStage::ALL.map(|stage| found(stage).unwrap_or_else(|| not_run(stage)));
            (row.cells, row.verdict) = (all.into(), Some(verdict));
        }
    }
}

fn not_run(stage: DiagnosisStage) -> DiagnosisCell {
    DiagnosisCell { stage, state: StageState::NotRun, ms: None, verdict: None, said: None, tls: None }
}

/// What all rows come to: the first in the order of an attempt decides where none works.
fn comes_to(diagnosis: &Diagnosis) -> VerdictCode {
    if let Some(because) = diagnosis.delivery.because {
        return because;
    }
    let verdicts = || diagnosis.rows.iter().filter_map(|row| row.verdict);
    let works = verdicts().filter(|verdict| *verdict == VerdictCode::Ok).count();
    match (diagnosis.rows.first().and_then(|row| row.verdict), works) {
        (None, _) if diagnosis.delivery.discards => VerdictCode::Ok,
        (None, _) => VerdictCode::DnsMxUnusable,
        (Some(first), 0) => first,
        (Some(_), works) if works == diagnosis.rows.len() => VerdictCode::Ok,
        (Some(_), _) => VerdictCode::OkPartial,
    }
}

fn milliseconds(since: Instant) -> u64 {
    since.elapsed().as_millis() as u64
}
