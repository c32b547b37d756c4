//! Remote text on a terminal is written out as everywhere else: by the house's one function for it.

pub use common::words::{printable, printable_lines};
