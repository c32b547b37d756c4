//! The room `connect`: from an address to an open stream.
//!
//! The walk goes on in `deliver`.

pub mod dial;
