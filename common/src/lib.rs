//! The shared words: everything the server, the command line and the browser agree on.
//!
//! Floor 0 of the house. Five doors:
//! - [`vocab`]: the words themselves (addresses, ids, times, replies, verdicts). Every room may use them.
//! - [`wire`]: what crosses to a browser, an API client or the command line. Every type there is a promise.
//! - [`words`]: what a person reads, in English and Japanese.
//! - [`layout`]: what a verb prints and the page copies, in the layout that people know.
//! - [`filter`]: which recipients are meant, in one grammar for all who ask.
//!
//! Promises: no clock, no I/O, compiles to WASM. Never: a type that only one side knows.

pub mod filter;
pub mod layout;
pub mod vocab;
pub mod wire;
pub mod words;
