//! The guard's tables: what each kind of address is, and who may connect to it.

use super::*;

const PROBE_PORT: u16 = 25;

fn guard(allow: &[&str], own: &[&str]) -> TargetGuard {
    TargetGuard::new(GuardSettings {
        allow: allow.iter().map(|block| block.parse().unwrap()).collect(),
        own: own.iter().map(|address| address.parse().unwrap()).collect(),
        probe_ports: vec![PROBE_PORT],
    })
}

fn judge(guard: &TargetGuard, ip: &str, by: Permit) -> Result<(), TargetRule> {
    let address = SocketAddr::new(ip.parse().unwrap(), PROBE_PORT);
    guard.permits(address, by).map_err(|forbidden| forbidden.rule)
}

const EVERYONE: [Permit; 4] = [Permit::Mx, Permit::RouteLiteral, Permit::RouteName { port: PROBE_PORT }, Permit::Probe];

#[test]
fn ordinary_addresses_are_permitted_to_everyone() {
    let guard = guard(&[], &[]);
    for ip in ["8.8.8.8", "193.0.0.1", "172.32.0.1", "100.128.0.1", "2606:4700::1", "2a00::1", "64:ff9b::808:808"] {
        for by in EVERYONE {
            assert_eq!(judge(&guard, ip, by), Ok(()), "{ip} by {by:?}");
        }
    }
}

#[test]
fn some_addresses_are_refused_whatever_is_configured() {
    let guard = guard(&["0.0.0.0/0", "::/0"], &[]);
    for (ip, reason) in [
        ("0.0.0.0", TargetRule::Unspecified),
        ("::", TargetRule::Unspecified),
        ("::ffff:0.0.0.0", TargetRule::Unspecified),
        ("224.0.0.1", TargetRule::Multicast),
        ("239.255.255.255", TargetRule::Multicast),
        ("ff02::1", TargetRule::Multicast),
        ("240.0.0.1", TargetRule::Reserved),
        ("255.255.255.255", TargetRule::Reserved),
        ("::ffff:224.0.0.1", TargetRule::Multicast),
        ("64:ff9b::e000:1", TargetRule::Multicast),
        ("2002:f000:1::", TargetRule::Reserved),
    ] {
        for by in EVERYONE {
            assert_eq!(judge(&guard, ip, by), Err(reason), "{ip} by {by:?}");
        }
    }
}

/// Addresses that need a permission; `internal` ones are granted by a route to a name.
const BY_PERMISSION: [(&str, TargetRule); 26] = [
    ("127.0.0.1", TargetRule::Loopback),
    ("127.255.0.1", TargetRule::Loopback),
    ("::1", TargetRule::Loopback),
    ("169.254.169.254", TargetRule::LinkLocal),
    ("fe80::1", TargetRule::LinkLocal),
    ("febf::1", TargetRule::LinkLocal),
    ("fd00:ec2::254", TargetRule::Metadata),
    ("100.100.100.200", TargetRule::Metadata),
    ("10.0.0.1", TargetRule::Private),
    ("172.16.0.1", TargetRule::Private),
    ("172.31.255.255", TargetRule::Private),
    ("192.168.1.1", TargetRule::Private),
    ("fec0::1", TargetRule::Private),
    ("100.64.0.1", TargetRule::Shared),
    ("100.127.255.255", TargetRule::Shared),
    ("fc00::1", TargetRule::UniqueLocal),
    ("fdff::1", TargetRule::UniqueLocal),
    ("0.1.2.3", TargetRule::Special),
    ("192.0.0.8", TargetRule::Special),
    ("198.18.0.1", TargetRule::Special),
    ("64:ff9b:1::1", TargetRule::Special),
    ("192.0.2.1", TargetRule::Documentation),
    ("198.51.100.1", TargetRule::Documentation),
    ("203.0.113.1", TargetRule::Documentation),
    ("2001:db8::1", TargetRule::Documentation),
    ("3fff::1", TargetRule::Documentation),
];

#[test]
fn an_mx_record_and_a_probe_permit_nothing_local() {
    let guard = guard(&[], &[]);
    for (ip, reason) in BY_PERMISSION {
        assert_eq!(judge(&guard, ip, Permit::Mx), Err(reason), "{ip}");
        assert_eq!(judge(&guard, ip, Permit::Probe), Err(reason), "{ip}");
    }
}

#[test]
fn a_literal_address_in_a_route_permits_itself() {
    let guard = guard(&[], &[]);
    for (ip, _) in BY_PERMISSION {
        assert_eq!(judge(&guard, ip, Permit::RouteLiteral), Ok(()), "{ip}");
    }
}

#[test]
fn a_name_in_a_route_permits_internal_addresses_on_its_port_only() {
    let guard = guard(&[], &[]);
    for (ip, reason) in BY_PERMISSION {
        let internal = matches!(reason, TargetRule::Private | TargetRule::Shared | TargetRule::UniqueLocal);
        let expected = if internal { Ok(()) } else { Err(reason) };
        assert_eq!(judge(&guard, ip, Permit::RouteName { port: PROBE_PORT }), expected, "{ip}");
        assert_eq!(judge(&guard, ip, Permit::RouteName { port: 2626 }), Err(reason), "{ip}");
    }
}

