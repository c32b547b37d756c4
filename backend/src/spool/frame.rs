//! The frame around a journal record: what tells a record from anything else that may lie on the disk.
//!
//! ```text
//!   0 magic(4)  4 kind(1)  5 zero(3)  8 length(4)  12 durable(4)  16 payload crc(4)  20 head crc(4)  24 payload …
//! ```
//!
//! Promises: a frame passes only at the offset, in the segment and during the use of the segment for which it was
//! written. What lies there from an earlier use does not pass; neither does a record that somebody wrote into a body,
//! since the salt is secret. The two sums start from different halves of the salt: guessing one does not give the other.
//! The head has a sum of its own, so that the search for the next good record never believes a length it cannot trust.
//! Never: reads or writes a file. All numbers are little-endian.

use crc32c::crc32c_append;

/// Octets before the payload.
pub const FRAME_BYTES: usize = 24;
/// Zero octets behind the last record of a segment: a clean end, not a torn write.
pub const END_BYTES: usize = 4;
/// Starts every frame. 0xF5 and 0xFF occur in no UTF-8 text.
const MAGIC: [u8; 4] = [0xf5, b'N', 0xff, b'J'];

/// The segment that a frame belongs to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Seal {
    /// Random, new at each use of the file.
    pub salt: u64,
    /// The segment's number.
    pub number: u32,
}

/// The head of a frame that passed its sum.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Head {
    /// What the payload is; see `record`.
    pub kind: u8,
    /// Octets of the payload.
    pub length: u32,
    /// Octets of this segment that were on disk for certain when the frame was written.
    /// What is damaged below that was lost; what is damaged above it may never have been acknowledged.
    pub durable: u32,
    payload_crc: u32,
}

impl Head {
    /// Octets of frame and payload.
    pub fn total(&self) -> usize {
        FRAME_BYTES + self.length as usize
    }
}

/// Leaves room for a frame; the payload is appended behind it, then [`finish`] closes it.
pub fn begin(buffer: &mut Vec<u8>) -> usize {
    let start = buffer.len();
    buffer.resize(start + FRAME_BYTES, 0);
    start
}

/// Closes the frame that begins at `start` of the buffer and will lie at `offset` of its segment.
pub fn finish(buffer: &mut [u8], start: usize, kind: u8, seal: Seal, offset: u32, durable: u32) {
    let frame = &mut buffer[start..];
    let length = (frame.len() - FRAME_BYTES) as u32; // a record fits in a segment, whose length is 32 bits
    let payload_crc = payload_sum(seal, offset, kind, &frame[FRAME_BYTES..]);
    frame[..4].copy_from_slice(&MAGIC);
    frame[4..8].copy_from_slice(&[kind, 0, 0, 0]);
    frame[8..12].copy_from_slice(&length.to_le_bytes());
    frame[12..16].copy_from_slice(&durable.to_le_bytes());
    frame[16..20].copy_from_slice(&payload_crc.to_le_bytes());
    let head_crc = head_sum(seal, offset, &frame[..20]);
    frame[20..24].copy_from_slice(&head_crc.to_le_bytes());
}

/// The head at the start of `bytes`, if it was written for this offset of this segment.
pub fn read_head(bytes: &[u8], seal: Seal, offset: u32) -> Option<Head> {
    let head = bytes.get(..FRAME_BYTES)?;
    let word = |at: usize| u32::from_le_bytes([head[at], head[at + 1], head[at + 2], head[at + 3]]);
    if head[..4] != MAGIC || head_sum(seal, offset, &head[..20]) != word(20) {
        return None;
    }
    Some(Head { kind: head[4], length: word(8), durable: word(12), payload_crc: word(16) })
}

/// Whether the payload is the one that the head was written for.
pub fn payload_passes(head: &Head, payload: &[u8], seal: Seal, offset: u32) -> bool {
    payload.len() == head.length as usize && payload_sum(seal, offset, head.kind, payload) == head.payload_crc
}

/// Where the next good head begins, from `from` on; `bytes` is the segment from its start.
pub fn find_head(bytes: &[u8], from: usize, seal: Seal) -> Option<usize> {
    let mut at = from;
    while let Some(step) = bytes.get(at..)?.iter().position(|&byte| byte == MAGIC[0]) {
        at += step;
        if read_head(&bytes[at..], seal, at as u32).is_some() {
            return Some(at);
        }
        at += 1;
    }
    None
}

fn payload_sum(seal: Seal, offset: u32, kind: u8, payload: &[u8]) -> u32 {
    let mut place = [0; 17];
    place[..8].copy_from_slice(&seal.salt.to_le_bytes());
    place[8..12].copy_from_slice(&seal.number.to_le_bytes());
    place[12..16].copy_from_slice(&offset.to_le_bytes());
    place[16] = kind;
    crc32c_append(crc32c_append(0, &place), payload)
}

fn head_sum(seal: Seal, offset: u32, head: &[u8]) -> u32 {
    let mut place = [0; 12];
    place[..4].copy_from_slice(&((seal.salt >> 32) as u32).to_le_bytes());
    place[4..8].copy_from_slice(&seal.number.to_le_bytes());
    place[8..12].copy_from_slice(&offset.to_le_bytes());
    crc32c_append(crc32c_append(0, &place), head)
}

#[cfg(test)]
mod tests {
    use super::*;

    const SEAL: Seal = Seal { salt: 0x1234_5678_9abc_def0, number: 7 };

    fn framed(payload: &[u8], seal: Seal, offset: u32) -> Vec<u8> {
        let mut buffer = Vec::new();
        let start = begin(&mut buffer);
        buffer.extend_from_slice(payload);
        finish(&mut buffer, start, 3, seal, offset, 100);
        buffer
    }

    fn passes(bytes: &[u8], seal: Seal, offset: u32) -> bool {
        read_head(bytes, seal, offset)
            .is_some_and(|head| bytes.get(FRAME_BYTES..).is_some_and(|p| payload_passes(&head, p, seal, offset)))
    }

    #[test]
    fn a_frame_passes_where_it_was_written_for_and_nowhere_else() {
        let bytes = framed(b"payload", SEAL, 8192);
        assert!(passes(&bytes, SEAL, 8192));
        assert!(!passes(&bytes, SEAL, 8193));
        assert!(!passes(&bytes, Seal { number: 8, ..SEAL }, 8192));
        assert!(!passes(&bytes, Seal { salt: SEAL.salt ^ 1, ..SEAL }, 8192), "low half of the salt");
        assert!(!passes(&bytes, Seal { salt: SEAL.salt ^ (1 << 40), ..SEAL }, 8192), "high half of the salt");
    }

    #[test]
    fn no_single_flipped_bit_passes() {
        let bytes = framed(b"a payload of some length", SEAL, 8192);
        for bit in 0..bytes.len() * 8 {
            let mut flipped = bytes.clone();
            flipped[bit / 8] ^= 1 << (bit % 8);
            assert!(!passes(&flipped, SEAL, 8192), "bit {bit}");
        }
    }

    #[test]
    fn the_next_good_head_is_found_behind_rubbish_that_looks_like_one() {
        let mut bytes = vec![0; 100];
        bytes.extend_from_slice(&MAGIC);
        bytes.extend_from_slice(&framed(b"of another offset", SEAL, 5));
        let at = bytes.len();
        bytes.extend_from_slice(&framed(b"good", SEAL, at as u32));
        assert_eq!(find_head(&bytes, 0, SEAL), Some(at));
        assert_eq!(find_head(&bytes, at + 1, SEAL), None);
        assert_eq!(find_head(&bytes, bytes.len() + 5, SEAL), None);
    }
}
