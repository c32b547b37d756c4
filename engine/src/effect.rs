//! Everything the engine may ask of the world: a closed list. Imperative; each can be printed.

use crate::envelope::{Order, Settlement};
use crate::report::Report;
use crate::route::Hop;
use crate::tls::TlsRule;
use common::vocab::{Domain, SessionId};
use std::sync::Arc;

/// Something the world is asked to do.
#[derive(Clone, Debug)]
pub enum Effect {
    /// Find the next hops of a destination domain; answered by [`crate::Event::Resolved`], always.
    Resolve {
        /// The destination domain.
        host: Domain,
    },
    /// Dial, take the greeting, say EHLO, shake hands as `tls` says; answered by `SessionReady` or `SessionFailed`, always.
    Connect {
        /// The number of the new session.
        session: SessionId,
        /// Where to.
        hop: Arc<Hop>,
        /// For whom, at first.
        host: Domain,
        /// What the session must give before it is ready. `None` also where TLS was tried in vain.
        tls: TlsRule,
    },
    /// Carry one message over a ready session; answered by `Attempted`, always.
    Deliver {
        /// Over which.
        session: SessionId,
        /// What.
        order: Order,
    },
    /// QUIT and close; answered by `SessionClosed`, always. Only asked of a session that is ready and carries nothing.
    Close {
        /// Which.
        session: SessionId,
    },
    /// Write down how recipients ended, or when they are tried again.
    Settle(Settlement),
    /// Write a report to the sender and keep it; what it settles takes effect with it, in one record.
    Report(Report),
}
