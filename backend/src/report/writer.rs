//! The writer: takes reports from its inbox, makes letters of them, and has each kept with what it settles.
//!
//! Promises: many letters share one sync; while the disk is full one letter at a time asks whether there is room and
//! all others wait, unsettled; once every handle is gone it keeps what is in hand and ends.
//! Never: settles a failed recipient without its letter, except where nobody can be told; then it is counted and logged.
//! The walk goes on in `spool`.

use crate::clock::Clock;
use crate::record::log::tell_report;
use crate::record::{ReportFact, Untold};
use crate::report::addressee::{Nobody, addressee};
use crate::report::budget::{Budget, Grant};
use crate::report::compose::{Composed, Heading, compose};
use crate::report::fields::Case;
use crate::report::letter::{Letter, take_others};
use crate::report::original::{Original, Shows};
use crate::report::settings::ReportSettings;
use crate::spool::{Spool, SpoolError, Submission};
use common::vocab::MessageId;
use engine::dsn::{Dsn, ReturnContent};
use engine::envelope::Envelope;
use engine::report::{Report, ReportKind};
use std::collections::VecDeque;
use std::ops::ControlFlow;
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::{Semaphore, mpsc};
use tokio::task::{JoinError, JoinSet};
use tokio::time::{Instant, interval, sleep_until};

/// How often hours that are over are looked for.
const LOOK_EVERY: Duration = Duration::from_secs(60);
/// Originals in memory are counted in units of so many octets.
const READING_UNIT: u64 = 1024;

/// What the tasks that write share.
struct Desk {
    settings: ReportSettings,
    spool: Arc<dyn Spool>,
    clock: Clock,
    reading: Semaphore,
}

/// See the top of this file.
pub struct ReportWriter {
    desk: Arc<Desk>,
    inbox: mpsc::UnboundedReceiver<Report>,
    budget: Budget,
    waiting: VecDeque<Letter>,
    writing: JoinSet<Written>,
    /// The disk is full; then it is tried again.
    full_until: Option<Instant>,
    untold: u64,
}

/// What became of a letter.
enum Written {
    /// It is on disk under this number.
    Kept(MessageId, Letter),
    /// There is no room for it.
    Full(Letter),
    /// The spool has ended, and with it this process.
    Over,
}

impl ReportWriter {
    pub(super) fn new(
        settings: ReportSettings,
        spool: Arc<dyn Spool>,
        clock: Clock,
        inbox: mpsc::UnboundedReceiver<Report>,
    ) -> ReportWriter {
        let units = settings.limits.reading_bytes_max.div_ceil(READING_UNIT) as usize;
        let budget = Budget::new(settings.limits.clone());
        let desk = Arc::new(Desk { settings, spool, clock, reading: Semaphore::new(units) });
        let (waiting, writing) = (VecDeque::new(), JoinSet::new());
        ReportWriter { desk, inbox, budget, waiting, writing, full_until: None, untold: 0 }
    }

    /// Runs until every handle is gone and what was in hand is kept, or the spool has ended.
    pub async fn run(mut self) {
        let mut look = interval(LOOK_EVERY);
        loop {
            let again_at = self.full_until.unwrap_or_else(Instant::now);
            let may_read = self.full_until.is_some() || self.has_place();
            tokio::select! {
                Some(written) = self.writing.join_next() => {
                    if self.written(written).is_break() { return }
                }
                report = self.inbox.recv(), if may_read => match report {
                    Some(report) => self.take(report),
                    None => break,
                },
                () = sleep_until(again_at), if self.full_until.is_some() && self.writing.is_empty() => self.probe(),
                _ = look.tick() => {
                    self.waiting.extend(self.budget.due(Instant::now()));
                    self.start_waiting();
                }
            }
        }
        self.finish().await;
    }

    /// Every handle is gone: keeps what is in hand. What finds no room stays in the spool as it is, and is found by the
    /// next start.
    async fn finish(mut self) {
        self.waiting.extend(self.budget.close(Instant::now()));
        self.full_until = None; // a last look whether there is room
        self.start_waiting();
        while let Some(written) = self.writing.join_next().await {
            if self.written(written).is_break() {
                return;
            }
        }
        if !self.waiting.is_empty() {
            tracing::warn!(letters = self.waiting.len(), "reports found no room; their recipients stay in the spool");
        }
    }

    fn has_place(&self) -> bool {
        self.full_until.is_none() && self.writing.len() < self.desk.settings.limits.writing_max
    }

    fn take(&mut self, mut report: Report) {
        if let Some(others) = take_others(&mut report) {
            self.desk.spool.settle(vec![others]);
        }
        let to = match addressee(&report.envelope.from, &self.desk.settings) {
            Ok(to) => to,
            Err(Nobody::NullSender) => return self.leave_untold(report, Untold::NullSender),
            Err(Nobody::OwnName) => return self.leave_untold(report, Untold::OwnName),
        };
        match self.budget.ask(to, report, Instant::now()) {
            Grant::Now(letter) => {
                self.waiting.push_back(letter);
                self.start_waiting();
            }
            Grant::Waits => {}
            Grant::Never(report) => self.leave_untold(report, Untold::OverLimit),
        }
    }

