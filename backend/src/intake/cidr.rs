//! A network of IP addresses, `192.0.2.0/24` or `2001:db8::/32`: which clients may relay.
//!
//! Promises: an address that hides an IPv4 one (`::ffff:192.0.2.1`) is judged as that one, on both sides.
//! Never: looks anything up.

use std::fmt;
use std::net::IpAddr;
use std::str::FromStr;

/// A network: all addresses that share their first `prefix` bits.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Cidr {
    network: IpAddr,
    prefix: u8,
}

/// Why a text is no network.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum CidrError {
    /// What stands before the `/` is no IP address.
    Address(String),
    /// What stands after the `/` is no number of bits, or more than the address has (the second value).
    Prefix(String, u8),
    /// Bits are set behind the prefix: the text may mean something else than its writer thinks. The network it lies in.
    HostBits(String, Cidr),
}

impl fmt::Display for CidrError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            CidrError::Address(text) => {
                write!(f, "{text:?} is no IP address: write a network such as 192.0.2.0/24 or 2001:db8::/32")
            }
            CidrError::Prefix(text, most) => write!(f, "{text:?} is no prefix length: write a number from 0 to {most}"),
            CidrError::HostBits(text, network) => {
                write!(f, "{text:?} has bits set behind its prefix: write {network}, or the one address alone")
            }
        }
    }
}
impl std::error::Error for CidrError {}

impl Cidr {
    /// Whether `address` lies in this network. A v4-mapped address counts as the IPv4 address in it.
    pub fn contains(&self, address: IpAddr) -> bool {
        masked(address.to_canonical(), self.prefix) == Some(self.network)
    }
}

/// The address with all bits behind `prefix` cleared; `None` if it has fewer bits than that.
fn masked(address: IpAddr, prefix: u8) -> Option<IpAddr> {
    match address {
        IpAddr::V4(v4) => {
            let host_bits = 32u32.checked_sub(u32::from(prefix))?;
            let mask = u32::MAX.checked_shl(host_bits).unwrap_or(0);
            Some(IpAddr::V4((v4.to_bits() & mask).into()))
        }
        IpAddr::V6(v6) => {
            let host_bits = 128u32.checked_sub(u32::from(prefix))?;
            let mask = u128::MAX.checked_shl(host_bits).unwrap_or(0);
            Some(IpAddr::V6((v6.to_bits() & mask).into()))
        }
    }
}

impl FromStr for Cidr {
    type Err = CidrError;

    /// Reads `ADDRESS/BITS`, or `ADDRESS` alone for one address.
    fn from_str(text: &str) -> Result<Cidr, CidrError> {
        let (address, bits) = text.split_once('/').map_or((text, None), |(address, bits)| (address, Some(bits)));
        let written: IpAddr = address.parse().map_err(|_| CidrError::Address(text.into()))?;
        let most = if written.is_ipv4() { 32 } else { 128 };
        let written_prefix = match bits {
            None => most,
            Some(bits) => {
                let digits = bits.bytes().all(|byte| byte.is_ascii_digit());
                let number: Option<u8> = digits.then(|| bits.parse().ok()).flatten();
                number.filter(|&number| number <= most).ok_or_else(|| CidrError::Prefix(bits.into(), most))?
            }
        };
        let unwrapped = written.to_canonical();
        // A mapped network of /96 or longer is an IPv4 network; a shorter one stays what it is.
        let (address, prefix) = match unwrapped {
            IpAddr::V4(_) if written.is_ipv6() && written_prefix >= 96 => (unwrapped, written_prefix - 96),
            _ => (written, written_prefix),
        };
        let network = masked(address, prefix).ok_or_else(|| CidrError::Prefix(bits.unwrap_or("").into(), most))?;
        let cidr = Cidr { network, prefix };
        if network != address {
            return Err(CidrError::HostBits(text.into(), cidr));
        }
        Ok(cidr)
    }
}

impl fmt::Display for Cidr {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{}", self.network, self.prefix)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn holds(network: &str, address: &str) -> bool {
        network.parse::<Cidr>().unwrap().contains(address.parse().unwrap())
    }

    #[test]
    fn a_network_holds_its_addresses_and_no_others() {
        assert!(holds("127.0.0.0/8", "127.255.0.1"));
        assert!(!holds("127.0.0.0/8", "128.0.0.1"));
        assert!(holds("::1", "::1"));
        assert!(!holds("::1", "::2"));
        assert!(holds("0.0.0.0/0", "203.0.113.9"));
        assert!(!holds("0.0.0.0/0", "2001:db8::1"));
        assert!(holds("2001:db8::/32", "2001:db8:ffff::1"));
        assert!(!holds("2001:db8::/32", "2001:db9::1"));
    }

    #[test]
    fn a_mapped_address_is_judged_as_the_one_in_it() {
        assert!(holds("127.0.0.0/8", "::ffff:127.0.0.1"));
        assert!(holds("::ffff:10.0.0.0/104", "10.1.2.3"));
        assert!(!holds("::/0", "127.0.0.1"));
    }

    #[test]
    fn what_is_no_network_is_refused_with_what_to_write() {
        for (text, hint) in [
            ("", "192.0.2.0/24"),
            ("localhost", "192.0.2.0/24"),
            ("10.0.0.0/33", "0 to 32"),
            ("10.0.0.0/", "0 to 32"),
            ("10.0.0.0/+8", "0 to 32"),
            ("::/129", "0 to 128"),
            ("10.0.0.1/8", "write 10.0.0.0/8"),
        ] {
            let sentence = text.parse::<Cidr>().unwrap_err().to_string();
            assert!(sentence.contains(hint), "{text:?}: {sentence}");
        }
    }
}
