//! Providers: hosts whose MX records name the same mail servers. They share a limit of connections, and nothing else.
//!
//! Promises: a provider is known by the sorted names of its exchangers and costs nothing while it has no connection and
//! nobody waits; hosts that wait take turns. Never: a status, a pause or a rate of one host for another.

use crate::host_id::HostId;
use std::collections::{BTreeMap, VecDeque};
use std::sync::Arc;

/// The sorted names of all exchangers, with a space between.
pub type ProviderKey = Arc<str>;

#[derive(Debug, Default)]
struct Provider {
    connections: u32,
    waiting: VecDeque<HostId>,
}

/// See the head of this file.
#[derive(Debug, Default)]
pub struct Providers {
    known: BTreeMap<ProviderKey, Provider>,
}

impl Providers {
    /// Connections to it, greeted or not.
    pub fn connections(&self, key: &ProviderKey) -> u32 {
        self.known.get(key).map_or(0, |provider| provider.connections)
    }

    /// One connection more.
    pub fn enter(&mut self, key: &ProviderKey) {
        self.known.entry(key.clone()).or_default().connections += 1;
    }

    /// One connection less.
    pub fn leave(&mut self, key: &ProviderKey) {
        if let Some(provider) = self.known.get_mut(key) {
            provider.connections -= 1;
        }
        self.forget(key);
    }

    /// A host stands in its queue.
    pub fn wait(&mut self, key: &ProviderKey, id: HostId) {
        self.known.entry(key.clone()).or_default().waiting.push_back(id);
    }

    /// How many hosts wait.
    pub fn waiting(&self, key: &ProviderKey) -> usize {
        self.known.get(key).map_or(0, |provider| provider.waiting.len())
    }

    /// The next host in turn.
    pub fn next(&mut self, key: &ProviderKey) -> Option<HostId> {
        let next = self.known.get_mut(key)?.waiting.pop_front();
        self.forget(key);
        next
    }

    /// All connections, by provider.
    pub fn all(&self) -> impl Iterator<Item = (&ProviderKey, u32)> {
        self.known.iter().map(|(key, provider)| (key, provider.connections))
    }

    fn forget(&mut self, key: &ProviderKey) {
        if self.known.get(key).is_some_and(|provider| provider.connections == 0 && provider.waiting.is_empty()) {
            self.known.remove(key);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_counts_connections_gives_turns_and_forgets_what_is_over() {
        let (mut providers, key) = (Providers::default(), ProviderKey::from("mx1.test mx2.test"));
        providers.enter(&key);
        providers.enter(&key);
        [3, 5].into_iter().for_each(|id| providers.wait(&key, HostId(id)));
        assert_eq!((providers.connections(&key), providers.waiting(&key)), (2, 2));
        assert_eq!((providers.next(&key), providers.next(&key)), (Some(HostId(3)), Some(HostId(5))));
        providers.leave(&key);
        providers.leave(&key);
        assert_eq!((providers.next(&key), providers.all().count()), (None, 0));
    }
}
