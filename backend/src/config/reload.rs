//! What of a changed file a running server takes over, and what waits for its next start.
//!
//! Promises: every key that is not named here is taken over by a reload; every one that is named stays as it was at the
//! start and is told. Never: takes half of a key. The walk goes on in `app`, which hands the result to the rooms.

use crate::config::Config;

/// Keeps the old value and notes the key if the new one differs.
fn keep<T: Clone + PartialEq>(key: &'static str, new: &mut T, old: &T, waiting: &mut Vec<&'static str>) {
    if new != old {
        new.clone_from(old);
        waiting.push(key);
    }
}

impl Config {
    /// This configuration as far as a server takes it over that runs by `before`; and the keys that wait for a start:
    /// names and places, listeners, the sizes of pools and guards, and the deadlines that mail in the queue has.
    pub fn over(mut self, before: &Config) -> (Config, Vec<&'static str>) {
        let mut waiting = Vec::new();
        let late = &mut waiting;
        keep("hostname", &mut self.hostname, &before.hostname, late);
        self.hostname_given = before.hostname_given;
        keep("data_dir", &mut self.data_dir, &before.data_dir, late);
        let (smtp, was) = (&mut self.smtp, &before.smtp);
        keep("smtp.listen", &mut smtp.listen, &was.listen, late);
        keep("smtp.max_message_bytes", &mut smtp.max_message_bytes, &was.max_message_bytes, late);
        let most = &was.max_connections_per_address;
        keep("smtp.max_connections_per_address", &mut smtp.max_connections_per_address, most, late);
        keep("smtp.tls_cert", &mut smtp.certificate, &was.certificate, late);
        keep("console", &mut self.console, &before.console, late);
        keep("dns.trust_anchor", &mut self.dns.trust_anchor, &before.dns.trust_anchor, late);
        keep("dns.dane", &mut self.dns.dane, &before.dns.dane, late);
        keep("tls", &mut self.tls, &before.tls, late);
        let (delivery, was) = (&mut self.delivery, &before.delivery);
        keep("delivery.port", &mut delivery.port, &was.port, late);
        keep("delivery.max_connections", &mut delivery.max_connections, &was.max_connections, late);
        keep("delivery.max_connecting", &mut delivery.max_connecting, &was.max_connecting, late);
        keep("probe.dns_servers", &mut self.probe.dns_servers, &before.probe.dns_servers, late);
        keep("guard", &mut self.guard, &before.guard, late);
        keep("retry.lifetime", &mut self.retry.lifetime, &before.retry.lifetime, late);
        keep("retry.warn", &mut self.retry.warn, &before.retry.warn, late);
        (self, waiting)
    }
}
