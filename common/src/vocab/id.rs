//! The numbers by which things are called. All fit in 2^53, so that a browser reads them exactly.
//! None is ever used twice.

use serde::{Deserialize, Serialize};
use std::fmt;

macro_rules! id {
    ($(#[$doc:meta])* $name:ident($inner:ty)) => {
        $(#[$doc])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Default, Serialize, Deserialize)]
        #[serde(transparent)]
        pub struct $name(pub $inner);

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                self.0.fmt(f)
            }
        }
    };
}

id! {
    /// A message, the ancestor's MID. From 1.
    MessageId(u64)
}
id! {
    /// A recipient within its message, the ancestor's RID. From 0.
    RecipientId(u32)
}
id! {
    /// One try to deliver some recipients of one message over one session.
    AttemptId(u64)
}
id! {
    /// One connection to one address, the ancestor's DCID.
    SessionId(u64)
}
id! {
    /// Anything an operator did to mail.
    ActionId(u64)
}
