//! The receiving side of one SMTP session of the lab (RFC 5321, with PIPELINING, 8BITMIME, ENHANCEDSTATUSCODES,
//! SIZE, and STARTTLS where the next hop offers it).
//!
//! Promises: correct where its behaviour does not say otherwise: order of commands, dots, limits; one write answers
//! everything that was sent together. Never: a body kept after its answer.

use crate::connect::tls::Stream;
use crate::lab::behaviour::{Behaviour, Moment};
use crate::lab::nexthop::{Offer, Site};
use bytes::{Buf, BytesMut};
use memchr::{memchr, memmem};
use std::io;
use std::time::Duration;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

/// Octets of a command line (RFC 5321 §4.5.3.1.4 asks for 512, extensions add).
const LINE_BYTES_MAX: usize = 4_096;
/// Octets of a message.
const MESSAGE_BYTES_MAX: usize = 26_214_400;
/// Recipients of a transaction.
const RECIPIENTS_MAX: usize = 1_000;
/// Octets read at once.
const READ_BYTES: usize = 64 * 1024;
/// A session that says nothing for so long ends (RFC 5321 §4.5.3.2.7).
const IDLE: Duration = Duration::from_secs(300);
/// What ends a body; its first line end belongs to the body.
const END_OF_DATA: &[u8] = b"\r\n.\r\n";
const LINE_END: &[u8] = b"\r\n";

/// Serves a session until it ends.
pub async fn run(stream: TcpStream, site: &Site) -> io::Result<()> {
    if *site.behaviour.borrow() == Behaviour::Flapping && site.is_odd_one() {
        return Err(leave("flaps"));
    }
    let mut dialogue = Dialogue {
        stream: Stream::Clear(stream),
        site,
        input: BytesMut::with_capacity(READ_BYTES),
        output: Vec::with_capacity(512),
        sender: None,
        recipients: Vec::new(),
    };
    let greeting = format!("220 {} ESMTP lab", site.name);
    dialogue.answer(Moment::Greeting, &greeting).await?;
    while let Some(line) = dialogue.line().await? {
        if !dialogue.command(&line).await? {
            break;
        }
    }
    dialogue.flush().await
}

struct Dialogue<'a> {
    stream: Stream<TcpStream>,
    site: &'a Site,
    input: BytesMut,
    output: Vec<u8>,
    sender: Option<String>,
    recipients: Vec<String>,
}

/// The peer broke a bound, or the behaviour says to go: the session ends without a word.
fn leave(why: &str) -> io::Error {
    io::Error::new(io::ErrorKind::ConnectionAborted, why.to_string())
}

