//! One SMTP session: greeting, commands in their order, answers in groups (RFC 5321 §3, §4.1.4; RFC 2920).
//!
//! Promises: every wait has an end; what was asked in one group is answered in one write; octets that stand where
//! pipelining forbids them end the session. The body is taken by `arrival`.
//! Never: trusts what a client says of itself; answers `250` to a message before the spool did.

mod arrival;
mod secure;

use crate::intake::settings::IntakeSettings;
use crate::intake::smtp::Intake;
use crate::intake::smtp::channel::{Channel, Tls};
use crate::intake::smtp::command::{self, ClientName, Command};
use crate::intake::smtp::foreign;
use crate::intake::smtp::input::{Input, Line};
use crate::intake::smtp::parameter::{MailParameters, RcptParameters};
use crate::intake::smtp::received::Trace;
use crate::intake::smtp::reply::{self, OurReply};
use crate::intake::smtp::transaction::Transaction;
use common::vocab::{Address, AddressError, ReversePath};
use futures_util::FutureExt;
use std::convert::Infallible;
use std::net::IpAddr;
use std::panic::AssertUnwindSafe;
use std::sync::Arc;
use std::time::Duration;
use tokio::io::{AsyncRead, AsyncWrite, AsyncWriteExt};
use tokio::sync::watch;
use tokio::time::{Instant, sleep_until, timeout};

/// A large read buffer is given back after so long without a command.
const IDLE_BEFORE_SHRINK: Duration = Duration::from_secs(1);
/// Octets that are read and dropped after a refusal, at most: enough for what is in flight, no gift.
const LINGER_BYTES_MAX: usize = 1024 * 1024;

/// How a session ended.
#[derive(Debug)]
enum Ended {
    /// The client left, or its connection broke. There is nobody to answer.
    Gone,
    /// QUIT.
    Quit,
    /// We end it; the last answer says why.
    Refused,
}

type Step<T> = Result<T, Ended>;

struct Session<'a, S> {
    intake: &'a Intake,
    /// As they were when it began.
    settings: Arc<IntakeSettings>,
    stream: Channel<S>,
    /// What TLS was agreed on.
    tls: Option<Tls>,
    client: IpAddr,
    may_relay: bool,
    stop: watch::Receiver<bool>,
    input: Input,
    out: Vec<u8>,
    /// What our Received field says of the client; known after EHLO or HELO.
    trace: Option<Trace>,
    transaction: Option<Transaction>,
    errors: u32,
    junk: u32,
    ends_at: Instant,
}

/// Serves one connection from `client` to its end.
pub async fn run<S>(intake: &Intake, stream: S, client: IpAddr, stop: watch::Receiver<bool>)
where
    S: AsyncRead + AsyncWrite + Unpin,
{
    let client = client.to_canonical();
    let settings = intake.settings.load_full();
    let mut session = Session {
        intake,
        stream: Channel::Clear(stream),
        tls: None,
        client,
        may_relay: settings.relay_from.iter().any(|network| network.contains(client)),
        stop,
        input: Input::default(),
        out: Vec::new(),
        trace: None,
        transaction: None,
        errors: 0,
        junk: 0,
        ends_at: Instant::now() + settings.limits.session_life,
        settings,
    };
    let ended = match AssertUnwindSafe(session.converse()).catch_unwind().await {
        Ok(Err(ended)) => ended,
        Ok(Ok(never)) => match never {},
        Err(_) => {
            // The panic hook has written its message; this client is answered, the others do not notice.
            session.out.clear();
            reply::INTERNAL.write_to(&mut session.out);
            Ended::Refused
        }
    };
    tracing::debug!(%client, ?ended, "smtp session ended");
    session.finish(ended).await;
}

/// Ends when the house stops. A stop that nobody can give any more is never given.
pub(super) async fn stopped(stop: &mut watch::Receiver<bool>) {
    if stop.wait_for(|stop| *stop).await.is_err() {
        std::future::pending::<()>().await;
    }
}

