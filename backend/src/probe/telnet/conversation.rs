//! The session once it is connected: lines in, lines out, until somebody has had enough.

use super::line::{self, LineCutter};
use super::{Diary, Typed};
use common::vocab::NotSent;
use common::wire::{LineEnd, ProbeEvent};
use std::time::Duration;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::sync::mpsc;
use tokio::time::{Instant, sleep_until, timeout};

/// Lines of each side.
pub(super) const LINES_MAX: usize = 200;
/// Octets from the peer: far more than 200 lines need.
const RECEIVED_BYTES_MAX: usize = 1024 * 1024;
/// For a line to leave our side.
const SEND_WITHIN: Duration = Duration::from_secs(10);
/// For the answer to our QUIT, as in delivery.
const QUIT_WITHIN: Duration = Duration::from_secs(5);

/// Why a session ends, in words.
type Reason = String;

/// A connected session.
pub(super) struct Conversation<'a> {
    stream: TcpStream,
    input: mpsc::Receiver<Typed>,
    diary: &'a Diary,
    idle: Duration,
    cutter: LineCutter,
    received_bytes: usize,
    received_lines: usize,
    typed_lines: usize,
    /// Sent since the last line end.
    unfinished: String,
    /// The peer asked for the next part of a login: what is typed next is a secret.
    secret_next: bool,
    /// A login was typed and not ended yet.
    logging_in: bool,
    quit_sent: bool,
}

impl<'a> Conversation<'a> {
    pub(super) fn new(
        stream: TcpStream,
        input: mpsc::Receiver<Typed>,
        diary: &'a Diary,
        idle: Duration,
    ) -> Conversation<'a> {
        Conversation {
            stream,
            input,
            diary,
            idle,
            cutter: LineCutter::default(),
            received_bytes: 0,
            received_lines: 0,
            typed_lines: 0,
            unfinished: String::new(),
            secret_next: false,
            logging_in: false,
            quit_sent: false,
        }
    }

    /// Holds the conversation and says why it ended.
    pub(super) async fn hold(mut self) -> Reason {
        let mut octets = vec![0; 4_096];
        let mut quiet_since = Instant::now();
        loop {
            let step = tokio::select! {
                read = self.stream.read(&mut octets) => self.heard(read, &octets),
                typed = self.input.recv() => match typed {
                    Some(typed) => self.typed(typed).await,
                    None => return self.leave(&mut octets).await,
                },
                () = sleep_until(quiet_since + self.idle) => {
                    Err(format!("Nothing was said for {} s.", self.idle.as_secs()))
                }
            };
            if let Err(reason) = step {
                self.flush();
                return reason;
            }
            quiet_since = Instant::now();
        }
    }

    /// Takes what the peer said.
    fn heard(&mut self, read: std::io::Result<usize>, octets: &[u8]) -> Result<(), Reason> {
        let count = match read {
            Ok(0) => return Err("They closed the connection.".into()),
            Err(why) => return Err(format!("The connection broke: {why}.")),
            Ok(count) => count,
        };
        self.received_bytes += count;
        for line in self.cutter.push(&octets[..count]) {
            self.line(line)?;
        }
        if self.received_bytes > RECEIVED_BYTES_MAX {
            return Err("They sent more than 1 MiB.".into());
        }
        Ok(())
    }

    fn line(&mut self, text: String) -> Result<(), Reason> {
        if self.received_lines == LINES_MAX {
            return Err(format!("They sent more than {LINES_MAX} lines."));
        }
        self.received_lines += 1;
        let more = text.starts_with("334"); // RFC 4954 §4: the server asks for the next part of a login
        self.secret_next = self.logging_in && more;
        self.logging_in &= more;
        self.diary.write(|ms| ProbeEvent::Line { ms, text });
        Ok(())
    }

    /// What came after the last line end is a line too, once no more can come.
    fn flush(&mut self) {
        if let Some(rest) = self.cutter.finish() {
            let _ = self.line(rest); // over the limit: it is the end anyway
        }
    }

    /// Sends what was typed, if it may be sent.
    async fn typed(&mut self, typed: Typed) -> Result<(), Reason> {
        self.typed_lines += 1;
        if self.typed_lines > LINES_MAX {
            return Err(format!("{LINES_MAX} lines were typed: that is the most for one session."));
        }
        let whole = format!("{}{}", self.unfinished, typed.data);
        if let Some(why) = refusal(&typed.data, &whole) {
            self.diary.write(|ms| ProbeEvent::NotSent { ms, why });
            return Ok(());
        }
        let end = match typed.eol {
            LineEnd::Crlf => "\r\n",
            LineEnd::Lf => "\n",
            LineEnd::None => "",
        };
        self.send(&format!("{}{end}", typed.data)).await?;
        let login = line::is_login(&whole);
        let text = match (self.secret_next, login) {
            (false, false) => typed.data,
            (false, true) if self.unfinished.is_empty() => line::without_secret(&typed.data),
            _ => "***".into(),
        };
        self.diary.write(|ms| ProbeEvent::Sent { ms, text });
        if end.is_empty() {
            self.unfinished = whole;
        } else {
            self.unfinished.clear();
            self.logging_in |= login;
            self.secret_next = false;
            self.quit_sent |= whole.trim().eq_ignore_ascii_case("QUIT");
        }
        Ok(())
    }

    async fn send(&mut self, text: &str) -> Result<(), Reason> {
        match timeout(SEND_WITHIN, self.stream.write_all(text.as_bytes())).await {
            Ok(Ok(())) => Ok(()),
            Ok(Err(why)) => Err(format!("The connection broke: {why}.")),
            Err(_) => Err(format!("They took nothing for {} s.", SEND_WITHIN.as_secs())),
        }
    }

    /// Nobody types any more: QUIT, and a moment for their answer.
    async fn leave(mut self, octets: &mut [u8]) -> Reason {
        if !self.quit_sent {
            let quit = if self.unfinished.is_empty() { "QUIT\r\n" } else { "\r\nQUIT\r\n" };
            if let Err(reason) = self.send(quit).await {
                return reason;
            }
            self.diary.write(|ms| ProbeEvent::Sent { ms, text: "QUIT".into() });
        }
        let reason = timeout(QUIT_WITHIN, self.hear_out(octets)).await;
        self.flush();
        reason.unwrap_or_else(|_| "We closed the connection.".into())
    }

    /// Hears the peer until the end.
    async fn hear_out(&mut self, octets: &mut [u8]) -> Reason {
        loop {
            let read = self.stream.read(octets).await;
            if let Err(reason) = self.heard(read, octets) {
                return reason;
            }
        }
    }
}

/// Why a line is not sent; `None` if it may be. `whole` is the line with what was sent before it without a line end.
fn refusal(data: &str, whole: &str) -> Option<NotSent> {
    if data.contains(['\r', '\n']) {
        return Some(NotSent::LineEnds);
    }
    if whole.len() > line::LINE_BYTES_MAX {
        return Some(NotSent::TooLong);
    }
    line::begins_a_message(whole).then_some(NotSent::BeginsMessage)
}
