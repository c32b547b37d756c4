//! A block of addresses in CIDR notation (RFC 4632, RFC 4291 §2.3), as `allow_targets` writes it.
//!
//! Promises: a block says exactly which addresses it holds; a text that means two things is refused with the
//! sentence that mends it. Never: names, ranges, masks in dotted form. The walk goes on to `guard`.

use std::fmt;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};
use std::str::FromStr;

/// The prefix of the IPv6 block that wraps IPv4 addresses, `::ffff:0:0/96` (RFC 4291 §2.5.5.2).
const MAPPED_PREFIX: u8 = 96;

/// A block of addresses: `10.0.0.0/8`, `fd00::/8`, or one address.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Cidr {
    network: IpAddr,
    prefix: u8,
}

/// Why a text is no block of addresses.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum CidrError {
    /// What stands before the slash is no IP address.
    Address(String),
    /// What stands behind the slash is no number that fits the address.
    Prefix {
        /// What stands there.
        found: String,
        /// The largest that fits: 32 or 128.
        max: u8,
    },
    /// Bits are set behind the prefix; probably a typing error.
    HostBits {
        /// The block that was probably meant.
        meant: Cidr,
    },
}

impl fmt::Display for CidrError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            CidrError::Address(found) => write!(f, "{found:?} is no IP address; write a block such as 10.0.0.0/8"),
            CidrError::Prefix { found, max } => {
                write!(f, "{found:?} is no prefix length; write a number from 0 to {max} behind the slash")
            }
            CidrError::HostBits { meant } => write!(f, "bits are set behind the prefix; write {meant}"),
        }
    }
}
impl std::error::Error for CidrError {}

impl Cidr {
    /// Whether the address lies in the block. An IPv4 address wrapped in IPv6 (`::ffff:10.0.0.1`) counts as IPv4.
    pub fn contains(&self, address: IpAddr) -> bool {
        match (self.network, address.to_canonical()) {
            (IpAddr::V4(network), IpAddr::V4(address)) => mask4(address, self.prefix) == network,
            (IpAddr::V6(network), IpAddr::V6(address)) => mask6(address, self.prefix) == network,
            _ => false,
        }
    }
}

fn mask4(address: Ipv4Addr, prefix: u8) -> Ipv4Addr {
    let mask = u32::MAX.checked_shl(32 - u32::from(prefix)).unwrap_or(0);
    Ipv4Addr::from_bits(address.to_bits() & mask)
}

fn mask6(address: Ipv6Addr, prefix: u8) -> Ipv6Addr {
    let mask = u128::MAX.checked_shl(128 - u32::from(prefix)).unwrap_or(0);
    Ipv6Addr::from_bits(address.to_bits() & mask)
}

impl FromStr for Cidr {
    type Err = CidrError;

    /// Reads `ADDRESS/PREFIX` or `ADDRESS`. A block of wrapped IPv4 addresses (`::ffff:10.0.0.0/104`) becomes the
    /// IPv4 block that it means.
    fn from_str(text: &str) -> Result<Cidr, CidrError> {
        let (address, prefix) = match text.split_once('/') {
            Some((address, prefix)) => (address, Some(prefix)),
            None => (text, None),
        };
        let address: IpAddr = address.parse().map_err(|_| CidrError::Address(address.into()))?;
        let max = if address.is_ipv4() { 32 } else { 128 };
        let prefix = match prefix {
            None => max,
            Some(found) => read_prefix(found, max).ok_or_else(|| CidrError::Prefix { found: found.into(), max })?,
        };
        let (address, prefix) = match address.to_canonical() {
            IpAddr::V4(inner) if address.is_ipv6() && prefix >= MAPPED_PREFIX => {
                (IpAddr::V4(inner), prefix - MAPPED_PREFIX)
            }
            _ => (address, prefix),
        };
        let network = match address {
            IpAddr::V4(address) => IpAddr::V4(mask4(address, prefix)),
            IpAddr::V6(address) => IpAddr::V6(mask6(address, prefix)),
        };
        let block = Cidr { network, prefix };
        if network == address { Ok(block) } else { Err(CidrError::HostBits { meant: block }) }
    }
}

/// Only digits: `+8` and ` 8` are typing errors.
fn read_prefix(text: &str, max: u8) -> Option<u8> {
    let digits = !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
    let number: u8 = digits.then(|| text.parse().ok()).flatten()?;
    (number <= max).then_some(number)
}

impl fmt::Display for Cidr {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{}", self.network, self.prefix)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_block_holds_its_addresses_and_no_others() {
        for (block, inside, outside) in [
            ("127.0.0.0/8", "127.255.255.255", "128.0.0.0"),
            ("10.1.2.128/25", "10.1.2.255", "10.1.2.127"),
            ("192.0.2.7", "192.0.2.7", "192.0.2.8"),
            ("0.0.0.0/0", "255.255.255.255", "::1"),
            ("fd00::/8", "fdff::1", "fe00::"),
            ("::1", "::1", "::2"),
            ("::/0", "2001:db8::1", "10.0.0.1"),
            ("127.0.0.0/8", "::ffff:127.0.0.1", "::ffff:128.0.0.1"),
            ("::ffff:10.0.0.0/104", "10.9.9.9", "11.0.0.0"),
        ] {
            let cidr: Cidr = block.parse().unwrap();
            assert!(cidr.contains(inside.parse().unwrap()), "{inside} in {block}");
            assert!(!cidr.contains(outside.parse().unwrap()), "{outside} not in {block}");
        }
    }

    #[test]
    fn a_block_is_printed_as_it_is_read() {
        for text in ["127.0.0.0/8", "192.0.2.7/32", "fd00::/8", "::/0"] {
            assert_eq!(text.parse::<Cidr>().unwrap().to_string(), text);
        }
    }

    #[test]
    fn what_is_no_block_is_refused_with_what_to_write() {
        for (text, sentence) in [
            ("example.com", r#""example.com" is no IP address; write a block such as 10.0.0.0/8"#),
            ("", r#""" is no IP address; write a block such as 10.0.0.0/8"#),
            ("010.0.0.0/8", r#""010.0.0.0" is no IP address; write a block such as 10.0.0.0/8"#),
            ("10.0.0.0/33", r#""33" is no prefix length; write a number from 0 to 32 behind the slash"#),
            ("10.0.0.0/+8", r#""+8" is no prefix length; write a number from 0 to 32 behind the slash"#),
            ("10.0.0.0/", r#""" is no prefix length; write a number from 0 to 32 behind the slash"#),
            ("fd00::/129", r#""129" is no prefix length; write a number from 0 to 128 behind the slash"#),
            ("10.0.0.1/8", "bits are set behind the prefix; write 10.0.0.0/8"),
            ("fd00::1/64", "bits are set behind the prefix; write fd00::/64"),
        ] {
            assert_eq!(text.parse::<Cidr>().unwrap_err().to_string(), sentence);
        }
    }
}
