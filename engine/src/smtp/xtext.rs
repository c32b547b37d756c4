//! Text inside a parameter of MAIL or RCPT (RFC 3461 §4): `xtext`.
//!
//! Promises: whatever is written, one visible ASCII word comes out: no space, no line end, no second parameter.

use std::fmt;

/// A text that is shown as xtext.
pub(super) struct Xtext<'a>(pub(super) &'a str);

impl fmt::Display for Xtext<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for &octet in self.0.as_bytes() {
            match octet {
                0x21..=0x7e if !matches!(octet, b'+' | b'=') => write!(f, "{}", char::from(octet))?,
                _ => write!(f, "+{octet:02X}")?,
            }
        }
        Ok(())
    }
}
