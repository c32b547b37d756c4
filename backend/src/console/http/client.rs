//! Who is at the other end of a connection: as the connection tells, and as a proxy of ours tells.
//!
//! Promises: what `X-Forwarded-For` or `Forwarded` (RFC 7239) says is believed only where the connection comes from a
//! network of `console.proxies`, and only as far to the left as such proxies wrote it. Where both fields are there and
//! differ, one of them is a stranger's, and neither is believed. Never: a field for anything but the address.

use crate::connect::cidr::Cidr;
use axum::http::HeaderMap;
use std::net::{IpAddr, SocketAddr};

/// The other end. Put beside every request by the connection that it came over.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Client {
    /// Its address; `None` on the control socket.
    pub address: Option<IpAddr>,
}

impl From<SocketAddr> for Client {
    fn from(address: SocketAddr) -> Client {
        Client { address: Some(address.ip().to_canonical()) }
    }
}

impl From<tokio::net::unix::SocketAddr> for Client {
    fn from(_: tokio::net::unix::SocketAddr) -> Client {
        Client { address: None }
    }
}

/// The client's address behind the proxies that are named; the connection's own where it comes from nobody of them.
pub(super) fn behind(proxies: &[Cidr], peer: IpAddr, fields: &HeaderMap) -> IpAddr {
    let is_proxy = |address: IpAddr| proxies.iter().any(|network| network.contains(address));
    if !is_proxy(peer) {
        return peer;
    }
    let by_field = |name: &str, read: fn(&str) -> Option<IpAddr>| {
        let lines: Vec<&str> = fields.get_all(name).iter().map(|line| line.to_str().unwrap_or("")).collect();
        let mut client = peer;
        // The last one was written by the proxy before us. A word that is no address ends what is known.
        for word in lines.iter().rev().flat_map(|line| line.rsplit(',')) {
            let Some(address) = read(word.trim()) else { break };
            client = address;
            if !is_proxy(address) {
                break;
            }
        }
        (!lines.is_empty()).then_some(client)
    };
    match (by_field("x-forwarded-for", address), by_field("forwarded", forwarded_for)) {
        (Some(one), Some(other)) if one != other => peer,
        (Some(client), _) | (None, Some(client)) => client,
        (None, None) => peer,
    }
}

/// `192.0.2.1`, `192.0.2.1:4711`, `2001:db8::1` or `[2001:db8::1]:4711`.
fn address(word: &str) -> Option<IpAddr> {
    let plain = || word.parse::<IpAddr>().ok();
    let with_port = || word.parse::<SocketAddr>().ok().map(|address| address.ip());
    let bracketed = || word.strip_prefix('[')?.strip_suffix(']')?.parse::<IpAddr>().ok();
    plain().or_else(with_port).or_else(bracketed).map(|address| address.to_canonical())
}

/// The `for` of an element of `Forwarded`: `for="[2001:db8::1]:4711";proto=https`.
fn forwarded_for(element: &str) -> Option<IpAddr> {
    let mut pairs = element.split(';').filter_map(|pair| pair.trim().split_once('='));
    let (_, value) = pairs.find(|(name, _)| name.eq_ignore_ascii_case("for"))?;
    address(value.trim_matches('"'))
}

#[cfg(test)]
mod tests {
    use super::*;
    use axum::http::{HeaderName, HeaderValue};

    fn client(peer: &str, lines: &[(&'static str, &str)]) -> String {
        let proxies: Vec<Cidr> = ["127.0.0.0/8", "10.0.0.0/8"].map(|text| text.parse().unwrap()).into();
        let field = |(name, value): &(&'static str, &str)| {
            (HeaderName::from_static(name), HeaderValue::try_from(*value).unwrap())
        };
        let mut fields = HeaderMap::new();
        for (name, value) in lines.iter().map(field) {
            fields.append(name, value);
        }
        behind(&proxies, peer.parse().unwrap(), &fields).to_string()
    }

    #[test]
    fn a_strangers_field_is_ignored() {
        assert_eq!(client("192.0.2.9", &[("x-forwarded-for", "198.51.100.1")]), "192.0.2.9");
        assert_eq!(client("192.0.2.9", &[("forwarded", "for=198.51.100.1")]), "192.0.2.9");
    }

    #[test]
    fn a_proxy_is_believed_as_far_as_proxies_wrote_it() {
        for (line, address) in [
            ("198.51.100.1", "198.51.100.1"),
            ("203.0.113.7, 198.51.100.1", "198.51.100.1"), // the left one came with the request
            ("203.0.113.7, 198.51.100.1, 10.1.2.3", "198.51.100.1"),
            ("198.51.100.1:4711", "198.51.100.1"),
            ("[2001:db8::1]:4711", "2001:db8::1"),
            ("::ffff:198.51.100.1", "198.51.100.1"),
            ("10.1.2.3", "10.1.2.3"),
            ("198.51.100.1, unknown", "127.0.0.1"),
            ("", "127.0.0.1"),
        ] {
            assert_eq!(client("127.0.0.1", &[("x-forwarded-for", line)]), address, "{line}");
        }
        let lines = [("x-forwarded-for", "203.0.113.7"), ("x-forwarded-for", "198.51.100.1")];
        assert_eq!(client("127.0.0.1", &lines), "198.51.100.1");
    }

    #[test]
    fn the_standard_field_is_read_too_and_two_that_differ_are_not_believed() {
        for (line, address) in [
            ("for=198.51.100.1", "198.51.100.1"),
            ("proto=https;For=\"[2001:db8::1]:4711\";by=10.0.0.1", "2001:db8::1"),
            ("for=203.0.113.7, for=198.51.100.1", "198.51.100.1"),
            ("for=\", for=198.51.100.1", "198.51.100.1"),
            ("for=_hidden", "127.0.0.1"),
        ] {
            assert_eq!(client("127.0.0.1", &[("forwarded", line)]), address, "{line}");
        }
        let both = |other| [("x-forwarded-for", "198.51.100.1"), ("forwarded", other)];
        assert_eq!(client("127.0.0.1", &both("for=198.51.100.1")), "198.51.100.1");
        assert_eq!(client("127.0.0.1", &both("for=203.0.113.7")), "127.0.0.1");
    }
}
