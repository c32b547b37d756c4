//! What is kept of a message besides its legs. A million of them may wait, so that every octet counts: `queue::tests`.

use crate::host_id::HostId;
use crate::queue::Held;
use common::vocab::Timestamp;

/// See the head of this file.
#[derive(Clone, Debug)]
pub struct MessageBook {
    /// Its envelope.
    pub held: Held,
    /// The timer that is registered for it.
    pub deadline: Timestamp,
    /// Where its legs are, or were, if these are several hosts.
    many: Option<Box<ManyHosts>>,
    /// The host of its legs, if it is one.
    host: HostId,
    /// Recipients in the queue.
    pub recipients: u32,
}

#[derive(Clone, Debug)]
struct ManyHosts(Box<[HostId]>);

impl MessageBook {
    /// A message whose legs are at these hosts, at least one.
    pub fn new(held: Held, deadline: Timestamp, hosts: &[HostId], recipients: u32) -> MessageBook {
        let many = (hosts.len() != 1).then(|| Box::new(ManyHosts(hosts.into())));
        let host = hosts.first().copied().unwrap_or(HostId(0)); // not looked at where there are others
        MessageBook { held, deadline, many, host, recipients }
    }

    /// The host of all its legs, if it is one.
    pub fn only_host(&self) -> Option<HostId> {
        self.many.is_none().then_some(self.host)
    }

    /// Where its legs are, or were.
    pub fn hosts(&self) -> &[HostId] {
        match &self.many {
            Some(many) => &many.0,
            None => std::slice::from_ref(&self.host),
        }
    }
}
