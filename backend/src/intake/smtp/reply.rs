//! What the intake answers: every reply text of the SMTP door, in one place.
//!
//! Promises: ASCII, one line unless it is the answer to EHLO, an enhanced code (RFC 3463) on every reply that RFC 2034
//! wants one on. Never: repeats what a client sent, so that nothing hostile is reflected into a log or a terminal.

use crate::intake::smtp::{limits, parameter};
use common::vocab::{AddressError, Domain, MessageId};
use std::borrow::Cow;

/// One of our replies: code, enhanced code, text.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OurReply {
    code: u16,
    enhanced: &'static str,
    text: Cow<'static, str>,
}

const fn fixed(code: u16, enhanced: &'static str, text: &'static str) -> OurReply {
    OurReply { code, enhanced, text: Cow::Borrowed(text) }
}

impl OurReply {
    /// The three digits.
    pub fn code(&self) -> u16 {
        self.code
    }

    /// Whether a client that gets it did something wrong: it counts towards the errors of a session. A 4xx is ours.
    pub fn counts_as_error(&self) -> bool {
        self.code >= 500
    }

    /// Appends the reply as it goes over the wire.
    pub fn write_to(&self, out: &mut Vec<u8>) {
        out.extend_from_slice(&self.code.to_string().into_bytes());
        for part in [self.enhanced, &self.text] {
            if !part.is_empty() {
                out.push(b' ');
                out.extend_from_slice(part.as_bytes());
            }
        }
        out.extend_from_slice(b"\r\n");
    }
}

/// The greeting (no enhanced code: RFC 2034 §4 leaves it out of the greeting and the answer to EHLO).
pub fn greeting(hostname: &Domain) -> OurReply {
    OurReply { code: 220, enhanced: "", text: format!("{hostname} ESMTP Nexthop").into() }
}

/// The answer to HELO.
pub fn helo(hostname: &Domain) -> OurReply {
    OurReply { code: 250, enhanced: "", text: hostname.to_string().into() }
}

/// Appends the answer to EHLO: our name and what we offer, the size limit in octets.
pub fn ehlo(hostname: &Domain, max_message_bytes: u64, starttls: bool, out: &mut Vec<u8>) {
    let starttls = if starttls { "250-STARTTLS\r\n" } else { "" };
    let lines = format!(
        "250-{hostname}\r\n250-PIPELINING\r\n250-SIZE {max_message_bytes}\r\n250-8BITMIME\r\n250-SMTPUTF8\r\n\
         250-DSN\r\n{starttls}250 ENHANCEDSTATUSCODES\r\n"
    );
    out.extend_from_slice(lines.as_bytes());
}

/// The message is on disk.
pub fn queued(mid: MessageId) -> OurReply {
    OurReply { code: 250, enhanced: "2.0.0", text: format!("Ok: queued as {mid}").into() }
}

/// Larger than we take; said at MAIL when it was declared, else after the message.
pub fn too_large(max_message_bytes: u64) -> OurReply {
    OurReply {
        code: 552,
        enhanced: "5.3.4",
        text: format!("Message is larger than the {max_message_bytes} octets that are accepted here").into(),
    }
}

/// The sender's address is none.
pub fn bad_sender(why: AddressError) -> OurReply {
    OurReply { code: 501, enhanced: "5.1.7", text: format!("Bad sender address: {why}").into() }
}

/// The recipient's address is none.
pub fn bad_recipient(why: AddressError) -> OurReply {
    OurReply { code: 501, enhanced: "5.1.3", text: format!("Bad recipient address: {why}").into() }
}

// Positive.
pub const SENDER_OK: OurReply = fixed(250, "2.1.0", "Ok");
pub const RECIPIENT_OK: OurReply = fixed(250, "2.1.5", "Ok");
pub const RESET_OK: OurReply = fixed(250, "2.0.0", "Ok");
pub const NOOP_OK: OurReply = fixed(250, "2.0.0", "Ok");
pub const BYE: OurReply = fixed(221, "2.0.0", "Bye");
pub const HELP: OurReply =
    fixed(214, "2.0.0", "Commands: EHLO HELO STARTTLS MAIL RCPT DATA RSET NOOP VRFY HELP QUIT (RFC 5321)");
