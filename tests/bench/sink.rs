//! The next hop: takes everything and marks each number that it has seen. Offers PIPELINING, as real ones do.

use crate::lines::Lines;
use memchr::memmem;
use std::io;
use std::net::SocketAddr;
use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{Arc, RwLock};
use tokio::io::AsyncWriteExt;
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::Notify;
use tokio::task::JoinHandle;

/// Ends when it is dropped.
pub struct Sink {
    /// Where it listens.
    pub address: SocketAddr,
    seen: Shared,
    task: JoinHandle<()>,
}

/// The marks of this stretch; open sessions go on with those of the next.
type Shared = Arc<RwLock<Arc<Seen>>>;

/// How often each number has come.
struct Seen {
    times: Vec<AtomicU32>,
    total: AtomicU32,
    changed: Notify,
}

impl Seen {
    fn new(messages: u32) -> Arc<Seen> {
        let times = (0..messages).map(|_| AtomicU32::new(0)).collect();
        Arc::new(Seen { times, total: AtomicU32::new(0), changed: Notify::new() })
    }

    fn mark(&self, number: usize) {
        self.times[number].fetch_add(1, Ordering::Relaxed);
        let total = self.total.fetch_add(1, Ordering::AcqRel) + 1;
        if total == 1 || total == self.times.len() as u32 {
            self.changed.notify_waiters();
        }
    }
}

impl Sink {
    /// Waits for numbers below `messages`. `address` may be one where a sink was before.
    pub async fn open(address: SocketAddr, messages: u32) -> Sink {
        let listener = TcpListener::bind(address).await.expect("a port");
        let address = listener.local_addr().expect("its address");
        let seen: Shared = Arc::new(RwLock::new(Seen::new(messages)));
        let marks = seen.clone();
        let task = tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                let marks = marks.clone();
                tokio::spawn(async move { drop(serve(stream, &marks).await) }); // a subject that ends breaks off
            }
        });
        Sink { address, seen, task }
    }

    /// The same with its connections, for as many numbers from 0 again.
    pub fn renew(self, messages: u32) -> Sink {
        *self.seen.write().expect("no holder panics") = Seen::new(messages);
        self
    }

    fn seen(&self) -> Arc<Seen> {
        self.seen.read().expect("no holder panics").clone()
    }

    /// Waits for the first message.
    pub async fn first(&self) {
        self.total(1).await;
    }

    async fn total(&self, wanted: usize) {
        let seen = self.seen();
        loop {
            let changed = seen.changed.notified();
            if seen.total.load(Ordering::Acquire) as usize >= wanted {
                return;
            }
            changed.await;
        }
    }

    /// Waits until as many messages have come as there are numbers; each must have come once.
    pub async fn all(&self) {
        let seen = self.seen();
        self.total(seen.times.len()).await;
        let wrong = seen.times.iter().filter(|times| times.load(Ordering::Relaxed) != 1).count();
        assert_eq!(wrong, 0, "messages that did not come once");
    }
}

impl Drop for Sink {
    fn drop(&mut self) {
        self.task.abort();
    }
}

async fn serve(mut stream: TcpStream, seen: &RwLock<Arc<Seen>>) -> io::Result<()> {
    stream.set_nodelay(true)?;
    let mut lines = Lines::default();
    let mut answers = Vec::from("220 sink.bench.test ESMTP\r\n");
    loop {
        while let Some(line) = lines.line() {
            match line.get(..4).unwrap_or_default() {
                b"EHLO" => answers.extend(b"250-sink.bench.test\r\n250-PIPELINING\r\n250-8BITMIME\r\n250 SIZE 0\r\n"),
                b"QUIT" => {
                    answers.extend(b"221 2.0.0 Bye\r\n");
                    return stream.write_all(&answers).await;
                }
                b"DATA" => {
                    answers.extend(b"354 Go on\r\n");
                    stream.write_all(&answers).await?;
                    answers.clear();
                    let number = body(&mut lines, &mut stream).await?;
                    seen.read().expect("no holder panics").mark(number);
                    answers.extend(b"250 2.0.0 Taken\r\n");
                }
                _ => answers.extend(b"250 2.0.0 Ok\r\n"),
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

/// Reads to the end of the message; the number that its header names.
async fn body(lines: &mut Lines, stream: &mut TcpStream) -> io::Result<usize> {
    let mut looked = 0usize;
    let end = loop {
        let from = looked.saturating_sub(4);
        if let Some(at) = memmem::find(&lines.unread()[from..], b"\r\n.\r\n") {
            break from + at;
        }
        looked = lines.unread().len();
        if !lines.more(stream).await? {
            return Err(io::ErrorKind::UnexpectedEof.into());
        }
    };
    let text = &lines.unread()[..end];
    let at = memmem::find(text, b"X-Bench: ").ok_or_else(|| io::Error::other("a message without a number"))?;
    let number = text.get(at + 9..at + 17).and_then(|digits| std::str::from_utf8(digits).ok()?.parse().ok());
    let number = number.ok_or_else(|| io::Error::other("a message without a number"))?;
    lines.take(end + 5);
    Ok(number)
}
