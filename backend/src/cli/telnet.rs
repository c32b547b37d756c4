//! `telnet HOST [PORT]`: a line session with a mail server, from the server of ours and through its guard.
//!
//! A person types and reads as with telnet; Ctrl-] (before Enter) or the end of input closes. Lines from a pipe take
//! turns with the replies, so that a script gets its answers and no peer complains of an early talker.

use crate::cli::client::Client;
use crate::cli::failure::Failure;
use crate::cli::live::Live;
use crate::cli::printable::printable;
use crate::cli::terminal::Terminal;
use common::vocab::SessionEnd;
use common::wire::{ClientFrame, Hello, LineEnd, ProbeEvent, ServerFrame, TelnetRequest, Topic};
use common::words::{Phrase, ProbePhrase, VerbPhrase};
use tokio::io::{AsyncRead, AsyncReadExt};

/// The number of the only subscription.
const SID: u32 = 1;
/// Octets of a line that are held back for its end; what is longer goes in pieces, well below a frame's limit.
const PIECE_BYTES_MAX: usize = 16 * 1024;
/// Ctrl-].
const ESCAPE: u8 = 0x1d;

/// What came from the keyboard or the pipe.
#[derive(Debug, PartialEq, Eq)]
enum Typed {
    /// A line without its end, and what to end it with.
    Line(String, LineEnd),
    /// Ctrl-].
    Escape,
    /// The end of input.
    End,
}

/// Reads lines of any length in bounded pieces. [`Lines::next`] may be dropped while it waits: nothing is lost.
struct Lines {
    input: Box<dyn AsyncRead + Send + Unpin>,
    held: Vec<u8>,
    ended: bool,
}

impl Lines {
    async fn next(&mut self) -> std::io::Result<Typed> {
        loop {
            if let Some(typed) = self.take() {
                return Ok(typed);
            }
            if self.input.read_buf(&mut self.held).await? == 0 {
                self.ended = true;
            }
        }
    }

    fn take(&mut self) -> Option<Typed> {
        let end = self.held.iter().take(PIECE_BYTES_MAX).position(|&byte| byte == b'\n' || byte == ESCAPE);
        let (length, eol) = match end {
            Some(at) if self.held[at] == ESCAPE => return Some(Typed::Escape),
            Some(at) => (at + 1, LineEnd::Crlf),
            None if self.held.len() > PIECE_BYTES_MAX => (whole_characters(&self.held, PIECE_BYTES_MAX), LineEnd::None),
            None if !self.ended => return None,
            None if self.held.is_empty() => return Some(Typed::End),
            None => (self.held.len(), LineEnd::Crlf),
        };
        let line: Vec<u8> = self.held.drain(..length).collect();
        let line = line.strip_suffix(b"\n").unwrap_or(&line);
        let line = if eol == LineEnd::Crlf { line.strip_suffix(b"\r").unwrap_or(line) } else { line };
        Some(Typed::Line(String::from_utf8_lossy(line).into_owned(), eol))
    }
}

/// The largest cut at or before `most` that parts no UTF-8 character.
fn whole_characters(bytes: &[u8], most: usize) -> usize {
    (most - 3..=most).rev().find(|&at| bytes.get(at).is_none_or(|byte| byte & 0xc0 != 0x80)).unwrap_or(most)
}

/// Whose turn it is when a pipe talks to a mail server.
#[derive(Debug)]
struct Turn {
    /// A reply is waited for: the greeting first.
    theirs: bool,
    /// A message goes out: lines need no reply until the dot.
    body: bool,
    /// QUIT was sent: what is left to hear is that they close. The end of a pipe right behind it says nothing more.
    quit: bool,
}

impl Turn {
    /// They speak first.
    fn greeting() -> Turn {
        Turn { theirs: true, body: false, quit: false }
    }

    fn sent(&mut self, line: &str) {
        self.quit = !self.body && line.trim_end().eq_ignore_ascii_case("QUIT");
        self.body = self.body && line != ".";
        self.theirs = !self.body;
    }

    /// What was typed did not go out: nobody will answer it.
    fn not_sent(&mut self) {
        (self.theirs, self.quit) = (false, false);
    }

    /// A pipe may go on.
    fn is_ours(&self) -> bool {
        !self.theirs && !self.quit
    }

    /// A line came; the last one of a reply (`250 `, not `250-`) gives the turn back.
    fn came(&mut self, line: &str) {
        let code = line.get(..3).filter(|code| code.bytes().all(|byte| byte.is_ascii_digit()));
        if code.is_some() && line.as_bytes().get(3) != Some(&b'-') {
            self.theirs = false;
            self.body = code == Some("354");
        }
    }
}

/// How a session ended.
enum Outcome {
    /// By us.
    Closed,
    /// By the other side or a limit.
    Ended { connected: bool, reason: String },
}

