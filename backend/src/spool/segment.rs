//! A journal file and its header.
//!
//! ```text
//!   0     header, first copy     (one block)
//!   4096  header, second copy    (another block: one bad sector does not cost 32 MiB of mail)
//!   8192  records …  zero
//! ```
//!
//! Promises: a header passes only whole (CRC32C) and only in the file whose number it bears; it names the segment
//! before it and how much of that one counts, so that stale octets behind the end never pass.
//! Never: knows what a record says.

use crate::spool::frame::{END_BYTES, Seal};
use common::vocab::MessageId;
use std::hash::{BuildHasher, Hasher, RandomState};

/// Octets before the first record.
pub const HEADER_BYTES: u32 = 2 * COPY_BYTES as u32;
/// Octets between the two copies: the block of common disks.
pub const COPY_BYTES: usize = 4096;
/// Octets of a header that mean something.
const FIELDS_BYTES: usize = 64;
/// The format of journal files that this program writes.
const FORMAT_VERSION: u32 = 1;
const MAGIC: [u8; 8] = *b"NXHPJRNL";

/// The segment before this one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Previous {
    /// Which use of which number.
    pub seal: Seal,
    /// Octets of it that count.
    pub length: u32,
    /// Octets of it that were on disk for certain while it was written; all of them, unless the power went.
    pub synced: u32,
}

/// What stands at the start of a segment.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Header {
    /// Its number, and the salt of this use.
    pub seal: Seal,
    /// Message numbers below this one may have been given out.
    pub next_message: MessageId,
    /// The oldest segment that still counted when this header was written.
    pub oldest: u32,
    /// The segment before; `None` in the first one of all.
    pub previous: Option<Previous>,
    /// It belongs to the database. Says so by itself, so that it is not used again should the database be lost.
    pub adopted: bool,
}

/// What the start of a file says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum HeaderRead {
    /// A segment in use.
    Own(Header),
    /// Zeros, or the header of an earlier use: no record was ever written here under this number.
    Unused,
    /// Written by a newer program.
    Newer(u32),
    /// Neither copy can be read.
    Damaged,
}

impl Header {
    /// Both copies and the zero end behind them, ready to be written at the start of the file.
    pub fn encode(&self) -> Vec<u8> {
        let mut bytes = self.encode_copy().repeat(2);
        bytes.resize(HEADER_BYTES as usize + END_BYTES, 0);
        bytes
    }

    /// One copy of the header, for the start of the file and for [`COPY_BYTES`] behind it.
    pub fn encode_copy(&self) -> [u8; COPY_BYTES] {
        let mut copy = [0; COPY_BYTES];
        let previous = self.previous.unwrap_or(Previous { seal: Seal { salt: 0, number: 0 }, length: 0, synced: 0 });
        copy[..8].copy_from_slice(&MAGIC);
        copy[8..12].copy_from_slice(&FORMAT_VERSION.to_le_bytes());
        copy[16..20].copy_from_slice(&self.seal.number.to_le_bytes());
        copy[20..24].copy_from_slice(&self.oldest.to_le_bytes());
        copy[24..32].copy_from_slice(&self.seal.salt.to_le_bytes());
        copy[32..40].copy_from_slice(&self.next_message.0.to_le_bytes());
        copy[40..48].copy_from_slice(&previous.seal.salt.to_le_bytes());
        copy[48..52].copy_from_slice(&previous.seal.number.to_le_bytes());
        copy[52..56].copy_from_slice(&previous.length.to_le_bytes());
        copy[60..64].copy_from_slice(&previous.synced.to_le_bytes());
        copy[56] = u8::from(self.previous.is_some());
        copy[57] = u8::from(self.adopted);
        let sum = sum_of(&copy);
        copy[12..16].copy_from_slice(&sum.to_le_bytes());
        copy
    }

    /// Reads the start of the file with this number; a file shorter than a header was never used.
    pub fn read(bytes: &[u8], number: u32) -> HeaderRead {
        let Some(bytes) = bytes.get(..HEADER_BYTES as usize) else { return HeaderRead::Unused };
        let copies = [read_copy(&bytes[..COPY_BYTES]), read_copy(&bytes[COPY_BYTES..])];
        let own = |copy: &Copy| matches!(copy, Copy::Good(header) if header.seal.number == number);
        match copies {
            [Copy::Newer(version), _] | [_, Copy::Newer(version)] => HeaderRead::Newer(version),
            [first, _] if own(&first) => first.into(),
            [_, second] if own(&second) => second.into(),
            // Both copies are synced before the first record: where one is of an earlier use, there is none.
            [Copy::Good(_) | Copy::Zero, _] | [_, Copy::Good(_) | Copy::Zero] => HeaderRead::Unused,
            _ => HeaderRead::Damaged,
        }
    }
}

