//! Puts a report together: `multipart/report` (RFC 6522) of the text, the status and what is shown of the original.
//!
//! Promises: ASCII on the wire, except where the sender's own address or the 8-bit message that they asked back is not.

use crate::report::fields::{Case, delivery_status};
use crate::report::original::Attached;
use crate::report::text;
use bytes::Bytes;
use common::vocab::{Address, Domain, MessageId, Timestamp};
use mail_builder::MessageBuilder;
use mail_builder::headers::address::Address as Mailbox;
use mail_builder::headers::content_type::ContentType;
use mail_builder::headers::raw::Raw;
use mail_builder::mime::{BodyPart, MimePart};

/// The name beside `postmaster@` in From: what people and filters know.
const DISPLAY_NAME: &str = "MAILER-DAEMON";
/// Octets of a line of text (RFC 5322 §2.1.1).
const LINE_BYTES_MAX: usize = 998;

/// What stands above a report.
#[derive(Clone, Copy, Debug)]
pub struct Heading<'a> {
    /// Who writes.
    pub hostname: &'a Domain,
    /// The report's own number.
    pub mid: MessageId,
    /// To whom.
    pub to: &'a Address,
    /// When.
    pub now: Timestamp,
    /// Reports that an hour brings one by one, for the sentence that says so.
    pub hourly: usize,
}

/// A report as it will be sent.
#[derive(Clone, Debug)]
pub struct Composed {
    /// CRLF line ends, not dot-stuffed.
    pub body: Bytes,
    /// It holds octets above 127.
    pub eight_bit: bool,
    /// Its header holds UTF-8.
    pub smtputf8: bool,
}

/// Composes a report about these messages; with several of them none is attached.
pub fn compose(heading: Heading<'_>, cases: &[Case]) -> Composed {
    let Heading { hostname, mid, to, now, hourly } = heading;
    let postmaster = format!("postmaster@{hostname}");
    let mut message = MessageBuilder::new()
        .header("From", Mailbox::new_address(Some(DISPLAY_NAME), postmaster))
        .header("To", Mailbox::new_address(None::<&str>, to.as_str()))
        .subject(text::subject(cases))
        .header("Date", Raw::new(now.rfc5322()))
        .message_id(format!("report.{}.{mid}@{hostname}", now.millis()))
        .header("Auto-Submitted", Raw::new("auto-replied"));
    if let [case] = cases {
        let thread = case.original.thread();
        if let Some(parent) = &case.original.message_id {
            message = message.in_reply_to(parent.clone());
        }
        if !thread.is_empty() {
            message = message.references(thread);
        }
    }
    let global = cases.iter().any(Case::is_global);
    let mut parts = vec![
        MimePart::new("text/plain", text::text(hostname, cases, hourly)),
        status_part(delivery_status(hostname, cases, global), global),
    ];
    if let [case] = cases {
        parts.extend(original_part(case));
    }
    let kind = if global { "global-delivery-status" } else { "delivery-status" };
    let report = ContentType::new("multipart/report").attribute("report-type", kind);
    let mut body = Vec::new();
    message.body(MimePart::new(report, parts)).serialize(&mut body);
    let smtputf8 = !to.as_str().is_ascii();
    Composed { eight_bit: !body.is_ascii(), smtputf8, body: body.into() }
}

fn status_part(text: String, global: bool) -> MimePart<'static> {
    let bytes = BodyPart::Binary(text.into_bytes().into());
    if global {
        return MimePart::new("message/global-delivery-status", bytes); // in base64, as RFC 6533 §4 allows
    }
    MimePart::new("message/delivery-status", bytes).transfer_encoding("7bit")
}

fn original_part(case: &Case) -> Option<MimePart<'_>> {
    let utf8 = case.report.envelope.smtputf8;
    match &case.original.attached {
        Attached::Nothing => None,
        Attached::Header(header) if utf8 => Some(MimePart::new("message/global-headers", &header[..])),
        Attached::Header(header) => {
            let part = MimePart::new("text/rfc822-headers", &header[..]);
            Some(if is_plain(header) { part.transfer_encoding("7bit") } else { part })
        }
        Attached::Whole(message) if utf8 => Some(MimePart::new("message/global", &message[..])),
        Attached::Whole(message) => {
            // RFC 2046 §5.2.1: message/rfc822 may not be encoded, only named.
            let encoding = if message.is_ascii() { "7bit" } else { "8bit" };
            Some(MimePart::new("message/rfc822", &message[..]).transfer_encoding(encoding))
        }
    }
}

/// Whether it can stand in a message as it is.
fn is_plain(header: &[u8]) -> bool {
    header.is_ascii() && header.split(|&byte| byte == b'\n').all(|line| line.len() < LINE_BYTES_MAX)
}
