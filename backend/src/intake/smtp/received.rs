//! Our Received field (RFC 5321 §4.4, RFC 3848, RFC 8314 §4.3), on top of every message that we take.
//!
//! Promises: harmless whatever the client calls itself; its length is known before the number of the message is, so
//! that the body is never moved. Never: says to whom the message goes (a blind copy stays blind).

use crate::intake::smtp::channel::Tls;
use crate::intake::smtp::command::ClientName;
use common::vocab::{Domain, MessageId, Timestamp};
use std::fmt;
use std::net::IpAddr;

/// Digits of the largest message number (2^53 has 16).
const MID_DIGITS_MAX: usize = 16;

/// The longest word for a protocol (RFC 3848, RFC 6531 §4.3).
const PROTOCOL_MAX: &str = "UTF8SMTPS";

/// What a client speaks to us.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Spoken {
    Smtp,
    Esmtp,
    Http,
}

/// What is known of a client when its message begins.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Trace {
    head: String,
    spoken: Spoken,
    /// The clause about TLS, or nothing.
    tls: String,
}

impl Trace {
    /// For a client that said EHLO (`esmtp`) or HELO with this name from this address, perhaps under TLS.
    pub fn new(name: &ClientName, client: IpAddr, hostname: &Domain, esmtp: bool, tls: Option<&Tls>) -> Trace {
        let literal = Literal(client);
        let name = name.for_trace();
        let tls = tls.map(|tls| format!("\r\n\ttls {} ({})", tls.suite, tls.version)).unwrap_or_default();
        let spoken = if esmtp { Spoken::Esmtp } else { Spoken::Smtp };
        Trace { head: format!("Received: from {name} ({literal})\r\n\tby {hostname} with "), spoken, tls }
    }

    /// For a client of the HTTP door at this address; `None` for a program of this machine on the control socket.
    pub fn by_http(client: Option<IpAddr>, hostname: &Domain) -> Trace {
        let from = client.map(|client| format!("from {}\r\n\t", Literal(client))).unwrap_or_default();
        Trace { head: format!("Received: {from}by {hostname} with "), spoken: Spoken::Http, tls: String::new() }
    }

    /// Octets to leave free in front of a body.
    pub fn room(&self) -> usize {
        let words = self.head.len() + PROTOCOL_MAX.len() + " id ".len() + self.tls.len();
        words + MID_DIGITS_MAX + "; ".len() + Timestamp(0).rfc5322().len() + "\r\n".len()
    }

    /// Writes the field into the free octets at the front of `message` (as many as [`Trace::room`] said), so that it
    /// ends where the body begins. Returns where it starts. `utf8`: the client asked for SMTPUTF8.
    pub fn write_into(&self, message: &mut [u8], mid: MessageId, at: Timestamp, utf8: bool) -> usize {
        let field = format!("{}{} id {mid}{}; {}\r\n", self.head, self.protocol(utf8), self.tls, at.rfc5322());
        let start = self.room().checked_sub(field.len()).expect("a message number has at most 16 digits, a year 4");
        message[start..self.room()].copy_from_slice(field.as_bytes());
        start
    }

    fn protocol(&self, utf8: bool) -> &'static str {
        match (self.spoken, utf8, self.tls.is_empty()) {
            (Spoken::Http, ..) => "HTTP",
            (_, true, true) => "UTF8SMTP",
            (_, true, false) => PROTOCOL_MAX,
            (Spoken::Esmtp, false, true) => "ESMTP",
            (Spoken::Esmtp, false, false) => "ESMTPS",
            (Spoken::Smtp, false, _) => "SMTP",
        }
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
        of(client, mid, esmtp, None, false)
    }

    fn of(client: &str, mid: u64, esmtp: bool, tls: Option<&Tls>, utf8: bool) -> String {
        let hostname: Domain = "mail.test".parse().unwrap();
        let Ok(Command::Ehlo(name)) = command::parse(b"EHLO client.test", &hostname) else { panic!() };
        let trace = Trace::new(&name, client.parse().unwrap(), &hostname, esmtp, tls);
        let mut message = vec![0; trace.room()];
        message.extend_from_slice(b"Subject: x\r\n");
        let start = trace.write_into(&mut message, MessageId(mid), Timestamp(1_795_493_318_120), utf8);
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

    #[test]
    fn under_tls_the_field_names_suite_and_version_and_with_smtputf8_its_protocol() {
        let tls = Tls { version: "TLSv1.3", suite: "TLS_AES_256_GCM_SHA384".into() };
        let secured = of("192.0.2.1", 7, true, Some(&tls), false);
        assert!(secured.contains(
            "\r\n\tby mail.test with ESMTPS id 7\r\n\ttls TLS_AES_256_GCM_SHA384 (TLSv1.3); Tue, 24 Nov 2026"
        ));
        assert!(of("192.0.2.1", (1 << 53) - 1, true, Some(&tls), true).contains(" with UTF8SMTPS id "));
        assert!(of("192.0.2.1", 7, true, None, true).contains(" with UTF8SMTP id 7; "));
    }
}
