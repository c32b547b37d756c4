//! Whom a report goes to: the sender of the message, or where their address leads if it is one of ours.

use crate::report::settings::ReportSettings;
use common::vocab::{Address, ReversePath};

/// Why nobody can be told.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Nobody {
    /// The message had the null sender: it is a report itself, or wants none.
    NullSender,
    /// The sender is at one of our own names, and no alias leads out: the report would only come back here.
    OwnName,
}

/// The address for a report about mail from `from`. Aliases are followed as the intake does (DESIGN 9).
pub fn addressee(from: &ReversePath, settings: &ReportSettings) -> Result<Address, Nobody> {
    let from = from.as_ref().ok_or(Nobody::NullSender)?;
    let own = settings.own.load();
    let is_ours = |address: &Address| {
        let domain = address.domain();
        *domain == settings.hostname || own.names.contains(domain)
    };
    if !is_ours(from) {
        return Ok(from.clone());
    }
    // Chains were resolved when the configuration was read; whatever still leads to us leads nowhere.
    let target = own.aliases.get(&from.local_part().to_ascii_lowercase());
    target.filter(|target| !is_ours(target)).cloned().ok_or(Nobody::OwnName)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::report::tests::{address, with_aliases};

    #[test]
    fn a_sender_at_our_own_name_is_told_where_its_alias_leads_or_not_at_all() {
        let aliases = [("root", "admin@example.com"), ("loop", "loop@own.test")];
        let settings = with_aliases(&["own.test"], &aliases);
        let told = |from: &str| addressee(&Some(address(from)), &settings).map(|to| to.to_string());
        assert_eq!(told("a@elsewhere.test").as_deref(), Ok("a@elsewhere.test"));
        assert_eq!(told("Root@mail.example.net").as_deref(), Ok("admin@example.com"));
        assert_eq!(told("root@own.test").as_deref(), Ok("admin@example.com"));
        assert_eq!(told("nobody@mail.example.net"), Err(Nobody::OwnName));
        assert_eq!(told("loop@own.test"), Err(Nobody::OwnName));
        assert_eq!(addressee(&None, &settings), Err(Nobody::NullSender));
    }
}