#[test]
fn a_wrapped_address_is_judged_by_what_it_reaches() {
    let guard = guard(&[], &[]);
    for (ip, reason) in [
        ("::ffff:127.0.0.1", TargetRule::Loopback),
        ("::ffff:169.254.169.254", TargetRule::LinkLocal),
        ("::127.0.0.1", TargetRule::Loopback),
        ("64:ff9b::7f00:1", TargetRule::Loopback),
        ("64:ff9b::a9fe:a9fe", TargetRule::LinkLocal),
        ("2002:7f00:1::", TargetRule::Loopback),
        ("2002:a00:1::1", TargetRule::Private),
        ("2001:0:4136:e378:8000:63bf:80ff:fffe", TargetRule::Loopback), // Teredo: 7f00:0001 inverted
        ("2a00::5efe:10.0.0.1", TargetRule::Private),
        ("2a00::200:5efe:127.0.0.1", TargetRule::Loopback),
        ("fd00::5efe:8.8.8.8", TargetRule::UniqueLocal),
    ] {
        assert_eq!(judge(&guard, ip, Permit::Mx), Err(reason), "{ip}");
    }
}

#[test]
fn a_wrapped_address_needs_the_permission_of_both_its_faces() {
    let guard = guard(&["127.0.0.0/8"], &[]);
    assert_eq!(judge(&guard, "2002:7f00:1::", Permit::Mx), Ok(()));
    assert_eq!(judge(&guard, "fd00::5efe:127.0.0.1", Permit::Mx), Err(TargetRule::UniqueLocal));
    assert_eq!(judge(&guard, "fd00::5efe:127.0.0.1", Permit::RouteName { port: PROBE_PORT }), Ok(()));
}

#[test]
fn allowed_blocks_are_open_to_mail_and_to_probes_on_their_ports() {
    let guard = guard(&["127.0.0.0/8"], &[]);
    assert_eq!(judge(&guard, "127.0.0.11", Permit::Mx), Ok(()));
    assert_eq!(judge(&guard, "127.0.0.11", Permit::Probe), Ok(()));
    assert_eq!(judge(&guard, "::1", Permit::Mx), Err(TargetRule::Loopback));
    let at = |port| guard.permits(SocketAddr::new("127.0.0.11".parse().unwrap(), port), Permit::Probe);
    assert_eq!(at(22), Err(Forbidden { rule: TargetRule::ProbePort }));
}

#[test]
fn a_probe_looks_at_probe_ports_only_even_on_the_internet() {
    let at = |port| guard(&[], &[]).permits(SocketAddr::new("8.8.8.8".parse().unwrap(), port), Permit::Probe);
    assert_eq!(at(25), Ok(()));
    for port in [22, 80, 6379] {
        assert_eq!(at(port), Err(Forbidden { rule: TargetRule::ProbePort }));
    }
}

#[test]
fn port_zero_is_no_target() {
    let address = "8.8.8.8:0".parse().unwrap();
    assert_eq!(guard(&[], &[]).permits(address, Permit::Mx), Err(Forbidden { rule: TargetRule::Unspecified }));
}

#[test]
fn our_own_listener_is_never_a_target() {
    let guard = guard(&["127.0.0.0/8", "::1"], &["127.0.0.1:2525"]);
    let at = |text: &str, by| guard.permits(text.parse().unwrap(), by).map_err(|forbidden| forbidden.rule);
    for by in EVERYONE {
        assert_eq!(at("127.0.0.1:2525", by), Err(TargetRule::OurOwn), "{by:?}");
        assert_eq!(at("[::ffff:127.0.0.1]:2525", by), Err(TargetRule::OurOwn), "{by:?}");
    }
    assert_eq!(at("127.0.0.2:2525", Permit::Mx), Ok(()));
    assert_eq!(at("127.0.0.1:2526", Permit::Mx), Ok(()));
}

#[test]
fn a_listener_on_every_address_is_ours_on_every_address_of_this_machine() {
    for own in ["0.0.0.0:2525", "[::]:2525"] {
        let guard = guard(&["127.0.0.0/8", "::1"], &[own]);
        let at = |text: &str| guard.permits(text.parse().unwrap(), Permit::RouteLiteral).map_err(|f| f.rule);
        for ours in ["127.0.0.1:2525", "127.0.0.99:2525", "[::1]:2525", "[::ffff:127.0.0.1]:2525"] {
            assert_eq!(at(ours), Err(TargetRule::OurOwn), "{ours} with {own}");
        }
        assert_eq!(at("127.0.0.1:25"), Ok(()), "{own}");
        assert_eq!(at("8.8.8.8:2525"), Ok(()), "{own}");
    }
}

proptest::proptest! {
    #[test]
    fn no_wrapping_opens_what_is_closed(bits: u32, high: u64) {
        let guard = guard(&[], &[]);
        let inner = Ipv4Addr::from_bits(bits);
        let low = u128::from(bits);
        let wrappings = [
            low,                                                                  // IPv4-compatible
            0xffff << 32 | low,                                                   // v4-mapped
            0x64_ff9b << 96 | low,                                                // NAT64
            0x2002 << 112 | low << 80 | u128::from(high),                         // 6to4
            0x2001 << 112 | u128::from(high >> 32) << 64 | u128::from(!bits),     // Teredo
            u128::from(high) << 64 | 0x5efe << 32 | low,                          // ISATAP
        ];
        for by in EVERYONE {
            if judge(&guard, &inner.to_string(), by).is_err() {
                for wrapping in wrappings {
                    let outer = Ipv6Addr::from_bits(wrapping);
                    proptest::prop_assert!(judge(&guard, &outer.to_string(), by).is_err(), "{outer} by {by:?}");
                }
            }
        }
    }
}