impl Dialogue<'_> {
    /// The next command line without its line end. Answers what waits before it waits for more.
    async fn line(&mut self) -> io::Result<Option<String>> {
        loop {
            if let Some(end) = memchr(b'\n', &self.input) {
                let line = self.input.split_to(end + 1);
                let line = line.strip_suffix(b"\r\n").unwrap_or(&line[..end]);
                return Ok(Some(String::from_utf8_lossy(line).into_owned()));
            }
            if self.input.len() > LINE_BYTES_MAX {
                return Err(leave("a line is too long"));
            }
            self.flush().await?;
            if !self.read().await? {
                return Ok(None);
            }
        }
    }

    async fn read(&mut self) -> io::Result<bool> {
        self.input.reserve(READ_BYTES);
        match tokio::time::timeout(IDLE, self.stream.read_buf(&mut self.input)).await {
            Ok(read) => Ok(read? > 0),
            Err(_) => Err(leave("idle")),
        }
    }

    async fn flush(&mut self) -> io::Result<()> {
        if !self.output.is_empty() {
            self.stream.write_all(&self.output).await?;
            self.stream.flush().await?;
            self.output.clear();
        }
        Ok(())
    }

    /// Writes an answer, or what the behaviour has in its place at this moment. Says whether it was a good one.
    async fn answer(&mut self, at: Moment, line: &str) -> io::Result<bool> {
        self.respond(Some(at), line).await
    }

    /// Writes an answer of no special moment.
    async fn say(&mut self, line: &str) -> io::Result<()> {
        self.respond(None, line).await.map(|_| ())
    }

    async fn respond(&mut self, now: Option<Moment>, line: &str) -> io::Result<bool> {
        let behaviour = self.site.behaviour.borrow().clone();
        let said = match &behaviour {
            Behaviour::Silent => return self.be_silent().await,
            Behaviour::Refused => return Err(leave("refused")),
            Behaviour::Drops { at } if now == Some(*at) => return Err(leave("drops")),
            Behaviour::Answers { at, line } if now == Some(*at) => line,
            _ => line,
        };
        let delay = match behaviour {
            Behaviour::Slow(delay) => delay,
            Behaviour::SlowBanner(delay) if now == Some(Moment::Greeting) => delay,
            _ => Duration::ZERO,
        };
        if !delay.is_zero() {
            self.flush().await?;
            tokio::time::sleep(delay).await;
        }
        self.site.refused(said);
        self.output.extend_from_slice(said.as_bytes());
        self.output.extend_from_slice(b"\r\n");
        Ok(said.starts_with(['2', '3']))
    }

    /// Says nothing more and waits until the peer has enough.
    async fn be_silent(&mut self) -> io::Result<bool> {
        self.flush().await?;
        loop {
            self.input.clear();
            self.input.reserve(LINE_BYTES_MAX);
            if self.stream.read_buf(&mut self.input).await? == 0 {
                return Err(leave("the peer had enough"));
            }
        }
    }

    /// Carries a command out. `false` ends the session.
    async fn command(&mut self, line: &str) -> io::Result<bool> {
        let (verb, rest) = line.split_once(' ').unwrap_or((line, ""));
        match verb.to_ascii_uppercase().as_str() {
            "EHLO" => {
                self.reset();
                let starttls = if self.offers_tls() { "250-STARTTLS\r\n" } else { "" };
                let text = format!(
                    "250-{}\r\n250-PIPELINING\r\n250-8BITMIME\r\n250-ENHANCEDSTATUSCODES\r\n\
                     {starttls}250 SIZE {MESSAGE_BYTES_MAX}",
                    self.site.name
                );
                self.answer(Moment::Ehlo, &text).await?;
            }
            "HELO" => {
                self.reset();
                let text = format!("250 {}", self.site.name);
                self.answer(Moment::Ehlo, &text).await?;
            }
            "STARTTLS" if self.offers_tls() => self.start_tls().await?,
            "MAIL" => self.mail(rest).await?,
            "RCPT" => self.rcpt(rest).await?,
            "DATA" => self.data().await?,
            "RSET" => {
                self.reset();
                self.say("250 2.0.0 Reset").await?;
            }
            "NOOP" => self.say("250 2.0.0 Ok").await?,
            "VRFY" => self.say("252 2.5.0 Send some mail, we will try").await?,
            "QUIT" => {
                self.say("221 2.0.0 Bye").await?;
                return Ok(false);
            }
            _ => self.say("500 5.5.2 Command not recognized").await?,
        }
        Ok(true)
    }

    fn offers_tls(&self) -> bool {
        matches!(self.stream, Stream::Clear(_)) && !matches!(self.site.offer, Offer::Nothing)
    }

    /// RFC 3207: what came before is forgotten, what was sent along is not read.
    async fn start_tls(&mut self) -> io::Result<()> {
        if !self.answer(Moment::StartTls, "220 2.0.0 Ready to start TLS").await? {
            return Ok(());
        }
        self.flush().await?;
        self.input.clear();
        self.reset();
        let Offer::Tls(acceptor) = &self.site.offer else {
            self.output.extend_from_slice(b"this is no TLS");
            self.flush().await?;
            return Err(leave("a broken handshake"));
        };
        let stream = self.stream.take_clear().ok_or_else(|| leave("a second handshake"))?;
        let secured = tokio::time::timeout(IDLE, acceptor.accept(stream)).await.map_err(|_| leave("idle"))??;
        self.stream = Stream::Secure(Box::new(secured.into()));
        Ok(())
    }

    fn reset(&mut self) {
        self.sender = None;
        self.recipients.clear();
    }

    async fn mail(&mut self, rest: &str) -> io::Result<()> {
        if self.sender.is_some() {
            return self.say("503 5.5.1 Nested MAIL command").await;
        }
        let Some((sender, parameters)) = path(rest, "FROM:") else {
            return self.say("501 5.5.4 Syntax: MAIL FROM:<address>").await;
        };
        let size = parameters.split(' ').find_map(|one| one.strip_prefix("SIZE=")?.parse::<usize>().ok());
        if size.is_some_and(|size| size > MESSAGE_BYTES_MAX) {
            return self.say("552 5.3.4 Message size exceeds fixed limit").await;
        }
        let sender = sender.to_string();
        if self.answer(Moment::MailFrom, "250 2.1.0 Ok").await? {
            self.sender = Some(sender);
        }
        Ok(())
    }

    async fn rcpt(&mut self, rest: &str) -> io::Result<()> {
        let Some(sender) = self.sender.clone() else {
            return self.say("503 5.5.1 Need MAIL command").await;
        };
        let Some((recipient, _)) = path(rest, "TO:").filter(|(recipient, _)| !recipient.is_empty()) else {
            return self.say("501 5.5.4 Syntax: RCPT TO:<address>").await;
        };
        if self.recipients.len() >= RECIPIENTS_MAX {
            return self.say("452 4.5.3 Too many recipients").await;
        }
        let behaviour = self.site.behaviour.borrow().clone();
        if let Behaviour::Greylist(delay) = behaviour
            && let Some(left) = self.site.greylisted(&sender, recipient, delay)
        {
            let seconds = left.as_secs_f64().ceil();
            return self.say(&format!("451 4.7.1 Greylisted, please try again in {seconds} seconds")).await;
        }
        if self.answer(Moment::RcptTo, "250 2.1.5 Ok").await? {
            self.recipients.push(recipient.to_string());
        }
        Ok(())
    }

    async fn data(&mut self) -> io::Result<()> {
        if self.recipients.is_empty() {
            let text =
                if self.sender.is_some() { "554 5.5.1 No valid recipients" } else { "503 5.5.1 Need MAIL command" };
            return self.say(text).await;
        }
        if !self.answer(Moment::Data, "354 End data with <CR><LF>.<CR><LF>").await? {
            return Ok(());
        }
        self.flush().await?;
        let Some(length) = self.body().await? else {
            self.reset();
            return self.say("552 5.3.4 Message size exceeds fixed limit").await;
        };
        let recipients = std::mem::take(&mut self.recipients);
        self.sender = None;
        let will_take = match &*self.site.behaviour.borrow() {
            Behaviour::Answers { at: Moment::EndOfData, line } => line.starts_with('2'),
            Behaviour::Drops { at: Moment::EndOfData } | Behaviour::Silent | Behaviour::Refused => false,
            _ => true,
        };
        if will_take {
            let secured = matches!(self.stream, Stream::Secure(_));
            self.site.take(&recipients, &self.input[LINE_END.len()..length], secured);
        }
        self.input.advance(length + END_OF_DATA.len() - LINE_END.len());
        self.answer(Moment::EndOfData, "250 2.0.0 Ok: taken").await?;
        Ok(())
    }

    /// Reads up to the final dot. The body stays at the head of `input` behind a line end, so that an empty one looks
    /// like any other; answers the length of both. Nothing if it is too long: then it was read and thrown away.
    async fn body(&mut self) -> io::Result<Option<usize>> {
        let early = self.input.split(); // nothing, unless the peer did not wait for the 354
        self.input.extend_from_slice(LINE_END);
        self.input.extend_from_slice(&early);
        let mut scanned = 0;
        let mut is_too_long = false;
        loop {
            if let Some(at) = memmem::find(&self.input[scanned..], END_OF_DATA) {
                let length = scanned + at + LINE_END.len();
                if is_too_long || length > MESSAGE_BYTES_MAX {
                    self.input.advance(length + END_OF_DATA.len() - LINE_END.len());
                    return Ok(None);
                }
                return Ok(Some(length));
            }
            scanned = self.input.len().saturating_sub(END_OF_DATA.len() - 1);
            if scanned > MESSAGE_BYTES_MAX {
                is_too_long = true;
                self.input.advance(scanned);
                scanned = 0;
            }
            if !self.read().await? {
                return Err(leave("closed within a body"));
            }
        }
    }
}

/// The address between the angle brackets behind `keyword`, and the parameters behind them.
fn path<'a>(rest: &'a str, keyword: &str) -> Option<(&'a str, &'a str)> {
    let head = rest.get(..keyword.len())?;
    if !head.eq_ignore_ascii_case(keyword) {
        return None;
    }
    let path = rest[keyword.len()..].trim_start().strip_prefix('<')?;
    let (address, parameters) = path.split_once('>')?;
    Some((address, parameters.trim_start()))
}