/// Opens a session and follows it to its end.
pub(super) async fn run(client: &Client, request: TelnetRequest, terminal: &mut Terminal<'_>) -> Result<(), Failure> {
    let mut live = Live::open(client).await?;
    let build = env!("CARGO_PKG_VERSION").to_owned();
    live.send(&ClientFrame::Hello(Hello { build, locale: client.language.tag().into() })).await?;
    live.send(&ClientFrame::Subscribe { sid: SID, topic: Topic::Smtp { request } }).await?;
    let outcome = follow(client, &mut live, terminal).await?;
    live.close().await;
    match outcome {
        Outcome::Closed if client.json => Ok(()),
        Outcome::Closed => terminal.line("Connection closed."),
        Outcome::Ended { connected: false, reason } if client.json => Err(Failure::No(reason)),
        Outcome::Ended { connected: false, reason } => {
            Err(Failure::No(format!("Unable to connect to remote host: {reason}")))
        }
        Outcome::Ended { .. } if client.json => Ok(()),
        Outcome::Ended { reason, .. } => {
            terminal.line("Connection closed by foreign host.")?;
            if !reason.is_empty() {
                let over = client.language.say_verb(&VerbPhrase::TelnetOver { why: &reason });
                terminal.line(&printable(&over))?;
            }
            Ok(())
        }
    }
}

async fn follow(client: &Client, live: &mut Live<'_>, terminal: &mut Terminal<'_>) -> Result<Outcome, Failure> {
    let input = std::mem::replace(&mut terminal.input, Box::new(tokio::io::empty()));
    let mut lines = Lines { input, held: Vec::new(), ended: false };
    let mut turn = Turn::greeting();
    loop {
        let may_send = terminal.typed || turn.is_ours();
        tokio::select! {
            frame = live.next() => match frame? {
                Some(ServerFrame::Events { sid: SID, seq, body }) => {
                    for event in body.items {
                        if let Some(outcome) = show(client, &event, &mut turn, terminal)? {
                            return Ok(outcome);
                        }
                    }
                    live.send(&ClientFrame::Ack { sid: SID, seq }).await?;
                }
                Some(ServerFrame::End { error: Some(error), .. }) => return Err(Failure::Refused(Box::new(error))),
                Some(ServerFrame::End { .. }) => return Ok(Outcome::Ended { connected: true, reason: String::new() }),
                Some(ServerFrame::Drain { .. }) => {
                    return Err(Failure::Later(client.language.say_verb(&VerbPhrase::TelnetDrained)));
                }
                Some(_) => {}
                None => return Err(client.broken(&std::io::Error::from(std::io::ErrorKind::UnexpectedEof))),
            },
            typed = lines.next(), if may_send => match typed? {
                Typed::Line(data, eol) => {
                    turn.sent(&data);
                    live.send(&ClientFrame::Input { sid: SID, data, eol }).await?;
                }
                Typed::Escape | Typed::End => return Ok(Outcome::Closed),
            },
        }
    }
}

/// Prints one event; the last one is the outcome.
fn show(
    client: &Client,
    event: &ProbeEvent,
    turn: &mut Turn,
    terminal: &mut Terminal<'_>,
) -> Result<Option<Outcome>, Failure> {
    if client.json {
        let line = serde_json::to_string(event).map_err(|why| client.not_ours(&why.to_string()))?;
        terminal.line(&line)?;
    }
    let mut say = |text: String| if client.json { Ok(()) } else { terminal.line(&text) };
    match event {
        ProbeEvent::Opened { .. } | ProbeEvent::Waiting { .. } | ProbeEvent::Secured { .. } => {
            if !client.json {
                note(client, event, terminal)?;
            }
        }
        ProbeEvent::Trying { address, .. } => say(format!("Trying {}...", printable(without_port(address))))?,
        ProbeEvent::Connected { host, .. } => {
            say(format!("Connected to {}.", printable(host)))?;
            say("Escape character is '^]'.".into())?;
        }
        ProbeEvent::Line { text, .. } => {
            turn.came(text);
            say(printable(text))?;
        }
        ProbeEvent::NotSent { why, .. } => {
            // No answer will come to what was not sent. On the other output: nothing that a peer says can be there.
            turn.not_sent();
            if !client.json {
                writeln!(terminal.err, "{}", client.language.say(&Phrase::NotSent(*why)))?;
            }
        }
        ProbeEvent::Ended { connected, reason, why, .. } => {
            let reason = match why {
                SessionEnd::Other => reason.clone(), // of a newer server
                why => client.language.say_end(why),
            };
            return Ok(Some(Outcome::Ended { connected: *connected, reason }));
        }
        ProbeEvent::Sent { .. } | ProbeEvent::Other => {}
    }
    Ok(None)
}

