//! What we put in front of a message: our Received field, and the fields that its client left out (RFC 6409 §8).
//!
//! Promises: harmless and whole whatever the client sent; at most as long as the room that was kept for it.
//! Never: replaces a field that is there.

use crate::intake::http::fields::Fields;
use crate::intake::smtp::received::Trace;
use common::vocab::{ADDRESS_BYTES_MAX, Domain, MessageId, ReversePath, Timestamp};

/// Digits of the largest number of a message or a time (2^53 has 16).
const DIGITS_MAX: usize = 16;

/// What the fields are made of.
pub(super) struct Front<'a> {
    /// Our Received field.
    pub(super) trace: &'a Trace,
    /// The message.
    pub(super) mid: MessageId,
    /// When it came.
    pub(super) received_at: Timestamp,
    /// Our name.
    pub(super) hostname: &'a Domain,
}

impl Front<'_> {
    /// Octets that it may take.
    pub(super) fn room(trace: &Trace, hostname: &Domain) -> usize {
        let date = "Date: \r\n".len() + Timestamp(0).rfc5322().len();
        let from = "From: \r\n".len() + ADDRESS_BYTES_MAX;
        let id = "Message-ID: <.@>\r\n".len() + 2 * DIGITS_MAX + hostname.as_str().len();
        trace.room() + date + from + id
    }

    /// Writes the fields so that they end where `room` does, and says where they start.
    pub(super) fn write(&self, fields: &Fields, sender: &ReversePath, room: &mut [u8]) -> usize {
        let added = self.added(fields, sender);
        let added_at = room.len() - added.len();
        room[added_at..].copy_from_slice(added.as_bytes());
        let trace_at = added_at - self.trace.room();
        trace_at + self.trace.write_into(&mut room[trace_at..added_at], self.mid, self.received_at, false)
    }

    /// The fields that are missing. Who sends for nobody has no From to be given.
    fn added(&self, fields: &Fields, sender: &ReversePath) -> String {
        let mut added = String::new();
        if !fields.date {
            added.push_str(&format!("Date: {}\r\n", self.received_at.rfc5322()));
        }
        if let (false, Some(sender)) = (fields.from, sender) {
            added.push_str(&format!("From: {sender}\r\n"));
        }
        if !fields.message_id {
            let (at, mid, hostname) = (self.received_at.millis(), self.mid, self.hostname);
            added.push_str(&format!("Message-ID: <{at}.{mid}@{hostname}>\r\n"));
        }
        added
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn front(fields: &Fields, sender: &str) -> String {
        let hostname: Domain = "mail.test".parse().unwrap();
        let trace = Trace::by_http(Some("2001:db8::1".parse().unwrap()), &hostname);
        let mut room = vec![b'-'; Front::room(&trace, &hostname)];
        let (mid, received_at) = (MessageId((1 << 53) - 1), Timestamp(1_795_493_318_120));
        let front = Front { trace: &trace, mid, received_at, hostname: &hostname };
        let start = front.write(fields, &sender.parse().ok(), &mut room);
        String::from_utf8(room[start..].to_vec()).unwrap()
    }

    #[test]
    fn what_is_missing_is_added_below_our_received_field() {
        assert_eq!(
            front(&Fields::default(), "me@lab.test"),
            "Received: from [IPv6:2001:db8::1]\r\n\tby mail.test with HTTP id 9007199254740991; \
             Tue, 24 Nov 2026 04:08:38 +0000\r\nDate: Tue, 24 Nov 2026 04:08:38 +0000\r\nFrom: me@lab.test\r\n\
             Message-ID: <1795493318120.9007199254740991@mail.test>\r\n"
        );
        assert!(!front(&Fields::default(), "").contains("From: "));
    }

    #[test]
    fn what_is_there_stays_alone() {
        let all = Fields::read(b"Date: d\r\nFrom: f\r\nMessage-ID: <m>\r\n").unwrap();
        assert_eq!(front(&all, "me@lab.test").lines().count(), 2);
    }
}
