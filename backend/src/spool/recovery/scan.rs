//! Walks through the octets of one segment: which records are good, what between them is damaged, where it ends.
//!
//! Promises: after damage the next good record is found; nothing that lies inside a body passes for one.
//! Works in time proportional to the segment, whatever is in it.
//! Never: reads what a record says.

use crate::spool::frame::{END_BYTES, FRAME_BYTES, Head, Seal, find_head, payload_passes, read_head};
use crate::spool::segment::HEADER_BYTES;
use std::ops::Range;

/// A torn write is at most one group: 4 MiB of bodies and what goes around them.
const TORN_BYTES_MAX: usize = 8 << 20;

/// What a segment holds.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct Scan {
    /// Good records: offset and head, in order.
    pub records: Vec<(usize, Head)>,
    /// Damage that was on disk before something behind it was written: lost records.
    pub lost: Vec<Range<usize>>,
    /// Damage behind which nothing proves that it was ever on disk: a write in progress when the power went.
    pub torn: Vec<Range<usize>>,
    /// Behind the last good record.
    pub end: usize,
    /// So much was on disk for certain while it was written.
    pub synced: usize,
}

impl Scan {
    /// Nothing is damaged, and nothing lies behind the end: the segment may be written on.
    pub fn is_clean(&self) -> bool {
        self.lost.is_empty() && self.torn.is_empty()
    }
}

/// Scans a segment from its start. `completed`: the next segment began where `bytes` ends, and says how much of this one
/// was on disk for certain.
pub fn scan(bytes: &[u8], seal: Seal, completed: Option<u32>) -> Scan {
    let mut scan = Scan { end: HEADER_BYTES as usize, ..Scan::default() };
    let mut holes: Vec<Range<usize>> = Vec::new();
    let mut at = HEADER_BYTES as usize;
    while at < bytes.len() {
        match read_head(&bytes[at..], seal, at as u32) {
            Some(head) if at + head.total() <= bytes.len() => {
                let next = at + head.total();
                if payload_passes(&head, &bytes[at + FRAME_BYTES..next], seal, at as u32) {
                    scan.records.push((at, head));
                    scan.end = next;
                } else {
                    holes.push(at..next);
                }
                at = next;
            }
            Some(_) => {
                holes.push(at..bytes.len());
                break;
            }
            None => {
                let next = find_head(bytes, at + 1, seal);
                let hole = at..next.unwrap_or(bytes.len());
                // At a clean end, and only there, nothing follows.
                let ended = next.is_none() && completed.is_none();
                holes.extend(if ended { tail(bytes, at) } else { Some(hole.clone()) });
                at = hole.end;
            }
        }
    }
    if completed.is_some() {
        scan.end = bytes.len();
    }
    let durable = scan.records.iter().map(|(_, head)| head.durable as usize).max().unwrap_or(0);
    scan.synced = completed.map_or(durable, |synced| durable.max(synced as usize));
    (scan.lost, scan.torn) = holes.into_iter().partition(|hole| hole.start < scan.synced);
    scan
}

/// What was torn off behind the last good record: nothing if the zero end stands there.
fn tail(bytes: &[u8], at: usize) -> Option<Range<usize>> {
    let rest = &bytes[at..bytes.len().min(at + TORN_BYTES_MAX)];
    if rest.iter().take(END_BYTES).all(|&byte| byte == 0) {
        return None;
    }
    let length = rest.iter().rposition(|&byte| byte != 0)? + 1;
    Some(at..at + length)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::spool::frame::{begin, finish};

    const SEAL: Seal = Seal { salt: 0xfeed_face_cafe_f00d, number: 3 };
    const START: usize = HEADER_BYTES as usize;

    /// A segment with records of these payloads and groups; `durable` is that of each record.
    fn segment(records: &[(&[u8], usize)]) -> Vec<u8> {
        let mut bytes = vec![0; START];
        for (payload, durable) in records {
            let start = begin(&mut bytes);
            bytes.extend_from_slice(payload);
            finish(&mut bytes, start, 1, SEAL, start as u32, *durable as u32);
        }
        bytes
    }

    fn padded(mut bytes: Vec<u8>) -> Vec<u8> {
        bytes.resize(bytes.len() + 100, 0);
        bytes
    }

    fn only(pieces: &[Range<usize>]) -> (usize, usize) {
        assert_eq!(pieces.len(), 1);
        (pieces[0].start, pieces[0].end)
    }

    #[test]
    fn good_records_are_found_up_to_the_zero_end() {
        let bytes = segment(&[(b"one", START), (b"two", START + 27)]);
        let end = bytes.len();
        let scan = scan(&padded(bytes), SEAL, None);
        assert_eq!(scan.records.len(), 2);
        assert_eq!(scan.end, end);
        assert!(scan.is_clean());
    }

    #[test]
    fn damage_below_what_was_synced_is_lost_and_above_it_torn() {
        let second = START + FRAME_BYTES + 3;
        for (durable_of_last, lost) in [(START, false), (second + 27, true)] {
            let mut bytes = padded(segment(&[(b"one", START), (b"two", START), (b"three", durable_of_last)]));
            bytes[second + 25] ^= 1;
            let scan = scan(&bytes, SEAL, None);
            assert_eq!(scan.records.len(), 2);
            assert_eq!((scan.lost.len(), scan.torn.len()), if lost { (1, 0) } else { (0, 1) });
        }
    }

    #[test]
    fn a_segment_that_was_completed_has_a_torn_end_only_where_the_power_went() {
        let bytes = segment(&[(b"one", START), (b"two", START)]);
        let (length, second) = (bytes.len(), START + 27);
        let mut cut = bytes.clone();
        cut[length - 1] ^= 0x80;
        assert_eq!(only(&scan(&cut, SEAL, Some(length as u32)).lost), (second, length));
        assert_eq!(only(&scan(&cut, SEAL, Some(second as u32)).torn), (second, length));
        assert_eq!(only(&scan(&padded(cut), SEAL, None).torn), (second, length));
        let longer = padded(bytes);
        assert_eq!(scan(&longer, SEAL, Some(longer.len() as u32)).lost.len(), 1, "the zeros should not be there");
    }

    #[test]
    fn a_body_full_of_false_heads_is_passed_in_one_go() {
        let mut heads = Vec::new();
        for _ in 0..100_000 {
            heads.extend_from_slice(&[0xf5, b'N', 0xff, b'J', 1, 0, 0, 0, 0xff, 0xff, 0xff, 0]);
        }
        let mut bytes = padded(segment(&[(&heads, START), (b"after", START)]));
        bytes[START + 9] ^= 1; // the head of the first, so that its inside is searched
        let scan = scan(&bytes, SEAL, None);
        assert_eq!(scan.records.len(), 1);
        assert_eq!(scan.torn.len(), 1);
    }
}
