//! What is known of the other side once it can carry messages: what the engine decides by, nothing else of its EHLO.

/// The other side of a session that is ready.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Peer {
    /// It offered DSN (RFC 3461): it was told what the sender asked, and reports success by itself.
    pub reports: bool,
}
