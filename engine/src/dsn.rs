//! What the sender asked about reports: the parameters of RFC 3461 (`RET`, `ENVID`, `NOTIFY`, `ORCPT`), as values.
//!
//! Promises: absent parameters cost nothing to keep; the default of `NOTIFY` is stated once, here.
//! Never: reads SMTP text; the intake does, within RFC 3461's limits.

/// How much of the message a report of failure carries back (RFC 3461 §4.3).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ReturnContent {
    /// The whole message.
    Full,
    /// Its header fields only.
    Headers,
}

/// When a recipient's sender wants to hear (RFC 3461 §4.1). All false is `NEVER`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Notify {
    /// It was delivered, or handed to a system that does not report.
    pub success: bool,
    /// It failed for good.
    pub failure: bool,
    /// It is late.
    pub delay: bool,
}

impl Notify {
    /// `NEVER`.
    pub const NEVER: Notify = Notify { success: false, failure: false, delay: false };
}

impl Default for Notify {
    /// Nothing was asked: failures and delays are told (RFC 3461 §4.1 leaves delays to us; postmasters expect them).
    fn default() -> Notify {
        Notify { success: false, failure: true, delay: true }
    }
}

/// What was asked about one recipient.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct RecipientDsn {
    /// `NOTIFY`, if it was given.
    pub notify: Option<Notify>,
    /// `ORCPT`, decoded from xtext: `rfc822;someone@example.com`. At most 500 octets (RFC 3461 §4.2).
    pub original: Option<Box<str>>,
}

/// What was asked about a message. `Default` is: nothing.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Dsn {
    /// `RET`.
    pub ret: Option<ReturnContent>,
    /// `ENVID`, decoded from xtext, at most 100 octets (RFC 3461 §4.4).
    pub envid: Option<Box<str>>,
    /// One per recipient in their order, or empty when nothing was asked of any of them.
    pub recipients: Box<[RecipientDsn]>,
}

impl Dsn {
    /// When the sender wants to hear of this recipient (its place in the envelope).
    pub fn notify(&self, place: usize) -> Notify {
        self.recipients.get(place).and_then(|asked| asked.notify).unwrap_or_default()
    }
}
