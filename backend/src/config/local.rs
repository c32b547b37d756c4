//! `[local]`: mail for our own names follows its alias or is refused, never queued to loop.

use crate::config::sheet::Section;
use common::vocab::{Address, Domain};
use common::words::SettingPhrase;
use std::collections::BTreeMap;

/// Names besides `hostname`.
const NAMES_MAX: usize = 1_000;
/// Aliases; they are kept in memory.
const ALIASES_MAX: usize = 10_000;
/// Aliases that lead to aliases. More is a maze, not an address book.
const HOPS_MAX: usize = 10;

/// What is ours and where its mail goes.
#[derive(Clone, Debug, PartialEq, Eq, Default)]
pub struct Local {
    /// Our names besides `hostname`.
    pub names: Vec<Domain>,
    /// Local part in lower case → the address outside where its mail ends; chains are resolved.
    pub aliases: BTreeMap<String, Address>,
}

impl Local {
    pub(super) fn read(table: &Section<'_, '_>, hostname: &Domain) -> Local {
        let names = table.texts("names", 0..=NAMES_MAX, "[\"example.net\"]", crate::config::hostname::read);
        let names = names.unwrap_or_default();
        let pairs = table.pairs("aliases", ALIASES_MAX, "{ root = \"admin@example.com\" }");
        let mut written: BTreeMap<String, &str> = BTreeMap::new();
        for (alias, target) in &pairs {
            if written.insert(alias.to_ascii_lowercase(), target).is_some() {
                let (key, value) = (table.name("aliases").into(), alias.to_string().into());
                table.complain_pair("aliases", alias, SettingPhrase::Twice { key, value });
            }
        }
        let ours = |domain: &Domain| domain == hostname || names.contains(domain);
        let mut aliases = BTreeMap::new();
        for (alias, _) in pairs {
            match follow(&written, alias, &ours) {
                Ok(address) => drop(aliases.insert(alias.to_ascii_lowercase(), address)),
                Err(problem) => table.complain_pair("aliases", alias, problem),
            }
        }
        Local { names, aliases }
    }
}

/// Where mail for an alias ends: outside, or nowhere.
fn follow(
    written: &BTreeMap<String, &str>,
    alias: &str,
    ours: &impl Fn(&Domain) -> bool,
) -> Result<Address, SettingPhrase<'static>> {
    let mut at = alias.to_ascii_lowercase();
    if format!("{at}@example.com").parse::<Address>().is_err() {
        return Err(crate::config::network::bad("local.aliases", alias, "root"));
    }
    for _ in 0..HOPS_MAX {
        let Some(target) = written.get(&at) else {
            return Err(SettingPhrase::AliasNowhere { alias: alias.to_owned().into(), target: at.into() });
        };
        if !target.contains('@') {
            at = target.to_ascii_lowercase();
            continue;
        }
        let address: Address =
            target.parse().map_err(|why: common::vocab::AddressError| SettingPhrase::BadBecause {
                key: format!("local.aliases.{at}").into(),
                value: target.to_string().into(),
                why: why.to_string().into(),
            })?;
        if !ours(address.domain()) {
            return Ok(address);
        }
        at = address.local_part().to_ascii_lowercase();
    }
    Err(SettingPhrase::AliasLoop(alias.to_owned().into()))
}
