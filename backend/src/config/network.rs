//! IP addresses, ports and networks as the file writes them. Networks stay text: the rooms that use them have a type of
//! their own and read the same text; here it is only made sure that they will.

use common::words::SettingPhrase;
use std::net::{IpAddr, SocketAddr};

/// A listener: `127.0.0.1:2525`, `[::1]:2525`. Port 0 would listen where nobody looks.
pub(super) fn listener(key: &str, text: &str) -> Result<SocketAddr, SettingPhrase<'static>> {
    match text.parse::<SocketAddr>() {
        Ok(address) if address.port() != 0 => Ok(address),
        _ => Err(bad(key, text, "127.0.0.1:2525")),
    }
}

/// A name server: an address, with port 53 unless another is written.
pub(super) fn name_server(key: &str, text: &str) -> Result<SocketAddr, SettingPhrase<'static>> {
    if let Ok(ip) = text.parse::<IpAddr>() {
        return Ok(SocketAddr::new(ip, 53));
    }
    match text.parse::<SocketAddr>() {
        Ok(address) if address.port() != 0 => Ok(address),
        _ => Err(bad(key, text, "127.0.0.1:53")),
    }
}

/// A network: `192.0.2.0/24`, `2001:db8::/32`, or one address.
pub(super) fn network(key: &str, text: &str) -> Result<String, SettingPhrase<'static>> {
    let example = "192.0.2.0/24";
    let (address, bits) = text.split_once('/').map_or((text, None), |(address, bits)| (address, Some(bits)));
    let address: IpAddr = address.parse().map_err(|_| bad(key, text, example))?;
    let width: u32 = if address.is_ipv4() { 32 } else { 128 };
    let prefix = match bits {
        None => width,
        Some(bits) if bits.bytes().all(|byte| byte.is_ascii_digit()) => {
            bits.parse().ok().filter(|bits| *bits <= width).ok_or_else(|| bad(key, text, example))?
        }
        Some(_) => return Err(bad(key, text, example)),
    };
    let kept = |all: u128| all.checked_shr(prefix).map_or(all, |behind| all & !behind);
    let cleared = match address {
        IpAddr::V4(v4) => IpAddr::V4((v4.to_bits() & kept(u128::from(u32::MAX)) as u32).into()),
        IpAddr::V6(v6) => IpAddr::V6((v6.to_bits() & kept(u128::MAX)).into()),
    };
    if cleared != address {
        let network = format!("{cleared}/{prefix}");
        return Err(SettingPhrase::HostBits {
            key: key.to_owned().into(),
            value: text.to_owned().into(),
            network: network.into(),
        });
    }
    Ok(text.to_owned())
}

/// A name of the console as browsers write it: `NAME`, `NAME:PORT`, `http://…` or `https://…`.
pub(super) fn public_name(key: &str, text: &str) -> Result<String, SettingPhrase<'static>> {
    let bare = text.strip_prefix("https://").or_else(|| text.strip_prefix("http://")).unwrap_or(text);
    let bare = bare.strip_suffix('/').unwrap_or(bare);
    let (name, port) = match bare.rsplit_once(':') {
        Some((name, port)) if !name.contains(':') => (name, port.parse::<u16>().is_ok_and(|port| port != 0)),
        _ => (bare, true),
    };
    let named = name.parse::<common::vocab::Domain>().is_ok() || name.parse::<IpAddr>().is_ok();
    if named && port { Ok(text.to_owned()) } else { Err(bad(key, text, "queue.example.net")) }
}

/// "This value means nothing; write one like that."
pub(super) fn bad(key: &str, value: &str, example: &str) -> SettingPhrase<'static> {
    SettingPhrase::BadValue {
        key: key.to_owned().into(),
        value: value.to_owned().into(),
        example: format!("\"{example}\"").into(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn networks_are_kept_as_they_are_written() {
        for text in ["127.0.0.0/8", "::1", "0.0.0.0/0", "::/0", "192.0.2.1", "192.0.2.1/32", "2001:db8::/32"] {
            assert_eq!(network("k", text).as_deref(), Ok(text));
        }
    }

    #[test]
    fn bits_behind_the_prefix_are_refused_with_the_network_that_was_meant() {
        for (text, meant) in
            [("127.0.0.1/8", "127.0.0.0/8"), ("10.1.2.3/0", "0.0.0.0/0"), ("2001:db8::1/32", "2001:db8::/32")]
        {
            let Err(SettingPhrase::HostBits { network, .. }) = network("k", text) else { panic!("{text}") };
            assert_eq!(network, meant);
        }
    }

    #[test]
    fn a_name_of_the_console_is_one_that_a_browser_could_write() {
        for text in ["queue.example.net", "queue.example.net:8443", "https://queue.example.net/", "192.0.2.1"] {
            assert_eq!(public_name("k", text).as_deref(), Ok(text));
        }
        for text in ["", "https://", "a b", "queue.example.net/x", "queue.example.net:0", "queue.example.net:x", "*"] {
            assert!(public_name("k", text).is_err(), "{text}");
        }
    }

    #[test]
    fn what_is_no_network_is_refused() {
        for text in
            ["", "/8", "example.com", "10.0.0.0/33", "10.0.0.0/", "10.0.0.0/+8", "::/129", "10.0.0/8", "10.0.0.0/8/8"]
        {
            assert!(matches!(network("k", text), Err(SettingPhrase::BadValue { .. })), "{text}");
        }
    }

    #[test]
    fn a_name_server_without_a_port_is_asked_at_53() {
        assert_eq!(name_server("k", "::1"), Ok("[::1]:53".parse().unwrap()));
        assert_eq!(name_server("k", "127.0.0.1:5300"), Ok("127.0.0.1:5300".parse().unwrap()));
        assert!(name_server("k", "dns.example.com").is_err());
        assert!(name_server("k", "127.0.0.1:0").is_err());
    }
}
