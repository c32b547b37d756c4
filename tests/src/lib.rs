//! The harness of the end-to-end tests: simulated worlds for the engine, the real binary, a real browser.
//! No product code.

#[cfg(feature = "wire")]
pub mod backlog;
pub mod books;
#[cfg(feature = "wire")]
pub mod browser;
#[cfg(feature = "wire")]
pub mod caller;
#[cfg(feature = "wire")]
pub mod chaos;
pub mod check;
#[cfg(feature = "wire")]
pub mod cut;
pub mod holds;
pub mod host;
#[cfg(feature = "wire")]
pub mod image;
#[cfg(feature = "wire")]
pub mod large;
#[cfg(feature = "wire")]
pub mod load;
#[cfg(feature = "wire")]
pub mod mailbox;
#[cfg(feature = "wire")]
pub mod playground;
pub mod process;
pub mod reports;
#[cfg(feature = "wire")]
pub mod server;
#[cfg(feature = "wire")]
pub mod sink;
#[cfg(feature = "wire")]
pub mod tally;
pub mod waits;
pub mod world;