pub const CANNOT_VRFY: OurReply =
    fixed(252, "2.5.0", "Cannot verify the address; will accept the message and attempt delivery");
pub const START_TLS: OurReply = fixed(220, "2.0.0", "Ready to start TLS");
pub const SEND_MESSAGE: OurReply = fixed(354, "", "End data with <CR><LF>.<CR><LF>");

// Ours, temporary.
pub const STOPPING: OurReply = fixed(421, "4.3.2", "Service is shutting down, try again later");
pub const TOO_MANY_CONNECTIONS: OurReply = fixed(421, "4.7.0", "Too many connections, try again later");
pub const TOO_MANY_ERRORS: OurReply = fixed(421, "4.7.0", "Too many errors, closing the connection");
pub const TOO_MUCH_JUNK: OurReply = fixed(421, "4.7.0", "Too many commands without a message, closing the connection");
pub const TIMED_OUT: OurReply = fixed(421, "4.4.2", "Timeout, closing the connection");
pub const TOO_SLOW: OurReply = fixed(421, "4.4.2", "Message comes too slowly, closing the connection");
pub const SESSION_TOO_LONG: OurReply = fixed(421, "4.4.2", "Session is too long, connect again");
pub const TOO_MANY_RECIPIENTS: OurReply = fixed(452, "4.5.3", "Too many recipients, send the rest in another message");
pub const NO_MEMORY: OurReply = fixed(452, "4.3.1", "Too many messages at once, try again later");
pub const DISK_FULL: OurReply = fixed(452, "4.3.1", "Insufficient storage, try again later");
pub const INTERNAL: OurReply = fixed(421, "4.3.0", "Internal error, try again later");
pub const CANNOT_KEEP: OurReply = fixed(451, "4.3.0", "The message could not be written to disk, try again later");

// Syntax.
pub const LINE_TOO_LONG: OurReply = fixed(500, "5.5.2", "Command line is too long");
pub const BARE_LINE_END: OurReply = fixed(500, "5.5.2", "A line must end with <CR><LF>, and hold no other CR or LF");
pub const NUL_IN_COMMAND: OurReply = fixed(501, "5.5.2", "A command must not hold a NUL octet");
pub const UNKNOWN_COMMAND: OurReply = fixed(500, "5.5.1", "Command is not known");
pub const NOT_OFFERED: OurReply = fixed(502, "5.5.1", "Command is not offered here");
pub const AUTH_NOT_OFFERED: OurReply =
    fixed(502, "5.5.1", "Authentication is not offered here: clients are known by their address");
pub const NO_ARGUMENT_EXPECTED: OurReply = fixed(501, "5.5.4", "This command takes no argument");
pub const NAME_EXPECTED: OurReply = fixed(501, "5.5.4", "Syntax: EHLO hostname");
pub const ADDRESS_EXPECTED: OurReply = fixed(501, "5.5.4", "Syntax: VRFY address");
pub const MAIL_SYNTAX: OurReply = fixed(
    501,
    "5.5.4",
    "Syntax: MAIL FROM:<address> [SIZE=octets] [BODY=7BIT|8BITMIME] [SMTPUTF8] [RET=FULL|HDRS] [ENVID=xtext]",
);
pub const RCPT_SYNTAX: OurReply =
    fixed(501, "5.5.4", "Syntax: RCPT TO:<address> [NOTIFY=NEVER|SUCCESS,FAILURE,DELAY] [ORCPT=type;xtext]");
pub const BAD_SIZE: OurReply = fixed(501, "5.5.4", "SIZE needs a number of octets");
pub const BAD_BODY: OurReply = fixed(501, "5.5.4", "BODY is 7BIT or 8BITMIME");
pub const BAD_SMTPUTF8: OurReply = fixed(501, "5.5.4", "SMTPUTF8 takes no value");
pub const BAD_RET: OurReply = fixed(501, "5.5.4", "RET is FULL or HDRS");
pub const BAD_ENVID: OurReply = fixed(501, "5.5.4", "ENVID needs 1 to 100 octets of xtext (RFC 3461)");
pub const BAD_NOTIFY: OurReply = fixed(501, "5.5.4", "NOTIFY is NEVER, or a list of SUCCESS, FAILURE and DELAY");
pub const BAD_ORCPT: OurReply = fixed(501, "5.5.4", "ORCPT needs type;address in xtext, at most 500 octets (RFC 3461)");
pub const REPEATED_PARAMETER: OurReply = fixed(501, "5.5.4", "A parameter is given twice");
pub const UNKNOWN_PARAMETER: OurReply = fixed(555, "5.5.4", "Parameter is not offered here");
pub const NO_RECIPIENT_ADDRESS: OurReply = fixed(501, "5.1.3", "A recipient address must not be empty");

