//! The one function that every outbound address passes, after it was resolved and before it is connected to.
//!
//! Promises: an address is judged by what it reaches, however it is wrapped (IPv4 in IPv6, 6to4, NAT64, Teredo,
//! ISATAP). Some are refused whatever is configured: unspecified, multicast, reserved, and our own listeners.
//! Local ones (loopback, link-local, private, …) need a permission: a route's or `allow_targets`'; an MX record
//! gives none. Never: a name, a look-up, a connection. The walk goes on to `dial`.

use crate::connect::cidr::Cidr;
use arc_swap::ArcSwap;
use common::vocab::TargetRule;
use common::words::Language;
use engine::route::NamedBy;
use std::fmt;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr, UdpSocket};
use std::sync::Arc;

/// What the guard knows from the configuration.
#[derive(Clone, Debug, Default)]
pub struct GuardSettings {
    /// `allow_targets`: blocks that need no other permission (for probes: on probe ports only).
    pub allow: Vec<Cidr>,
    /// Our own listeners (intake, console). `0.0.0.0:PORT` means every address of this machine.
    pub own: Vec<SocketAddr>,
    /// Ports that a probe may look at; the caller adds the delivery port and the ports of routes.
    pub probe_ports: Vec<u16>,
}

/// Who wants to connect, and by whose word.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Permit {
    /// Delivery to an exchanger that DNS named. Permits nothing.
    Mx,
    /// Delivery to a literal address of a `[[route]]`. Permits that address and port.
    RouteLiteral,
    /// Delivery to a name of a `[[route]]`. Permits private, shared (CGNAT) and unique local addresses on its port.
    RouteName {
        /// The port written in the route.
        port: u16,
    },
    /// dig, telnet, diagnosis. Permits nothing, and only probe ports may be looked at.
    Probe,
}

impl Permit {
    /// What is permitted to an exchanger by whose word it is one; `port` is the one it is to be dialled at.
    pub fn of(named_by: NamedBy, port: u16) -> Permit {
        match named_by {
            NamedBy::Dns => Permit::Mx,
            NamedBy::RouteAddress => Permit::RouteLiteral,
            NamedBy::RouteName => Permit::RouteName { port },
        }
    }
}

/// A refused address.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Forbidden {
    /// Why.
    pub rule: TargetRule,
}

/// Refused whatever is configured.
fn is_final(rule: TargetRule) -> bool {
    use TargetRule::*;
    matches!(rule, Unspecified | Multicast | Reserved | OurOwn | ProbePort)
}

/// What a route to a *name* permits.
fn is_internal(rule: TargetRule) -> bool {
    matches!(rule, TargetRule::Private | TargetRule::Shared | TargetRule::UniqueLocal)
}

impl fmt::Display for Forbidden {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(Language::En.say_rule(self.rule))
    }
}
impl std::error::Error for Forbidden {}

/// Judges addresses. Shared by delivery and probes.
#[derive(Debug, Default)]
pub struct TargetGuard {
    settings: ArcSwap<GuardSettings>,
}

impl TargetGuard {
    /// A guard with these settings.
    pub fn new(settings: GuardSettings) -> TargetGuard {
        TargetGuard { settings: ArcSwap::from_pointee(settings) }
    }

    /// Judges by other settings from now on. What is connected stays.
    pub fn reload(&self, settings: GuardSettings) {
        self.settings.store(Arc::new(settings));
    }

    /// Whether a connection to the address may be opened.
    ///
    /// An address that wraps an IPv4 address is judged twice: as what it is and as what it reaches. Both must pass.
    pub fn permits(&self, address: SocketAddr, by: Permit) -> Result<(), Forbidden> {
        let settings = self.settings.load();
        let forbid = |rule| Err(Forbidden { rule });
        let port = address.port();
        if port == 0 {
            return forbid(TargetRule::Unspecified);
        }
        let ip = address.ip().to_canonical();
        for face in std::iter::once(ip).chain(wrapped(ip).map(IpAddr::V4)) {
            if is_own(&settings, face, port) {
                return forbid(TargetRule::OurOwn);
            }
            match nature(face) {
                Some(rule) if is_final(rule) || !is_permitted(&settings, face, port, rule, by) => {
                    return forbid(rule);
                }
                _ => {}
            }
        }
        if by == Permit::Probe && !settings.probe_ports.contains(&port) {
            return forbid(TargetRule::ProbePort);
        }
        Ok(())
    }
}

fn is_permitted(settings: &GuardSettings, face: IpAddr, port: u16, rule: TargetRule, by: Permit) -> bool {
    let by_word = match by {
        Permit::Mx | Permit::Probe => false,
        Permit::RouteLiteral => true,
        Permit::RouteName { port: written } => is_internal(rule) && port == written,
    };
    by_word || settings.allow.iter().any(|block| block.contains(face))
}

