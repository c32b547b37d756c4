//! The SMTP listener: accepts connections, gives each a session, and stops in order.
//!
//! Promises: never more connections than its limits; one broken session ends alone; when told to stop it accepts
//! nothing more, and every session has ended within its grace.
//! Never: knows which spool runs, or what becomes of a message after its `250`.
//! The walk goes on in `session`, and from there in `spool`.

mod channel;
pub(crate) mod command;
pub(crate) mod data;
mod foreign;
mod gate;
pub(super) mod header;
pub(crate) mod input;
pub mod limits;
pub(super) mod memory;
pub(super) mod pace;
pub(super) mod parameter;
pub(super) mod path;
pub(super) mod received;
pub(super) mod reply;
mod session;
pub(super) mod transaction;

#[cfg(test)]
pub(crate) mod tests;

use crate::clock::Clock;
use crate::intake::http::HttpIntake;
use crate::intake::settings::IntakeSettings;
use crate::spool::Spool;
use arc_swap::ArcSwap;
use gate::Gate;
use memory::Memory;
use std::io::{ErrorKind, Write};
use std::net::Shutdown;
use std::sync::Arc;
use std::time::Duration;
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::watch;
use tokio::task::JoinSet;

/// When no descriptor is left, accepting rests so long: a busy loop would take the processor from those who free some.
const ACCEPT_PAUSE: Duration = Duration::from_millis(100);
/// Sessions are told to end; those that do not within their grace and this much more are cut.
const STOP_MARGIN: Duration = Duration::from_secs(2);

/// The SMTP door. One for all its listeners, so that limits hold over all of them.
pub struct Intake {
    settings: Arc<ArcSwap<IntakeSettings>>,
    spool: Arc<dyn Spool>,
    clock: Clock,
    gate: Arc<Gate>,
    memory: Memory,
}

impl Intake {
    /// A door in front of `spool`.
    pub fn new(settings: IntakeSettings, spool: Arc<dyn Spool>, clock: Clock) -> Intake {
        let limits = &settings.limits;
        let message_bytes = usize::try_from(settings.max_message_bytes).unwrap_or(usize::MAX);
        Intake {
            gate: Gate::new(limits.connections_max, limits.address_connections_max),
            memory: Memory::new(limits.memory_bytes, message_bytes, limits.memory_wait),
            settings: Arc::new(ArcSwap::from_pointee(settings)),
            spool,
            clock,
        }
    }

    /// The HTTP door beside this one: the same rules, the same spool, one budget of memory.
    pub fn http(&self) -> HttpIntake {
        HttpIntake::new(self.settings.clone(), self.spool.clone(), self.clock, self.memory.clone())
    }

    /// Takes other names, aliases and relaying clients over, here and at the HTTP door. A session goes on by the settings
    /// it began with.
    pub fn reload(&self, settings: &IntakeSettings) {
        let IntakeSettings { names, aliases, relay_from, .. } = settings.clone();
        self.settings.rcu(|before| IntakeSettings {
            names: names.clone(),
            aliases: aliases.clone(),
            relay_from: relay_from.clone(),
            ..IntakeSettings::clone(before)
        });
    }

    /// Connections that are open now.
    pub fn connections(&self) -> usize {
        self.gate.open()
    }

    /// Accepts on `listener` until `stop` says so; returns when every session has ended, at most 12 s later.
    pub async fn serve(self: Arc<Intake>, listener: TcpListener, mut stop: watch::Receiver<bool>) {
        let mut sessions = JoinSet::new();
        let sessions_stop = stop.clone();
        let stopped = session::stopped(&mut stop);
        tokio::pin!(stopped);
        let mut resting = false;
        loop {
            tokio::select! {
                biased;
                () = &mut stopped => break,
                accepted = listener.accept() => match accepted {
                    Ok((stream, peer)) => {
                        resting = false;
                        self.admit(stream, peer.ip(), &sessions_stop, &mut sessions);
                    }
                    Err(error) if matches!(error.kind(), ErrorKind::ConnectionAborted | ErrorKind::ConnectionReset) => {}
                    Err(error) => {
                        if !std::mem::replace(&mut resting, true) {
                            tracing::warn!(%error, "smtp intake cannot accept connections, and tries again until it can");
                        }
                        tokio::time::sleep(ACCEPT_PAUSE).await;
                    }
                },
                Some(_) = sessions.join_next() => {}
            }
        }
        drop(listener);
        let all_ended = async { while sessions.join_next().await.is_some() {} };
        if tokio::time::timeout(self.settings.load().limits.stop_grace + STOP_MARGIN, all_ended).await.is_err() {
            tracing::warn!(left = sessions.len(), "smtp sessions did not end in time, and are cut");
        }
        sessions.shutdown().await;
    }

    /// Starts a session, or refuses the connection.
    fn admit(
        self: &Arc<Intake>,
        stream: TcpStream,
        client: std::net::IpAddr,
        stop: &watch::Receiver<bool>,
        sessions: &mut JoinSet<()>,
    ) {
        let Some(pass) = self.gate.enter(client) else {
            tracing::info!(%client, "smtp connection refused: too many are open");
            refuse(stream);
            return;
        };
        // Answers are whole groups already; waiting for more would only delay them.
        if let Err(error) = stream.set_nodelay(true) {
            tracing::debug!(%client, %error, "smtp connection ended before it began");
            return;
        }
        let (intake, stop) = (Arc::clone(self), stop.clone());
        sessions.spawn(async move {
            session::run(&intake, stream, client, stop).await;
            drop(pass);
        });
    }
}

/// Says 421 without waiting: the line fits into the socket's empty buffer, and whoever is refused costs no task.
fn refuse(stream: TcpStream) {
    let mut line = Vec::new();
    reply::TOO_MANY_CONNECTIONS.write_to(&mut line);
    if let Ok(mut stream) = stream.into_std() {
        let _ = stream.write(&line);
        let _ = stream.shutdown(Shutdown::Write);
    }
}
