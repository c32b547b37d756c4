//! Intake: the doors by which mail comes in.
//!
//! Promises: every input is bounded and answered; one transaction makes one message, whatever its octets are; a message
//! is acknowledged only after the spool said that it is on disk.
//! Never: decides when or where something is delivered; reads the configuration; rewrites what came by SMTP (it only
//! puts our Received field on top; `http` says what it does for its clients).
//! The walk goes on in `spool`.

pub mod certificate;
pub mod http;
mod incoming;
pub mod settings;
pub mod smtp;

pub use settings::IntakeSettings;
