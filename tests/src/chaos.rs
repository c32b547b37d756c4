//! A proxy between a browser and the console that spoils the websocket on purpose: it cuts, delays, doubles and
//! corrupts frames, or lets no websocket through at all. Plain requests pass as they are.
//!
//! It speaks to the server under the server's own name, as a reverse proxy does. What it does is decided by a seed.

use engine::random::Random;
use std::net::SocketAddr;
use std::sync::{Arc, Mutex};
use std::time::Duration;
use tokio::io::{AsyncBufReadExt, AsyncReadExt, AsyncWriteExt, BufReader};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::watch;

/// Octets of a request's or an answer's head.
const HEAD_BYTES_MAX: usize = 16 * 1024;
/// How long a delayed frame is held back: longer than the server's pause between two frames.
const DELAY: Duration = Duration::from_millis(600);
/// The opcode of a text frame with the bit of a last fragment (RFC 6455 §5.2).
const TEXT: u8 = 0x81;

/// What the proxy does to websockets.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Mood {
    /// Nothing.
    Calm,
    /// Everything it can think of.
    Wild,
    /// It answers 502 instead of passing an upgrade on.
    Closed,
}

/// What was done to frames.
#[derive(Clone, Copy, Debug, Default)]
pub struct Deeds {
    /// Connections cut.
    pub cut: u32,
    /// Frames held back.
    pub delayed: u32,
    /// Frames passed twice.
    pub doubled: u32,
    /// Frames whose text was spoilt.
    pub corrupted: u32,
    /// Frames that are none by the protocol.
    pub broken: u32,
}

impl Deeds {
    /// Whether everything was done so often at least.
    pub fn all_at_least(&self, times: u32) -> bool {
        [self.cut, self.delayed, self.doubled, self.corrupted, self.broken].into_iter().all(|done| done >= times)
    }
}

/// The proxy.
pub struct Chaos {
    /// Where the browser goes.
    pub address: SocketAddr,
    mood: watch::Sender<Mood>,
    deeds: watch::Receiver<Deeds>,
}

/// What its connections share.
struct Shared {
    own: SocketAddr,
    server: SocketAddr,
    mood: watch::Receiver<Mood>,
    deeds: watch::Sender<Deeds>,
    random: Mutex<Random>,
}

impl Chaos {
    /// A proxy before this console.
    pub async fn before(server: SocketAddr, mood: Mood, seed: u64) -> Chaos {
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
        let own = listener.local_addr().expect("its address");
        let (mood, mood_seen) = watch::channel(mood);
        let (done, deeds) = watch::channel(Deeds::default());
        let random = Mutex::new(Random::new(seed));
        let shared = Arc::new(Shared { own, server, mood: mood_seen, deeds: done, random });
        tokio::spawn(async move {
            while let Ok((browser, _)) = listener.accept().await {
                let shared = shared.clone();
                // A connection that breaks is what this is for.
                tokio::spawn(async move { drop(serve(browser, &shared).await) });
            }
        });
        Chaos { address: own, mood, deeds }
    }

    /// Behaves so from now on.
    pub fn set(&self, mood: Mood) {
        self.mood.send_replace(mood);
    }

    /// What was done so far.
    pub fn deeds(&self) -> Deeds {
        *self.deeds.borrow()
    }
}

async fn serve(browser: TcpStream, shared: &Shared) -> std::io::Result<()> {
    let mut browser = BufReader::new(browser);
    let head = read_head(&mut browser).await?;
    let upgrade = head.to_ascii_lowercase().contains("upgrade: websocket");
    if upgrade && *shared.mood.borrow() == Mood::Closed {
        let answer = b"HTTP/1.1 502 Bad Gateway\r\nContent-Length: 0\r\nConnection: close\r\n\r\n";
        return browser.get_mut().write_all(answer).await;
    }
    let head = head.replace(&shared.own.to_string(), &shared.server.to_string());
    let mut server = BufReader::new(TcpStream::connect(shared.server).await?);
    if !upgrade {
        // One request per connection: the next one has a head to be changed too.
        let head = head.replace("Connection: keep-alive", "Connection: close");
        server.get_mut().write_all(head.as_bytes()).await?;
        return tokio::io::copy_bidirectional(&mut browser, &mut server).await.map(drop);
    }
    server.get_mut().write_all(head.as_bytes()).await?;
    let answer = read_head(&mut server).await?;
    browser.get_mut().write_all(answer.as_bytes()).await?;
    let (mut said, mut heard) = tokio::io::split(browser);
    let (mut from, mut to) = tokio::io::split(server);
    tokio::select! {
        ended = tokio::io::copy(&mut said, &mut to) => ended.map(drop),
        ended = async { loop { pass(&mut from, &mut heard, shared).await? } } => ended,
    }
}

async fn read_head(stream: &mut BufReader<TcpStream>) -> std::io::Result<String> {
    let mut head = String::new();
    while !head.ends_with("\r\n\r\n") {
        if stream.read_line(&mut head).await? == 0 || head.len() > HEAD_BYTES_MAX {
            return Err(std::io::ErrorKind::UnexpectedEof.into());
        }
    }
    Ok(head)
}

/// Passes one frame of the server on, in its own way.
async fn pass(
    from: &mut (impl AsyncReadExt + Unpin),
    to: &mut (impl AsyncWriteExt + Unpin),
    shared: &Shared,
) -> std::io::Result<()> {
    let (mut frame, body_at) = read_frame(from).await?;
    let wild = *shared.mood.borrow() == Mood::Wild && frame[0] == TEXT;
    let choice = if wild { shared.random.lock().expect("nobody panicked").below(10) } else { u64::MAX };
    let done = |note: fn(&mut Deeds) -> &mut u32| shared.deeds.send_modify(|deeds| *note(deeds) += 1);
    match choice {
        0 => {
            done(|deeds| &mut deeds.cut);
            return Err(std::io::ErrorKind::ConnectionAborted.into());
        }
        1 => {
            done(|deeds| &mut deeds.delayed);
            tokio::time::sleep(DELAY).await;
        }
        2 => {
            done(|deeds| &mut deeds.doubled);
            to.write_all(&frame).await?;
        }
        3 => {
            done(|deeds| &mut deeds.corrupted);
            let middle = body_at + (frame.len() - body_at) / 2;
            frame[middle] = 1; // no JSON has this octet: what is corrupted can be seen to be
        }
        4 => {
            done(|deeds| &mut deeds.broken);
            frame[0] |= 0x70; // bits that nobody has given a meaning (RFC 6455 §5.2)
        }
        _ => {}
    }
    to.write_all(&frame).await
}

/// A whole frame, and where its body begins. Frames of a server are not masked.
async fn read_frame(from: &mut (impl AsyncReadExt + Unpin)) -> std::io::Result<(Vec<u8>, usize)> {
    let mut frame = vec![0; 2];
    from.read_exact(&mut frame).await?;
    let more = match frame[1] & 0x7f {
        126 => 2,
        127 => 8,
        _ => 0,
    };
    frame.resize(2 + more, 0);
    from.read_exact(&mut frame[2..]).await?;
    let length = match more {
        0 => u64::from(frame[1] & 0x7f),
        _ => frame[2..].iter().fold(0, |length, octet| length << 8 | u64::from(*octet)),
    };
    let body_at = frame.len();
    frame.resize(body_at + usize::try_from(length).expect("frames are small"), 0);
    from.read_exact(&mut frame[body_at..]).await?;
    Ok((frame, body_at))
}
