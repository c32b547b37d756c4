//! TLS as far as it is decided: what a destination demands, what a session proved, which addresses cannot do it.
//!
//! Promises: a rule never sinks below what was written; what a peer proved is data, and only [`TlsRule::Verify`] refuses
//! for it (RFC 7435). Never: a handshake, a certificate's octets. `backend::connect::tls` shakes hands and reads them.

mod memory;
mod proof;
mod protection;
mod rule;

pub use memory::{TLS_ADDRESSES_MAX, TLS_BROKEN_FOR, TLS_PROVEN_FOR, TlsMemory};
pub use proof::{TlsFacts, TlsVersion, Unproven};
pub use protection::{ClearBecause, Protection};
pub use rule::{TlsRule, TlsRules};
