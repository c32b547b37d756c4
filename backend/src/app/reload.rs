//! SIGHUP: the file is read again, and what of it a running server can take over goes to the rooms.
//!
//! Promises: a file with a fault changes nothing; everything is made ready before the first room hears of it; what
//! waits for the next start is named, and asked for again by the next SIGHUP. Certificates and keys are read anew by
//! themselves when their files change. Never: ends the server, a session, or a delivery.

use super::way::Way;
use super::{AppError, settings};
use crate::config::Config;
use crate::descriptor::Descriptors;
use crate::intake::smtp::Intake;
use crate::report::OwnNames;
use arc_swap::ArcSwap;
use common::words::Language;
use engine::Event;
use std::net::SocketAddr;
use std::sync::Arc;
use tokio::signal::unix::Signal;
use tokio::sync::{mpsc, watch};

/// Everybody who hears of new settings.
pub(super) struct Reload {
    /// By which the server runs.
    pub(super) config: Config,
    pub(super) descriptors: Descriptors,
    pub(super) own_listeners: Vec<SocketAddr>,
    /// Guard, resolver, policies.
    pub(super) way: Way,
    pub(super) intake: Arc<Intake>,
    /// Whom reports about mail of our own names go to.
    pub(super) own_names: Arc<ArcSwap<OwnNames>>,
    /// To the engine.
    pub(super) events: mpsc::UnboundedSender<Event>,
}

impl Reload {
    /// Waits for the signal until the server stops.
    pub(super) async fn run(mut self, mut hangup: Signal, mut stop: watch::Receiver<bool>) {
        loop {
            tokio::select! {
                _ = stop.wait_for(|stop| *stop) => return,
                come = hangup.recv() => if come.is_none() { return },
            }
            self.read_again();
        }
    }

    fn read_again(&mut self) {
        let found = match self.config.file.as_deref().map(Config::load) {
            None => return tracing::info!("SIGHUP: there is no configuration file to read again"),
            Some(Err(why)) => {
                let complaints = why.say(Language::En).join("; ");
                return tracing::error!(
                    "SIGHUP: the configuration stays as it was, for its file has faults: {complaints}"
                );
            }
            Some(Ok(found)) => found,
        };
        let (next, waiting) = found.over(&self.config);
        if let Err(why) = self.hand_over(&next) {
            return tracing::error!("SIGHUP: the configuration stays as it was: {why}");
        }
        self.config = next;
        tracing::info!("SIGHUP: the configuration was read again and holds from now on");
        if !waiting.is_empty() {
            tracing::warn!("SIGHUP: these keys have changed and wait for the next start: {}", waiting.join(", "));
        }
    }

    /// All or nothing: the resolver, the only room that may refuse, comes first.
    fn hand_over(&self, next: &Config) -> Result<(), AppError> {
        let guard = settings::guard(next, self.own_listeners.clone())?;
        let engine = settings::engine(next, self.descriptors)?;
        let intake = settings::intake(next, self.descriptors, None)?;
        let resolve = settings::resolve(next)?;
        self.way.resolver.reload(resolve).map_err(|why| AppError::later(why.to_string()))?;
        self.way.guard.reload(guard);
        self.intake.reload(&intake);
        self.own_names.store(Arc::new(settings::own_names(next)));
        self.way.rules.store(Arc::new(engine.tls.clone()));
        // A driver that has ended needs no settings.
        drop(self.events.send(Event::Configured(Box::new(engine))));
        Ok(())
    }
}
