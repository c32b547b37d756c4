//! The generator: many sessions hand in numbered messages, envelope pipelined (two round trips a message).

use crate::lines::Lines;
use crate::measure::Shape;
use std::io;
use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::{Duration, Instant};
use tokio::io::AsyncWriteExt;
use tokio::net::TcpStream;
use tokio::task::JoinSet;

/// What became of it.
pub struct Accepted {
    /// From the first connection to the last `250`.
    pub took: Duration,
    /// From the whole message's being sent to its `250`, for each message, ascending.
    pub waits: Vec<Duration>,
}

/// Hands in `messages` numbered from 0, and waits for each `250`.
pub async fn hand_in(to: SocketAddr, shape: Shape, messages: u32) -> Accepted {
    let next = Arc::new(AtomicU32::new(0));
    let began = Instant::now();
    let mut sessions = JoinSet::new();
    for _ in 0..shape.sessions {
        let next = next.clone();
        sessions.spawn(async move { session(to, shape, messages, &next).await });
    }
    let mut waits = Vec::with_capacity(messages as usize);
    while let Some(ended) = sessions.join_next().await {
        waits.extend(ended.expect("a session does not panic").expect("a session is not broken off"));
    }
    let took = began.elapsed();
    waits.sort();
    assert_eq!(waits.len(), messages as usize, "every message is acknowledged");
    Accepted { took, waits }
}

async fn session(to: SocketAddr, shape: Shape, messages: u32, next: &AtomicU32) -> io::Result<Vec<Duration>> {
    let mut stream = TcpStream::connect(to).await?;
    stream.set_nodelay(true)?;
    let mut lines = Lines::default();
    lines.expect(&mut stream, 220).await?;
    stream.write_all(b"EHLO bench.test\r\n").await?;
    lines.expect(&mut stream, 250).await?;
    let mut waits = Vec::new();
    let filler = "Seven octets, and then some more of them, until the line is full.\r\n".repeat(shape.bytes / 67 + 1);
    loop {
        let number = next.fetch_add(1, Ordering::Relaxed);
        if number >= messages {
            stream.write_all(b"QUIT\r\n").await?;
            return Ok(waits);
        }
        let host = number % shape.hosts;
        let envelope = format!("MAIL FROM:<a@bench.test>\r\nRCPT TO:<b@h{host}.bench.test>\r\nDATA\r\n");
        stream.write_all(envelope.as_bytes()).await?;
        for code in [250, 250, 354] {
            lines.expect(&mut stream, code).await?;
        }
        let mut text = format!("X-Bench: {number:08}\r\nSubject: one of many\r\n\r\n");
        let room = shape.bytes.saturating_sub(text.len());
        text.push_str(&filler[..room.min(filler.len()) / 67 * 67]);
        text.push_str(".\r\n");
        let sent = Instant::now();
        stream.write_all(text.as_bytes()).await?;
        lines.expect(&mut stream, 250).await?;
        waits.push(sent.elapsed());
    }
}
