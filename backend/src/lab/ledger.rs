//! What the next hops of the lab took: counts for people, a ledger for tests.
//!
//! Promises: a message is counted before its `250` is sent, so whoever has seen the `250` finds it here.
//! Never: a body kept. Bounded: domains and ledger entries beyond their limits are only counted in the totals.

use memchr::memmem;
use std::collections::{BTreeMap, HashMap};
use std::sync::{Mutex, MutexGuard, PoisonError};
use tokio::sync::watch;

/// Destination domains that are counted each by itself.
pub const DOMAINS_MAX: usize = 100_000;
/// Messages that the ledger holds; the largest test sends a million.
pub const ENTRIES_MAX: usize = 2_000_000;

/// What one destination domain, or one next hop, took.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Counts {
    /// Transactions that ended with `250`.
    pub messages: u64,
    /// Recipients of those.
    pub recipients: u64,
}

/// One message in the ledger.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Entry {
    /// Transactions that carried it.
    pub transactions: u64,
    /// How often each recipient was accepted; more than once is a duplicate.
    pub recipients: BTreeMap<String, u64>,
    /// CRC32C of the body behind the header, dots unstuffed; see [`digest`].
    pub digest: u32,
    /// Whether every transaction carried the same body.
    pub is_constant: bool,
}

/// What was taken, over all next hops.
#[derive(Debug)]
pub struct Ledger {
    domains: Mutex<HashMap<String, Counts>>,
    entries: Option<Mutex<HashMap<String, Entry>>>,
    taken: watch::Sender<u64>,
}

impl Ledger {
    /// With or without a record of each message.
    pub fn new(record: bool) -> Ledger {
        let entries = record.then(Mutex::default);
        Ledger { domains: Mutex::default(), entries, taken: watch::Sender::new(0) }
    }

    /// Counts a message. `body` is as received: dots stuffed, without the final dot's line.
    pub fn take(&self, recipients: &[String], body: &[u8]) {
        let mut per_domain: Vec<(&str, u64)> = Vec::new();
        for recipient in recipients {
            let domain = recipient.rsplit_once('@').map_or("", |(_, domain)| domain);
            match per_domain.iter_mut().find(|(known, _)| known.eq_ignore_ascii_case(domain)) {
                Some((_, count)) => *count += 1,
                None => per_domain.push((domain, 1)),
            }
        }
        self.count(&per_domain);
        if let Some(entries) = &self.entries {
            note(&mut lock(entries), recipients, body);
        }
        self.taken.send_modify(|taken| *taken += 1);
    }

    fn count(&self, per_domain: &[(&str, u64)]) {
        let mut domains = lock(&self.domains);
        for (domain, recipients) in per_domain {
            let domain = domain.to_ascii_lowercase();
            if domains.len() >= DOMAINS_MAX && !domains.contains_key(&domain) {
                continue;
            }
            let counts = domains.entry(domain).or_default();
            counts.messages += 1;
            counts.recipients += recipients;
        }
    }

    /// What a destination domain got.
    pub fn domain(&self, domain: &str) -> Counts {
        lock(&self.domains).get(domain).copied().unwrap_or_default()
    }

    /// How many destination domains got something.
    pub fn domains(&self) -> usize {
        lock(&self.domains).len()
    }

    /// Transactions that ended with `250`; can be awaited.
    pub fn taken(&self) -> watch::Receiver<u64> {
        self.taken.subscribe()
    }

    /// One message, by its `X-Test-Id`, else its `Message-ID` (without angle brackets).
    pub fn entry(&self, id: &str) -> Option<Entry> {
        lock(self.entries.as_ref()?).get(id).cloned()
    }

    /// Every message, moved out; the ledger is empty afterwards. Empty if nothing is recorded.
    pub fn drain(&self) -> HashMap<String, Entry> {
        self.entries.as_ref().map(|entries| std::mem::take(&mut *lock(entries))).unwrap_or_default()
    }
}

/// A panic in a test's thread must not hide what was counted.
fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

