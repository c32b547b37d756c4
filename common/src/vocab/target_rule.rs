//! What an address is that makes it need a permission, or refuses it for good.

use serde::{Deserialize, Serialize};

/// See the head of this file.
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum TargetRule {
    /// `0.0.0.0`, `::`, or port 0.
    Unspecified,
    /// 224.0.0.0/4, ff00::/8.
    Multicast,
    /// 240.0.0.0/4 and broadcast.
    Reserved,
    /// A listener of this server.
    OurOwn,
    /// A port that is not a probe port.
    ProbePort,
    /// 127.0.0.0/8, ::1.
    Loopback,
    /// 169.254.0.0/16, fe80::/10.
    LinkLocal,
    /// An address where clouds serve secrets to their machines, outside of the link-local block.
    Metadata,
    /// RFC 1918, fec0::/10.
    Private,
    /// 100.64.0.0/10 (RFC 6598).
    Shared,
    /// fc00::/7 (RFC 4193).
    UniqueLocal,
    /// 0.0.0.0/8, 192.0.0.0/24 and other blocks that lead to no host on the Internet (RFC 6890).
    Special,
    /// Blocks for documentation (RFC 5737, RFC 3849, RFC 9637).
    Documentation,
    /// A rule of a newer server.
    #[default]
    #[serde(other)]
    Other,
}

impl TargetRule {
    /// All of them.
    pub const ALL: [TargetRule; 14] = [
        TargetRule::Unspecified,
        TargetRule::Multicast,
        TargetRule::Reserved,
        TargetRule::OurOwn,
        TargetRule::ProbePort,
        TargetRule::Loopback,
        TargetRule::LinkLocal,
        TargetRule::Metadata,
        TargetRule::Private,
        TargetRule::Shared,
        TargetRule::UniqueLocal,
        TargetRule::Special,
        TargetRule::Documentation,
        TargetRule::Other,
    ];
}
