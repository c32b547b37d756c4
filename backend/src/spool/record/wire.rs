//! Numbers, texts and lists in octets: LEB128, then length and octets.
//!
//! Promises: what is put reads back; no octets whatever make the reader panic or allocate more than they are worth.
//! Never: knows what a value means.

use common::vocab::{Address, RecipientId};

/// Appends a number.
pub fn put_number(buffer: &mut Vec<u8>, mut number: u64) {
    while number >= 0x80 {
        buffer.push(number as u8 | 0x80);
        number >>= 7;
    }
    buffer.push(number as u8);
}

/// Appends a text.
pub fn put_text(buffer: &mut Vec<u8>, text: &str) {
    put_number(buffer, text.len() as u64);
    buffer.extend_from_slice(text.as_bytes());
}

/// Takes values off the front; `None` when there is no such value.
pub struct Reader<'a>(pub &'a [u8]);

impl<'a> Reader<'a> {
    /// Reads one value that has to be all there is.
    pub fn whole<T>(mut self, read: impl FnOnce(&mut Reader<'a>) -> Option<T>) -> Option<T> {
        let value = read(&mut self)?;
        self.0.is_empty().then_some(value)
    }

    /// One octet.
    pub fn octet(&mut self) -> Option<u8> {
        let (&first, rest) = self.0.split_first()?;
        self.0 = rest;
        Some(first)
    }

    /// So many octets.
    pub fn octets<const COUNT: usize>(&mut self) -> Option<[u8; COUNT]> {
        let (octets, rest) = self.0.split_first_chunk()?;
        self.0 = rest;
        Some(*octets)
    }

    /// A number.
    pub fn number(&mut self) -> Option<u64> {
        let mut number = 0u64;
        for shift in (0..64).step_by(7) {
            let octet = self.octet()?;
            let part = u64::from(octet & 0x7f);
            if shift == 63 && part > 1 {
                return None;
            }
            number |= part << shift;
            if octet & 0x80 == 0 {
                return Some(number);
            }
        }
        None
    }

    /// A number of at most 32 bits.
    pub fn small(&mut self) -> Option<u32> {
        self.number()?.try_into().ok()
    }

    /// A recipient's number.
    pub fn rid(&mut self) -> Option<RecipientId> {
        self.small().map(RecipientId)
    }

    /// A text.
    pub fn text(&mut self) -> Option<&'a str> {
        let length = usize::try_from(self.number()?).ok()?;
        let (text, rest) = self.0.split_at_checked(length)?;
        self.0 = rest;
        std::str::from_utf8(text).ok()
    }

    /// An address.
    pub fn address(&mut self) -> Option<Address> {
        self.text()?.parse().ok()
    }

    /// A count and so many values, each of at least `least` octets: a count that cannot be true allocates nothing.
    pub fn list<T>(&mut self, least: usize, read: impl Fn(&mut Reader<'a>) -> Option<T>) -> Option<Vec<T>> {
        let count = usize::try_from(self.number()?).ok()?;
        if count > self.0.len() / least {
            return None;
        }
        (0..count).map(|_| read(self)).collect()
    }
}
