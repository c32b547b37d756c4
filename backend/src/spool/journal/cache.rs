//! Fresh bodies in memory, so that a first attempt never reads the disk.
//!
//! Promises: never more than its bound; the lowest message numbers, the oldest, go first.
//! Never: the only copy of anything.

use bytes::Bytes;
use common::vocab::MessageId;
use std::collections::BTreeMap;

/// The newest bodies, up to a bound.
#[derive(Debug)]
pub struct BodyCache {
    bodies: BTreeMap<MessageId, Bytes>,
    bytes: usize,
    bytes_max: usize,
}

impl BodyCache {
    /// An empty cache for so many octets.
    pub fn new(bytes_max: usize) -> BodyCache {
        BodyCache { bodies: BTreeMap::new(), bytes: 0, bytes_max }
    }

    /// Keeps a body and lets the oldest go.
    pub fn put(&mut self, mid: MessageId, body: Bytes) {
        self.bytes += body.len();
        if let Some(before) = self.bodies.insert(mid, body) {
            self.bytes -= before.len();
        }
        while self.bytes > self.bytes_max
            && let Some((_, oldest)) = self.bodies.pop_first()
        {
            self.bytes -= oldest.len();
        }
    }

    /// The body, if it is still here.
    pub fn get(&self, mid: MessageId) -> Option<Bytes> {
        self.bodies.get(&mid).cloned()
    }

    /// The message is done.
    pub fn remove(&mut self, mid: MessageId) {
        if let Some(body) = self.bodies.remove(&mid) {
            self.bytes -= body.len();
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_oldest_body_goes_when_the_bound_is_reached() {
        let mut cache = BodyCache::new(10);
        for mid in 1..=3 {
            cache.put(MessageId(mid), Bytes::from(vec![mid as u8; 4]));
        }
        assert_eq!(cache.get(MessageId(1)), None);
        assert_eq!(cache.get(MessageId(3)), Some(Bytes::from_static(&[3; 4])));
        cache.remove(MessageId(2));
        cache.put(MessageId(4), Bytes::from_static(b"abcdef"));
        assert_eq!(cache.bytes, 10);
        cache.put(MessageId(5), Bytes::from_static(b"larger than all of it"));
        assert_eq!((cache.bytes, cache.bodies.len()), (0, 0));
    }
}