enum Copy {
    Good(Header),
    Zero,
    Newer(u32),
    Bad,
}

impl From<Copy> for HeaderRead {
    fn from(copy: Copy) -> HeaderRead {
        match copy {
            Copy::Good(header) => HeaderRead::Own(header),
            Copy::Zero => HeaderRead::Unused,
            Copy::Newer(version) => HeaderRead::Newer(version),
            Copy::Bad => HeaderRead::Damaged,
        }
    }
}

fn read_copy(copy: &[u8]) -> Copy {
    let word = |at: usize| u32::from_le_bytes([copy[at], copy[at + 1], copy[at + 2], copy[at + 3]]);
    let long = |at: usize| u64::from(word(at)) | u64::from(word(at + 4)) << 32;
    if copy[..FIELDS_BYTES].iter().all(|&byte| byte == 0) {
        return Copy::Zero;
    }
    if copy[..8] != MAGIC || sum_of(copy) != word(12) {
        return Copy::Bad;
    }
    if word(8) != FORMAT_VERSION {
        return Copy::Newer(word(8)); // place and reach of the sum are the same in all versions
    }
    let previous = Previous { seal: Seal { salt: long(40), number: word(48) }, length: word(52), synced: word(60) };
    Copy::Good(Header {
        seal: Seal { salt: long(24), number: word(16) },
        next_message: MessageId(long(32)),
        oldest: word(20),
        previous: (copy[56] != 0).then_some(previous),
        adopted: copy[57] != 0,
    })
}

/// Over all fields but the sum itself.
fn sum_of(copy: &[u8]) -> u32 {
    crc32c::crc32c_append(crc32c::crc32c(&copy[..12]), &copy[16..FIELDS_BYTES])
}

/// The file name of a segment.
pub fn file_name(number: u32) -> String {
    format!("{number:08}.jnl")
}

/// The number in a file name; `None` for names that are not ours.
pub fn number_of(name: &str) -> Option<u32> {
    let number = name.strip_suffix(".jnl")?.parse().ok()?;
    (file_name(number) == name).then_some(number)
}

/// A salt that nobody can foresee: `RandomState` is keyed by the system's generator.
pub fn new_salt() -> u64 {
    RandomState::new().build_hasher().finish()
}

#[cfg(test)]
mod tests {
    use super::*;

    const HEADER: Header = Header {
        seal: Seal { salt: 0xdead_beef_0123_4567, number: 12 },
        next_message: MessageId(99),
        oldest: 3,
        previous: Some(Previous { seal: Seal { salt: 5, number: 11 }, length: 777, synced: 700 }),
        adopted: false,
    };

    #[test]
    fn a_header_reads_back_in_its_own_file_only() {
        let first = Header { previous: None, adopted: true, ..HEADER };
        assert_eq!(Header::read(&HEADER.encode(), 12), HeaderRead::Own(HEADER));
        assert_eq!(Header::read(&first.encode(), 12), HeaderRead::Own(first));
        assert_eq!(Header::read(&HEADER.encode(), 13), HeaderRead::Unused);
        assert_eq!(Header::read(&[0; 20_000], 12), HeaderRead::Unused);
        assert_eq!(Header::read(&[1; 100], 12), HeaderRead::Unused);
    }

    #[test]
    fn one_bad_copy_does_no_harm_and_two_are_damage() {
        for bit in 0..FIELDS_BYTES * 8 {
            let mut bytes = HEADER.encode();
            bytes[bit / 8] ^= 1 << (bit % 8);
            assert_eq!(Header::read(&bytes, 12), HeaderRead::Own(HEADER), "bit {bit}");
            bytes[COPY_BYTES + bit / 8] ^= 1 << (bit % 8);
            assert_eq!(Header::read(&bytes, 12), HeaderRead::Damaged, "bit {bit}");
        }
    }

    #[test]
    fn a_header_of_a_newer_format_is_named() {
        let mut bytes = HEADER.encode();
        bytes[8] = 2;
        let sum = sum_of(&bytes[..COPY_BYTES]);
        bytes[12..16].copy_from_slice(&sum.to_le_bytes());
        assert_eq!(Header::read(&bytes, 12), HeaderRead::Newer(2));
    }

    #[test]
    fn only_our_names_have_numbers() {
        assert_eq!(number_of(&file_name(7)), Some(7));
        assert_eq!(number_of(&file_name(4_000_000_000)), Some(4_000_000_000));
        for name in ["7.jnl", "00000007.jnl.new", "+0000007.jnl", "lock", "-0000007.jnl"] {
            assert_eq!(number_of(name), None, "{name}");
        }
    }

    #[test]
    fn salts_differ() {
        let salts: std::collections::BTreeSet<u64> = (0..1_000).map(|_| new_salt()).collect();
        assert_eq!(salts.len(), 1_000);
    }
}
