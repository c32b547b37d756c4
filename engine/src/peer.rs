//! What is known of the other side once it can carry messages: what the engine decides by, nothing else of its EHLO.

use crate::tls::TlsFacts;
use std::sync::Arc;

/// The other side of a session that is ready.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Peer {
    /// It offered DSN (RFC 3461): it was told what the sender asked, and reports success by itself.
    pub reports: bool,
    /// What the session's TLS is and proved; none in clear text.
    pub tls: Option<Arc<TlsFacts>>,
}