fn is_own(settings: &GuardSettings, face: IpAddr, port: u16) -> bool {
    settings.own.iter().filter(|own| own.port() == port).any(|own| {
        let own = own.ip().to_canonical();
        own == face || (own.is_unspecified() && is_of_this_machine(face))
    })
}

/// Whether the address belongs to this machine. The kernel is asked by connecting a datagram socket, which sends
/// nothing: for an address of its own it takes that same address as source.
fn is_of_this_machine(address: IpAddr) -> bool {
    if address.is_loopback() || address.is_unspecified() {
        return true;
    }
    let from: SocketAddr = match address {
        IpAddr::V4(_) => (Ipv4Addr::UNSPECIFIED, 0).into(),
        IpAddr::V6(_) => (Ipv6Addr::UNSPECIFIED, 0).into(),
    };
    let source = UdpSocket::bind(from).and_then(|socket| {
        socket.connect((address, 9))?; // 9: discard; nothing is sent
        socket.local_addr()
    });
    source.is_ok_and(|source| source.ip() == address)
}

/// The IPv4 address that an IPv6 address reaches, if it wraps one.
fn wrapped(address: IpAddr) -> Option<Ipv4Addr> {
    let IpAddr::V6(address) = address else { return None };
    let parts = address.segments();
    let join = |high: u16, low: u16| Ipv4Addr::from_bits(u32::from(high) << 16 | u32::from(low));
    let last = join(parts[6], parts[7]);
    match parts {
        [0, 0, 0, 0, 0, 0, 0, _] => None, // ::, ::1 and other numbers that are no IPv4 address
        [0, 0, 0, 0, 0, 0, ..] => Some(last), // IPv4-compatible, RFC 4291 §2.5.5.1
        [0x64, 0xff9b, 0, 0, 0, 0, ..] => Some(last), // NAT64, RFC 6052
        [0x2002, high, low, ..] => Some(join(high, low)), // 6to4, RFC 3056
        [0x2001, 0, ..] => Some(Ipv4Addr::from_bits(!last.to_bits())), // Teredo, RFC 4380 §4: the client, inverted
        [_, _, _, _, 0 | 0x200, 0x5efe, ..] => Some(last), // ISATAP, RFC 5214 §6.1
        _ => None,
    }
}

/// What makes an address special; nothing for an ordinary one.
fn nature(address: IpAddr) -> Option<TargetRule> {
    match address {
        IpAddr::V4(address) => nature4(address),
        IpAddr::V6(address) => nature6(address),
    }
}

fn nature4(address: Ipv4Addr) -> Option<TargetRule> {
    Some(match address.octets() {
        [0, 0, 0, 0] => TargetRule::Unspecified,
        [224..=239, ..] => TargetRule::Multicast,
        [240..=255, ..] => TargetRule::Reserved,
        [127, ..] => TargetRule::Loopback,
        [169, 254, ..] => TargetRule::LinkLocal,
        [100, 100, 100, 200] => TargetRule::Metadata,
        [10, ..] | [172, 16..=31, ..] | [192, 168, ..] => TargetRule::Private,
        [100, 64..=127, ..] => TargetRule::Shared,
        [192, 0, 2, _] | [198, 51, 100, _] | [203, 0, 113, _] => TargetRule::Documentation,
        [0, ..] | [192, 0, 0, _] | [192, 88, 99, _] | [198, 18..=19, ..] => TargetRule::Special,
        _ => return None,
    })
}

fn nature6(address: Ipv6Addr) -> Option<TargetRule> {
    if address.is_unspecified() {
        return Some(TargetRule::Unspecified);
    }
    if address.is_loopback() {
        return Some(TargetRule::Loopback);
    }
    Some(match address.segments() {
        [0xff00..=0xffff, ..] => TargetRule::Multicast,
        [0xfe80..=0xfebf, ..] => TargetRule::LinkLocal,
        [0xfec0..=0xfeff, ..] => TargetRule::Private, // site-local, RFC 3879: still routed by some
        [0xfd00, 0xec2, ..] => TargetRule::Metadata,
        [0xfc00..=0xfdff, ..] => TargetRule::UniqueLocal,
        [0x2001, 0xdb8, ..] | [0x3fff, 0..=0xfff, ..] => TargetRule::Documentation,
        [0x64, 0xff9b, 1, ..] | [0x100, 0, 0, 0, ..] | [0x5f00, ..] => TargetRule::Special, // RFC 8215, 6666, 9602
        [0, 0, 0, 0, 0, 0, 0, _] => TargetRule::Special,
        _ => return None,
    })
}

#[cfg(test)]
mod tests;
