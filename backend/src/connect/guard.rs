//! The one function that every outbound address passes, after it was resolved and before it is connected to.
//!
//! Promises: an address is judged by what it reaches, however it is wrapped (IPv4 in IPv6, 6to4, NAT64, Teredo,
//! ISATAP). Some are refused whatever is configured: unspecified, multicast, reserved, and our own listeners.
//! Local ones (loopback, link-local, private, …) need a permission: a route's or `allow_targets`'; an MX record
//! gives none. Never: a name, a look-up, a connection. The walk goes on to `dial`.

use crate::connect::cidr::Cidr;
use engine::route::NamedBy;
use std::fmt;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr, UdpSocket};

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
    pub reason: Reason,
}

/// What an address is that makes it need a permission, or refuses it for good.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Reason {
    /// `0.0.0.0`, `::`, or port 0.
    Unspecified,
    /// 224.0.0.0/4, ff00::/8.
    Multicast,
    /// 240.0.0.0/4 and broadcast.
    Reserved,
    /// A listener of this server.
    OurOwn,
    /// A port that is not a probe port.
    ProbePort,
    /// 127.0.0.0/8, ::1.
    Loopback,
    /// 169.254.0.0/16, fe80::/10.
    LinkLocal,
    /// An address where clouds serve secrets to their machines, outside of the link-local block.
    Metadata,
    /// RFC 1918, fec0::/10.
    Private,
    /// 100.64.0.0/10 (RFC 6598).
    Shared,
    /// fc00::/7 (RFC 4193).
    UniqueLocal,
    /// 0.0.0.0/8, 192.0.0.0/24 and other blocks that lead to no host on the Internet (RFC 6890).
    Special,
    /// Blocks for documentation (RFC 5737, RFC 3849, RFC 9637).
    Documentation,
}

impl Reason {
    /// Refused whatever is configured.
    pub fn is_final(self) -> bool {
        matches!(self, Reason::Unspecified | Reason::Multicast | Reason::Reserved | Reason::OurOwn | Reason::ProbePort)
    }

    /// What a route to a *name* permits.
    fn is_internal(self) -> bool {
        matches!(self, Reason::Private | Reason::Shared | Reason::UniqueLocal)
    }
}

impl fmt::Display for Reason {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Reason::Unspecified => "an unspecified address",
            Reason::Multicast => "a multicast address",
            Reason::Reserved => "a reserved address",
            Reason::OurOwn => "a listener of this server",
            Reason::ProbePort => "a port that probes may not look at",
            Reason::Loopback => "a loopback address",
            Reason::LinkLocal => "a link-local address",
            Reason::Metadata => "a cloud metadata address",
            Reason::Private => "a private address",
            Reason::Shared => "a shared address (100.64.0.0/10)",
            Reason::UniqueLocal => "a unique local address (fc00::/7)",
            Reason::Special => "a special-purpose address",
            Reason::Documentation => "an address for documentation",
        })
    }
}

impl fmt::Display for Forbidden {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.reason.fmt(f)
    }
}
impl std::error::Error for Forbidden {}

/// Judges addresses. Built once from the configuration, shared by delivery and probes.
#[derive(Debug, Default)]
pub struct TargetGuard {
    settings: GuardSettings,
}

impl TargetGuard {
    /// A guard with these settings.
    pub fn new(settings: GuardSettings) -> TargetGuard {
        TargetGuard { settings }
    }

    /// Whether a connection to the address may be opened.
    ///
    /// An address that wraps an IPv4 address is judged twice: as what it is and as what it reaches. Both must pass.
    pub fn permits(&self, address: SocketAddr, by: Permit) -> Result<(), Forbidden> {
        let forbid = |reason| Err(Forbidden { reason });
        let port = address.port();
        if port == 0 {
            return forbid(Reason::Unspecified);
        }
        let ip = address.ip().to_canonical();
        for face in std::iter::once(ip).chain(wrapped(ip).map(IpAddr::V4)) {
            if self.is_own(face, port) {
                return forbid(Reason::OurOwn);
            }
            match nature(face) {
                Some(reason) if reason.is_final() || !self.is_permitted(face, port, reason, by) => {
                    return forbid(reason);
                }
                _ => {}
            }
        }
        if by == Permit::Probe && !self.settings.probe_ports.contains(&port) {
            return forbid(Reason::ProbePort);
        }
        Ok(())
    }

    fn is_permitted(&self, face: IpAddr, port: u16, reason: Reason, by: Permit) -> bool {
        let by_word = match by {
            Permit::Mx | Permit::Probe => false,
            Permit::RouteLiteral => true,
            Permit::RouteName { port: written } => reason.is_internal() && port == written,
        };
        by_word || self.settings.allow.iter().any(|block| block.contains(face))
    }

    fn is_own(&self, face: IpAddr, port: u16) -> bool {
        self.settings.own.iter().filter(|own| own.port() == port).any(|own| {
            let own = own.ip().to_canonical();
            own == face || (own.is_unspecified() && is_of_this_machine(face))
        })
    }
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
fn nature(address: IpAddr) -> Option<Reason> {
    match address {
        IpAddr::V4(address) => nature4(address),
        IpAddr::V6(address) => nature6(address),
    }
}

fn nature4(address: Ipv4Addr) -> Option<Reason> {
    Some(match address.octets() {
        [0, 0, 0, 0] => Reason::Unspecified,
        [224..=239, ..] => Reason::Multicast,
        [240..=255, ..] => Reason::Reserved,
        [127, ..] => Reason::Loopback,
        [169, 254, ..] => Reason::LinkLocal,
        [100, 100, 100, 200] => Reason::Metadata,
        [10, ..] | [172, 16..=31, ..] | [192, 168, ..] => Reason::Private,
        [100, 64..=127, ..] => Reason::Shared,
        [192, 0, 2, _] | [198, 51, 100, _] | [203, 0, 113, _] => Reason::Documentation,
        [0, ..] | [192, 0, 0, _] | [192, 88, 99, _] | [198, 18..=19, ..] => Reason::Special,
        _ => return None,
    })
}

fn nature6(address: Ipv6Addr) -> Option<Reason> {
    if address.is_unspecified() {
        return Some(Reason::Unspecified);
    }
    if address.is_loopback() {
        return Some(Reason::Loopback);
    }
    Some(match address.segments() {
        [0xff00..=0xffff, ..] => Reason::Multicast,
        [0xfe80..=0xfebf, ..] => Reason::LinkLocal,
        [0xfec0..=0xfeff, ..] => Reason::Private, // site-local, RFC 3879: still routed by some
        [0xfd00, 0xec2, ..] => Reason::Metadata,
        [0xfc00..=0xfdff, ..] => Reason::UniqueLocal,
        [0x2001, 0xdb8, ..] | [0x3fff, 0..=0xfff, ..] => Reason::Documentation,
        [0x64, 0xff9b, 1, ..] | [0x100, 0, 0, 0, ..] | [0x5f00, ..] => Reason::Special, // RFC 8215, 6666, 9602
        [0, 0, 0, 0, 0, 0, 0, _] => Reason::Special,
        _ => return None,
    })
}

#[cfg(test)]
mod tests;