    /// Nobody is told; the recipients end all the same.
    fn leave_untold(&mut self, report: Report, why: Untold) {
        self.untold += 1;
        let about = report.envelope.mid;
        let (recipients, so_far) = (report.recipients.len(), self.untold);
        tell_report(&ReportFact::Untold { about, kind: report.kind, recipients, why, so_far });
        if let Some(settlement) = report.settlement {
            self.desk.spool.settle(vec![settlement]);
        }
    }

    fn start_waiting(&mut self) {
        while self.has_place()
            && let Some(letter) = self.waiting.pop_front()
        {
            self.writing.spawn(write(self.desk.clone(), letter));
        }
    }

    /// The disk was full: one letter asks again.
    fn probe(&mut self) {
        self.full_until = Some(Instant::now() + self.desk.settings.limits.full_retry);
        if let Some(letter) = self.waiting.pop_front() {
            self.writing.spawn(write(self.desk.clone(), letter));
        }
    }

    fn written(&mut self, written: Result<Written, JoinError>) -> ControlFlow<()> {
        match written {
            Ok(Written::Kept(mid, letter)) => {
                self.full_until = None;
                for report in &letter.reports {
                    let about = report.envelope.mid;
                    let (kind, recipients) = (report.kind, report.recipients.len());
                    tell_report(&ReportFact::Kept { mid, about, kind, to: letter.to.clone(), recipients });
                }
            }
            Ok(Written::Full(mut letter)) => {
                if self.full_until.is_none() {
                    tracing::warn!("reports to senders wait: the disk of the spool is full");
                }
                self.full_until = Some(Instant::now() + self.desk.settings.limits.full_retry);
                let delivered = letter.take_deliveries();
                if !delivered.is_empty() {
                    self.desk.spool.settle(delivered);
                }
                self.waiting.push_front(letter);
            }
            Ok(Written::Over) => {
                tracing::warn!("reports to senders are not written any more: the spool has ended");
                return ControlFlow::Break(());
            }
            Err(error) => tracing::error!(%error, "a report could not be written; its recipients stay in the spool"),
        }
        self.start_waiting();
        ControlFlow::Continue(())
    }
}

/// Reads what the letter is about, composes it and has it kept.
async fn write(desk: Arc<Desk>, letter: Letter) -> Written {
    let mut cases = Vec::with_capacity(letter.reports.len());
    for report in &letter.reports {
        let shows = if letter.reports.len() > 1 { Shows::Nothing } else { shows(&desk, report) };
        match read(&desk, report, shows).await {
            Ok(original) => cases.push(Case { report: report.clone(), original }),
            Err(_) => return Written::Over,
        }
    }
    let (mid, now) = (desk.spool.reserve(), desk.clock.now());
    let (hostname, hourly) = (&desk.settings.hostname, desk.settings.limits.hourly_max);
    let Composed { body, eight_bit, smtputf8 } =
        compose(Heading { hostname, mid, to: &letter.to, now, hourly }, &cases);
    drop(cases);
    let envelope = Envelope {
        mid,
        from: None,
        recipients: vec![letter.to.clone()],
        size_bytes: body.len() as u64,
        received_at: now,
        eight_bit,
        smtputf8,
        dsn: Dsn::default(),
    };
    let submission =
        Submission { envelope: Arc::new(envelope), body: body.into(), settles: letter.settles(), key: None };
    match desk.spool.keep(submission).await {
        Ok(Ok(_)) => Written::Kept(mid, letter),
        Ok(Err(SpoolError::Full)) => Written::Full(letter),
        Ok(Err(_)) | Err(_) => Written::Over,
    }
}

/// How much of the original its sender gets back (RFC 3461 §4.3): all of it only of a failure, and if they asked.
fn shows(desk: &Desk, report: &Report) -> Shows {
    let limits = &desk.settings.limits;
    let asked = report.envelope.dsn.ret == Some(ReturnContent::Full) && report.kind == ReportKind::Failed;
    if asked && report.envelope.size_bytes <= limits.whole_bytes_max as u64 {
        Shows::Whole
    } else {
        Shows::Header(limits.header_bytes_max)
    }
}

/// What is shown of the original. One that is not there any more, or damaged, shows nothing: its recipients are told
/// of all the same.
async fn read(desk: &Desk, report: &Report, shows: Shows) -> Result<Original, SpoolError> {
    let limits = &desk.settings.limits;
    let most = limits.reading_bytes_max.div_ceil(READING_UNIT);
    let units = report.envelope.size_bytes.div_ceil(READING_UNIT).clamp(1, most.max(1));
    let Ok(_permit) = desk.reading.acquire_many(u32::try_from(units).unwrap_or(u32::MAX)).await else {
        return Err(SpoolError::Stopped);
    };
    let found = match desk.spool.body(report.envelope.mid).await.unwrap_or(Err(SpoolError::Stopped)) {
        Ok(body) if shows == Shows::Whole => body.whole().await,
        found => found.map(|body| body.front().clone()),
    };
    match found {
        Ok(body) => Ok(Original::of(&body, shows, limits.header_bytes_max)),
        Err(why @ (SpoolError::Failed(_) | SpoolError::Stopped)) => Err(why),
        Err(_) => Ok(Original::default()),
    }
}