/// What is no line of theirs, on the other output: nothing that a peer says can be there.
fn note(client: &Client, event: &ProbeEvent, terminal: &mut Terminal<'_>) -> Result<(), Failure> {
    let mut say = |text: String| writeln!(terminal.err, "{}", printable(&text));
    match event {
        ProbeEvent::Secured { tls, .. } => {
            let names = tls.names.join(", ");
            let until = tls.not_after.map(|until| until.to_string()).unwrap_or_default();
            let issuer = tls.issuer.as_deref().unwrap_or_default();
            let certificate = ProbePhrase::Certificate { names: &names, issuer, until: &until };
            let cipher = [&tls.cipher, &tls.group].into_iter().flatten().map(|word| format!(", {word}"));
            say(format!("{}{}", tls.say(client.language), cipher.collect::<String>()))?;
            say(client.language.say_probe(&certificate))?;
        }
        ProbeEvent::Opened { id, lines_max, idle_seconds, total_seconds, .. } if terminal.typed => {
            let (id, lines, seconds, idle) = (*id, *lines_max, *total_seconds, *idle_seconds);
            say(client.language.say_probe(&ProbePhrase::Session { id, lines, seconds, idle }))?;
        }
        ProbeEvent::Waiting { seconds, .. } if terminal.typed => {
            say(client.language.say_probe(&ProbePhrase::Silence { seconds: *seconds }))?;
        }
        _ => {}
    }
    Ok(())
}

/// The address of `192.0.2.25:25` or `[2001:db8::25]:25`.
fn without_port(address: &str) -> &str {
    let address = address.rsplit_once(':').map_or(address, |(ip, _)| ip);
    address.trim_matches(['[', ']'])
}

#[cfg(test)]
mod tests {
    use super::*;

    async fn typed(input: &'static [u8]) -> Vec<Typed> {
        let mut lines = Lines { input: Box::new(input), held: Vec::new(), ended: false };
        let mut all = Vec::new();
        loop {
            let next = lines.next().await.unwrap();
            let over = matches!(next, Typed::Escape | Typed::End);
            all.push(next);
            if over {
                return all;
            }
        }
    }

    fn line(text: &str) -> Typed {
        Typed::Line(text.into(), LineEnd::Crlf)
    }

    #[tokio::test]
    async fn lines_lose_their_end_and_the_last_needs_none() {
        assert_eq!(typed(b"EHLO x\r\n\nQUIT").await, [line("EHLO x"), line(""), line("QUIT"), Typed::End]);
        assert_eq!(typed(b"NOOP\nab\x1d\nQUIT\n").await, [line("NOOP"), Typed::Escape]);
    }

    #[tokio::test]
    async fn a_line_without_end_goes_in_whole_characters() {
        static LONG: std::sync::LazyLock<Vec<u8>> = std::sync::LazyLock::new(|| "あ".repeat(12_000).into_bytes());
        let pieces = typed(&LONG).await;
        let texts: Vec<&String> = pieces
            .iter()
            .filter_map(|piece| if let Typed::Line(text, _) = piece { Some(text) } else { None })
            .collect();
        assert!(texts.len() > 2 && texts.iter().all(|text| text.len() <= PIECE_BYTES_MAX));
        assert_eq!(texts.iter().map(|text| text.chars().filter(|c| *c == 'あ').count()).sum::<usize>(), 12_000);
        assert!(texts.iter().all(|text| !text.contains('\u{fffd}')));
    }

    #[test]
    fn a_pipe_waits_for_the_last_line_of_a_reply_and_talks_freely_in_a_message() {
        let mut turn = Turn::greeting();
        turn.came("220-slow");
        assert!(turn.theirs);
        turn.came("220 ready");
        assert!(!turn.theirs);
        turn.sent("DATA");
        assert!(turn.theirs);
        turn.not_sent();
        assert!(!turn.theirs, "what was not sent gets no answer");
        turn.came("354 go on");
        turn.sent("Subject: x");
        turn.sent("");
        assert!(!turn.theirs);
        turn.sent(".");
        assert!(turn.theirs);
        turn.came("250");
        assert!(!turn.theirs);
        turn.came("x");
        turn.came("あいう");
        assert!(!turn.theirs);
    }

    #[test]
    fn behind_quit_a_pipe_waits_for_the_end_and_not_for_its_own() {
        let mut turn = Turn::greeting();
        turn.came("220 ready");
        turn.sent("quit");
        turn.came("221 bye");
        assert!(!turn.is_ours(), "what is left is that they close");
        turn.not_sent();
        assert!(turn.is_ours(), "a QUIT that did not go out ends nothing");
        turn.body = true;
        turn.sent("QUIT");
        assert!(turn.is_ours(), "in a message it is text");
    }
}
