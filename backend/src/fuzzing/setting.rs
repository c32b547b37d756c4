//! Names and the file of settings.

use crate::config::Config;
use common::vocab::{Address, Domain};
use std::path::Path;

/// A domain or an address that was taken is taken again as what it is written as.
pub fn a_name_reads_back(input: &[u8]) {
    let Ok(text) = std::str::from_utf8(input) else { return };
    if let Ok(domain) = text.parse::<Domain>() {
        assert_eq!(domain.to_string().parse(), Ok(domain));
    }
    if let Ok(address) = text.parse::<Address>() {
        assert_eq!(address.to_string().parse(), Ok(address));
    }
}

/// Any file gives settings; what is wrong with it is said, and every complaint can be said in both languages.
pub fn a_setting_is_taken_or_complained_of(input: &[u8]) {
    let Ok(text) = std::str::from_utf8(input) else { return };
    let file = Path::new("nexthop.toml");
    let (config, complaints) = Config::parse(text, Some(file));
    for language in common::words::Language::ALL {
        assert!(complaints.iter().all(|complaint| !complaint.say(file, language).is_empty()));
        assert!(config.notes().iter().all(|note| !language.say_setting(note).is_empty()));
    }
}
