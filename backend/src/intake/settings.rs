//! What the intake is told: our names, who may relay, and its limits. `config` makes it from `[smtp]` and `[local]`.

use crate::connect::cidr::Cidr;
use crate::intake::certificate::Certificate;
use crate::intake::smtp::limits::Limits;
use common::vocab::{Address, Domain};
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

/// Settings of the intake. `Default` is what DESIGN 9 says.
#[derive(Clone, Debug)]
pub struct IntakeSettings {
    /// Our name, in the greeting and in Received; an address without a domain gets it.
    pub hostname: Domain,
    /// Our other names (`[local].names`): mail for them follows `aliases` or is refused, never queued.
    pub names: BTreeSet<Domain>,
    /// Where mail for our own names goes: local part in lower case → address (`[local].aliases`).
    pub aliases: BTreeMap<String, Address>,
    /// Clients whose mail is taken for any destination.
    pub relay_from: Vec<Cidr>,
    /// STARTTLS is offered with it; `None`: it is not offered (`[smtp].tls_cert`, `tls_key`).
    pub certificate: Option<Arc<Certificate>>,
    /// Largest message, in octets as the client sends it (without dot-stuffing).
    pub max_message_bytes: u64,
    /// Limits of sessions and connections.
    pub limits: Limits,
}

/// 25 MiB: what large receivers take, as base64, for an attachment of 18 MiB.
pub const MAX_MESSAGE_BYTES: u64 = 26_214_400;

impl Default for IntakeSettings {
    fn default() -> IntakeSettings {
        IntakeSettings {
            hostname: "mail.example.net".parse().expect("a valid name"),
            names: BTreeSet::new(),
            aliases: BTreeMap::new(),
            relay_from: ["127.0.0.0/8", "::1"].map(|text| text.parse().expect("a valid network")).to_vec(),
            certificate: None,
            max_message_bytes: MAX_MESSAGE_BYTES,
            limits: Limits::default(),
        }
    }
}
