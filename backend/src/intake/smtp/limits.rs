//! Every limit of the SMTP intake, named, with its default and its reason.

use std::time::Duration;

/// Octets of a command line, its CRLF included. RFC 5321 §4.5.3.1.4 asks for 512; extensions add parameters.
pub const COMMAND_LINE_BYTES_MAX: usize = 4_096;
/// Octets of a text line without its CRLF (RFC 5321 §4.5.3.1.6: 1,000 with it).
pub const TEXT_LINE_BYTES_MAX: u64 = 998;
/// Octets without any line end after which a client is not sending mail: the connection ends.
pub const UNBROKEN_BYTES_MAX: u64 = 1024 * 1024;
/// Octets of a header block: what is larger would cost every reader of it (console, tracking) more than it says.
pub const HEADER_BYTES_MAX: usize = 256 * 1024;
/// Fields of a header block, for the same reason.
pub const HEADER_FIELDS_MAX: usize = 1_000;
/// Received fields of a message that is not in a loop (RFC 5321 §6.3 asks for at least 100 *or* a sensible bound;
/// Postfix has 50).
pub const RECEIVED_FIELDS_MAX: usize = 50;
/// Octets of an EHLO name that are kept: DNS names end at 253.
pub const CLIENT_NAME_BYTES_MAX: usize = 255;
/// Aliases that are followed from one to the next: a longer chain is a loop.
pub const ALIAS_STEPS_MAX: usize = 10;
/// Body memory is taken in grains of so many octets: fewer visits to the shared budget.
pub const MEMORY_GRAIN_BYTES: usize = 64 * 1024;
/// The read buffer while commands are read: an idle connection costs this.
pub const COMMAND_BUFFER_BYTES: usize = 8 * 1024;
/// The read buffer once a body was read: few system calls per message, and at most 64 MiB at 2,000 connections.
pub const BODY_BUFFER_BYTES: usize = 32 * 1024;

/// Limits of sessions and connections. `Default` is the table of the reliability reference, 7.1.
#[derive(Clone, Debug)]
pub struct Limits {
    /// Connections at once, over all clients: descriptors and buffers are bounded.
    pub connections_max: usize,
    /// Connections at once from one address (IPv6: one /64, the least that one site gets).
    pub address_connections_max: u32,
    /// Recipients of one message (RFC 5321 §4.5.3.1.8 asks for at least 100; Postfix has 1,000).
    pub recipients_max: usize,
    /// RCPT commands answered `452 too many` or as a repetition, before each further one counts as an error.
    pub recipients_overshoot_max: usize,
    /// Refused commands before the connection ends (Postfix: 20).
    pub errors_max: u32,
    /// NOOP, RSET, VRFY, HELP and repeated EHLO between two messages (Postfix: 100).
    pub junk_max: u32,
    /// A stranger is greeted only after this wait, and refused if it talks before: programs that do not read the
    /// greeting are not mail servers. Clients that may relay are greeted at once.
    pub greet_delay: Duration,
    /// From the greeting to EHLO.
    pub ehlo_wait: Duration,
    /// From one command to the next, the whole command (RFC 5321 §4.5.3.2.7: at least 5 min).
    pub command_wait: Duration,
    /// From our answer to STARTTLS to the end of the handshake.
    pub handshake_wait: Duration,
    /// In this span of DATA …
    pub data_span: Duration,
    /// … at least so many octets come, or the client is gone or means harm.
    pub data_span_bytes_min: u64,
    /// A session longer than this ends at its next command: addresses and policies change.
    pub session_life: Duration,
    /// A message that is being sent when the session's life ends may take so long, from its 354.
    pub data_grace: Duration,
    /// When we stop, a message that is being sent may take so long.
    pub stop_grace: Duration,
    /// After a refusal that ends the connection we read for so long, so that TCP does not lose our answer.
    pub linger: Duration,
    /// Octets of bodies that are being received or written, over all sessions.
    pub memory_bytes: usize,
    /// How long a message waits for such memory before it gets 452.
    pub memory_wait: Duration,
}

impl Default for Limits {
    fn default() -> Limits {
        Limits {
            connections_max: 2_000,
            address_connections_max: 100,
            recipients_max: 1_000,
            recipients_overshoot_max: 1_000,
            errors_max: 20,
            junk_max: 100,
            greet_delay: Duration::from_millis(250),
            ehlo_wait: Duration::from_secs(60),
            command_wait: Duration::from_secs(300),
            handshake_wait: Duration::from_secs(60),
            data_span: Duration::from_secs(60),
            data_span_bytes_min: 60 * 500,
            session_life: Duration::from_secs(3_600),
            data_grace: Duration::from_secs(600),
            stop_grace: Duration::from_secs(10),
            linger: Duration::from_secs(1),
            memory_bytes: 256 * 1024 * 1024,
            memory_wait: Duration::from_secs(10),
        }
    }
}
