//! What the writer of a file should know although nothing is wrong with it.

use crate::config::Config;
use crate::config::sheet::Section;
use common::words::SettingPhrase;

/// Keys that are accepted, because they are promised, and that do nothing yet. A key leaves this list when it works.
const NOT_BUILT: [(&str, &[&str]); 2] = [("dns", &["trust_anchor", "dane"]), ("tls", &["policy_port"])];

/// Those of [`NOT_BUILT`] that the file sets.
pub(super) fn not_built(top: &Section<'_, '_>) -> Vec<String> {
    let mut found = Vec::new();
    for (name, keys) in NOT_BUILT {
        let table = top.section(name);
        found.extend(keys.iter().filter(|key| table.has(key)).map(|key| table.name(key)));
    }
    found
}

/// All notes, in the order of the file's tables.
pub(super) fn notes(config: &Config) -> Vec<SettingPhrase<'static>> {
    let mut notes = Vec::new();
    let hostname = config.hostname.to_string();
    if !config.hostname_given {
        notes.push(SettingPhrase::HostnameGuessed(hostname.clone().into()));
    }
    if !hostname.contains('.') {
        notes.push(SettingPhrase::HostnameBare(hostname.clone().into()));
    }
    let open = config.smtp.relay_from.iter().find(|network| network.ends_with("/0"));
    notes.extend(open.map(|network| SettingPhrase::OpenRelay(network.clone().into())));
    if config.smtp.relay_from.is_empty() {
        notes.push(SettingPhrase::NobodyRelays);
    }
    if !config.local.aliases.contains_key("postmaster") {
        notes.push(SettingPhrase::PostmasterNowhere(hostname.into()));
    }
    notes.extend(config.not_built.iter().map(|key| SettingPhrase::NotBuilt(key.clone().into())));
    notes
}
