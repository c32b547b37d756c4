//! The client's name for a submission: asking twice keeps once (the HTTP field `Idempotency-Key`).
//!
//! Promises: two requests are the same if envelope, wishes and message are, whether they came as JSON or as
//! `message/rfc822`; no two different requests look alike, since every part is measured before it is mixed in.
//! Never: remembers; that is the spool's.

use crate::intake::http::refusal;
use crate::spool::IdempotencyKey;
use common::wire::ApiError;
use engine::envelope::Envelope;
use sha2::{Digest, Sha256};

/// Characters of a key. A UUID has 36.
pub const KEY_BYTES_MAX: usize = 255;

/// A well-formed key.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Key(Box<[u8]>);

impl Key {
    /// Reads the field's value.
    ///
    /// # Errors
    /// Empty, too long, or not visible ASCII.
    pub fn parse(value: &[u8]) -> Result<Key, ApiError> {
        let sound = (1..=KEY_BYTES_MAX).contains(&value.len()) && value.iter().all(u8::is_ascii_graphic);
        if sound { Ok(Key(value.into())) } else { Err(refusal::bad_key()) }
    }

    /// The key for what was asked: the envelope, and the message as the client sent it, without our fields: its header,
    /// and the sum of the rest, of which a large one is not in memory.
    pub(super) fn seal(&self, envelope: &Envelope, header: &[u8], rest: &[u8; 32]) -> IdempotencyKey {
        let mut request = Sha256::new();
        mix(&mut request, envelope.from.as_ref().map_or("", |from| from.as_str()).as_bytes());
        request.update((envelope.recipients.len() as u64).to_be_bytes());
        for recipient in &envelope.recipients {
            mix(&mut request, recipient.as_str().as_bytes());
        }
        mix(&mut request, format!("{:?}", envelope.dsn).as_bytes());
        mix(&mut request, header);
        request.update(rest);
        IdempotencyKey { name: Sha256::digest(&self.0).into(), request: request.finalize().into() }
    }
}

/// The length first: `ab` and `c` are not `a` and `bc`.
fn mix(digest: &mut Sha256, part: &[u8]) {
    digest.update((part.len() as u64).to_be_bytes());
    digest.update(part);
}

#[cfg(test)]
mod tests {
    use super::*;
    use common::vocab::{MessageId, Timestamp};

    fn seal(key: &str, from: &str, to: &[&str], message: &str) -> IdempotencyKey {
        seal_with(key, from, to, message, 0)
    }

    fn seal_with(key: &str, from: &str, to: &[&str], message: &str, rest: u8) -> IdempotencyKey {
        let envelope = Envelope {
            mid: MessageId(message.len() as u64),
            from: from.parse().ok(),
            recipients: to.iter().map(|text| text.parse().unwrap()).collect(),
            size_bytes: 0,
            received_at: Timestamp(0),
            eight_bit: false,
            smtputf8: false,
            dsn: Default::default(),
        };
        Key::parse(key.as_bytes()).unwrap().seal(&envelope, message.as_bytes(), &[rest; 32])
    }

    #[test]
    fn the_same_request_has_the_same_seal_and_any_other_has_not() {
        let first = seal("k", "a@b.test", &["c@d.test"], "x");
        assert_eq!(seal("k", "a@b.test", &["c@d.test"], "x"), first);
        for other in [
            seal("k", "", &["c@d.test"], "x"),
            seal("k", "a@b.test", &["c@d.test", "e@d.test"], "x"),
            seal("k", "a@b.test", &["c@d.test"], "y"),
            seal_with("k", "a@b.test", &["c@d.test"], "x", 1),
        ] {
            assert_eq!(other.name, first.name);
            assert_ne!(other.request, first.request);
        }
        assert_ne!(seal("l", "a@b.test", &["c@d.test"], "x").name, first.name);
    }

    #[test]
    fn a_key_is_visible_ascii_within_bounds() {
        assert!(Key::parse(&[b'x'; 255]).is_ok());
        for value in [&b""[..], b"a b", b"\xff", &[b'x'; 256]] {
            assert!(Key::parse(value).is_err());
        }
    }
}
