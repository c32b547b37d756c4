//! Sentences about settings, in English.

use crate::words::SettingPhrase;

pub(super) fn say(phrase: &SettingPhrase<'_>) -> String {
    use SettingPhrase::*;
    match phrase {
        Unreadable(why) => format!("the configuration cannot be read: {why}"),
        FileTooLarge(most) => format!("the file is larger than {most} octets; a configuration is not"),
        NotUtf8 => "this line is not UTF-8 text".into(),
        Syntax(why) => format!("this is not TOML: {why}"),
        UnknownKey { .. } => unknown_key(phrase),
        WrongType { key, found, example } => format!("{key} cannot be of type {found}; write {example}"),
        BadValue { key, value, example } => format!("{key}: {value:?} means nothing here; write for example {example}"),
        BadBecause { key, value, why } => format!("{key}: {value:?} is refused: {why}"),
        NotOneOf { key, value, allowed } => format!("{key}: {value:?} is not one of {allowed}"),
        OutOfRange { key, value, least, most } => format!("{key}: {value} is not between {least} and {most}"),
        ListLength { key, found, least, most } => {
            format!("{key} has {found} entries; write at least {least} and at most {most}")
        }
        Missing { key, example } => format!("{key} is missing; add for example {example}"),
        Twice { key, value } => format!("{key}: {value:?} is there twice; remove one"),
        HostBits { key, value, network } => {
            format!("{key}: {value:?} has bits set behind its prefix; write {network:?}, or the one address alone")
        }
        HostnameIsAddress(value) => {
            format!("{value:?} is an IP address, not a name; write a name such as \"mail.example.net\"")
        }
        DiscardBesideOthers(key) => format!("{key}: \"discard\" stands alone; remove the other targets"),
        FirstAboveMost { first, most } => format!("{first} is longer than {most}; make it shorter"),
        AliasLoop(alias) => format!("the alias {alias:?} leads back to itself; let it end at an address elsewhere"),
        AliasNowhere { alias, target } => {
            format!("the alias {alias:?} leads to {target:?}, which is no alias; write an address elsewhere")
        }
        ConsoleOpen(address) => format!(
            "console.listen: with auth = \"none\" everybody who reaches {address} could act on mail; \
             listen on 127.0.0.1 or ::1"
        ),
        ConsoleInClear(address) => format!(
            "console.listen: passwords would cross the network in clear to {address}; set tls_cert and tls_key in \
             [console], or listen on 127.0.0.1 or ::1 behind a proxy that speaks TLS"
        ),
        SameListener(address) => format!("console.listen: {address} is smtp.listen too; give them two ports"),
        SocketPathTooLong { path, most } => {
            format!("data_dir: the control socket {path} would be longer than {most} octets; choose a shorter path")
        }
        Certificate(phrase) => phrase.en(),
        NoRoots(_) | RootsTooLarge { .. } => roots(phrase),
        NotBuilt(key) => format!("{key} is accepted and has no effect yet"),
        PostmasterNowhere(hostname) => format!(
            "mail for postmaster@{hostname} is refused; add aliases = {{ postmaster = \"you@example.com\" }} to [local]"
        ),
        HostnameGuessed(hostname) => format!("hostname is not set; this machine calls itself {hostname}"),
        HostnameBare(hostname) => format!(
            "hostname {hostname} has no domain; many receivers refuse such a greeting, \
             set hostname to the name that your address resolves to"
        ),
        OpenRelay(network) => format!("smtp.relay_from holds {network}: everybody may send through this server"),
        NobodyRelays => "smtp.relay_from is empty: nobody may send to other domains".into(),
    }
}

fn roots(phrase: &SettingPhrase<'_>) -> String {
    match phrase {
        SettingPhrase::NoRoots(file) => format!(
            "tls.ca_file: {file} holds no certificate; name a file that begins with -----BEGIN CERTIFICATE-----"
        ),
        SettingPhrase::RootsTooLarge { file, most } => {
            format!("tls.ca_file: {file} is larger than {most} octets; name a file with the roots alone")
        }
        _ => String::new(),
    }
}

fn unknown_key(phrase: &SettingPhrase<'_>) -> String {
    let SettingPhrase::UnknownKey { key, section, nearest, elsewhere, known } = phrase else { return String::new() };
    let place = if section.is_empty() { "outside of a table".into() } else { format!("in [{section}]") };
    let hint = match (nearest, elsewhere.as_deref()) {
        (Some(nearest), None) => format!("did you mean {nearest:?}?"),
        (Some(nearest), Some("")) => format!("did you mean {nearest:?}, which stands before the first table?"),
        (Some(nearest), Some(elsewhere)) => format!("did you mean {nearest:?} of [{elsewhere}]?"),
        (None, _) if known.is_empty() => "it has no keys yet".into(),
        (None, _) => format!("known keys are {known}"),
    };
    format!("unknown key {key:?} {place}; {hint}")
}
