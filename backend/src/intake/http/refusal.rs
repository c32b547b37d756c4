//! What the HTTP door refuses with: every sentence of it, in one place, each saying what to do.

use crate::intake::incoming::Loss;
use crate::intake::smtp::limits;
use crate::intake::smtp::reply::{self, OurReply};
use crate::spool::SpoolError;
use common::vocab::MessageId;
use common::wire::{ApiError, ErrorCode};

/// Characters of a client's own text that are shown back to it.
const SHOWN_CHARS_MAX: usize = 300;

/// The message at fault is called by its field in JSON; as `message/rfc822` it is the body.
fn raw(sentence: impl Into<String>) -> ApiError {
    ApiError::field(ErrorCode::BadRequest, "raw", sentence)
}

pub(super) fn too_large(max_message_bytes: u64) -> ApiError {
    let sentence = format!("The message is larger than the {max_message_bytes} octets that are accepted here.");
    ApiError::field(ErrorCode::TooLarge, "raw", sentence)
}

pub(super) fn nul() -> ApiError {
    raw("The message holds a NUL octet. Encode it (base64, quoted-printable).")
}

pub(super) fn long_line() -> ApiError {
    raw("The message holds a line longer than 998 octets. Fold it, or encode the part (base64, quoted-printable).")
}

pub(super) fn header_too_large() -> ApiError {
    let sentence = "The header of the message is larger than 256 KiB or 1000 fields.";
    ApiError::field(ErrorCode::TooLarge, "raw", sentence)
}

pub(super) fn too_many_hops() -> ApiError {
    raw("The message has more than 50 Received fields: it seems to be in a loop.")
}

/// Line `line` (from 1) of the message stands where a header field belongs and is none.
pub(super) fn no_field(line: usize) -> ApiError {
    raw(format!(
        "Line {line} of the message is no header field. A message begins with fields such as \"Subject: words\", \
         then comes an empty line, then the text."
    ))
}

pub(super) fn bad_from(why: &str) -> ApiError {
    ApiError::field(ErrorCode::BadField, "from", format!("The sender's address is refused: {why}."))
}

/// Number `place` (from 0) of the recipients is no address.
pub(super) fn bad_recipient(place: usize, why: &str) -> ApiError {
    ApiError::field(ErrorCode::BadField, "to", format!("Recipient {} is refused: {why}.", place + 1))
}

pub(super) fn no_recipients() -> ApiError {
    ApiError::field(ErrorCode::BadField, "to", "A message needs at least one recipient in \"to\".")
}

pub(super) fn too_many_recipients(most: usize) -> ApiError {
    let sentence = format!("A message has at most {most} recipients. Send the rest in another message.");
    ApiError::field(ErrorCode::BadField, "to", sentence)
}

/// What the rules of our own names say of number `place` (from 0) of the recipients.
pub(super) fn not_admitted(place: usize, address: &str, answer: &OurReply) -> ApiError {
    let number = place + 1;
    let (code, sentence) = if *answer == reply::UNKNOWN_USER {
        (ErrorCode::UnknownUser, format!("Recipient {number}, {address}, is at one of our own names and has no alias."))
    } else if *answer == reply::ALIAS_LOOP {
        (ErrorCode::BadField, format!("Recipient {number}, {address}: its alias leads back to itself."))
    } else {
        (ErrorCode::BadField, format!("Recipient {number}, {address}, may not be sent to from here."))
    };
    ApiError::field(code, "to", sentence)
}

pub(super) fn bad_wish(field: &'static str, sentence: &str) -> ApiError {
    ApiError::field(ErrorCode::BadField, field, sentence)
}

pub(super) fn bad_json(why: &serde_json::Error) -> ApiError {
    let why: String = why.to_string().chars().take(SHOWN_CHARS_MAX).collect();
    let sentence = format!("The body is not {{\"from\": \"…\", \"to\": [\"…\"], \"raw\": \"…\"}}: {why}.");
    ApiError::new(ErrorCode::BadRequest, sentence)
}

/// What is wrong with the message in a JSON body, and behind which octet of that.
pub(super) fn bad_raw(what: &str, octet: usize) -> ApiError {
    ApiError::field(ErrorCode::BadRequest, "raw", format!("In the JSON, behind octet {octet}: {what}."))
}

pub(super) fn envelope_too_large(most: usize) -> ApiError {
    let sentence = format!("The JSON around the message is larger than the {most} octets that are accepted.");
    ApiError::new(ErrorCode::TooLarge, sentence)
}

pub(super) fn json_too_large(most: usize) -> ApiError {
    let sentence = format!(
        "The body is larger than the {most} octets that are accepted as JSON. Send the message itself, as message/rfc822."
    );
    ApiError::new(ErrorCode::TooLarge, sentence)
}

pub(super) fn bad_key() -> ApiError {
    let sentence = "An Idempotency-Key is given once and has 1 to 255 visible ASCII characters.";
    ApiError::field(ErrorCode::BadField, "Idempotency-Key", sentence)
}

pub(super) fn key_of_another(earlier: MessageId) -> ApiError {
    let sentence = format!(
        "This Idempotency-Key was used for another request, which became message {earlier}. Nothing was kept; \
         use a new key for a new message."
    );
    ApiError::field(ErrorCode::Conflict, "Idempotency-Key", sentence)
}

pub(super) fn no_memory() -> ApiError {
    ApiError::new(ErrorCode::Busy, "Too many messages are coming at once. Send it again later.")
}

/// Nothing is kept of a message for this reason.
pub(super) fn lost(loss: &Loss, max_message_bytes: u64) -> ApiError {
    match loss {
        Loss::Oversize => too_large(max_message_bytes),
        Loss::Memory => no_memory(),
        Loss::Spool(why) => not_kept(why),
    }
}

/// The spool did not take it.
pub(super) fn not_kept(why: &SpoolError) -> ApiError {
    if *why == SpoolError::Full {
        return disk_full();
    }
    tracing::error!(%why, "a message could not be kept; its sender was told to try again");
    cannot_keep()
}

fn disk_full() -> ApiError {
    let sentence = "The disk of the queue is full. The message was not kept; send it again later.";
    ApiError::new(ErrorCode::DiskFull, sentence)
}

fn cannot_keep() -> ApiError {
    let sentence = "The message could not be written to disk. It was not kept; send it again later.";
    ApiError::new(ErrorCode::Unavailable, sentence)
}

pub(super) fn broke_off() -> ApiError {
    ApiError::new(ErrorCode::BadRequest, "The body broke off before its end. Send it again.")
}

pub(super) fn too_slow() -> ApiError {
    ApiError::new(ErrorCode::BadRequest, "The body comes too slowly. Send it again over a better connection.")
}

// The words above say these numbers.
const _: () = assert!(limits::TEXT_LINE_BYTES_MAX == 998 && limits::RECEIVED_FIELDS_MAX == 50);
const _: () = assert!(limits::HEADER_BYTES_MAX == 256 * 1024 && limits::HEADER_FIELDS_MAX == 1_000);
const _: () = assert!(super::key::KEY_BYTES_MAX == 255);
