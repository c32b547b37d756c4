//! What went wrong outside, as data. What it *means* is decided in `verdict` alone.

use crate::tls::Unproven;
use common::vocab::Reply;
use std::sync::Arc;
use std::time::Duration;

/// How far a session had come.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Stage {
    /// TCP.
    Connect,
    /// Waiting for the 220.
    Greeting,
    /// EHLO, or HELO after a refusal.
    Ehlo,
    /// STARTTLS, the handshake, and what it proved.
    StartTls,
    /// MAIL FROM.
    MailFrom,
    /// RCPT TO.
    RcptTo,
    /// DATA.
    Data,
    /// Sending the body.
    Body,
    /// Waiting for the answer to the final dot. A message may have been taken without our knowing.
    EndOfData,
}

/// Why a session or a command failed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Trouble {
    /// The peer answered 4xx or 5xx, or a positive code where none fits.
    Reply(Reply),
    /// The connection was refused (RST).
    Refused,
    /// No route to the address, or no local address for its family.
    NoRoute,
    /// No answer within the deadline of the stage.
    TimedOut,
    /// The peer closed or reset the connection.
    Dropped,
    /// What came is not SMTP, or breaks a bound.
    Protocol(Arc<str>),
    /// The address is one we never connect to.
    Forbidden,
    /// They cannot take what the message needs (size, UTF-8).
    Unsupported(Arc<str>),
    /// A rule demands TLS and they offer none.
    NoTls,
    /// The handshake failed.
    Handshake(Arc<str>),
    /// A rule demands a certificate that proves their name, and theirs does not.
    Unproven(Unproven),
    /// Something of ours: no body, no descriptor, we are stopping.
    Ours(Arc<str>),
}

/// A failure with its place.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Failure {
    /// How far it had come.
    pub stage: Stage,
    /// What happened.
    pub trouble: Trouble,
    /// How long this stage had taken.
    pub elapsed: Duration,
}

/// What became of one recipient in one transaction.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// 2xx to the final dot, and to its RCPT.
    Delivered(Reply),
    /// A 4xx or 5xx decided: at MAIL (whole message), RCPT (this recipient), DATA or the final dot.
    Refused {
        /// Which command was answered.
        stage: Stage,
        /// With what.
        reply: Reply,
    },
    /// The session failed before an answer for it came.
    Failed(Failure),
}

/// Why a destination domain has no next hop.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum RouteFailure {
    /// The domain does not exist.
    Nxdomain,
    /// RFC 7505: the domain takes no mail.
    NullMx,
    /// Their name servers answered SERVFAIL or REFUSED.
    Servfail,
    /// Our resolver did not answer at all.
    Ours(Arc<str>),
    /// MX records, but no address that mail may go to.
    Unusable(Arc<str>),
    /// The best exchanger is ourselves.
    Loop,
}
