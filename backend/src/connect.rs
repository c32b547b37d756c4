//! The room `connect`: which addresses we may open a connection to, opening it, and TLS on it.
//!
//! Promises: every outbound connection of the product goes to an address that [`guard`] permitted after it was
//! resolved. Never: a name, a decision about mail. The walk comes from `resolve` and goes on to `deliver`.

pub mod cidr;
pub mod dial;
pub mod guard;
pub mod tls;
pub mod wire;
