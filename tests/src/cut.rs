//! A wire between two hosts that is cut: after so many octets towards the server both ends are gone without a word, and
//! what was on its way is lost. The next connection gets through.
//!
//! Promises: what passes is as it was. A cut resets both connections instead of closing them in order.

use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use tokio::io::{AsyncReadExt, AsyncWriteExt, copy};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::watch;
use tokio::task::JoinHandle;

/// Octets that pass at once.
const PIECE_BYTES: usize = 4_096;

/// See the head of this file. It ends when this is dropped.
pub struct Cut {
    /// Where the client goes.
    pub address: SocketAddr,
    cuts: watch::Receiver<usize>,
    task: JoinHandle<()>,
}

impl Cut {
    /// Before this server; each of the next connections is cut after its number of octets, those after them never.
    pub async fn before(server: SocketAddr, after: Vec<usize>) -> Cut {
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
        let address = listener.local_addr().expect("its address");
        let (done, cuts) = watch::channel(0);
        let (done, next) = (Arc::new(done), Arc::new(AtomicUsize::new(0)));
        let task = tokio::spawn(async move {
            while let Ok((client, _)) = listener.accept().await {
                let limit = after.get(next.fetch_add(1, Ordering::Relaxed)).copied();
                let done = done.clone();
                tokio::spawn(async move {
                    // A connection that breaks is what this is for.
                    if pass(client, server, limit.unwrap_or(usize::MAX)).await.unwrap_or(false) {
                        done.send_modify(|cuts| *cuts += 1);
                    }
                });
            }
        });
        Cut { address, cuts, task }
    }

    /// Waits until so many connections were cut.
    pub async fn until(&mut self, count: usize) {
        self.cuts.wait_for(|cuts| *cuts >= count).await.expect("the proxy is there");
    }
}

impl Drop for Cut {
    fn drop(&mut self) {
        self.task.abort();
    }
}

/// Whether it was cut.
async fn pass(client: TcpStream, server: SocketAddr, limit: usize) -> std::io::Result<bool> {
    let server = TcpStream::connect(server).await?;
    let (mut said, mut heard) = client.into_split();
    let (mut from, mut to) = server.into_split();
    let forth = async {
        let (mut left, mut piece) = (limit, vec![0; PIECE_BYTES]);
        while left > 0 {
            let count = said.read(&mut piece[..left.min(PIECE_BYTES)]).await?;
            if count == 0 {
                to.shutdown().await?;
                return Ok(false);
            }
            to.write_all(&piece[..count]).await?;
            left -= count;
        }
        for end in [said.as_ref(), to.as_ref()] {
            end.set_zero_linger()?;
        }
        Ok(true)
    };
    let back = async {
        copy(&mut from, &mut heard).await?;
        heard.shutdown().await?;
        std::future::pending::<()>().await; // the client may still have something to say
        std::io::Result::Ok(false)
    };
    tokio::select! {
        ended = forth => ended,
        ended = back => ended,
    }
}