impl<S: AsyncRead + AsyncWrite + Unpin> Session<'_, S> {
    async fn converse(&mut self) -> Step<Infallible> {
        self.greet().await?;
        loop {
            match self.next_line().await? {
                Line::Text(range) => {
                    let text = self.input.text(range);
                    if foreign::is_http(text) {
                        return self.end(reply::NOT_SMTP);
                    }
                    match command::parse(text, &self.settings.hostname) {
                        Ok(command) => self.obey(command).await?,
                        Err(refusal) => self.answer(refusal)?,
                    }
                }
                Line::BadLineEnd(range) if foreign::is_http(self.input.text(range.clone())) => {
                    return self.end(reply::NOT_SMTP);
                }
                Line::BadLineEnd(_) => self.answer(reply::BARE_LINE_END)?,
                Line::Nul => self.answer(reply::NUL_IN_COMMAND)?,
                Line::TooLong => self.answer(reply::LINE_TOO_LONG)?,
                Line::Incomplete => {}
            }
        }
    }

    /// Greets, unless the client talks before it was greeted. Strangers have to show that they wait.
    async fn greet(&mut self) -> Step<()> {
        let wait = self.settings.limits.greet_delay;
        if !self.may_relay && !wait.is_zero() {
            match timeout(wait, self.input.read_from(&mut self.stream)).await {
                Err(_) => {}
                Ok(Ok(0) | Err(_)) => return Err(Ended::Gone),
                Ok(Ok(_)) => return self.end(reply::TALKED_TOO_EARLY),
            }
        }
        if self.input.peek(&mut self.stream).await {
            return self.end(reply::TALKED_TOO_EARLY);
        }
        self.answer(reply::greeting(&self.settings.hostname))
    }

    async fn obey(&mut self, command: Command) -> Step<()> {
        match command {
            Command::Ehlo(name) => self.hello(&name, true).await,
            Command::Helo(name) => self.hello(&name, false).await,
            Command::Mail(from, parameters) => self.mail(from, parameters),
            Command::Rcpt(to, parameters) => self.rcpt(to, parameters),
            Command::Data => self.data().await,
            Command::Rset => {
                self.transaction = None;
                self.answer_junk(reply::RESET_OK)
            }
            Command::Noop => self.answer_junk(reply::NOOP_OK),
            Command::Vrfy => self.answer_junk(reply::CANNOT_VRFY),
            Command::Help => self.answer_junk(reply::HELP),
            Command::StartTls => self.start_tls().await,
            Command::Bdat => self.end(reply::NOT_OFFERED),
            Command::Quit => {
                reply::BYE.write_to(&mut self.out);
                Err(Ended::Quit)
            }
        }
    }

    /// EHLO and HELO start over (RFC 5321 §4.1.4). Nothing may follow before they are answered (RFC 2920 §3.1).
    async fn hello(&mut self, name: &ClientName, esmtp: bool) -> Step<()> {
        if self.input.peek(&mut self.stream).await {
            return self.end(reply::TALKED_TOO_EARLY);
        }
        let settings = self.settings.clone();
        self.transaction = None;
        let trace = Trace::new(name, self.client, &settings.hostname, esmtp, self.tls.as_ref());
        let again = self.trace.replace(trace).is_some();
        if esmtp {
            let starttls = settings.certificate.is_some() && self.stream.is_clear();
            reply::ehlo(&settings.hostname, settings.max_message_bytes, starttls, &mut self.out);
        } else {
            reply::helo(&settings.hostname).write_to(&mut self.out);
        }
        self.count_junk(again)
    }

    fn mail(&mut self, from: ReversePath, parameters: MailParameters) -> Step<()> {
        let max_message_bytes = self.settings.max_message_bytes;
        if self.trace.is_none() {
            self.answer(reply::SAY_EHLO_FIRST)
        } else if self.transaction.is_some() {
            self.answer(reply::MAIL_TWICE)
        } else if parameters.size.is_some_and(|size| size > max_message_bytes) {
            self.answer(reply::too_large(max_message_bytes))
        } else {
            self.transaction = Some(Transaction::new(from, parameters));
            self.answer(reply::SENDER_OK)
        }
    }

    fn rcpt(&mut self, to: Address, parameters: RcptParameters) -> Step<()> {
        let Some(transaction) = &mut self.transaction else { return self.answer(reply::MAIL_FIRST) };
        if !transaction.utf8 && (parameters.utf8 || !to.is_ascii()) {
            return self.answer(reply::bad_recipient(AddressError::NotAscii));
        }
        let admission = transaction.add(to, parameters.dsn, self.may_relay, &self.settings);
        admission.reply.write_to(&mut self.out);
        self.count_error(admission.error)
    }

    /// The next command line. All that was asked before is answered before we wait.
    async fn next_line(&mut self) -> Step<Line> {
        let limits = &self.settings.limits;
        let wait = if self.trace.is_none() { limits.ehlo_wait } else { limits.command_wait };
        let mut deadline = None;
        loop {
            if foreign::is_tls(self.input.unread()) {
                return self.end(reply::NOT_SMTP);
            }
            match self.input.next_line() {
                Line::Incomplete => {}
                line => return Ok(line),
            }
            self.flush().await?;
            let now = Instant::now();
            let deadline = *deadline.get_or_insert(now + wait);
            self.read_more(now, deadline).await?;
        }
    }

    /// Reads once, at most until `deadline`.
    async fn read_more(&mut self, now: Instant, deadline: Instant) -> Step<()> {
        if now >= self.ends_at {
            return self.end(reply::SESSION_TOO_LONG);
        }
        let mut until = deadline.min(self.ends_at);
        if self.input.is_large() {
            until = until.min(now + IDLE_BEFORE_SHRINK);
        }
        tokio::select! {
            biased;
            read = self.input.read_from(&mut self.stream) => match read {
                Ok(0) | Err(_) => Err(Ended::Gone),
                Ok(_) => Ok(()),
            },
            () = stopped(&mut self.stop) => self.end(reply::STOPPING),
            () = sleep_until(until) => {
                self.input.shrink();
                if until == deadline { self.end(reply::TIMED_OUT) } else { Ok(()) }
            }
        }
    }

    /// Writes what was answered.
    async fn flush(&mut self) -> Step<()> {
        if self.out.is_empty() {
            return Ok(());
        }
        let wait = self.settings.limits.command_wait;
        let write = async {
            self.stream.write_all(&self.out).await?;
            self.stream.flush().await // TLS keeps back what the socket did not take at once
        };
        match timeout(wait, write).await {
            Ok(Ok(())) => {
                self.out.clear();
                Ok(())
            }
            Ok(Err(_)) | Err(_) => Err(Ended::Gone),
        }
    }

    /// Says the last words, and sees to it that they arrive.
    async fn finish(mut self, ended: Ended) {
        if matches!(ended, Ended::Gone) || self.flush().await.is_err() || self.stream.shutdown().await.is_err() {
            return;
        }
        if matches!(ended, Ended::Refused) {
            // Closing a socket with unread octets resets it, and a reset overtakes our answer.
            let linger = self.settings.limits.linger;
            let _ = timeout(linger, self.drain()).await;
        }
    }

    async fn drain(&mut self) {
        let mut drained = 0;
        while drained < LINGER_BYTES_MAX {
            self.input.consume(self.input.unread().len());
            match self.input.read_from(&mut self.stream).await {
                Ok(count) if count > 0 => drained += count,
                _ => break,
            }
        }
    }

    fn answer(&mut self, reply: OurReply) -> Step<()> {
        reply.write_to(&mut self.out);
        self.count_error(reply.counts_as_error())
    }

    fn answer_junk(&mut self, reply: OurReply) -> Step<()> {
        reply.write_to(&mut self.out);
        self.count_junk(true)
    }

    fn count_error(&mut self, error: bool) -> Step<()> {
        self.errors += u32::from(error);
        if self.errors >= self.settings.limits.errors_max { self.end(reply::TOO_MANY_ERRORS) } else { Ok(()) }
    }

    fn count_junk(&mut self, junk: bool) -> Step<()> {
        self.junk += u32::from(junk);
        if self.junk > self.settings.limits.junk_max { self.end(reply::TOO_MUCH_JUNK) } else { Ok(()) }
    }

    /// Answers for the last time.
    fn end<T>(&mut self, reply: OurReply) -> Step<T> {
        reply.write_to(&mut self.out);
        Err(Ended::Refused)
    }
}
