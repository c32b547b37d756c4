//! What holds for some destinations: values under the patterns of the configuration, ready to be asked for each host.
//!
//! Promises: an exact domain goes before `.sub.domain` (the longest first) before `*`; a later entry replaces an equal
//! earlier one. The entry that holds is found together with its pattern, so that a person can be told which one it was.

use common::vocab::{Domain, DomainError};
use std::collections::BTreeMap;
use std::sync::Arc;

/// An entry with the pattern that it was written under.
pub type Entry<T> = (Arc<str>, T);

/// See the head of this file.
#[derive(Clone, Debug)]
pub struct ByDestination<T> {
    exact: BTreeMap<Domain, Entry<T>>,
    below: BTreeMap<Domain, Entry<T>>,
    any: Option<Entry<T>>,
}

impl<T> Default for ByDestination<T> {
    fn default() -> ByDestination<T> {
        ByDestination { exact: BTreeMap::new(), below: BTreeMap::new(), any: None }
    }
}

impl<T> ByDestination<T> {
    /// From patterns as the configuration writes them: `example.com`, `.example.com`, `*`.
    ///
    /// # Errors
    /// What is no domain in a pattern.
    pub fn new<'a>(entries: impl IntoIterator<Item = (&'a str, T)>) -> Result<ByDestination<T>, DomainError> {
        let mut found = ByDestination::default();
        for (pattern, value) in entries {
            let entry = (Arc::from(pattern), value);
            if pattern == "*" {
                found.any = Some(entry);
            } else if let Some(parent) = pattern.strip_prefix('.') {
                found.below.insert(parent.parse()?, entry);
            } else {
                found.exact.insert(pattern.parse()?, entry);
            }
        }
        Ok(found)
    }

    /// The entry that holds for a host.
    pub fn of(&self, host: &Domain) -> Option<&Entry<T>> {
        if let Some(entry) = self.exact.get(host) {
            return Some(entry);
        }
        let mut rest = host.as_str();
        while let Some((_, parent)) = rest.split_once('.') {
            if let Some(entry) = self.below.get(parent) {
                return Some(entry);
            }
            rest = parent;
        }
        self.any.as_ref()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_nearest_entry_holds_and_names_its_pattern() {
        let entries = [("*", 1), (".a.test", 2), (".b.a.test", 3), ("c.b.a.test", 4)];
        let table = ByDestination::new(entries).unwrap();
        for (host, pattern) in [
            ("x.test", "*"),
            ("a.test", "*"),
            ("x.a.test", ".a.test"),
            ("y.b.a.test", ".b.a.test"),
            ("c.b.a.test", "c.b.a.test"),
        ] {
            let (found, value) = table.of(&host.parse().unwrap()).unwrap();
            assert_eq!((&**found, *value), *entries.iter().find(|(p, _)| *p == pattern).unwrap(), "{host}");
        }
        assert!(ByDestination::<u32>::default().of(&"a.test".parse().unwrap()).is_none());
    }
}
