//! The words that every room uses. Parsed once at the door, never re-checked behind it.

mod address;
mod alert;
mod cause;
mod counters;
mod domain;
mod glyph;
mod guard;
mod id;
mod limit;
mod notice;
mod reply;
#[cfg(feature = "openapi")]
mod schema;
mod session_end;
mod status;
mod target_rule;
mod time;
mod verdict;
mod window;

pub use address::{ADDRESS_BYTES_MAX, Address, AddressError, ReversePath};
pub use alert::Alert;
pub use cause::{CauseCounts, WaitCause};
pub use counters::{Counters, HardBounce};
pub use domain::{Domain, DomainError};
pub use glyph::is_invisible;
pub use guard::Guard;
pub use id::{ActionId, AttemptId, MessageId, RecipientId, SessionId};
pub use limit::Limit;
pub use notice::NotSent;
pub use reply::{EnhancedCode, REPLY_TEXT_BYTES_MAX, Reply, ReplyCode};
pub use session_end::SessionEnd;
pub use status::{Badge, HostStatus, badge};
pub use target_rule::TargetRule;
pub use time::{ParseTimestampError, Timestamp};
pub use verdict::{Owner, VerdictCode};
pub use window::CountWindow;