// Sequence.
pub const SAY_EHLO_FIRST: OurReply = fixed(503, "5.5.1", "Send EHLO first");
pub const MAIL_TWICE: OurReply = fixed(503, "5.5.1", "MAIL was already given; RSET starts over");
pub const MAIL_FIRST: OurReply = fixed(503, "5.5.1", "Send MAIL first");
pub const TLS_TWICE: OurReply = fixed(503, "5.5.1", "TLS is active already");
pub const TLS_IN_TRANSACTION: OurReply =
    fixed(503, "5.5.1", "STARTTLS is not allowed within a transaction; send RSET first");
pub const NO_VALID_RECIPIENTS: OurReply = fixed(554, "5.5.1", "No valid recipients");
pub const TALKED_TOO_EARLY: OurReply = fixed(554, "5.5.0", "Data was sent before our reply, where that is not allowed");
pub const NOT_SMTP: OurReply = fixed(554, "5.5.0", "This port speaks SMTP");

// Policy.
pub const NO_RELAY: OurReply = fixed(550, "5.7.1", "Relaying is not allowed for your address");
pub const UNKNOWN_USER: OurReply = fixed(550, "5.1.1", "No such user here");
pub const ALIAS_LOOP: OurReply = fixed(550, "5.4.6", "The alias leads back to itself");

// The message.
pub const BARE_IN_DATA: OurReply =
    fixed(550, "5.6.0", "Message holds a bare CR or LF: every line must end with <CR><LF>");
pub const NUL_IN_DATA: OurReply = fixed(550, "5.6.0", "Message holds a NUL octet");
pub const LONG_TEXT_LINE: OurReply = fixed(550, "5.6.0", "Message holds a line longer than 998 octets");
pub const UNBROKEN: OurReply = fixed(550, "5.6.0", "More than 1 MiB came without a line end");
pub const HEADER_TOO_LARGE: OurReply = fixed(552, "5.3.4", "Message header is larger than 256 KiB or 1000 fields");
pub const TOO_MANY_HOPS: OurReply = fixed(554, "5.4.6", "Too many hops: the message seems to be in a loop");

// The words above say these numbers.
const _: () = assert!(limits::TEXT_LINE_BYTES_MAX == 998 && limits::UNBROKEN_BYTES_MAX == 1 << 20);
const _: () = assert!(parameter::ENVID_BYTES_MAX == 100 && parameter::ORCPT_BYTES_MAX == 500);
const _: () = assert!(limits::HEADER_BYTES_MAX == 256 * 1024 && limits::HEADER_FIELDS_MAX == 1_000);

#[cfg(test)]
mod tests {
    use super::*;

    fn wire(reply: &OurReply) -> String {
        let mut out = Vec::new();
        reply.write_to(&mut out);
        String::from_utf8(out).unwrap()
    }

    #[test]
    fn a_reply_is_code_enhanced_code_and_text() {
        assert_eq!(wire(&queued(MessageId(7))), "250 2.0.0 Ok: queued as 7\r\n");
        assert_eq!(wire(&SEND_MESSAGE), "354 End data with <CR><LF>.<CR><LF>\r\n");
        assert_eq!(wire(&greeting(&"a.test".parse().unwrap())), "220 a.test ESMTP Nexthop\r\n");
    }

    #[test]
    fn the_classes_of_code_and_enhanced_code_agree() {
        for reply in [&NO_RELAY, &TOO_MANY_RECIPIENTS, &STOPPING, &BYE, &CANNOT_VRFY, &TOO_MANY_HOPS, &HELP] {
            assert_eq!(reply.code.to_string().as_bytes()[0], reply.enhanced.as_bytes()[0], "{reply:?}");
        }
    }
}
