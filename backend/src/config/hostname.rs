//! The name we greet with: configured, or the machine's own.

use common::vocab::Domain;
use common::words::SettingPhrase;
use std::net::IpAddr;

/// The name of a machine that has none that could be used.
const NAMELESS: &str = "localhost.localdomain";
/// Where Linux keeps the machine's name: as it is now, and as it will be at the next boot.
const PLACES: [&str; 2] = ["/proc/sys/kernel/hostname", "/etc/hostname"];

/// Reads `hostname`.
pub(super) fn read(key: &str, text: &str) -> Result<Domain, SettingPhrase<'static>> {
    if text.trim_matches(['[', ']']).parse::<IpAddr>().is_ok() {
        return Err(SettingPhrase::HostnameIsAddress(text.to_owned().into()));
    }
    text.parse().map_err(|why: common::vocab::DomainError| SettingPhrase::BadBecause {
        key: key.to_owned().into(),
        value: text.to_owned().into(),
        why: why.to_string().into(),
    })
}

/// The machine's name, if it is a domain.
pub(super) fn of_machine() -> Domain {
    let names = PLACES.iter().filter_map(|place| std::fs::read_to_string(place).ok());
    first_usable(names)
}

/// The first of the names that is a domain and says more than "this machine".
fn first_usable(mut names: impl Iterator<Item = String>) -> Domain {
    names
        .find_map(|name| read("hostname", name.trim()).ok().filter(|name| name.as_str() != "localhost"))
        .unwrap_or_else(|| NAMELESS.parse().expect("a constant name"))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn usable(names: &[&str]) -> String {
        first_usable(names.iter().map(|name| name.to_string())).to_string()
    }

    #[test]
    fn a_machine_without_a_usable_name_is_localhost_localdomain() {
        assert_eq!(usable(&[]), NAMELESS);
        assert_eq!(usable(&["(none)\n", "", "localhost\n", "127.0.0.1"]), NAMELESS);
        assert_eq!(usable(&["(none)", "MX1.example.com\n"]), "mx1.example.com");
    }
}
