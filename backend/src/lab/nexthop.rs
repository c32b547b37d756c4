//! One next hop of the lab: an address, a behaviour that may change, and the sessions it serves.
//!
//! Promises: once [`NextHop::set`] returns, the port is open or closed as the behaviour says, and sessions under way
//! follow it at their next command. Never: an address other than loopback, more sessions than [`SESSIONS_MAX`].
//! The walk goes on to `dialogue`.

use crate::lab::behaviour::Behaviour;
use crate::lab::dialogue;
use crate::lab::ledger::{Counts, Ledger};
use std::collections::HashMap;
use std::io;
use std::net::SocketAddr;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{Mutex as AsyncMutex, Semaphore, watch};
use tokio::task::JoinHandle;
use tokio::time::Instant;
use tokio_rustls::TlsAcceptor;

/// Sessions of one next hop at once; above our own connection limits, so that those are what is seen.
pub const SESSIONS_MAX: usize = 4_096;
/// Pairs that greylisting remembers; then it forgets them all, which only greylists them once more.
const GREYLIST_MAX: usize = 100_000;

/// What a next hop offers of TLS.
#[derive(Clone)]
pub enum Offer {
    /// No STARTTLS.
    Nothing,
    /// STARTTLS, and a handshake that works.
    Tls(TlsAcceptor),
    /// STARTTLS, and nonsense in place of a handshake.
    Broken,
}

impl std::fmt::Debug for Offer {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(match self {
            Offer::Nothing => "Nothing",
            Offer::Tls(_) => "Tls",
            Offer::Broken => "Broken",
        })
    }
}

/// What a next hop did.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct SiteCounts {
    /// Connections that were accepted.
    pub connections: u64,
    /// Connections that are open.
    pub open: u64,
    /// What was taken.
    pub taken: Counts,
    /// Of these, messages that came under TLS.
    pub taken_by_tls: u64,
    /// Answers in the 400s.
    pub deferred: u64,
    /// Answers in the 500s.
    pub rejected: u64,
}

/// What sessions of one next hop share.
#[derive(Debug)]
pub struct Site {
    /// What it calls itself.
    pub name: String,
    /// How it behaves now.
    pub behaviour: watch::Sender<Behaviour>,
    /// Where it writes what it took.
    pub ledger: Arc<Ledger>,
    /// What it offers of TLS.
    pub offer: Offer,
    greylist: Mutex<HashMap<(String, String), Instant>>,
    sessions: Arc<Semaphore>,
    connections: AtomicU64,
    flaps: AtomicU64,
    messages: AtomicU64,
    secured: AtomicU64,
    recipients: AtomicU64,
    deferred: AtomicU64,
    rejected: AtomicU64,
}

impl Site {
    /// Whether this connection is the first, third, … of a next hop that flaps.
    pub fn is_odd_one(&self) -> bool {
        self.flaps.fetch_add(1, Ordering::Relaxed).is_multiple_of(2)
    }

    /// Counts an answer that was not positive.
    pub fn refused(&self, code: &str) {
        match code.as_bytes().first() {
            Some(b'4') => self.deferred.fetch_add(1, Ordering::Relaxed),
            Some(b'5') => self.rejected.fetch_add(1, Ordering::Relaxed),
            _ => 0,
        };
    }

    /// Counts a message that is about to be answered with `250`.
    pub fn take(&self, recipients: &[String], body: &[u8], secured: bool) {
        self.messages.fetch_add(1, Ordering::Relaxed);
        self.secured.fetch_add(secured.into(), Ordering::Relaxed);
        self.recipients.fetch_add(recipients.len() as u64, Ordering::Relaxed);
        self.ledger.take(recipients, body);
    }

    /// How long a pair must still wait under greylisting; its first try starts the clock.
    pub fn greylisted(&self, sender: &str, recipient: &str, delay: Duration) -> Option<Duration> {
        let mut pairs = self.greylist.lock().unwrap_or_else(PoisonError::into_inner);
        if pairs.len() >= GREYLIST_MAX {
            pairs.clear();
        }
        let first = *pairs.entry((sender.to_string(), recipient.to_string())).or_insert_with(Instant::now);
        delay.checked_sub(first.elapsed()).filter(|left| !left.is_zero())
    }
}

