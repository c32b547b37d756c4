//! Our Received field (RFC 5321 §4.4), on top of every message that we take.
//!
//! Promises: harmless whatever the client calls itself; its length is known before the number of the message is, so
//! that the body is never moved. Never: says to whom the message goes (a blind copy stays blind).

use crate::intake::smtp::command::ClientName;
use common::vocab::{Domain, MessageId, Timestamp};
use std::fmt;
use std::net::IpAddr;

/// Digits of the largest message number (2^53 has 16).
const MID_DIGITS_MAX: usize = 16;

/// What is known of a client when its message begins.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Trace {
    head: String,
}

impl Trace {
    /// For a client that said EHLO (`esmtp`) or HELO with this name from this address.
    pub fn new(name: &ClientName, client: IpAddr, hostname: &Domain, esmtp: bool) -> Trace {
        let protocol = if esmtp { "ESMTP" } else { "SMTP" };
        let literal = Literal(client);
        let name = name.for_trace();
        Trace { head: format!("Received: from {name} ({literal})\r\n\tby {hostname} with {protocol} id ") }
    }

    /// For a client of the HTTP door at this address; `None` for a program of this machine on the control socket.
    pub fn by_http(client: Option<IpAddr>, hostname: &Domain) -> Trace {
        let from = client.map(|client| format!("from {}\r\n\t", Literal(client))).unwrap_or_default();
        Trace { head: format!("Received: {from}by {hostname} with HTTP id ") }
    }

    /// Octets to leave free in front of a body.
    pub fn room(&self) -> usize {
        self.head.len() + MID_DIGITS_MAX + "; ".len() + Timestamp(0).rfc5322().len() + "\r\n".len()
    }

    /// Writes the field into the free octets at the front of `message` (as many as [`Trace::room`] said), so that it
    /// ends where the body begins. Returns where it starts.
    pub fn write_into(&self, message: &mut [u8], mid: MessageId, at: Timestamp) -> usize {
        let field = format!("{}{mid}; {}\r\n", self.head, at.rfc5322());
        let start = self.room().checked_sub(field.len()).expect("a message number has at most 16 digits, a year 4");
        message[start..self.room()].copy_from_slice(field.as_bytes());
        start
    }
}

/// An address literal (RFC 5321 §4.1.3): `[192.0.2.1]`, `[IPv6:2001:db8::1]`.
struct Literal(IpAddr);

impl fmt::Display for Literal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.0 {
            IpAddr::V4(v4) => write!(f, "[{v4}]"),
            IpAddr::V6(v6) => write!(f, "[IPv6:{v6}]"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::intake::smtp::command::{self, Command};

    fn field(client: &str, mid: u64, esmtp: bool) -> String {
        let hostname: Domain = "mail.test".parse().unwrap();
        let Ok(Command::Ehlo(name)) = command::parse(b"EHLO client.test", &hostname) else { panic!() };
        let trace = Trace::new(&name, client.parse().unwrap(), &hostname, esmtp);
        let mut message = vec![0; trace.room()];
        message.extend_from_slice(b"Subject: x\r\n");
        let start = trace.write_into(&mut message, MessageId(mid), Timestamp(1_795_493_318_120));
        String::from_utf8(message[start..].to_vec()).unwrap()
    }

    #[test]
    fn the_field_says_from_whom_by_whom_under_which_number_and_when() {
        assert_eq!(
            field("192.0.2.1", 7, true),
            "Received: from client.test ([192.0.2.1])\r\n\tby mail.test with ESMTP id 7; \
             Tue, 24 Nov 2026 04:08:38 +0000\r\nSubject: x\r\n"
        );
        assert!(field("2001:db8::1", 1, false).contains("([IPv6:2001:db8::1])\r\n\tby mail.test with SMTP id 1;"));
    }

    #[test]
    fn the_largest_number_fits_its_room() {
        assert!(field("192.0.2.1", (1 << 53) - 1, true).starts_with("Received: from client.test"));
    }
}
