//! What is said of a configuration file: complaints about a line, and notes on what a setting leads to.

use crate::words::CertificatePhrase;
use std::borrow::Cow;

/// A sentence about a setting. Keys, values and examples are as they stand in the file: they have no language.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum SettingPhrase<'a> {
    /// The file cannot be read; why, in the system's words.
    Unreadable(Cow<'a, str>),
    /// The file is larger than so many octets.
    FileTooLarge(u64),
    /// The file is not UTF-8.
    NotUtf8,
    /// The line is not TOML; why, in the parser's words.
    Syntax(Cow<'a, str>),
    /// A key that nobody reads.
    UnknownKey {
        /// As written.
        key: Cow<'a, str>,
        /// The table it stands in; empty at the top.
        section: Cow<'a, str>,
        /// The key that was probably meant.
        nearest: Option<Cow<'a, str>>,
        /// The table that key belongs to, when it is another one.
        elsewhere: Option<Cow<'a, str>>,
        /// All keys of the table.
        known: Cow<'a, str>,
    },
    /// A value of the wrong type.
    WrongType {
        /// `smtp.listen`.
        key: Cow<'a, str>,
        /// TOML's word for what stands there.
        found: &'static str,
        /// The whole line as it would be right.
        example: Cow<'a, str>,
    },
    /// A value of the right type that means nothing.
    BadValue {
        /// `smtp.listen`.
        key: Cow<'a, str>,
        /// As written.
        value: Cow<'a, str>,
        /// What would be right.
        example: Cow<'a, str>,
    },
    /// The same with the reason of another catalogue.
    BadBecause {
        /// `hostname`.
        key: Cow<'a, str>,
        /// As written.
        value: Cow<'a, str>,
        /// Why it is refused.
        why: Cow<'a, str>,
    },
    /// A word that is not one of those that are known.
    NotOneOf {
        /// `console.auth`.
        key: Cow<'a, str>,
        /// As written.
        value: Cow<'a, str>,
        /// Those that are.
        allowed: Cow<'a, str>,
    },
    /// A number or a span outside of its limits.
    OutOfRange {
        /// `delivery.port`.
        key: Cow<'a, str>,
        /// As written.
        value: Cow<'a, str>,
        /// The smallest that is allowed.
        least: Cow<'a, str>,
        /// The largest that is allowed.
        most: Cow<'a, str>,
    },
    /// A list that is too long, or empty where it must not be.
    ListLength {
        /// `retry.steps`.
        key: Cow<'a, str>,
        /// What stands there.
        found: u64,
        /// The fewest.
        least: u64,
        /// The most.
        most: u64,
    },
    /// A key that must be there is not.
    Missing {
        /// `route.to`.
        key: Cow<'a, str>,
        /// The line as it would be right.
        example: Cow<'a, str>,
    },
    /// The same thing is set twice.
    Twice {
        /// `route.match`.
        key: Cow<'a, str>,
        /// What.
        value: Cow<'a, str>,
    },
    /// A network whose address has bits behind its prefix.
    HostBits {
        /// `smtp.relay_from`.
        key: Cow<'a, str>,
        /// As written.
        value: Cow<'a, str>,
        /// The network that it lies in.
        network: Cow<'a, str>,
    },
    /// An address that looks like a host name.
    HostnameIsAddress(Cow<'a, str>),
    /// `discard` beside other targets.
    DiscardBesideOthers(Cow<'a, str>),
    /// `host_first` is longer than `host_max`.
    FirstAboveMost {
        /// The key of the first.
        first: Cow<'a, str>,
        /// The key of the most.
        most: Cow<'a, str>,
    },
    /// Mail for an alias would come back to us for ever.
    AliasLoop(Cow<'a, str>),
    /// An alias that leads to a name of ours which nothing answers to.
    AliasNowhere {
        /// The alias.
        alias: Cow<'a, str>,
        /// Where it leads.
        target: Cow<'a, str>,
    },
    /// The console would be open to others without a sign-in.
    ConsoleOpen(Cow<'a, str>),
    /// The console listens elsewhere than on loopback, and has no certificate.
    ConsoleInClear(Cow<'a, str>),
    /// Two listeners on one address.
    SameListener(Cow<'a, str>),
    /// The path of the control socket is longer than the system takes.
    SocketPathTooLong {
        /// The path.
        path: Cow<'a, str>,
        /// Octets it may have.
        most: u64,
    },
    /// Something is wrong with the intake's certificate.
    Certificate(CertificatePhrase<'a>),
    /// The file of more roots holds no certificate.
    NoRoots(Cow<'a, str>),
    /// The file of more roots is larger than so many octets.
    RootsTooLarge {
        /// The file.
        file: Cow<'a, str>,
        /// Octets it may have.
        most: u64,
    },
    /// Note: the key is accepted and does nothing yet.
    NotBuilt(Cow<'a, str>),
    /// Note: mail for postmaster of our own names is refused.
    PostmasterNowhere(Cow<'a, str>),
    /// Note: the host name was guessed.
    HostnameGuessed(Cow<'a, str>),
    /// Note: the host name has no domain.
    HostnameBare(Cow<'a, str>),
    /// Note: everybody may relay.
    OpenRelay(Cow<'a, str>),
    /// Note: nobody may relay.
    NobodyRelays,
}