/// A next hop. Dropping it closes its port.
#[derive(Debug)]
pub struct NextHop {
    address: SocketAddr,
    site: Arc<Site>,
    acceptor: AsyncMutex<Option<JoinHandle<()>>>,
}

impl NextHop {
    /// A next hop that does not listen yet: [`NextHop::set`] opens its port.
    pub fn new(name: String, address: SocketAddr, ledger: Arc<Ledger>, offer: Offer) -> NextHop {
        let site = Site {
            name,
            behaviour: watch::Sender::new(Behaviour::Refused),
            ledger,
            offer,
            greylist: Mutex::default(),
            sessions: Arc::new(Semaphore::new(SESSIONS_MAX)),
            connections: AtomicU64::new(0),
            flaps: AtomicU64::new(0),
            messages: AtomicU64::new(0),
            secured: AtomicU64::new(0),
            recipients: AtomicU64::new(0),
            deferred: AtomicU64::new(0),
            rejected: AtomicU64::new(0),
        };
        NextHop { address, site: Arc::new(site), acceptor: AsyncMutex::new(None) }
    }

    /// Changes the behaviour. Fails if the port must be opened and cannot.
    pub async fn set(&self, behaviour: Behaviour) -> io::Result<()> {
        let mut acceptor = self.acceptor.lock().await;
        if behaviour == Behaviour::Refused {
            self.site.behaviour.send_replace(behaviour);
            if let Some(task) = acceptor.take() {
                task.abort();
                let _ = task.await; // an error only says that it was aborted; now the port is closed
            }
            return Ok(());
        }
        if acceptor.is_none() {
            let listener = TcpListener::bind(self.address).await?;
            // The behaviour first: a session must not read the old one and leave.
            self.site.behaviour.send_replace(behaviour);
            *acceptor = Some(tokio::spawn(accept(listener, self.site.clone())));
        } else {
            self.site.behaviour.send_replace(behaviour);
        }
        Ok(())
    }

    /// Where it listens, if it does.
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// What it did so far.
    pub fn counts(&self) -> SiteCounts {
        let read = |number: &AtomicU64| number.load(Ordering::Relaxed);
        let site = &self.site;
        SiteCounts {
            connections: read(&site.connections),
            open: (SESSIONS_MAX - site.sessions.available_permits()) as u64,
            taken: Counts { messages: read(&site.messages), recipients: read(&site.recipients) },
            taken_by_tls: read(&site.secured),
            deferred: read(&site.deferred),
            rejected: read(&site.rejected),
        }
    }
}

impl Drop for NextHop {
    fn drop(&mut self) {
        self.site.behaviour.send_replace(Behaviour::Refused); // ends the sessions too
        if let Some(task) = self.acceptor.get_mut().take() {
            task.abort();
        }
    }
}

async fn accept(listener: TcpListener, site: Arc<Site>) {
    loop {
        match listener.accept().await {
            Ok((stream, _)) => {
                let Ok(permit) = site.sessions.clone().acquire_owned().await else { return };
                site.connections.fetch_add(1, Ordering::Relaxed);
                let site = site.clone();
                tokio::spawn(async move {
                    serve(stream, &site).await;
                    drop(permit);
                });
            }
            Err(error) => {
                tracing::warn!(%error, name = %site.name, "a next hop of the lab cannot accept");
                tokio::time::sleep(Duration::from_millis(100)).await; // descriptors run out: let some close
            }
        }
    }
}

async fn serve(stream: TcpStream, site: &Site) {
    let _ = stream.set_nodelay(true); // answers are small and wanted at once
    let mut behaviour = site.behaviour.subscribe();
    let refused = async move {
        // An error means that the next hop is gone: the session ends as well.
        let _ = behaviour.wait_for(|now| *now == Behaviour::Refused).await;
    };
    tokio::select! {
        ended = dialogue::run(stream, site) => {
            if let Err(error) = ended {
                tracing::trace!(%error, name = %site.name, "a session of the lab ended");
            }
        }
        () = refused => {}
    }
}
