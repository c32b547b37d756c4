//! The arrival of a body: DATA, the octets up to the final dot, and the one answer to them.
//!
//! Promises: a message is read to its true end whatever is wrong with it, then answered once; its memory is counted
//! while it comes, and a large one goes to disk meanwhile; `250` follows the spool's word that it is on disk.
//! Never: changes the body, except for our Received field on top.

use crate::intake::incoming::{Incoming, Loss};
use crate::intake::smtp::data::{Findings, Progress, Scanner};
use crate::intake::smtp::header::{self, Header, HeaderFault};
use crate::intake::smtp::memory::Hold;
use crate::intake::smtp::pace::Pace;
use crate::intake::smtp::reply::{self, OurReply};
use crate::intake::smtp::session::{Ended, Session, Step, stopped};
use crate::intake::smtp::transaction::Transaction;
use crate::spool::{Kept, SpoolError, Submission};
use engine::envelope::Envelope;
use std::sync::Arc;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::time::{Instant, sleep_until};

/// A body that has come to its end, behind the room for our Received field.
struct Arrived {
    message: Incoming,
    findings: Findings,
}

impl<S: AsyncRead + AsyncWrite + Unpin> Session<'_, S> {
    /// DATA. Nothing may follow before our 354 (RFC 2920 §3.1): it would be read as commands if we refused.
    pub(super) async fn data(&mut self) -> Step<()> {
        if self.input.peek(&mut self.stream).await {
            return self.end(reply::TALKED_TOO_EARLY);
        }
        let Some(transaction) = self.transaction.take() else { return self.answer(reply::MAIL_FIRST) };
        if transaction.recipients().is_empty() {
            self.transaction = Some(transaction);
            return self.answer(reply::NO_VALID_RECIPIENTS);
        }
        let intake = self.intake;
        let Ok(mut hold) = intake.memory.begin().await else {
            return self.answer(reply::NO_MEMORY);
        };
        reply::SEND_MESSAGE.write_to(&mut self.out);
        self.flush().await?;
        self.input.expect_body();
        let arrived = self.receive(&mut hold).await?;
        let answer = match verdict(&arrived, self.settings.max_message_bytes) {
            Ok(header) => self.keep(transaction, arrived, header).await,
            Err(refusal) => refusal,
        };
        if answer.code() == 250 {
            (self.errors, self.junk) = (0, 0);
        }
        self.answer(answer)
    }

    /// Octets that our Received field may need.
    fn room(&self) -> usize {
        self.trace.as_ref().map_or(0, |trace| trace.room())
    }

    /// Reads to the end of the message.
    async fn receive(&mut self, hold: &mut Hold) -> Step<Arrived> {
        let settings = self.settings.clone();
        let mut pace = Pace::new(Instant::now(), self.ends_at, &settings.limits);
        let mut scanner = Scanner::new(settings.max_message_bytes);
        let mut message = Incoming::new(self.intake.spool.clone(), self.room());
        loop {
            self.read_body(&mut pace).await?;
            let chunk = self.input.unread();
            message.expect(chunk.len());
            let progress = scanner.feed(chunk, message.octets());
            match progress {
                Progress::More => self.input.consume(chunk.len()),
                Progress::Ended(count) => self.input.consume(count),
                Progress::Unbroken => return self.end(reply::UNBROKEN),
            }
            if scanner.findings().oversize {
                message.give_up(Loss::Oversize);
            }
            if !hold.covers(message.memory_bytes()) || message.is_due() {
                let asked = Instant::now();
                make_room(&mut message, hold).await;
                if message.loss().is_some() {
                    scanner.drop_body(message.octets());
                }
                pace.forgive(asked.elapsed());
            }
            if let Progress::Ended(_) = progress {
                return Ok(Arrived { message, findings: scanner.findings().clone() });
            }
        }
    }

    /// Reads once, at the pace of a body. While we stop, it may come for a little longer.
    async fn read_body(&mut self, pace: &mut Pace) -> Step<()> {
        loop {
            let stopping = *self.stop.borrow();
            if stopping {
                pace.stop_by(Instant::now() + self.settings.limits.stop_grace);
            }
            let count = tokio::select! {
                biased;
                read = self.input.read_from(&mut self.stream) => match read {
                    Ok(0) | Err(_) => return Err(Ended::Gone),
                    Ok(count) => count,
                },
                () = stopped(&mut self.stop), if !stopping => 0,
                () = sleep_until(pace.deadline()) => 0,
            };
            pace.count(count);
            if let Err(too_late) = pace.judge(Instant::now()) {
                return self.end(too_late);
            }
            if count > 0 {
                return Ok(());
            }
        }
    }

    /// Hands the message to the spool and waits for its word.
    async fn keep(&mut self, transaction: Transaction, arrived: Arrived, header: Header) -> OurReply {
        let Some(trace) = &self.trace else { return reply::SAY_EHLO_FIRST };
        let intake = self.intake;
        let Arrived { message, findings } = arrived;
        let mut whole = match message.finish().await {
            Ok(whole) => whole,
            Err(why) => return not_kept(&why),
        };
        let (mid, received_at) = (whole.mid, intake.clock.now());
        let start = trace.write_into(&mut whole.front, mid, received_at, transaction.utf8);
        let body = whole.into_body(start);
        let smtputf8 = transaction.needs_smtputf8(header);
        let (from, recipients, dsn) = transaction.into_parts();
        let size_bytes = body.size_bytes();
        let envelope =
            Envelope { mid, from, recipients, size_bytes, received_at, eight_bit: findings.eight_bit, smtputf8, dsn };
        let submission = Submission { envelope: Arc::new(envelope), body, settles: Vec::new(), key: None };
        let kept = intake.spool.keep(submission).await;
        match kept.unwrap_or(Err(SpoolError::Stopped)) {
            Ok(Kept::New) => reply::queued(mid),
            Ok(Kept::Before(earlier) | Kept::OtherRequest(earlier)) => reply::queued(earlier),
            Err(why) => not_kept(&why),
        }
    }
}

