//! The content of one JSON string, piece by piece: its escapes undone, its octets checked (RFC 8259 §7).
//!
//! Promises: gives out what a reader of the whole would; a lone surrogate, a control character, an unknown escape or octets
//! that are no UTF-8 are an error. Never: keeps more than it was just given, and at most three octets of a character.

/// Why it is no string.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Fault {
    /// A control character stands there as it is.
    Control,
    /// What follows `\` means nothing.
    Escape,
    /// Half of a character (a surrogate without its other half).
    Surrogate,
    /// Octets that are no UTF-8.
    Utf8,
}

impl Fault {
    /// As it ends a sentence.
    pub(super) fn what(self) -> &'static str {
        match self {
            Fault::Control => "a control character stands in \"raw\": write \\n for a line end",
            Fault::Escape => "an escape in \"raw\" is none of JSON",
            Fault::Surrogate => "a lone surrogate stands in \"raw\"",
            Fault::Utf8 => "\"raw\" is not UTF-8: send the message itself, as message/rfc822",
        }
    }
}

/// Where in the string it is.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
enum At {
    #[default]
    Plain,
    /// Behind a `\`.
    Escape,
    /// Behind `\u`: digits so far, and what they say.
    Digits(u8, u16),
}

/// See the top of this file.
#[derive(Debug, Default)]
pub(super) struct Unescape {
    at: At,
    /// The first half of a character beyond the first plane.
    high: Option<u16>,
    out: Vec<u8>,
}

impl Unescape {
    /// Takes the next octets up to the end of the string; how many those were, and whether its end was among them.
    pub(super) fn feed(&mut self, octets: &[u8]) -> Result<(usize, bool), Fault> {
        for (count, octet) in octets.iter().enumerate() {
            match self.at {
                At::Plain if *octet == b'"' && self.high.is_none() => return Ok((count + 1, true)),
                At::Plain => self.plain(*octet)?,
                At::Escape => self.escape(*octet)?,
                At::Digits(count, value) => self.digit(*octet, count, value)?,
            }
        }
        Ok((octets.len(), false))
    }

    fn plain(&mut self, octet: u8) -> Result<(), Fault> {
        match octet {
            b'\\' => self.at = At::Escape,
            _ if self.high.is_some() => return Err(Fault::Surrogate),
            0..=0x1f => return Err(Fault::Control),
            _ => self.out.push(octet),
        }
        Ok(())
    }

    fn escape(&mut self, octet: u8) -> Result<(), Fault> {
        self.at = At::Plain;
        if octet == b'u' {
            self.at = At::Digits(0, 0);
            return Ok(());
        }
        if self.high.is_some() {
            return Err(Fault::Surrogate);
        }
        self.out.push(match octet {
            b'"' | b'\\' | b'/' => octet,
            b'b' => 0x08,
            b'f' => 0x0c,
            b'n' => b'\n',
            b'r' => b'\r',
            b't' => b'\t',
            _ => return Err(Fault::Escape),
        });
        Ok(())
    }

    fn digit(&mut self, octet: u8, count: u8, value: u16) -> Result<(), Fault> {
        let digit = char::from(octet).to_digit(16).ok_or(Fault::Escape)?;
        let value = value << 4 | digit as u16; // one hexadecimal digit
        self.at = At::Digits(count + 1, value);
        if count < 3 {
            return Ok(());
        }
        self.at = At::Plain;
        let units = match self.high.take() {
            Some(high) => [high, value],
            None if (0xd800..0xdc00).contains(&value) => {
                self.high = Some(value);
                return Ok(());
            }
            None => [value, 0],
        };
        let character = char::decode_utf16(units).next().and_then(Result::ok).ok_or(Fault::Surrogate)?;
        self.out.extend_from_slice(character.encode_utf8(&mut [0; 4]).as_bytes());
        Ok(())
    }

    /// Gives out what is whole; a character of which a part has come waits for its rest.
    pub(super) fn take(&mut self, into: &mut Vec<u8>) -> Result<(), Fault> {
        let whole = match std::str::from_utf8(&self.out) {
            Ok(text) => text.len(),
            Err(error) if error.error_len().is_none() => error.valid_up_to(),
            Err(_) => return Err(Fault::Utf8),
        };
        into.extend_from_slice(&self.out[..whole]);
        self.out.drain(..whole);
        Ok(())
    }

    /// The string has ended: nothing of a character may be left.
    pub(super) fn end(&mut self) -> Result<(), Fault> {
        if self.out.is_empty() { Ok(()) } else { Err(Fault::Utf8) }
    }

    /// Octets of memory that it takes.
    pub(super) fn capacity(&self) -> usize {
        self.out.capacity()
    }
}
