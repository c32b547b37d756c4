//! The session once it is connected: lines in, lines out, until somebody has had enough.

use super::line::{self, LineCutter};
use super::{Diary, LINES_MAX, RECEIVED_BYTES_MAX, Telnet, Typed};
use crate::connect::tls::Stream;
use crate::connect::tls::state::tls_state;
use common::vocab::{NotSent, SessionEnd};
use common::wire::{LineEnd, ProbeEvent};
use engine::failure::Trouble;
use engine::tls::Protection;
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Duration;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::sync::mpsc;
use tokio::time::{Instant, sleep_until, timeout};
use tokio_rustls::rustls::pki_types::ServerName;

/// For a line to leave our side.
const SEND_WITHIN: Duration = Duration::from_secs(10);
/// For the answer to our QUIT, as in delivery.
const QUIT_WITHIN: Duration = Duration::from_secs(5);

/// Where a session stands with TLS.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Starttls {
    /// Not asked for.
    No,
    /// STARTTLS went out: nothing else may, until it is answered.
    Asked,
    /// It was answered with 220: the handshake is next.
    Granted,
}

/// A connected session.
pub(super) struct Conversation<'a> {
    stream: Stream<TcpStream>,
    input: mpsc::Receiver<Typed>,
    diary: &'a Diary,
    telnet: &'a Telnet,
    /// What the certificate is to prove.
    name: ServerName<'static>,
    starttls: Starttls,
    /// Replies of theirs that are due: the greeting first, then one to each line.
    due: usize,
    /// Since when the next of them is.
    due_since: Instant,
    /// How often it was missed.
    missed: u32,
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
        telnet: &'a Telnet,
        name: ServerName<'static>,
    ) -> Conversation<'a> {
        Conversation {
            stream: Stream::Clear(stream),
            input,
            diary,
            telnet,
            name,
            starttls: Starttls::No,
            due: 1,
            due_since: Instant::now(),
            missed: 0,
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
    pub(super) async fn hold(mut self) -> SessionEnd {
        let mut octets = vec![0; 4_096];
        let idle = self.telnet.settings.idle;
        let mut quiet_since = Instant::now();
        loop {
            let quiet_until = quiet_since + idle;
            let missed_at = self.missed_at().unwrap_or(quiet_until);
            let step = tokio::select! {
                read = self.stream.read(&mut octets) => self.heard(read, &octets),
                typed = self.input.recv(), if self.starttls == Starttls::No => match typed {
                    Some(typed) => self.typed(typed).await,
                    None => return self.leave(&mut octets).await,
                },
                () = sleep_until(quiet_until) => Err(SessionEnd::Quiet { seconds: idle.as_secs() }),
                () = sleep_until(missed_at), if missed_at < quiet_until => {
                    self.miss();
                    continue;
                }
            };
            let step = match step {
                Ok(()) if self.starttls == Starttls::Granted => self.shake_hands().await,
                other => other,
            };
            if let Err(end) = step {
                self.flush();
                return end;
            }
            quiet_since = Instant::now();
        }
    }

    /// When a reply that is due is missed next.
    fn missed_at(&self) -> Option<Instant> {
        (self.due > 0).then(|| self.due_since + self.telnet.settings.silence * (self.missed + 1))
    }

    fn miss(&mut self) {
        self.missed += 1;
        let seconds = self.due_since.elapsed().as_secs();
        self.diary.write(|ms| ProbeEvent::Waiting { ms, seconds });
    }

    /// A line went out: one more reply is due.
    fn asked(&mut self) {
        self.due += 1;
        if self.due == 1 {
            (self.due_since, self.missed) = (Instant::now(), 0);
        }
    }

    /// A reply is complete. While STARTTLS waits nothing else goes out, thus its answer is the last one that is due.
    fn answered(&mut self, code: &str) {
        self.due = self.due.saturating_sub(1);
        (self.due_since, self.missed) = (Instant::now(), 0);
        if self.starttls == Starttls::Asked && self.due == 0 {
            self.starttls = if code == "220" { Starttls::Granted } else { Starttls::No };
        }
    }

    /// RFC 3207. What came in clear behind their 220 would be taken for a part of the protected session: it ends here.
    async fn shake_hands(&mut self) -> Result<(), SessionEnd> {
        self.starttls = Starttls::No;
        if !self.cutter.is_empty() {
            return Err(SessionEnd::Injected);
        }
        let stream = self.stream.take_clear().ok_or(SessionEnd::SecuredTwice)?;
        let within = self.telnet.settings.handshake;
        let (stream, facts) = match timeout(within, self.telnet.tls.shake_hands(stream, &self.name)).await {
            Ok(Ok(secured)) => secured,
            Ok(Err(Trouble::Handshake(why))) => return Err(SessionEnd::Handshake { detail: why.to_string() }),
            Ok(Err(trouble)) => return Err(SessionEnd::Handshake { detail: format!("{trouble:?}") }),
            Err(_) => return Err(SessionEnd::HandshakeSlow { seconds: within.as_secs() }),
        };
        self.stream = Stream::Secure(Box::new(stream.into()));
        let tls = tls_state(&Protection::Tls(Arc::new(facts)), self.telnet.settings.language);
        self.diary.write(|ms| ProbeEvent::Secured { ms, tls });
        Ok(())
    }

    /// Takes what the peer said.
    fn heard(&mut self, read: std::io::Result<usize>, octets: &[u8]) -> Result<(), SessionEnd> {
        let count = match read {
            Ok(0) => return Err(SessionEnd::TheyClosed),
            // Without a goodbye of TLS (RFC 8446 §6.1): nothing of a reply can be cut off unseen, for its lines have ends.
            Err(why) if why.kind() == std::io::ErrorKind::UnexpectedEof => return Err(SessionEnd::TheyClosed),
            Err(why) => return Err(SessionEnd::Broke { detail: why.to_string() }),
            Ok(count) => count,
        };
        self.received_bytes += count;
        self.diary.octets_heard.store(self.received_bytes, Ordering::Relaxed);
        for line in self.cutter.push(&octets[..count]) {
            self.line(line)?;
        }
        if self.received_bytes > RECEIVED_BYTES_MAX {
            return Err(SessionEnd::TooMuch { octets: RECEIVED_BYTES_MAX as u64 });
        }
        Ok(())
    }

    fn line(&mut self, text: String) -> Result<(), SessionEnd> {
        if self.received_lines == LINES_MAX {
            return Err(SessionEnd::TooManyLines { lines: LINES_MAX as u64 });
        }
        self.received_lines += 1;
        self.diary.lines_heard.store(self.received_lines, Ordering::Relaxed);
        if self.starttls == Starttls::Granted {
            return Err(SessionEnd::Injected);
        }
        if let Some(code) = line::final_code(&text) {
            self.answered(code);
        }
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
    async fn typed(&mut self, typed: Typed) -> Result<(), SessionEnd> {
        self.typed_lines += 1;
        if self.typed_lines > LINES_MAX {
            return Err(SessionEnd::TypedTooMany { lines: LINES_MAX as u64 });
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
        self.diary.lines_sent.fetch_add(1, Ordering::Relaxed);
        if end.is_empty() {
            self.unfinished = whole;
        } else {
            self.asked();
            if line::is_starttls(&whole) {
                self.starttls = Starttls::Asked;
            }
            self.unfinished.clear();
            self.logging_in |= login;
            self.secret_next = false;
            self.quit_sent |= whole.trim().eq_ignore_ascii_case("QUIT");
        }
        Ok(())
    }

    async fn send(&mut self, text: &str) -> Result<(), SessionEnd> {
        let sending = async {
            self.stream.write_all(text.as_bytes()).await?;
            self.stream.flush().await
        };
        match timeout(SEND_WITHIN, sending).await {
            Ok(Ok(())) => Ok(()),
            Ok(Err(why)) => Err(SessionEnd::Broke { detail: why.to_string() }),
            Err(_) => Err(SessionEnd::TookNothing { seconds: SEND_WITHIN.as_secs() }),
        }
    }

    /// Nobody types any more: QUIT, and a moment for their answer.
    async fn leave(mut self, octets: &mut [u8]) -> SessionEnd {
        if !self.quit_sent {
            let quit = if self.unfinished.is_empty() { "QUIT\r\n" } else { "\r\nQUIT\r\n" };
            if let Err(end) = self.send(quit).await {
                return end;
            }
            self.diary.write(|ms| ProbeEvent::Sent { ms, text: "QUIT".into() });
            self.diary.lines_sent.fetch_add(1, Ordering::Relaxed);
        }
        let end = timeout(QUIT_WITHIN, self.hear_out(octets)).await;
        self.flush();
        end.unwrap_or(SessionEnd::WeClosed)
    }

    /// Hears the peer until the end.
    async fn hear_out(&mut self, octets: &mut [u8]) -> SessionEnd {
        loop {
            let read = self.stream.read(octets).await;
            if let Err(end) = self.heard(read, octets) {
                return end;
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
