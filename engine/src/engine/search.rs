//! A look through the whole queue for what a filter means, a slice at a time.
//!
//! The asker holds the place and comes back with it, so that the engine keeps nothing of a search, and other events have
//! their turn between two slices. What is seen is true at the time of its slice.

use super::Engine;
use crate::view::{Found, Search};
use common::filter::Candidate;
use common::vocab::{MessageId, Timestamp};
use std::ops::Bound;

/// Recipients that are looked at in a slice; the last message is looked at whole. About half a millisecond.
const SLICE_RECIPIENTS: usize = 250;

impl Engine {
    /// The next slice of a search.
    pub fn search(&self, now: Timestamp, search: &Search) -> Found {
        let start = search.after.map_or(Bound::Unbounded, Bound::Excluded);
        let mut found = Found::default();
        let mut looked_at = 0;
        for (mid, book) in self.messages.range((start, Bound::Unbounded)) {
            if looked_at >= SLICE_RECIPIENTS {
                return found;
            }
            looked_at += book.recipients.max(1) as usize;
            found.place = Some(*mid);
            self.look_at(now, *mid, search, &mut found);
        }
        found.place = None;
        found
    }

    pub(super) fn look_at(&self, now: Timestamp, mid: MessageId, search: &Search, found: &mut Found) {
        let Some(mut view) = self.message(now, mid) else { return };
        let envelope = view.envelope.clone();
        view.recipients.retain(|recipient| {
            let Some(address) = envelope.recipients.get(recipient.rid.0 as usize) else { return false };
            let (badge, active) = self.standing(address.domain());
            let reply = recipient.latest.as_ref().and_then(|(_, reply)| reply.as_ref()).map(ToString::to_string);
            search.filter.passes(&Candidate {
                mid,
                from: envelope.from.as_ref().map_or("", |from| from.as_str()),
                to: address.as_str(),
                host: address.domain().as_str(),
                badge,
                active,
                cause: recipient.cause,
                attempts: recipient.attempts,
                reply: reply.as_deref(),
                age: now.since(envelope.received_at),
                size_bytes: envelope.size_bytes,
            })
        });
        if view.recipients.is_empty() {
            return;
        }
        found.messages += 1;
        if search.shown_after.is_some_and(|shown| mid <= shown) {
            return;
        }
        if found.shown.len() < search.room {
            found.shown.push(view);
        } else {
            found.more = true;
        }
    }
}
