//! The ceiling: a relay that accepts, writes one log, syncs it once for everybody who waits, answers, and forwards over
//! twenty kept connections. No routes, no retries, no header of its own, no page: what is left is what cannot be saved.

use crate::lines::Lines;
use memchr::memmem;
use std::fs::File;
use std::io::{self, Write};
use std::net::SocketAddr;
use std::path::PathBuf;
use std::sync::{Arc, mpsc as blocking};
use tokio::io::AsyncWriteExt;
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{Mutex, mpsc, oneshot};

/// Connections to the sink.
const CONNECTIONS: usize = 20;
/// Operations of one group, as in our own journal.
const GROUP_MAX: usize = 512;

/// A message, and whoever waits for its sync.
struct Letter {
    envelope: Vec<u8>,
    text: Vec<u8>,
    synced: oneshot::Sender<()>,
}

/// What the log is asked to hold.
enum Entry {
    Accept(Letter),
    Done,
}

/// Runs until it is killed.
pub async fn run(listen: SocketAddr, sink: SocketAddr, log: PathBuf) {
    let (entries, written) = blocking::channel();
    let (letters, waiting) = mpsc::unbounded_channel();
    std::thread::spawn(move || commit(&written, &letters, &log));
    let waiting = Arc::new(Mutex::new(waiting));
    for _ in 0..CONNECTIONS {
        let (waiting, entries) = (waiting.clone(), entries.clone());
        tokio::spawn(async move { forward(sink, &waiting, &entries).await.expect("the sink takes everything") });
    }
    let listener = TcpListener::bind(listen).await.expect("a port");
    while let Ok((stream, _)) = listener.accept().await {
        let entries = entries.clone();
        tokio::spawn(async move { drop(accept(stream, &entries).await) });
    }
}

/// The one writer: drains, writes once, syncs once, answers all.
fn commit(written: &blocking::Receiver<Entry>, letters: &mpsc::UnboundedSender<(Vec<u8>, Vec<u8>)>, log: &PathBuf) {
    let mut log = File::create(log).expect("a log");
    while let Ok(first) = written.recv() {
        let mut group = vec![first];
        group.extend(written.try_iter().take(GROUP_MAX - 1));
        let mut octets = Vec::new();
        for entry in &group {
            match entry {
                Entry::Accept(letter) => {
                    octets.extend(&letter.envelope);
                    octets.extend(&letter.text);
                }
                Entry::Done => octets.extend(b"done\n"),
            }
        }
        log.write_all(&octets).expect("the disk takes it");
        let accepted: Vec<Letter> = group
            .into_iter()
            .filter_map(|entry| if let Entry::Accept(letter) = entry { Some(letter) } else { None })
            .collect();
        if accepted.is_empty() {
            continue; // results ride with the next group
        }
        log.sync_data().expect("the disk syncs");
        for letter in accepted {
            let _ = letter.synced.send(()); // a client that left is not told
            drop(letters.send((letter.envelope, letter.text)));
        }
    }
}

async fn accept(mut stream: TcpStream, entries: &blocking::Sender<Entry>) -> io::Result<()> {
    stream.set_nodelay(true)?;
    let mut lines = Lines::default();
    let mut envelope = Vec::new();
    let mut answers = Vec::from("220 ceiling.bench.test ESMTP\r\n");
    loop {
        while let Some(line) = lines.line() {
            match line.get(..4).unwrap_or_default() {
                b"EHLO" => answers.extend(b"250-ceiling.bench.test\r\n250 PIPELINING\r\n"),
                b"QUIT" => return Ok(()),
                b"DATA" => {
                    answers.extend(b"354 Go on\r\n");
                    stream.write_all(&answers).await?;
                    answers.clear();
                    let text = text(&mut lines, &mut stream).await?;
                    let (synced, wait) = oneshot::channel();
                    let letter = Letter { envelope: std::mem::take(&mut envelope), text, synced };
                    drop(entries.send(Entry::Accept(letter)));
                    wait.await.map_err(io::Error::other)?;
                    answers.extend(b"250 2.0.0 Kept\r\n");
                }
                _ => {
                    envelope.extend(&line);
                    envelope.extend(b"\r\n");
                    answers.extend(b"250 2.0.0 Ok\r\n");
                }
            }
        }
        if !answers.is_empty() {
            stream.write_all(&answers).await?;
            answers.clear();
        }
        if !lines.more(&mut stream).await? {
            return Ok(());
        }
    }
}

/// The message with its final dot.
async fn text(lines: &mut Lines, stream: &mut TcpStream) -> io::Result<Vec<u8>> {
    let mut looked = 0usize;
    loop {
        let from = looked.saturating_sub(4);
        if let Some(at) = memmem::find(&lines.unread()[from..], b"\r\n.\r\n") {
            let text = lines.unread()[..from + at + 5].to_vec();
            lines.take(text.len());
            return Ok(text);
        }
        looked = lines.unread().len();
        if !lines.more(stream).await? {
            return Err(io::ErrorKind::UnexpectedEof.into());
        }
    }
}

async fn forward(
    sink: SocketAddr,
    waiting: &Mutex<mpsc::UnboundedReceiver<(Vec<u8>, Vec<u8>)>>,
    entries: &blocking::Sender<Entry>,
) -> io::Result<()> {
    let mut stream = TcpStream::connect(sink).await?;
    stream.set_nodelay(true)?;
    let mut lines = Lines::default();
    lines.expect(&mut stream, 220).await?;
    stream.write_all(b"EHLO ceiling.bench.test\r\n").await?;
    lines.expect(&mut stream, 250).await?;
    loop {
        let Some((mut envelope, text)) = waiting.lock().await.recv().await else { return Ok(()) };
        envelope.extend(b"DATA\r\n");
        stream.write_all(&envelope).await?;
        for code in [250, 250, 354] {
            lines.expect(&mut stream, code).await?;
        }
        stream.write_all(&text).await?;
        lines.expect(&mut stream, 250).await?;
        drop(entries.send(Entry::Done));
    }
}