fn note(entries: &mut HashMap<String, Entry>, recipients: &[String], body: &[u8]) {
    let id = message_id(body).unwrap_or_default();
    if entries.len() >= ENTRIES_MAX && !entries.contains_key(&id) {
        return;
    }
    let digest = digest(&unstuffed(body));
    let entry = entries.entry(id).or_insert_with(|| Entry { digest, is_constant: true, ..Entry::default() });
    entry.transactions += 1;
    entry.is_constant &= entry.digest == digest;
    for recipient in recipients {
        *entry.recipients.entry(recipient.clone()).or_default() += 1;
    }
}

/// CRC32C of what stands behind the header: the same before and after trace fields were added in front.
pub fn digest(message: &[u8]) -> u32 {
    let start = memmem::find(message, b"\r\n\r\n").map_or(message.len(), |end| end + 4);
    crc32c::crc32c(&message[start..])
}

/// Takes one dot from each line that begins with one (RFC 5321 §4.5.2).
fn unstuffed(body: &[u8]) -> Vec<u8> {
    let mut plain = Vec::with_capacity(body.len());
    let mut rest = body.strip_prefix(b".").unwrap_or(body);
    while let Some(at) = memmem::find(rest, b"\n.") {
        plain.extend_from_slice(&rest[..=at]);
        rest = &rest[at + 2..];
    }
    plain.extend_from_slice(rest);
    plain
}

/// The value of `X-Test-Id`, else of `Message-ID`, in the header.
fn message_id(body: &[u8]) -> Option<String> {
    let end = memmem::find(body, b"\r\n\r\n").unwrap_or(body.len());
    let header = String::from_utf8_lossy(&body[..end]);
    let value = |field: &str| {
        header.split("\r\n").find_map(|line| {
            let (name, value) = line.split_once(':')?;
            name.eq_ignore_ascii_case(field).then(|| value.trim().trim_matches(['<', '>']).to_string())
        })
    };
    value("X-Test-Id").or_else(|| value("Message-ID"))
}

#[cfg(test)]
mod tests {
    use super::*;

    const FIRST: &[u8] = b"Received: by a\r\nMessage-ID: <1@lab.test>\r\n\r\nhello\r\n..dot\r\n";
    const AGAIN: &[u8] = b"Received: by b\r\nReceived: by a\r\nMessage-ID: <1@lab.test>\r\n\r\nhello\r\n..dot\r\n";

    #[test]
    fn a_message_is_known_again_whatever_trace_fields_were_added() {
        let ledger = Ledger::new(true);
        ledger.take(&["a@x.test".into()], FIRST);
        ledger.take(&["b@x.test".into(), "a@x.test".into()], AGAIN);
        let entry = ledger.entry("1@lab.test").unwrap();
        assert_eq!(entry.transactions, 2);
        assert!(entry.is_constant);
        assert_eq!(entry.recipients, [("a@x.test".to_string(), 2), ("b@x.test".to_string(), 1)].into());
        assert_eq!(entry.digest, digest(b"Any: header\r\n\r\nhello\r\n.dot\r\n"));
    }

    #[test]
    fn a_changed_body_is_noticed() {
        let ledger = Ledger::new(true);
        ledger.take(&["a@x.test".into()], b"X-Test-Id: 7\r\n\r\none\r\n");
        ledger.take(&["a@x.test".into()], b"X-Test-Id: 7\r\n\r\ntwo\r\n");
        assert!(!ledger.entry("7").unwrap().is_constant);
    }

    #[test]
    fn recipients_are_counted_by_their_domain() {
        let ledger = Ledger::new(false);
        ledger.take(&["a@x.test".into(), "b@X.test".into(), "c@y.test".into()], b"\r\n");
        assert_eq!(ledger.domain("x.test"), Counts { messages: 1, recipients: 2 });
        assert_eq!(ledger.domain("y.test"), Counts { messages: 1, recipients: 1 });
        assert_eq!(ledger.domain("z.test"), Counts::default());
        assert_eq!(*ledger.taken().borrow(), 1);
    }

    #[test]
    fn one_dot_is_taken_from_each_stuffed_line() {
        assert_eq!(unstuffed(b"..a\r\n...\r\nb.\r\n"), b".a\r\n..\r\nb.\r\n");
    }
}