/// Counts the memory of a message that grew, and writes out what is due.
async fn make_room(message: &mut Incoming, hold: &mut Hold) {
    if hold.grow_to(message.memory_bytes()).await.is_err() {
        message.give_up(Loss::Memory);
    }
    if message.is_due() {
        message.write_out().await;
        hold.shrink_to(message.memory_bytes());
    }
}

fn not_kept(why: &SpoolError) -> OurReply {
    if *why == SpoolError::Full {
        return reply::DISK_FULL;
    }
    tracing::error!(%why, "a message could not be kept; its sender was told to try again");
    reply::CANNOT_KEEP
}

/// Whether a message may be kept; the gravest fault answers.
fn verdict(arrived: &Arrived, max_message_bytes: u64) -> Result<Header, OurReply> {
    let Findings { oversize, bare, nul, long_line, .. } = arrived.findings;
    if oversize {
        return Err(reply::too_large(max_message_bytes));
    }
    if bare {
        return Err(reply::BARE_IN_DATA);
    }
    if nul {
        return Err(reply::NUL_IN_DATA);
    }
    if long_line {
        return Err(reply::LONG_TEXT_LINE);
    }
    match arrived.message.loss() {
        None => {}
        Some(Loss::Oversize) => return Err(reply::too_large(max_message_bytes)),
        Some(Loss::Memory) => return Err(reply::NO_MEMORY),
        Some(Loss::Spool(why)) => return Err(not_kept(why)),
    }
    header::check(arrived.message.front()).map_err(|fault| match fault {
        HeaderFault::TooLarge => reply::HEADER_TOO_LARGE,
        HeaderFault::TooManyHops => reply::TOO_MANY_HOPS,
    })
}
